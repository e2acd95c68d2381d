"""The way in to every page of a club: who asks, for which club, with what right, and the frame around the answer.

Outsiders get 404, members without the right a page that says so. No page reaches a club's rows in another way.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clubledger.changeover.move import steps
from clubledger.clubs.access import ClubAccess, ClubNotFound, NotAllowed, Permission, open_club
from clubledger.clubs.models import Role, User
from clubledger.frame import pages
from clubledger.frame.reasons import Reason
from clubledger.ledger.intake import samples
from clubledger.web.pages import OF_A_CLUB, OF_A_PERSON
from clubledger.xero.connection import standing
from clubledger.xero.connection.standing import Standing
from clubledger.xero.models import Connection

Rest = ParamSpec("Rest")
ClubPage = Callable[Concatenate[HttpRequest, ClubAccess, Rest], HttpResponseBase]


class Chip(NamedTuple):
    """The sign in the head that tells whether Xero is connected."""

    words: str
    is_on: bool
    link: str


def person(request: HttpRequest) -> User:
    """Return the person who is signed in."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def club_page(permission: Permission = Permission.SEE) -> Callable[[ClubPage[Rest]], Callable[..., HttpResponseBase]]:
    """Open a view of a club: it receives the ClubAccess in place of the slug, after its permission was checked."""

    def decorate(view: ClubPage[Rest]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, slug: str, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            try:
                access = open_club(person(request), slug)
            except ClubNotFound:
                raise Http404 from None
            try:
                access.require(permission)
                return view(request, access, *args, **kwargs)
            except NotAllowed as error:
                return refuse(request, access, error)

        opened.permission = permission  # type: ignore[attr-defined]
        return opened

    return decorate


def refuse(request: HttpRequest, access: ClubAccess, error: NotAllowed) -> HttpResponse:
    """Answer 403 with the reason, inside the club's frame."""
    reason = _("You are %(role)s at %(club)s. This needs the right to %(right)s.") % {
        "role": Role(access.role).label,
        "club": access.club.name,
        "right": error.permission.words,
    }
    return render(request, "403.html", {"reason": reason, "back": link_to(access, "gl")}, status=403)


def link_to(access: ClubAccess, name: str, *args: Any) -> str:
    """Return the address of a page of the club."""
    return reverse(name, args=[access.club.slug, *args])


def general_ledger_trail(access: ClubAccess, leaf: str = "") -> list[tuple[str, str]]:
    """Return the way to General Ledger, or to `leaf` below it: titles with their addresses, empty where none is."""
    trail = [
        (_("Configuration"), ""),
        (_("Integration"), ""),
        (_("Integration Settings"), link_to(access, "integration-settings")),
        (_("Manage Integrations"), link_to(access, "integration-settings") + "#manage"),
        (_("General Ledger"), link_to(access, "general-ledger") if leaf else ""),
    ]
    return [*trail, (leaf, "")] if leaf else trail


def show(request: HttpRequest, access: ClubAccess, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page of the club in its frame: menu, connection, messages."""
    menu = pages.menu(OF_A_CLUB, request.path, slug=access.club.slug)
    is_financial = any(entry.is_here for entry in menu[0].entries)
    frame = {
        "access": access,
        "may": {permission.name: access.may(permission) for permission in Permission},
        "zone": access.club.time_zone,
        "role": Role(access.role).label,
        "menu": menu,
        "own_menu": pages.menu(OF_A_PERSON, request.path)[0].entries,
        "home_link": link_to(access, "gl"),
        "chip": _chip(
            access,
            context["connection"] if "connection" in context else standing.current(club=access.club),
            context.get("standing"),
        ),
        # Few pages show these; the others don't ask for them.
        "changeover": SimpleLazyObject(lambda: steps.live_of(club=access.club)),
        "has_sample": SimpleLazyObject(lambda: is_financial and samples.has_sample(club=access.club)),
    }
    return render(request, template, frame | context, status=status)


def ask_why(
    request: HttpRequest, access: ClubAccess, template: str, reason: Reason, *, status: int = 200, **context: Any
) -> HttpResponse:
    """Show a page that asks for a reason, or the same again with what was typed: 422, once it was sent in vain."""
    status = 422 if request.method == "POST" else status
    return show(request, access, template, status=status, **reason.fields, **context)


SIGNS = {
    "live": gettext_lazy("Xero: %(organisation)s"),
    "unauthorized": gettext_lazy("Xero: connection moved"),
    "not_authorised": gettext_lazy("Xero: not authorised by you"),
    "waiting": gettext_lazy("Xero: waiting for its answer"),
    "nobody": gettext_lazy("Xero: nobody has authorised"),
}
"""What the sign in the head says of a connected club, to whoever reads it."""


def _chip(access: ClubAccess, connection: Connection | None, own: Any) -> Chip:
    link = link_to(access, "general-ledger")
    if connection is None or not connection.tenant_id:
        return Chip(_("Xero: not connected"), False, link)
    sign: str = (
        own.kind
        if isinstance(own, Standing)
        else standing.sign_for(
            club=access.club, user=access.user, connection=connection, needs_own=access.may(Permission.SEND)
        )
    )
    return Chip(SIGNS[sign] % {"organisation": connection.organisation_name}, sign == "live", link)
