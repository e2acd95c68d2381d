"""Totals under a mapping: the worked day cent by cent, what is found wrong, and that lines always balance."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clubledger.bookkeeping.entry import Entry, Line, LineWithoutAccount, NilLine, TooFewLines, Unbalanced, entry_of
from clubledger.bookkeeping.facts import ItemKind, Kind
from clubledger.bookkeeping.rules import AccountMapping, ItemMapping, JobRef, resolve
from tests.bookkeeping.oracle import Fact, Row
from tests.bookkeeping.posting import any_fact, totals_by_day
from tests.bookkeeping.worked_day import DAY, FACTS, MAPPING, fact, money, ref


def test_the_worked_day_cent_by_cent() -> None:
    resolution = resolve(totals_by_day(FACTS)[DAY], MAPPING)
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


def test_what_is_stated_to_carry_no_tax_goes_under_a_type_of_its_own() -> None:
    rows = [Row("SUBS", "FULL7", money("11.00"), tax) for tax in (None, money("0.00"), money("1.00"))]
    totals = totals_by_day([fact(str(n), Kind.INVOICE, row) for n, row in enumerate(rows)])[DAY]
    lines = {line.tax_type: line.amount for line in resolve(totals, MAPPING).lines if line.account == ref("200")}
    assert lines == {"OUTPUT": money("-22.00"), "EXEMPTOUTPUT": money("-11.00")}


def test_a_club_that_is_not_registered_gets_no_tax_on_any_line() -> None:
    resolution = resolve(totals_by_day(FACTS)[DAY], MAPPING, with_tax=False, no_tax_type="NONE")
    assert {line.tax_type for line in resolution.lines} == {"NONE"}


def test_what_is_not_mapped_is_named_once_and_its_line_is_still_shown() -> None:
    totals = totals_by_day([fact("1", Kind.INVOICE, Row("SUBS", "LOCKER", money("5.00"), job="Bar"))])[DAY]
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
    (finding,) = resolve(totals_by_day(facts)[DAY], MAPPING).findings
    assert (finding.count, finding.amount) == (3, money("20.45"))


def test_the_charges_default_job_stands_in_for_a_blank_one_on_its_own_legs_only() -> None:
    items = dict(MAPPING.items)
    items[ItemKind.CHARGE, "FULL7"] = replace(items[ItemKind.CHARGE, "FULL7"], default_job="Golf")
    mapping = AccountMapping(items, {"Golf": JobRef(1, "Golf", "cat", "opt")})
    lines = resolve(totals_by_day(FACTS)[DAY], mapping).lines
    assert {line.account.code for line in lines if line.job and line.account} == {"200"}


def test_two_items_on_one_gl_code_make_one_line_a_side() -> None:
    items = dict(MAPPING.items)
    items[ItemKind.CHARGE, "SURCH"] = ItemMapping(ref("200"), "OUTPUT", "EXEMPTOUTPUT")
    lines = resolve(totals_by_day(FACTS)[DAY], AccountMapping(items, {})).lines
    [line] = [line for line in lines if line.account == ref("200")]
    assert (line.amount, line.row_count, len(line.keys)) == (money("-1111.00"), 2, 2)


@pytest.mark.parametrize(
    ("amounts", "error"), [(("1.00",), TooFewLines), (("1.00", "-1.01"), Unbalanced), (("0.00", "0.00"), NilLine)]
)
def test_an_entry_cannot_exist_unbalanced(amounts: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        Entry(DAY, tuple(Line("id", "200", money(amount), "OUTPUT") for amount in amounts))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(any_fact(), max_size=12))
def test_whatever_facts_come_in_their_lines_balance(some: list[Fact]) -> None:
    for totals in totals_by_day(some).values():
        assert sum(line.amount for line in resolve(totals, MAPPING).lines) == 0
