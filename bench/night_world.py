"""A vendor's installation for the night's measurement: a simulator with many organisations, and a club for each.

One club is made through the product's own functions; the others are copies of its rows, made by the database.
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

SERVER = os.environ.get("BENCH_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432")
APP = "clubledger-bulk"
ZONE = "Australia/Sydney"
TRANSACTIONS = 300
LATENCY_SECONDS = 0.1
STRIDE = 10_000_000
SCOPES = "openid profile email offline_access accounting.manualjournals accounting.settings.read"

ACCOUNT_TYPES = {"SUBS": "611", "HOUSE": "811", "PRIZE": "812", "FOOD": "813"}
METHODS = {"CASH": "612", "EFTPOS": "613", "DIRECT": "614", "CARD": "615", "GATEWAY": "617"}
CHARGES = {
    "FULL7": "210", "FULL5": "211", "JUNIOR": "212", "SOCIAL": "213", "AFFIL": "215", "LOCKER": "220",
    "CARTST": "221", "CARTHI": "222", "GREENF": "225", "COMPF": "230", "RANGE": "235", "BAR": "240", "SURCH": "265",
}  # fmt: skip


def name_of(number: int) -> str:
    """Return the name of a club and of its organisation."""
    return f"Bench Club {number}"


def user_of(number: int) -> str:
    """Return the Xero login of a club's treasurer."""
    return f"treasurer{number}@bench.example"


def set_environment(database: str, simulator_port: int, folder: Path) -> dict[str, str]:
    """Put the installation's settings into the environment, before Django is set up. Gives them."""
    simulator = f"http://localhost:{simulator_port}"
    made = {
        "DJANGO_SETTINGS_MODULE": "clubledger.settings",
        "CLUBLEDGER_SECRET_KEY": "only-for-the-bench-" + "x" * 40,
        "CLUBLEDGER_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "CLUBLEDGER_VAR": str(folder),
        "DATABASE_URL": database,
        "CLUBLEDGER_QUEUE_URL": database,
        **{f"CLUBLEDGER_XERO_{name}_URL": simulator for name in ("LOGIN", "IDENTITY", "API", "GO")},
    }
    os.environ.update(made)
    return made


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """Make a database and drop it at the end. Gives its address."""
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{SERVER}/{name}"
    finally:
        with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def simulator(port: int, clubs: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a simulator with an organisation and a treasurer for each club, without latency for now."""
    scenario = folder / "scenario.json"
    people = [{"email": user_of(n), "password": "x", "given_name": "Tess", "family_name": str(n)} for n in range(clubs)]
    organisations = [{"name": name_of(n), "seed": "au_club", "members": {user_of(n): "ADVISER"}} for n in range(clubs)]
    settings = {"rapid_sync": False, "log_entries": 100}
    content = {"extends": "default", "users": people, "organisations": organisations, "settings": settings}
    scenario.write_text(json.dumps(content), encoding="utf-8")
    command = [sys.executable, "-m", "xero_simulator", "--port", str(port), "--seed", "7", "--scenario", str(scenario)]
    with (folder / "simulator.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as program:
        try:
            _wait_until_it_answers(port, program)
            yield program
        finally:
            program.terminate()
            program.wait(timeout=20)


def _wait_until_it_answers(port: int, program: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        try:
            kit(port, "GET", "health")
            return
        except OSError:
            if program.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("the simulator did not start")


def kit(port: int, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Use the simulator's fault kit."""
    content = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}/_sim/{path}", content, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


# --- The clubs --------------------------------------------------------------------------------------------------------


def make_clubs(clubs: int, port: int, folder: Path) -> date:
    """Make the clubs: connected, mapped, with a day's transactions not sent, nightly sending on but not yet due.

    Gives the local date of the night to come, which is today's.
    """
    from clubledger.foundation import clock

    on = clock.today_in(ZONE)
    tokens = [_tokens(port, number) for number in range(clubs)]
    template = _make_template(tokens[0], folder, on)
    if clubs > 1:
        _copy_template(template, tokens)
    _analyse()
    return on


def _tokens(port: int, number: int) -> dict[str, Any]:
    body = {"user": user_of(number), "app": APP, "organisations": [name_of(number)]}
    given: dict[str, Any] = kit(port, "POST", "connect", body)
    return given


def tenant_id_of(number: int) -> str:
    """Return the simulator's id of a club's organisation."""
    from xero_simulator.charts import stable_id

    return stable_id("organisation", name_of(number))


def _make_template(given: dict[str, Any], folder: Path, on: date) -> Any:
    from clubledger.clubs.models import Club, Membership, Role, User
    from clubledger.delivery import preflight
    from clubledger.foundation import clock
    from clubledger.ledger.intake import imports
    from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp

    now = clock.now()
    app = XeroApp.objects.create(
        name="Bench", client_id=APP, client_secret=f"{APP}-secret", redirect_uri="http://localhost/x", scopes=SCOPES
    )
    person = User.objects.create_user(user_of(0), None, name="Tess Treasurer")
    club = Club.objects.create(name=name_of(0), slug="bench-0", mark="BENCH000", time_zone=ZONE)
    Membership.objects.create(club=club, user=person, role=Role.OWNER)
    token_set = TokenSet.objects.create(
        app=app,
        xero_user_id="0",
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        scopes=SCOPES,
        access_expires_at=now + timedelta(seconds=int(given["expires_in"])),
        refreshed_at=now,
    )
    tenant_id = tenant_id_of(0)
    Connection.objects.of(club).create(
        club=club, app=app, tenant_id=tenant_id, organisation_name=club.name, confirmed_at=now
    )
    Authorisation.objects.of(club).create(
        user=person, club=club, app=app, token_set=token_set, tenant_id=tenant_id, authorised_at=now
    )
    preflight.get_gl_codes(club=club, actor=person)
    _map(club)
    path = folder / "day.csv"
    _write_day(path, on - timedelta(days=1))
    begun = imports.begin_import(club=club, actor=person, path=path, file_name="day.csv")
    done = imports.read_import(import_id=begun.pk)
    if done.state != "done" or done.rows_refused:
        raise RuntimeError(f"the day was not taken in: {done.state} {done.refusal} {done.rows_refused}")
    _switch_on(club, person, on)
    return club


def _map(club: Any) -> None:
    from clubledger.bookkeeping.facts import ItemKind
    from clubledger.ledger.models import FinancialItem, GLCode

    used = {**ACCOUNT_TYPES, **METHODS, **CHARGES, "PRIZES": "450", "POSCLR": "616"}
    GLCode.objects.of(club).exclude(code__in=used.values()).delete()
    codes = {code.code: code for code in GLCode.objects.of(club)}
    taxed = {"tax_type": "OUTPUT", "untaxed_tax_type": "EXEMPTOUTPUT"}
    untaxed = {"tax_type": "BASEXCLUDED"}
    kinds: list[tuple[str, dict[str, str], dict[str, str]]] = [
        (ItemKind.ACCOUNT_TYPE, ACCOUNT_TYPES, {}),
        (ItemKind.PAYMENT_METHOD, METHODS, {}),
        (ItemKind.CHARGE, CHARGES, taxed),
        (ItemKind.CHARGE, {"PRIZES": "450", "POSCLR": "616"}, untaxed),
    ]
    for kind, items, tax in kinds:
        for code, gl_code in items.items():
            FinancialItem.objects.of(club).create(club=club, kind=kind, code=code, gl_code=codes[gl_code], **tax)


def _write_day(path: Path, on: date) -> None:
    chance = random.Random(3)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["source_id", "kind", "accounting_date", "account_type", "item", "amount", "tax_amount", "member"]
        )
        for number in range(TRANSACTIONS):
            source_id, day, member = f"T{number:05d}", on.isoformat(), str(1000 + number)
            kind = chance.choice(["invoice"] * 4 + ["payment"] * 5 + ["pos_sale"] * 3 + ["prize"])
            account_type = {"pos_sale": chance.choice(["HOUSE", "FOOD"]), "prize": "PRIZE"}.get(kind, "SUBS")
            for _ in range(chance.choice([1, 2, 3]) if kind == "invoice" else 1):
                cents = chance.randrange(500, 90_000)
                items = {"invoice": [*CHARGES], "payment": [*METHODS], "pos_sale": ["POSCLR"], "prize": ["PRIZES"]}
                tax = f"{round(cents / 11) / 100:.2f}" if kind == "invoice" else ""
                row = [
                    source_id,
                    kind,
                    day,
                    account_type,
                    chance.choice(items[kind]),
                    f"{cents / 100:.2f}",
                    tax,
                    member,
                ]
                writer.writerow(row)


def _switch_on(club: Any, person: Any, on: date) -> None:
    from zoneinfo import ZoneInfo

    from clubledger.delivery.models import NightlySending
    from clubledger.foundation import clock

    local = clock.now().astimezone(ZoneInfo(ZONE))
    NightlySending.objects.of(club).create(
        club=club, user=person, at=local.time().replace(hour=0, minute=0, second=0, microsecond=0), is_on=True,
        last_ran_on=on,
    )  # fmt: skip


# --- Copies -----------------------------------------------------------------------------------------------------------


def _copied_models() -> Sequence[Any]:
    from clubledger.clubs.models import Club, Membership, User
    from clubledger.delivery.models import NightlySending
    from clubledger.ledger.models import (
        FinancialItem,
        GLCode,
        Import,
        Journal,
        JournalTotal,
        Posting,
        SourceLine,
        SourceTransaction,
        TaxCode,
    )
    from clubledger.xero.models import Authorisation, Connection, TokenSet

    return [
        User, Club, Membership, TokenSet, Connection, Authorisation, GLCode, TaxCode,
        FinancialItem, Import, SourceTransaction, SourceLine, Journal,
        JournalTotal, Posting, NightlySending,
    ]  # fmt: skip


OWN_VALUES = {
    "clubs_user.email": "'treasurer' || k.number || '@bench.example'",
    "clubs_club.slug": "'bench-' || k.number",
    "clubs_club.name": "'Bench Club ' || k.number",
    "clubs_club.mark": "'B' || lpad(k.number::text, 6, '0')",
    "xero_connection.tenant_id": "k.tenant_id",
    "xero_connection.organisation_name": "'Bench Club ' || k.number",
    "xero_authorisation.tenant_id": "k.tenant_id",
    "xero_tokenset.xero_user_id": "k.number::text",
    "xero_tokenset.access_token": "k.access_token",
    "xero_tokenset.refresh_token": "k.refresh_token",
}


def _copy_template(template: Any, tokens: Sequence[dict[str, Any]]) -> None:
    from django.db import connection, transaction

    from clubledger.foundation import crypto

    models = _copied_models()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE k (number int, tenant_id text, access_token text, refresh_token text)")
        with cursor.copy("COPY k FROM STDIN") as copy:
            for number, given in enumerate(tokens):
                if number:
                    secret = [crypto.encrypt(given["access_token"]), crypto.encrypt(given["refresh_token"])]
                    copy.write_row([number, tenant_id_of(number), *secret])
        for model in models:
            cursor.execute(_copying(model, models))
        _give_accounts_their_ids(cursor, len(tokens))


def _copying(model: Any, models: Sequence[Any]) -> str:
    table = model._meta.db_table
    columns, values = [], []
    for field in model._meta.concrete_fields:
        columns.append(f'"{field.column}"')
        is_ours = field.primary_key or (field.is_relation and field.related_model in models)
        shifted = f't."{field.column}" + k.number::bigint * {STRIDE}' if is_ours else f't."{field.column}"'
        values.append(OWN_VALUES.get(f"{table}.{field.column}", shifted))
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} t CROSS JOIN k"


def _give_accounts_their_ids(cursor: Any, clubs: int) -> None:
    from xero_simulator.charts import stable_id

    cursor.execute("SELECT id, code FROM ledger_glcode WHERE id < %s", [STRIDE])
    codes = cursor.fetchall()
    cursor.execute("CREATE TEMP TABLE account (gl_code_id bigint, account_id text)")
    with cursor.copy("COPY account FROM STDIN") as copy:
        for number in range(1, clubs):
            tenant_id = tenant_id_of(number)
            for gl_code_id, code in codes:
                copy.write_row([gl_code_id + number * STRIDE, stable_id(tenant_id, "account", code)])
    cursor.execute("UPDATE ledger_glcode g SET account_id = a.account_id FROM account a WHERE a.gl_code_id = g.id")


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for model in _copied_models():
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT COALESCE(MAX(id), 1) FROM {table}))"
            )
        cursor.execute("ANALYZE")


def sent_times(due_at: datetime) -> list[float]:
    """Return, for each journal sent, the seconds from the night's time to being in Xero and read back, ascending."""
    from clubledger.ledger.models import Journal

    rows = Journal.objects.across_clubs("the measurement is about all clubs").filter(state="sent")
    return sorted((at - due_at).total_seconds() for at in rows.values_list("sent_at", flat=True))
