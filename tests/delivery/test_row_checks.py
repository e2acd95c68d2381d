"""What only rows can tell: a stated tax that the tax type does not give, found per charge in one look a tax rate."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clubledger.ledger.models import FinancialItem
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)


def found(ready: ReadyClub) -> list[tuple[str, Decimal | None, int]]:
    findings = [finding for _, finding in ready.validate().findings if finding.code == "row_tax_off"]
    return [(finding.mends, finding.amount, finding.count) for finding in findings]


def test_tax_that_rounds_to_the_cent_is_no_finding(ready: ReadyClub) -> None:
    ready.bring_in([["INV-20", "invoice", "2026-11-17", "SUBS", "FULL7", "100.00", "9.10"]])
    assert found(ready) == []


def test_each_charge_whose_rows_are_off_is_named_with_count_and_amount(ready: ReadyClub) -> None:
    ready.bring_in(
        [
            ["INV-21", "invoice", "2026-11-17", "SUBS", "FULL7", "110.00", "5.00"],
            ["INV-22", "invoice", "2026-11-17", "SUBS", "FULL7", "110.00", "5.00"],
            ["INV-23", "invoice", "2026-11-17", "SUBS", "SURCH", "11.00", "0.50"],
            ["INV-24", "invoice", "2026-11-17", "SUBS", "FULL7", "110.00", "10.00"],
        ]
    )
    assert found(ready) == [("charge:FULL7", Decimal("10.00"), 2), ("charge:SURCH", Decimal("0.50"), 1)]


def test_more_charges_of_one_rate_cost_no_further_query(ready: ReadyClub) -> None:
    with CaptureQueriesContext(connection) as before:
        ready.validate()
    like = FinancialItem.objects.of(ready.club).get(code="FULL7")
    for number in range(20):
        FinancialItem.objects.of(ready.club).create(
            club=ready.club, kind=like.kind, code=f"C{number}", gl_code=like.gl_code, tax_type=like.tax_type
        )
    with CaptureQueriesContext(connection) as after:
        ready.validate()
    assert len(after) <= len(before)


def earlier(ready: ReadyClub) -> list[tuple[str, int]]:
    found = [finding for _, finding in ready.validate().findings if finding.code == "earlier_tax_period"]
    return [(finding.message, finding.count) for finding in found]


EARLIER = [
    ["E-1", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "1.00", "2026-09-30"],
    ["E-2", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "1.00", "2026-10-31"],
    ["E-3", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "1.00", "2026-11-01"],
    ["E-4", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "", "2026-09-01"],
    ["E-5", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "0.00", "2026-08-01"],
    ["E-6", "payment", "2026-11-16", "SUBS", "CARD", "11.00", "", "2026-08-01"],
]
"""Of a quarter before: one that states tax, one that does not; two without tax. Of the quarter: one of each month."""


def test_only_documents_of_an_earlier_tax_period_are_counted(ready: ReadyClub) -> None:
    ready.bring_in(EARLIER)
    words = (
        "2 transactions have a document of an earlier tax period, the oldest of 01/09/2026; its tax may belong there."
    )
    assert earlier(ready) == [(words, 2)]


def test_the_tax_period_is_the_organisations_own(ready: ReadyClub) -> None:
    ready.bring_in(EARLIER)
    organisation = ready.xero.simulator.world.find_organisation("Banksia Park Golf Club Inc")
    assert organisation is not None
    organisation.sales_tax_period = "MONTHLY"
    assert [count for _, count in earlier(ready)] == [3]
    organisation.sales_tax_period = "ANNUALLY"
    assert earlier(ready) == []
    organisation.pays_tax = False
    organisation.sales_tax_period = "MONTHLY"
    assert earlier(ready) == [], "a club that is not registered has no tax periods"
