"""Amounts, dates and counts as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from clubledger.frame import formats


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("14087.6"), "14,087.60"),
        (Decimal("0"), "0.00"),
        (Decimal("-924"), "\u2212924.00"),
        (Decimal("9999999999.99"), "9,999,999,999.99"),
        (None, ""),
    ],
)
def test_amounts_have_two_decimals_and_a_minus_never_parentheses(amount, written):
    assert formats.money(amount) == written


def test_minor_units_are_written_as_amounts():
    assert formats.minor(1408760) == "14,087.60"
    assert formats.minor(None) == ""


def test_a_day_is_written_with_its_weekday():
    with translation.override("en-au"):
        assert formats.day(date(2026, 11, 11)) == "Wed 11 Nov 2026"
        assert formats.day(None) == ""


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (date(2026, 11, 9), date(2026, 11, 15), "9–15 November 2026"),
        (date(2026, 11, 9), date(2026, 11, 9), "Mon 9 Nov 2026"),
        (date(2026, 10, 30), date(2026, 11, 2), "30 October to 2 November 2026"),
        (date(2026, 12, 30), date(2027, 1, 2), "30 Dec 2026 to 2 Jan 2027"),
    ],
)
def test_a_range_of_days_is_as_brief_as_it_is_clear(first, last, written):
    with translation.override("en-au"):
        assert formats.span(first, last) == written


def test_an_instant_is_told_in_the_clubs_time_zone():
    at = datetime(2026, 11, 15, 23, 2, tzinfo=UTC)
    with translation.override("en-au"):
        assert formats.instant(at, "Australia/Sydney") == "16 Nov 2026, 10:02 am"
        assert formats.clock_time(at, "Australia/Perth") == "7:02 am"


def test_another_language_has_its_own_separators():
    with translation.override("de"):
        assert formats.money(Decimal("14087.60")) == "14.087,60"


def test_time_left_is_rough():
    with translation.override("en-au"):
        assert formats.seconds(5) == "less than a minute left"
        assert formats.seconds(70) == "about a minute left"
        assert formats.seconds(400) == "about 7 minutes left"
