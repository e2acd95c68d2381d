"""A column of text that keeps a phrase: the database sees no difference. `changeover` 0005 reads what it holds."""

from django.db import migrations

from clubledger.foundation.phrase_field import PhraseField


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0004_balance_proofs"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="balanceproof",
                    name="failure",
                    field=PhraseField(blank=True, help_text="Why nothing came of it."),
                ),
            ]
        ),
    ]
