"""The made-up club's year: the same every time, of the sizes and kinds that a real club has."""

import csv
from collections import Counter
from datetime import date, timedelta

import pytest

from clubledger.cli.demo import year
from clubledger.cli.demo.club import GL_NAMES, LEFT_TO_MAP, MAPPING, MEMBERS

LAST_ON = date(2026, 11, 21)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = year.write(tmp_path_factory.mktemp("year") / "year.csv", year.year(LAST_ON))
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_it_has_about_a_hundred_thousand_transactions_in_a_quarter_of_a_million_rows(rows):
    assert 95_000 < len({row["source_id"] for row in rows}) < 110_000
    assert 240_000 < len(rows) < 260_000


def test_it_has_all_nine_kinds_discounts_and_dated_back_payments(rows):
    assert {row["kind"] for row in rows} == {
        "invoice", "credit_note", "payment", "refund", "dishonour", "transfer", "prize", "pos_sale", "reversal",
    }  # fmt: skip
    assert any(row["amount"].startswith("-") for row in rows if row["kind"] == "invoice")
    latest, back_dated = "", 0
    for row in rows:
        latest = max(latest, row["accounting_date"])
        back_dated += row["accounting_date"] < latest
    assert 500 < back_dated < 5_000


def test_a_day_has_the_size_of_a_real_club_and_1_july_is_the_renewal_run(rows):
    first_rows = {row["source_id"]: row for row in rows}
    per_day = Counter(row["accounting_date"] for row in first_rows.values())
    assert 200 <= sorted(per_day.values())[len(per_day) // 2] <= 400
    assert per_day["2026-07-01"] > 1_000
    assert (
        300
        <= sum(
            row["kind"] == "payment" and row["item"] == "GATEWAY"
            for row in rows
            if row["accounting_date"] == "2026-07-15"
        )
        <= 500
    )
    renewal = Counter(row["source_id"] for row in rows if row["source_id"].startswith("REN-"))
    assert len(renewal) == MEMBERS
    assert {4, 5, 6} <= set(renewal.values())


def test_rows_of_a_transaction_stand_together_and_agree(rows):
    seen, last = {}, ""
    for row in rows:
        if row["source_id"] != last:
            assert row["source_id"] not in seen
            seen[row["source_id"]] = (row["kind"], row["accounting_date"])
        assert seen[row["source_id"]] == (row["kind"], row["accounting_date"])
        if row["kind"] in {"reversal", "dishonour"}:
            assert row["reverses"] in seen
        last = row["source_id"]


def test_it_stays_within_its_year_and_every_item_has_its_place_in_the_chart(rows):
    days = [row["accounting_date"] for row in rows]
    assert (min(days), max(days)) == ((LAST_ON - timedelta(days=364)).isoformat(), LAST_ON.isoformat())
    mapped = {mapped.code for mapped in MAPPING}
    assert {row["item"] for row in rows if row["item"]} | {
        row["account_type"] for row in rows if row["account_type"]
    } <= mapped
    assert {mapped.gl_code for mapped in MAPPING} == set(GL_NAMES)
    assert mapped >= LEFT_TO_MAP


def test_the_same_day_brings_the_same_transactions_whenever_it_is_made(rows):
    a_week_later = [
        row for row in year.year(LAST_ON + timedelta(days=7)) if row[2] == "2026-09-05" and row[0].startswith("POS")
    ]
    assert a_week_later == [
        tuple(row.values())
        for row in rows
        if row["accounting_date"] == "2026-09-05" and row["source_id"].startswith("POS")
    ]


def test_corrections_are_sales_of_the_year_with_another_amount(rows):
    first = {}
    for row in rows:
        first.setdefault(row["source_id"], row)
    mended = list(year.corrections(LAST_ON))
    assert len({row[0] for row in mended}) >= 10
    for row in mended:
        assert first[row[0]]["accounting_date"] == row[2]
