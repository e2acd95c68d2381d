"""A club's turn where something keeps it from going on: it rests, says why, and is found again."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.test import override_settings

from clubledger.delivery.models import AppPause, Call, Turn
from clubledger.delivery.reconciliation import reconcile
from clubledger.delivery.sending import turns
from clubledger.foundation import clock, crash, stop
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero import manual_journals
from clubledger.xero.models import XeroApp
from tests.delivery.restore import DAY_TWO
from tests.delivery.test_clocks import OtherMachinesClock
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)

DAY_THREE = [["PAY-8", "payment", "2026-11-18", "SUBS", "CARD", "8.00", ""]]


def test_while_its_app_pauses_a_club_in_doubt_is_not_served_again_and_again(ready: ReadyClub) -> None:
    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=800)
    ready.send()
    ready.xero.later(seconds=60)
    until = clock.now() + timedelta(seconds=90)
    AppPause.objects.create(app=XeroApp.objects.get(), until=until)
    ready.serve()
    assert Turn.objects.of(ready.club).get().due_at >= until
    assert ready.journal().state == JournalState.UNCERTAIN


def test_after_what_nobody_foresaw_a_club_rests(ready: ReadyClub) -> None:
    ready.press_send()
    with patch.object(reconcile, "read_changes", side_effect=RuntimeError("unforeseen")), pytest.raises(RuntimeError):
        ready.serve()
    assert turns.due_club_ids() == []
    assert ready.journal().wait_reason == WaitReason.FAULT
    ready.xero.later(seconds=61)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_nothing_of_a_closed_club_is_sent_and_it_goes_on_when_it_is_opened_again(ready: ReadyClub) -> None:
    ready.press_send()
    type(ready.club).objects.update(is_active=False)
    ready.serve()
    turns.sweep()
    ready.serve()
    assert (ready.journal().state, ready.in_xero()) == (JournalState.QUEUED, [])
    type(ready.club).objects.update(is_active=True)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_a_club_that_is_closed_while_its_turn_runs_sends_nothing_more(ready: ReadyClub) -> None:
    ready.press_send()

    def close(point: str) -> None:
        if point == "delivery.before_claim":
            type(ready.club).objects.update(is_active=False)

    crash.use(close)
    try:
        ready.serve()
    finally:
        crash.use(None)
    assert (ready.journal().state, ready.in_xero()) == (JournalState.QUEUED, [])


def test_what_a_wrong_clock_put_off_for_a_day_goes_on_when_the_clock_is_right(ready: ReadyClub) -> None:
    ready.press_send()
    with clock.use(OtherMachinesClock(ready, 86_400)):
        ready.serve()
    assert ready.journal().wait_reason == WaitReason.CLOCK
    ready.xero.later(minutes=6)
    turns.sweep()
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_after_an_unclear_answer_nothing_more_is_put_at_risk_in_that_turn(
    ready: ReadyClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a Xero that is down makes every journal uncertain, a minute each, while other clubs wait."""
    monkeypatch.setattr(manual_journals, "MAX_JOURNALS", 1)
    ready.bring_in(DAY_TWO + DAY_THREE)
    ready.xero.simulator.fault("drop-before-commit", method="PUT", path="ManualJournals", times=1)
    ready.send()
    doubt, waits, sent = JournalState.UNCERTAIN, JournalState.QUEUED, JournalState.SENT
    assert [one.state for one in ready.journals()] == [doubt, waits, waits]
    assert turns.due_club_ids() == [ready.club.pk]
    ready.serve()
    assert [one.state for one in ready.journals()] == [doubt, sent, sent]


def test_a_worker_that_is_told_to_stop_repeats_no_further_call(
    ready: ReadyClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual_journals, "MAX_JOURNALS", 1)
    ready.bring_in(DAY_TWO)
    ready.xero.simulator.fault("drop-before-commit", method="PUT", path="ManualJournals", times=2)
    ready.send()
    ready.serve()
    assert [one.outcome for one in Call.objects.of(ready.club)] == ["unknown", "unknown"]
    real = manual_journals.create

    def told_to_stop(**asked):  # type: ignore[no-untyped-def]
        stop.ask()
        return real(**asked)

    ready.xero.later(seconds=60)
    try:
        with override_settings(XERO_REPLAY_SECONDS=360), patch.object(manual_journals, "create", told_to_stop):
            ready.serve()
    finally:
        stop.forget()
    assert Call.objects.of(ready.club).exclude(is_replay_of=None).count() == 1
