"""GL Integration as the server makes it: with a year unsent, and with fifty times that much history sent before.

Django's test client on a SQLite file; what is measured is the whole request, sessions and rights included.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.installation import set_up_django, sqlite_in

NAMES = ("gl_page.",)
UNSENT_DAYS = 365
HISTORY_TIMES = 50
LINES_A_DAY = 30
RUNS = 60
BOUND_MS = 100.0
LAST_ON = date(2026, 11, 15)


def figures() -> list[dict[str, Any]]:
    """Return gl_page.p50_ms, gl_page.p95_ms and gl_page.history_ratio; also the queries and the weight of the page."""
    with tempfile.TemporaryDirectory(prefix="clubledger-bench-") as folder:
        set_up_django(sqlite_in(Path(folder)) | {"CLUBLEDGER_REQUIRE_MFA": "0"})
        client, address = _club()
        _unsent_year()
        plain = _measure(client, address)
        _history()
        full = _measure(client, address)
        queries, size = _count(client, address)
    p50, p95 = statistics.median(full), _percentile(full, 0.95)
    ratio = p50 / statistics.median(plain)
    return [
        _figure("gl_page.p50_ms", p50, "ms", BOUND_MS),
        _figure("gl_page.p95_ms", p95, "ms", BOUND_MS),
        _figure("gl_page.history_ratio", ratio, "x", 1.3),
        _figure("gl_page.queries", queries, "queries", 15),
        _figure("gl_page.kb", size / 1024, "KB", 150),
    ]


def _figure(name: str, value: float, unit: str, reference: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "reference": reference, "ratio": value / reference}


def _percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _club() -> tuple[Any, str]:
    from django.test import Client

    from clubledger.clubs.models import Club, Membership, User

    club = Club.objects.create(slug="banksia-park", name="Banksia Park Golf Club")
    owner = User.objects.create_user("owner@banksiapark.example", name="Olive Owner")
    Membership.objects.create(club=club, user=owner, role="owner")
    _connect(club, owner)
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    first_on = LAST_ON - timedelta(days=UNSENT_DAYS - 1)
    return client, f"/c/banksia-park/gl/?from={first_on}&up_to={LAST_ON}"


def _connect(club: Any, owner: Any) -> None:
    from django.utils import timezone

    from clubledger.xero.models import Authorisation, Connection, TokenSet, XeroApp

    now = timezone.now()
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia Park Inc")
    tokens = TokenSet.objects.create(
        app=app, xero_user_id="u", access_token="a", refresh_token="r", access_expires_at=now, refreshed_at=now
    )
    Authorisation.objects.of(club).create(
        user=owner, club=club, app=app, token_set=tokens, tenant_id="t", organisation_name="Banksia Park Inc",
        authorised_at=now,
    )  # fmt: skip


def _days(first: int, count: int) -> Iterator[date]:
    return (LAST_ON - timedelta(days=first + number) for number in range(count))


def _unsent_year() -> None:
    """Fill a year with journals not sent: one in ten faulty, each with its totals."""
    from clubledger.clubs.models import Club
    from clubledger.ledger.models import FinancialItem, Journal, JournalTotal

    club = Club.objects.get()
    items = [
        FinancialItem.objects.of(club).create(club=club, kind="charge", code=f"C{n}") for n in range(LINES_A_DAY)
    ]  # fmt: skip
    fault = {"code": "unmapped", "message": "Charge C1 has no GL code.", "mends": "charge:C1", "severity": "fault",
             "amount": "66.00", "count": 3, "remedy": "Give it one."}  # fmt: skip
    made = Journal.objects.of(club).bulk_create(
        Journal(
            club=club, accounting_date=on, state="open", transaction_count=280, line_count=LINES_A_DAY,
            debit_minor=4_200_000, revision=1, findings=[fault] if number % 10 == 0 else [],
        )
        for number, on in enumerate(_days(0, UNSENT_DAYS))
    )  # fmt: skip
    JournalTotal.objects.bulk_create(
        JournalTotal(journal=journal, item=item, is_debit=True, tax_kind="unstated", amount_minor=100, row_count=9)
        for journal in made
        for item in items
    )


def _history() -> None:
    """Put fifty times as much before it: sent journals and, in one statement, their transactions."""
    from django.db import connection

    from clubledger.clubs.models import Club, User
    from clubledger.ledger.models import Journal

    club, owner = Club.objects.get(), User.objects.get()
    Journal.objects.of(club).bulk_create(
        (
            Journal(
                club=club, accounting_date=on, state="sent", transaction_count=280, line_count=LINES_A_DAY,
                debit_minor=4_200_000, revision=1, number=f"J-{number:06d}", sent_by=owner,
                xero_journal_id=f"{number:036d}",
            )
            for number, on in enumerate(_days(UNSENT_DAYS, UNSENT_DAYS * HISTORY_TIMES))
        ),
        batch_size=2000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_sourcetransaction (club_id, source, source_id, version, is_current, kind, legs_kind,"
            " accounting_date, content_hash, reverses, member, description, gross_minor)"
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 280 * %s)"
            " SELECT j.club_id, 'file', 'T' || j.id || '-' || n.i, 1, 1, 'pos_sale', 'pos_sale', j.accounting_date,"
            " 'x', '', '', '', 1500 FROM ledger_journal j, n WHERE j.state = 'sent'",
            [1],
        )
        cursor.execute("ANALYZE")


def _measure(client: Any, address: str) -> list[float]:
    for _ in range(5):
        assert client.get(address).status_code == 200
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _count(client: Any, address: str) -> tuple[int, int]:
    """Return the queries of a request, and the bytes of the page with its stylesheet, script and icon."""
    from django.contrib.staticfiles import finders
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from clubledger.frame.static_files import weight

    with CaptureQueriesContext(connection) as caught:
        size = len(client.get(address).content)
    sheets = ("clubledger.css", "pieces.css", "tables.css", "narrow.css")
    parts = [f"frame/{name}" for name in (*sheets, "clubledger.js", "icon.svg")]
    return len(caught), size + sum(weight(part, Path(found)) for part in parts if (found := finders.find(part)))
