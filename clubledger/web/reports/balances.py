"""Balances: that nothing is lost, as the worker proved it, and what Xero says of it beside."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clubledger.clubs.access import ClubAccess, Permission, may
from clubledger.delivery import proofs
from clubledger.delivery.errors import CannotProve
from clubledger.delivery.models import BalanceProof
from clubledger.delivery.proofs import agreement
from clubledger.foundation import clock
from clubledger.frame import formats
from clubledger.frame.query import read_day
from clubledger.ledger.reports.balances import Balance, add_up, last_day
from clubledger.web.journals.decisions import sighting_words
from clubledger.web.page import club_page, link_to, show
from clubledger.web.reports.columns import BALANCES

EARLIER_SHOWN = 6
"""How many days that were proved are offered."""


@require_safe
@club_page()
def balances(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show what was proved of the day asked for, or of the last one with transactions; or give it as a file."""
    last_on = last_day(club=access.club)
    on = read_day(request.GET.get("at")) or last_on
    proof = proofs.find(club=access.club, at=on)
    is_under_way = proof is not None and proofs.is_under_way(proof)
    if request.GET.get("part") == "progress":
        return render(request, "web/reports/balances_progress.html", {"is_under_way": is_under_way})
    rows = proofs.rows_of(proof) if proof and proof.made_at else []
    listing = BALANCES.asked(request)
    listing = listing.of_rows(listing.in_order(rows))
    if listing.wants_file:
        return listing.file(listing.rows, name=f"balances-{access.club.slug}" + (f"-{on}" if on else ""))
    has_early = any(row.before_cutover for row in rows)
    off = [row for row in rows if row.difference]
    seen = agreement(club=access.club, at=on)
    return show(
        request,
        access,
        "web/reports/balances.html",
        on=on,
        has_none=last_on is None,
        proof=proof,
        sentence=_sentence(access, proof, off),
        is_under_way=is_under_way,
        is_left=proof is not None and proof.ended_at is None and not is_under_way,
        is_overtaken=proof is not None and not is_under_way and proofs.is_overtaken(club=access.club, proof=proof),
        # Staff who visit with an Owner's leave are no members.
        may_prove=not access.user.is_staff or may(access.user, access.club, Permission.SEE),
        listing=listing if has_early else listing.without("before_cutover"),
        rows=listing.rows,
        totals=add_up(rows),
        has_early=has_early,
        off=len(off),
        proved_days=proofs.proved_days(club=access.club, most=EARLIER_SHOWN),
        seen=seen,
        alarms=[(sighting_words(one), link_to(access, "settle-sighting", one.pk)) for one in seen.alarms],
    )


@require_POST
@club_page()
def prove_balances(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Have the worker prove the day asked for; the page says how it stands."""
    on = read_day(request.POST.get("at")) or last_day(club=access.club)
    if on is None:
        messages.error(request, _("No transaction has come in yet."))
        return redirect(link_to(access, "balances"))
    try:
        proofs.ask(club=access.club, actor=access.user, at=on)
    except CannotProve as error:
        messages.error(request, str(error))
    return redirect(f"{link_to(access, 'balances')}?{urlencode({'at': on.isoformat()})}")


def _sentence(access: ClubAccess, proof: BalanceProof | None, off: Sequence[Balance]) -> dict[str, str]:
    """Return the answer in a sentence: whether all adds up, when that was proved, and what is off."""
    if proof is None or proof.made_at is None:
        return {"main": _("Nothing was proved yet."), "help": ""}
    zone = access.club.time_zone
    is_today = proof.made_at.astimezone(ZoneInfo(zone)).date() == clock.today_in(zone)
    when = formats.clock_time(proof.made_at, zone) if is_today else formats.instant(proof.made_at, zone)
    told = {"day": formats.short_day(proof.at), "when": when}
    if not off and is_today:
        main = _("Every account type adds up to the cent at %(day)s, proved today at %(when)s.")
        return {"main": main % told, "help": ""}
    if not off:
        main = _("Every account type adds up to the cent at %(day)s, proved on %(when)s.")
        return {"main": main % told, "help": ""}
    words = ngettext(
        "%(count)s account type is off by %(amount)s.",
        "%(count)s account types are off, by %(amount)s in all.",
        len(off),
    )
    amount = formats.money(sum((abs(row.difference) for row in off), Decimal(0)))
    main = _("At %(day)s, proved today at %(when)s:") if is_today else _("At %(day)s, proved on %(when)s:")
    return {"main": main % told, "help": words % {"count": formats.count(len(off)), "amount": amount}}
