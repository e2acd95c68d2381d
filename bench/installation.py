"""Django as a measurement needs it: set up once in its process, with settings and a database of its own."""

import os
from collections.abc import Mapping
from pathlib import Path


def set_up_django(environment: Mapping[str, str], *, is_migrated: bool = True) -> None:
    """Put these settings into the environment and set Django up, with every table made unless `is_migrated` is False.

    Call it before anything of the product is imported: models can't be imported earlier.
    """
    os.environ.update(environment)
    import django
    from django.core.management import call_command

    django.setup()
    if is_migrated:
        call_command("migrate", verbosity=0)


def sqlite_in(folder: Path) -> dict[str, str]:
    """Return the settings of an installation that keeps all it has, and a new SQLite database, in a folder."""
    return {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "CLUBLEDGER_VAR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'bench.db'}",
    }
