"""What was sent by whom: the send runs, and sending by schedule each night."""

from datetime import date, time
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.nightly import schedule
from clubledger.delivery.sending.runs import number_of, runs_of
from clubledger.frame import formats
from clubledger.frame.lists import Column, Holds, List
from clubledger.web.page import club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.errors import XeroError

SEND_RUNS = List(
    name="sent",
    page="send-runs",
    preset="-at",
    columns=(
        Column(
            key="at", title=gettext_lazy("When"), file_title=gettext_lazy("When (UTC)"), cell=attrgetter("created_at"),
            holds=Holds.INSTANT, order=("pk",),
        ),
        Column(key="who", title=gettext_lazy("Who"), cell=attrgetter("actor"), order=("actor__name~", "-pk")),
        Column(key="dates", title=gettext_lazy("Dates"), order=("first_on?", "-pk")),
        Column(
            key="from", title=gettext_lazy("From"), cell=attrgetter("first_on"), holds=Holds.DAY, is_on_page=False,
        ),
        Column(
            key="up_to", title=gettext_lazy("Up To"), cell=attrgetter("last_on"), holds=Holds.DAY, is_on_page=False,
        ),
        Column(
            key="journals", title=gettext_lazy("Journals"), cell=attrgetter("journals"), holds=Holds.NUMBER,
            order=("journals", "-pk"),
        ),
        Column(
            key="debit", title=gettext_lazy("Total debits"),
            cell=lambda run: None if run.minor is None else from_minor(run.minor), holds=Holds.MONEY,
            order=("minor?", "-pk"),
        ),
        Column(
            key="sent", title=gettext_lazy("Result"), file_title=gettext_lazy("Sent"), cell=attrgetter("sent"),
            order=("sent", "-pk"),
        ),
    ),
)  # fmt: skip


@require_safe
@club_page()
def send_runs(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List every press of Send to GL with what came of it, and show sending by schedule."""
    listing = SEND_RUNS.asked(request)
    rows = runs_of(club=access.club, order=listing.order)
    if listing.wants_file:
        return listing.file(rows)
    listing = listing.paged(rows, total=number_of(club=access.club))
    return show(
        request,
        access,
        "web/journals/send_runs.html",
        crumbs=[(_("GL Integration"), link_to(access, "gl")), (_("Sent by whom"), "")],
        listing=listing,
        page=listing.page,
        journals=sum(run.journals for run in listing.rows),
        minor=sum(run.minor or 0 for run in listing.rows),
        **_nightly(access),
    )


def _nightly(access: ClubAccess) -> dict[str, Any]:
    current = schedule.current(club=access.club)
    is_on = current is not None and current.is_on
    last_night = schedule.last_night(current) if current is not None else None
    return {
        "nightly": current,
        "is_on": is_on,
        "next_run_at": schedule.next_run_at(access.club, current.at) if current is not None and is_on else None,
        "last_night": last_night,
        "last_night_on": date.fromisoformat(last_night.on) if last_night is not None else None,
    }


@require_POST
@club_page(Permission.SEND)
def set_nightly(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Switch sending by schedule on, at a time, or off."""
    try:
        if request.POST.get("answer") == "off":
            schedule.switch_off(club=access.club, actor=access.user)
            messages.success(request, _("Nothing is sent by schedule any more."))
        else:
            at_time = time.fromisoformat(request.POST.get("at", ""))
            schedule.switch_on(club=access.club, actor=access.user, at=at_time)
            when = formats.instant(schedule.next_run_at(access.club, at_time), access.club.time_zone)
            messages.success(request, _("Switched on, under your name; the next time is %(when)s.") % {"when": when})
    except ValueError:
        messages.error(request, _("Give the time of day, such as 02:30."))
    except XeroError as error:
        tell(request, access, error)
    except DeliveryError as error:
        messages.error(request, str(error))
    return redirect(link_to(access, "send-runs"))
