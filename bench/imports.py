"""How long an import takes, from a file to journals, and how much memory: on SQLite, as a club has it.

Compared with a bare reading of the same file by `csv` into two plain tables by `executemany`: no checks, no journals.
"""

import csv
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.installation import set_up_django, sqlite_in
from bench.transactions import write_transactions

NAMES = ("import.",)
TRANSACTIONS = 100_000


def figures() -> list[dict[str, Any]]:
    """Return the figures of one import of 100,000 transactions in about 250,000 rows into a new SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transactions.csv"
        rows = write_transactions(path, TRANSACTIONS)
        bare_seconds = _bare(path, Path(folder) / "bare.db")
        seconds, peak_mb = _import(path, Path(folder))
    return [
        _figure("import.seconds", seconds, "s", bare_seconds),
        _figure("import.rows_per_second", rows / seconds, "rows/s", rows / bare_seconds),
        _figure("import.peak_mb", peak_mb, "MB", None),
    ]


def _figure(name: str, value: float, unit: str, reference: float | None) -> dict[str, Any]:
    ratio = None if reference is None else round(value / reference, 2)
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "reference": None if reference is None else round(reference, 2),
        "ratio": ratio,
    }


def _bare(path: Path, database: Path) -> float:
    """Read the file and write its rows, one database transaction a batch, as durably as the product does."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, source_id TEXT UNIQUE, kind TEXT, on_date TEXT);"
        "CREATE TABLE r (id INTEGER PRIMARY KEY, t INTEGER, account TEXT, item TEXT, amount INTEGER, tax INTEGER,"
        " job TEXT, member TEXT, description TEXT); CREATE INDEX r_t ON r (t);"
    )
    began = time.perf_counter()
    heads: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    number, previous = 0, ""

    def write() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", heads)
        connection.executemany(
            "INSERT INTO r (t, account, item, amount, tax, job, member, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.execute("COMMIT")
        heads.clear()
        rows.clear()

    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for source_id, kind, on, account, item, amount, tax, job, member, description, _, _ in reader:
            if source_id != previous:
                if len(rows) >= 20_000:
                    write()
                number, previous = number + 1, source_id
                heads.append((number, source_id, kind, on))
            cents, tax_cents = int(amount.replace(".", "")), int(tax.replace(".", "")) if tax else None
            rows.append((number, account, item, cents, tax_cents, job, member, description))
    write()
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _import(path: Path, folder: Path) -> tuple[float, float]:
    """Return seconds from the file to journals, and the peak memory of this process in MB."""
    secret = {"CLUBLEDGER_SECRET_KEY": "for-one-measurement-" + "x" * 40}
    set_up_django(sqlite_in(folder) | secret | {"DJANGO_SETTINGS_MODULE": "clubledger.settings"})
    from django.db import connections

    from clubledger.clubs.models import Club, Membership, User
    from clubledger.ledger.intake import imports
    from clubledger.ledger.models import Journal

    owner = User.objects.create_user("owner@club.example", None, name="Owner")
    club = Club.objects.create(name="Bench", slug="bench")
    Membership.objects.create(user=owner, club=club, role="owner")
    began = time.perf_counter()
    begun = imports.begin_import(club=club, actor=owner, path=path, file_name=path.name)
    done = imports.read_import(import_id=begun.pk)
    seconds = time.perf_counter() - began
    if (done.state, done.transactions_new) != ("done", TRANSACTIONS):
        raise RuntimeError(f"the import came to {done.state}, {done.transactions_new} transactions: {done.refusal}")
    if not Journal.objects.of(club).filter(debit_minor__gt=0).exists():
        raise RuntimeError("the import made no journal")
    connections.close_all()
    divisor = 1024 if sys.platform != "darwin" else 1024 * 1024
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / divisor
