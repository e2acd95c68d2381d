"""GST check: the page before the BAS. Per tax period and tax type the documents' tax, Xero's, and why they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from clubledger.bookkeeping.chart import Organisation
from clubledger.clubs.access import ClubAccess
from clubledger.foundation import clock
from clubledger.frame import exports, formats, paging
from clubledger.frame.lists import Listing
from clubledger.frame.query import read_day
from clubledger.ledger.reports import gst
from clubledger.ledger.reports.gst import Document, JournalTax, Period, Tax, TaxType
from clubledger.web.page import club_page, link_to, show
from clubledger.web.reports.columns import DOCUMENTS, JOURNALS, PERIODS, TAX_TYPES
from clubledger.xero.connection import standing
from clubledger.xero.models import Connection

LENGTHS = {
    "month": gettext_lazy("Months"), "two_months": gettext_lazy("Two months"), "quarter": gettext_lazy("Quarters"),
    "half_year": gettext_lazy("Half-years"), "year": gettext_lazy("Years"),
}  # fmt: skip
ALWAYS_OFFERED = ("month", "quarter")
"""Lengths that anybody can look at; the organisation's own is the preset, and offered too."""
PERIODS_SHOWN = {"half_year": 3, "year": 2}
"""How many periods are listed, where that is not four: longer ones hold more journals."""
DOCUMENTS_SHOWN = 25


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A tax type with what the period's journals come to for it."""

    tax_type: TaxType
    tax: Tax


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period in the list at the top. Sales and purchases apart, as on the BAS."""

    period: Period
    name: str
    link: str
    is_here: bool
    collected: Tax
    paid: Tax

    @property
    def both(self) -> Tax:
        """Collected less paid: what the club owes the tax office, or is owed."""
        whole = Tax()
        for name in ("gross", "stated", "xero", "unstated", "unsent", "recorded", "silent"):
            setattr(whole, name, getattr(self.collected, name) - getattr(self.paid, name))
        return whole


@require_safe
@club_page()
def gst_check(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the period asked for, or the last full one; or one of the page's tables as a file."""
    connection = standing.current(club=access.club)
    own = connection.organisation if connection else Organisation("", "")
    length = request.GET.get("length", "")
    length = length if length in LENGTHS else gst.length_of(own)
    today = clock.today_in(access.club.time_zone)
    now = Period.holding(today, length, ends_in=own.tax_year_end_month)
    asked_on = read_day(request.GET.get("period"))
    period = Period.holding(asked_on, length, ends_in=own.tax_year_end_month) if asked_on else now.before(length)
    periods = _around(period, now, length)
    every = gst.journals_between(club=access.club, first_on=periods[0].first_on, last_on=periods[-1].last_on)
    rows = [row for row in every if period.holds(row.dated_on)]
    listed = [_period_row(one, every, length, is_here=one == period) for one in reversed(periods)]
    if request.GET.get("format") in exports.FORMATS:
        return _as_file(request, access, period, rows, listed)
    listing_documents = DOCUMENTS.asked(request)
    documents, document_count, document_tax = _documents(listing_documents, access, period, limit=DOCUMENTS_SHOWN)
    listing, listing_types = JOURNALS.asked(request), TAX_TYPES.asked(request)
    off = [row for row in listing.in_order(_worst_first(rows)) if row.tax.difference or row.tax.unread]
    here = _period_row(period, rows, length, is_here=True)
    return show(
        request,
        access,
        "web/reports/gst_check.html",
        connection=connection,
        standing=_registration(connection),
        lengths=[
            (name, words, name == length)
            for name, words in LENGTHS.items()
            if name in {*ALWAYS_OFFERED, gst.length_of(own), length}
        ],
        length=length,
        period=period,
        name=_name(period),
        is_running=period.last_on >= today,
        is_to_come=period.first_on > today,
        periods=listed,
        earlier=_link(periods[0].before(length), length),
        later=_link(period.after(length), length) if period < now else "",
        here=here,
        nothing_sent=all(row.state not in {"sent", "differs"} for row in rows),
        sentence=_sentence(here, off),
        listing_types=listing_types.without(*([] if here.collected.recorded or here.paid.recorded else ["recorded"])),
        listing_documents=listing_documents,
        listing_periods=PERIODS.asked(request),
        types=[(one.tax_type, one.tax) for one in listing_types.in_order(_types(rows))],
        has_both_sides=len({row.tax_type.is_purchase for row in rows}) > 1,
        beyond={row.tax_type for row in off if not row.tax.is_rounding},
        listing=listing.paged(off),
        page=paging.page_of(request, off, total=len(off)),
        unsent=len({row.journal_id for row in rows if row.tax.unsent or row.tax.silent}),
        unsent_link=_unsent_link(access, rows),
        moved=[row for row in rows if not period.holds(row.accounting_date)],
        documents=documents,
        document_count=document_count,
        document_tax=document_tax,
        post_from=access.club.post_from if access.club.post_from and access.club.post_from > period.first_on else None,
    )


def _worst_first(rows: Sequence[JournalTax]) -> list[JournalTax]:
    """Put those journals' tax types first whose difference rounding does not explain."""
    return sorted(rows, key=lambda row: (row.tax.is_rounding, -abs(row.tax.difference)))


def _types(rows: Sequence[JournalTax]) -> list[TypeRow]:
    return [TypeRow(tax_type, tax) for tax_type, tax in gst.sum_up(rows).items()]


def _documents(
    listing: Listing, access: ClubAccess, period: Period, limit: int | None = None
) -> tuple[list[Document], int, int]:
    """Return the earlier documents in the order asked for, cut off at the limit; their number and tax are of all."""
    most = None if listing.sort else limit
    found, count, tax = gst.earlier_documents(club=access.club, period=period, limit=most)
    return listing.in_order(found)[:limit], count, tax


def _around(period: Period, now: Period, length: str) -> list[Period]:
    """Return the periods to list, oldest first: those up to the present one, or up to the one asked for."""
    last, count = now, PERIODS_SHOWN.get(length, 4)
    for _step in range(count - 1):
        if last <= period:
            break
        last = last.before(length)
    shown = [now] if last <= period <= now else [period]
    while len(shown) < count:
        shown.append(shown[-1].before(length))
    return shown[::-1]


def _link(period: Period, length: str) -> str:
    return f"?length={length}&period={period.first_on.isoformat()}"


def _name(period: Period) -> str:
    return formats.span(period.first_on, period.last_on)


def _period_row(period: Period, rows: Sequence[JournalTax], length: str, *, is_here: bool) -> PeriodRow:
    collected, paid = Tax(), Tax()
    for row in rows:
        if period.holds(row.dated_on):
            (paid if row.tax_type.is_purchase else collected).add(row.tax)
    return PeriodRow(period, _name(period), _link(period, length), is_here, collected, paid)


def _registration(connection: Connection | None) -> str:
    """Return how the organisation stands to GST: none (not registered), cash, fine, or unknown before Xero was read."""
    if connection is None or not connection.tenant_id or not connection.sales_tax_basis:
        return "unknown"
    if not connection.organisation.is_registered_for_tax:
        return "none"
    return "cash" if connection.organisation.is_on_cash_basis else "fine"


def _sentence(here: PeriodRow, off: Sequence[JournalTax]) -> dict[str, str]:
    """Return the answer in a sentence: whether documents and Xero agree, and what is not there yet."""
    silent = abs(here.collected.silent) + abs(here.paid.silent)
    if not any((silent, here.collected.documents, here.paid.documents, here.collected.xero, here.paid.xero)):
        return {"main": _("There is no GST in this period."), "help": ""}
    beyond = sum(not row.tax.is_rounding for row in off)
    helps = []
    if not any((here.collected.stated, here.paid.stated, here.collected.xero, here.paid.xero)):
        main = _("Nothing of it is in Xero to compare with.")
    elif not any((here.collected.stated, here.paid.stated, *(row.tax.difference for row in off))):
        main = _("The documents of what is in Xero state no GST to compare with.")
    elif not any(row.tax.difference for row in off):
        main = _("The GST in Xero and in your documents agrees to the cent.")
    else:
        main = _("The GST in Xero and in your documents differs by %(amount)s, which rounding explains.")
        if beyond:
            main = _("The GST in Xero and in your documents differs by %(amount)s.")
            words = ngettext(
                "%(count)s journal differs by more than rounding explains.",
                "%(count)s journals differ by more than rounding explains.",
                beyond,
            )
            helps.append(words % {"count": formats.count(beyond)})
        main %= {"amount": formats.minor(abs(here.both.difference))}
    if any((here.collected.unsent, here.paid.unsent)):
        helps.append(_("GST of %(amount)s is not in Xero yet.") % {"amount": formats.minor(here.both.unsent)})
    if silent:
        words = _("Of %(amount)s that is not in Xero yet, only Xero will say the GST: the documents state none.")
        helps.append(words % {"amount": formats.minor(silent)})
    return {"main": main, "help": " ".join(helps)}


def _unsent_link(access: ClubAccess, rows: Sequence[JournalTax]) -> str:
    days = [row.accounting_date for row in rows if row.tax.unsent or row.tax.silent]
    if not days:
        return ""
    return f"{link_to(access, 'gl')}?from={min(days).isoformat()}&up_to={max(days).isoformat()}&show=unsent"


# --- as files ---------------------------------------------------------------------------------------------------------


def _as_file(
    request: HttpRequest, access: ClubAccess, period: Period, rows: Sequence[JournalTax], periods: Sequence[PeriodRow]
) -> HttpResponseBase:
    """Return one of the tables: by tax type (the preset), by journal, the earlier documents, or the periods."""
    name = f"gst-check-{access.club.slug}-{period.first_on}-{period.last_on}"
    listing = next(
        (one.asked(request) for one in (JOURNALS, DOCUMENTS, PERIODS) if one.table == request.GET.get("table")),
        TAX_TYPES.asked(request),
    )
    if listing.of is TAX_TYPES:
        return listing.file(listing.in_order(_types(rows)), name=name)
    made: Sequence[Any] = periods
    if listing.of is JOURNALS:
        made = listing.in_order(_worst_first(rows))
    elif listing.of is DOCUMENTS:
        made = _documents(listing, access, period)[0]
    return listing.file(made, name=f"{name}-{listing.of.table}")
