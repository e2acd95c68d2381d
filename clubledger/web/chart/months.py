"""One GL code over the last twelve months: a picture of each month's debits and credits, and the table behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Club
from clubledger.foundation import clock
from clubledger.frame import formats, pictures
from clubledger.frame.lists import Column, Holds, List, Words
from clubledger.frame.pictures import Bar, Part
from clubledger.ledger.mapping import codes
from clubledger.ledger.reports import movements
from clubledger.ledger.reports.movements import Moved
from clubledger.web.page import club_page, link_to, show

MONTHS, WEEKS = 12, 13


def _minor(name: str) -> Callable[[tuple[date, Moved]], Decimal]:
    """Return what gives an amount of a row."""
    return lambda row: from_minor(getattr(row[1], name))


def _amount(key: str, title: Words, *, is_on_page: bool = True) -> Column:
    cell = _minor(key)
    return Column(
        key=key, title=title, cell=cell, shown=lambda row: cell(row) or None, holds=Holds.MONEY,
        order=cell if is_on_page else None, is_on_page=is_on_page,
    )  # fmt: skip


MONTHLY = List(
    name="gl-code",
    page="gl-code",
    preset="-month",
    columns=(
        Column(
            key="month", title=gettext_lazy("Month"), cell=itemgetter(0), holds=Holds.MONTH, order=itemgetter(0)
        ),
        _amount("debit", gettext_lazy("Debit")),
        _amount("credit", gettext_lazy("Credit")),
        _amount("debit_sent", gettext_lazy("Debit in Xero"), is_on_page=False),
        _amount("credit_sent", gettext_lazy("Credit in Xero"), is_on_page=False),
        _amount("debit_unsent", gettext_lazy("Debit not in Xero")),
        _amount("credit_unsent", gettext_lazy("Credit not in Xero")),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfOne:
    """What a code moved in the weeks shown, and the small picture of it."""

    debit: int
    credit: int
    picture: SafeString


@dataclass(frozen=True, slots=True)
class Quarter:
    """What every code of a club moved in the last thirteen weeks."""

    weeks: Sequence[date]
    moved: dict[Any, movements.Periods]

    @classmethod
    def of_club(cls, club: Club, by: movements.By) -> "Quarter":
        """Read it."""
        weeks = movements.weeks_until(clock.today_in(club.time_zone), WEEKS)
        return cls(weeks, movements.moved(club=club, starts=weeks, by=by))

    def of(self, key: Any) -> OfOne | None:
        """Return what a code moved; None if nothing did."""
        row = row_of(self.moved.get(key, {}), self.weeks)
        debit, credit = sum(one.debit for one in row), sum(one.credit for one in row)
        return OfOne(debit, credit, pictures.weeks([one.net for one in row])) if debit or credit else None

    def amounts_of(self, key: Any) -> tuple[Decimal | None, Decimal | None]:
        """Return what was debited and credited, for a file; None where nothing moved."""
        found = self.moved.get(key, {}).values()
        debit, credit = sum(one.debit for one in found), sum(one.credit for one in found)
        return (from_minor(debit), from_minor(credit)) if debit or credit else (None, None)

    def total(self) -> OfOne:
        """Return what all codes moved together."""
        every = [self.of(key) for key in self.moved]
        debit, credit = sum(one.debit for one in every if one), sum(one.credit for one in every if one)
        return OfOne(debit, credit, mark_safe(""))


def row_of(found: movements.Periods, starts: Sequence[date]) -> list[Moved]:
    """Return a code's periods, oldest first, those where nothing moved too."""
    return [found.get(start, Moved()) for start in starts]


def _picture(months: Sequence[date], row: Sequence[Moved]) -> SafeString:
    """Draw each month's debits above the line and its credits below; what is not in Xero in another colour."""
    drawn = []
    for month, one in zip(months, row, strict=True):
        name = formats.month(month)

        def parts(word: str, sent: int, unsent: int, name: str = name) -> list[Part]:
            return [
                Part(f"c-{status}", amount, f"{name}, {word}: {formats.minor(amount)}")
                for status, amount in (("sent", sent), ("unsent", unsent))
            ]

        debit = parts(_("Debit"), one.debit_sent, one.debit_unsent)
        credit = parts(_("Credit"), one.credit_sent, one.credit_unsent)
        drawn.append(Bar(debit, credit, name))
    return pictures.bars(drawn, pictures.MONTHS)


@require_safe
@club_page()
def gl_code(request: HttpRequest, access: ClubAccess, code_id: int) -> HttpResponseBase:
    """Show a GL code's last twelve months, or give them as a file."""
    found = codes.gl_code(club=access.club, code_id=code_id)
    if found is None:
        raise Http404
    months = movements.months_until(clock.today_in(access.club.time_zone), MONTHS)
    row = row_of(movements.moved(club=access.club, starts=months, only=found.pk).get(found.pk, {}), months)
    listing = MONTHLY.asked(request)
    listed = listing.in_order(zip(months, row, strict=True))
    if listing.wants_file:
        return listing.file(listed, name=f"gl-code-{access.club.slug}-{found.code}")
    chart = link_to(access, "chart-of-accounts")
    return show(
        request,
        access,
        "web/chart/gl_code.html",
        crumbs=[
            (_("Configuration"), ""), (_("Financials"), ""), (_("Chart of Accounts"), chart),
            (_("GL Code"), link_to(access, "gl-codes")), (found.code, ""),
        ],
        code=found,
        items=codes.items_of(found),
        rows=[(month, one, _days(access, month)) for month, one in listed],
        listing=listing,
        total=Moved(*(sum(getattr(one, name) for one in row) for name in Moved.__slots__)),
        picture=_picture(months, row),
        span=formats.span(months[0], clock.today_in(access.club.time_zone)),
    )  # fmt: skip


def _days(access: ClubAccess, month: date) -> str:
    """Return the address of GL Integration with all journals of a month."""
    last_on = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return f"{reverse('gl', args=[access.club.slug])}?from={month.isoformat()}&up_to={last_on.isoformat()}&show=all"
