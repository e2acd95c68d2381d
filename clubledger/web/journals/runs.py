"""What was sent by whom: the send runs, and sending by schedule each night."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.models import SendRun
from clubledger.delivery.nightly import schedule
from clubledger.frame import exports, formats, paging
from clubledger.frame.sorting import asked, order_asked
from clubledger.web.page import club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.errors import XeroError

ORDERS = {
    "at": ("pk",), "who": ("actor__name~", "-pk"), "dates": ("first_on?", "-pk"), "journals": ("journals", "-pk"),
    "debit": ("minor?", "-pk"), "sent": ("sent", "-pk"),
}  # fmt: skip
NEWEST_FIRST = "-at"


@require_safe
@club_page()
def send_runs(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List every press of Send to GL with what came of it, and show sending by schedule."""
    runs = SendRun.objects.of(access.club)
    rows = (
        runs.select_related("actor")
        .annotate(
            journals=Count("deliveries"),
            minor=Sum("deliveries__journal__debit_minor"),
            sent=Count("deliveries", filter=Q(deliveries__closed_because="sent")),
            live=Count("deliveries", filter=Q(deliveries__closed_at=None)),
            first_on=Min("deliveries__journal__accounting_date"),
            last_on=Max("deliveries__journal__accounting_date"),
        )
        .order_by(*order_asked(request, ORDERS, NEWEST_FIRST))
    )
    if request.GET.get("format") in exports.FORMATS:
        return _as_file(access, rows, request.GET["format"])
    page = paging.page_of(request, rows, total=runs.count())
    return show(
        request,
        access,
        "web/journals/send_runs.html",
        crumbs=[(_("GL Integration"), link_to(access, "gl")), (_("Sent by whom"), "")],
        page=page,
        sort_asked=asked(request, ORDERS, NEWEST_FIRST),
        journals=sum(run.journals for run in page.rows),
        minor=sum(run.minor or 0 for run in page.rows),
        **_nightly(access),
    )


def _as_file(access: ClubAccess, rows: QuerySet[Any], file_format: str) -> HttpResponseBase:
    def cells() -> Iterator[tuple[Any, ...]]:
        for run in rows.iterator(chunk_size=500):
            yield (
                run.created_at, str(run.actor), run.first_on, run.last_on, run.journals,
                None if run.minor is None else from_minor(run.minor), run.sent,
            )  # fmt: skip

    header = [_("When (UTC)"), _("Who"), _("From"), _("Up To"), _("Journals"), _("Total debits"), _("Sent")]
    return exports.download(file_format=file_format, name=f"sent-{access.club.slug}", header=header, rows=cells())


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
