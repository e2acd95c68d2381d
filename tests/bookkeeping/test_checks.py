"""Each check finds its own fault, says it in words, and names the place that mends it; all faults show at once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clubledger.bookkeeping.chart import Chart, TrackingOption
from clubledger.bookkeeping.checks import CHECKS, check
from clubledger.bookkeeping.entry import Entry, Line, entry_of
from clubledger.bookkeeping.findings import Finding
from clubledger.bookkeeping.money import tax_within, to_minor
from clubledger.bookkeeping.rules import resolve
from tests.bookkeeping.posting import totals_by_day
from tests.bookkeeping.worked_day import CHART, DAY, FACTS, MAPPING, money

ENTRY = entry_of(DAY, resolve(totals_by_day(FACTS)[DAY], MAPPING).lines)


def found(entry: Entry = ENTRY, chart: Chart = CHART) -> dict[str, Finding]:
    return {finding.code: finding for finding in check(entry, chart)}


def with_line(code: str, tax_type: str = "BASEXCLUDED", **fields: object) -> Entry:
    amount = money("10.00")
    odd = Line(f"id-{code}", code, amount, tax_type, **fields)  # type: ignore[arg-type]
    return Entry(DAY, (odd, Line("id-611", "611", -amount, "BASEXCLUDED")))


def organisation(**fields: object) -> Chart:
    return replace(CHART, organisation=replace(CHART.organisation, **fields))  # type: ignore[arg-type]


def test_the_worked_day_has_no_finding() -> None:
    assert check(ENTRY, CHART) == []


def test_an_account_that_is_not_in_the_chart() -> None:
    finding = found(with_line("999"))["account_unknown"]
    assert (finding.mends, finding.is_fault) == ("account:999", True)
    assert finding.message == "GL code 999 is not in Xero's chart of accounts."


def test_a_bank_account_is_refused_with_the_reason() -> None:
    assert "a bank account" in found(with_line("090"))["account_unusable"].message


def test_an_archived_account() -> None:
    accounts = tuple(replace(a, status="ARCHIVED") if a.code == "611" else a for a in CHART.accounts)
    assert "archived in Xero" in found(chart=replace(CHART, accounts=accounts))["account_unusable"].message


def test_a_tax_type_that_is_not_for_the_class() -> None:
    finding = found(with_line("200", "INPUT"))["tax_type_not_for_class"]
    assert "not for revenue accounts" in finding.message


def test_a_tax_type_that_is_not_in_use() -> None:
    assert "INPUT2" in found(with_line("450", "INPUT2"))["tax_type_unknown"].message


def test_a_job_code_archived_in_xero() -> None:
    chart = replace(CHART, tracking=(TrackingOption("cat", "Department", "opt", "Halfway house", "ARCHIVED"),))
    finding = found(with_line("200", "OUTPUT", category_id="cat", option_id="opt"), chart)["job_unusable"]
    assert (finding.mends, finding.message) == ("job:Halfway house", "Job code Halfway house is archived in Xero.")


def test_on_or_before_the_later_lock_date_is_locked_and_the_day_after_is_not() -> None:
    chart = organisation(period_lock_date=DAY, end_of_year_lock_date=date(2026, 6, 30))
    assert found(chart=chart)["locked"].message == "Xero is locked up to 01/07/2026."
    assert "locked" not in found(chart=organisation(period_lock_date=date(2026, 6, 30)))


def test_a_taxed_journal_of_a_club_on_cash_basis_is_refused_with_the_reason() -> None:
    for basis in ("CASH", "PAYMENTS", "FLATRATECASH"):
        assert "cash basis" in found(chart=organisation(sales_tax_basis=basis))["cash_basis"].message
    untaxed = entry_of(DAY, resolve(totals_by_day(FACTS[2:])[DAY], MAPPING).lines)
    assert found(untaxed, organisation(sales_tax_basis="CASH")) == {}


def test_tax_stated_by_a_club_that_is_not_registered_is_a_warning() -> None:
    entry = entry_of(DAY, resolve(totals_by_day(FACTS)[DAY], MAPPING, with_tax=False).lines, with_tax=False)
    for chart in (organisation(pays_tax=False), organisation(sales_tax_basis="NONE")):
        finding = found(entry, chart)["tax_stated_unregistered"]
        assert (finding.is_fault, finding.amount) == (False, money("101.00"))


def test_rounding_passes_and_a_wrong_tax_type_does_not() -> None:
    for tax, rows, passes in [
        ("0.91", 1, True),
        ("0.90", 1, True),
        ("0.89", 1, False),
        ("0.88", 6, True),
        ("0.00", 6, False),
    ]:
        line = {"stated_gross": money("10.00"), "stated_tax": money(tax), "row_count": rows}
        assert ("tax_differs" not in found(with_line("200", "OUTPUT", **line))) is passes, (tax, rows)


def test_all_faults_show_at_once() -> None:
    amount = money("99999999999.00")
    lines = (Line("id-090", "090", amount, "NOPE", option_id="gone"), Line("id-999", "999", -amount, "OUTPUT"))
    chart = organisation(period_lock_date=DAY, sales_tax_basis="CASH")
    assert {
        "account_unusable",
        "account_unknown",
        "tax_type_unknown",
        "job_unusable",
        "locked",
        "amount_too_large",
    } < set(found(Entry(DAY, lines), chart))
    assert len(CHECKS) == 8


def test_tax_is_taken_out_of_a_gross_amount_as_xero_does() -> None:
    assert tax_within(money("1100.00"), Decimal(10)) == money("100.00")
    assert tax_within(money("-1100.00"), Decimal(10)) == money("-100.00")
    assert tax_within(money("0.05"), Decimal(10)) == money("0.00")
    assert tax_within(money("0.06"), Decimal(10)) == money("0.01")
    assert tax_within(money("115.00"), Decimal(15)) == money("15.00")


def test_minor_units_are_whole() -> None:
    assert to_minor(money("-12.34")) == -1234
    with pytest.raises(ValueError, match="whole number of cents"):
        to_minor(Decimal("0.001"))
