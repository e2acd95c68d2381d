"""A wave of 2,000 clubs and 5,000 people: planned from a file, switched by the minute's round, the console meanwhile.

On the PostgreSQL server of DATABASE_URL, or of this machine, as the vendor runs it. No e-mail goes twice.
"""

import os
import statistics
import tempfile
import threading
import time
import traceback
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.installation import set_up_django
from bench.night_world import SERVER

NAMES = ["wave.", "console."]
CLUBS, PEOPLE = 2_000, 5_000
PAGES = (
    "/console/changeovers/",
    "/console/changeovers/?stuck=1",
    "/console/changeovers/?state=switched&page=7",
    "/console/clubs/",
    "/console/clubs/?show=moved&page=3",
    "/console/apps/",
    "/console/fleet/",
)


def figures() -> list[dict[str, Any]]:
    """Return wave.plan_seconds, wave.switch_seconds, wave.double_notices and console.p95_ms."""
    set_up_django({"DATABASE_URL": os.environ.get("DATABASE_URL", f"{SERVER}/postgres")}, is_migrated=False)
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    old = setup_databases(verbosity=0, interactive=False)
    try:
        return _measure()
    finally:
        from django.db import connections

        connections.close_all()
        teardown_databases(old, verbosity=0)


def _measure() -> list[dict[str, Any]]:
    from clubledger.changeover.waves import files, plan

    staff, old_app, new_app = _people_and_apps()
    slugs = _clubs(old_app)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wave.csv"
        soon = datetime.now(UTC).date() + timedelta(days=2)
        file.write_text("club,date,time\n" + "".join(f"{slug},{soon},09:00\n" for slug in slugs), encoding="utf-8")
        began = time.perf_counter()
        wishes, refusals = files.read_csv(file.read_bytes())
        made = plan.plan_wave(actor=staff, to_app=new_app, name="All clubs", wishes=wishes)
        plan_seconds = time.perf_counter() - began
    assert (len(made.changeovers), refusals, made.refusals) == (CLUBS, [], [])
    _make_due()
    console = _Console(staff)
    switch_seconds = _switch_beside(console)
    console.walk()
    doubles = _send_and_count_doubles()
    return [
        {"name": "wave.plan_seconds", "value": round(plan_seconds, 2), "unit": "s", "reference": 10},
        {"name": "wave.switch_seconds", "value": round(switch_seconds, 2), "unit": "s", "reference": 60},
        {"name": "wave.double_notices", "value": doubles, "unit": "e-mails"},
        {"name": "console.p95_ms", "value": _p95(console.milliseconds), "unit": "ms", "reference": 100},
        {"name": "console.p95_processor_ms", "value": _p95(console.processor_milliseconds), "unit": "ms"},
        {"name": "console.pages", "value": len(console.milliseconds), "unit": "pages"},
    ]


def _people_and_apps() -> tuple[Any, Any, Any]:
    from clubledger.clubs.models import User
    from clubledger.xero.models import XeroApp

    staff = User.objects.create(email="stan@vendor.example", name="Stan Staff", is_staff=True)
    apps = [
        XeroApp.objects.create(name="Clubledger", version=version, client_id=version, redirect_uri="", scopes="")
        for version in ("V2", "V3")
    ]
    return staff, apps[0], apps[1]


def _clubs(app: Any) -> list[str]:
    """Make clubs of two or three people who have authorised the old app, each with GL codes and unsent journals."""
    from django.db import connection

    from clubledger.clubs.models import Club, Membership, User
    from clubledger.ledger.models import Journal
    from clubledger.xero.models import Authorisation, Connection, TokenSet

    now = datetime.now(UTC)
    zones = ("Australia/Sydney", "Australia/Perth", "Pacific/Auckland", "Europe/London")
    clubs = Club.objects.bulk_create(
        Club(slug=f"club-{n}", name=f"Club {n:04}", time_zone=zones[n % 4]) for n in range(CLUBS)
    )
    users = User.objects.bulk_create(User(email=f"p{n}@clubs.example", name=f"Person {n}") for n in range(PEOPLE))
    placed = [(clubs[n % CLUBS], user) for n, user in enumerate(users)]
    Membership.objects.bulk_create((Membership(club=c, user=u, role="accounts") for c, u in placed), batch_size=1000)
    tokens = TokenSet.objects.bulk_create(
        (
            TokenSet(
                app=app, xero_user_id=f"x{n}", access_token="a", refresh_token="r", access_expires_at=now,
                refreshed_at=now,
            )
            for n in range(PEOPLE)
        ),
        batch_size=1000,
    )  # fmt: skip
    across = "made for the measurement"
    Connection.objects.across_clubs(across).bulk_create(
        (Connection(club=c, app=app, tenant_id=f"t{c.pk}", organisation_name=c.name) for c in clubs), batch_size=1000
    )
    Authorisation.objects.across_clubs(across).bulk_create(
        (
            Authorisation(
                user=u, club=c, app=app, token_set=token, tenant_id=f"t{c.pk}", organisation_name=c.name,
                authorised_at=now,
            )
            for (c, u), token in zip(placed, tokens, strict=True)
        ),
        batch_size=1000,
    )  # fmt: skip
    Journal.objects.across_clubs(across).bulk_create(
        (
            Journal(
                club=c, accounting_date=now.date() - timedelta(days=back), state="open" if back < 4 else "sent",
                number="" if back < 4 else f"J-{back:06}", debit_minor=100 * back, sent_at=None if back < 4 else now,
            )
            for c in clubs
            for back in range(1, 31)
        ),
        batch_size=2000,
    )  # fmt: skip
    # As the database would do by itself within a minute.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [club.slug for club in clubs]


def _make_due() -> None:
    from clubledger.changeover.models import Changeover

    Changeover.objects.across_clubs("their time has come").update(switch_at=datetime.now(UTC) - timedelta(seconds=1))


def _switch_beside(console: "_Console") -> float:
    """Let a worker, a process of its own as in life, switch everything while staff look; give the seconds it took."""
    from django.db import connections

    from clubledger.changeover.models import Changeover
    from clubledger.changeover.move import rounds

    connections.close_all()
    # Threads of a connection pool do not live on in a forked process.
    if hasattr(connections["default"], "close_pool"):
        connections["default"].close_pool()
    began = time.perf_counter()
    worker = os.fork()
    if worker == 0:
        try:
            rounds.switch_due()
        except Exception:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    took = 0.0
    while not took:
        console.walk()
        if os.waitpid(worker, os.WNOHANG)[0]:
            took = time.perf_counter() - began
        time.sleep(0.2)
    left = Changeover.objects.across_clubs("counted").exclude(state="switched").count()
    assert left == 0, left
    return took


class _Console:
    """Looks at the console's pages over and over, and keeps how long the server took."""

    def __init__(self, staff: Any) -> None:
        from django.test import Client

        self.client = Client()
        self.client.force_login(staff)
        self.milliseconds: list[float] = []
        self.processor_milliseconds: list[float] = []
        self.walk(keep=False)

    def walk(self, *, keep: bool = True) -> None:
        for page in PAGES:
            began, worked = time.perf_counter(), time.process_time()
            answer = self.client.get(page)
            took, spent = time.perf_counter() - began, time.process_time() - worked
            assert answer.status_code == 200, (page, answer.status_code)
            if keep:
                self.milliseconds.append(1000 * took)
                self.processor_milliseconds.append(1000 * spent)


def _p95(milliseconds: list[float]) -> float:
    return round(statistics.quantiles(milliseconds, n=20)[-1], 1)


def _send_and_count_doubles() -> int:
    """Send everything from four workers at once, and count what anybody got twice."""
    from django.core import mail
    from django.db import connections

    from clubledger.changeover import notices

    mail.outbox = []

    def send() -> None:
        notices.send_waiting(limit=20_000)
        connections.close_all()

    workers = [threading.Thread(target=send) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    got = Counter((letter.to[0], letter.subject) for letter in mail.outbox)
    return sum(count - 1 for count in got.values())
