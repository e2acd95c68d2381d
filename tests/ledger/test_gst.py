"""The GST check's figures: what documents state, what Xero worked out, and what explains the difference."""

from datetime import date

import pytest

from clubledger.bookkeeping.chart import Organisation
from clubledger.ledger.journals import lines, recording
from clubledger.ledger.models import Journal, JournalLine
from clubledger.ledger.reports import gst
from clubledger.ledger.reports.gst import Period, Tax
from tests.fixtures_clubs import make_club
from tests.ledger.mapping_day import add_chart, map_all
from tests.ledger.oracle import Books

QUARTER = Period(date(2026, 7, 1), date(2026, 9, 30))


@pytest.fixture
def day(books: Books) -> Books:
    """Two memberships whose GST rounds otherwise on the line than on the sale, one that states none, one without."""
    add_chart(books.club, books.owner)
    books.bring(
        "I-1,invoice,2026-07-01,SUBS,FULL7,10.05,0.91,,1,,2026-06-28",
        "I-2,invoice,2026-07-01,SUBS,FULL7,10.05,0.91,,2",
        "I-3,invoice,2026-07-01,SUBS,FULL7,11.00,,,3",
        "I-4,invoice,2026-07-01,SUBS,FULL7,5.00,0.00,,4",
        "I-5,invoice,2026-07-02,SUBS,SURCH,11.00,1.00",
    )
    map_all(books)
    return books


def post(books: Books, number: int, tax_of: dict[str, int], **fields: object) -> Journal:
    """Freeze a journal and read it back from Xero with this tax (minor units) by tax type."""
    journal = books.journals()[number]
    resolution = lines.resolve(club=books.club, journals=[journal])[journal.pk]
    lines.freeze(journal=journal, resolution=resolution)
    for line in JournalLine.objects.filter(journal=journal):
        line.xero_tax_minor = tax_of.get(line.tax_type, 0)
        line.save()
    Journal.objects.of(books.club).filter(pk=journal.pk).update(state="sent", number=f"J-{number:06d}", **fields)
    return journal


def by_type(books: Books, period: Period = QUARTER) -> dict[str, Tax]:
    rows = gst.journals_between(club=books.club, first_on=period.first_on, last_on=period.last_on)
    return {one.code: tax for one, tax in gst.sum_up(rows).items()}


def test_the_difference_counts_only_rows_that_state_a_tax(day: Books) -> None:
    # Xero: 31.10 holds 2.83; of that 11.00 / 31.10, rounded, falls to the row that states none.
    post(day, 0, {"OUTPUT": -283})
    found = by_type(day)
    output = found["OUTPUT"]
    assert (output.gross, output.stated, output.xero, output.unstated) == (3110 + 1100, 182, 283, 100)
    assert output.difference == 1
    assert output.is_rounding
    assert (output.unsent, output.documents) == (100, 282)
    exempt = found["EXEMPTOUTPUT"]
    assert (exempt.gross, exempt.documents, exempt.difference) == (500, 0, 0)
    assert "BASEXCLUDED" not in found


def test_more_than_half_a_cent_a_row_is_not_rounding(day: Books) -> None:
    post(day, 0, {"OUTPUT": -293})
    assert by_type(day)["OUTPUT"].difference == 7
    assert not by_type(day)["OUTPUT"].is_rounding


def test_lines_of_which_every_row_states_a_tax_leave_nothing_unstated(books: Books) -> None:
    add_chart(books.club, books.owner)
    books.bring("I-1,invoice,2026-07-01,SUBS,FULL7,11.00,1.00", "I-2,invoice,2026-07-01,SUBS,SURCH,11.00,1.00")
    map_all(books)
    post(books, 0, {"OUTPUT": -100})
    output = by_type(books)["OUTPUT"]
    assert (output.xero, output.unstated, output.difference) == (200, 0, 0)


def test_recorded_ones_stand_apart_and_days_before_the_cut_over_are_left_out(day: Books) -> None:
    recording.record_manually(
        club=day.club, actor=day.owner, journal_ids=[day.journals()[0].pk], reason="Entered by hand."
    )
    assert (by_type(day)["OUTPUT"].recorded, by_type(day)["OUTPUT"].unsent) == (182, 100)
    day.club.post_from = date(2026, 7, 3)
    day.club.save()
    assert (by_type(day)["OUTPUT"].recorded, by_type(day)["OUTPUT"].unsent) == (182, 0)


def test_a_journal_counts_in_the_period_of_its_date_in_xero(day: Books) -> None:
    post(day, 1, {"OUTPUT": -100}, sent_on=date(2026, 10, 1))
    assert by_type(day)["OUTPUT"].xero == 0
    later = by_type(day, QUARTER.after("quarter"))
    assert (later["OUTPUT"].xero, later["OUTPUT"].stated) == (100, 100)


def test_what_was_not_read_back_is_compared_with_nothing(day: Books) -> None:
    journal = post(day, 1, {})
    JournalLine.objects.filter(journal=journal).update(xero_tax_minor=None)
    output = by_type(day)["OUTPUT"]
    assert (output.difference, output.unread, output.stated) == (0, 1, 0)
    assert output.documents == 282


def test_a_reversal_and_a_credit_note_take_tax_back(day: Books) -> None:
    day.bring("R-1,reversal,2026-07-02,,,,,,,,,I-5", "C-1,credit_note,2026-07-02,SUBS,SURCH,22.00,2.00")
    assert by_type(day)["OUTPUT"].unsent == 182 - 200


def test_documents_of_an_earlier_period_are_told_with_their_tax(day: Books) -> None:
    day.bring(
        "I-6,credit_note,2026-07-05,SUBS,FULL7,22.00,2.00,,9,,2026-05-01",
        "P-1,payment,2026-07-05,SUBS,CARD,1,,,,,2026-05-01",
    )
    found, count, tax = gst.earlier_documents(club=day.club, period=QUARTER)
    assert [(one.source_id, str(one.document_date), one.tax) for one in found] == [
        ("I-6", "2026-05-01", -200), ("I-1", "2026-06-28", 91),
    ]  # fmt: skip
    assert (count, tax) == (2, -109)
    assert gst.earlier_documents(club=day.club, period=QUARTER, limit=1)[0] == found[:1]
    assert gst.earlier_documents(club=day.club, period=QUARTER.after("quarter")) == ([], 0, 0)


@pytest.mark.parametrize(
    ("on", "length", "first", "last"),
    [
        ("2026-11-22", "quarter", "2026-10-01", "2026-12-31"),
        ("2026-11-22", "month", "2026-11-01", "2026-11-30"),
        ("2028-02-29", "month", "2028-02-01", "2028-02-29"),
        ("2026-03-31", "quarter", "2026-01-01", "2026-03-31"),
        ("2026-06-30", "year", "2025-07-01", "2026-06-30"),
        ("2026-07-01", "half_year", "2026-07-01", "2026-12-31"),
        ("2026-12-31", "two_months", "2026-11-01", "2026-12-31"),
    ],
)
def test_periods_are_those_of_the_calendar(on: str, length: str, first: str, last: str) -> None:
    period = Period.holding(date.fromisoformat(on), length)
    assert (str(period.first_on), str(period.last_on)) == (first, last)
    assert period.before(length).after(length) == period


def test_longer_periods_are_counted_back_from_the_end_of_the_organisations_year() -> None:
    zealand = Organisation("o", "Kauri", country_code="NZ", sales_tax_period="TWOMONTHS", year_end_month=3)
    found = gst.period_of(zealand, date(2026, 4, 1))
    assert (str(found.first_on), str(found.last_on)) == ("2026-04-01", "2026-05-31")
    assert gst.period_of(zealand, date(2026, 3, 31)).first_on == date(2026, 2, 1)
    yearly = Organisation("o", "Banksia", country_code="AU", sales_tax_period="ANNUALLY", year_end_month=12)
    assert gst.period_of(yearly, date(2026, 6, 30)) == Period(date(2025, 7, 1), date(2026, 6, 30))
    assert gst.length_of(Organisation("o", "Unknown")) == "quarter"


def test_what_states_no_tax_is_told_of_where_xero_will_work_one_out(books: Books) -> None:
    add_chart(books.club, books.owner)
    books.bring(
        "I-1,invoice,2026-07-01,SUBS,FULL7,110.00,,,1,,2026-06-28",
        "I-2,invoice,2026-07-01,SUBS,FULL7,10.00,0.00,,2,,2026-06-28",
        "Z-1,prize,2026-07-01,PRIZE,PRIZES,50.00,,,3,,2026-06-28",
    )
    map_all(books)
    output = by_type(books)["OUTPUT"]
    assert (output.documents, output.silent) == (0, 11000)
    found, count, tax = gst.earlier_documents(club=books.club, period=QUARTER)
    assert [(one.source_id, one.tax) for one in found] == [("I-1", None)]
    assert (count, tax) == (1, 0)


def test_another_club_has_no_part_in_it(day: Books) -> None:
    other = make_club("wattle-creek", "Wattle Creek")
    assert gst.journals_between(club=other, first_on=QUARTER.first_on, last_on=QUARTER.last_on) == []
