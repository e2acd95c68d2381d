"""Everything the simulator remembers, in memory, and on request in a file that survives being killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from xero_simulator import codec, model

T = TypeVar("T")
_Dirty = dict[tuple[str, str], object]


class Table(Generic[T]):
    """Rows of one kind by key. A row that was changed in place must be `put` again, so that it is kept."""

    def __init__(self, kind: str, cls: type[T], dirty: _Dirty | None) -> None:
        self.kind = kind
        self.cls = cls
        self.rows: dict[str, T] = {}
        self._dirty = dirty

    def get(self, key: str) -> T | None:
        """Return a row, or None."""
        return self.rows.get(key)

    def __getitem__(self, key: str) -> T:
        return self.rows[key]

    def put(self, key: str, row: T) -> T:
        """Keep a new or changed row."""
        self.rows[key] = row
        if self._dirty is not None:
            self._dirty[self.kind, key] = row
        return row

    def delete(self, key: str) -> None:
        """Forget a row."""
        self.rows.pop(key, None)
        if self._dirty is not None:
            self._dirty[self.kind, key] = None

    def clear(self) -> None:
        """Forget all rows."""
        for key in list(self.rows):
            self.delete(key)

    def __contains__(self, key: str) -> bool:
        return key in self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self.rows.values()))


class JournalTable(Table[model.ManualJournal]):
    """The manual journals, also by organisation."""

    def __init__(self, dirty: _Dirty | None) -> None:
        super().__init__("journal", model.ManualJournal, dirty)
        self._by_tenant: dict[str, dict[str, model.ManualJournal]] = {}
        self._numbers: dict[str, int] = {}

    def put(self, key: str, row: model.ManualJournal) -> model.ManualJournal:
        """Keep a new or changed journal."""
        self.index(row)
        return super().put(key, row)

    def index(self, row: model.ManualJournal) -> None:
        """Make a journal findable by its organisation."""
        self._by_tenant.setdefault(row.tenant_id, {})[row.journal_id] = row
        self._numbers[row.tenant_id] = max(self._numbers.get(row.tenant_id, 0), row.number)

    def next_number(self, tenant_id: str) -> int:
        """Return the number after the highest that an organisation's journals carry."""
        return self._numbers.get(tenant_id, 0) + 1

    def delete(self, key: str) -> None:
        """Forget a journal."""
        row = self.rows.get(key)
        if row is not None:
            self._by_tenant.get(row.tenant_id, {}).pop(key, None)
        super().delete(key)

    def of(self, tenant_id: str) -> dict[str, model.ManualJournal]:
        """Return an organisation's journals by id, in the order of their creation."""
        return self._by_tenant.get(tenant_id, {})


class ConnectionTable(Table[model.Connection]):
    """The connections, also by whom, which app and which organisation they join."""

    def __init__(self, dirty: _Dirty | None) -> None:
        super().__init__("connection", model.Connection, dirty)
        self._by_ends: dict[tuple[str, str, str], str] = {}

    def put(self, key: str, row: model.Connection) -> model.Connection:
        """Keep a new or changed connection."""
        self.index(row)
        return super().put(key, row)

    def index(self, row: model.Connection) -> None:
        """Make a connection findable by its ends."""
        self._by_ends[row.user_id, row.client_id, row.tenant_id] = row.connection_id

    def delete(self, key: str) -> None:
        """Forget a connection."""
        row = self.rows.get(key)
        if row is not None:
            self._by_ends.pop((row.user_id, row.client_id, row.tenant_id), None)
        super().delete(key)

    def between(self, user_id: str, client_id: str, tenant_id: str) -> model.Connection | None:
        """Return the connection of a user, an app and an organisation, or None."""
        return self.rows.get(self._by_ends.get((user_id, client_id, tenant_id), ""))


class Store:
    """The tables. With `path`, every `commit` is one transaction of an SQLite file."""

    def __init__(self, path: str | Path | None = None) -> None:
        dirty: _Dirty | None = None if path is None else {}
        self._dirty = dirty
        self._database = None if path is None else _open(Path(path))
        self.users = Table("user", model.XeroUser, dirty)
        self.organisations = Table("organisation", model.Organisation, dirty)
        self.apps = Table("app", model.App, dirty)
        self.connections = ConnectionTable(dirty)
        self.grants = Table("grant", model.Grant, dirty)
        self.codes = Table("code", model.AuthorisationCode, dirty)
        self.refresh_tokens = Table("refresh_token", model.RefreshToken, dirty)
        self.access_tokens = Table("access_token", model.AccessToken, dirty)
        self.sessions = Table("session", model.Session, dirty)
        self.charts = Table("chart", model.Chart, dirty)
        self.journals = JournalTable(dirty)
        self.histories = Table("history", model.HistoryOf, dirty)
        self.attachments = Table("attachment", model.Attachment, dirty)
        self.stored_answers = Table("stored_answer", model.StoredAnswer, dirty)
        self.late_commits = Table("late_commit", model.LateCommit, dirty)
        self.keys = Table("key", model.SigningKey, dirty)
        self.settings_rows = Table("settings", model.Settings, dirty)
        self.tables: dict[str, Table[Any]] = {
            table.kind: table for table in vars(self).values() if isinstance(table, Table)
        }
        self.was_loaded = self._load()

    def _load(self) -> bool:
        if self._database is None:
            return False
        found = False
        for kind, key, text in self._database.execute("SELECT kind, key, row FROM rows ORDER BY place"):
            table = self.tables[kind]
            row = codec.load(table.cls, text)
            table.rows[key] = row
            if isinstance(table, (JournalTable, ConnectionTable)):
                table.index(row)
            found = True
        return found

    def commit(self) -> None:
        """Make all changes since the last commit safe against the end of this process. Nothing to do in memory."""
        if self._database is None or not self._dirty:
            return
        kept = [(kind, key, codec.dump(row)) for (kind, key), row in self._dirty.items() if row is not None]
        gone = [place for place, row in self._dirty.items() if row is None]
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT INTO rows (kind, key, row) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET row = excluded.row",
                kept,
            )
            self._database.executemany("DELETE FROM rows WHERE kind = ? AND key = ?", gone)
        self._dirty.clear()

    def clear(self) -> None:
        """Forget everything."""
        for table in self.tables.values():
            table.clear()

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        if self._database is not None:
            self._database.close()
            self._database = None


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # What was written survives the death of the process; only the loss of power could take the last moments.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS rows (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,"
        " row BLOB NOT NULL, UNIQUE (kind, key))"
    )
    return database
