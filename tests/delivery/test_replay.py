"""Asking once more with the same key, where the operator trusts Xero to remember keys: what its answer proves."""

import pytest
from django.test import override_settings

from clubledger.delivery.models import Call
from clubledger.delivery.reference import reference_in
from clubledger.foundation import clock
from clubledger.ledger.models import JournalState
from tests.fixtures_delivery import ReadyClub

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _trusted():  # type: ignore[no-untyped-def]
    with override_settings(XERO_REPLAY_SECONDS=360):
        yield


def test_a_request_that_never_arrived_is_repeated_with_its_key_and_bytes(ready: ReadyClub) -> None:
    ready.xero.simulator.fault("drop-before-commit", method="PUT", path="ManualJournals", times=1)
    ready.send()
    _next_turn(ready)
    first, again = Call.objects.of(ready.club).order_by("pk")
    assert again.is_replay_of == first
    assert (again.idempotency_key, bytes(again.body)) == (first.idempotency_key, bytes(first.body))
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


@pytest.mark.parametrize("turned_away", ["403", "429-minute", "429-day"])
def test_a_replay_that_is_turned_away_says_nothing_of_the_first_request(ready: ReadyClub, turned_away: str) -> None:
    """Xero refuses it for the connection or a limit before it looks for the key; the first may be under way still."""
    simulator = ready.xero.simulator
    simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=100)
    ready.send()
    if turned_away == "403":
        said = {"commit": "never", "status": 403, "text": '{"Title":"Forbidden","Status":403,"Detail":"No"}'}
        simulator.fault("500-before-commit", method="PUT", path="ManualJournals", times=1, **said)
    else:
        simulator.fault(turned_away, method="PUT", path="ManualJournals", times=1)
    _next_turn(ready)
    again = Call.objects.of(ready.club).get(is_replay_of__isnull=False)
    assert again.outcome == "not_sent"
    assert ready.journal().state == JournalState.UNCERTAIN
    for _ in range(40):
        _next_turn(ready)
    assert ready.journal().state == JournalState.SENT
    references = [reference_in(one.narration, ready.club.mark) for one in ready.in_xero()]
    assert len(references) == 1


def _next_turn(ready: ReadyClub) -> None:
    wait = (ready.delivery().due_at - clock.now()).total_seconds()
    ready.xero.later(seconds=max(1.0, wait + 1))
    turn = ready.club.turn
    turn.refresh_from_db()
    if turn.due_at is not None and turn.due_at > clock.now():
        ready.xero.later(seconds=(turn.due_at - clock.now()).total_seconds() + 1)
    ready.serve()
