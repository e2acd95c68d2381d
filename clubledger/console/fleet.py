"""Console → Fleet: what waits, what fails, limits, tokens and workers, in pictures with the figures beside them."""

from operator import itemgetter

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.changeover.fleet import health
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.console.words import FAILURES, FAULTS, LIMITS, REASONS
from clubledger.frame import pictures
from clubledger.frame.lists import Column, Holds, List

FAILING = List(
    name="what-fails",
    page="console-fleet",
    anchor="#failing",
    columns=(
        Column(
            key="state", title=gettext_lazy("State"), cell=itemgetter(0), holds=Holds.WORDS,
            order=lambda row: list(FAILURES).index(row[2].kind) if row[2].kind in FAILURES else len(FAILURES),
        ),
        Column(
            key="cause", title=gettext_lazy("Cause, figures taken out"), cell=itemgetter(1),
            order=lambda row: row[2].words.casefold() or None,
        ),
        Column(
            key="journals", title=gettext_lazy("Journals"), cell=lambda row: row[2].journals, holds=Holds.NUMBER,
            order=lambda row: row[2].journals,
        ),
        Column(
            key="clubs", title=gettext_lazy("Clubs"), cell=lambda row: row[2].clubs, holds=Holds.NUMBER,
            order=lambda row: row[2].clubs,
        ),
    ),
)  # fmt: skip
"""What fails: its state and its cause in words, and the cause; unless asked, what most suffer from stands first."""


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
    listing = FAILING.asked(request)
    failing = [
        (str(FAILURES.get(cause.kind, cause.kind)), str(FAULTS.get(cause.words, cause.words)), cause)
        for cause in seen.failing
    ]
    failing = listing.in_order(failing)
    if listing.wants_file:
        return listing.file(failing)
    waiting = [(cause.kind, str(REASONS.get(cause.kind, cause.kind)), cause) for cause in seen.waiting]
    return show(
        request,
        "console/fleet.html",
        fleet=seen,
        waiting=waiting,
        waiting_total=sum(cause.journals for cause in seen.waiting),
        waiting_picture=pictures.stacked([(kind, word, cause.journals) for kind, word, cause in waiting]),
        failing=failing,
        listing=listing,
        failing_total=sum(cause.journals for cause in seen.failing),
        apps=[(one, pictures.share(one.connections, one.most)) for one in health.connections_used(actor=actor)],
        limited=[(LIMITS.get(problem, problem), clubs, until) for problem, clubs, until in seen.limited],
        calls_picture=pictures.hours(seen.calls),
        calls_total=[sum(row[place] for row in seen.calls) for place in (1, 2, 3)],
        dead=[one for one in seen.tokens if one.died_at],
        dying=[one for one in seen.tokens if not one.died_at],
    )
