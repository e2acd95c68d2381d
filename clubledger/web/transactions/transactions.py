"""Transactions: search and filter, and the story of one from its file to its journals. It changes nothing.

However many millions there are, a page looks through the newest days only and offers to look further back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.bookkeeping.facts import DEBITS_THE_ACCOUNT_TYPE, Kind, item_title
from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Club
from clubledger.foundation import clock
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import paging, query
from clubledger.frame.lists import Column, Holds, List
from clubledger.frame.query import read_day
from clubledger.ledger.intake import past
from clubledger.ledger.journals import search
from clubledger.ledger.journals.search import Search
from clubledger.ledger.journals.story import of_transaction
from clubledger.ledger.models import SourceLine, SourceTransaction
from clubledger.web.journals.list_rows import notes_of, state_shown, xero_link
from clubledger.web.page import club_page, link_to, show
from clubledger.web.words import KINDS
from clubledger.xero.connection import standing

PRESET_DAYS = 31
MOST_COUNTED = 20_000
"""Beyond this the list says "more than" and can't be sorted: only an import or a single day can be so large."""
MOST_IN_FILE = {"csv": 1_000_000, "xlsx": 50_000}
TRANSACTIONS = List(
    name="transactions",
    page="transactions",
    preset="-date",
    columns=(
        Column(
            key="date", title=gettext_lazy("Date"), cell=attrgetter("accounting_date"), holds=Holds.DAY,
            order=("accounting_date", "pk"),
        ),
        Column(key="source", title=gettext_lazy("Source system"), cell=attrgetter("source"), is_on_page=False),
        Column(
            key="transaction", title=gettext_lazy("Transaction"), cell=attrgetter("source_id"),
            order=("source_id", "pk"),
        ),
        Column(
            key="kind", title=gettext_lazy("Kind"), cell=lambda row: KINDS.get(row.kind, row.kind), holds=Holds.WORDS,
            order=("kind", "-accounting_date", "-pk"),
        ),
        Column(
            key="member", title=gettext_lazy("Member"), cell=attrgetter("member"),
            order=("member~", "-accounting_date", "-pk"),
        ),
        Column(key="description", title=gettext_lazy("Description"), cell=attrgetter("description")),
        Column(
            key="amount", title=gettext_lazy("Amount"), cell=lambda row: from_minor(row.gross_minor),
            holds=Holds.MONEY, order=("gross_minor", "-accounting_date", "-pk"),
        ),
        Column(key="journals", title=gettext_lazy("Journal")),
    ),
)  # fmt: skip
"""An import's own rows stand as they came in, the last one first, unless another order is asked for."""


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


@require_safe
@club_page()
def transactions(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the transactions that match, or give them as a file, in the order asked for."""
    asked = _asked(request, access.club)
    named = asked.named(access.club)
    is_named = named is not None
    listing = TRANSACTIONS.asked(request)
    if is_named:
        listing = listing.as_they_come()

    def in_order(rows: QuerySet[SourceTransaction]) -> QuerySet[SourceTransaction]:
        return search.in_order(rows, sort=listing.asked, fields=listing.order, is_named=is_named)

    if listing.wants_file:
        rows = in_order(named if named is not None else asked.of_days(access.club, asked.from_on))
        return listing.file(rows[: MOST_IN_FILE[request.GET["format"]]])
    reach_on = asked.from_on
    if named is None:
        reach_on = search.reach(club=access.club, from_on=asked.from_on, up_to_on=asked.up_to_on)
    found = asked.of_days(access.club, reach_on) if named is None else named
    is_slow = not is_named and bool(asked.text or asked.posted)
    keys, total = search.keys_of(found, in_order(found), most=MOST_COUNTED, is_slow=is_slow)
    is_more = total > MOST_COUNTED
    if is_more:
        listing = listing.fixed("" if is_named else TRANSACTIONS.preset)
    page = paging.page_of(request, keys, total=min(total, MOST_COUNTED))
    shown = search.by_keys(page.rows)
    where = search.journals_of(shown)
    return show(
        request,
        access,
        "web/transactions/transactions.html",
        search=asked,
        of_import=past.find(club=access.club, import_id=asked.import_id) if asked.import_id else None,
        has_none=not total and not search.has_any(club=access.club),
        kinds=KINDS.items(),
        listing=listing,
        page=page,
        is_more=is_more,
        sort_kept=listing.asked,
        most_in_file=MOST_IN_FILE,
        reach_on=reach_on,
        further=_further(request, asked, reach_on),
        rows=[
            {"transaction": row, "kind": KINDS.get(row.kind, row.kind), "journals": where.get(row.pk, [])}
            for row in shown
        ],
        gross=sum(row.gross_minor for row in shown),
    )


def _further(request: HttpRequest, asked: Search, reach_on: date) -> str:
    """Return the address that looks further back; empty where all the days asked for were looked through."""
    if reach_on <= asked.from_on:
        return ""
    days = {"from": asked.from_on.isoformat(), "up_to": (reach_on - timedelta(days=1)).isoformat()}
    return query.address_with(request, page=None, **days)


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
    story = of_transaction(club=access.club, transaction_id=transaction_id)
    if story is None:
        raise Http404
    found = story.transaction
    connection = standing.current(club=access.club)
    return show(
        request,
        access,
        "web/transactions/transaction.html",
        crumbs=[(_("Transactions"), link_to(access, "transactions")), (found.source_id, "")],
        found=found,
        kind=KINDS.get(found.kind, found.kind),
        pairs=[_pair(found, line) for line in story.lines],
        gross=from_minor(found.gross_minor),
        tax=_tax_of(story.lines),
        versions=story.versions,
        connection=connection,
        postings=[
            {
                "journal": posting.journal,
                "sign": posting.sign,
                "state": state_shown(posting.journal, access),
                "notes": notes_of(posting.journal, access),
                "xero_link": xero_link(posting.journal, connection),
            }
            for posting in story.postings
        ],
        amendments=story.amendments,
        reversed_one=story.reverses,
    )


def _tax_of(lines: Iterable[SourceLine]) -> Decimal | None:
    """Add up the tax that the rows state; None where none states any."""
    stated = [line.tax_minor for line in lines if line.tax_minor is not None]
    return abs(from_minor(sum(stated))) if stated else None


def _pair(found: SourceTransaction, line: SourceLine) -> Pair:
    """Return a row's two sides as the table of kinds says. Rows of discounts and reversals are negative: mirrored."""
    amount = from_minor(line.amount_minor)
    debits_account = Kind(found.legs_kind) in DEBITS_THE_ACCOUNT_TYPE
    if amount < 0:
        debits_account, amount = not debits_account, -amount
    tax = None if line.tax_minor is None else abs(from_minor(line.tax_minor))
    sides = [in_readers_words(item_title(item.kind, item.code)) for item in (line.account_type, line.item)]
    debit, credit = sides if debits_account else sides[::-1]
    return Pair(debit, credit, line.job, amount, tax)
