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
