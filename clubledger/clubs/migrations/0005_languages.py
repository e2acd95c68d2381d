from django.db import migrations, models


def forget_what_nobody_chose(apps, schema_editor):
    """Until now a language could not be chosen: what stands there is the former default."""
    apps.get_model("clubs", "User").objects.filter(language="en-au").update(language="")


class Migration(migrations.Migration):
    dependencies = [("clubs", "0004_support_access")]

    operations = [
        migrations.AddField(
            model_name="club",
            name="language",
            field=models.CharField(
                default="en-au",
                help_text="Of e-mails to whoever has chosen none for themself.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Their choice; empty: none made.",
                max_length=10,
            ),
        ),
        migrations.RunPython(forget_what_nobody_chose, migrations.RunPython.noop),
    ]
