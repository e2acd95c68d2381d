"""What keeps a journal back, in the right words and until the right time; and what makes it go on by itself."""

from datetime import timedelta

import pytest

from clubledger.clubs import people
from clubledger.clubs.models import AuditEvent, Membership, Role
from clubledger.delivery.errors import CannotTakeOver, CannotWithdraw, NothingToSend
from clubledger.delivery.models import Delivery, Sighting, Turn
from clubledger.delivery.sending import queue, turns
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero.connection import revocation
from clubledger.xero.errors import ConnectionMoved, NotAuthorised
from clubledger.xero.models import Authorisation, Connection
from tests.fixtures_clubs import add_member
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import GOLF, SAM, make_app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("problem", ["minute", "day", "appminute", "concurrent"])
def test_a_limited_organisation_waits_with_its_time_and_goes_on_by_itself(ready: ReadyClub, problem: str) -> None:
    ready.xero.simulator.fault(f"429-{problem}", method="PUT", path="ManualJournals")
    ready.send()
    journal = ready.journal()
    assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, "limit")
    assert journal.wait_until is not None
    assert journal.wait_until > clock.now()
    ready.serve()
    assert ready.journal().state == JournalState.QUEUED
    ready.xero.later(seconds=(journal.wait_until - clock.now()).total_seconds() + 1)
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


def test_one_clubs_limit_does_not_hold_another(ready: ReadyClub) -> None:
    until = clock.now() + timedelta(hours=1)
    Turn.objects.of(ready.club).create(club=ready.club)
    turns.limit(ready.club, until=until, problem="day")
    assert turns.limited_until(ready.club, 1) == (until, "day")
    other = type(ready.club).objects.create(name="Other", slug="other")
    assert turns.limited_until(other, 1) == (None, "")


def test_a_disconnect_in_xero_holds_the_journal_until_somebody_authorises_again(ready: ReadyClub) -> None:
    ready.press_send()
    ready.xero.kit("POST", "disconnect", {"organisation": GOLF})
    ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, "authorisation")
    ready.xero.authorise(ready.club, ready.treasurer)
    ready.xero.later(minutes=16)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_a_sender_who_lost_the_right_is_held_and_another_takes_over(ready: ReadyClub) -> None:
    sam = add_member(ready.club, Role.ACCOUNTS, "sam@club.example")
    ready.xero.authorise(ready.club, sam, login=SAM)
    ready.press_send()
    people.set_role(club=ready.club, actor=ready.owner, user=ready.treasurer, role=Role.VIEWER)
    ready.serve()
    assert (ready.journal().state, ready.journal().wait_reason) == (JournalState.QUEUED, "permission")
    queue.take_over(club=ready.club, actor=sam, journal_ids=[ready.journal().pk])
    ready.serve()
    assert (ready.journal().state, ready.journal().sent_by) == (JournalState.SENT, sam)
    with pytest.raises(CannotTakeOver):
        queue.take_over(club=ready.club, actor=sam, journal_ids=[ready.journal().pk])


def locked_until(ready: ReadyClub, day: str | None) -> None:
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/lock-dates", {"year_end": day})


@pytest.mark.parametrize("loss", ["revoked", "viewer", "removed", "disconnected", "moved"])
def test_what_waits_for_a_lock_is_taken_over_at_once_if_its_sender_can_send_no_more(
    ready: ReadyClub, loss: str
) -> None:
    sam = add_member(ready.club, Role.ACCOUNTS, "sam@club.example")
    ready.press_send()
    locked_until(ready, "2026-11-16")
    ready.serve()
    before = ready.delivery()
    journal_ids = [ready.journal().pk]
    if loss == "revoked":
        revocation.revoke(club=ready.club, actor=ready.treasurer)
    elif loss == "viewer":
        people.set_role(club=ready.club, actor=ready.owner, user=ready.treasurer, role=Role.VIEWER)
    elif loss == "removed":
        people.remove(club=ready.club, actor=ready.owner, user=ready.treasurer)
    elif loss == "disconnected":
        Authorisation.objects.of(ready.club).update(ended_at=clock.now(), ended_because="disconnected")
    else:
        Connection.objects.of(ready.club).update(app=make_app("clubledger-v2"))
    ready.xero.authorise(ready.club, sam, login=SAM)
    assert ready.journal().wait_reason == WaitReason.LOCK
    assert queue.take_over(club=ready.club, actor=sam, journal_ids=journal_ids) == 1
    ready.serve()
    # What kept it back besides its sender keeps it back still.
    assert (ready.journal().state, ready.journal().wait_reason) == (JournalState.QUEUED, "lock")
    locked_until(ready, None)
    ready.xero.later(hours=2)
    ready.serve()
    assert (ready.journal().state, ready.journal().sent_by) == (JournalState.SENT, sam)
    after = ready.delivery()
    assert (after.pk, after.payload_hash, after.reference) == (before.pk, before.payload_hash, before.reference)
    assert len(ready.in_xero()) == 1


def test_what_its_sender_can_still_send_is_not_taken_over(ready: ReadyClub) -> None:
    sam = add_member(ready.club, Role.ACCOUNTS, "sam@club.example")
    ready.xero.authorise(ready.club, sam, login=SAM)
    ready.press_send()
    locked_until(ready, "2026-11-16")
    ready.serve()
    with pytest.raises(CannotTakeOver, match=f"{ready.treasurer} can still send this journal"):
        queue.take_over(club=ready.club, actor=sam, journal_ids=[ready.journal().pk])
    assert (ready.delivery().sender, ready.journal().wait_reason) == (ready.treasurer, "lock")


def test_a_lock_set_after_validation_lets_it_wait_and_unlocking_lets_it_go(ready: ReadyClub) -> None:
    ready.press_send()
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/lock-dates", {"year_end": "2026-11-16"})
    ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, "lock")
    assert "lock date" in journal.xero_words
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/lock-dates", {"year_end": None})
    ready.xero.later(hours=2)
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


def test_on_a_locked_day_it_can_be_dated_on_the_first_open_one_with_both_dates_kept(ready: ReadyClub) -> None:
    from clubledger.delivery import preflight

    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/lock-dates", {"year_end": "2026-11-17"})
    assert ready.validate().valid_ids == []
    preflight.date_on_first_open_day(
        club=ready.club, actor=ready.treasurer, journal_ids=[ready.journal().pk], reason="The auditor agreed."
    )
    ready.send()
    journal = ready.journal()
    assert (journal.state, f"{journal.accounting_date}", f"{journal.sent_on}") == ("sent", "2026-11-16", "2026-11-18")
    [found] = ready.in_xero()
    assert f"{found.dated_on}" == "2026-11-18"
    assert "for 16/11/2026" in found.narration


def test_without_authorisation_send_says_so_and_nothing_is_queued(ready: ReadyClub) -> None:
    valid = ready.validate().valid_ids
    revocation.revoke(club=ready.club, actor=ready.treasurer)
    with pytest.raises(NotAuthorised, match="You have not authorised Xero for this club"):
        queue.send_to_gl(club=ready.club, actor=ready.treasurer, journal_ids=valid)
    assert ready.journal().state == JournalState.VALID


def test_after_the_switch_to_another_app_send_says_unauthorized_and_what_waits_is_not_lost(ready: ReadyClub) -> None:
    ready.press_send()
    Connection.objects.of(ready.club).update(app=make_app("clubledger-v2"))
    ready.serve()
    assert ready.journal().state == JournalState.QUEUED
    with pytest.raises(ConnectionMoved, match="has been updated"):
        queue.require_live_authorisation(ready.club, ready.treasurer)
    assert not ready.xero.simulator.requests("PUT", "ManualJournals")
    ready.xero.authorise(ready.club, ready.treasurer)
    ready.xero.later(minutes=16)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_the_audit_trail_counts_one_journal_as_one(ready: ReadyClub) -> None:
    sam = add_member(ready.club, Role.ACCOUNTS, "sam@club.example")
    ready.xero.authorise(ready.club, sam, login=SAM)
    ready.press_send()
    revocation.revoke(club=ready.club, actor=ready.treasurer)
    ids = [ready.journal().pk]
    queue.take_over(club=ready.club, actor=sam, journal_ids=ids)
    queue.withdraw(club=ready.club, actor=sam, journal_ids=ids)
    noted = AuditEvent.objects.of(ready.club).filter(action__startswith="journals.").order_by("position")
    assert [(one.subject, one.summary) for one in noted] == [
        ("1 journal", "1 of 1 journal is valid."),
        ("1 journal", "1 journal was queued for Xero."),
        ("1 journal", f"{sam} took over 1 waiting journal."),
        ("1 journal", "1 journal was taken out of the queue."),
    ]


def test_what_waits_can_be_withdrawn_and_what_is_sent_cannot(ready: ReadyClub) -> None:
    ready.press_send()
    assert queue.withdraw(club=ready.club, actor=ready.treasurer, journal_ids=[ready.journal().pk]) == 1
    assert ready.journal().state == JournalState.OPEN
    assert ready.delivery().closed_because == "withdrawn"
    ready.send()
    with pytest.raises(CannotWithdraw):
        queue.withdraw(club=ready.club, actor=ready.treasurer, journal_ids=[ready.journal().pk])


def test_the_second_of_two_who_press_send_is_told_that_it_was_sent(ready: ReadyClub) -> None:
    ready.press_send()
    ids = [ready.journal().pk]
    with pytest.raises(NothingToSend, match="they were sent before"):
        queue.send_to_gl(club=ready.club, actor=ready.treasurer, journal_ids=ids)
    ready.serve()
    with pytest.raises(NothingToSend, match="they were sent before"):
        queue.send_to_gl(club=ready.club, actor=ready.treasurer, journal_ids=ids)
    assert Delivery.objects.of(ready.club).count() == 1


def test_who_presses_send_on_no_journal_of_the_club_is_not_told_so(ready: ReadyClub) -> None:
    with pytest.raises(NothingToSend, match="valid and unchanged"):
        queue.send_to_gl(club=ready.club, actor=ready.treasurer, journal_ids=[999_999])


def test_a_journal_that_changed_since_it_was_validated_is_not_queued(ready: ReadyClub) -> None:
    valid = ready.validate().valid_ids
    ready.bring_in([["INV-9", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "1.00"]])
    with pytest.raises(NothingToSend):
        queue.send_to_gl(club=ready.club, actor=ready.treasurer, journal_ids=valid)
    assert Delivery.objects.of(ready.club).count() == 0


def test_a_person_of_another_club_can_do_nothing(ready: ReadyClub) -> None:
    from clubledger.clubs.access import NotAllowed

    stranger = Membership.objects.create(
        club=type(ready.club).objects.create(name="Other", slug="other"),
        user=add_member(ready.club, Role.VIEWER, "stranger@other.example"),
        role=Role.OWNER,
    ).user
    for act in (queue.send_to_gl, queue.withdraw, queue.take_over):
        with pytest.raises(NotAllowed):
            act(club=ready.club, actor=stranger, journal_ids=[ready.journal().pk])


def test_what_somebody_does_in_xero_is_noticed_within_a_day_and_raises_an_alarm(ready: ReadyClub) -> None:
    ready.send()
    given = ready.xero.simulator.connect("tess@banksiapark.example", "clubledger-bulk", GOLF)
    [made] = ready.in_xero()
    ready.xero.call(
        f"/api.xro/2.0/ManualJournals/{made.journal_id}",
        {"ManualJournals": [{"ManualJournalID": made.journal_id, "Narration": made.narration, "Status": "VOIDED"}]},
        {"Authorization": f"Bearer {given['access_token']}", "Xero-Tenant-Id": ready.xero.tenant_id()},
    )
    turns.sweep()
    ready.serve()
    assert not Sighting.objects.of(ready.club).exists()
    ready.xero.later(hours=24, minutes=5)
    turns.sweep()
    ready.serve()
    [alarm] = Sighting.objects.of(ready.club)
    assert (alarm.kind, alarm.journal) == ("changed", ready.journal())
    turns.sweep()
    ready.serve()
    assert Sighting.objects.of(ready.club).count() == 1
