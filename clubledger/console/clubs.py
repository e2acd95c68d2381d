"""Console → Clubs: connection, who authorised, last sent, oldest unsent; one club with what staff may do for it."""

from collections.abc import Iterator, Sequence
from operator import attrgetter

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clubledger.changeover import times
from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.fleet import board
from clubledger.changeover.fleet.clubs import SHOWS, ClubRow, describe, find, with_slug
from clubledger.changeover.move import steps
from clubledger.changeover.waves import capacity, plan
from clubledger.clubs import people, support
from clubledger.clubs.models import Club, User
from clubledger.console.page import show, staff_page
from clubledger.console.words import SIGNS
from clubledger.frame import paging, query
from clubledger.frame.lists import Column, Holds, List
from clubledger.xero.connection import registration, standing

AT_ONCE = 500
"""Clubs that are described together for a file."""
CONNECTED = {
    "live": gettext_lazy("Connected"), "moved": gettext_lazy("Connection moved"),
    "none": gettext_lazy("Not connected"),
}  # fmt: skip
CLUBS = List(
    name="clubs",
    page="console-clubs",
    columns=(
        Column(key="slug", title=gettext_lazy("Club"), cell=attrgetter("club.slug"), is_on_page=False),
        Column(
            key="club", title=gettext_lazy("Club"), file_title=gettext_lazy("Name"), cell=attrgetter("club.name"),
            order=("club",),
        ),
        Column(
            key="connection", title=gettext_lazy("Connection"), cell=lambda one: CONNECTED[one.connected],
            holds=Holds.WORDS, order=("connection",),
        ),
        Column(
            key="app", title=gettext_lazy("App"), is_on_page=False,
            cell=lambda one: str(one.connection.app or "") if one.connection else "",
        ),
        Column(
            key="organisation", title=gettext_lazy("Organisation"), is_on_page=False,
            cell=lambda one: one.connection.organisation_name if one.connection else "",
        ),
        Column(
            key="authorised", title=gettext_lazy("Authorised"), cell=lambda one: ", ".join(one.authorised)
        ),
        Column(key="sent", title=gettext_lazy("Last sent"), cell=attrgetter("last_sent_at"), holds=Holds.INSTANT),
        Column(
            key="oldest", title=gettext_lazy("Oldest not sent"), cell=attrgetter("oldest_unsent_on"), holds=Holds.DAY,
            order=("oldest",),
        ),
        Column(
            key="changeover", title=gettext_lazy("Changeover"), holds=Holds.WORDS, order=("changeover",),
            cell=lambda one: one.changeover.get_state_display() if one.changeover else "",
        ),
    ),
)  # fmt: skip
"""The clubs are put into order where they are found: the fields are names of `SORTS`."""


@require_safe
@staff_page
def clubs(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the clubs that fit what is asked, with their states."""
    asked = {"text": request.GET.get("text", "").strip(), "show": request.GET.get("show", "all")}
    if asked["show"] not in SHOWS:
        asked["show"] = "all"
    app_id = query.key(request.GET.get("app"))
    listing = CLUBS.asked(request)
    rows = find(actor=actor, text=asked["text"], show=asked["show"], app_id=app_id, sort=listing.sort)
    if listing.wants_file:
        return listing.file(_described(list(rows)))
    page = paging.page_of(request, rows, total=rows.count(), per_page=50)
    shows = {
        "all": _("All"),
        "live": _("Connected"),
        "moved": _("Connection moved"),
        "none": _("Not connected"),
        "changeover": _("In a changeover"),
    }
    chips = [
        {
            "title": title,
            "link": query.address_with(request, show=name, page=None),
            "is_here": asked["show"] == name,
        }
        for name, title in shows.items()
    ]
    described = describe(page.rows)
    return show(
        request,
        "console/clubs.html",
        asked=asked,
        listing=listing,
        app=registration.app_with_id(app_id),
        page=page,
        chips=chips,
        rows=[{"row": one, "sign": SIGNS[one.changeover.state] if one.changeover else ""} for one in described],
    )


def _described(found: Sequence[Club]) -> Iterator[ClubRow]:
    """Describe many clubs, some hundreds at a time."""
    for start in range(0, len(found), AT_ONCE):
        yield from describe(found[start : start + AT_ONCE])


def _find(actor: User, slug: str) -> Club:
    found = with_slug(actor=actor, slug=slug)
    if found is None:
        raise Http404
    return found


@require_safe
@staff_page
def club(request: HttpRequest, actor: User, slug: str) -> HttpResponseBase:
    """Show one club's states: who belongs to it, who has authorised which app, its changeovers."""
    found = _find(actor, slug)
    live = steps.live_of(club=found)
    return show(
        request,
        "console/club.html",
        club=found,
        state=describe([found])[0],
        people=people.active_members(club=found),
        authorisations=standing.authorisations(club=found),
        live=live,
        past=board.of_club(actor=actor, club=found),
        apps=[] if live else registration.active_apps(),
        grant=support.current(club=found),
    )


@require_POST
@staff_page
def plan_club(request: HttpRequest, actor: User, slug: str) -> HttpResponseBase:
    """Plan the changeover of one club."""
    found = _find(actor, slug)
    app = registration.app_with_id(query.key(request.POST.get("to_app")))
    if app is None:
        raise Http404
    try:
        made = plan.plan(
            club=found,
            actor=actor,
            to_app=app,
            switch_at=times.read_local(request.POST.get("switch_at", ""), found.time_zone),
            contact=request.POST.get("contact", ""),
            notes=request.POST.get("notes", ""),
            disconnects_itself=bool(request.POST.get("disconnects_itself")),
            announce=bool(request.POST.get("announce")),
        )
    except ChangeoverError as error:
        messages.error(request, str(error))
        return redirect("console-club", slug)
    crowded = capacity.warning(to_app=app)
    if crowded:
        messages.warning(request, crowded)
    return redirect("console-changeover", made.pk)
