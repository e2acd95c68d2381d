"""Console → Changeovers: the board, waves, who is stuck, one changeover with its steps; reminders, downloads."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from clubledger.changeover import notices
from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.fleet import board
from clubledger.changeover.models import Changeover, State
from clubledger.changeover.move import named_steps, old_app
from clubledger.changeover.move.state import allows, is_stuck, words_of
from clubledger.changeover.move.steps import travellers_of
from clubledger.changeover.move.story import story_of
from clubledger.changeover.waves import steps
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.console.words import ATTEMPTS, SIGNS
from clubledger.foundation import clock
from clubledger.frame import paging, pictures, query
from clubledger.frame.lists import Column, Holds, List, Words
from clubledger.frame.reasons import Reason
from clubledger.xero.errors import XeroError

WAVES = List(
    name="waves",
    page="console-changeovers",
    by="waves",
    table="waves",
    anchor="#waves",
    columns=(
        Column(
            key="wave", title=gettext_lazy("Wave"), cell=lambda one: one[0].name,
            order=lambda one: one[0].name.casefold(),
        ),
        Column(
            key="app", title=gettext_lazy("New app"), cell=lambda one: one[0].to_app,
            order=lambda one: str(one[0].to_app).casefold(),
        ),
        Column(
            key="planned", title=gettext_lazy("Planned"), cell=lambda one: one[0].planned_at, holds=Holds.INSTANT,
            is_on_page=False,
        ),
        Column(key="picture", title=gettext_lazy("How far"), head_css="wide"),
        Column(
            key="clubs", title=gettext_lazy("Clubs"), cell=lambda one: one[1].total, holds=Holds.NUMBER,
            order=lambda one: one[1].total,
        ),
        Column(
            key="done", title=gettext_lazy("Done"), cell=lambda one: one[1].done, holds=Holds.NUMBER,
            order=lambda one: one[1].done,
        ),
        Column(
            key="stuck", title=gettext_lazy("Stuck"), cell=lambda one: one[1].stuck, holds=Holds.NUMBER,
            order=lambda one: one[1].stuck,
        ),
    ),
)  # fmt: skip
"""The waves with their tallies; unless asked, the newest stands first."""


def _filed(key: str, title: Words, name: str = "", holds: Holds = Holds.TEXT) -> Column:
    """Return a column that stands in the file alone."""
    return Column(key=key, title=title, cell=itemgetter(name or key), holds=holds, is_on_page=False)


CHANGEOVERS = List(
    name="changeovers",
    page="console-changeovers",
    in_file=(
        "slug", "club", "wave", "from_app", "to_app", "state", "since", "stuck", "waits_for", "at", "switched_at",
        "disconnected_at", "verified_at", "ended_at", "authorised", "people", "missing", "contact",
    ),
    columns=(
        _filed("slug", gettext_lazy("Club"), "club"),
        Column(
            key="club", title=gettext_lazy("Club"), file_title=gettext_lazy("Name"), cell=itemgetter("club_name"),
            order=("club",),
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=lambda one: State(one["state"]).label, holds=Holds.WORDS,
            order=("state",),
        ),
        Column(
            key="authorised", title=gettext_lazy("Authorised"), cell=itemgetter("people_done"), holds=Holds.NUMBER,
            order=("authorised",),
        ),
        Column(
            key="at", title=gettext_lazy("Switch"), file_title=gettext_lazy("Switch at"), cell=itemgetter("switch_at"),
            holds=Holds.INSTANT, order=("at",),
        ),
        Column(
            key="since", title=gettext_lazy("Since"), cell=itemgetter("since"), holds=Holds.INSTANT, order=("since",)
        ),
        Column(key="waits_for", title=gettext_lazy("Waits for"), cell=itemgetter("waits_for"), holds=Holds.WORDS),
        _filed("wave", gettext_lazy("Wave")),
        _filed("from_app", gettext_lazy("From")),
        _filed("to_app", gettext_lazy("To")),
        Column(
            key="stuck", title=gettext_lazy("Stuck"), cell=lambda one: _("yes") if one["stuck"] else "",
            is_on_page=False,
        ),
        _filed("switched_at", gettext_lazy("Switched at"), holds=Holds.INSTANT),
        _filed("disconnected_at", gettext_lazy("Disconnected at"), holds=Holds.INSTANT),
        _filed("verified_at", gettext_lazy("Verified at"), holds=Holds.INSTANT),
        _filed("ended_at", gettext_lazy("Ended at"), holds=Holds.INSTANT),
        _filed("people", gettext_lazy("People"), "people_total", Holds.NUMBER),
        Column(
            key="missing", title=gettext_lazy("Still to authorise"), is_on_page=False,
            cell=lambda one: " ".join(one["still_to_authorise"]),
        ),
        _filed("contact", gettext_lazy("Contact")),
    ),
)  # fmt: skip
"""Changeovers as `board.as_value` gives them; they are put into order where they are found, by names of its SORTS."""
TRAVELLERS = List(
    name="travellers",
    page="console-changeover",
    columns=(
        Column(key="person", title=gettext_lazy("Person")),
        Column(key="email", title=gettext_lazy("E-mail")),
        Column(key="new_app", title=gettext_lazy("New app")),
    ),
)
"""Who has to authorise in a changeover."""


@require_safe
@staff_page
def changeovers(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Show the board: how many stand where, the waves, and the list, the one that has stood longest first."""
    wave_id = query.key(request.GET.get("wave"))
    asked: dict[str, Any] = {
        "wave_id": wave_id,
        "state": request.GET.get("state", ""),
        "text": request.GET.get("text", "").strip(),
        "stuck": bool(request.GET.get("stuck")),
        "sort": request.GET.get("sort", ""),
    }
    listing, of_waves = CHANGEOVERS.asked(request), WAVES.asked(request)
    known = of_waves.in_order(board.waves(actor=actor))
    if of_waves.wants_file:
        return of_waves.file(known)
    rows = board.find(actor=actor, **asked)
    if listing.wants_file:
        return listing.file(_values(list(rows)), name=f"changeovers-{clock.now():%Y-%m-%d}")
    tally = board.tally(actor=actor, wave_id=wave_id)
    page = paging.page_of(request, rows, total=rows.count(), per_page=25)
    missing = board.missing_people(page.rows)
    now = clock.now()
    return show(
        request,
        "console/changeovers.html",
        tally=tally,
        picture=pictures.stacked(_parts(tally)),
        chips=_chips(request, tally),
        legend=[(SIGNS[state], state, State(state).label, count) for state, count in tally.by_state.items()],
        waves=[(one, counts, pictures.stacked(_parts(counts))) for one, counts in known],
        wave=next((one for one, _counts in known if one.pk == wave_id), None),
        asked=asked,
        listing=listing,
        of_waves=of_waves,
        page=page,
        rows=[
            {
                "row": one,
                "sign": SIGNS[one.state],
                "is_stuck": is_stuck(one, now),
                "words": words_of(one, now),
                "missing": missing.get(one.pk, []),
            }
            for one in page.rows
        ],
    )


def _parts(tally: board.Tally) -> list[tuple[str, str, int]]:
    return [(state, str(State(state).label), count) for state, count in tally.by_state.items()]


def _chips(request: HttpRequest, tally: board.Tally) -> list[dict[str, Any]]:
    here = (request.GET.get("state", ""), bool(request.GET.get("stuck")))
    chips: list[dict[str, Any]] = [
        {"title": _("All"), "count": sum(tally.by_state.values()), "state": None, "stuck": None}
    ]
    chips.append({"title": _("Stuck"), "count": tally.stuck, "state": None, "stuck": 1})
    for state, count in tally.by_state.items():
        chips.append({"title": str(State(state).label), "count": count, "state": state, "stuck": None})
    return [
        {
            "title": chip["title"],
            "count": chip["count"],
            "link": query.address_with(request, state=chip["state"], stuck=chip["stuck"], page=None),
            "is_here": here == (chip["state"] or "", bool(chip["stuck"])),
        }
        for chip in chips
    ]


def _values(found: Sequence[Changeover]) -> Iterator[dict[str, Any]]:
    """Return changeovers as the file tells of them."""
    missing, now = board.missing_people(found), clock.now()
    return (board.as_value(row, missing.get(row.pk, []), now) for row in found)


def _find(actor: User, changeover_id: int) -> Changeover:
    row = board.one(actor=actor, changeover_id=changeover_id)
    if row is None:
        raise Http404
    return row


@require_safe
@staff_page
def changeover(request: HttpRequest, actor: User, changeover_id: int) -> HttpResponseBase:
    """Show one changeover: where it stands, who has authorised, what was done, whom we wrote, and what can be done."""
    row = _find(actor, changeover_id)
    now = clock.now()
    old = [] if row.is_before else old_app.old_authorisations(row)
    # Without an authorisation of the old app there is nothing to return to.
    is_no_way_back = not old and row.people_total > 0
    return show(
        request,
        "console/changeover.html",
        row=row,
        sign=SIGNS[row.state],
        is_stuck=is_stuck(row, now),
        words=words_of(row, now),
        can=[step for step in named_steps.STEPS if allows(row, step) and not (step == "roll_back" and is_no_way_back)],
        listing=TRAVELLERS.asked(request),
        travellers=_travellers(row),
        old=old,
        story=story_of(row),
        letters=notices.letters_of(row),
        switch_at_text=f"{row.switch_at.astimezone(ZoneInfo(row.club.time_zone)):%Y-%m-%dT%H:%M}"
        if row.switch_at
        else "",
    )


def _travellers(row: Changeover) -> list[dict[str, Any]]:
    """Return who must authorise, with what became of their last try."""
    if row.is_before:
        return []
    attempts = board.last_attempts(row)
    made = []
    for one in travellers_of(row, with_excused=True):
        attempt = attempts.get(one.user_id)
        words = ATTEMPTS.get(attempt.outcome) if attempt else None
        made.append(
            {
                "user": one.user,
                "excused_at": one.excused_at,
                "authorised_at": one.authorised_at,
                "attempt": {"at": attempt.at, "words": words} if attempt and words else None,
            }
        )
    return made


@require_POST
@staff_page
def take_step(request: HttpRequest, actor: User, changeover_id: int, step: str) -> HttpResponseBase:
    """Take a step of one changeover."""
    row = _find(actor, changeover_id)
    if step not in named_steps.STEPS:
        raise Http404
    try:
        messages.success(request, _do(request, actor, row, step))
    except ChangeoverError as error:
        messages.error(request, str(error))
    except XeroError as error:
        words = error.words or type(error).__name__
        messages.error(request, _("Xero could not be asked: %(words)s") % {"words": words})
    return redirect("console-changeover", changeover_id)


def _do(request: HttpRequest, actor: User, row: Changeover, step: str) -> str:
    count = named_steps.take(
        step,
        club=row.club,
        actor=actor,
        changeover_id=row.pk,
        reason=Reason.of(request).typed[:300],
        at=request.POST.get("switch_at", ""),
    )
    if step == "disconnect":
        return ngettext("%(count)s connection removed.", "%(count)s connections removed.", count) % {"count": count}
    return {
        "announce": _("The club is being told."),
        "switch": _("Switched. From now on the club's people authorise the new app."),
        "pause": _("Paused."),
        "resume": _("Resumed."),
        "call_off": _("Called off. Nothing of the club has changed."),
        "reschedule": _("It has another time. Whoever was told of the old one is told."),
        "note_gone": _("Noted. Xero was not asked."),
        "remind": _("Whoever has still to authorise is being reminded, at most once a day."),
        "roll_back": _("Rolled back. What was waiting goes on under the old app."),
    }[step]


@require_POST
@staff_page
def take_step_for_all(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Take a step for every changeover of a wave that it follows for."""
    step, reason = request.POST.get("step", ""), Reason.of(request).typed[:300]
    wave_id = query.key(request.POST.get("wave")) or 0
    try:
        if step == "roll_back":
            _tell_rolled_back(request, steps.roll_back(actor=actor, wave_id=wave_id, reason=reason))
        else:
            _tell_done(request, steps.take_step(actor=actor, wave_id=wave_id, step=step, reason=reason))
    except ChangeoverError as error:
        messages.error(request, str(error))
    return redirect(f"{request.path.removesuffix('all/')}?{urlencode({'wave': wave_id})}")


def _tell_done(request: HttpRequest, count: int) -> None:
    words = ngettext("Done for %(count)s club.", "Done for %(count)s clubs.", count)
    messages.success(request, words % {"count": count})


def _tell_rolled_back(request: HttpRequest, done: steps.RolledBack) -> None:
    _tell_done(request, done.clubs)
    if done.refused:
        told = "; ".join(f"{name}: {reason}" for name, reason in done.refused[:10])
        words = ngettext(
            "%(count)s club could not be rolled back. %(told)s",
            "%(count)s clubs could not be rolled back. %(told)s",
            len(done.refused),
        )
        messages.warning(request, words % {"count": len(done.refused), "told": told})
    if done.left:
        words = ngettext("%(count)s club is left: press again.", "%(count)s clubs are left: press again.", done.left)
        messages.warning(request, words % {"count": done.left})
