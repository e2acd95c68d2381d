"""Console → Fleet: what waits, what fails, limits, tokens and workers, in pictures with the figures beside them."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from clubledger.changeover import fleet
from clubledger.clubs.models import User
from clubledger.console import pictures
from clubledger.console.doors import show, staff_page
from clubledger.console.words import FAILURES, FAULTS, LIMITS, REASONS


@require_safe
@staff_page
def console(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Lead to the console's first page."""
    return redirect("console-changeovers")


@require_safe
@staff_page
def fleet_page(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Show the state of the fleet."""
    seen = fleet.look(actor=actor)
    waiting = [(cause.kind, str(REASONS.get(cause.kind, cause.kind)), cause) for cause in seen.waiting]
    return show(
        request,
        "console/fleet.html",
        fleet=seen,
        waiting=waiting,
        waiting_total=sum(cause.journals for cause in seen.waiting),
        waiting_picture=pictures.stacked([(kind, word, cause.journals) for kind, word, cause in waiting]),
        failing=[
            (FAILURES.get(cause.kind, cause.kind), FAULTS.get(cause.words, cause.words), cause)
            for cause in seen.failing
        ],
        failing_total=sum(cause.journals for cause in seen.failing),
        apps=[(one, pictures.share(one.connections, one.most)) for one in fleet.connections_used(actor=actor)],
        limited=[(LIMITS.get(problem, problem), clubs, until) for problem, clubs, until in seen.limited],
        calls_picture=pictures.hours(seen.calls),
        calls_total=[sum(row[place] for row in seen.calls) for place in (1, 2, 3)],
        dead=[one for one in seen.tokens if one.died_at],
        dying=[one for one in seen.tokens if not one.died_at],
    )
