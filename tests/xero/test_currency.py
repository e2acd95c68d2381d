"""Club and organisation have one currency: checked when the organisation is confirmed, and at each validation."""

import pytest
from django.test import Client

from clubledger.clubs import currency
from clubledger.clubs.models import Club, Role, User
from clubledger.xero.connection import consent, outcomes, standing
from clubledger.xero.errors import CurrencyDiffers
from clubledger.xero.models import Authorisation, Connection
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_delivery import ReadyClub, ready
from tests.fixtures_xero import ADA, GOLF, XeroWorld, connected, make_app

__all__ = ["connected", "ready"]

pytestmark = pytest.mark.django_db

KAURI = "Kauri Point Golf Club"


@pytest.fixture
def club(xero: XeroWorld) -> Club:
    make_app()
    return make_club()


def choose_kauri(xero: XeroWorld, club: Club, user: User) -> outcomes.Outcome:
    outcome = xero.consent(club, user, login=ADA, organisations=KAURI)
    assert outcome.kind == "confirm"
    return outcome


def confirm(club: Club, user: User, outcome: outcomes.Outcome) -> Authorisation:
    return consent.confirm_organisation(
        club=club, actor=user, request_id=outcome.request_id or 0, tenant_id=outcome.choices[0].tenant_id
    )


def test_an_organisation_of_another_currency_is_refused_and_let_go(xero: XeroWorld, club: Club):
    owner = add_member(club, Role.OWNER)
    outcome = choose_kauri(xero, club, owner)
    with pytest.raises(CurrencyDiffers) as refusal:
        confirm(club, owner, outcome)
    assert str(refusal.value) == (
        f"Banksia Park Golf Club keeps its books in AUD. The base currency of {KAURI} in Xero is NZD."
    )
    assert not Connection.objects.of(club).exclude(tenant_id="").exists()
    assert not Authorisation.objects.of(club).exists()
    assert not list(xero.simulator.world.store.connections)

    currency.set_currency(club=club, actor=owner, currency="NZD")
    confirm(club, owner, choose_kauri(xero, club, owner))
    assert standing.standing_of(club=club, user=owner).is_live


def test_the_page_says_both_currencies_and_what_to_do(xero: XeroWorld, club: Club):
    owner = add_member(club, Role.OWNER)
    outcome = choose_kauri(xero, club, owner)
    browser = Client()
    browser.force_login(owner)
    address = f"/c/{club.slug}/configuration/integration/general-ledger/"
    form = {"tenant_id": outcome.choices[0].tenant_id, "answer": "yes"}
    answer = browser.post(f"{address}confirm/{outcome.request_id}/bind/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "keeps its books in AUD. The base currency of Kauri Point Golf Club in Xero is NZD. Nothing was" in page
    assert "an Owner changes it under General Ledger" in page
    assert "keeps its books in AUD" in browser.get(address).content.decode()
    assert "Save" in browser.get(address).content.decode()
    said = browser.post(f"{address}currency/", {"currency": "yen"}, follow=True).content.decode()
    assert "YEN is not a currency with two decimals" in said
    said = browser.post(f"{address}currency/", {"currency": "nzd"}, follow=True).content.decode()
    assert "The club&#x27;s books are in NZD." in said


def test_where_xero_cannot_say_now_the_next_validation_does(ready: ReadyClub):
    xero, club = ready.xero, ready.club
    other = make_club("kauri", "Kauri Point")
    owner = add_member(other, Role.OWNER)
    xero.simulator.fault("503-unavailable", method="GET", path="Organisation")
    confirm(other, owner, choose_kauri(xero, other, owner))
    assert standing.standing_of(club=other, user=owner).is_live

    xero.kit("POST", f"organisations/{GOLF}", {"base_currency": "NZD"})
    assert ready.validate().valid_ids == []
    [(finding, ids)] = ready.validate().by_cause
    assert ids == [ready.journal().pk]
    assert finding.code == "currency"
    assert finding.message == (f"The club keeps its books in AUD, but the base currency of {GOLF} in Xero is NZD.")
    currency.set_currency(club=club, actor=ready.owner, currency="NZD")
    assert ready.validate().valid_ids == [ready.journal().pk]
