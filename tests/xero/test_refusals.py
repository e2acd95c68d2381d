"""A return from Xero that brings an error in place of a code: our sentence, Xero's words, and what the trail keeps."""

import pytest
from django.utils import translation

from clubledger.clubs.models import AuditEvent, Role
from clubledger.xero.connection import consent
from clubledger.xero.models import TokenSet
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import XeroWorld, make_app

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("server_error", "Something went wrong at Xero."),
        ("temporarily_unavailable", "Xero is too busy or under maintenance."),
        ("invalid_scope", "Xero does not accept the app as it is registered."),
        ("brand_new", "Xero ended the authorisation."),
        ("", "Xero sent you back without a code."),
    ],
)
def test_an_error_of_xero_is_a_sentence_and_xeros_own_words_stand_beside_it(xero: XeroWorld, error: str, words: str):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = {"state": xero.return_from_xero(club, user)["state"]}
    if error:
        params |= {"error": error, "error_description": "Its own words"}
    outcome = consent.finish_authorisation(actor=user, params=params)
    assert outcome.kind == "failed"
    assert outcome.words.startswith(words)
    assert outcome.xero_words == (f"{error}: Its own words" if error else "")
    assert not TokenSet.objects.exists()


def test_the_trail_keeps_the_end_of_a_return_in_english_whatever_language_is_spoken(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    state = xero.return_from_xero(club, user)["state"]
    with translation.override("de"):
        consent.finish_authorisation(actor=user, params={"state": state, "error": "server_error"})
    event = AuditEvent.objects.of(club).get(action="xero.authorisation_failed")
    assert event.summary.startswith("Something went wrong at Xero.")
    assert event.after == {"offered": [], "xero_says": "server_error"}
