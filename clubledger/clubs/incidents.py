"""Finding in the audit trails whom an incident concerns: what somebody, or something, did at which clubs, and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from clubledger.clubs.models import AuditEvent, Club, Membership, Role

WHY = "whom an incident concerns is looked for at all clubs"


@dataclass(slots=True)
class Concerned:
    """A club with what was found there; `owners` are whom to tell."""

    club: Club
    events: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    actions: set[str] = field(default_factory=set)
    owners: list[str] = field(default_factory=list)


def find(
    *,
    from_at: datetime | None = None,
    up_to: datetime | None = None,
    email: str = "",
    through: str = "",
    action: str = "",
    address: str = "",
) -> list[AuditEvent]:
    """Return the events that fit everything asked, of all clubs and the installation, oldest first.

    `email` is the actor's or the subject's; `through` part of how an actor acted, such as a key's name; `action` the
    beginning of its name, such as `xero.`; `address` the network address that it came from.
    """
    rows = AuditEvent.objects.across_clubs(WHY).select_related("club", "user").order_by("at", "pk")
    if from_at is not None:
        rows = rows.filter(at__gte=from_at)
    if up_to is not None:
        rows = rows.filter(at__lte=up_to)
    if email:
        rows = rows.filter(Q(user__email__iexact=email) | Q(subject__iexact=email))
    if through:
        rows = rows.filter(Q(actor_name__icontains=through) | Q(subject__icontains=through))
    if action:
        rows = rows.filter(action__startswith=action)
    if address:
        rows = rows.filter(after__ip=address)
    return list(rows)


def concerned(events: Iterable[AuditEvent]) -> list[Concerned]:
    """Return the clubs of these events with their Owners, by name."""
    found: dict[int, Concerned] = {}
    for event in events:
        if event.club is None:
            continue
        one = found.setdefault(event.club.pk, Concerned(event.club, first_at=event.at))
        one.events += 1
        one.last_at = event.at
        one.actions.add(event.action)
    owners = Membership.objects.filter(
        club__in=list(found), role=Role.OWNER, is_active=True, user__is_active=True
    ).values_list("club_id", "user__email")
    for club_id, email in owners.order_by("user__email"):
        found[club_id].owners.append(email)
    return sorted(found.values(), key=lambda one: one.club.name)
