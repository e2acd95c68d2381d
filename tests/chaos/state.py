"""Putting the database back: a clean one for each run, and a backup taken in the middle of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection

_clean: Any = None


def start_clean() -> None:
    """Make the database as it was before the first run: migrated and empty."""
    global _clean  # noqa: PLW0603 - one template for the process
    if connection.vendor == "sqlite":
        if _clean is None:
            _clean = take_backup()
        put_back(_clean)
        return
    with _unchecked() as cursor:
        _empty(cursor)
        cursor.execute(
            "SELECT setval(c.oid, s.start_value, false) FROM pg_sequences s JOIN pg_class c "
            "ON c.relname = s.sequencename WHERE s.schemaname = 'public' AND s.last_value IS NOT NULL"
        )


@contextmanager
def _unchecked() -> Iterator[Any]:
    """Write with no reference checked, and without waiting for the disk: tables are emptied and filled as they come."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        yield cursor
        cursor.execute("SET session_replication_role = origin")


def _empty(cursor: Any) -> None:
    """Delete row by row where there are rows: there are few of them, and many tables."""
    asked = " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in _tables())
    cursor.execute(asked)
    for (table,) in cursor.fetchall():
        cursor.execute(f"DELETE FROM {table}")


def take_backup() -> Any:
    """Return a consistent copy of the whole database."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copy)
        return copy
    rows = {}
    with connection.cursor() as cursor:
        for table in _tables():
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
                rows[table] = b"".join(bytes(part) for part in out)
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        rows["sequences"] = cursor.fetchall()
    return rows


def put_back(backup: Any) -> None:
    """Make the database what it was when the backup was taken."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        backup.backup(connection.connection)
        return
    with _unchecked() as cursor:
        _empty(cursor)
        for table, content in backup.items():
            if table != "sequences":
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as into:
                    into.write(content)
        for name, value in backup["sequences"]:
            cursor.execute("SELECT setval(%s, %s, %s)", [name, value or 1, value is not None])


@cache
def _tables() -> tuple[str, ...]:
    names = connection.introspection.table_names()
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    return tuple(sorted(name for name in names if name not in kept))
