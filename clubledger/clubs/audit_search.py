"""The audit trail as it is read: events that match, cut out by their numbers. Adding and proving them is `audit`'s."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from clubledger.clubs.models import AuditChain, AuditEvent, Club, User


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; what is empty does not count."""

    text: str = ""
    """In the summary, the subject or the name of who did it."""
    user_ids: Collection[int] = ()
    by_itself: bool = False
    """What nobody did: Clubledger itself."""
    actions: Collection[str] = ()
    """How the names of actions may begin."""
    since: datetime | None = None
    until: datetime | None = None


def matching(
    wanted: Wanted, *, club: Club, numbers: tuple[int, int] | None = None, oldest_first: bool = False
) -> QuerySet[AuditEvent]:
    """Return the club's events that match, those from the first to the last of `numbers` alone; the newest first."""
    rows: QuerySet[AuditEvent] = AuditEvent.objects.of(club).order_by("position" if oldest_first else "-position")
    if wanted.text:
        words = wanted.text
        rows = rows.filter(Q(summary__icontains=words) | Q(subject__icontains=words) | Q(actor_name__icontains=words))
    if wanted.by_itself:
        rows = rows.filter(user=None)
    elif wanted.user_ids:
        rows = rows.filter(user__in=wanted.user_ids)
    if wanted.actions:
        about = Q()
        for beginning in wanted.actions:
            about |= Q(action__startswith=beginning)
        rows = rows.filter(about)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows.filter(position__range=numbers) if numbers else rows


def ends(*, club: Club, since: datetime | None = None, until: datetime | None = None) -> tuple[int, int]:
    """Return the numbers of the first and the last event of a time; the first above the last if there is none."""
    rows = AuditEvent.objects.of(club)
    both = (
        rows.filter(at__gte=since).order_by("at", "position") if since else rows.order_by("position"),
        rows.filter(at__lt=until).order_by("-at", "-position") if until else rows.order_by("-position"),
    )
    first, last = (end.values_list("position", flat=True).first() for end in both)
    return (first, last) if first is not None and last is not None else (1, 0)


def newest_by(user: User, *, club: Club, most: int) -> list[AuditEvent]:
    """Return the newest events of a person at the club, at most so many."""
    return list(AuditEvent.objects.of(club).filter(user=user).order_by("-position")[:most])


def chain_of(*, club: Club) -> AuditChain | None:
    """Return the club's chain, with what its last verification found; None before the first event."""
    return AuditChain.objects.filter(club=club).first()
