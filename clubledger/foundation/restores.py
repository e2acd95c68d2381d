"""Putting a backup back: the database becomes what it was, and is brought to this version. Knows no room.

If anything fails on the way, the database is as it was before.
"""

import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from clubledger.foundation.backups import (
    SQLITE_FILE,
    DatabaseInUse,
    Manifest,
    NewerBackup,
    NotABackup,
    OtherDatabase,
    applied_migrations,
    columns_of,
    open_private,
    own_tables,
    quoted,
    read_manifest,
)

CHUNK_BYTES = 1 << 20
MADE_BY_MIGRATIONS = frozenset({"django_migrations", "django_content_type", "auth_permission"})

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")

Then = Callable[[Manifest], None]


def is_in_use() -> bool:
    """Whether the database holds anything that a restore would replace: a person, a club, a journal."""
    tables = own_tables()
    with connection.cursor() as cursor:
        for table in tables:
            if table in MADE_BY_MIGRATIONS:
                continue
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {quoted([table])})")  # noqa: S608 - our own names
            if cursor.fetchone()[0]:
                return True
    return False


def put_back(source: Path, *, replace: bool = False, then: Then | None = None) -> Manifest:
    """Replace the database by what stands in a backup, bring it to this version, and give the manifest.

    `then(manifest)` is called in the same database transaction where the database can do that (PostgreSQL); on SQLite
    right after it. Raises NotABackup, NewerBackup, OtherDatabase, and DatabaseInUse unless `replace`. If anything
    fails, the database is as it was.
    """
    manifest = read_manifest(source)
    if manifest.database != connection.vendor:
        raise OtherDatabase(
            f"{source} is of a {manifest.database} database; the settings name a {connection.vendor} one. "
            "Set DATABASE_URL to a database of the same kind."
        )
    _refuse_unknown_migrations(manifest)
    if not replace and is_in_use():
        raise DatabaseInUse("The database holds something already; all of it would be replaced.")
    with zipfile.ZipFile(source) as archive:
        (_put_back_sqlite if connection.vendor == "sqlite" else _put_back_postgresql)(archive, manifest, then)
        _put_back_files(archive, manifest)
    return manifest


def _refuse_unknown_migrations(manifest: Manifest) -> None:
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    apps = {app for app, _ in known}
    unknown = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known and app in apps]
    if unknown:
        raise NewerBackup(
            f"The backup was taken by version {manifest.version}, whose database this version does not know "
            f"({', '.join(unknown[:3])}). Restore it with that version or a newer one."
        )


def _put_back_sqlite(archive: zipfile.ZipFile, manifest: Manifest, then: Then | None) -> None:
    with tempfile.TemporaryDirectory(prefix="clubledger-restore-") as scratch:
        copy = Path(archive.extract(SQLITE_FILE, scratch))
        _check_sqlite(copy, manifest)
        before = Path(scratch) / "before.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(before)])
        try:
            _overwrite_sqlite(copy)
            _migrate_forward()
            if then is not None:
                then(manifest)
        except BaseException:
            _overwrite_sqlite(before)
            raise


def _overwrite_sqlite(copy: Path) -> None:
    """Put a database file's content into the live database: one transaction, seen by whoever else has it open."""
    connection.ensure_connection()
    source = sqlite3.connect(copy)
    try:
        source.backup(connection.connection)
    finally:
        source.close()


def _check_sqlite(copy: Path, manifest: Manifest) -> None:
    read = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    try:
        sound = read.execute("PRAGMA integrity_check").fetchone()[0]
        counts = {
            table: read.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]  # noqa: S608 - from the manifest
            for table in manifest.counts
        }
    except sqlite3.DatabaseError as error:
        raise NotABackup(f"The database in the backup is damaged ({error}).") from None
    finally:
        read.close()
    if sound != "ok" or counts != manifest.counts:
        raise NotABackup(f"The database in the backup is damaged ({sound}).")


def _put_back_postgresql(archive: zipfile.ZipFile, manifest: Manifest, then: Then | None) -> None:
    with transaction.atomic(durable=True):
        if _has_the_same_tables(manifest):
            _empty_everything()
        else:
            _drop_everything()
            # The tables are made as they were when the backup was taken, filled, and then brought to this version.
            executor = MigrationExecutor(connection)
            executor.migrate(_last_of_each_app(executor.loader, manifest))
        with connection.cursor() as cursor:
            _fill(archive, cursor, manifest)
        _migrate_forward()
        if then is not None:
            then(manifest)


def _has_the_same_tables(manifest: Manifest) -> bool:
    tables = own_tables()
    if "django_migrations" not in tables or set(applied_migrations()) != set(manifest.migrations):
        return False
    return {table: columns_of(table) for table in tables} == manifest.columns


def _empty_everything() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {quoted(own_tables())}")


def _drop_everything() -> None:
    """Drop the product's tables, and the functions of their triggers, which its migrations make anew."""
    tables = own_tables()
    if not tables:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND c.relname = ANY(%s) AND c.relnamespace = current_schema()::regnamespace",
            [tables],
        )
        functions = [row[0] for row in cursor.fetchall()]
        cursor.execute(f"DROP TABLE {quoted(tables)} CASCADE")
        for function in functions:
            cursor.execute(f"DROP FUNCTION {function}")


def _last_of_each_app(loader: MigrationLoader, manifest: Manifest) -> list[tuple[str, str]]:
    """Return, of the migrations in the manifest, those on which no other of the same app rests."""
    applied = [key for key in manifest.migrations if key in loader.graph.nodes]
    inner = {parent.key for key in applied for parent in loader.graph.node_map[key].parents if parent.key[0] == key[0]}
    return [key for key in applied if key not in inner]


def _fill(archive: zipfile.ZipFile, cursor: Any, manifest: Manifest) -> None:
    # Migrations leave constraints immediate; tables are filled in any order.
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    # What the migrations have put in by themselves gives way to what the backup has.
    for table in manifest.columns:
        cursor.execute(f"DELETE FROM {quoted([table])}")  # noqa: S608 - our own names
    for table, columns in manifest.columns.items():
        statement = f"COPY {quoted([table])} ({quoted(columns)}) FROM STDIN"
        with archive.open(f"tables/{table}.copy") as entry, cursor.copy(statement) as copy:
            for block in _blocks(entry):
                copy.write(block)
        if cursor.rowcount != manifest.counts[table]:
            raise NotABackup(f"{table} has {cursor.rowcount} rows in the backup, not {manifest.counts[table]}.")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, columns in manifest.columns.items():
        if "id" in columns:
            _set_sequence(cursor, table)


def _set_sequence(cursor: Any, table: str) -> None:
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [quoted([table])])
    (sequence,) = cursor.fetchone()
    if sequence is not None:
        cursor.execute(
            f"SELECT setval(%s, GREATEST((SELECT MAX(id) FROM {quoted([table])}), 1), "  # noqa: S608 - our own names
            f"(SELECT MAX(id) IS NOT NULL FROM {quoted([table])}))",
            [sequence],
        )


def _blocks(entry: IO[bytes]) -> Iterator[bytes]:
    while block := entry.read(CHUNK_BYTES):
        yield block


def _migrate_forward() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def _put_back_files(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    root = Path(settings.MEDIA_ROOT)
    for name in manifest.files:
        if not _SAFE_NAME.fullmatch(name):
            raise NotABackup(f"The backup holds a file of a forbidden name: {name!r}.")
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(f"files/{name}") as entry, open_private(target) as file:
            for block in _blocks(entry):
                file.write(block)
