"""The world that the club's pages are measured in: years unsent, millions of transactions sent before, much gone wrong.

One week is brought in by the real importer and frozen by the real code; the other weeks are copies of its rows, made in
the database by one INSERT … SELECT a table and week, so that journals, totals and transactions agree as they do there.
"""

import csv
import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.pages_furniture import furnish, make_club, sent_journals
from bench.pages_size import (
    ACCOUNT_TYPES,
    AT,
    CHARGES,
    HISTORY_A_DAY,
    HISTORY_FROM,
    HISTORY_WEEKS,
    JOB_NAMES,
    LAST_ON,
    METHODS,
    NEW_CHARGES,
    REFUSED_ROWS,
    SUBSCRIPTIONS,
    SUBSCRIPTIONS_ON,
    UNSENT_A_DAY,
    UNSENT_FROM,
    UNSENT_WEEKS,
    WIDE_ON,
    WIDE_ROWS,
)
from bench.transactions import HEADER


def build(folder: Path) -> None:
    """Fill an empty database. `folder` is for the files that are imported."""
    _hurry()
    club, owner = make_club()
    _import(club, owner, folder / "history.csv", _week("W", HISTORY_FROM, HISTORY_A_DAY, with_new=False))
    _send_week(club, owner)
    _copy_weeks(HISTORY_WEEKS)
    _import(club, owner, folder / "unsent.csv", _week("X", UNSENT_FROM, UNSENT_A_DAY, with_new=True))
    _validate(club)
    _copy_weeks(UNSENT_WEEKS, first_on=UNSENT_FROM)
    _import(club, owner, folder / "subscriptions.csv", _subscriptions())
    _import(club, owner, folder / "wide.csv", _wide())
    _import(club, owner, folder / "corrections.csv", _corrections())
    _import(club, owner, folder / "refused.csv", _refused())
    furnish(club, owner)
    _finish_database()


# --- files ------------------------------------------------------------------------------------------------------------


def _row(*first: str | date, **more: str) -> list[str]:
    """Return a row of the file: its id, kind, date, account type, item and amount, and whatever else is named."""
    given = dict(zip(HEADER.split(","), map(str, first), strict=False)) | more
    return [given.get(name, "") for name in HEADER.split(",")]


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _week(letter: str, first_on: date, a_day: int, *, with_new: bool) -> Iterator[list[str]]:
    """Return a week's rows: invoices of two charges, payments, sales, prizes. New charges, not mapped, on four days."""
    chance = random.Random(letter)
    for number in range(a_day * 7):
        day, source_id = number // a_day, f"{letter}0000-{number:06d}"
        on, member = first_on + timedelta(days=day), str(1000 + chance.randrange(3000))
        if number % 2 == 0:
            for line in range(2):
                charge = f"C{chance.randrange(24) + day * 3:03d}"
                if with_new and day < 4 and chance.random() < 0.1:
                    charge = f"NEW{chance.randrange(NEW_CHARGES):02d}"
                amount = chance.randrange(500, 90_000)
                tax = _money(round(amount / 11)) if chance.random() < 0.9 else ""
                yield _row(source_id, "invoice", on, chance.choice(ACCOUNT_TYPES[:1] + ACCOUNT_TYPES[3:]), charge,
                           _money(amount), tax_amount=tax, job=chance.choice(["", "", *JOB_NAMES[:3]]), member=member,
                           description=f"Invoice line {line + 1} of member {member}")  # fmt: skip
            continue
        kind, account, item = chance.choice(
            [("payment", "SUBS", chance.choice(METHODS[:5]))] * 6
            + [("pos_sale", "HOUSE", "POSCLR")] * 4
            + [("refund", "SUBS", "CARD"), ("transfer", "PRIZE", "HOUSE"), ("prize", "PRIZE", "C000")]
        )
        yield _row(source_id, kind, on, account, item, _money(chance.randrange(100, 60_000)), member=member,
                   description=f"Monthly, {item.lower()}")  # fmt: skip


def _subscriptions() -> Iterator[list[str]]:
    for number in range(SUBSCRIPTIONS):
        yield _row(f"SUBS-{number:05d}", "invoice", SUBSCRIPTIONS_ON, "SUBS", "C001", "550.00", tax_amount="50.00",
                   member=str(1000 + number), description="Full membership, the year to 30 June 2027")  # fmt: skip


def _wide() -> Iterator[list[str]]:
    chance = random.Random(3)
    for number in range(WIDE_ROWS):
        yield _row(f"WIDE-{number:05d}", "invoice", WIDE_ON, "SUBS", f"C{chance.randrange(CHARGES):03d}", "11.00",
                   tax_amount="1.00", job=JOB_NAMES[chance.randrange(4)], description="End of year")  # fmt: skip


def _corrections() -> Iterator[list[str]]:
    for number in range(200):
        yield _row(f"SUBS-{number:05d}", "invoice", SUBSCRIPTIONS_ON, "SUBS", "C001", "440.00", tax_amount="40.00",
                   member=str(1000 + number), description="Full membership, corrected")  # fmt: skip
    for number in range(200, 300):
        yield _row(f"REV-{number:05d}", "reversal", SUBSCRIPTIONS_ON, "", "", "", reverses=f"SUBS-{number:05d}")


def _refused() -> Iterator[list[str]]:
    for number in range(REFUSED_ROWS):
        yield _row(f"BAD-{number:05d}", "invoice", LAST_ON, "SUBS", "C001", "many dollars", description="Not a number")


def _import(club: Any, owner: Any, path: Path, rows: Iterator[list[str]]) -> None:
    from clubledger.ledger.intake import imports

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER.split(","))
        writer.writerows(rows)
    begun = imports.begin_import(club=club, actor=owner, path=path, file_name=path.name)
    done = imports.read_import(import_id=begun.pk)
    if done.state != "done":
        raise RuntimeError(f"{path.name} came to {done.state}: {done.refusal}")


# --- the weeks that are copied ----------------------------------------------------------------------------------------


def _send_week(club: Any, owner: Any) -> None:
    """Make the first week's journals sent ones: frozen lines, a run, deliveries, and the call that carried them."""
    from clubledger.ledger.journals import lines
    from clubledger.ledger.models import Journal

    found = list(Journal.objects.of(club).order_by("accounting_date"))
    resolved = lines.resolve(club=club, journals=found)
    for journal in found:
        if resolved[journal.pk].findings:
            raise RuntimeError(f"{journal}: {resolved[journal.pk].findings[0]}")
        lines.freeze(journal=journal, resolution=resolved[journal.pk])
    sent_journals(club, owner, found)


def _validate(club: Any) -> None:
    """Keep what the mapping alone finds, as validation keeps it; the first week only, the others are its copies."""
    from clubledger.ledger.journals import lines
    from clubledger.ledger.models import Journal

    found = list(Journal.objects.of(club).filter(accounting_date__gte=UNSENT_FROM))
    for journal_id, resolution in lines.resolve(club=club, journals=found).items():
        findings = [finding.as_plain() for finding in resolution.findings]
        Journal.objects.of(club).filter(pk=journal_id).update(
            state="open" if findings else "valid", findings=findings, validated_at=AT
        )


def _copy_weeks(weeks: int, first_on: date = HISTORY_FROM) -> None:
    """Copy everything of the week that begins on `first_on` so often that there are `weeks` of it."""
    from django.db import connection, transaction

    from clubledger.ledger.models import Import

    newest = Import.objects.across_clubs("there is one club").order_by("-pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        plans = list(_plans(cursor, first_on, newest))
        for week in range(1, weeks):
            with transaction.atomic():
                for sql, parameters in plans:
                    cursor.execute(sql, [value(week) if callable(value) else value for value in parameters])
    _mend_sequences()


def _plans(cursor: Any, first_on: date, import_id: int) -> Iterator[tuple[str, list[Any]]]:
    """Return for each table the statement that copies its rows of the week, and its parameters, some of the week."""
    journals = f"SELECT id FROM ledger_journal WHERE accounting_date >= '{first_on}'"
    transactions = f"SELECT id FROM ledger_sourcetransaction WHERE of_import_id = {import_id}"
    deliveries = f"SELECT id FROM delivery_delivery WHERE journal_id IN ({journals})"
    calls = f"SELECT call_id FROM delivery_callitem WHERE delivery_id IN ({deliveries})"
    chosen = {
        "ledger_import": f"id = {import_id}",
        "ledger_journal": f"id IN ({journals})",
        "ledger_sourcetransaction": f"id IN ({transactions})",
        "ledger_sourceline": f"transaction_id IN ({transactions})",
        "ledger_posting": f"journal_id IN ({journals})",
        "ledger_journalline": f"journal_id IN ({journals})",
        "ledger_journaltotal": f"journal_id IN ({journals})",
        "delivery_sendrun": f"id IN (SELECT run_id FROM delivery_delivery WHERE journal_id IN ({journals}))",
        "delivery_delivery": f"id IN ({deliveries})",
        "delivery_call": f"id IN ({calls})",
        "delivery_callitem": f"delivery_id IN ({deliveries})",
    }
    strides: dict[str, int] = {}
    spans: dict[str, tuple[int, int]] = {}
    for table, where in chosen.items():
        cursor.execute(f"SELECT MIN(id), MAX(id), COUNT(*) FROM {table} WHERE {where}")
        first, last, count = cursor.fetchone()
        if count:
            cursor.execute(f"SELECT MAX(id) FROM {table}")
            strides[table], spans[table] = cursor.fetchone()[0] - first + 1, (first, last)
    for table, span in spans.items():
        yield _plan(table, span, strides)


def _plan(table: str, span: tuple[int, int], strides: Mapping[str, int]) -> tuple[str, list[Any]]:
    from django.apps import apps
    from django.db import connection

    is_postgresql = connection.vendor == "postgresql"
    model = next(one for one in apps.get_models() if one._meta.db_table == table)
    shifted = "accounting_date + CAST(%s AS integer)" if is_postgresql else "date(accounting_date, %s || ' days')"
    padded = "lpad(CAST({0} AS text), {1}, '0')" if is_postgresql else "printf('%%0{1}d', {0})"
    special: dict[str, tuple[str, Any]] = {
        "accounting_date": (shifted, lambda week: week * 7),
        "source_id": (f"substr(source_id, 1, 1) || {padded.format('%s', 4)} || substr(source_id, 6)", int),
        "number": (
            "CASE WHEN number = '' THEN '' ELSE 'J-' || "
            + padded.format("CAST(substr(number, 3) AS integer) + %s", 6)
            + " END",
            lambda week: week * 7,
        ),
    }  # fmt: skip
    columns: list[str] = []
    expressions: list[str] = []
    parameters: list[Any] = []
    for field in model._meta.concrete_fields:
        target = table if field.primary_key else field.related_model._meta.db_table if field.related_model else ""
        columns.append(str(field.column))
        if target in strides:
            expressions.append(f'"{field.column}" + %s')
            parameters.append(lambda week, stride=strides[target]: week * stride)
        elif field.column in special:
            expressions.append(special[field.column][0])
            parameters.append(special[field.column][1])
        else:
            expressions.append(f'"{field.column}"')
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f"INSERT INTO {table} ({names}) SELECT {', '.join(expressions)} FROM {table} WHERE id BETWEEN %s AND %s"
    return f"{sql} ORDER BY id", [*parameters, *span]


# --- the database -----------------------------------------------------------------------------------------------------


def _hurry() -> None:
    """Leave out what makes writing safe; a world that was half built is thrown away."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
                cursor.execute(f"PRAGMA {pragma}")
        else:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET synchronous_commit = off")


def _mend_sequences() -> None:
    """Tell PostgreSQL which keys were taken by copying; SQLite sees it by itself."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
                cursor.execute(sql)


def _finish_database() -> None:
    """Do what a database in service has long done: statistics, and on PostgreSQL a vacuum."""
    from django.db import connection

    _mend_sequences()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode=WAL")
        else:
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")
