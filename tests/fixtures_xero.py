"""A Xero for tests of every room: the simulator in process, apps, and clubs connected through its real consent pages.

The product tells time by the simulator's clock, so `world.later(minutes=31)` moves both.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import override_settings

from clubledger.clubs.models import Club, Role, User
from clubledger.foundation import clock
from clubledger.xero.connection import consent
from clubledger.xero.connection.outcomes import Outcome
from clubledger.xero.http import client
from clubledger.xero.models import Authorisation, XeroApp
from clubledger.xero.oauth import signatures
from tests.fixtures_clubs import add_member, make_club
from xero_simulator.app import DEFAULT_ORIGIN, Simulator
from xero_simulator.clock import Clock
from xero_simulator.inprocess import SimulatorTransport

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
GOLF, BOWLS = "Banksia Park Golf Club Inc", "Wattle Creek Bowling Club Ltd"
TESS, SAM, NORA, ADA = (
    "tess@banksiapark.example",
    "sam@banksiapark.example",
    "nora@banksiapark.example",
    "admin@ledgerpartners.example",
)
SCOPES = "openid profile email offline_access accounting.manualjournals accounting.settings.read"
CALLBACK = "http://localhost:8000/xero/callback"


@dataclass
class _SimulatorsClock:
    simulator: Simulator

    def now(self) -> datetime:
        return self.simulator.clock.now()


@dataclass
class XeroWorld:
    """The simulator, how the product reaches it, and the steps that many tests begin with."""

    simulator: Simulator
    transport: SimulatorTransport

    def later(self, **time: float) -> None:
        """Move both clocks."""
        self.simulator.later(**time)

    def tenant_id(self, organisation: str = GOLF) -> str:
        found = self.simulator.world.find_organisation(organisation)
        assert found is not None
        return found.tenant_id

    def kit(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Use the simulator's fault kit, such as `kit("POST", "disconnect", {"organisation": GOLF})`."""
        import orjson

        from xero_simulator.exchange import Request

        answer = self.simulator.respond(Request(method, f"/_sim/{path}", "", {}, orjson.dumps(body or {})))
        assert answer.status == 200, answer.text
        return answer.json()

    def call(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Post to the accounting API with the tokens of another app."""
        import orjson

        from xero_simulator.exchange import Request

        given = {"content-type": "application/json", "accept": "application/json"}
        given |= {name.lower(): value for name, value in headers.items()}
        self.simulator.respond(Request("POST", path, "", given, orjson.dumps(body)))

    def return_from_xero(
        self,
        club: Club,
        user: User,
        *,
        login: str = TESS,
        organisations: str | Iterable[str] = GOLF,
        cancel: bool = False,
    ) -> dict[str, str]:
        """Press Authorize Xero and walk through Xero's pages; give the parameters that the browser comes back with."""
        address = consent.begin_authorisation(club=club, actor=user, base_url=settings.CLUBLEDGER_BASE_URL)
        back = self.simulator.authorise(address, login, organisations, cancel=cancel)
        return dict(parse_qsl(urlsplit(back).query))

    def consent(self, club: Club, user: User, **how: Any) -> Outcome:
        """Authorise up to the return, without confirming anything."""
        return consent.finish_authorisation(actor=user, params=self.return_from_xero(club, user, **how))

    def authorise(self, club: Club, user: User, *, login: str = TESS, organisation: str = GOLF) -> Authorisation:
        """Authorise Xero for a user of a club, confirming the organisation by name where that is asked."""
        outcome = self.consent(club, user, login=login, organisations=organisation)
        if outcome.kind == "connected":
            assert outcome.authorisation is not None
            return outcome.authorisation
        assert outcome.kind in {"confirm", "choose"}, outcome
        assert outcome.request_id is not None
        choice = next(one for one in outcome.choices if one.name == organisation)
        return consent.confirm_organisation(
            club=club, actor=user, request_id=outcome.request_id, tenant_id=choice.tenant_id
        )


def make_app(client_id: str = "clubledger-v3", **fields: Any) -> XeroApp:
    """Register one of the simulator's apps at the product."""
    given: dict[str, Any] = {
        "name": "Clubledger",
        "version": client_id.rpartition("-")[2].upper(),
        "client_secret": f"{client_id}-secret",
        "redirect_uri": CALLBACK,
        "scopes": SCOPES,
    }
    return XeroApp.objects.create(client_id=client_id, **given | fields)


@contextmanager
def talking_to(simulator: Simulator, transport: Any = None) -> Iterator[XeroWorld]:
    """Let the product talk to a simulator in this process, and tell time by its clock."""
    addresses = {f"XERO_{name}_URL": simulator.world.origin for name in ("LOGIN", "IDENTITY", "API", "GO")}
    used = transport or SimulatorTransport(simulator)
    signatures.forget()
    with override_settings(**addresses), client.use_transport(used), clock.use(_SimulatorsClock(simulator)):
        yield XeroWorld(simulator, used)


@pytest.fixture
def xero() -> Iterator[XeroWorld]:
    """A Xero with the default scenario, standing still at 22 November 2026, 12:00 in Sydney."""
    with talking_to(Simulator(clock=Clock(START), origin=DEFAULT_ORIGIN, seed=1)) as world:
        yield world


@dataclass
class ConnectedClub:
    """A club whose treasurer has authorised Xero, through all the pages."""

    club: Club
    owner: User
    treasurer: User
    app: XeroApp
    authorisation: Authorisation
    xero: XeroWorld


@pytest.fixture
def connected(xero: XeroWorld, db: None) -> ConnectedClub:
    """Banksia Park, connected to its organisation by Tess."""
    return connect_club(xero)


def connect_club(
    xero: XeroWorld, *, slug: str = "banksia-park", login: str = TESS, organisation: str = GOLF
) -> ConnectedClub:
    """Make a club with an owner and a treasurer, and authorise Xero for the treasurer."""
    app = XeroApp.objects.filter(client_id="clubledger-v3").first() or make_app()
    found = xero.simulator.world.find_organisation(organisation)
    currency = found.base_currency if found else "AUD"
    club = make_club(slug, organisation.removesuffix(" Inc").removesuffix(" Ltd"), currency=currency)
    owner, treasurer = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    authorisation = xero.authorise(club, treasurer, login=login, organisation=organisation)
    return ConnectedClub(club, owner, treasurer, app, authorisation, xero)
