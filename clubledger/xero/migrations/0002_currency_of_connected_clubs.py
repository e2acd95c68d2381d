from django.db import migrations


def take_over_base_currencies(apps, schema_editor):
    """A club that is connected already keeps its books in its organisation's currency."""
    for connection in apps.get_model("xero", "Connection").objects.exclude(base_currency=""):
        apps.get_model("clubs", "Club").objects.filter(pk=connection.club_id).update(currency=connection.base_currency)


class Migration(migrations.Migration):
    dependencies = [("xero", "0001_initial"), ("clubs", "0006_currency")]

    operations = [migrations.RunPython(take_over_base_currencies, migrations.RunPython.noop)]
