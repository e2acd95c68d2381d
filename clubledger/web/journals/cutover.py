"""Post from, and recording everything up to a day: a date is chosen, what it does is shown, then it is confirmed."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation import clock
from clubledger.frame import formats
from clubledger.frame.query import read_day
from clubledger.frame.reasons import Reason
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.journals import cutover
from clubledger.ledger.journals.cutover import Pile
from clubledger.web.page import ask_why, club_page, general_ledger_trail, link_to


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def post_from(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Choose the day from which the club posts; see what it keeps back; set it, or take it away."""
    form = request.POST if request.method == "POST" else request.GET
    chosen = read_day(form.get("post_from"))
    wants_none = form.get("none") == "1"
    is_asked = bool(chosen or wants_none)
    is_unreadable = bool(form.get("post_from")) and chosen is None and not wants_none
    if wants_none:
        chosen = None
    effect = cutover.effect_of(club=access.club, post_from=chosen) if is_asked else None
    reason = Reason.of(request)
    error = ""
    if reason.is_given and effect is not None:
        if request.POST.get("told") == _told(effect):
            try:
                cutover.set_post_from(club=access.club, actor=access.user, post_from=chosen, reason=reason.text)
            except LedgerError as refused:
                error = str(refused)
            else:
                messages.success(request, _said(chosen))
                return redirect(link_to(access, "general-ledger"))
        else:
            error = _("Something has changed since you looked. Look at the numbers again.")
    return ask_why(
        request,
        access,
        "web/journals/post_from.html",
        reason,
        status=422 if is_unreadable else 200,
        crumbs=general_ledger_trail(access, _("Post from")),
        chosen=chosen,
        wants_none=wants_none,
        effect=effect,
        told=_told(effect) if effect else "",
        is_same=is_asked and chosen == access.club.post_from,
        is_unreadable=is_unreadable,
        error=error,
    )


def _told(effect: cutover.CutoverEffect) -> str:
    piles = (effect.kept, effect.released)
    return "/".join(f"{pile.journals}:{pile.amount_minor}" for pile in piles)


def _said(chosen: date | None) -> str:
    if chosen is None:
        return _("The club posts from its first day.")
    return _("The club posts from %(day)s. Days before it are kept for balances and never sent.") % {
        "day": formats.short_day(chosen)
    }


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.SEND)
def record_up_to(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Choose a day; see what would be recorded up to it and what would be left; record it with one reason."""
    form = request.POST if request.method == "POST" else request.GET
    today = clock.today_in(access.club.time_zone)
    chosen = read_day(form.get("up_to"))
    found = cutover.recordable_up_to(club=access.club, up_to_on=chosen) if chosen and chosen <= today else None
    reason = Reason.of(request)
    error = _("That day is still to come.") if chosen and chosen > today else ""
    if reason.is_given and chosen and not error:
        try:
            number = cutover.record_up_to(
                club=access.club, actor=access.user, up_to_on=chosen, reason=reason.text, told=_told_pile(request)
            )
        except LedgerError as refused:
            error = str(refused)
        else:
            words = ngettext(
                "%(count)s journal up to %(day)s recorded as manually added. Clubledger has not checked Xero.",
                "%(count)s journals up to %(day)s recorded as manually added. Clubledger has not checked Xero.",
                number,
            )
            messages.success(request, words % {"count": formats.count(number), "day": formats.short_day(chosen)})
            return redirect(link_to(access, "gl"))
    return ask_why(
        request,
        access,
        "web/journals/record_up_to.html",
        reason,
        crumbs=[(_("GL Integration"), link_to(access, "gl")), (_("Record everything up to"), "")],
        chosen=chosen,
        preset=chosen or today.replace(day=1) - timedelta(days=1),
        today=today,
        found=found,
        left=sum(found.left.values()) if found else 0,
        error=error,
    )


def _told_pile(request: HttpRequest) -> Pile:
    """Read what the person was shown; what can't be read is nothing that was ever shown."""
    texts = (request.POST.get("said_count", ""), request.POST.get("said_minor", ""))
    count, minor = (int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1 for text in texts)
    return Pile(count, 0, minor)
