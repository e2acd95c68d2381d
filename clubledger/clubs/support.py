"""An Owner's leave for the vendor's staff to look at the club: for a time, as a Viewer, audited."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext

from clubledger.clubs import access, audit
from clubledger.clubs.access import NotAllowed, Permission
from clubledger.clubs.models import Club, Membership, Role, SupportGrant, User
from clubledger.foundation import clock

MOST_HOURS = 14 * 24


class BadLength(Exception):
    """Support access lasts between an hour and two weeks."""


@transaction.atomic
def grant(*, club: Club, actor: User, hours: int, reason: str = "") -> SupportGrant:
    """Let the vendor's staff look at the club for so many hours. Owners only. Raises NotAllowed, BadLength."""
    access.lock_club(club)
    is_owner = Membership.objects.filter(club=club, user=actor, role=Role.OWNER, is_active=True, user__is_active=True)
    if not is_owner.exists():
        raise NotAllowed(Permission.PEOPLE)
    if not 1 <= hours <= MOST_HOURS:
        raise BadLength(
            gettext("Support access lasts between 1 and %(most_hours)s hours.") % {"most_hours": MOST_HOURS}
        )
    now = clock.now()
    _end_all(club, actor)
    made: SupportGrant = SupportGrant.objects.of(club).create(
        club=club, granted_by=actor, reason=reason[:200], granted_at=now, until=now + timedelta(hours=hours)
    )
    audit.note(
        club=club,
        actor=actor,
        action="support.granted",
        subject=f"support access {made.pk}",
        summary=f"{actor} lets the vendor's staff look at the club until {made.until:%Y-%m-%d %H:%M} UTC.",
        after={"until": made.until, "reason": made.reason},
    )
    return made


@transaction.atomic
def end(*, club: Club, actor: User) -> bool:
    """End support access now. False if there was none. Raises NotAllowed."""
    access.lock_club(club)
    access.require(club=club, actor=actor, permission=Permission.PEOPLE)
    if not _end_all(club, actor):
        return False
    audit.note(
        club=club,
        actor=actor,
        action="support.ended",
        subject="support access",
        summary=f"{actor} ended the access of the vendor's staff.",
    )
    return True


def current(*, club: Club) -> SupportGrant | None:
    """Return the leave that lasts now, if there is one."""
    found: SupportGrant | None = access.support_grants(club).select_related("granted_by").first()
    return found


def _end_all(club: Club, actor: User) -> int:
    return access.support_grants(club).update(ended_at=clock.now(), ended_by=actor)
