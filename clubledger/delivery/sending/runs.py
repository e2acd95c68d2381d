"""The send runs, as a page lists them: who pressed Send to GL when, for which days, and what came of it."""

from collections.abc import Sequence

from django.db.models import Count, Max, Min, OrderBy, Q, QuerySet, Sum

from clubledger.clubs.models import Club
from clubledger.delivery.models import SendRun


def runs_of(*, club: Club, order: Sequence[str | OrderBy]) -> QuerySet[SendRun]:
    """Return the club's send runs, in this order, each with its figures.

    They are `journals`, `minor` (their debits), `sent`, `live` (still on their way), `first_on` and `last_on`.
    """
    rows: QuerySet[SendRun] = SendRun.objects.of(club).select_related("actor")
    return rows.annotate(
        journals=Count("deliveries"),
        minor=Sum("deliveries__journal__debit_minor"),
        sent=Count("deliveries", filter=Q(deliveries__closed_because="sent")),
        live=Count("deliveries", filter=Q(deliveries__closed_at=None)),
        first_on=Min("deliveries__journal__accounting_date"),
        last_on=Max("deliveries__journal__accounting_date"),
    ).order_by(*order)


def number_of(*, club: Club) -> int:
    """Return how many send runs the club has had, without adding them up."""
    number: int = SendRun.objects.of(club).count()
    return number
