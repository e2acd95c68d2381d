"""Single sign-on: the provider vouches for people who exist, by an address it has verified, and makes none."""

import pytest
from allauth.account.middleware import AccountMiddleware
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from clubledger.clubs import sign_in
from clubledger.clubs.models import AuditEvent, Club, Role, User
from clubledger.foundation import crypto
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


@pytest.fixture
def club(settings) -> Club:  # type: ignore[no-untyped-def]
    app = {
        "provider_id": "company",
        "name": "Company",
        "client_id": "x",
        "secret": "y",
        "settings": {"server_url": "z"},
    }
    xero = app | {"provider_id": "xero", "name": "Xero"}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app, xero]}}
    return make_club()


def come_back(
    email: str, *, verified: bool, uid: str = "u-1", provider: str = "company"
) -> tuple[HttpRequest, HttpResponseBase]:
    """Come back from the provider as somebody whose claims say this."""
    request = RequestFactory().get("/oidc/company/login/callback/")
    answers: list[HttpResponseBase] = []

    def finish(request: HttpRequest) -> HttpResponseBase:
        request.user = AnonymousUser()
        login = SocialLogin(
            user=User(email=email),
            account=SocialAccount(provider=provider, uid=uid, extra_data={}),
            email_addresses=[EmailAddress(email=email, verified=verified, primary=True)],
            provider=get_adapter().get_provider(request, provider),
        )
        login.state = {}
        answers.append(complete_login(request, login))
        return answers[0]

    SessionMiddleware(MessageMiddleware(AccountMiddleware(finish)))(request)
    return request, answers[0]


def test_a_known_person_with_a_verified_address_is_signed_in(club: Club) -> None:
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    for _ in range(2):
        request, answer = come_back("Tess@BanksiaPark.example", verified=True)
        assert answer.status_code == 302
        assert request.user == tess
    tess.refresh_from_db()
    assert tess.has_usable_password()
    told = AuditEvent.objects.of(club).order_by("position").values_list("action", flat=True)
    assert list(told) == ["sign_in.single_sign_on_tied", "sign_in.done", "sign_in.done"]
    assert AuditEvent.objects.of(club).latest("position").summary.endswith("(single sign-on).")


def test_it_counts_as_second_step(club: Club, settings) -> None:  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    request, _ = come_back(tess.email, verified=True)
    assert sign_in.needs_second_step(tess)
    assert sign_in.has_second_step(request, tess)


@pytest.mark.parametrize(("email", "verified"), [("tess@banksiapark.example", False), ("who@elsewhere.example", True)])
def test_anybody_else_is_told_to_ask_for_an_invitation(club: Club, email: str, verified: bool) -> None:
    add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    request, answer = come_back(email, verified=verified)
    assert not request.user.is_authenticated
    assert "Nobody here has your address" in getattr(answer, "content", b"").decode()
    assert User.objects.count() == 1


def test_xero_ties_nobody_by_address_whatever_it_claims(club: Club) -> None:
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    request, _ = come_back(tess.email, verified=True, provider="xero")
    assert not request.user.is_authenticated
    assert not SocialAccount.objects.filter(user=tess).exists()


def test_a_switched_off_person_stays_out(club: Club) -> None:
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    come_back(tess.email, verified=True)
    User.objects.filter(pk=tess.pk).update(is_active=False)
    request, answer = come_back(tess.email, verified=True)
    assert not request.user.is_authenticated
    assert answer["Location"] == "/sign-in/switched-off/"


def test_who_has_an_authenticator_app_is_still_asked_for_it(club: Club) -> None:
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
    Authenticator.objects.create(user=tess, type="totp", data={"secret": crypto.encrypt("A" * 32)})
    request, answer = come_back(tess.email, verified=True)
    assert answer["Location"] == "/sign-in/second-step/"
    assert not request.user.is_authenticated
