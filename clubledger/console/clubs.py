"""Console → Clubs: connection, who authorised, last sent, oldest unsent; one club with what staff may do for it."""

from collections.abc import Iterator
from typing import Any

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
from clubledger.changeover.fleet.clubs import SHOWS, SORTS, describe, find, with_slug
from clubledger.changeover.move import steps
from clubledger.changeover.waves import capacity, plan
from clubledger.clubs import people, support
from clubledger.clubs.models import Club, User
from clubledger.console.page import show, staff_page
from clubledger.console.words import SIGNS
from clubledger.frame import exports, paging, query, sorting
from clubledger.xero.connection import registration, standing

CONNECTED = {
    "live": gettext_lazy("Connected"), "moved": gettext_lazy("Connection moved"),
    "none": gettext_lazy("Not connected"),
}  # fmt: skip


@require_safe
@staff_page
def clubs(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the clubs that fit what is asked, with their states."""
    asked = {"text": request.GET.get("text", "").strip(), "show": request.GET.get("show", "all")}
    if asked["show"] not in SHOWS:
        asked["show"] = "all"
    app_id = query.key(request.GET.get("app"))
    sort = sorting.asked(request, SORTS)
    rows = find(actor=actor, text=asked["text"], show=asked["show"], app_id=app_id, sort=sort)
    if request.GET.get("format") in exports.FORMATS:
        return _as_file(rows, request.GET["format"])
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
        sort_asked=sort,
        app=registration.app_with_id(app_id),
        page=page,
        chips=chips,
        rows=[{"row": one, "sign": SIGNS[one.changeover.state] if one.changeover else ""} for one in described],
    )


def _as_file(rows: Any, file_format: str) -> HttpResponseBase:
    header = [
        _("Club"), _("Name"), _("Connection"), _("App"), _("Organisation"), _("Authorised"), _("Last sent"),
        _("Oldest not sent"), _("Changeover"),
    ]  # fmt: skip

    def lines() -> Iterator[tuple[Any, ...]]:
        found = list(rows)
        for start in range(0, len(found), 500):
            for one in describe(found[start : start + 500]):
                connection = one.connection
                yield (
                    one.club.slug, one.club.name, str(CONNECTED[one.connected]),
                    str(connection.app or "") if connection else "",
                    connection.organisation_name if connection else "", ", ".join(one.authorised), one.last_sent_at,
                    one.oldest_unsent_on, str(one.changeover.get_state_display()) if one.changeover else "",
                )  # fmt: skip

    return exports.download(file_format=file_format, name="clubs", header=header, rows=lines())


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
