"""What becomes of a journal that leaves Xero again, or never got there: thawed lines, reopened transactions."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import Max

from clubledger.bookkeeping.totals import DIRECTION, Sums
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.journals import totals
from clubledger.ledger.journals.states import journals_taking_in
from clubledger.ledger.models import TAKES_IN, Journal, JournalLine, JournalState


def unfreeze(*, club: Club, journal_ids: Collection[int]) -> None:
    """Take the frozen lines of journals away that take in transactions again. Inside the caller's transaction."""
    JournalLine.objects.filter(journal__club=club, journal_id__in=journal_ids).delete()


def next_number(*, club: Club) -> str:
    """Return the next journal number, e.g. J-000123. The caller holds the club's lock, and uses it or rolls back."""
    rows = sql.rows_of(
        "UPDATE clubs_club SET last_journal_number = last_journal_number + 1 WHERE id = %s "
        "RETURNING last_journal_number",
        [club.pk],
    )
    return f"J-{rows[0][0]:06d}"


def reopen_voided(*, club: Club, journal: Journal) -> Journal:
    """Let the transactions of a voided journal stand in the date's next journal, which is given.

    The voided journal keeps its lines and postings for the record; it no longer counts for where a transaction stands.
    The caller holds the club's lock.
    """
    on = journal.accounting_date.isoformat()
    journal_id = journals_taking_in(club, [on])[on]
    postings = sql.rows_of(
        "SELECT p.transaction_id, p.sign, t.legs_kind FROM ledger_posting p "
        "JOIN ledger_sourcetransaction t ON t.id = p.transaction_id WHERE p.journal_id = %s ORDER BY p.id",
        [journal.pk],
    )
    rows = defaultdict(list, totals.legs_of(transaction_id for transaction_id, _, _ in postings))
    sums = Sums()
    for transaction_id, sign, legs_kind in postings:
        sums.post(journal_id, sign * DIRECTION[legs_kind], rows[transaction_id])
    sql.insert(
        "ledger_posting",
        sql.POSTING_COLUMNS,
        [(transaction_id, journal_id, sign) for transaction_id, sign, _ in postings],
    )
    totals.write(sums)
    further: Journal = Journal.objects.of(club).get(pk=journal_id)
    return further


def set_aside(*, club: Club, accounting_date: date, sequence: int, xero_journal_id: str) -> None:
    """See to it that a sequence is not used again whose journal, voided in Xero, was not known here.

    A journal that takes in transactions under it goes on as the date's next one; an empty voided one stands in its
    place. The caller holds the club's lock.
    """
    of_day = Journal.objects.of(club).filter(accounting_date=accounting_date)
    present = of_day.filter(sequence=sequence)
    if present.filter(state__in=TAKES_IN).exists():
        present.update(sequence=of_day.aggregate(last=Max("sequence"))["last"] + 1)
    if not present.exists():
        Journal.objects.of(club).create(
            club=club,
            accounting_date=accounting_date,
            sequence=sequence,
            state=JournalState.VOIDED,
            revision=1,
            xero_journal_id=xero_journal_id,
        )
