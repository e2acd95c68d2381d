"""Sign in with Xero: the simulator's identity server, found by its discovery; a person ties their own login first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from requests.adapters import BaseAdapter

from clubledger.clubs.models import AuditEvent, Club, Role, User
from clubledger.clubs.sign_in import SingleSignOnAdapter
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import SAM, TESS
from xero_simulator.app import DEFAULT_ORIGIN, Simulator
from xero_simulator.clock import Clock
from xero_simulator.exchange import Request

pytestmark = pytest.mark.django_db

LOGIN, CALLBACK = "/oidc/xero/login/", "http://testserver/oidc/xero/login/callback/"
PASSWORD = "correct horse battery"


class ToSimulator(BaseAdapter):
    """Carries what the library asks over HTTP to a simulator in this process."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self.simulator = simulator

    def send(self, asked: requests.PreparedRequest, **_how: object) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(asked.url or "")
        body = asked.body or b""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        given = self.simulator.respond(
            Request(
                asked.method or "GET",
                parts.path,
                parts.query,
                headers,
                body.encode() if isinstance(body, str) else body,
            )
        )
        answer = requests.Response()
        answer.status_code, answer._content, answer.url = given.status, given.body, asked.url or ""
        answer.headers.update(dict(given.headers))
        answer.request = asked
        return answer

    def close(self) -> None:
        pass


@dataclass
class AtXero:
    simulator: Simulator

    def come_back(self, browser: Client, address: str, login: str = TESS) -> object:
        """Follow our address to Xero, sign in there, and come back."""
        away = browser.get(address)
        assert away.status_code == 302, away.content
        back = urlsplit(self.simulator.authorise(away["Location"], login))
        return browser.get(f"{back.path}?{back.query}", follow=True)


@pytest.fixture
def at_xero(settings, monkeypatch: pytest.MonkeyPatch) -> AtXero:
    # Its tokens are checked against the real time.
    simulator = Simulator(clock=Clock(datetime.now(UTC), runs=True), origin=DEFAULT_ORIGIN, seed=1)
    app = {
        "provider_id": "xero",
        "name": "Xero",
        "client_id": "clubledger-v3",
        "secret": "clubledger-v3-secret",
        "settings": {"server_url": DEFAULT_ORIGIN, "token_auth_method": "client_secret_basic"},
    }
    settings.XERO_SIGN_IN = True
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    simulator.world.store.apps["clubledger-v3"].redirect_uris.append(CALLBACK)
    session = requests.Session()
    session.mount("http://", ToSimulator(simulator))
    monkeypatch.setattr(SingleSignOnAdapter, "get_requests_session", lambda _self: session)
    return AtXero(simulator)


@pytest.fixture
def club(at_xero: AtXero) -> Club:
    return make_club()


def signed_in(person: User) -> Client:
    browser = Client()
    answer = browser.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def tie(at_xero: AtXero, browser: Client, login: str = TESS) -> str:
    shown = browser.post("/security/xero/", {"act": "tie"}).content.decode()
    assert f"{LOGIN}?process=connect" in shown
    return at_xero.come_back(browser, f"{LOGIN}?process=connect", login).content.decode()  # type: ignore[attr-defined]


def test_a_person_ties_their_xero_login_signs_in_with_it_and_unties_it(at_xero: AtXero, club: Club) -> None:
    # The address at Xero is another one than here: it is the login that counts.
    tess = add_member(club, Role.ACCOUNTS, "treasurer@banksiapark.example")
    assert "not set up" in signed_in(tess).get("/security/").content.decode()
    assert "your Xero login signs you in" in tie(at_xero, signed_in(tess))

    browser = Client()
    assert "Sign in with Xero" in browser.get("/sign-in/").content.decode()
    at_xero.come_back(browser, LOGIN)
    assert int(browser.session["_auth_user_id"]) == tess.pk

    at_home = signed_in(tess)
    at_home.post("/security/xero/", {"act": "untie"})
    assert not SocialAccount.objects.exists()
    told = AuditEvent.objects.of(club).filter(action__contains="single_sign_on").order_by("position")
    assert [(one.action, one.user) for one in told] == [
        ("sign_in.single_sign_on_tied", tess),
        ("sign_in.single_sign_on_untied", tess),
    ]


def test_an_address_that_xero_does_not_call_verified_lets_nobody_in(at_xero: AtXero, club: Club) -> None:
    add_member(club, Role.OWNER, TESS)
    browser = Client()
    answer = at_xero.come_back(browser, LOGIN)
    assert "Nobody here has your address" in answer.content.decode()  # type: ignore[attr-defined]
    assert "_auth_user_id" not in browser.session
    assert not SocialAccount.objects.exists()


def test_a_link_ties_nothing_without_the_press_of_our_button(at_xero: AtXero, club: Club) -> None:
    browser = signed_in(add_member(club, Role.OWNER, TESS))
    at_xero.come_back(browser, f"{LOGIN}?process=connect", SAM)
    assert not SocialAccount.objects.exists()


def test_a_xero_login_belongs_to_one_person(at_xero: AtXero, club: Club) -> None:
    tie(at_xero, signed_in(add_member(club, Role.OWNER, TESS)))
    tie(at_xero, signed_in(add_member(club, Role.ACCOUNTS, SAM)), login=TESS)
    assert [one.user.email for one in SocialAccount.objects.all()] == [TESS]


def test_where_the_settings_do_not_offer_it_there_is_no_such_page(club: Club, settings) -> None:
    browser = signed_in(add_member(club, Role.OWNER, TESS))
    settings.XERO_SIGN_IN = False
    assert browser.get("/security/xero/").status_code == 404
    assert "Sign in with Xero" not in browser.get("/security/").content.decode()
