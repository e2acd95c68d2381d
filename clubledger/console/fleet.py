"""Console → Fleet: what waits, what fails, limits, tokens and workers, in pictures with the figures beside them."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clubledger.changeover.fleet import health
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.console.words import FAILURES, FAULTS, LIMITS, REASONS
from clubledger.frame import exports, pictures, sorting

ORDERS: sorting.Keys = {
    "state": lambda row: list(FAILURES).index(row[2].kind) if row[2].kind in FAILURES else len(FAILURES),
    "cause": lambda row: row[2].words.casefold() or None,
    "journals": lambda row: row[2].journals,
    "clubs": lambda row: row[2].clubs,
}
"""The columns of what fails; unless asked, what most journals suffer from stands first."""


@require_safe
@staff_page
def console(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Lead to the console's first page."""
    return redirect("console-changeovers")


@require_safe
@staff_page
def fleet_page(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Show the state of the fleet, or what fails as a file."""
    seen = health.look(actor=actor)
    sort = sorting.asked(request, ORDERS)
    failing = [
        (str(FAILURES.get(cause.kind, cause.kind)), str(FAULTS.get(cause.words, cause.words)), cause)
        for cause in seen.failing
    ]
    failing = sorting.in_order(failing, sort, ORDERS)
    if request.GET.get("format") in exports.FORMATS:
        cells = ((word, about, cause.journals, cause.clubs) for word, about, cause in failing)
        header = [_("State"), _("Cause, figures taken out"), _("Journals"), _("Clubs")]
        return exports.download(file_format=request.GET["format"], name="what-fails", header=header, rows=cells)
    waiting = [(cause.kind, str(REASONS.get(cause.kind, cause.kind)), cause) for cause in seen.waiting]
    return show(
        request,
        "console/fleet.html",
        fleet=seen,
        waiting=waiting,
        waiting_total=sum(cause.journals for cause in seen.waiting),
        waiting_picture=pictures.stacked([(kind, word, cause.journals) for kind, word, cause in waiting]),
        failing=failing,
        sort_asked=sort,
        failing_total=sum(cause.journals for cause in seen.failing),
        apps=[(one, pictures.share(one.connections, one.most)) for one in health.connections_used(actor=actor)],
        limited=[(LIMITS.get(problem, problem), clubs, until) for problem, clubs, until in seen.limited],
        calls_picture=pictures.hours(seen.calls),
        calls_total=[sum(row[place] for row in seen.calls) for place in (1, 2, 3)],
        dead=[one for one in seen.tokens if one.died_at],
        dying=[one for one in seen.tokens if not one.died_at],
    )
