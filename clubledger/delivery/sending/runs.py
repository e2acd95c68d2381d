"""The send runs, as a page lists them: who pressed Send to GL when, for which days, and what came of it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Max, Min, OrderBy, Q, QuerySet, Sum

from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery, SendRun
from clubledger.ledger.models import Journal


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


def find(*, club: Club, run_id: int) -> SendRun | None:
    """Return a send run of the club; None where the club has none of this key."""
    found: SendRun | None = SendRun.objects.of(club).filter(pk=run_id).first()
    return found


def steps_of(*, club: Club, journal: Journal) -> Iterable[dict[str, Any]]:
    """Return what a journal's deliveries and the requests that carried them tell, in one query and without bodies.

    A row for each request of each delivery, the delivery's own fields again in each.
    """
    call = "call_items__call"
    of_journal = Delivery.objects.of(club).filter(journal=journal).order_by("pk", f"{call}__started_at")
    rows: Iterable[dict[str, Any]] = of_journal.values(
        "pk", "reference", "queued_at", "closed_at", "closed_because", "sender__name", "sender__email",
        "run__actor__name", "run__actor__email",
        "call_items__outcome", "call_items__words", f"{call}__http_status", f"{call}__correlation_id",
        f"{call}__started_at",
    )  # fmt: skip
    return rows
