"""Who may do what: the permission table, and the only way for a door to reach a club.

A club that a person has nothing to do with does not exist for them: ClubNotFound, which doors answer with 404.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db import connection, models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, gettext_noop

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import audit
from clubledger.clubs.models import AuditEvent, Club, Membership, Role, SupportGrant, User
from clubledger.foundation import clock

VISIT = timedelta(hours=24)
"""How long a visit of the vendor's staff counts as one in the audit trail."""


class Permission(StrEnum):
    """What a person may do at a club."""

    SEE = gettext_noop("see everything of the club")
    IMPORT = gettext_noop("import and correct transactions")
    CONFIGURE = gettext_noop("change mapping, chart and settings")
    GET_GL_CODES = gettext_noop("get GL codes from Xero")
    AUTHORISE = gettext_noop("authorise Xero")
    SEND = gettext_noop("validate, send, record and take over journals")
    UNDO = gettext_noop("undo recordings, void journals, set Post from and change the organisation")
    PEOPLE = gettext_noop("manage people and roles")

    @property
    def words(self) -> Promise:
        """What it is called in a sentence, in the language of whoever reads it."""
        return gettext_lazy(self.value)


PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMINISTRATOR: frozenset(
        {Permission.SEE, Permission.CONFIGURE, Permission.GET_GL_CODES, Permission.AUTHORISE, Permission.PEOPLE}
    ),
    Role.ACCOUNTS: frozenset(
        {Permission.SEE, Permission.IMPORT, Permission.GET_GL_CODES, Permission.AUTHORISE, Permission.SEND}
    ),
    Role.VIEWER: frozenset({Permission.SEE}),
}


class AccessError(Exception):
    """Root of the errors of access."""


class ClubNotFound(AccessError):
    """There is no such club for this person."""


class NotAllowed(AccessError):
    """The person belongs to the club but their role does not include this."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(
            phrase("Your role at this club does not allow you to %(right)s.", right=phrase(permission.value))
        )
        self.permission = permission


@dataclass(frozen=True, slots=True)
class ClubAccess:
    """A person at a club, with what their role allows."""

    club: Club
    user: User
    role: str

    def may(self, permission: Permission) -> bool:
        """Whether the role includes the permission."""
        return permission in PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the role includes the permission."""
        if not self.may(permission):
            raise NotAllowed(permission)


def open_club(user: User, slug: str) -> ClubAccess:
    """Return a person's access to the club with this slug. Raises ClubNotFound for outsiders and unknown clubs."""
    membership = (
        Membership.objects.select_related("club")
        .filter(user=user, club__slug=slug, is_active=True, user__is_active=True, club__is_active=True)
        .first()
    )
    if membership is None:
        return _open_for_support(user, slug)
    return ClubAccess(membership.club, user, membership.role)


def _open_for_support(user: User, slug: str) -> ClubAccess:
    """Return a Viewer's access for staff while an Owner's leave lasts, and note the first visit of each day."""
    club = Club.objects.filter(slug=slug, is_active=True).first() if user.is_staff and user.is_active else None
    if club is None or not support_grants(club).exists():
        raise ClubNotFound(slug)
    now = clock.now()
    visits = AuditEvent.objects.of(club).filter(action="support.opened", user=user, at__gt=now - VISIT)
    if not visits.exists():
        audit.note(
            club=club,
            actor=user,
            action="support.opened",
            subject=user.email,
            summary=f"{user} of the vendor's staff looked at the club with an Owner's leave.",
        )
    return ClubAccess(club, user, Role.VIEWER)


def support_grants(club: Club) -> models.QuerySet[SupportGrant]:
    """Return the Owners' leaves for the vendor's staff that last now; see `support`."""
    return SupportGrant.objects.of(club).filter(ended_at=None, until__gt=clock.now())


def clubs_of(user: User) -> list[ClubAccess]:
    """Return every club the person belongs to, by name."""
    memberships = (
        Membership.objects.select_related("club")
        .filter(user=user, is_active=True, user__is_active=True, club__is_active=True)
        .order_by("club__name")
    )
    return [ClubAccess(membership.club, user, membership.role) for membership in memberships]


def may(user: User, club: Club, permission: Permission) -> bool:
    """Whether the person, active and a member, may do this at the club now."""
    role = (
        Membership.objects.filter(user=user, club=club, is_active=True, user__is_active=True)
        .values_list("role", flat=True)
        .first()
    )
    return role is not None and permission in PERMISSIONS[role]


def roles_at(club: Club) -> dict[int, str]:
    """Return the role of each active person of the club by their key, in one query."""
    rows = Membership.objects.filter(club=club, is_active=True, user__is_active=True)
    return dict(rows.values_list("user_id", "role"))


def require(*, club: Club, actor: User, permission: Permission) -> None:
    """Raise NotAllowed unless the actor may do this at the club. Rooms call it first in whatever changes something."""
    if not may(actor, club, permission):
        raise NotAllowed(permission)


def roles_with(permission: Permission) -> list[str]:
    """Return the roles that include the permission."""
    return [role for role, allowed in PERMISSIONS.items() if permission in allowed]


def people_who_may(club: Club, permission: Permission) -> list[User]:
    """Return the active people of the club whose role includes the permission, by name."""
    rows = User.objects.filter(memberships__in=memberships_with(club, permission))
    return list(rows.order_by("name", "email"))


def memberships_with(club: Club, permission: Permission) -> models.QuerySet[Membership]:
    """Return the active memberships of the club whose role includes the permission, for use within another query."""
    return Membership.objects.filter(club=club, is_active=True, user__is_active=True, role__in=roles_with(permission))


def lock_club(club: Club) -> None:
    """Lock the club's row until the present database transaction ends, so that its changes come one by one.

    On SQLite a transaction that writes is alone already (BEGIN IMMEDIATE). Never hold it across a network call. Rows
    that only refer to the club are written without waiting for it: their check at the commit could make a deadlock.
    """
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM clubs_club WHERE id = %s FOR NO KEY UPDATE", [club.pk])


def locked_club(club: Club) -> Club:
    """Lock the club's row as `lock_club` does, and give it as it stands now."""
    rows = Club.objects.filter(pk=club.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return rows.get()
