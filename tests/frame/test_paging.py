"""Pages of long tables: whatever the address says, a page comes of it."""

import pytest
from django.test import RequestFactory

from clubledger.frame import paging


def page(query, rows=250):
    return paging.page_of(RequestFactory().get("/", query), list(range(rows)), total=rows)


@pytest.mark.parametrize("asked", ["", "0", "-1", "x", "1e9", "٣", "99999999999999999999", "1 "])
def test_a_strange_page_number_gives_the_first_page_or_the_last(asked):
    assert page({"page": asked}).number in {1, 3}


def test_it_knows_its_neighbours_and_keeps_the_rest_of_the_address():
    middle = page({"page": "2", "show": "sent"})
    assert (middle.first, middle.last, middle.total, middle.pages) == (101, 200, 250, 3)
    assert middle.previous_link == "?page=1&show=sent"
    assert middle.next_link == "?page=3&show=sent"


def test_an_empty_table_has_one_empty_page():
    empty = page({}, rows=0)
    assert (empty.rows, empty.first, empty.last, empty.pages) == ([], 0, 0, 1)
