"""The tests' SQLite database is migrated once: until a migration changes, each process begins with a copy."""

import hashlib
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import allauth
import django
from django.apps import apps
from django.conf import settings
from django.core import management
from django.db import connections


def use_kept() -> None:
    """Have each test database begin with the copy that is kept, or keep one once it is migrated."""
    usual = management.call_command

    def call(name: str, *arguments: Any, **options: Any) -> None:
        connection = connections[options.get("database", "default")]
        # Nobody but the making of a test database asks for the tables of rooms without migrations.
        if name != "migrate" or connection.vendor != "sqlite" or not options.get("run_syncdb"):
            usual(name, *arguments, **options)
            return
        kept = Path(settings.BASE_DIR) / "var" / "tests" / f"{_mark()}.db"
        connection.ensure_connection()
        if kept.is_file():
            with closing(sqlite3.connect(kept)) as source:
                source.backup(connection.connection)
            return
        usual(name, *arguments, **options)
        _keep(connection.connection, kept)

    management.call_command = call


def _keep(database: sqlite3.Connection, kept: Path) -> None:
    """Write the copy; several processes may do so at once, and each reads a whole one."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in kept.parent.glob("*.db"):
        older.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        made = Path(folder) / kept.name
        with closing(sqlite3.connect(made)) as target:
            database.backup(target)
        made.replace(kept)


def _mark() -> str:
    """Of every migration of every room and library, and of what runs them."""
    marked = hashlib.sha256(f"{django.VERSION} {allauth.VERSION} {sqlite3.sqlite_version}".encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for path in sorted(Path(config.path, "migrations").glob("*.py")):
            marked.update(f"{config.label} {path.name}".encode() + path.read_bytes())
        # Permissions are made of models after their migrations.
        marked.update(" ".join(model._meta.label for model in config.get_models()).encode())
    return marked.hexdigest()[:24]
