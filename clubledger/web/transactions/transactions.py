"""Transactions: search and filter, and the story of one from its file to its journals. It changes nothing.

However many millions there are, a page looks through the newest days only and offers to look further back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clubledger.bookkeeping.facts import DEBITS_THE_ACCOUNT_TYPE, Kind
from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Club
from clubledger.foundation import clock
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import exports, paging, query, sorting
from clubledger.frame.query import read_day
from clubledger.ledger.journals import search
from clubledger.ledger.journals.search import Search
from clubledger.ledger.models import Import, Posting, SourceLine, SourceTransaction
from clubledger.web.journals.list_rows import notes_of, state_shown, xero_link
from clubledger.web.page import club_page, link_to, show
from clubledger.web.words import KINDS
from clubledger.xero.connection import revocation

PRESET_DAYS = 31
MOST_COUNTED = 20_000
"""Beyond this the list says "more than" and can't be sorted: only an import or a single day can be so large."""
MOST_IN_FILE = {"csv": 1_000_000, "xlsx": 50_000}
ORDERS = {
    "date": ("accounting_date", "pk"),
    "transaction": ("source_id", "pk"),
    "kind": ("kind", "-accounting_date", "-pk"),
    "member": ("member~", "-accounting_date", "-pk"),
    "amount": ("gross_minor", "-accounting_date", "-pk"),
}
NEWEST_FIRST = "-date"
"""The preset; an import's own rows stand as they came in, the last one first, unless another order is asked for."""


def _asked(request: HttpRequest, club: Club) -> Search:
    """Read what the address asks for; the preset is the month that ends with the newest transaction."""
    given = request.GET
    from_on, up_to_on = read_day(given.get("from")), read_day(given.get("up_to"))
    if up_to_on is None:
        up_to_on = search.newest_day(club=club) or clock.today_in(club.time_zone)
    return Search(
        text=given.get("q", "").strip()[:100],
        kind=given.get("kind", "") if given.get("kind") in KINDS else "",
        posted=given.get("posted", "") if given.get("posted") in {"yes", "no"} else "",
        from_on=from_on or up_to_on - timedelta(days=PRESET_DAYS - 1),
        up_to_on=up_to_on,
        import_id=query.key(given.get("import")),
    )


def _ordered(rows: QuerySet[SourceTransaction], request: HttpRequest, *, is_named: bool) -> QuerySet[SourceTransaction]:
    """Put them into the order asked for."""
    wanted = sorting.asked(request, ORDERS)
    if is_named and wanted.endswith("date"):
        # An expression, or a database walks the index of all days of the club in search of an import's few.
        rows = rows.annotate(on=Coalesce("accounting_date", "accounting_date"))
        return rows.order_by("-on", "-pk") if wanted == NEWEST_FIRST else rows.order_by("on", "pk")
    if wanted == NEWEST_FIRST:
        # All of it turned round: so the index gives them without sorting.
        return rows.order_by("-accounting_date", "-pk")
    return rows.order_by(*sorting.order_asked(request, ORDERS)) if wanted else rows


@require_safe
@club_page()
def transactions(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the transactions that match, or give them as a file, in the order asked for."""
    asked = _asked(request, access.club)
    named = asked.named(access.club)
    if request.GET.get("format") in exports.FORMATS:
        rows = named if named is not None else asked.of_days(access.club, asked.from_on)
        return _as_file(access, _ordered(rows, request, is_named=named is not None), request.GET["format"])
    reach_on = asked.from_on
    if named is None:
        reach_on = search.reach(club=access.club, from_on=asked.from_on, up_to_on=asked.up_to_on)
        found = asked.of_days(access.club, reach_on)
    else:
        found = named
    keys, total = _keys_of(found, request, is_named=named is not None, is_search=bool(asked.text or asked.posted))
    is_more = total > MOST_COUNTED
    page = paging.page_of(request, keys, total=min(total, MOST_COUNTED))
    # Read by nothing but the keys, which are the club's: a database may else walk all that the club ever had.
    by_key = SourceTransaction.objects.across_clubs("the keys were found within the club").in_bulk(page.rows)
    shown = [by_key[key] for key in page.rows if key in by_key]
    preset = NEWEST_FIRST if named is None else ""
    where = _journals_of(shown)
    of_import = Import.objects.of(access.club).filter(pk=asked.import_id).first() if asked.import_id else None
    return show(
        request,
        access,
        "web/transactions/transactions.html",
        search=asked,
        of_import=of_import,
        has_none=not total and not SourceTransaction.objects.of(access.club).exists(),
        kinds=KINDS.items(),
        page=page,
        is_more=is_more,
        sort_is_off=is_more,
        sort_kept=sorting.asked(request, ORDERS),
        sort_asked=preset if is_more else sorting.asked(request, ORDERS, preset),
        most_in_file=MOST_IN_FILE,
        reach_on=reach_on,
        further=_further(request, asked, reach_on),
        rows=[
            {"transaction": row, "kind": KINDS.get(row.kind, row.kind), "journals": where.get(row.pk, [])}
            for row in shown
        ],
        gross=sum(row.gross_minor for row in shown),
    )


def _keys_of(
    found: QuerySet[SourceTransaction], request: HttpRequest, *, is_named: bool, is_search: bool
) -> tuple[Any, int]:
    """Give the keys in the order asked for, and how many there are; only as they come where there are too many.

    Only keys are put into order: what is sorted is carried along whole. A search is what takes the time: it is made
    once, not once to count and once more to show.
    """
    ordered = _ordered(found, request, is_named=is_named).values_list("pk", flat=True)
    if is_search and not is_named:
        keys = list(ordered[: MOST_COUNTED + 1])
        if len(keys) <= MOST_COUNTED:
            return keys, len(keys)
    total = found.order_by()[: MOST_COUNTED + 1].count()
    return found.values_list("pk", flat=True) if total > MOST_COUNTED else ordered, total


def _further(request: HttpRequest, asked: Search, reach_on: date) -> str:
    """Give the address that looks further back; empty where all the days asked for were looked through."""
    if reach_on <= asked.from_on:
        return ""
    days = {"from": asked.from_on.isoformat(), "up_to": (reach_on - timedelta(days=1)).isoformat()}
    return query.address_with(request, page=None, **days)


def _journals_of(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for posting in Posting.objects.filter(transaction__in=[row.pk for row in rows]).select_related("journal"):
        found.setdefault(posting.transaction_id, []).append(posting.journal)
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """A row as a pair of debit and credit."""

    debit: str
    credit: str
    job: str
    amount: Decimal
    tax: Decimal | None


@require_safe
@club_page()
def transaction(request: HttpRequest, access: ClubAccess, transaction_id: int) -> HttpResponseBase:
    """Show one transaction: what came in, every version of it, and the journals it stands in."""
    found = (
        SourceTransaction.objects.of(access.club).select_related("of_import__actor").filter(pk=transaction_id).first()
    )  # fmt: skip
    if found is None:
        raise Http404
    versions = list(
        SourceTransaction.objects.of(access.club)
        .filter(source=found.source, source_id=found.source_id)
        .select_related("of_import")
        .order_by("-version")
    )
    postings = (
        Posting.objects.filter(transaction__in=[version.pk for version in versions])
        .select_related("journal__sent_by", "journal__recorded_by", "transaction")
        .order_by("pk")
    )
    connection = revocation.current(club=access.club)
    lines = found.lines.select_related("account_type", "item").order_by("position")
    return show(
        request,
        access,
        "web/transactions/transaction.html",
        crumbs=[(_("Transactions"), link_to(access, "transactions")), (found.source_id, "")],
        found=found,
        kind=KINDS.get(found.kind, found.kind),
        pairs=[_pair(found, line) for line in lines],
        gross=from_minor(found.gross_minor),
        tax=_tax_of(lines),
        versions=versions,
        connection=connection,
        postings=[
            {
                "journal": posting.journal,
                "sign": posting.sign,
                "state": state_shown(posting.journal, access),
                "notes": notes_of(posting.journal, access),
                "xero_link": xero_link(posting.journal, connection),
            }
            for posting in postings
        ],
        amendments=found.amendments.filter(club=access.club).select_related("actor").order_by("at"),
        reversed_one=_reversed(access.club, found),
    )


def _tax_of(lines: Iterable[SourceLine]) -> Decimal | None:
    """Add up the tax that the rows state; None where none states any."""
    stated = [line.tax_minor for line in lines if line.tax_minor is not None]
    return abs(from_minor(sum(stated))) if stated else None


def _reversed(club: Club, found: SourceTransaction) -> SourceTransaction | None:
    if not found.reverses:
        return None
    rows = SourceTransaction.objects.of(club).filter(source=found.source, source_id=found.reverses, is_current=True)
    other: SourceTransaction | None = rows.first()
    return other


def _pair(found: SourceTransaction, line: SourceLine) -> Pair:
    """Give a row's two sides as the table of kinds says. Rows of discounts and of reversals are negative: mirrored."""
    amount = from_minor(line.amount_minor)
    debits_account = Kind(found.legs_kind) in DEBITS_THE_ACCOUNT_TYPE
    if amount < 0:
        debits_account, amount = not debits_account, -amount
    tax = None if line.tax_minor is None else abs(from_minor(line.tax_minor))
    sides = (in_readers_words(str(line.account_type)), in_readers_words(str(line.item)))
    debit, credit = sides if debits_account else sides[::-1]
    return Pair(debit, credit, line.job, amount, tax)


def _as_file(access: ClubAccess, rows: QuerySet[SourceTransaction], file_format: str) -> HttpResponseBase:
    def cells() -> Iterator[tuple[Any, ...]]:
        for row in rows[: MOST_IN_FILE[file_format]].iterator(chunk_size=2000):
            yield (
                row.accounting_date, row.source, row.source_id, str(KINDS.get(row.kind, row.kind)), row.member,
                row.description, from_minor(row.gross_minor),
            )  # fmt: skip

    header = [
        _("Date"), _("Source system"), _("Transaction"), _("Kind"), _("Member"), _("Description"), _("Amount"),
    ]  # fmt: skip
    return exports.download(
        file_format=file_format, name=f"transactions-{access.club.slug}", header=header, rows=cells()
    )
