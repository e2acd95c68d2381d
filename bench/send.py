"""Sending a year: 365 daily journals of the demo club, validated and sent to a simulator in this process.

`send.calls` counts what Xero is asked from the press of Send to GL until everything is read back as sent; the reference
of `send.seconds` is the bare client putting the same bytes, batch by batch.
"""

import tempfile
import time
import zlib
from datetime import date
from pathlib import Path
from typing import Any

from bench.installation import set_up_django, sqlite_in

NAMES = ("send.",)
LAST_ON = date(2026, 11, 21)
MOST_CALLS = 15


def figures() -> list[dict[str, Any]]:
    """Return send.calls and send.seconds. Raises AssertionError if not everything arrived."""
    with tempfile.TemporaryDirectory(prefix="clubledger-bench-") as folder:
        set_up_django(sqlite_in(Path(folder)) | {"CLUBLEDGER_LOG_LEVEL": "ERROR"})
        calls, seconds, journals, bare_seconds = _send_a_year(Path(folder))
    return [
        _figure("send.calls", calls, "calls", MOST_CALLS),
        _figure("send.seconds", seconds, "s", bare_seconds),
        _figure("send.journals_per_second", journals / seconds, "journals/s", journals / bare_seconds),
    ]


def _figure(name: str, value: float, unit: str, reference: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": round(reference, 3),
        "ratio": round(value / reference, 2),
    }


def _send_a_year(folder: Path) -> tuple[int, float, int, float]:
    """Return the calls, the seconds, how many journals, and the seconds that the bare requests take."""
    from clubledger.delivery import serve
    from clubledger.delivery.sending import queue
    from clubledger.ledger.models import Journal
    from tests.fixtures_xero import talking_to
    from xero_simulator.app import Simulator
    from xero_simulator.clock import Clock

    simulator = Simulator(clock=Clock(), seed=1)
    with talking_to(simulator) as xero:
        club, treasurer = _make_club(xero, folder)
        valid = _validated(club, treasurer)
        simulator.log.clear()
        started = time.perf_counter()
        queue.send_to_gl(club=club, actor=treasurer, journal_ids=valid)
        serve.serve_club(club.pk)
        seconds = time.perf_counter() - started
        sent = Journal.objects.of(club).filter(state="sent").count()
        assert sent == len(valid), f"{sent} of {len(valid)} journals were sent"
        asked = [entry for entry in simulator.requests() if entry.request.path.startswith("/api.xro/")]
        return len(asked), seconds, sent, _bare(xero, club)


def _make_club(xero: Any, folder: Path) -> tuple[Any, Any]:
    from clubledger.cli.demo import setup, year
    from clubledger.delivery import preflight
    from tests.fixtures_xero import GOLF, make_app

    make_app("clubledger-v3")
    club, owner, treasurer = setup.make_people("correct horse battery")
    setup.bring_in(club, treasurer, year.write(folder / "year.csv", year.year(LAST_ON)))
    setup.map_items(club, owner)
    xero.authorise(club, treasurer, organisation=GOLF)
    preflight.get_gl_codes(club=club, actor=treasurer)
    preflight.get_categories(club=club, actor=treasurer)
    return club, treasurer


def _validated(club: Any, treasurer: Any) -> list[int]:
    from clubledger.delivery import preflight
    from clubledger.ledger.models import Journal

    ids = list(Journal.objects.of(club).order_by("accounting_date").values_list("pk", flat=True)[:365])
    valid = preflight.validate(club=club, actor=treasurer, journal_ids=ids).valid_ids
    assert len(valid) == len(ids), f"{len(valid)} of {len(ids)} journals are valid"
    return valid


def _bare(xero: Any, club: Any) -> float:
    """Put the same bodies once more, with nothing around the requests."""
    import httpx2

    from clubledger.delivery.models import Call

    given = xero.simulator.connect("tess@banksiapark.example", "clubledger-v3", "Banksia Park Golf Club Inc")
    bodies = [zlib.decompress(call.body) for call in Call.objects.of(club).order_by("pk")]
    http = httpx2.Client(transport=xero.transport, base_url=xero.simulator.world.origin)
    headers = {
        "Authorization": f"Bearer {given['access_token']}",
        "Xero-Tenant-Id": xero.tenant_id(),
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    started = time.perf_counter()
    for body in bodies:
        answer = http.put("/api.xro/2.0/ManualJournals?summarizeErrors=false", content=body, headers=headers)
        assert answer.status_code == 200, answer.text[:200]
    return time.perf_counter() - started
