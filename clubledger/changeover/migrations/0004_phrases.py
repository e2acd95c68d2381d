"""Columns of text that keep phrases: the database sees no difference. 0005 reads what they hold."""

from django.db import migrations

from clubledger.foundation.phrase_field import PhraseField


class Migration(migrations.Migration):
    dependencies = [
        ("changeover", "0003_notices_again"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="changeover",
                    name="trouble",
                    field=PhraseField(
                        blank=True, help_text="What keeps it, in words; empty when nothing does."
                    ),
                ),
                migrations.AlterField(
                    model_name="step",
                    name="words",
                    field=PhraseField(),
                ),
            ]
        ),
    ]
