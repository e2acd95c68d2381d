from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clubs", "0005_languages")]

    operations = [
        migrations.AddField(
            model_name="club",
            name="currency",
            field=models.CharField(
                default="AUD",
                help_text="ISO 4217: what its books are in, here and in its organisation in Xero.",
                max_length=3,
            ),
        ),
    ]
