"""Pictures: what stands for what, and that no text in them is taken for markup."""

import re
from datetime import UTC, datetime, timedelta

from clubledger.frame import pictures
from clubledger.frame.pictures import HOURS, MONTHS, Bar, Part


def heights(drawn: str) -> list[tuple[str, float, float]]:
    found = re.findall(r'<rect class="([^"]+)" x="\d+" y="([\d.]+)" width="\d+" height="([\d.]+)">', drawn)
    return [(name, float(y), float(height)) for name, y, height in found]


def test_bars_share_the_height_above_and_below_the_line():
    drawn = pictures.bars([Bar([Part("a", 30, "")], [Part("b", 10, "")]), Bar([Part("c", 15, "")], [])], MONTHS)
    assert heights(drawn) == [("a", 6.0, 97.5), ("b", 103.5, 32.5), ("c", 54.8, 48.8)]
    assert 'y1="103.5"' in drawn


def test_parts_stand_on_each_other_and_nothing_is_drawn_of_nothing():
    drawn = pictures.bars([Bar([Part("a", 1, ""), Part("b", 0, ""), Part("c", 2, "")])], HOURS)
    assert heights(drawn) == [("a", 82.0, 30.0), ("c", 22.0, 60.0)]


def test_no_text_is_taken_for_markup():
    drawn = pictures.bars([Bar([Part("a", 1, "<b>one & two")], label="<i>")], MONTHS)
    assert "&lt;b&gt;one &amp; two" in drawn
    assert "&lt;i&gt;" in drawn


def test_a_day_without_calls_is_an_empty_line():
    begin = datetime(2026, 11, 3, tzinfo=UTC)
    drawn = pictures.hours([(begin + timedelta(hours=hour), 0, 0, 0) for hour in range(24)])
    assert heights(drawn) == []
    assert 'y1="112.0"' in drawn
    assert "at most" not in drawn


def test_a_day_of_calls_says_its_most():
    begin = datetime(2026, 11, 3, tzinfo=UTC)
    drawn = pictures.hours([(begin, 8, 1, 1), (begin + timedelta(hours=1), 5, 0, 0)])
    assert [name for name, _y, _height in heights(drawn)] == ["p-accepted", "p-refused", "p-unclear", "p-accepted"]
    assert "at most 10 an hour" in drawn
    assert "00:00 UTC, refused or not sent: 1" in drawn


def test_small_pictures_are_of_what_moved():
    drawn = pictures.weeks([10, 0, -5])
    assert 'd="M0 11h5v-10h-5zM12 11h5v5h-5z"' in drawn
