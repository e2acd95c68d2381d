"""Double entry by kind, the worked day cent by cent, and what must hold whatever facts come in."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clubledger.bookkeeping.entry import Entry, Line, LineWithoutAccount, NilLine, TooFewLines, Unbalanced, entry_of
from clubledger.bookkeeping.facts import CARRIES_TAX, ItemKind, Kind, Row
from clubledger.bookkeeping.rules import (
    AccountMapping,
    ItemMapping,
    JobRef,
    TaxKind,
    Total,
    add_up,
    legs_of,
    resolve,
)
from tests.bookkeeping.worked_day import DAY, FACTS, MAPPING, fact, money, ref


def test_the_worked_day_cent_by_cent() -> None:
    resolution = resolve(add_up(FACTS)[DAY], MAPPING)
    assert resolution.findings == ()
    lines = [
        (line.account.code, line.amount, line.tax_type, line.stated_tax) for line in resolution.lines if line.account
    ]
    assert lines == [
        ("200", money("-1100.00"), "OUTPUT", money("-100.00")),
        ("260", money("-11.00"), "OUTPUT", money("-1.00")),
        ("450", money("50.00"), "BASEXCLUDED", money("0.00")),
        ("611", money("1111.00"), "BASEXCLUDED", money("0.00")),
        ("611", money("-1111.00"), "BASEXCLUDED", money("0.00")),
        ("615", money("1111.00"), "BASEXCLUDED", money("0.00")),
        ("616", money("-22.00"), "BASEXCLUDED", money("0.00")),
        ("811", money("22.00"), "BASEXCLUDED", money("0.00")),
        ("812", money("-50.00"), "BASEXCLUDED", money("0.00")),
    ]
    entry = entry_of(DAY, resolution.lines)
    assert entry.total_debits == entry.total_credits == money("2294.00")


@pytest.mark.parametrize(
    ("kind", "account_type_amount"),
    [
        (Kind.INVOICE, "10.00"),
        (Kind.CREDIT_NOTE, "-10.00"),
        (Kind.PAYMENT, "-10.00"),
        (Kind.REFUND, "10.00"),
        (Kind.DISHONOUR, "10.00"),
        (Kind.TRANSFER, "10.00"),
        (Kind.PRIZE, "-10.00"),
        (Kind.POS_SALE, "10.00"),
    ],
)
def test_it_debits_and_credits_by_kind(kind: Kind, account_type_amount: str) -> None:
    control, item = legs_of(fact("X", kind, Row("SUBS", "ITEM", money("10.00"), job="Golf")))
    assert (control.item_kind, control.code, control.job) == (ItemKind.ACCOUNT_TYPE, "SUBS", "")
    assert control.amount == money(account_type_amount) == -item.amount
    assert item.job == "Golf"


def test_an_invoice_with_a_discount_row_is_one_debit_and_each_row_counts_on_the_item_side() -> None:
    rows = (
        Row("SUBS", "FULL7", money("1100.00"), money("100.00")),
        Row("SUBS", "LOYAL", money("-55.00"), money("-5.00")),
    )
    control, charge, discount = legs_of(fact("INV", Kind.INVOICE, *rows))
    assert control.amount == money("1045.00")
    assert (charge.amount, charge.tax) == (money("-1100.00"), money("-100.00"))
    assert (discount.amount, discount.tax) == (money("55.00"), money("5.00"))


def test_a_reversal_mirrors_every_leg_and_tax() -> None:
    rows = (
        Row("SUBS", "FULL7", money("1100.00"), money("100.00")),
        Row("SUBS", "LOYAL", money("-55.00"), money("-5.00")),
    )
    there = legs_of(fact("INV", Kind.INVOICE, *rows))
    back = legs_of(fact("REV", Kind.INVOICE, *rows, mirrored=True))
    assert [(leg.code, -leg.amount, None if leg.tax is None else -leg.tax) for leg in there] == [
        (leg.code, leg.amount, leg.tax) for leg in back
    ]


def test_blank_tax_is_not_stated_and_nought_is_stated_as_none() -> None:
    rows = [Row("SUBS", "FULL7", money("11.00"), tax) for tax in (None, money("0.00"), money("1.00"))]
    totals = add_up([fact(str(n), Kind.INVOICE, row) for n, row in enumerate(rows)])[DAY]
    kinds = {key.tax_kind for key in totals if key.code == "FULL7"}
    assert kinds == {TaxKind.UNSTATED, TaxKind.NIL, TaxKind.STATED}
    lines = {line.tax_type: line.amount for line in resolve(totals, MAPPING).lines if line.account == ref("200")}
    assert lines == {"OUTPUT": money("-22.00"), "EXEMPTOUTPUT": money("-11.00")}


def test_a_club_that_is_not_registered_gets_no_tax_on_any_line() -> None:
    resolution = resolve(add_up(FACTS)[DAY], MAPPING, with_tax=False, no_tax_type="NONE")
    assert {line.tax_type for line in resolution.lines} == {"NONE"}


def test_what_is_not_mapped_is_named_once_and_its_line_is_still_shown() -> None:
    totals = add_up([fact("1", Kind.INVOICE, Row("SUBS", "LOCKER", money("5.00"), job="Bar"))])[DAY]
    resolution = resolve(totals, MAPPING)
    assert [finding.message for finding in resolution.findings] == [
        "Job code Bar is not linked to a tracking option of Xero.",
        "Charge LOCKER has no GL code.",
    ]
    assert [finding.mends for finding in resolution.findings] == ["job:Bar", "charge:LOCKER"]
    assert sum(line.amount for line in resolution.lines) == 0
    with pytest.raises(LineWithoutAccount):
        entry_of(DAY, resolution.lines)


def test_what_is_not_mapped_counts_both_sides_and_every_kind_of_tax() -> None:
    facts = [
        fact("1", Kind.INVOICE, Row("SUBS", "LOCKER", money("7.15"), money("0.65"))),
        fact("2", Kind.INVOICE, Row("SUBS", "LOCKER", money("10.00"), money("0.00"))),
        fact("3", Kind.CREDIT_NOTE, Row("SUBS", "LOCKER", money("3.30"), money("0.30"))),
    ]
    (finding,) = resolve(add_up(facts)[DAY], MAPPING).findings
    assert (finding.count, finding.amount) == (3, money("20.45"))


def test_the_charges_default_job_stands_in_for_a_blank_one_on_its_own_legs_only() -> None:
    items = dict(MAPPING.items)
    items[ItemKind.CHARGE, "FULL7"] = replace(items[ItemKind.CHARGE, "FULL7"], default_job="Golf")
    mapping = AccountMapping(items, {"Golf": JobRef(1, "Golf", "cat", "opt")})
    lines = resolve(add_up(FACTS)[DAY], mapping).lines
    assert {line.account.code for line in lines if line.job and line.account} == {"200"}


def test_two_items_on_one_gl_code_make_one_line_a_side() -> None:
    items = dict(MAPPING.items)
    items[ItemKind.CHARGE, "SURCH"] = ItemMapping(ref("200"), "OUTPUT", "EXEMPTOUTPUT")
    lines = resolve(add_up(FACTS)[DAY], AccountMapping(items, {})).lines
    [line] = [line for line in lines if line.account == ref("200")]
    assert (line.amount, line.row_count, len(line.keys)) == (money("-1111.00"), 2, 2)


@pytest.mark.parametrize(
    ("amounts", "error"), [(("1.00",), TooFewLines), (("1.00", "-1.01"), Unbalanced), (("0.00", "0.00"), NilLine)]
)
def test_an_entry_cannot_exist_unbalanced(amounts: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        Entry(DAY, tuple(Line("id", "200", money(amount), "OUTPUT") for amount in amounts))


cents = st.integers(1, 10**13 - 1).map(lambda minor: Decimal(minor).scaleb(-2))


@st.composite
def rows(draw: st.DrawFn, kind: Kind) -> Row:
    amount = draw(cents)
    tax = None
    if kind in CARRIES_TAX and draw(st.booleans()):
        tax = Decimal(draw(st.integers(0, int(amount * 100) // 2))).scaleb(-2)
    if kind is Kind.INVOICE and draw(st.booleans()):
        amount, tax = -amount, None if tax is None else -tax
    codes = st.sampled_from(["SUBS", "HOUSE", "PRIZE"])
    item = draw(codes if kind is Kind.TRANSFER else st.sampled_from(["FULL7", "SURCH", "PRIZES", "CARD"]))
    return Row(draw(codes), item, amount, tax, draw(st.sampled_from(["", "Golf", "Bar"])))


@st.composite
def facts(draw: st.DrawFn):  # type: ignore[no-untyped-def]
    kind = draw(st.sampled_from([kind for kind in Kind if kind is not Kind.REVERSAL]))
    made = tuple(draw(st.lists(rows(kind), min_size=1, max_size=4)))
    on = DAY + timedelta(days=draw(st.integers(0, 2)))
    return fact(draw(st.uuids()).hex, kind, *made, on=on, mirrored=draw(st.booleans()))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(facts(), max_size=12))
def test_whatever_facts_come_in_what_is_built_balances(some) -> None:  # type: ignore[no-untyped-def]
    for one in some:
        assert sum(leg.amount for leg in legs_of(one)) == 0
    for totals in add_up(some).values():
        assert sum(line.amount for line in resolve(totals, MAPPING).lines) == 0


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(facts(), max_size=12), st.randoms(use_true_random=False), st.integers(0, 12))
def test_any_order_and_any_split_of_files_gives_the_same_totals(some, random, cut) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(some)
    random.shuffle(shuffled)
    merged: dict[date, dict] = {}
    for part in (shuffled[:cut], shuffled[cut:]):
        for on, totals in add_up(part).items():
            day = merged.setdefault(on, {})
            for key, total in totals.items():
                day[key] = day.get(key, Total()) + total
    assert merged == add_up(some)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(facts())
def test_a_fact_and_its_mirror_leave_nothing_on_any_account(one) -> None:  # type: ignore[no-untyped-def]
    balance: dict[tuple[str, str], Decimal] = {}
    for leg in legs_of(one) + legs_of(replace(one, mirrored=not one.mirrored)):
        where = (leg.item_kind, leg.code)
        balance[where] = balance.get(where, Decimal(0)) + leg.amount
    assert not any(balance.values())
