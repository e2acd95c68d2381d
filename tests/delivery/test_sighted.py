"""A journal in Xero that bears our reference and that nothing here accounts for: voided by a person, never repeated."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.decisions import accept, void
from clubledger.delivery.errors import CannotDecide, VoidFailed
from clubledger.delivery.models import Delivery, Sighting
from clubledger.delivery.reconciliation import reconcile, sightings
from clubledger.delivery.reference import reference_in
from clubledger.delivery.sending import send
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero.access import access_for_reading
from tests.delivery.hostile import make_in_xero
from tests.delivery.restore import DAY_TWO, balances, each_once, later, put_back
from tests.delivery.restore import backup as backup
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import GOLF, TESS

pytestmark = pytest.mark.django_db(transaction=True)

DAY_THREE = [["PAY-8", "payment", "2026-11-18", "SUBS", "CARD", "8.00", ""]]


@pytest.fixture
def seen(ready: ReadyClub, backup: Path) -> Sighting:
    """After a restore, the journal of 17 November stands in Xero, and its transactions have moved to another day."""
    ready.bring_in(DAY_TWO)
    ready.send()
    put_back(ready, backup, knowingly=False)
    later(ready)
    ready.bring_in(DAY_THREE)
    ready.send()
    found: Sighting = Sighting.objects.of(ready.club).get(kind="unknown", settled_at=None)
    return found


def test_it_is_voided_and_the_books_are_ours_again(ready: ReadyClub, seen: Sighting) -> None:
    with pytest.raises(NotAllowed):
        void.void_sighted(club=ready.club, actor=ready.treasurer, sighting_id=seen.pk, reason="Moved.")
    with pytest.raises(CannotDecide, match="reason"):
        void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason=" ")
    void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="It was moved.")
    seen.refresh_from_db()
    assert (seen.settled_by, seen.settled_how) == (ready.owner, "It was voided in Xero.")
    assert seen.reference not in {reference_in(one.narration, ready.club.mark) for one in ready.in_xero()}
    [event] = AuditEvent.objects.of(ready.club).filter(action="xero.sighted_journal_voided")
    assert "It was moved." in event.summary
    with pytest.raises(CannotDecide):
        void.void_sighted(club=ready.club, actor=ready.owner, sighting_id=seen.pk, reason="Twice.")


@pytest.mark.parametrize("is_back_before", [True, False])
def test_its_reference_is_not_used_again(ready: ReadyClub, seen: Sighting, is_back_before: bool) -> None:
    if is_back_before:
        ready.bring_in(DAY_TWO)
    void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="Ours is right.")
    ready.bring_in(DAY_TWO)
    ready.send()
    assert [(one.sequence, one.state) for one in ready.journals() if one.accounting_date.day == 17] == [
        (1, JournalState.VOIDED),
        (2, JournalState.SENT),
    ]
    assert seen.reference != ready.delivery().reference
    each_once(ready)
    assert balances(ready)["611"] == -800


def test_put_to_rest_by_a_word_it_is_still_not_sent_again(ready: ReadyClub, seen: Sighting) -> None:
    sightings.settle(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="I know of it.")
    later(ready)
    later(ready)
    ready.bring_in(DAY_TWO)
    ready.send()
    assert ready.delivery().xero_journal_id == seen.xero_journal_id
    each_once(ready)


def test_put_to_rest_by_a_word_the_alarm_stays_so_while_the_journal_stays_the_same(
    ready: ReadyClub, backup: Path
) -> None:
    ready.bring_in(DAY_TWO)
    ready.send()
    put_back(ready, backup, knowingly=False)
    # It is the newest change in Xero, so each reading lists it again.
    reconcile.read_changes(ready.club, access_for_reading(club=ready.club))
    [one] = Sighting.objects.of(ready.club).filter(kind="unknown")
    sightings.settle(club=ready.club, actor=_owner(ready), sighting_id=one.pk, reason="I know of it.")
    reconcile.read_changes(ready.club, access_for_reading(club=ready.club))
    assert not Sighting.objects.of(ready.club).filter(settled_at=None).exists()
    Sighting.objects.of(ready.club).update(found=one.found | {"narration": "Something else"})
    reconcile.read_changes(ready.club, access_for_reading(club=ready.club))
    assert Sighting.objects.of(ready.club).filter(settled_at=None).count() == 1


def test_not_while_ours_is_on_its_way_and_not_a_changed_one(ready: ReadyClub, seen: Sighting) -> None:
    ready.bring_in(DAY_TWO)
    ready.press_send()
    with pytest.raises(CannotDecide, match="on its way"):
        void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="Ours is right.")
    ready.serve()
    Sighting.objects.of(ready.club).update(kind="changed", settled_at=None)
    with pytest.raises(CannotDecide):
        void.void_sighted(club=ready.club, actor=ready.owner, sighting_id=seen.pk, reason="Ours is right.")


def test_an_unclear_answer_leaves_the_alarm_and_can_be_pressed_again(ready: ReadyClub, seen: Sighting) -> None:
    ready.xero.simulator.fault("500-before-commit", method="POST", path="ManualJournals", times=1)
    with pytest.raises(VoidFailed):
        void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="Moved.")
    ready.xero.simulator.fault("drop-after-commit", method="POST", path="ManualJournals", times=1)
    void.void_sighted(club=ready.club, actor=ready.owner, sighting_id=seen.pk, reason="Moved.")
    assert not Sighting.objects.of(ready.club).filter(settled_at=None).exists()


def test_a_voided_namesake_settles_nothing_while_ours_may_still_come(ready: ReadyClub) -> None:
    """Else a person would send a further journal for what Xero commits a minute later."""
    ready.press_send()
    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=300)
    ready.serve()
    assert ready.journal().state == JournalState.UNCERTAIN
    _void_a_namesake(ready)
    ready.xero.later(seconds=60)
    ready.serve()
    assert ready.journal().state == JournalState.UNCERTAIN
    while ready.journal().state == JournalState.UNCERTAIN:
        due_at = ready.delivery().due_at
        assert due_at > clock.now()
        ready.xero.later(seconds=(due_at - clock.now()).total_seconds() + 1)
        ready.serve()
    assert ready.journal().state == JournalState.SENT
    each_once(ready)


def test_a_journal_that_is_voided_in_xero_cannot_be_accepted_as_it_is(ready: ReadyClub) -> None:
    """Else it would count as sent and stand in nobody's books."""
    real = send.record

    def voided_before_it_is_read_back(*asked: Any) -> None:
        real(*asked)
        _void_what_there_is(ready)

    with patch.object(send, "record", voided_before_it_is_read_back):
        ready.send()
    assert ready.journal().state == JournalState.DIFFERS
    with pytest.raises(CannotDecide, match="not in Xero's books"):
        accept.accept_difference(club=ready.club, actor=ready.owner, journal_id=ready.journal().pk, reason="Fine.")
    void.void_and_reopen(club=ready.club, actor=_owner(ready), journal_id=ready.journal().pk, reason="Anew.")
    ready.send()
    assert [one.state for one in ready.journals()] == [JournalState.VOIDED, JournalState.SENT]


def test_a_days_journal_waits_while_xero_has_another_of_that_day_that_nobody_accounts_for(
    ready: ReadyClub, backup: Path
) -> None:
    """After the backup the day was sent, voided and sent as the next: else all of it would stand in Xero twice."""
    ready.bring_in(DAY_TWO)
    ready.send()
    void.void_and_reopen(club=ready.club, actor=_owner(ready), journal_id=ready.journals()[1].pk, reason="Wrong.")
    ready.send()
    later(ready)
    put_back(ready, backup, knowingly=False)
    ready.bring_in(DAY_THREE)
    ready.send()
    later(ready)
    ready.bring_in([["PAY-9", "payment", "2026-11-19", "SUBS", "CARD", "9.00", ""]])
    ready.send()
    before = balances(ready)
    ready.bring_in(DAY_TWO)
    ready.send()
    held = ready.journals()[1]
    assert balances(ready) == before
    assert (held.sequence, held.state, held.wait_reason) == (1, JournalState.QUEUED, "unknown")
    seen = Sighting.objects.of(ready.club).get(kind="unknown", settled_at=None)
    void.void_sighted(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="Ours goes.")
    ready.serve()
    assert ready.journals()[1].state == JournalState.SENT
    assert balances(ready) == before
    each_once(ready)


def test_it_goes_on_when_a_person_has_put_that_to_rest(ready: ReadyClub) -> None:
    ready.send()
    copied = json.loads(bytes(ready.delivery().payload))
    make_in_xero(ready, copied | {"Narration": f"By hand, ref {ready.club.mark}-20261117-9", "Date": "2026-11-17"})
    ready.bring_in(DAY_TWO)
    ready.send()
    assert ready.journals()[1].wait_reason == WaitReason.UNKNOWN
    seen = Sighting.objects.of(ready.club).get(kind="unknown", settled_at=None)
    sightings.settle(club=ready.club, actor=_owner(ready), sighting_id=seen.pk, reason="It is the auditor's own.")
    ready.serve()
    assert {one.state for one in ready.journals()} == {JournalState.SENT}


@pytest.mark.parametrize("typed", ["-20261399-1", "-20260231-2", "-99999999-1"])
def test_a_reference_that_somebody_made_up_in_xero_is_none(typed: str) -> None:
    assert reference_in(f"Member transactions ref 8C5DFE{typed}", "8C5DFE") == ""
    assert reference_in(f"ref 8C5DFE{typed}, later 8C5DFE-20261116-1", "8C5DFE") == "8C5DFE-20261116-1"


def _owner(ready: ReadyClub):  # type: ignore[no-untyped-def]
    """Return the owner, who has authorised Xero."""
    ready.xero.authorise(ready.club, ready.owner)
    return ready.owner


def _void_a_namesake(ready: ReadyClub) -> None:
    """Somebody copied the journal in Xero, by another app, and voided the copy."""
    copy = json.loads(bytes(Delivery.objects.of(ready.club).get().payload))
    ready.xero.call("/api.xro/2.0/ManualJournals", {"ManualJournals": [copy]}, _another_apps_token(ready))
    _void_what_there_is(ready)


def _void_what_there_is(ready: ReadyClub) -> None:
    [made] = ready.in_xero()
    ready.xero.call(
        f"/api.xro/2.0/ManualJournals/{made.journal_id}",
        {"ManualJournals": [{"ManualJournalID": made.journal_id, "Narration": made.narration, "Status": "VOIDED"}]},
        _another_apps_token(ready),
    )


def _another_apps_token(ready: ReadyClub) -> dict[str, str]:
    given = ready.xero.kit("POST", "connect", {"user": TESS, "app": "clubledger-bulk", "organisations": GOLF})
    return {"Authorization": f"Bearer {given['access_token']}", "Xero-Tenant-Id": ready.xero.tenant_id()}
