"""What is sent is exact, explicit and the same every time; any way in which Xero differs is told in words."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clubledger.bookkeeping.entry import entry_of
from clubledger.bookkeeping.rules import resolve
from clubledger.delivery.payload import differences, idempotency_key, render
from clubledger.xero.http.answers import ManualJournal, ManualJournalLine
from tests.bookkeeping.posting import totals_by_day
from tests.bookkeeping.worked_day import DAY, FACTS, MAPPING

ENTRY = entry_of(DAY, resolve(totals_by_day(FACTS)[DAY], MAPPING).lines)
PAYLOAD = render(ENTRY, narration="Member transactions ref A", url="https://ledger.example/c/x/gl/journals/1/")

FOUND = ManualJournal(
    journal_id="j1",
    narration="Member transactions ref A",
    status="POSTED",
    date=DAY,
    line_amount_types="Inclusive",
    url="",
    updated_at=None,
    lines=tuple(
        ManualJournalLine(line.account_id, line.account_code, line.amount, line.tax_type, Decimal(0), (), "")
        for line in ENTRY.lines
    ),
    warnings=(),
    raw={},
)


def test_everything_with_a_default_in_xero_is_stated_and_amounts_have_two_decimals() -> None:
    asked = json.loads(PAYLOAD, parse_float=str)
    assert {name: asked[name] for name in asked if name != "JournalLines"} == {
        "Narration": "Member transactions ref A",
        "Date": "2026-07-01",
        "Status": "POSTED",
        "LineAmountTypes": "Inclusive",
        "ShowOnCashBasisReports": True,
        "Url": "https://ledger.example/c/x/gl/journals/1/",
    }
    assert all(line["TaxType"] for line in asked["JournalLines"])
    assert [line["LineAmount"] for line in asked["JournalLines"]][:3] == ["-1100.00", "-11.00", "50.00"]
    assert not any("TaxAmount" in line for line in asked["JournalLines"])


def test_what_is_equal_does_not_differ_whatever_the_order_of_its_lines() -> None:
    assert differences(PAYLOAD, replace(FOUND, lines=FOUND.lines[::-1])) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "VOIDED"}, "its status is VOIDED"),
        ({"date": date(2026, 7, 2)}, "it is dated 2026-07-02, not 2026-07-01"),
        ({"line_amount_types": "NoTax"}, "its amounts are NoTax, not Inclusive"),
        ({"narration": "Something else"}, "its narration is “Something else”"),
        ({"warnings": ("Account code removed",)}, "Xero warned: Account code removed"),
        ({"lines": FOUND.lines[1:]}, "the credit of 1100.00 on id-200 with OUTPUT is missing"),
    ],
)
def test_each_difference_is_told_in_words(change: dict[str, object], words: str) -> None:
    assert words in differences(PAYLOAD, replace(FOUND, **change))  # type: ignore[arg-type]


def test_a_changed_tax_type_or_amount_or_job_differs() -> None:
    first, *rest = FOUND.lines
    for change in ({"tax_type": "EXEMPTOUTPUT"}, {"amount": Decimal("-1099.99")}, {"tracking": ("opt",)}):
        assert len(differences(PAYLOAD, replace(FOUND, lines=(replace(first, **change), *rest)))) == 2  # type: ignore[arg-type]


def test_the_key_changes_with_organisation_generation_and_bytes_and_with_nothing_else() -> None:
    key = idempotency_key("tenant", [("R-1", 1), ("R-2", 1)], b"body")
    assert key == idempotency_key("tenant", [("R-1", 1), ("R-2", 1)], b"body")
    assert len(key) <= 128
    others = [
        idempotency_key("other", [("R-1", 1), ("R-2", 1)], b"body"),
        idempotency_key("tenant", [("R-1", 2), ("R-2", 1)], b"body"),
        idempotency_key("tenant", [("R-1", 1), ("R-2", 1)], b"body2"),
        idempotency_key("tenant", [("R-2", 1), ("R-1", 1)], b"body"),
    ]
    assert len({key, *others}) == 5
