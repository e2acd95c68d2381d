"""A consistent copy of the database in one file, taken while the product runs; `restores` puts it back.

Knows no room: tables are whatever the migrations made. Needs no other tool. Encryption keys are never in it, nor is
the queue.
"""

import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from clubledger import __version__
from clubledger.foundation import clock

FORMAT = "clubledger-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
SQLITE_FILE = "database.sqlite3"


class BackupError(Exception):
    """Root of what can be wrong with a backup. The text is for people."""


class NotABackup(BackupError):
    """The file is no backup, or is damaged."""


class OtherDatabase(BackupError):
    """The backup is of another kind of database than the one the settings name."""


class NewerBackup(BackupError):
    """The backup was taken by a newer version, which this one does not know how to read."""


class DatabaseInUse(BackupError):
    """The database holds something already, and nobody said that it may be replaced."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `counts` are rows by table, `facts` what the caller wanted kept."""

    taken_at: datetime
    version: str
    database: str
    migrations: list[tuple[str, str]]
    counts: dict[str, int]
    columns: dict[str, list[str]]
    files: list[str]
    facts: dict[str, Any]

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "taken_at": self.taken_at.isoformat(),
            "version": self.version,
            "database": self.database,
            "migrations": [list(migration) for migration in self.migrations],
            "counts": self.counts,
            "columns": self.columns,
            "files": self.files,
            "facts": self.facts,
        }


# --- Taking one -------------------------------------------------------------------------------------------------------


def take(target: Path, *, folders: Iterable[str] = (), facts: Callable[[], dict[str, Any]] = dict) -> Manifest:
    """Write a backup to `target` (replaced only when it is complete) and give its manifest.

    `folders` are folders under the media folder whose files go along; `facts()` gives what is to stand in the manifest
    and is called inside the same view of the database. On SQLite the copy is made by VACUUM INTO, on PostgreSQL by
    COPY in one read-only REPEATABLE READ transaction: writers are not kept waiting.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    # Files go first and once more afterwards: one that is read and removed meanwhile must not be missing.
    with tempfile.TemporaryDirectory(prefix="clubledger-backup-") as scratch:
        kept = Path(scratch) / "files"
        _keep_files(folders, kept)
        try:
            with (
                open_private(part) as file,
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
            ):
                copy = _take_sqlite if connection.vendor == "sqlite" else _take_postgresql
                manifest = copy(archive, Path(scratch), lambda: _with_files(folders, kept), facts)
                for name in manifest.files:
                    archive.write(kept / name, f"files/{name}")
                archive.writestr(MANIFEST, json.dumps(manifest.as_plain(), indent=1))
            _flush_to_disk(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return manifest


def open_private(path: Path) -> IO[bytes]:
    """Open a file for writing that only this user can read: it holds clubs' books."""
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _keep_files(folders: Iterable[str], kept: Path) -> None:
    root = Path(settings.MEDIA_ROOT)
    for folder in folders:
        for file in sorted((root / folder).rglob("*")):
            target = kept / file.relative_to(root)
            if target.exists() or not file.is_file():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.write_bytes(file.read_bytes())
            except FileNotFoundError:
                # Read and removed in this moment: its rows are in the database.
                continue


def _with_files(folders: Iterable[str], kept: Path) -> list[str]:
    _keep_files(folders, kept)
    return sorted(str(file.relative_to(kept)) for file in kept.rglob("*") if file.is_file())


def _take_sqlite(
    archive: zipfile.ZipFile, scratch: Path, files: Callable[[], list[str]], facts: Callable[[], dict[str, Any]]
) -> Manifest:
    copy = scratch / SQLITE_FILE
    taken_at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    given = facts()
    archive.write(copy, SQLITE_FILE)
    with sqlite3.connect(f"file:{copy}?mode=ro", uri=True) as read:
        names = [row[0] for row in read.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {
            name: read.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - a table's own name
            for name in sorted(names)
            if not name.startswith("sqlite_")
        }
        migrations = list(read.execute("SELECT app, name FROM django_migrations ORDER BY id"))
    read.close()
    return Manifest(taken_at, __version__, "sqlite", migrations, counts, {}, files(), given)


def _take_postgresql(
    archive: zipfile.ZipFile, scratch: Path, files: Callable[[], list[str]], facts: Callable[[], dict[str, Any]]
) -> Manifest:
    del scratch
    counts: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        taken_at = clock.now()
        migrations = applied_migrations()
        for table in own_tables():
            columns[table] = columns_of(table)
            counts[table] = _copy_out(archive, cursor, table, columns[table])
        given = facts()
    return Manifest(taken_at, __version__, "postgresql", migrations, counts, columns, files(), given)


def own_tables() -> list[str]:
    """Return the tables of the product that are there, the list of migrations included; never those of the queue."""
    there = set(connection.introspection.table_names())
    ours = {*connection.introspection.django_table_names(only_existing=True, include_views=False), "django_migrations"}
    return sorted(ours & there)


def columns_of(table: str) -> list[str]:
    """Return the columns of a table in their order."""
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def quoted(names: Iterable[str]) -> str:
    """Return names as they stand in a statement, with commas between."""
    return ", ".join(connection.ops.quote_name(name) for name in names)


def _copy_out(archive: zipfile.ZipFile, cursor: Any, table: str, columns: list[str]) -> int:
    rows = 0
    order = ' ORDER BY "id"' if "id" in columns else ""
    select = f"COPY (SELECT {quoted(columns)} FROM {quoted([table])}{order}) TO STDOUT"  # noqa: S608 - our own names
    with archive.open(f"tables/{table}.copy", "w", force_zip64=True) as entry, cursor.copy(select) as copy:
        for block in copy:
            rows += bytes(block).count(b"\n")
            entry.write(block)
    return rows


def applied_migrations() -> list[tuple[str, str]]:
    """Return the migrations that the database has had, as app and name."""
    return list(MigrationRecorder(connection).migration_qs.order_by("id").values_list("app", "name"))


# --- Looking into one -------------------------------------------------------------------------------------------------


def read_manifest(source: Path) -> Manifest:
    """Return what a backup says of itself. Raises NotABackup, NewerBackup."""
    try:
        with zipfile.ZipFile(source) as archive:
            plain = json.loads(archive.read(MANIFEST))
            broken = archive.testzip()
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise NotABackup(f"{source} is not a backup of Clubledger, or is damaged ({error}).") from None
    if broken is not None:
        raise NotABackup(f"{source} is damaged: {broken} can't be read.")
    if plain.get("format") != FORMAT:
        raise NotABackup(f"{source} is not a backup of Clubledger.")
    if plain["format_version"] > FORMAT_VERSION:
        raise NewerBackup(f"{source} was taken by version {plain['version']}; restore it with that one or a newer one.")
    return Manifest(
        taken_at=datetime.fromisoformat(plain["taken_at"]),
        version=plain["version"],
        database=plain["database"],
        migrations=[(app, name) for app, name in plain["migrations"]],
        counts=plain["counts"],
        columns=plain["columns"],
        files=plain["files"],
        facts=plain["facts"],
    )
