"""A journal that differs goes on living in Xero: what becomes of it there is shown, and never counts as sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clubledger.delivery.decisions import accept, difference, void
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery, Sighting
from clubledger.delivery.reconciliation import comparison
from clubledger.delivery.sending import turns
from clubledger.foundation import clock
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero import manual_journals
from clubledger.xero.access import access_for_reading
from tests.delivery.hostile import doubled, dying_at, edit_in_xero, go_on
from tests.delivery.restore import DAY_TWO
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import GOLF, SAM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def differing(ready: ReadyClub) -> Journal:
    """Somebody doubled its amounts in Xero before it was read back."""
    ready.press_send()
    with dying_at("delivery.after_record"):
        ready.serve()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration=there.narration, JournalLines=doubled(there))
    go_on(ready, 6)
    journal = ready.journal()
    assert journal.state == JournalState.DIFFERS
    return journal


def _days_pass(ready: ReadyClub) -> None:
    """Other journals are sent, so that Xero no longer lists what happened before."""
    ready.xero.later(hours=24, minutes=5)
    turns.sweep()
    ready.serve()
    ready.bring_in(DAY_TWO)
    ready.send()
    ready.xero.later(hours=1)


def test_voided_in_xero_by_hand_it_can_no_longer_be_accepted(ready: ReadyClub, differing: Journal) -> None:
    edit_in_xero(ready, differing.xero_journal_id, Status="VOIDED")
    _days_pass(ready)
    with pytest.raises(CannotDecide, match="not in Xero's books"):
        accept.accept_difference(club=ready.club, actor=ready.owner, journal_id=differing.pk, reason="Fine.")
    differing.refresh_from_db()
    assert differing.xero_words.startswith("its status is VOIDED")


def test_mended_in_xero_by_hand_it_says_so_and_a_person_takes_it_as_sent(ready: ReadyClub, differing: Journal) -> None:
    [there] = ready.in_xero()
    halved = [
        {**line, "LineAmount": f"{one.amount_cents / 200:.2f}"}
        for line, one in zip(doubled(there), there.lines, strict=True)
    ]
    edit_in_xero(ready, there.journal_id, Narration=there.narration, JournalLines=halved)
    _days_pass(ready)
    differing.refresh_from_db()
    assert (differing.state, differing.xero_words) == (
        JournalState.DIFFERS,
        "it was changed in Xero since, and is now as it was sent",
    )
    accept.accept_difference(club=ready.club, actor=ready.owner, journal_id=differing.pk, reason="Mended.")
    ready.xero.later(hours=25)
    turns.sweep()
    ready.serve()
    assert not Sighting.objects.of(ready.club).exists()


@pytest.mark.parametrize("change", ["voided", "edited"])
def test_changed_while_its_difference_is_on_its_way_it_does_not_count_as_sent(
    ready: ReadyClub, differing: Journal, change: str
) -> None:
    ready.xero.authorise(ready.club, ready.owner, login=SAM, organisation=GOLF)
    further = difference.adopt_with_difference_journal(
        club=ready.club, actor=ready.owner, journal_id=differing.pk, reason="The books are closed on it."
    )
    # The further journal has to wait for hours, and meanwhile somebody looks after the first one in Xero.
    Delivery.objects.of(ready.club).filter(journal=further).update(due_at=clock.now() + timedelta(hours=28))
    [there] = ready.in_xero()
    fields = {"Status": "VOIDED"} if change == "voided" else {"JournalLines": doubled(there)}
    edit_in_xero(ready, there.journal_id, **fields)
    turns.make_due(ready.club)
    _days_pass(ready)
    ready.xero.later(hours=5)
    turns.make_due(ready.club)
    ready.serve()
    further.refresh_from_db()
    differing.refresh_from_db()
    assert (further.state, differing.state) == (JournalState.SENT, JournalState.DIFFERS)
    [alarm] = Sighting.objects.of(ready.club).filter(settled_at=None)
    assert (alarm.kind, alarm.journal) == ("changed", differing)
    void.void_and_reopen(club=ready.club, actor=ready.owner, journal_id=differing.pk, reason="Ours is right.")
    ready.send()
    posted = [one for one in ready.in_xero() if one.status == "POSTED"]
    assert len(posted) == 2
    assert not Sighting.objects.of(ready.club).filter(settled_at=None).exists()


def test_of_a_voided_namesake_and_one_in_the_books_the_latter_is_ours(ready: ReadyClub) -> None:
    """Else a person would be told that it is voided, and send it again beside the one that stands."""
    ready.press_send()
    with dying_at("delivery.after_answer"):
        ready.serve()
    [there] = ready.in_xero()
    read = manual_journals.read(access=access_for_reading(club=ready.club), journal_id=there.journal_id)
    assert read is not None
    assert read.updated_at is not None
    gone = replace(read, journal_id="gone", status="VOIDED", updated_at=read.updated_at - timedelta(minutes=1))
    changed = replace(read, lines=read.lines[:2])
    assert comparison.choose(ready.delivery(), [gone, changed]) is changed
    assert comparison.choose(ready.delivery(), [gone]) is gone
