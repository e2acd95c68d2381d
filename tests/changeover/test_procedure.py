"""The whole procedure for one club, and everything that goes otherwise than planned."""

import pytest

from clubledger.changeover.errors import InFlight, NothingToReturnTo, NotStaff, WrongStep
from clubledger.changeover.models import State, Step, Traveller
from clubledger.changeover.move import check, old_app, progress, rounds, steps, switch
from clubledger.clubs import people
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent
from clubledger.delivery import preflight
from clubledger.delivery.models import Call, Delivery
from clubledger.delivery.sending import hold, queue
from clubledger.foundation import crash
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.connection import consent, standing
from clubledger.xero.errors import ConnectionMoved, NotAuthorised
from clubledger.xero.models import Authorisation
from tests.changeover.conftest import Moving, authorise, dying_at
from tests.fixtures_xero import BOWLS, GOLF, SAM, TESS

pytestmark = pytest.mark.django_db(transaction=True)


def disconnect_in_xero(moving: Moving, *logins: str) -> None:
    """What a Xero administrator does under Connected apps: the product is told nothing."""
    for login in logins or (TESS, SAM):
        moving.xero.kit("POST", "disconnect", {"user": login, "app": "clubledger-v2", "organisation": GOLF})


def test_the_whole_procedure_with_two_people(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    row = moving.switch()

    assert row.state == State.SWITCHED
    assert (moving.state(first), moving.waits_for(first)) == ("queued", "changeover")
    own = standing.standing_of(club=moving.club, user=moving.tess)
    assert (own.kind, own.headline) == ("unauthorized", "Connection moved")
    second = moving.invoice(2)
    with pytest.raises(ConnectionMoved):
        preflight.validate(club=moving.club, actor=moving.tess, journal_ids=[second.pk])
    with pytest.raises(ConnectionMoved):
        queue.send_to_gl(club=moving.club, actor=moving.tess, journal_ids=[second.pk])
    moving.xero.later(minutes=20)
    moving.serve()
    assert moving.in_xero() == []

    assert old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk) == 2
    assert moving.now().state == State.DISCONNECTED
    assert not [one for one in moving.xero.simulator.world.store.connections if one.client_id == "clubledger-v2"]
    own = standing.standing_of(club=moving.club, user=moving.tess)
    assert (own.kind, own.headline) == ("not_authorised", "Not connected")
    with pytest.raises(NotAuthorised):
        queue.send_to_gl(club=moving.club, actor=moving.tess, journal_ids=[second.pk])

    authorise(moving, moving.tess, TESS)
    now = moving.now()
    assert (now.state, now.people_done, now.people_total) == (State.REAUTHORISING, 1, 2)
    moving.serve()
    assert moving.state(first) == JournalState.SENT
    check.get_gl_codes(club=moving.club, actor=moving.tess)
    assert moving.now().state == State.VERIFIED
    authorise(moving, moving.sam, SAM)
    now = moving.now()
    assert (now.state, now.people_done, now.ended_at is None) == (State.DONE, 2, False)

    moving.queue(second)
    moving.serve()
    assert len(moving.in_xero()) == 2
    assert [call.app_id for call in Call.objects.of(moving.club).order_by("pk")] == [moving.new.pk, moving.new.pk]
    names = list(Step.objects.of(moving.club).order_by("pk").values_list("name", flat=True))
    assert names == ["planned", "announced", "switched", "disconnected", "reauthorising", "verified", "done"]
    told = AuditEvent.objects.of(moving.club).filter(action="changeover.switched").get()
    assert told.actor_name == "Stan Staff"


def test_the_administrator_disconnects_in_xero_and_the_page_learns_of_it(moving: Moving):
    row = moving.switch()
    disconnect_in_xero(moving)
    assert standing.standing_of(club=moving.club, user=moving.tess).kind == "unauthorized"
    assert old_app.go_round() == 1
    assert standing.standing_of(club=moving.club, user=moving.tess).kind == "not_authorised"
    assert moving.now().state == State.DISCONNECTED
    assert row.disconnected_at is None


def test_one_persons_connection_disconnected_leaves_the_others_to_be_disconnected(moving: Moving):
    row = moving.switch()
    disconnect_in_xero(moving, TESS)
    old_app.look_in_xero(club=moving.club, changeover_id=row.pk)
    assert moving.now().state == State.SWITCHED
    assert [one.user for one in old_app.old_authorisations(moving.now())] == [moving.sam]


def test_a_club_administrator_may_disconnect_and_a_sender_may_not(moving: Moving):
    row = moving.switch()
    with pytest.raises(NotAllowed):
        old_app.disconnect_old(club=moving.club, actor=moving.tess, changeover_id=row.pk)
    assert old_app.disconnect_old(club=moving.club, actor=moving.administrator, changeover_id=row.pk) == 2


def test_it_disconnects_by_itself_where_that_was_planned(moving: Moving):
    moving.switch(disconnects_itself=True)
    rounds.go()
    assert moving.now().state == State.DISCONNECTED
    assert AuditEvent.objects.of(moving.club).filter(action="xero.revoked", actor_name="Clubledger").count() == 2


def test_the_old_app_never_disconnected_does_not_keep_anybody_from_sending(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    moving.switch()
    authorise(moving, moving.tess, TESS)
    moving.serve()
    assert moving.state(first) == JournalState.SENT
    authorise(moving, moving.sam, SAM)
    check.get_gl_codes(club=moving.club, actor=moving.tess)
    now = moving.now()
    assert (now.state, now.disconnected_at) == (State.VERIFIED, None)
    old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=now.pk)
    assert moving.now().state == State.DONE


def test_the_old_app_disconnected_too_early_before_the_switch(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    row = moving.plan()
    disconnect_in_xero(moving)
    moving.serve()
    assert (moving.state(first), moving.waits_for(first)) == ("queued", "authorisation")
    switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    progress.look(club=moving.club)
    assert moving.now().state == State.DISCONNECTED
    authorise(moving, moving.tess, TESS)
    moving.serve()
    assert moving.state(first) == JournalState.SENT


def test_a_call_whose_answer_was_lost_is_looked_up_by_an_old_authorisation(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    moving.xero.simulator.fault("drop-after-commit", method="PUT", path="ManualJournals$")
    moving.serve()
    moving.switch()
    assert moving.state(first) in {"uncertain", "sent"}
    moving.xero.later(minutes=1)
    moving.serve()
    assert moving.state(first) == JournalState.SENT
    assert len(moving.in_xero()) == 1


def test_a_call_whose_answer_was_lost_is_looked_up_by_a_new_authorisation_when_the_old_are_gone(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    moving.xero.simulator.fault("drop-after-commit", method="PUT", path="ManualJournals$")
    with dying_at("delivery.after_answer"):
        moving.serve()
    row = moving.switch()
    with pytest.raises(InFlight):
        old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    disconnect_in_xero(moving)
    moving.xero.later(minutes=10)
    moving.serve()
    assert moving.state(first) == JournalState.UNCERTAIN
    authorise(moving, moving.sam, SAM)
    moving.serve()
    assert moving.state(first) == JournalState.SENT
    assert len(moving.in_xero()) == 1


def test_what_never_arrived_is_sent_once_under_the_new_app(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    with dying_at("delivery.after_claim"):
        moving.serve()
    moving.switch()
    authorise(moving, moving.tess, TESS)
    for _turn in range(12):
        moving.xero.later(minutes=4)
        moving.serve()
    assert moving.state(first) == JournalState.SENT
    assert len(moving.in_xero()) == 1
    calls = Call.objects.of(moving.club).order_by("pk")
    assert [call.app_id for call in calls] == [moving.old.pk, moving.new.pk]
    assert len({call.idempotency_key for call in calls}) == 2


def test_a_switch_in_the_middle_of_a_call_lets_it_finish_and_nothing_follows_it(moving: Moving):
    first, row = moving.invoice(1), moving.plan()
    second = moving.invoice(2, on=first.accounting_date.replace(day=19))
    moving.queue(first)

    def switch_now(point: str) -> None:
        if point == "delivery.after_claim":
            crash.use(None)
            switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)

    preflight.validate(club=moving.club, actor=moving.sam, journal_ids=[second.pk])
    queue.send_to_gl(club=moving.club, actor=moving.sam, journal_ids=[second.pk])
    crash.use(switch_now)
    try:
        moving.serve()
    finally:
        crash.use(None)
    states = sorted([moving.state(first), moving.state(second)])
    assert states == ["queued", "sent"]
    assert len(moving.in_xero()) == 1
    assert {call.app_id for call in Call.objects.of(moving.club)} == {moving.old.pk}


def test_a_roll_back_in_the_middle_lets_everything_go_on_under_the_old_app(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    row = moving.switch()
    authorise(moving, moving.sam, SAM)
    steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk, reason="The app lacks a scope.")
    assert moving.now().state == State.ROLLED_BACK
    moving.serve()
    assert moving.state(first) == JournalState.SENT
    assert standing.standing_of(club=moving.club, user=moving.sam).is_live
    again = moving.switch()
    assert again.pk != row.pk
    # Sam's authorisation of the new app still stands: he has nothing left to do.
    progress.look(club=moving.club)
    assert (moving.now().people_done, moving.now().people_total) == (1, 2)


def test_it_does_not_roll_back_to_an_app_that_nobody_is_connected_with(moving: Moving):
    row = moving.switch()
    old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    with pytest.raises(NothingToReturnTo):
        steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert moving.now().state == State.DISCONNECTED


def test_a_roll_back_while_disconnecting_keeps_what_is_left(moving: Moving):
    row = moving.switch()
    with dying_at("changeover.after_disconnect"):
        old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert len(old_app.old_authorisations(moving.now())) == 1
    steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    with pytest.raises(WrongStep):
        old_app.disconnect_old(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert len(old_app.old_authorisations(moving.now())) == 1


def test_another_organisation_is_refused_with_both_names(moving: Moving):
    moving.switch()
    outcome = moving.xero.consent(moving.club, moving.tess, login=TESS, organisations=BOWLS)
    assert outcome.kind == "wrong_organisation"
    assert (outcome.bound_name, outcome.offered_names) == (GOLF, (BOWLS,))
    assert not Authorisation.objects.of(moving.club).filter(app=moving.new).exists()
    assert not [one for one in moving.xero.simulator.world.store.connections if one.client_id == "clubledger-v3"]


def test_cancel_at_xero_changes_nothing(moving: Moving):
    moving.switch()
    assert moving.xero.consent(moving.club, moving.tess, cancel=True).kind == "cancelled"
    progress.look(club=moving.club)
    assert moving.now().state == State.SWITCHED


def test_a_consent_for_the_old_app_that_comes_back_after_the_switch_binds_nothing(moving: Moving):
    params = moving.xero.return_from_xero(moving.club, moving.owner, login=TESS)
    moving.switch()
    outcome = consent.finish_authorisation(actor=moving.owner, params=params)
    assert outcome.kind == "failed"
    assert not Authorisation.objects.of(moving.club).filter(user=moving.owner).exists()


def test_a_third_uncertified_app_is_refused_by_xero_itself(moving: Moving):
    third = moving.xero
    third.simulator.connect(TESS, "bar-till", GOLF)
    moving.new.client_id = "clubledger-starter"
    moving.new.client_secret = "clubledger-starter-secret"
    moving.new.save()
    moving.switch()
    with pytest.raises(ValueError, match="two uncertified apps"):
        moving.xero.return_from_xero(moving.club, moving.tess, login=TESS)
    assert standing.standing_of(club=moving.club, user=moving.tess).kind == "waiting"


def test_who_leaves_the_club_is_no_longer_waited_for(moving: Moving):
    moving.switch()
    people.remove(club=moving.club, actor=moving.owner, user=moving.sam)
    authorise(moving, moving.tess, TESS)
    assert (moving.now().people_done, moving.now().people_total) == (1, 1)
    assert Traveller.objects.of(moving.club).get(user=moving.sam).excused_at is not None


def test_pause_and_resume_keep_what_happened_meanwhile(moving: Moving):
    row = moving.switch()
    steps.pause(club=moving.club, actor=moving.staff, changeover_id=row.pk, reason="Their auditor is in.")
    authorise(moving, moving.tess, TESS)
    assert (moving.now().state, moving.now().people_done) == (State.PAUSED, 1)
    assert steps.resume(club=moving.club, actor=moving.staff, changeover_id=row.pk).state == State.REAUTHORISING


def test_only_staff_move_clubs(moving: Moving):
    row = moving.plan()
    for step in (switch.switch, steps.pause, steps.call_off, steps.announce, steps.roll_back, steps.remind):
        with pytest.raises(NotStaff):
            step(club=moving.club, actor=moving.owner, changeover_id=row.pk)


def test_a_second_press_is_told_so(moving: Moving):
    row = moving.switch()
    with pytest.raises(WrongStep):
        switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert Step.objects.of(moving.club).filter(name="switched").count() == 1


def test_empty_older_journals_are_recorded_in_one_go_with_no_effect_in_xero(moving: Moving):
    first = moving.invoice(1)
    moving.bring_in("INV-1,invoice,2026-11-19,SUBS,FULL7,110.00")
    empty = Journal.objects.of(moving.club).get(pk=first.pk)
    assert empty.is_empty
    shown = check.empty_journals(club=moving.club)
    assert [(one.journal.pk, one.proof.debit_minor) for one in shown] == [(first.pk, 0)]
    assert check.record_empty(club=moving.club, actor=moving.tess) == 1
    assert moving.state(first) == JournalState.RECORDED
    assert moving.in_xero() == []
    assert check.record_empty(club=moving.club, actor=moving.tess) == 0


def test_what_waits_for_the_changeover_is_due_at_once_after_authorising(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    moving.switch()
    assert Delivery.objects.of(moving.club).get().due_at > moving.xero.simulator.clock.now()
    assert hold.LOOK_AGAIN_SECONDS["changeover"] == 900
    authorise(moving, moving.tess, TESS)
    assert moving.serve()
    assert moving.state(first) == JournalState.SENT


def test_a_day_limit_of_the_old_app_does_not_keep_the_new_one_waiting(moving: Moving):
    first = moving.invoice(1)
    moving.queue(first)
    moving.xero.simulator.fault("429-day", method="PUT", path="ManualJournals$", times=1)
    moving.serve()
    assert moving.waits_for(first) == "limit"
    moving.switch()
    authorise(moving, moving.tess, TESS)
    moving.serve()
    assert moving.state(first) == JournalState.SENT
