"""Nights that end late or by another worker's hand: what fails of them is told once, whoever finds it out."""

import json

import httpx2
import pytest
from django.core import mail

from clubledger.delivery.models import Call
from clubledger.delivery.nightly import schedule
from clubledger.delivery.sending import queue
from clubledger.ledger.models import JournalState
from clubledger.xero import manual_journals
from tests.delivery.hostile import answers, doubled, dying_at, edit_in_xero, instead
from tests.delivery.restore import DAY_TWO
from tests.delivery.test_nightly import night_falls, switch_on
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)

REFUSAL = '{"ErrorNumber":10,"Type":"ValidationException","Message":"Not on a Monday."}'


@pytest.fixture(autouse=True)
def _awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "sleep", lambda _seconds: None)


def warned(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
    """Let Xero take a journal with a warning."""
    if request.method != "PUT":
        return None
    body = json.loads(answer.content)
    body["ManualJournals"][0] |= {"StatusAttributeString": "WARNING", "Warnings": [{"Message": "Something is odd."}]}
    return instead(answer, body)


def told(ready: ReadyClub) -> list[str]:
    """What the owner was written."""
    return [letter.body for letter in mail.outbox if letter.to == [ready.owner.email]]


def test_a_night_that_outlives_its_claim_is_told_of_once(ready: ReadyClub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "CLAIM_SECONDS", 30)
    switch_on(ready)
    night_falls(ready)

    def slowly(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.method == "PUT":
            ready.xero.later(seconds=45)
            schedule.run(ready.club.pk)
        return warned(request, answer)

    with answers(ready, slowly):
        schedule.run(ready.club.pk)
    assert ready.journal().state == JournalState.DIFFERS
    for _ in range(3):
        ready.xero.later(minutes=11)
        schedule.run(ready.club.pk)
    [letter] = told(ready)
    assert "Something is odd." in letter
    assert schedule.last_night(schedule.current(club=ready.club)).left_count == 1


def test_what_failed_before_a_worker_died_is_told_by_the_one_that_ends_its_night(ready: ReadyClub) -> None:
    ready.bring_in(DAY_TWO)
    switch_on(ready)
    night_falls(ready)
    with answers(ready, warned), dying_at("delivery.before_night_finished"):
        schedule.run(ready.club.pk)
    ready.xero.later(minutes=16)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.left_count) == (1, 1)
    assert "Something is odd." in told(ready)[0]


def test_a_night_ends_when_it_is_known_what_became_of_each_journal(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=300)
    assert schedule.run(ready.club.pk) is None
    assert ready.journal().state == JournalState.UNCERTAIN
    assert schedule.sweep() == 0
    ready.xero.later(seconds=301)
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, JournalLines=doubled(there))
    ready.xero.later(seconds=301)
    ready.serve()
    assert schedule.sweep() == 1
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.waiting, night.left_count) == (0, 0, 1)
    assert "not as it was sent" in told(ready)[0]


def test_what_xero_refused_is_not_sent_again_in_the_same_night(
    ready: ReadyClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manual_journals, "MAX_JOURNALS", 1)
    ready.bring_in(DAY_TWO)
    switch_on(ready)
    night_falls(ready)
    fault = ready.xero.simulator.fault
    fault("500-before-commit", method="PUT", path="ManualJournals", times=1, status=400, text=REFUSAL)
    fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=300)
    assert schedule.run(ready.club.pk) is None
    ready.xero.later(minutes=11)
    ready.serve()
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.left_count) == (1, 1)
    assert "Not on a Monday." in told(ready)[0]
    assert Call.objects.of(ready.club).count() == 2
    ready.xero.later(days=1)
    assert schedule.run(ready.club.pk).sent == 1


def test_a_night_is_not_waited_for_longer_than_until_the_morning(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    ready.xero.simulator.fault("429-day", method="PUT", path="ManualJournals", times=1)
    assert schedule.run(ready.club.pk) is None
    ready.xero.later(hours=4)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.waiting) == (0, 1)


def test_what_a_person_took_out_of_the_queue_is_no_longer_waited_for(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    ready.xero.simulator.fault("429-day", method="PUT", path="ManualJournals", times=1)
    assert schedule.run(ready.club.pk) is None
    queue.withdraw(club=ready.club, actor=ready.treasurer, journal_ids=[ready.journal().pk])
    ready.xero.later(minutes=11)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.waiting, night.left) == (0, 0, ())
