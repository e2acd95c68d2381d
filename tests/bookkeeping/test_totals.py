"""Double entry by kind, and that the rule every import runs says what the table of kinds says, whatever comes in."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clubledger.bookkeeping.facts import ItemKind, Kind, TaxKind
from clubledger.bookkeeping.rules import Total, TotalKey
from clubledger.bookkeeping.totals import Sums
from tests.bookkeeping import oracle
from tests.bookkeeping.oracle import Fact, Row
from tests.bookkeeping.posting import KINDS, any_fact, post, posted, totals_by_day
from tests.bookkeeping.worked_day import DAY, FACTS, fact, money

SLOW = [HealthCheck.too_slow]
DISCOUNTED = (
    Row("SUBS", "FULL7", money("1100.00"), money("100.00")),
    Row("SUBS", "LOYAL", money("-55.00"), money("-5.00")),
)
SUBS = (ItemKind.ACCOUNT_TYPE, "SUBS", "")


@pytest.mark.parametrize(
    ("kind", "item_kind", "is_account_type_debited"),
    [
        (Kind.INVOICE, ItemKind.CHARGE, True),
        (Kind.CREDIT_NOTE, ItemKind.CHARGE, False),
        (Kind.PAYMENT, ItemKind.PAYMENT_METHOD, False),
        (Kind.REFUND, ItemKind.PAYMENT_METHOD, True),
        (Kind.DISHONOUR, ItemKind.PAYMENT_METHOD, True),
        (Kind.TRANSFER, ItemKind.ACCOUNT_TYPE, True),
        (Kind.PRIZE, ItemKind.CHARGE, False),
        (Kind.POS_SALE, ItemKind.CHARGE, True),
    ],
)
def test_it_debits_and_credits_by_kind(kind: Kind, item_kind: ItemKind, is_account_type_debited: bool) -> None:
    totals = totals_by_day([fact("X", kind, Row("SUBS", "ITEM", money("10.00"), job="Golf"))])[DAY]
    assert totals == {
        TotalKey(*SUBS, is_account_type_debited, TaxKind.UNSTATED): Total(money("10.00"), money("0.00"), 1),
        TotalKey(item_kind, "ITEM", "Golf", not is_account_type_debited, TaxKind.UNSTATED): Total(
            money("10.00"), money("0.00"), 1
        ),
    }


def test_an_invoice_with_a_discount_row_is_one_debit_and_each_row_counts_on_the_item_side() -> None:
    sums = posted([fact("INV", Kind.INVOICE, *DISCOUNTED)])
    assert totals_by_day([fact("INV", Kind.INVOICE, *DISCOUNTED)])[DAY] == {
        TotalKey(*SUBS, True, TaxKind.UNSTATED): Total(money("1045.00"), money("0.00"), 1),
        TotalKey(ItemKind.CHARGE, "FULL7", "", False, TaxKind.STATED): Total(money("1100.00"), money("100.00"), 1),
        TotalKey(ItemKind.CHARGE, "LOYAL", "", True, TaxKind.STATED): Total(money("55.00"), money("5.00"), 1),
    }
    assert sums.counts == {DAY: [1, 110000]}


def test_a_reversal_mirrors_every_leg_and_tax() -> None:
    there = totals_by_day([fact("INV", Kind.INVOICE, *DISCOUNTED)])[DAY]
    back = totals_by_day([fact("REV", Kind.INVOICE, *DISCOUNTED, mirrored=True)])[DAY]
    assert back == {replace(key, is_debit=not key.is_debit): total for key, total in there.items()}


def test_a_transfer_to_itself_says_nothing() -> None:
    sums = posted([fact("T", Kind.TRANSFER, Row("SUBS", "SUBS", money("5.00")))])
    assert (sums.totals, sums.counts) == ({}, {DAY: [1, 0]})


def test_blank_tax_is_not_stated_and_nought_is_stated_as_none() -> None:
    rows = [Row("SUBS", "FULL7", money("11.00"), tax) for tax in (None, money("0.00"), money("1.00"))]
    totals = totals_by_day([fact(str(n), Kind.INVOICE, row) for n, row in enumerate(rows)])[DAY]
    kinds = {key.tax_kind for key in totals if key.code == "FULL7"}
    assert kinds == {TaxKind.UNSTATED, TaxKind.NIL, TaxKind.STATED}


def test_the_worked_day_adds_up_as_by_hand() -> None:
    assert totals_by_day(FACTS) == oracle.add_up(FACTS)
    assert posted(FACTS).counts == {DAY: [5, 229400]}


@pytest.mark.parametrize("kind", KINDS)
@settings(suppress_health_check=SLOW, max_examples=60)
@given(data=st.data())
def test_the_rule_that_runs_says_what_the_table_of_kinds_says(kind: Kind, data: st.DataObject) -> None:
    some = data.draw(st.lists(any_fact(st.just(kind)), max_size=6))
    expected = {on: {} for on in (one.accounting_date for one in some)} | oracle.add_up(some)
    assert totals_by_day(some) == expected


@settings(suppress_health_check=SLOW)
@given(st.lists(any_fact(), max_size=12))
def test_whatever_comes_in_debits_are_credits_and_counted_as_such(some: list[Fact]) -> None:
    sums = posted(some)
    for on, (number, debit_minor) in sums.counts.items():
        sides = {True: 0, False: 0}
        for (journal, _item, _job, is_debit, _tax_kind), (amount, _tax, _rows) in sums.totals.items():
            sides[is_debit] += amount if journal == on else 0
        assert sides == {True: debit_minor, False: debit_minor}
        assert number == sum(one.accounting_date == on for one in some)


@settings(suppress_health_check=SLOW)
@given(st.lists(any_fact(), max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_any_split_of_files_gives_the_same_totals(some, random, cut) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(some)
    random.shuffle(shuffled)
    sums = posted(shuffled[:cut])
    for one in shuffled[cut:]:
        post(sums, one)
    assert (sums.totals, sums.counts) == (posted(some).totals, posted(some).counts)


@settings(suppress_health_check=SLOW)
@given(st.lists(any_fact(), max_size=6))
def test_what_was_added_can_be_taken_away_to_the_last_cent(some: list[Fact]) -> None:
    sums = Sums()
    for one in some:
        post(sums, one)
    for one in some:
        post(sums, one, times=-1)
    assert not any(any(total) for total in sums.totals.values())
    assert not any(any(count) for count in sums.counts.values())
    assert sums.takes_away == bool(some)


@settings(suppress_health_check=SLOW)
@given(any_fact())
def test_a_fact_and_its_mirror_leave_nothing_on_any_account(one: Fact) -> None:
    balance: dict[object, int] = {}
    for (_on, item, _job, is_debit, _tax_kind), (amount, _tax, _rows) in posted(
        [one, replace(one, mirrored=not one.mirrored)]
    ).totals.items():
        balance[item] = balance.get(item, 0) + (amount if is_debit else -amount)
    assert not any(balance.values())
