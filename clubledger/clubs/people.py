"""People of a club and their roles."""

from django.db import transaction
from django.utils.translation import gettext

from clubledger.clubs import access, audit, sign_in
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, Invitation, Membership, Role, User, one_line
from clubledger.foundation import clock


class PeopleError(Exception):
    """Root of what can't be done with people."""


class OnlyOwnersMayChangeOwners(PeopleError):
    """An administrator tried to make, change or remove an Owner."""


class LastOwner(PeopleError):
    """A club keeps at least one active Owner."""


class UnknownRole(PeopleError):
    """There is no such role."""


class NotStaff(PeopleError):
    """Only the vendor's staff may switch a person off everywhere."""


def members(*, club: Club) -> list[Membership]:
    """Return everybody who belongs or belonged to the club: first who has access, by name."""
    rows = Membership.objects.filter(club=club).select_related("user")
    return list(rows.order_by("-is_active", "-user__is_active", "user__name", "user__email"))


def active_members(*, club: Club) -> list[Membership]:
    """Return the memberships that were not taken away, by name."""
    rows = Membership.objects.filter(club=club, is_active=True).select_related("user")
    return list(rows.order_by("user__name"))


def member(*, club: Club, membership_id: int) -> Membership | None:
    """Return one membership of the club, taken away or not."""
    return Membership.objects.select_related("user").filter(club=club, pk=membership_id).first()


def people_of(*, club: Club) -> list[User]:
    """Return the people who belong or belonged to the club, by name."""
    return list(User.objects.filter(memberships__club=club).order_by("name", "email"))


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    password: str,
    is_staff: bool = False,
    club: Club | None = None,
    actor: User | None = None,
    role: str = "",
) -> User:
    """Make a person who can sign in, with a role at a club that `actor` gives them if one is named. On record.

    For whoever runs the installation; a club's people are invited. Makes nobody where `set_role` raises what it raises.
    """
    person = User.objects.create_user(email, password, name=name, is_staff=is_staff)
    what = "one of the vendor's staff" if is_staff else "a person who can sign in"
    audit.note(
        club=None,
        actor=None,
        action="people.created",
        subject=person.email,
        summary=f"{person} was made by a command: {what}.",
        after={"is_staff": is_staff},
    )
    if club is not None and actor is not None:
        set_role(club=club, actor=actor, user=person, role=role)
    return person


@transaction.atomic
def create_club(
    *, name: str, slug: str, owner: User, time_zone: str = "Australia/Sydney", currency: str = "AUD"
) -> Club:
    """Create a club with its first Owner. `currency` as `currency.read` gives it."""
    club = Club.objects.create(name=one_line(name), slug=slug, time_zone=time_zone, currency=currency)
    Membership.objects.create(club=club, user=owner, role=Role.OWNER)
    audit.note(
        club=club,
        actor=owner,
        action="club.created",
        subject=slug,
        summary=f"{name} was created with {owner} as Owner.",
    )
    return club


@transaction.atomic
def set_role(*, club: Club, actor: User, user: User, role: str) -> Membership:
    """Grant a person a role at the club, adding them if need be.

    Raises UnknownRole, OnlyOwnersMayChangeOwners, LastOwner, or NotAllowed.
    """
    access.lock_club(club)
    access.require(club=club, actor=actor, permission=Permission.PEOPLE)
    if role not in Role.values:
        raise UnknownRole(role)
    membership = Membership.objects.filter(club=club, user=user).first()
    before = {"role": membership.role, "active": membership.is_active} if membership else None
    _guard_owners(club, actor, membership, new_role=role)
    guard_waiting(club=club, actor=actor, email=user.email)
    if membership is None:
        membership = Membership(club=club, user=user)
    membership.role, membership.is_active = role, True
    membership.save()
    _withdraw_invitations(club, user)
    audit.note(
        club=club,
        actor=actor,
        action="people.role_set",
        subject=user.email,
        summary=f"{user} is now {Role(role).in_english}.",
        before=before,
        after={"role": role, "active": True},
    )
    return membership


@transaction.atomic
def remove(*, club: Club, actor: User, user: User) -> None:
    """Take a person's access to the club away. Raises OnlyOwnersMayChangeOwners, LastOwner, or NotAllowed."""
    access.lock_club(club)
    access.require(club=club, actor=actor, permission=Permission.PEOPLE)
    membership = Membership.objects.get(club=club, user=user)
    _guard_owners(club, actor, membership, new_role=None)
    guard_waiting(club=club, actor=actor, email=user.email)
    Membership.objects.filter(pk=membership.pk).update(is_active=False)
    _withdraw_invitations(club, user)
    audit.note(
        club=club,
        actor=actor,
        action="people.removed",
        subject=user.email,
        summary=f"{user} no longer has access.",
        before={"role": membership.role, "active": membership.is_active},
        after={"role": membership.role, "active": False},
    )


@transaction.atomic
def switch(*, actor: User, user: User, on: bool) -> None:
    """Switch a person off at every club at once, signed in or not, or on again: they sign in anew. Raises NotStaff.

    A club takes its own access away with `remove`; this is for the vendor's staff, when an account is lost or misused.
    """
    if not (actor.is_staff and actor.is_active):
        raise NotStaff(gettext("Only staff may switch a person off everywhere."))
    User.objects.filter(pk=user.pk).update(is_active=on)
    if not on:
        sign_in.end_sessions(user)
    audit.note_at_clubs_of(
        user,
        actor=actor,
        action="people.switched_on" if on else "people.switched_off",
        subject=user.email,
        summary=f"{user} was switched {'on' if on else 'off'} everywhere by the vendor's staff.",
    )


def guard_giving(*, club: Club, actor: User, role: str) -> None:
    """Raise UnknownRole for no role, and OnlyOwnersMayChangeOwners if `actor` may not give this one."""
    if role not in Role.values:
        raise UnknownRole(role)
    if role == Role.OWNER and _role_of(club, actor) != Role.OWNER:
        raise OnlyOwnersMayChangeOwners(gettext("Only an Owner may make, change or remove an Owner."))


def guard_waiting(*, club: Club, actor: User, email: str) -> None:
    """Raise OnlyOwnersMayChangeOwners if `actor`, no Owner, would withdraw an invitation to be one by what they do."""
    waiting = Invitation.objects.of(club).filter(email=email, role=Role.OWNER, withdrawn_at=None, accepted_at=None)
    if waiting.filter(expires_at__gt=clock.now()).exists():
        guard_giving(club=club, actor=actor, role=Role.OWNER)


def join(*, club: Club, person: User, role: str) -> None:
    """Let a person in who was invited; whoever calls it holds the club's lock and notes it.

    A role that they hold already at the club is replaced, except an Owner's: an invitation must not demote one.
    """
    membership = Membership.objects.filter(club=club, user=person).first() or Membership(club=club, user=person)
    if not (membership.pk and membership.is_active and membership.role == Role.OWNER):
        membership.role = role
    membership.is_active = True
    membership.save()


def _withdraw_invitations(club: Club, user: User) -> None:
    """Withdraw what still waits for the person: it would undo, days later, what was decided about them now."""
    waiting = Invitation.objects.of(club).filter(email=user.email, withdrawn_at=None, accepted_at=None)
    waiting.update(withdrawn_at=clock.now())


def _role_of(club: Club, user: User) -> str | None:
    rows = Membership.objects.filter(club=club, user=user, is_active=True)
    return rows.values_list("role", flat=True).first()


def _guard_owners(club: Club, actor: User, membership: Membership | None, new_role: str | None) -> None:
    was_owner = membership is not None and membership.is_active and membership.role == Role.OWNER
    if not was_owner and new_role != Role.OWNER:
        return
    if _role_of(club, actor) != Role.OWNER:
        raise OnlyOwnersMayChangeOwners(gettext("Only an Owner may make, change or remove an Owner."))
    owners = Membership.objects.filter(club=club, role=Role.OWNER, is_active=True, user__is_active=True)
    # Whoever was switched off everywhere is no Owner that a club could rest on, and may be taken out of it.
    others = owners.exclude(user=membership.user_id) if membership else owners
    if was_owner and new_role != Role.OWNER and not others.exists():
        raise LastOwner(gettext("A club keeps at least one Owner. Make somebody else an Owner first."))
