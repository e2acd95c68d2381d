"""Writes many rows at once, the way each database does it fastest. Knows tables, not what the rows mean.

Every function runs inside its caller's database transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from django.db import connection

TRANSACTION_COLUMNS = (
    "id", "club_id", "source", "source_id", "version", "is_current", "kind", "legs_kind", "accounting_date",
    "content_hash", "reverses", "member", "description", "document_date", "gross_minor", "of_import_id",
)  # fmt: skip
LINE_COLUMNS = (
    "account_type_id", "item_id", "job", "amount_minor", "tax_minor", "member", "description", "document_date",
    "transaction_id", "position",
)  # fmt: skip
POSTING_COLUMNS = ("transaction_id", "journal_id", "sign")
TOTAL_COLUMNS = ("journal_id", "item_id", "job", "is_debit", "tax_kind", "amount_minor", "tax_minor", "row_count")


def is_postgresql() -> bool:
    """Whether rows are copied (PostgreSQL) or inserted one statement for many (SQLite)."""
    return connection.vendor == "postgresql"


def next_ids(table: str, count: int) -> Sequence[int]:
    """Return `count` new primary keys of a table, ascending. On SQLite only whoever is writing may ask."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows; values are text, numbers, booleans or None. Dates and instants as ISO text."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if is_postgresql():
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for begin in range(0, len(rows), 1000):
                copy.write("".join(map(_copy_line, rows[begin : begin + 1000])))
        return
    _insert_many(f'INSERT INTO "{table}" ({names}) VALUES ', len(columns), rows)  # noqa: S608 - our own names


def _insert_many(head: str, width: int, rows: Sequence[Sequence[Any]], tail: str = "") -> None:
    """Insert many rows a statement: on SQLite that takes half the time of one statement for each row."""
    many = max(
        1, min(100, connection.features.max_query_params // width if connection.features.max_query_params else 100)
    )
    mark = "?" if connection.vendor == "sqlite" else "%s"
    one = f"({', '.join([mark] * width)})"
    with connection.cursor() as cursor:
        # The driver's own cursor: Django's would rewrite the placeholders of every statement.
        execute = connection.connection.execute if connection.vendor == "sqlite" else cursor.execute
        full = f"{head}{', '.join([one] * many)}{tail}"
        for begin in range(0, len(rows), many):
            part = rows[begin : begin + many]
            sql = full if len(part) == many else f"{head}{', '.join([one] * len(part))}{tail}"
            execute(sql, list(chain.from_iterable(part)))


def _copy_line(row: Sequence[Any]) -> str:
    return "\t".join([_copy_value(value) for value in row]) + "\n"


def _copy_value(value: Any) -> str:
    if value is None:
        return r"\N"
    text = value if isinstance(value, str) else str(value)
    if "\\" in text or not text.isprintable():
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text


def add_to_totals(rows: Sequence[Sequence[Any]]) -> None:
    """Add to journal totals (amounts and counts may be negative), making those that are not there yet."""
    names = ", ".join(TOTAL_COLUMNS)
    sums = ", ".join(
        f"{name} = ledger_journaltotal.{name} + excluded.{name}" for name in ("amount_minor", "tax_minor", "row_count")
    )
    _insert_many(
        f"INSERT INTO ledger_journaltotal ({names}) VALUES ",  # noqa: S608 - our own names
        len(TOTAL_COLUMNS),
        rows,
        f" ON CONFLICT (journal_id, item_id, job, is_debit, tax_kind) DO UPDATE SET {sums}",
    )


def among(column: str) -> str:
    """Return the condition "column is one of", with one parameter made by `those`. No limit on how many."""
    if is_postgresql():
        return f"{column} = ANY(%s)"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - our own names


def those(values: Iterable[Any]) -> Any:
    """Return the parameter for `among`."""
    return list(values) if is_postgresql() else json.dumps(list(values))


def rows_of(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def run(sql: str, parameters: Sequence[Any]) -> int:
    """Run a statement and give how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement once for each row of parameters."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def update_by_id(table: str, types: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Set columns of many rows, each to its own values, in one statement where the database can.

    `types` gives the columns with their types in PostgreSQL; a row is its id and a value for each.
    """
    if not rows:
        return
    if is_postgresql():
        columns = list(zip(*rows, strict=True))
        arrays = ", ".join(f"%s::{type_}[]" for type_ in ("bigint", *types.values()))
        changes = ", ".join(f'"{name}" = given."{name}"' for name in types)
        names = ", ".join(f'"{name}"' for name in ("id", *types))
        run(
            f'UPDATE "{table}" SET {changes} FROM unnest({arrays}) AS given({names}) '  # noqa: S608 - our own names
            f'WHERE "{table}".id = given.id',
            [list(column) for column in columns],
        )
        return
    changes = ", ".join(f'"{name}" = %s' for name in types)
    run_many(f'UPDATE "{table}" SET {changes} WHERE id = %s', [(*row[1:], row[0]) for row in rows])  # noqa: S608


def stored(value: Any) -> Any:
    """Return a value as it is handed to a raw statement: dates as this database keeps them, rows by key."""
    if isinstance(value, datetime | date):
        return value.isoformat() if is_postgresql() else _sqlite_text(value)
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value) if isinstance(value, str) else getattr(value, "pk", value)


def _sqlite_text(value: datetime | date) -> str:
    # As Django writes them: naive UTC with a blank between day and time.
    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value.isoformat()
