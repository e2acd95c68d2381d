"""Columns of text that keep phrases: the database sees no difference. `changeover` 0005 reads what they hold."""

from django.db import migrations

from clubledger.foundation.phrase_field import PhraseField


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_findings_as_text"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="import",
                    name="refusal",
                    field=PhraseField(blank=True, help_text="Why the file as a whole was refused, or what broke."),
                ),
                migrations.AlterField(
                    model_name="journal",
                    name="xero_words",
                    field=PhraseField(
                        blank=True, help_text="What Xero said when it refused or warned, word for word."
                    ),
                ),
                migrations.AlterField(
                    model_name="refusedrow",
                    name="reason",
                    field=PhraseField(),
                ),
            ]
        ),
    ]
