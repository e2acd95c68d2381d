"""GL Integration: what is not in Xero yet, the days as a picture, what needs help, the journals and what to do next."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.clubs.models import Club
from clubledger.delivery.reconciliation import sightings
from clubledger.delivery.sending import queue
from clubledger.delivery.sending.signs import Signs, signs_of
from clubledger.foundation import clock
from clubledger.frame import calendar, formats
from clubledger.frame.query import read_day
from clubledger.ledger.journals import overview
from clubledger.ledger.journals.overview import Figures, Group, Tally
from clubledger.web.journals import journal_rows
from clubledger.web.journals.causes import Cause, causes_of
from clubledger.web.journals.columns import JOURNALS
from clubledger.web.journals.decisions import sighting_words
from clubledger.web.journals.list_rows import rows_of
from clubledger.web.journals.selection import SHOWS, Asked
from clubledger.web.page import club_page, link_to, show
from clubledger.xero.connection import standing
from clubledger.xero.models import Connection

STRIP_DAYS = calendar.WEEKS * 7
ALARMS_SHOWN = 5
"""Alarms about journals in Xero that are shown at once; the next come up as these are settled."""


@require_safe
@club_page()
def gl(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show GL Integration, or its list as a file."""
    listing = JOURNALS.asked(request)
    if listing.wants_file:
        asked = Asked.from_query(access, request.GET)
        return listing.file(asked.ordered, name=f"journals-{access.club.slug}-{asked.from_on}-{asked.up_to_on}")
    figures = overview.overview(club=access.club)
    asked = Asked.from_query(access, request.GET, preset=figures.preset)
    connection = standing.current(club=access.club)
    if figures.first_on is None:
        return show(request, access, "web/journals/gl_first_run.html", steps=first_steps(access, figures, connection))
    counts = Tally.of(asked.days, club=access.club)
    total = Figures.of(counts.shown(asked.show))
    listing = listing.paged(asked.ordered, total=total.journals)
    ticked = request.GET.get("ticked", "")
    signs = signs_of(
        club=access.club, connection=connection, from_on=asked.from_on, up_to_on=asked.up_to_on,
        has_queued=counts.has("queued"),
    )  # fmt: skip
    run_id, progress = _run(request, access, signs)
    return show(
        request,
        access,
        "web/journals/gl.html",
        asked=asked,
        overview=figures,
        sentence=_sentence(figures),
        strip=_strip(request, access.club, asked, connection),
        chips=_chips(asked, counts),
        total=total,
        listing=listing,
        page=listing.page,
        connection=connection,
        rows=journal_rows.draw(rows_of(listing.rows, access, connection, ticked)),
        select_all=_select_all(counts.choosable(asked.show)),
        causes=_causes(access, asked, counts),
        run_id=run_id,
        progress=progress,
        is_moving=progress is not None and is_moving(progress),
        alarms=_alarms(access) if signs.alarms else [],
        alarms_left=max(0, signs.alarms - ALARMS_SHOWN),
        has_sample=signs.has_sample,
        is_restored=signs.has_holds,
        can_take_over=signs.can_take_over,
        oldest_link=_oldest_link(asked, figures.oldest_unsent_on),
        empty_link=_empty_link(access, figures, counts),
        is_valid_selection=ticked == "valid",
        has_valid=counts.has("valid"),
        has_queued=any(group.state == "queued" for group in counts.shown(asked.show)),
        standing=standing.standing_of(club=access.club, user=access.user, connection=connection)
        if access.may(Permission.SEND)
        else None,
        steps=None if signs.has_sent else first_steps(access, figures, connection, signs.unmapped),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four steps of a new club."""

    title: str
    words: str
    label: str
    link: str
    is_done: bool


def first_steps(access: ClubAccess, figures: Any, connection: Connection | None, unmapped: int = 0) -> list[Step]:
    """Return the four steps of a new club (bring transactions, connect Xero, map, send) with what is done."""
    see = _("See")
    return [
        Step(
            _("Bring transactions"),
            _("Export them from the membership or point-of-sale system and import the file.")
            if access.may(Permission.IMPORT)
            else _("An Owner or somebody of Accounts imports them from the membership or point-of-sale system."),
            _("Import") if access.may(Permission.IMPORT) else see,
            link_to(access, "imports"),
            figures.first_on is not None,
        ),
        Step(
            _("Connect Xero"),
            _("Authorise with your own Xero login; Clubledger shows the organisation before it is used.")
            if access.may(Permission.AUTHORISE)
            else _("An Owner, an Administrator or somebody of Accounts authorises with their own Xero login."),
            _("Open General Ledger") if access.may(Permission.AUTHORISE) else see,
            link_to(access, "general-ledger"),
            connection is not None and bool(connection.tenant_id),
        ),
        Step(
            _("Map"),
            _unmapped_words(unmapped, may_map=access.may(Permission.CONFIGURE)),
            _("Map") if access.may(Permission.CONFIGURE) else see,
            link_to(access, "charges"),
            figures.first_on is not None and not unmapped,
        ),
        Step(
            _("Send"),
            _("Validate the journals against Xero, see every fault at once, and send what is valid.")
            if access.may(Permission.SEND)
            else _("An Owner or somebody of Accounts validates the journals against Xero and sends what is valid."),
            _("Open GL Integration") if access.may(Permission.SEND) else see,
            link_to(access, "gl"),
            False,
        ),
    ]  # fmt: skip


def _unmapped_words(unmapped: int, *, may_map: bool) -> str:
    if not unmapped:
        if may_map:
            return _("Give each charge, account type and payment method its GL code.")
        return _("An Owner or an Administrator gives each charge, account type and payment method its GL code.")
    words = ngettext("%(count)s item has no GL code yet.", "%(count)s items have no GL code yet.", unmapped)
    counted, who = words % {"count": unmapped}, _("An Owner or an Administrator maps them.")
    return counted if may_map else f"{counted} {who}"


def _sentence(figures: Any) -> dict[str, str]:
    count = figures.journals_unsent
    if not count:
        return {"main": _("Everything up to %(day)s is in Xero.") % {"day": formats.day(figures.last_on)}, "help": ""}
    span = formats.span(figures.oldest_unsent_on, figures.newest_unsent_on or figures.oldest_unsent_on)
    main = ngettext(
        "%(count)s journal of %(span)s is not in Xero yet.",
        "%(count)s journals from %(span)s are not in Xero yet.",
        count,
    ) % {"count": formats.count(count), "span": span}
    needing = figures.journals_needing_help
    if not needing:
        return {"main": main, "help": ""}
    if count == 1:
        return {"main": main, "help": _("It needs your help.")}
    words = ngettext("%(count)s of them needs your help.", "%(count)s of them need your help.", needing)
    return {"main": main, "help": words % {"count": formats.count(needing)}}


def _strip(request: HttpRequest, club: Club, asked: Asked, connection: Any) -> calendar.Strip:
    today = clock.today_in(club.time_zone)
    # Who asks for everything up to a far day wants to see the days until now, not the empty ones to come.
    ahead = today + timedelta(days=31 if asked.from_on <= today else 366)
    until = min(asked.up_to_on, ahead)
    last_on = read_day(request.GET.get("strip")) or until
    first_on = calendar.monday_of(last_on) - timedelta(days=STRIP_DAYS - 7)
    locked_until = connection.organisation.locked_until if connection is not None else None
    days = overview.days(club=club, from_on=first_on, up_to_on=last_on, locked_until=locked_until)
    status = {day.on: str(day.status) for day in days}
    return calendar.draw(status, last_on=last_on, link=lambda on: f"?on={on.isoformat()}")


def _chips(asked: Asked, counts: Tally) -> list[dict[str, Any]]:
    chips = []
    for name, title in SHOWS.items():
        number = sum(group.journals for group in counts.shown(name))
        if number or name in {"unsent", "all", asked.show}:
            chips.append(
                {"title": title, "count": number, "link": asked.address(show=name), "is_here": name == asked.show}
            )
    return chips


def _select_all(groups: list[Group]) -> dict[str, Any]:
    total = Figures.of(groups)
    states = " ".join(sorted({group.state for group in groups}))
    return {"count": total.journals, "minor": total.minor, "states": states}


def _causes(access: ClubAccess, asked: Asked, counts: Tally) -> dict[str, list[Cause]]:
    causes = []
    if counts.has_choosable("is_found"):
        causes = causes_of(access, overview.findings_of(asked.days))
    return {
        "faults": [cause for cause in causes if cause.is_fault],
        "warnings": [cause for cause in causes if not cause.is_fault],
    }


def _run(request: HttpRequest, access: ClubAccess, signs: Signs) -> tuple[int | None, queue.Progress | None]:
    """Return the send run whose progress the page shows: the newest that goes on, or the one just asked for."""
    run_id = signs.run_id
    is_asked = request.GET.get("run") == str(run_id)
    if run_id is None or (signs.run_finished_at is not None and not is_asked):
        return None, None
    progress = queue.progress_of(club=access.club, run_id=run_id)
    return (None, None) if progress.is_finished and not is_asked else (run_id, progress)


def is_moving(progress: queue.Progress) -> bool:
    """Whether asking again soon would show something new: not if all that is left waits for a reason."""
    return not progress.is_finished and progress.total - progress.done > progress.waiting


def _alarms(access: ClubAccess) -> list[dict[str, Any]]:
    seen = sightings.open_ones(club=access.club, most=ALARMS_SHOWN)
    return [
        {
            "words": sighting_words(one),
            "link": link_to(access, "settle-sighting", one.pk),
            "void_link": link_to(access, "void-sighted", one.pk) if one.kind in sightings.VOIDABLE else "",
        }
        for one in seen
    ]


def _oldest_link(asked: Asked, oldest: date | None) -> str:
    if oldest is None or asked.from_on == oldest:
        return ""
    return asked.address(**{"from": oldest.isoformat(), "show": "unsent"})


def _empty_link(access: ClubAccess, figures: Any, counts: Tally) -> str:
    if not access.may(Permission.SEND) or figures.oldest_unsent_on is None:
        return ""
    if not counts.has_choosable("is_empty"):
        return ""
    newest = figures.newest_unsent_on or figures.last_on
    return (
        f"{reverse('gl', args=[access.club.slug])}?from={figures.oldest_unsent_on.isoformat()}"
        f"&up_to={newest.isoformat()}&show=empty&ticked=all"
    )
