"""The table that holds counts of sign-in attempts across processes (settings.CACHES)."""

from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


def drop_table(apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS clubs_rate_limits")


class Migration(migrations.Migration):
    dependencies = [("clubs", "0002_audit_is_append_only")]
    operations = [migrations.RunPython(make_table, drop_table)]
