"""What Xero says of what was sent, as it was last read: shown beside our own proof. Asks nothing of Xero itself."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from clubledger.clubs.models import Club
from clubledger.delivery.models import Reading, Sighting
from clubledger.ledger.models import Journal, JournalState

MOST_SHOWN = 10
"""How many journals and alarms are named one by one."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many journals Xero has as they were sent, which it has otherwise, and what nobody has accounted for.

    `differing` and `alarms` are the first of `differ_count` and `alarm_count`. `read_at` is None before Xero was read.
    """

    equal_count: int
    differ_count: int
    differing: tuple[Journal, ...]
    alarm_count: int
    alarms: tuple[Sighting, ...]
    read_at: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing in Xero is otherwise than we sent it."""
        return not self.differ_count and not self.alarm_count


def agreement(*, club: Club, at: date | None = None) -> Agreement:
    """Tell how the journals up to a day stand in Xero; alarms are those of all days."""
    journals = Journal.objects.of(club)
    if at is not None:
        journals = journals.filter(accounting_date__lte=at)
    counted = journals.aggregate(
        equal=Count("pk", filter=Q(state=JournalState.SENT)), differ=Count("pk", filter=Q(state=JournalState.DIFFERS))
    )
    differing = journals.filter(state=JournalState.DIFFERS).order_by("accounting_date", "sequence")
    alarms = Sighting.objects.of(club).filter(settled_at=None)
    first = tuple(alarms.order_by("seen_at", "pk")[: MOST_SHOWN + 1])
    reading = Reading.objects.of(club).first()
    return Agreement(
        counted["equal"],
        counted["differ"],
        tuple(differing[:MOST_SHOWN]) if counted["differ"] else (),
        alarms.count() if len(first) > MOST_SHOWN else len(first),
        first[:MOST_SHOWN],
        reading.read_at if reading else None,
    )
