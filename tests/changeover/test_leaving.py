"""Leaving the old app when something is in the way: disconnected too early, refused, silent, deleted at Xero."""

import pytest

from clubledger.changeover.errors import InFlight, NotAllDisconnected, NothingToReturnTo, NotStaff
from clubledger.changeover.models import State, Traveller
from clubledger.changeover.move import check, old_app, rounds, steps, switch
from clubledger.clubs.models import AuditEvent, Role
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero import errors
from clubledger.xero.access import look_at
from clubledger.xero.connection import consent, registration, revocation
from clubledger.xero.models import Authorisation, Connection, TokenSet
from tests.changeover.conftest import Moving, authorise
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import ADA, GOLF, SAM, TESS

pytestmark = pytest.mark.django_db


def connected_in_xero(moving: Moving, client_id: str = "clubledger-v2") -> int:
    rows = moving.xero.kit("GET", "state")["connections"]
    return sum(row["client_id"] == client_id for row in rows)


def breaking(moving: Moving, fault: str, **which: object) -> None:
    moving.xero.kit("POST", "rules", {"fault": fault} | which)


def test_who_was_disconnected_before_the_switch_comes_along_all_the_same(moving: Moving):
    row = moving.plan()
    for login in (TESS, SAM):
        moving.xero.kit("POST", "disconnect", {"user": login, "app": "clubledger-v2", "organisation": GOLF})
    for authorisation in Authorisation.objects.of(moving.club):
        look_at(authorisation=authorisation)
    switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert moving.now().people_total == 2
    assert {one.user for one in Traveller.objects.of(moving.club)} == {moving.tess, moving.sam}
    authorise(moving, moving.tess, TESS)
    check.get_gl_codes(club=moving.club, actor=moving.tess)
    assert (moving.now().state, moving.now().people_done) == (State.VERIFIED, 1)
    authorise(moving, moving.sam, SAM)
    assert moving.now().state == State.DONE


def test_who_had_gone_before_anything_was_planned_is_not_waited_for(moving: Moving):
    revocation.revoke(club=moving.club, actor=moving.sam)
    moving.xero.later(minutes=1)
    moving.switch()
    assert [one.user for one in Traveller.objects.of(moving.club)] == [moving.tess]


def test_a_consent_for_the_old_app_that_comes_back_after_the_switch_is_disconnected_again(moving: Moving):
    params = moving.xero.return_from_xero(moving.club, moving.owner, login=ADA)
    assert connected_in_xero(moving) == 3
    moving.switch()
    assert consent.finish_authorisation(actor=moving.owner, params=params).kind == "failed"
    assert connected_in_xero(moving) == 2


def test_an_organisation_of_another_club_is_disconnected_again(moving: Moving):
    other = make_club("wattle-creek", "Wattle Creek")
    owner = add_member(other, Role.OWNER)
    Connection.objects.of(other).create(club=other, app=moving.old)
    assert moving.xero.consent(other, owner, login=ADA).kind == "wrong_organisation"
    assert connected_in_xero(moving) == 2


@pytest.mark.parametrize("fault", ["500-before-commit", "429-minute", "503-unavailable"])
def test_one_connection_that_xero_refuses_to_remove_does_not_keep_the_others(moving: Moving, fault: str):
    row = moving.switch()
    breaking(moving, fault, method="DELETE", path="/connections", times=1)
    with pytest.raises(NotAllDisconnected) as refused:
        old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert (refused.value.ended, refused.value.left) == (1, 1)
    assert str(refused.value).startswith("1 connection of the old app still stands. 1 connection was removed.")
    assert connected_in_xero(moving) == 1
    assert moving.now().state == State.SWITCHED
    assert old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk) == 1
    assert moving.now().state == State.DISCONNECTED


def test_what_keeps_it_from_disconnecting_by_itself_is_told_when_it_lasts(moving: Moving):
    moving.switch(disconnects_itself=True)
    breaking(moving, "500-before-commit", method="DELETE", path="/connections", times=0)
    old_app.go_round()
    assert moving.now().trouble == ""
    moving.xero.later(hours=2)
    old_app.go_round()
    assert moving.now().trouble.startswith("The old app can't be disconnected:")
    moving.xero.kit("DELETE", "rules")
    moving.xero.later(hours=2)
    old_app.go_round()
    assert (moving.now().state, moving.now().trouble) == (State.DISCONNECTED, "")


def test_a_round_ends_at_once_when_xero_is_silent(moving: Moving, monkeypatch):
    asked = []

    def silent(*, club: object, **_more: object) -> None:
        asked.append(club)
        raise errors.XeroUnavailable("nothing came")

    second = make_club("wattle-creek", "Wattle Creek")
    row = moving.switch()
    twin = type(row).objects.of(second).create(
        club=second, from_app=moving.old, to_app=moving.new, state=State.SWITCHED, switched_at=row.switched_at,
        moved_at=row.moved_at, planned_at=row.planned_at, planned_by=moving.staff,
    )  # fmt: skip
    Authorisation.objects.of(second).create(
        club=second, user=moving.sam, app=moving.old, tenant_id="other", authorised_at=twin.planned_at,
        token_set=TokenSet.objects.first(),
    )  # fmt: skip
    monkeypatch.setattr(old_app, "look_in_xero", silent)
    assert old_app.go_round() == 1
    assert len(asked) == 1
    monkeypatch.setattr(old_app, "MOST_SECONDS", -1.0)
    assert old_app.go_round() == 0


def test_an_old_app_deleted_at_xero_is_told_and_a_person_notes_that_it_is_gone(moving: Moving):
    row = moving.switch(disconnects_itself=True)
    moving.old.client_secret = "deleted"
    moving.old.save()
    moving.xero.later(minutes=40)
    old_app.go_round()
    assert "invalid_client" in moving.now().trouble
    assert moving.now().state == State.SWITCHED
    with pytest.raises(NotStaff):
        old_app.note_gone(club=moving.club, actor=moving.owner, changeover_id=row.pk)
    assert old_app.note_gone(club=moving.club, actor=moving.staff, changeover_id=row.pk, reason="We deleted V2.") == 2
    assert (moving.now().state, moving.now().trouble) == (State.DISCONNECTED, "")
    assert AuditEvent.objects.of(moving.club).filter(action="xero.noted_gone", actor_name="Stan Staff").count() == 2
    assert not TokenSet.objects.filter(app=moving.old, died_at=None).exists()
    rounds.go()
    assert moving.now().state == State.DISCONNECTED


def test_nothing_is_noted_gone_while_a_journal_is_on_its_way(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    Journal.objects.of(moving.club).filter(pk=first.pk).update(state=JournalState.UNCERTAIN)
    row = moving.switch()
    with pytest.raises(InFlight):
        old_app.note_gone(club=moving.club, actor=moving.staff, changeover_id=row.pk)


def test_it_does_not_roll_back_to_a_retired_app(moving: Moving):
    row = moving.switch()
    registration.change_app(actor=moving.staff, app=moving.old, status="retired")
    with pytest.raises(NothingToReturnTo, match="retired"):
        steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    registration.change_app(actor=moving.staff, app=moving.old, status="active")
    steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert moving.now().state == State.ROLLED_BACK


def test_an_empty_journal_whose_transactions_say_otherwise_is_not_offered(moving: Moving):
    first = moving.invoice(1)
    first.totals.all().delete()
    Journal.objects.of(moving.club).filter(pk=first.pk).update(debit_minor=0)
    assert check.empty_journals(club=moving.club) == []
    assert check.record_empty(club=moving.club, actor=moving.tess) == 0


def test_an_empty_journal_with_a_total_that_nothing_accounts_for_is_not_offered(moving: Moving):
    first = moving.invoice(1)
    total = first.totals.first()
    moving.bring_in("INV-1,invoice,2026-11-19,SUBS,FULL7,110.00")
    assert [one.journal.pk for one in check.empty_journals(club=moving.club)] == [first.pk]
    total.pk = None
    total.save()
    assert check.empty_journals(club=moving.club) == []
