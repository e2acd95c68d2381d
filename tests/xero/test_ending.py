"""The ends of authorisations: revoked here, disconnected in Xero, the organisation let go."""

import pytest

from clubledger.clubs import access
from clubledger.clubs.models import AuditEvent, Role
from clubledger.xero.access import access_for_sending, look_at
from clubledger.xero.connection import revocation, standing
from clubledger.xero.errors import AuthorisationLost, NotAuthorised, XeroUnavailable
from clubledger.xero.models import Authorisation, Connection, TokenSet
from tests.fixtures_clubs import add_member, make_user
from tests.fixtures_xero import BOWLS, GOLF, SAM, TESS, ConnectedClub, XeroWorld, connect_club, make_app

pytestmark = pytest.mark.django_db


def connected_at_xero(xero: XeroWorld) -> int:
    return len(xero.simulator.world.store.connections)


def test_revoking_removes_only_the_actors_connection(connected: ConnectedClub):
    xero = connected.xero
    xero.authorise(connected.club, connected.owner, login=SAM)
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert len(xero.simulator.requests("DELETE", f"/connections/{connected.authorisation.connection_id}")) == 1
    assert connected_at_xero(xero) == 1
    assert standing.standing_of(club=connected.club, user=connected.owner).is_live
    stands = standing.standing_of(club=connected.club, user=connected.treasurer)
    assert (stands.kind, stands.lost_because) == ("not_authorised", "revoked")
    event = AuditEvent.objects.of(connected.club).get(action="xero.revoked")
    assert event.user == connected.treasurer


def test_with_a_xero_users_last_authorisation_the_token_is_revoked_and_forgotten(connected: ConnectedClub):
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert len(connected.xero.simulator.requests("POST", "/connect/revocation")) == 1
    tokens_left = TokenSet.objects.get()
    assert (tokens_left.access_token, tokens_left.refresh_token, tokens_left.previous_refresh_token) == ("", "", "")


def test_the_other_clubs_of_the_same_xero_user_go_on(connected: ConnectedClub):
    bowls = connect_club(connected.xero, slug="wattle-creek", login=TESS, organisation=BOWLS)
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert connected.xero.simulator.requests("POST", "/connect/revocation") == []
    assert access_for_sending(club=bowls.club, user=bowls.treasurer).get("/Organisation")


def test_two_people_with_one_xero_login_do_not_cut_each_other_off(connected: ConnectedClub):
    connected.xero.authorise(connected.club, connected.owner, login=TESS)
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert connected_at_xero(connected.xero) == 1
    assert access_for_sending(club=connected.club, user=connected.owner).get("/Organisation")
    revocation.revoke(club=connected.club, actor=connected.owner)
    assert connected_at_xero(connected.xero) == 0


def test_revoking_while_xero_is_out_of_reach_changes_nothing(connected: ConnectedClub):
    connected.xero.transport.is_unreachable = True
    with pytest.raises(XeroUnavailable):
        revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert standing.standing_of(club=connected.club, user=connected.treasurer).is_live


def test_revoking_what_was_disconnected_in_xero_already_ends_it_here(connected: ConnectedClub):
    connected.xero.kit("POST", "disconnect", {"organisation": GOLF})
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert not Authorisation.objects.of(connected.club).filter(ended_at=None).exists()


def test_revoking_with_dead_tokens_ends_it_here(connected: ConnectedClub):
    connected.xero.kit("POST", "tokens/revoke", {"user": TESS})
    connected.xero.later(minutes=31)
    revocation.revoke(club=connected.club, actor=connected.treasurer)
    assert not Authorisation.objects.of(connected.club).filter(ended_at=None).exists()


def test_there_must_be_something_to_revoke(connected: ConnectedClub):
    with pytest.raises(NotAuthorised):
        revocation.revoke(club=connected.club, actor=connected.owner)
    with pytest.raises(access.NotAllowed):
        revocation.revoke(club=connected.club, actor=add_member(connected.club, Role.VIEWER))


def test_an_administrator_and_staff_disconnect_for_somebody_else(connected: ConnectedClub):
    other = connected.xero.authorise(connected.club, connected.owner, login=SAM)
    administrator = add_member(connected.club, Role.ADMINISTRATOR)
    staff = make_user("staff@vendor.example", "Staff", is_staff=True)
    with pytest.raises(access.NotAllowed):
        revocation.disconnect(club=connected.club, actor=connected.treasurer, authorisation_id=other.pk)
    revocation.disconnect(club=connected.club, actor=administrator, authorisation_id=other.pk)
    revocation.disconnect(club=connected.club, actor=staff, authorisation_id=connected.authorisation.pk)
    assert connected_at_xero(connected.xero) == 0
    with pytest.raises(NotAuthorised):
        revocation.disconnect(club=connected.club, actor=staff, authorisation_id=other.pk)


def test_a_disconnect_in_xero_is_noticed_at_the_next_call(connected: ConnectedClub):
    xero = connected.xero
    xero.authorise(connected.club, connected.owner, login=SAM)
    given = access_for_sending(club=connected.club, user=connected.treasurer)
    xero.kit("POST", "disconnect", {"organisation": GOLF, "user": TESS})
    with pytest.raises(AuthorisationLost) as lost:
        given.get("/Organisation")
    assert (lost.value.because, lost.value.http_status) == ("disconnected", 403)
    stands = standing.standing_of(club=connected.club, user=connected.treasurer)
    assert (stands.kind, stands.lost_because) == ("not_authorised", "disconnected")
    assert standing.standing_of(club=connected.club, user=connected.owner).is_live
    event = AuditEvent.objects.of(connected.club).get(action="xero.disconnected")
    assert (event.user, event.actor_name) == (None, "Clubledger")


def test_looking_at_an_authorisation_finds_a_silent_disconnect(connected: ConnectedClub):
    assert look_at(authorisation=connected.authorisation) is True
    connected.xero.kit("POST", "disconnect", {"organisation": GOLF})
    assert look_at(authorisation=connected.authorisation) is False
    assert standing.standing_of(club=connected.club, user=connected.treasurer).kind == "not_authorised"


def test_after_the_move_to_a_new_app_the_old_ones_disconnect_turns_the_message(connected: ConnectedClub):
    Connection.objects.of(connected.club).update(app=make_app("clubledger-v2"))
    assert standing.standing_of(club=connected.club, user=connected.treasurer).kind == "unauthorized"
    connected.xero.kit("POST", "disconnect", {"organisation": GOLF, "app": "clubledger-v3"})
    assert look_at(authorisation=connected.authorisation) is False
    assert standing.standing_of(club=connected.club, user=connected.treasurer).kind == "not_authorised"


def test_letting_the_organisation_go_is_the_owners_act(connected: ConnectedClub):
    with pytest.raises(access.NotAllowed):
        revocation.release_organisation(club=connected.club, actor=connected.treasurer, reason="x")
    revocation.release_organisation(club=connected.club, actor=connected.owner, reason="new legal entity")
    assert standing.standing_of(club=connected.club, user=connected.treasurer).lost_because == "replaced"
    row = connected.xero.authorise(connected.club, connected.owner, login=SAM, organisation=BOWLS)
    assert row.organisation_name == BOWLS
