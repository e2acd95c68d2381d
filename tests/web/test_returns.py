"""Bad returns from Xero: each ends on a page with a sentence, and Xero's own words stand beside ours."""

import hashlib

import pytest
from django.test import Client

from clubledger.clubs.models import Club, Role
from clubledger.foundation import clock
from clubledger.xero.connection import consent
from clubledger.xero.errors import AppMisconfigured
from clubledger.xero.models import AuthorisationRequest, XeroApp
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    club = make_club()
    owner = add_member(club, Role.OWNER)
    AuthorisationRequest.objects.of(club).create(
        club=club, user=owner, app=XeroApp.objects.create(name="App", client_id="app"), nonce="-",
        state_hash=hashlib.sha256(b"state").hexdigest(), redirect_uri="http://localhost/", created_at=clock.now(),
    )  # fmt: skip
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def test_an_error_of_xero_is_a_sentence(client):
    answer = client.get("/xero/callback?state=state&error=server_error")
    said = answer.content.decode()
    assert answer.status_code == 400
    assert '<p class="lead">Something went wrong at Xero. Nothing was changed. Try again in a few minutes.</p>' in said
    assert "Xero says: server_error" in said
    assert "Authorize Xero" in said


def test_it_is_told_in_the_readers_language(client):
    said = client.get("/xero/callback?state=state&error=server_error", headers={"accept-language": "de"})
    assert "Bei Xero ist etwas schiefgegangen." in said.content.decode()


def test_an_app_that_xero_does_not_know_is_not_blamed_on_the_person(client, monkeypatch):
    def refuse(**_how):
        raise AppMisconfigured("invalid_client")

    monkeypatch.setattr(consent, "finish_authorisation", refuse)
    answer = client.get("/xero/callback?state=state&code=x")
    assert answer.status_code == 502
    assert "tell whoever runs this installation" in answer.content.decode()
    assert "begun by another person" not in answer.content.decode()


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_the_question_about_the_organisation_pressed_twice_is_no_error(client, answer):
    asked = AuthorisationRequest.objects.of(Club.objects.get()).get()
    asked.outcome, asked.choices = "confirm", [{"tenant_id": "t", "name": "Some Organisation"}]
    asked.save()
    page = f"/c/{asked.club.slug}/configuration/integration/general-ledger/confirm/{asked.pk}/"
    assert client.get(page).status_code == 200
    asked.outcome = "connected" if answer == "yes" else "declined"
    asked.save()
    for again in (client.get(page, follow=True), client.post(f"{page}bind/", {"answer": answer}, follow=True)):
        assert again.redirect_chain == [(page.partition("confirm/")[0], 302)]
        assert "was answered already. This is how it stands." in again.content.decode()
    asked.refresh_from_db()
    assert asked.outcome == ("connected" if answer == "yes" else "declined")
