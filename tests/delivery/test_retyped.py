"""Somebody retypes a narration in Xero, and our reference goes with it: the journal is known all the same."""

import json
from typing import Any
from unittest.mock import patch

import pytest

from clubledger.delivery.models import Delivery, Sighting
from clubledger.delivery.sending import turns
from clubledger.ledger.models import JournalState
from clubledger.xero import manual_journals
from clubledger.xero.http import answers
from tests.delivery.hostile import doubled, dying_at, edit_in_xero, go_on, make_in_xero
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("point", ["delivery.after_answer", "delivery.after_record"])
def test_a_journal_whose_worker_died_is_not_sent_again(ready: ReadyClub, point: str) -> None:
    """With Xero's id on record it is known by that, without it by the address in `Url`."""
    ready.press_send()
    with dying_at(point):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Fees of Monday")
    go_on(ready)
    assert [one.journal_id for one in ready.in_xero()] == [there.journal_id]
    assert (ready.journal().state, ready.journal().xero_journal_id) == (JournalState.DIFFERS, there.journal_id)
    assert "Fees of Monday" in ready.journal().xero_words


def test_by_its_id_it_is_ours_even_where_the_list_left_it_out(ready: ReadyClub) -> None:
    ready.press_send()
    with dying_at("delivery.after_record"):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Fees of Monday")
    real = manual_journals.list_changed

    def without_it(**asked: Any) -> list[answers.ManualJournal]:
        return [found for found in real(**asked) if found.journal_id != there.journal_id]

    with patch.object(manual_journals, "list_changed", without_it):
        go_on(ready)
    assert len(ready.in_xero()) == 1
    assert ready.journal().state == JournalState.DIFFERS


def test_the_reversal_of_a_journal_on_its_way_is_not_taken_for_it(ready: ReadyClub) -> None:
    ready.press_send()
    with dying_at("delivery.after_answer"):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Reversal: fees of Monday")
    ready.xero.later(seconds=200)
    ready.serve()
    assert ready.journal().state == JournalState.UNCERTAIN


def test_what_was_never_sent_is_not_taken_for_a_journal_of_another_day_with_its_address(ready: ReadyClub) -> None:
    """After a restored backup another journal may have had its number."""
    ready.press_send()
    with dying_at("delivery.after_answer"):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Fees of Friday", Date="2026-11-13")
    never = {"first_sent_at": None, "last_sent_at": None, "claimed_until": None, "claimed_by": ""}
    Delivery.objects.of(ready.club).update(**never)
    type(ready.journal()).objects.of(ready.club).update(state=JournalState.QUEUED)
    Delivery.objects.of(ready.club).update(due_at=there.updated_at)
    ready.xero.later(minutes=6)
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert ready.journal().xero_journal_id != there.journal_id


def test_a_sent_journal_that_is_retyped_and_changed_raises_the_alarm(ready: ReadyClub) -> None:
    ready.send()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Fees of Monday", JournalLines=doubled(there))
    ready.xero.later(hours=24, minutes=5)
    turns.sweep()
    ready.serve()
    [alarm] = Sighting.objects.of(ready.club)
    assert (alarm.kind, alarm.journal, alarm.xero_journal_id) == ("changed", ready.journal(), there.journal_id)


def test_a_voided_copy_with_its_address_does_not_hide_it(ready: ReadyClub) -> None:
    """Else a person would be told that it is voided, and send its transactions a second time."""
    ready.press_send()
    with dying_at("delivery.after_answer"):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration="Fees of Monday")
    ready.xero.later(seconds=5)
    copied = json.loads(bytes(ready.delivery().payload)) | {"Narration": "Fees of Monday, a copy"}
    make_in_xero(ready, copied)
    [copy] = [one for one in ready.in_xero() if one.journal_id != there.journal_id]
    edit_in_xero(ready, copy.journal_id, Status="VOIDED")
    go_on(ready)
    assert (ready.journal().state, ready.journal().xero_journal_id) == (JournalState.DIFFERS, there.journal_id)
    assert "Fees of Monday" in ready.journal().xero_words
