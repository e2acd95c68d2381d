"""Xero's journal is not ours: theirs is voided and ours sent, or theirs is kept and the difference sent, explained."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from clubledger.clubs.access import NotAllowed
from clubledger.delivery.decisions import difference, void
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery, Sighting
from clubledger.delivery.sending import carriers, queue
from clubledger.ledger.journals import drill_down
from clubledger.ledger.models import Journal, JournalLine, JournalState
from tests.delivery.restore import DAY_TWO, LATE, balances, each_once, later, put_back
from tests.delivery.restore import backup as backup
from tests.fixtures_delivery import WORKED_DAY, ReadyClub
from tests.fixtures_xero import GOLF

pytestmark = pytest.mark.django_db(transaction=True)


def differing(ready: ReadyClub, backup: Path) -> Journal:
    """Send a day, lose that, and bring in the day with a late transaction: ours is no longer what Xero has."""
    ready.bring_in(DAY_TWO)
    ready.send()
    later(ready, timedelta(hours=3))
    put_back(ready, backup, knowingly=False)
    ready.bring_in(WORKED_DAY + DAY_TWO + LATE)
    ready.send()
    journal = ready.journals()[1]
    assert journal.state == JournalState.DIFFERS
    assert len(ready.in_xero()) == 2
    return journal


OURS = {"611": 1_100 + 0, "615": 111_100 + 22_000, "200": -120_000, "260": -2_000}


def whole_truth(ready: ReadyClub) -> None:
    """The books in Xero are what all the transactions come to."""
    found = balances(ready)
    assert {code: found.get(code, 0) for code in OURS} == OURS


def test_theirs_is_voided_and_ours_sent(ready: ReadyClub, backup: Path) -> None:
    journal = differing(ready, backup)
    ready.xero.authorise(ready.club, ready.owner, login="sam@banksiapark.example", organisation=GOLF)
    further = void.void_and_reopen(club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="Older file.")
    assert further.sequence == 2
    ready.send()
    assert [one.state for one in ready.journals()] == ["sent", "voided", "sent"]
    whole_truth(ready)
    each_once(ready)


@pytest.fixture
def adopted(ready: ReadyClub, backup: Path) -> tuple[Journal, Journal]:
    """A differing journal, kept as it is in Xero, and the further journal that carries the difference, queued."""
    journal = differing(ready, backup)
    ready.xero.authorise(ready.club, ready.owner, login="sam@banksiapark.example", organisation=GOLF)
    further = difference.adopt_with_difference_journal(
        club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="The books are closed on it."
    )
    return journal, further


def test_theirs_is_kept_and_a_further_journal_carries_exactly_ours_minus_theirs(
    ready: ReadyClub, adopted: tuple[Journal, Journal]
) -> None:
    journal, further = adopted
    assert (further.sequence, further.state, further.transaction_count) == (2, JournalState.QUEUED, 0)
    lines = JournalLine.objects.filter(journal=further).order_by("position")
    assert [(line.account_code, line.amount_minor, line.tax_type) for line in lines] == [
        ("260", -1_100, "OUTPUT"),
        ("611", 1_100, "BASEXCLUDED"),
    ]
    assert further.debit_minor == 1_100
    # Nothing counts as sent before it is there.
    journal.refresh_from_db()
    assert journal.state == JournalState.DIFFERS
    ready.serve()
    journal.refresh_from_db()
    further.refresh_from_db()
    assert (journal.state, further.state) == (JournalState.SENT, JournalState.SENT)
    assert len(ready.in_xero()) == 3
    whole_truth(ready)
    each_once(ready)
    ready.serve()
    assert not Sighting.objects.of(ready.club).filter(settled_at=None).exists()


def test_each_cent_of_the_difference_opens_to_its_transactions(
    ready: ReadyClub, adopted: tuple[Journal, Journal]
) -> None:
    journal, further = adopted
    found = difference.explain(club=ready.club, journal=further)
    assert found is not None
    assert found.of_journal == journal
    assert [(line.account_code, line.ours, line.theirs, line.amount) for line in found.lines] == [
        ("260", Decimal("-11.00"), Decimal("0.00"), Decimal("-11.00")),
        ("611", Decimal("11.00"), Decimal("0.00"), Decimal("11.00")),
    ]
    sent = [line.amount_minor for line in JournalLine.objects.filter(journal=further)]
    assert sum(line.amount for line in found.lines) == 0
    assert sum(sent) == 0
    opened = drill_down.transactions_of(club=ready.club, journal=journal, line_key=found.lines[0].line_keys[0])
    assert "INV-6" in {row.transaction.source_id for row in opened.rows}
    assert difference.explain(club=ready.club, journal=journal) is None


def test_withdrawn_or_refused_the_alarm_still_stands_and_nothing_is_lost(
    ready: ReadyClub, adopted: tuple[Journal, Journal]
) -> None:
    journal, further = adopted
    with pytest.raises(CannotDecide, match="on its way"):
        difference.adopt_with_difference_journal(
            club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="Again."
        )
    with pytest.raises(CannotDecide, match="on its way"):
        void.void_and_reopen(club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="No.")
    queue.withdraw(club=ready.club, actor=ready.owner, journal_ids=[further.pk])
    further.refresh_from_db()
    journal.refresh_from_db()
    assert (further.state, further.debit_minor, further.is_empty) == (JournalState.OPEN, 0, True)
    assert journal.state == JournalState.DIFFERS
    again = difference.adopt_with_difference_journal(
        club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="After all."
    )
    ready.serve()
    journal.refresh_from_db()
    again.refresh_from_db()
    assert (again.sequence, again.state, journal.state) == (3, JournalState.SENT, JournalState.SENT)
    whole_truth(ready)


def test_voiding_the_whole_takes_the_difference_with_it(ready: ReadyClub, adopted: tuple[Journal, Journal]) -> None:
    journal, further = adopted
    ready.serve()
    with pytest.raises(CannotDecide, match="goes with it"):
        void.void_and_reopen(club=ready.club, actor=ready.owner, journal_id=further.pk, reason="This alone.")
    void.void_and_reopen(club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="All of it.")
    further.refresh_from_db()
    assert further.state == JournalState.VOIDED
    ready.send()
    whole_truth(ready)
    posted = [one for one in ready.in_xero() if one.status == "POSTED"]
    assert len(posted) == 2


def test_a_change_in_xero_after_it_was_kept_raises_the_alarm(
    ready: ReadyClub, adopted: tuple[Journal, Journal]
) -> None:
    journal, _ = adopted
    ready.serve()
    found = next(one for one in ready.in_xero() if one.journal_id == journal.xero_journal_id)
    found.status = "VOIDED"
    found.updated_at = ready.xero.simulator.clock.now()
    ready.bring_in([["PAY-8", "payment", "2026-11-18", "SUBS", "CARD", "8.00", ""]])
    ready.send()
    assert Sighting.objects.of(ready.club).filter(kind="changed", settled_at=None).exists()


def test_a_difference_needs_the_right_a_reason_and_a_difference(ready: ReadyClub, backup: Path) -> None:
    journal = differing(ready, backup)
    with pytest.raises(NotAllowed):
        difference.adopt_with_difference_journal(
            club=ready.club, actor=ready.treasurer, journal_id=journal.pk, reason="x"
        )
    ready.xero.authorise(ready.club, ready.owner, login="sam@banksiapark.example", organisation=GOLF)
    with pytest.raises(CannotDecide, match="reason"):
        difference.adopt_with_difference_journal(club=ready.club, actor=ready.owner, journal_id=journal.pk, reason=" ")
    sent = ready.journals()[0]
    with pytest.raises(CannotDecide, match="does not differ"):
        difference.adopt_with_difference_journal(club=ready.club, actor=ready.owner, journal_id=sent.pk, reason="x")
    assert carriers.carriers_of(ready.club, journal) == []
    assert Delivery.objects.of(ready.club).filter(closed_at=None).count() == 0


def test_what_was_two_journals_before_becomes_two_again(ready: ReadyClub, backup: Path) -> None:
    """Sent as a day and a further journal; after the restore all of it comes in one file and makes one journal."""
    ready.bring_in(DAY_TWO)
    ready.send()
    ready.bring_in(LATE)
    ready.send()
    assert len(ready.in_xero()) == 3
    before = balances(ready)
    later(ready, timedelta(hours=3))
    put_back(ready, backup, knowingly=False)
    ready.bring_in(WORKED_DAY + DAY_TWO + LATE)
    ready.send()
    journal = ready.journals()[1]
    assert journal.state == JournalState.DIFFERS
    ready.xero.authorise(ready.club, ready.owner, login="sam@banksiapark.example", organisation=GOLF)
    difference.adopt_with_difference_journal(
        club=ready.club, actor=ready.owner, journal_id=journal.pk, reason="The rest was sent later."
    )
    ready.serve()
    # The difference is what the further journal in Xero already holds, under the same reference: it is adopted.
    assert {one.state for one in ready.journals()} == {JournalState.SENT}
    assert len(ready.in_xero()) == 3
    assert balances(ready) == before
    assert len(ready.xero.simulator.requests("PUT", "ManualJournals")) == 3
