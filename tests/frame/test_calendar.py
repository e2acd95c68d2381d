"""The strip of days: a picture, and the same in words."""

from datetime import date

from clubledger.frame import calendar


def draw(status, last_on=date(2026, 11, 15), **more):
    return calendar.draw(status, last_on=last_on, link=lambda on: f"?on={on}", **more)


def test_it_ends_with_the_asked_day_and_begins_on_a_monday():
    strip = draw({})
    assert strip.last_on == date(2026, 11, 15)
    assert strip.first_on.weekday() == 0
    assert strip.svg.count("<rect") == calendar.WEEKS * 7


def test_it_draws_no_day_after_the_last():
    assert draw({}, last_on=date(2026, 11, 11)).svg.count("<rect") == calendar.WEEKS * 7 - 4


def test_each_day_with_something_leads_to_its_journals():
    svg = draw({date(2026, 11, 11): "help"}).svg
    assert '<a href="?on=2026-11-11" tabindex=-1><rect class=c-help ' in svg
    assert "Wed 11 Nov 2026: Needs your help" in svg
    assert svg.count("<a ") == 1


def test_the_words_say_what_the_picture_says():
    strip = draw({date(2026, 11, 10): "sent", date(2026, 11, 11): "sent", date(2026, 11, 12): "unsent"})
    assert "Sent: 2" in strip.summary
    assert "Not sent: 1" in strip.summary
    assert strip.legend == [("sent", "Sent"), ("unsent", "Not sent")]
    assert strip.asking == [(date(2026, 11, 12), "unsent", "Not sent")]


def test_days_outside_the_strip_are_left_out_of_its_words():
    strip = draw({date(2020, 1, 1): "help"})
    assert strip.legend == []
    assert strip.asking == []
