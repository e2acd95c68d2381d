"""What becomes of a journal when the further journal that carries its difference arrives, or comes to nothing.

A journal whose difference is on its way stays `differs` until it has arrived: if the other is withdrawn or refused,
the alarm still stands, and nothing is lost.
"""

from collections.abc import Iterable

from clubledger.clubs import audit
from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery, Sighting, SightingKind
from clubledger.foundation import clock
from clubledger.ledger.journals import reopen, states
from clubledger.ledger.models import TAKES_IN, Journal, JournalState

LIVE = (JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN)


def arrived(club: Club, delivery: Delivery) -> None:
    """Take the journal as sent whose difference this delivery has brought to Xero. The club is locked.

    Not if that was changed in Xero since: the two no longer come to what ours says, and a person is told.
    """
    whole = delivery.difference_of
    if whole is None or not _is_as_it_was(club, whole):
        return
    moved = states.move(
        club=club,
        journal_ids=[whole.pk],
        from_states=[JournalState.DIFFERS],
        to_state=JournalState.SENT,
        sent_at=clock.now(),
        sent_by=delivery.sender,
        number=reopen.next_number(club=club),
    )
    if moved:
        audit.note(
            club=club,
            actor=delivery.sender,
            action="journal.difference_carried",
            subject=str(whole),
            summary=f"What it lacked in Xero has arrived there with {delivery.reference}.",
            after={"reference": delivery.reference},
        )


def _is_as_it_was(club: Club, journal: Journal) -> bool:
    found = Delivery.objects.of(club).filter(journal=journal, xero_journal_id=journal.xero_journal_id)
    kept = found.order_by("-pk").values_list("found_in_xero", flat=True).first()
    alarms = Sighting.objects.of(club).filter(
        kind=SightingKind.CHANGED, xero_journal_id=journal.xero_journal_id, settled_at=None
    )
    return (kept is None or kept["status"] == "POSTED") and not alarms.exists()


def came_to_nothing(club: Club, journal_ids: Iterable[int]) -> None:
    """Empty journals that were to carry a difference and take in transactions again. The club is locked.

    They hold no transaction: what they were to carry stands with the journal that still differs.
    """
    carriers = Delivery.objects.of(club).filter(journal_id__in=list(journal_ids)).exclude(difference_of=None)
    ids = list(carriers.values_list("journal_id", flat=True))
    if ids:
        empty = Journal.objects.of(club).filter(pk__in=ids, state__in=TAKES_IN, transaction_count=0)
        empty.update(debit_minor=0, line_count=0)


def carriers_of(club: Club, journal: Journal) -> list[Delivery]:
    """Return the deliveries that carry this journal's difference and are on their way or in Xero, oldest first."""
    counting = (*LIVE, JournalState.SENT, JournalState.DIFFERS)
    rows = Delivery.objects.of(club).filter(difference_of=journal, journal__state__in=counting)
    rows = rows.exclude(closed_because__in=["withdrawn", "rejected", "voided"])
    return list(rows.select_related("journal").order_by("pk"))
