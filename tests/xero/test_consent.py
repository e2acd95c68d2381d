"""A person's consent: every way back from Xero, and what it binds."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from clubledger.clubs import access
from clubledger.clubs.models import AuditEvent, Club, Role
from clubledger.foundation import clock
from clubledger.xero.connection import consent, standing
from clubledger.xero.errors import OrganisationTaken, RequestUnusable, WrongOrganisation
from clubledger.xero.models import Authorisation, AuthorisationRequest, Connection, TokenSet
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import ADA, BOWLS, GOLF, SAM, TESS, ConnectedClub, XeroWorld, connect_club, make_app

pytestmark = pytest.mark.django_db


def actions(club: Club) -> list[str]:
    return list(AuditEvent.objects.of(club).order_by("position").values_list("action", flat=True))


def test_it_leaves_for_xero_with_state_nonce_and_pkce_and_keeps_only_the_states_hash(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    address = consent.begin_authorisation(club=club, actor=user, base_url=settings.CLUBLEDGER_BASE_URL)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == "http://localhost:8000/xero/callback"
    assert "offline_access" in asked["scope"]
    request = AuthorisationRequest.objects.of(club).get()
    assert request.state_hash != asked["state"]
    assert not any(asked["state"] == value for value in vars(request).values())


def test_it_leaves_without_pkce_for_an_app_that_has_it_switched_off(xero: XeroWorld):
    make_app(use_pkce=False)
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    address = consent.begin_authorisation(club=club, actor=user, base_url="")
    assert "code_challenge" not in address
    back = xero.simulator.authorise(address, TESS, GOLF)
    params = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    assert consent.finish_authorisation(actor=user, params=params).kind == "confirm"


def test_the_first_consent_binds_nothing_until_the_organisation_is_confirmed_by_name(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    outcome = xero.consent(club, user)
    assert outcome.kind == "confirm"
    assert [choice.name for choice in outcome.choices] == [GOLF]
    assert not Connection.objects.of(club).exclude(tenant_id="").exists()
    assert not Authorisation.objects.of(club).exists()
    assert standing.standing_of(club=club, user=user).kind == "not_authorised"

    row = consent.confirm_organisation(
        club=club, actor=user, request_id=outcome.request_id or 0, tenant_id=outcome.choices[0].tenant_id
    )
    connection = standing.current(club=club)
    assert connection is not None
    assert (connection.organisation_name, connection.tenant_id) == (GOLF, xero.tenant_id())
    assert row.connection_id
    assert standing.standing_of(club=club, user=user).is_live
    assert actions(club) == [
        "xero.authorisation_begun", "xero.authorisation_confirm", "xero.organisation_confirmed", "xero.authorised",
    ]  # fmt: skip


def test_the_same_confirmation_twice_is_refused(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    outcome = xero.consent(club, user)
    asked = {"request_id": outcome.request_id or 0, "tenant_id": outcome.choices[0].tenant_id}
    consent.confirm_organisation(club=club, actor=user, **asked)
    with pytest.raises(RequestUnusable):
        consent.confirm_organisation(club=club, actor=user, **asked)


def test_nobody_confirms_anothers_request_nor_an_organisation_that_was_not_offered(xero: XeroWorld):
    make_app()
    club = make_club()
    user, other = add_member(club, Role.ACCOUNTS), add_member(club, Role.OWNER)
    outcome = xero.consent(club, user)
    request_id, tenant_id = outcome.request_id or 0, outcome.choices[0].tenant_id
    with pytest.raises(RequestUnusable):
        consent.confirm_organisation(club=club, actor=other, request_id=request_id, tenant_id=tenant_id)
    with pytest.raises(RequestUnusable):
        consent.confirm_organisation(club=club, actor=user, request_id=request_id, tenant_id=xero.tenant_id(BOWLS))
    xero.later(hours=2)
    with pytest.raises(RequestUnusable):
        consent.confirm_organisation(club=club, actor=user, request_id=request_id, tenant_id=tenant_id)


def test_saying_not_this_one_disconnects_what_was_newly_connected(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    outcome = xero.consent(club, user)
    assert len(xero.simulator.world.store.connections) == 1
    consent.decline_organisation(club=club, actor=user, request_id=outcome.request_id or 0)
    assert len(xero.simulator.world.store.connections) == 0


def test_a_viewer_may_not_authorise(xero: XeroWorld):
    make_app()
    club = make_club()
    viewer = add_member(club, Role.VIEWER)
    with pytest.raises(access.NotAllowed):
        consent.begin_authorisation(club=club, actor=viewer, base_url="")


def test_a_cancelled_consent_says_so_and_changes_nothing(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    outcome = xero.consent(club, user, cancel=True)
    assert outcome.kind == "cancelled"
    assert outcome.club == club
    assert not TokenSet.objects.exists()
    assert "xero.authorisation_cancelled" in actions(club)


def test_an_expired_return_is_not_exchanged(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    xero.later(minutes=10)
    assert consent.finish_authorisation(actor=user, params=params).kind == "expired"
    assert xero.simulator.requests("POST", "/connect/token") == []


def test_a_code_older_than_five_minutes_fails_in_words(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    xero.later(minutes=6)
    outcome = consent.finish_authorisation(actor=user, params=params)
    assert outcome.kind == "failed"
    assert "five minutes" in outcome.words


def test_a_replayed_return_is_told_apart(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    assert consent.finish_authorisation(actor=user, params=params).kind == "confirm"
    assert consent.finish_authorisation(actor=user, params=params).kind == "replayed"


def test_a_tampered_state_and_another_persons_return_are_refused(xero: XeroWorld):
    make_app()
    club = make_club()
    user, other = add_member(club, Role.ACCOUNTS), add_member(club, Role.OWNER)
    params = xero.return_from_xero(club, user)
    for wrong in ({**params, "state": params["state"][:-1] + "x"}, {"code": params["code"]}, {}):
        outcome = consent.finish_authorisation(actor=user, params=wrong)
        assert (outcome.kind, outcome.club) == ("tampered", None)
    assert consent.finish_authorisation(actor=other, params=params).kind == "tampered"
    assert consent.finish_authorisation(actor=user, params=params).kind == "confirm"


def test_a_tampered_code_fails_without_naming_it(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user) | {"code": "0" * 64}
    outcome = consent.finish_authorisation(actor=user, params=params)
    assert outcome.kind == "failed"
    assert "0000" not in outcome.words


def test_unknown_parameters_of_the_return_are_ignored(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    assert {"scope", "session_state"} <= set(params)
    assert consent.finish_authorisation(actor=user, params={**params, "brand_new": "1"}).kind == "confirm"


def test_xero_being_down_at_the_return_is_no_error_page(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    xero.transport.is_unreachable = True
    outcome = consent.finish_authorisation(actor=user, params=params)
    assert outcome.kind == "failed"
    assert "try again" in outcome.words


def test_a_wrong_app_secret_is_the_operators_to_mend(xero: XeroWorld):
    make_app(client_secret="not-it")
    club = make_club()
    outcome = xero.consent(club, add_member(club, Role.ACCOUNTS))
    assert outcome.kind == "failed"
    assert outcome.words.startswith("Xero does not accept the app as it is registered.")
    assert "invalid_client" in outcome.xero_words


def test_a_secret_being_rotated_is_tried_when_the_first_is_refused(xero: XeroWorld):
    make_app(client_secret="the-old-one", next_client_secret="clubledger-v3-secret")
    club = make_club()
    assert xero.consent(club, add_member(club, Role.ACCOUNTS)).kind == "confirm"


def test_only_the_same_organisation_is_accepted_afterwards(connected: ConnectedClub):
    owner, club, xero = connected.owner, connected.club, connected.xero
    outcome = xero.consent(club, owner, login=SAM, organisations=BOWLS)
    assert outcome.kind == "wrong_organisation"
    assert (outcome.bound_name, outcome.offered_names) == (GOLF, (BOWLS,))
    assert GOLF in outcome.words
    assert BOWLS in outcome.words
    assert not Authorisation.objects.of(club).filter(user=owner).exists()
    # What the mistaken consent connected would take up one of that organisation's two slots.
    assert [row.tenant_id for row in xero.simulator.world.store.connections] == [xero.tenant_id(GOLF)]


def test_a_wrong_organisation_that_another_club_uses_stays_connected(connected: ConnectedClub):
    xero = connected.xero
    bowls = connect_club(xero, slug="wattle-creek", organisation=BOWLS)
    outcome = xero.consent(connected.club, connected.owner, login=TESS, organisations=BOWLS)
    # Tess's consent for the bowling club is not the golf club's, though she is connected to both.
    assert outcome.kind == "wrong_organisation"
    assert standing.standing_of(club=bowls.club, user=bowls.treasurer).is_live
    assert len(xero.simulator.world.store.connections) == 2


def test_an_organisation_serves_one_active_club(connected: ConnectedClub):
    other = make_club("other", "Other Club")
    user = add_member(other, Role.OWNER)
    outcome = connected.xero.consent(other, user, login=SAM, organisations=GOLF)
    assert outcome.kind == "wrong_organisation"
    assert outcome.offered_names == (GOLF,)
    assert outcome.taken_by == ""  # Nobody learns here of other clubs.
    assert standing.standing_of(club=other, user=user).kind == "not_authorised"


def test_two_clubs_confirming_one_organisation_at_once_end_with_one(xero: XeroWorld):
    make_app()
    clubs = [make_club("one", "One"), make_club("two", "Two")]
    users = [add_member(club, Role.OWNER) for club in clubs]
    outcomes = [
        xero.consent(club, user, login=login) for club, user, login in zip(clubs, users, (TESS, SAM), strict=True)
    ]
    assert [outcome.kind for outcome in outcomes] == ["confirm", "confirm"]
    asked = [{"request_id": one.request_id or 0, "tenant_id": one.choices[0].tenant_id} for one in outcomes]
    consent.confirm_organisation(club=clubs[0], actor=users[0], **asked[0])
    with pytest.raises(OrganisationTaken):
        consent.confirm_organisation(club=clubs[1], actor=users[1], **asked[1])


def test_a_club_that_left_gives_its_organisation_free(connected: ConnectedClub):
    Club.objects.filter(pk=connected.club.pk).update(is_active=False)
    other = make_club("other", "Other Club")
    user = add_member(other, Role.OWNER)
    connected.xero.authorise(other, user, login=SAM)
    assert standing.standing_of(club=other, user=user).is_live


def test_a_confirmation_overtaken_by_anothers_choice_is_refused_with_both_names(xero: XeroWorld):
    make_app()
    club = make_club()
    first, second = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    slow = xero.consent(club, second, login=SAM, organisations=BOWLS)
    xero.authorise(club, first, login=TESS, organisation=GOLF)
    with pytest.raises(WrongOrganisation) as refused:
        consent.confirm_organisation(
            club=club, actor=second, request_id=slow.request_id or 0, tenant_id=slow.choices[0].tenant_id
        )
    assert (refused.value.bound_name, refused.value.offered_name) == (GOLF, BOWLS)


def test_a_second_users_authorisation_never_replaces_the_firsts(connected: ConnectedClub):
    row = connected.xero.authorise(connected.club, connected.owner, login=SAM)
    assert row.pk != connected.authorisation.pk
    assert row.token_set_id != connected.authorisation.token_set_id
    assert standing.standing_of(club=connected.club, user=connected.owner).is_live
    assert standing.standing_of(club=connected.club, user=connected.treasurer).is_live
    assert len(standing.authorisations(club=connected.club)) == 2


def test_the_club_of_the_other_organisation_is_not_bound_by_a_user_with_two(connected: ConnectedClub):
    xero = connected.xero
    bowls = connect_club(xero, slug="wattle-creek", login=TESS, organisation=BOWLS)
    assert bowls.authorisation.tenant_id == xero.tenant_id(BOWLS)
    assert bowls.authorisation.token_set_id == connected.authorisation.token_set_id
    assert TokenSet.objects.count() == 1


def test_a_reconsent_that_keeps_its_old_event_is_found_by_its_time(connected: ConnectedClub):
    xero = connected.xero
    connect_club(xero, slug="wattle-creek", login=TESS, organisation=BOWLS)
    xero.kit("POST", "settings", {"reconsent_keeps_auth_event": True})
    xero.later(days=1)
    row = xero.authorise(connected.club, connected.treasurer)
    assert row.pk == connected.authorisation.pk
    assert row.tenant_id == xero.tenant_id(GOLF)


def test_a_consent_for_several_organisations_is_a_choice(xero: XeroWorld):
    make_app("clubledger-bulk")
    club = make_club()
    user = add_member(club, Role.OWNER)
    outcome = xero.consent(club, user, login=ADA, organisations=[GOLF, BOWLS])
    assert outcome.kind == "choose"
    assert {choice.name for choice in outcome.choices} == {GOLF, BOWLS}
    row = consent.confirm_organisation(
        club=club, actor=user, request_id=outcome.request_id or 0, tenant_id=xero.tenant_id(BOWLS)
    )
    assert row.organisation_name == BOWLS


def test_waiting_for_xero_is_told_since_when_in_the_clubs_time(xero: XeroWorld):
    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    consent.begin_authorisation(club=club, actor=user, base_url="")
    stands = standing.standing_of(club=club, user=user)
    assert stands.kind == "waiting"
    assert stands.waiting_since == clock.now()
    assert re.search(r"Waiting for Xero since 12:00\. Did Xero show an error\?", stands.message)
    xero.later(minutes=10)
    assert standing.standing_of(club=club, user=user).kind == "not_authorised"


def test_a_live_user_who_goes_to_xero_again_stays_live(connected: ConnectedClub):
    consent.begin_authorisation(club=connected.club, actor=connected.treasurer, base_url="")
    stands = standing.standing_of(club=connected.club, user=connected.treasurer)
    assert stands.is_live
    assert stands.waiting_since is not None


def test_not_authorised_and_unauthorized_are_kept_apart(connected: ConnectedClub):
    nobody = standing.standing_of(club=connected.club, user=connected.owner)
    assert (nobody.kind, nobody.headline) == ("not_authorised", "Not connected")
    assert nobody.message == "You have not authorised Xero for this club"

    new_app = make_app("clubledger-v2")
    Connection.objects.of(connected.club).update(app=new_app)
    moved = standing.standing_of(club=connected.club, user=connected.treasurer)
    assert (moved.kind, moved.headline) == ("unauthorized", "Connection moved")
    assert moved.message == (
        "The Xero connection for this club has been updated. Authorize Xero again to send journals."
    )


def test_an_app_changed_during_the_consent_is_noticed(connected: ConnectedClub):
    params = connected.xero.return_from_xero(connected.club, connected.owner, login=SAM)
    Connection.objects.of(connected.club).update(app=make_app("clubledger-v2"))
    outcome = consent.finish_authorisation(actor=connected.owner, params=params)
    assert outcome.kind == "failed"
    assert "changed meanwhile" in outcome.words


def test_the_secrets_of_a_finished_request_are_forgotten(connected: ConnectedClub):
    request = AuthorisationRequest.objects.of(connected.club).get()
    assert (request.code_verifier, request.nonce) == ("", "")
    assert request.used_at is not None
    assert request.used_at - request.created_at < timedelta(minutes=1)
