"""Configuration → Security → Users: who belongs to the club, in which role, who is invited, and changing that."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clubledger.clubs import api_keys, audit_search, invitations, people, sign_in
from clubledger.clubs.access import PERMISSIONS, ClubAccess, Permission, may
from clubledger.clubs.models import Invitation, Membership, Role, User
from clubledger.foundation import clock
from clubledger.frame import query
from clubledger.frame.lists import Column, Holds, List
from clubledger.web.page import club_page, link_to, show
from clubledger.web.sign_in.forms import BAD_EMAIL
from clubledger.xero.connection import standing

RECENT = 10
ROLES = list(PERMISSIONS)
"""The roles from the one that may most down, which is the order that lists are sorted in, whatever the language."""


def _holds(permission: Permission) -> Callable[[str], Any]:
    """Return what tells of a role whether it holds the permission."""
    return lambda role: permission in PERMISSIONS[role]


def _may_configure(role: str) -> Any:
    """Whole, not at all, or that part of it which a role may have alone."""
    if Permission.CONFIGURE in PERMISSIONS[role]:
        return True
    return _("Get GL Codes only") if Permission.GET_GL_CODES in PERMISSIONS[role] else False


def _may_manage_people(role: str) -> Any:
    if Permission.PEOPLE not in PERMISSIONS[role]:
        return False
    return True if role == Role.OWNER else _("but not Owners")


TABLE: tuple[tuple[Any, Callable[[str], Any]], ...] = (
    (Permission.SEE.words, _holds(Permission.SEE)),
    (Permission.IMPORT.words, _holds(Permission.IMPORT)),
    (gettext_lazy("change mapping, chart and settings, Get GL Codes"), _may_configure),
    (gettext_lazy("authorise Xero for oneself"), _holds(Permission.AUTHORISE)),
    (Permission.SEND.words, _holds(Permission.SEND)),
    (Permission.UNDO.words, _holds(Permission.UNDO)),
    (Permission.PEOPLE.words, _may_manage_people),
)
"""Who may do what, a line each: its words, and what holds of a role: yes, no, or how far in words."""


class Member(NamedTuple):
    """A person of the club, as the list tells of them."""

    pk: int
    user: User
    role_code: str
    role: str
    is_active: bool
    has_authorised: bool
    has_second_step: bool


USERS = List(
    name="users",
    page="users",
    columns=(
        Column(
            key="name", title=gettext_lazy("Name"), cell=attrgetter("user"),
            order=lambda one: str(one.user).casefold(),
        ),
        Column(key="email", title=gettext_lazy("E-mail address"), cell=attrgetter("user.email"), is_on_page=False),
        Column(
            key="role", title=gettext_lazy("Role"), cell=attrgetter("role"), holds=Holds.WORDS,
            order=lambda one: ROLES.index(one.role_code),
        ),
        Column(
            key="xero", title=gettext_lazy("Xero"), cell=lambda one: _("authorised") if one.has_authorised else "",
            holds=Holds.WORDS, order=lambda one: not one.has_authorised,
        ),
        Column(
            key="second_step", title=gettext_lazy("Second step"),
            cell=lambda one: _("set up") if one.has_second_step else "", holds=Holds.WORDS,
            order=lambda one: not one.has_second_step,
        ),
        Column(
            key="signed_in", title=gettext_lazy("Last signed in"), cell=attrgetter("user.last_login"),
            holds=Holds.INSTANT, order=attrgetter("user.last_login"),
        ),
        Column(
            key="state", title=gettext_lazy("State"),
            cell=lambda one: _("Active") if one.is_active else _("No access"), holds=Holds.WORDS,
            order=lambda one: not one.is_active,
        ),
    ),
)  # fmt: skip
INVITATIONS = List(
    name="invitations",
    page="users",
    by="invited",
    table="invitations",
    anchor="#invited",
    columns=(
        Column(
            key="email", title=gettext_lazy("E-mail address"), cell=attrgetter("email"),
            order=lambda one: one.email.casefold(),
        ),
        Column(
            key="role", title=gettext_lazy("Role"), cell=lambda one: Role(one.role).label, holds=Holds.WORDS,
            order=lambda one: ROLES.index(one.role),
        ),
        Column(
            key="by", title=gettext_lazy("Invited by"), cell=attrgetter("invited_by"),
            order=lambda one: str(one.invited_by).casefold(),
        ),
        Column(
            key="made", title=gettext_lazy("Invited"), cell=attrgetter("created_at"), holds=Holds.INSTANT,
            is_on_page=False,
        ),
        Column(
            key="sent", title=gettext_lazy("Sent"), cell=attrgetter("sent_at"), holds=Holds.INSTANT, is_on_page=False
        ),
        Column(
            key="until", title=gettext_lazy("Works until"), cell=attrgetter("expires_at"), holds=Holds.INSTANT,
            order=attrgetter("expires_at"),
        ),
    ),
)  # fmt: skip


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)


class InviteForm(RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254, error_messages={"invalid": BAD_EMAIL}
    )
    field_order = ("email", "role")


@require_safe
@club_page()
def users(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List the people of the club, who is invited, and what each role may do; or give one of the lists as a file."""
    listing, invited = USERS.asked(request), INVITATIONS.asked(request)
    if listing.wants_file:
        return listing.file(listing.in_order(_members(access)))
    if invited.wants_file:
        return invited.file(invited.in_order(invitations.open_ones(club=access.club)))
    return _users(request, access, InviteForm(initial={"role": Role.ACCOUNTS}))


def _authorised(access: ClubAccess) -> set[int]:
    return {row.user_id for row in standing.authorisations(club=access.club) if row.is_live}


def _users(request: HttpRequest, access: ClubAccess, form: InviteForm, status: int = 200) -> HttpResponseBase:
    query.stands_at(request, link_to(access, "users"))
    listing, invited = USERS.asked(request), INVITATIONS.asked(request)
    members = _members(access)
    listing = listing.paged(listing.in_order(members), zone=access.club.time_zone)
    form.fields["role"].choices = _roles(access)  # type: ignore[attr-defined]
    return show(
        request,
        access,
        "web/people/users.html",
        status=status,
        crumbs=_crumbs(access),
        listing=listing,
        page=listing.page,
        active=sum(1 for member in members if member.is_active),
        invited=invited,
        invitations=[_shown(access, one) for one in invited.in_order(invitations.open_ones(club=access.club))],
        form=form,
        support_link=link_to(access, "support-access"),
        role_titles=[Role(role).label for role in PERMISSIONS],
        rights=[
            {"words": words, "held": [(Role(role).label, held(role)) for role in PERMISSIONS]} for words, held in TABLE
        ],
    )


def _members(access: ClubAccess) -> list[Member]:
    """Return the people, who has access first, by name."""
    found = people.members(club=access.club)
    authorised, secured = _authorised(access), sign_in.who_have_set_up(one.user_id for one in found)
    return [
        Member(
            pk=one.pk,
            user=one.user,
            role_code=one.role,
            role=str(Role(one.role).label),
            is_active=one.is_active and one.user.is_active,
            has_authorised=one.user_id in authorised,
            has_second_step=one.user_id in secured,
        )
        for one in found
    ]


def _shown(access: ClubAccess, one: Invitation) -> dict[str, Any]:
    return {
        "invitation": one,
        "role": Role(one.role).label,
        "is_too_old": one.expires_at <= clock.now(),
        "can_change": _may_change(access, one.role),
    }


def _may_change(access: ClubAccess, role: str) -> bool:
    return access.may(Permission.PEOPLE) and (access.role == Role.OWNER or role != Role.OWNER)


def _roles(access: ClubAccess) -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in Role.choices if access.role == Role.OWNER or value != Role.OWNER]


def _crumbs(access: ClubAccess, *more: str) -> list[tuple[str, str]]:
    here = [(_("Users"), link_to(access, "users")), *((title, "") for title in more)] if more else []
    return [(_("Configuration"), ""), (_("Security"), ""), *here]


@require_safe
@club_page()
def user(request: HttpRequest, access: ClubAccess, membership_id: int) -> HttpResponseBase:
    """Show one person: role, second step, Xero, keys, what they did of late, and how to change their role."""
    member = _member(access, membership_id)
    form = RoleForm(initial={"role": member.role})
    form.fields["role"].choices = _roles(access)  # type: ignore[attr-defined]
    return show(
        request,
        access,
        "web/people/user.html",
        crumbs=_crumbs(access, str(member.user)),
        member=member,
        person=member.user,
        member_role=Role(member.role).label,
        is_active=member.is_active and member.user.is_active,
        is_self=member.user_id == access.user.pk,
        can_change=_may_change(access, member.role),
        form=form,
        has_second_step=sign_in.has_set_up(member.user),
        authorisation=next(
            (row for row in standing.authorisations(club=access.club) if row.user_id == member.user_id and row.is_live),
            None,
        ),
        keys=[
            key
            for key in api_keys.of_club(club=access.club)
            if key.acts_for_id == member.user_id and not key.revoked_at
        ],
        events=audit_search.newest_by(member.user, club=access.club, most=RECENT),
    )


@require_POST
@club_page(Permission.PEOPLE)
def invite(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Invite somebody by e-mail."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _users(request, access, form, status=422)
    try:
        made = invitations.invite(club=access.club, actor=access.user, **form.cleaned_data)
    except people.PeopleError as error:
        form.add_error("email", str(error))
        return _users(request, access, form, status=422)
    _tell_sent(request, made)
    return redirect(link_to(access, "users"))


@require_POST
@club_page(Permission.PEOPLE)
def send_invitation_again(request: HttpRequest, access: ClubAccess, invitation_id: int) -> HttpResponseBase:
    """Send an invitation again, with a new address and seven more days."""
    known = _invitation(access, invitation_id)

    def change() -> None:
        _tell_sent(request, invitations.send_again(club=access.club, actor=access.user, invitation_id=known.pk))

    return _change(request, access, change)


@require_POST
@club_page(Permission.PEOPLE)
def withdraw_invitation(request: HttpRequest, access: ClubAccess, invitation_id: int) -> HttpResponseBase:
    """Take an invitation back."""
    known = _invitation(access, invitation_id)

    def change() -> None:
        invitations.withdraw(club=access.club, actor=access.user, invitation_id=known.pk)
        messages.success(request, _("The invitation of %(email)s was withdrawn.") % {"email": known.email})

    return _change(request, access, change)


def _tell_sent(request: HttpRequest, made: Invitation) -> None:
    if made.sent_at:
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": made.email})
    else:
        words = _("The invitation is kept, but the e-mail to %(email)s could not be sent. Send it again later.")
        messages.error(request, words % {"email": made.email})


@require_POST
@club_page(Permission.PEOPLE)
def set_role(request: HttpRequest, access: ClubAccess, membership_id: int) -> HttpResponseBase:
    """Change the role of somebody of the club, or restore their access."""
    member = _member(access, membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return redirect(link_to(access, "user", member.pk))
    role = form.cleaned_data["role"]

    def change() -> None:
        people.set_role(club=access.club, actor=access.user, user=member.user, role=role)
        words = _("%(person)s is now %(role)s.") % {"person": member.user, "role": Role(role).label}
        messages.success(request, words)

    return _change(request, access, change)


@require_POST
@club_page(Permission.PEOPLE)
def remove_user(request: HttpRequest, access: ClubAccess, membership_id: int) -> HttpResponseBase:
    """Take somebody's access to the club away."""
    member = _member(access, membership_id)

    def change() -> None:
        people.remove(club=access.club, actor=access.user, user=member.user)
        messages.success(request, _("%(person)s no longer has access.") % {"person": member.user})

    return _change(request, access, change)


def _change(request: HttpRequest, access: ClubAccess, change: Callable[[], None]) -> HttpResponseBase:
    """Do it, or say why it can't be done; then show the list again, unless the person took their own access away."""
    try:
        change()
    except people.PeopleError as error:
        messages.error(request, str(error))
    is_still_here = may(access.user, access.club, Permission.SEE)
    return redirect(link_to(access, "users") if is_still_here else "home")


def _member(access: ClubAccess, membership_id: int) -> Membership:
    member = people.member(club=access.club, membership_id=membership_id)
    if member is None:
        raise Http404
    return member


def _invitation(access: ClubAccess, invitation_id: int) -> Invitation:
    found = invitations.one_of(club=access.club, invitation_id=invitation_id)
    if found is None:
        raise Http404
    return found
