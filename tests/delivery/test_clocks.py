"""Two machines whose clocks disagree: what one wrote down as the end of Xero's time another must not come to early."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from clubledger.delivery.models import Call
from clubledger.foundation import clock
from clubledger.ledger.models import JournalState
from clubledger.xero.http import client
from tests.delivery.hostile import go_on
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class OtherMachinesClock:
    """A clock that is ahead of all others."""

    ready: ReadyClub
    seconds: float

    def now(self) -> datetime:
        return self.ready.xero.simulator.clock.now() + timedelta(seconds=self.seconds)


def test_a_machine_whose_clock_is_ahead_does_not_send_again_what_xero_may_still_commit(ready: ReadyClub) -> None:
    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=800)
    ready.send()
    assert ready.journal().state == JournalState.UNCERTAIN
    ready.xero.later(seconds=60)
    with clock.use(OtherMachinesClock(ready, 1200)):
        ready.serve()
        assert ready.journal().state == JournalState.UNCERTAIN
    go_on(ready, 60)
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


@pytest.mark.parametrize(("seconds", "words"), [(1200, "1200 seconds ahead of"), (-1200, "1200 seconds behind")])
def test_it_sends_nothing_and_says_what_is_wrong(ready: ReadyClub, seconds: float, words: str) -> None:
    ready.press_send()
    ready.xero.later(hours=1)
    with clock.use(OtherMachinesClock(ready, seconds)):
        ready.serve()
        journal = ready.journal()
        assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, "clock")
        assert words in journal.xero_words
    assert ready.in_xero() == []


def test_a_minute_more_or_less_does_no_harm(ready: ReadyClub) -> None:
    ready.press_send()
    with clock.use(OtherMachinesClock(ready, 60)):
        ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_a_machine_that_is_suspended_right_before_the_write_writes_nothing(ready: ReadyClub) -> None:
    """The monotonic clock stands still meanwhile, so the deadline is one of the time of day as well."""
    ready.press_send()
    # Shorter than Xero's token lives: else that is refused, and the request for it, and nothing is shown.
    real, minutes = client.exchange, [10]

    def suspended(method: str, url: str, **asked: Any) -> client.Reply:
        if method == "PUT" and minutes:
            ready.xero.later(minutes=minutes.pop())
        return real(method, url, **asked)

    with patch.object(client, "exchange", suspended):
        ready.serve()
    assert [call.outcome for call in Call.objects.of(ready.club).order_by("pk")] == ["not_sent", "accepted"]
    assert len(ready.in_xero()) == 1
    assert ready.journal().state == JournalState.SENT
