"""The same world as in process, with the simulator in a process of its own, reached over HTTP."""

import contextlib
import time
from datetime import date
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from django.conf import settings

from clubledger.clubs.models import Club, User
from clubledger.xero.connection import consent
from tests.chaos.world import World, make_clubs, scenario_of
from tests.fixtures_xero import GOLF, TESS


class FarXero:
    """What `XeroWorld` does, asked of a simulator elsewhere."""

    def __init__(self, origin: str, clock_file: Path) -> None:
        self._http = httpx2.Client(base_url=origin, timeout=60)
        self._clock_file = clock_file
        self.simulator: Any = _FarSimulator(self)

    def kit(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, f"/_sim/{path}", json=body or {})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def call(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Post to the accounting API with the tokens of another app.

        A fault meant for ours may strike it, before or after the simulator wrote: what came of it is what stands there.
        """
        with contextlib.suppress(httpx2.TransportError):
            self._http.post(path, json=body, headers={**headers, "Accept": "application/json"})

    def later(self, seconds: float) -> None:
        """Move the clocks of all processes and of the simulator."""
        self._clock_file.write_text(str(float(self._clock_file.read_text()) + seconds))
        self.kit("POST", "clock", {"advance_seconds": seconds})

    def tenant_id(self, organisation: str) -> str:
        return str(self.kit("POST", f"organisations/{organisation}")["tenant_id"])

    def authorise(self, club: Club, user: User, *, login: str = TESS, organisation: str = GOLF) -> None:
        address = consent.begin_authorisation(club=club, actor=user, base_url=settings.CLUBLEDGER_BASE_URL)
        back = self.kit("POST", "authorise", {"address": address, "user": login, "organisations": organisation})
        params = dict(parse_qsl(urlsplit(back["location"]).query))
        outcome = consent.finish_authorisation(actor=user, params=params)
        if outcome.kind in {"confirm", "choose"} and outcome.request_id is not None:
            choice = next(one for one in outcome.choices if one.name == organisation)
            consent.confirm_organisation(
                club=club, actor=user, request_id=outcome.request_id, tenant_id=choice.tenant_id
            )


class _FarSimulator:
    """The little of the simulator that events and invariants ask for."""

    def __init__(self, xero: FarXero) -> None:
        self._xero = xero

    def fault(self, preset: str, **marks: Any) -> None:
        # Seconds are real here: a long time-out would only be waited for.
        marks |= {"delay_seconds": 0.2} if preset.startswith(("timeout", "slow")) else {}
        self._xero.kit("POST", "rules", {"fault": preset, **{key: value for key, value in marks.items() if value}})

    def journals(self, tenant_id: str) -> list[SimpleNamespace]:
        found = []
        for row in self._xero.kit("GET", f"organisations/{tenant_id}/journals")["journals"]:
            lines = [SimpleNamespace(**line) for line in row.pop("lines")]
            dated_on = date.fromisoformat(row.pop("dated_on"))
            found.append(SimpleNamespace(**row, dated_on=dated_on, lines=lines))
        return [row for row in found if row.status in {"DRAFT", "POSTED"}]


def make_world(seed: int, port: int) -> World:
    """Make the world of a seed at a simulator that is starting on this port."""
    import os

    random = Random(seed)
    origin = f"http://localhost:{port}"
    _wait_for(origin)
    xero: Any = FarXero(origin, Path(os.environ["CHAOS_CLOCK"]))
    count = random.choice([1, 2])
    xero.kit("POST", "scenario", scenario_of(random, count))
    world = World(random, xero)
    make_clubs(world, count)
    return world


def _wait_for(origin: str) -> None:
    for _ in range(2400):
        try:
            httpx2.get(f"{origin}/_sim/health", timeout=60)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"no simulator at {origin}")
