"""The rarer things that GL Integration shows only where they are: alarms, sample data, what waits for a sender."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from clubledger.clubs.models import Club
from clubledger.delivery.models import RestoreHold, SendRun, Sighting
from clubledger.delivery.sending import queue
from clubledger.ledger.intake import samples
from clubledger.ledger.models import FinancialItem, Import, Journal
from clubledger.xero.models import Connection


@dataclass(frozen=True, slots=True)
class Signs:
    """Which of the rarer things there are, and the newest send run."""

    has_sent: bool
    run_id: int | None
    run_finished_at: datetime | None
    alarms: int
    has_sample: bool
    has_holds: bool
    unmapped: int
    can_take_over: bool


def signs_of(
    *, club: Club, connection: Connection | None, from_on: date, up_to_on: date, has_queued: bool
) -> Signs:  # fmt: skip
    """Return the signs of a club in one query; what waits for a sender is looked for in these days alone."""
    newest = SendRun.objects.of(club).order_by("-pk")
    waiting = queue.without_sender(club=club, connection=connection).filter(
        journal__accounting_date__range=(from_on, up_to_on)
    )
    found = Club.objects.filter(pk=club.pk).values(
        has_sent=Exists(Journal.objects.of(club).filter(state="sent")),
        run_id=Subquery(newest.values("pk")[:1]),
        run_finished_at=Subquery(newest.values("finished_at")[:1]),
        alarms=_number_of(Sighting.objects.of(club).filter(settled_at=None)),
        has_sample=Exists(Import.objects.of(club).filter(source=samples.SOURCE, state="done")),
        has_holds=Exists(RestoreHold.objects.of(club).filter(confirmed_at=None)),
        unmapped=_number_of(FinancialItem.objects.of(club).filter(gl_code=None)),
        can_take_over=Exists(waiting) if has_queued else Value(value=False),
    )
    return Signs(**found.get())


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("club").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)
