"""The way from the front door to a club."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.clubs.access import PERMISSIONS, ClubAccess, Permission, clubs_of
from clubledger.clubs.models import Club, Role, User
from clubledger.frame.lists import Column, Holds, List
from clubledger.ledger.journals import overview
from clubledger.web.page import person
from clubledger.xero.connection import standing

SIGNS = {
    "live": ("live", gettext_lazy("Connected")),
    "unauthorized": ("moved", gettext_lazy("Connection moved")),
    "not_authorised": ("help", gettext_lazy("Not authorised by you")),
    "nobody": ("help", gettext_lazy("Nobody has authorised")),
    "none": ("ended", gettext_lazy("Not connected")),
}
"""The icon and the words of each sign that a club's connection gives the person."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A club of the person, with how it stands."""

    club: Club
    role_code: str
    role: str
    organisation: str
    kind: str
    oldest: date | None
    unsent: int
    helped: int

    @property
    def sign(self) -> tuple[str, str, Any]:
        """The sign of its connection: its kind, its icon, its words."""
        return (self.kind, *SIGNS[self.kind])


CLUBS = List(
    name="your-clubs",
    page="home",
    columns=(
        Column(
            key="club", title=gettext_lazy("Club"), cell=attrgetter("club.name"),
            order=lambda one: one.club.name.casefold(),
        ),
        Column(
            key="role", title=gettext_lazy("Role"), cell=attrgetter("role"), holds=Holds.WORDS,
            order=lambda one: list(PERMISSIONS).index(one.role_code),
        ),
        Column(
            key="organisation", title=gettext_lazy("Organisation in Xero"), cell=attrgetter("organisation"),
            order=lambda one: one.organisation.casefold() or None,
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=lambda one: one.sign[2], holds=Holds.WORDS,
            order=lambda one: list(SIGNS).index(one.kind),
        ),
        Column(
            key="oldest", title=gettext_lazy("Oldest journal not sent"), cell=attrgetter("oldest"), holds=Holds.DAY,
            order=attrgetter("oldest"),
        ),
        Column(
            key="unsent", title=gettext_lazy("Not in Xero"), cell=attrgetter("unsent"), holds=Holds.NUMBER,
            order=attrgetter("unsent"),
        ),
        Column(
            key="helped", title=gettext_lazy("Needs your help"), cell=attrgetter("helped"), holds=Holds.NUMBER,
            order=attrgetter("helped"),
        ),
    ),
)  # fmt: skip


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the person's club, or let them choose; or give their clubs as a file."""
    user = person(request)
    clubs = clubs_of(user)
    if user.is_staff and not clubs:
        return redirect("console")
    if len(clubs) == 1:
        return redirect("gl", clubs[0].club.slug)
    listing = CLUBS.asked(request)
    entries = listing.in_order(_entries(user, clubs))
    if entries and listing.wants_file:
        return listing.file(entries)
    context = {
        "listing": listing, "entries": entries, "helped": sum(entry.helped for entry in entries),
        "is_staff": user.is_staff,
    }  # fmt: skip
    return render(request, "web/sign_in/home.html", context)


def _entries(user: User, clubs: Sequence[ClubAccess]) -> list[Entry]:
    """Return each club with how it stands, in as many queries for fifty as for two."""
    unsent = overview.unsent_of(clubs=[access.club for access in clubs])
    signs = standing.signs_for(user=user, needs_own={access.club.pk: access.may(Permission.SEND) for access in clubs})
    entries = []
    for access in clubs:
        oldest, count, helped = unsent.get(access.club.pk, (None, 0, 0))
        connection, sign = signs.get(access.club.pk, (None, "none"))
        entries.append(
            Entry(
                club=access.club,
                role_code=access.role,
                role=str(Role(access.role).label),
                organisation=connection.organisation_name if connection else "",
                kind=sign,
                oldest=oldest,
                unsent=count,
                helped=helped,
            )
        )
    return entries
