"""Facts of the tests posted by the product's own rule: in cents, each day a journal, items named by kind and code."""

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import strategies as st

from clubledger.bookkeeping.facts import CARRIES_TAX, ItemKind, Kind, TaxKind
from clubledger.bookkeeping.money import from_minor, to_minor
from clubledger.bookkeeping.rules import Total, TotalKey
from clubledger.bookkeeping.totals import DIRECTION, ITEM_KIND, LegRow, Sums, mirrored
from tests.bookkeeping.oracle import Fact, Row
from tests.bookkeeping.worked_day import DAY, fact

KINDS = [kind for kind in Kind if kind is not Kind.REVERSAL]


def leg_rows(one: Fact) -> list[LegRow]:
    """The fact's rows as the ledger has them."""
    return [
        (
            (ItemKind.ACCOUNT_TYPE, row.account_type),
            (ItemKind(ITEM_KIND[one.kind]), row.item),
            row.job,
            to_minor(row.amount),
            None if row.tax is None else to_minor(row.tax),
        )
        for row in one.rows
    ]


def post(sums: Sums, one: Fact, times: int = 1) -> None:
    """Post a fact to the journal of its date; a reversal as the ledger does, with its rows mirrored."""
    rows = leg_rows(one)
    sums.post(one.accounting_date, DIRECTION[one.kind], mirrored(rows) if one.mirrored else rows, times)


def posted(facts: Iterable[Fact]) -> Sums:
    """All of them posted."""
    sums = Sums()
    for one in facts:
        post(sums, one)
    return sums


def totals_by_day(facts: Iterable[Fact]) -> dict[date, dict[TotalKey, Total]]:
    """What they add up to, by accounting date; days without any leg are there too."""
    sums = posted(facts)
    days: dict[date, dict[TotalKey, Total]] = {on: {} for on in sums.counts}
    for (on, (item_kind, code), job, is_debit, tax_kind), (amount, tax, row_count) in sums.totals.items():
        key = TotalKey(item_kind, code, job, is_debit, TaxKind(tax_kind))
        days[on][key] = Total(from_minor(amount), from_minor(tax), row_count)
    return days


CENTS = st.integers(1, 10**13 - 1)
ANY_KIND = st.sampled_from(KINDS)


@st.composite
def any_row(draw: st.DrawFn, kind: Kind) -> Row:
    """Any row that a transaction of this kind may have."""
    minor = draw(CENTS)
    tax = None
    if kind in CARRIES_TAX and draw(st.booleans()):
        tax = draw(st.integers(0, minor // 2))
    sign = -1 if kind is Kind.INVOICE and draw(st.booleans()) else 1
    codes = st.sampled_from(["SUBS", "HOUSE", "PRIZE"])
    item = draw(codes if kind is Kind.TRANSFER else st.sampled_from(["FULL7", "SURCH", "PRIZES", "CARD"]))
    job = draw(st.sampled_from(["", "Golf", "Bar"]))
    return Row(draw(codes), item, from_minor(sign * minor), None if tax is None else from_minor(sign * tax), job)


@st.composite
def any_fact(draw: st.DrawFn, kinds: st.SearchStrategy[Kind] = ANY_KIND) -> Fact:
    """Any transaction, or the mirror image of one."""
    kind = draw(kinds)
    rows = tuple(draw(st.lists(any_row(kind), min_size=1, max_size=4)))
    on = DAY + timedelta(days=draw(st.integers(0, 2)))
    return fact(draw(st.uuids()).hex, kind, *rows, on=on, mirrored=draw(st.booleans()))
