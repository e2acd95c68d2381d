"""What an address or a form says: what can't be read means nothing, and never another row or day."""

from datetime import date

import pytest
from django.test import RequestFactory

from clubledger.frame import query


@pytest.mark.parametrize("asked", [None, "", "0", "-1", "x", "1 ", "٣", "9" * 19])
def test_what_is_no_key_means_no_row(asked):
    assert query.key(asked) is None
    assert query.key("2000001") == 2_000_001


def test_what_is_not_ticked_right_is_left_out():
    assert query.keys(["3", "x", "0", "7"]) == [3, 7]


@pytest.mark.parametrize("text", [None, "", "2026-7-1", "1899-12-31", "2200-01-01", "2026-02-30", "20260701"])
def test_what_is_no_day_of_a_file_is_no_day(text):
    assert query.read_day(text) is None
    assert query.read_day("2026-07-01") == date(2026, 7, 1)


def test_a_page_that_answers_a_form_elsewhere_leads_to_its_own_address():
    request = RequestFactory().get("/elsewhere/", {"sort": "name", "page": "2"})
    query.stands_at(request, "/users/")
    assert query.address_with(request, sort="-name", page=None) == "/users/?sort=-name"
    query.stands_at(request, "/elsewhere/")
    assert query.address_with(request, page=3) == "?sort=name&page=3"
