"""Orders of lists: whatever the address says, an order of one of the list's own columns comes of it."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from clubledger.frame import sorting

ORDERS = {"date": ("on", "pk"), "amount": ("minor", "on")}
HOSTILE = [
    "", "-", "--date", "-–date", "date;DROP TABLE x", "date'", "on", "-on", "password", "date__club__name", "DATE",
    " date", "date ", "\0", "-\0date", "٣", "{{ date }}", "<script>", "x" * 5000, "date,amount", "?", "random()",
]  # fmt: skip


def request(**query):
    return RequestFactory().get("/", query)


@pytest.mark.parametrize("wanted", HOSTILE)
def test_what_names_no_column_is_left_out(wanted):
    assert sorting.asked(request(sort=wanted), ORDERS) == ""
    assert sorting.asked(request(sort=wanted), ORDERS, "-date") == "-date"
    assert sorting.order_asked(request(sort=wanted), ORDERS) == ["on", "pk"]
    assert sorting.order_asked(request(sort=wanted), ORDERS, "-amount") == ["-minor", "on"]


def test_a_column_stands_either_way_round():
    assert sorting.order_asked(request(sort="amount"), ORDERS, "-date") == ["minor", "on"]
    assert sorting.order_asked(request(sort="-amount"), ORDERS, "-date") == ["-minor", "on"]


def test_a_preset_without_a_name_is_not_asked_for_by_a_minus():
    assert sorting.order_asked(request(sort="-"), {"": ("is_mapped",), "code": ("code",)}) == ["is_mapped"]


def test_rows_in_memory_stand_as_they_come_unless_asked():
    keys = {"size": len}
    rows = ["ccc", "a", "bb", "d"]
    assert sorting.in_order(rows, "", keys) == rows
    assert sorting.in_order(rows, "size", keys) == ["a", "d", "bb", "ccc"]
    assert sorting.in_order(rows, "-size", keys) == ["ccc", "bb", "a", "d"]
    assert sorting.in_order(rows, "nothing", keys) == rows


def head(request, **context):
    drawn = Template('{% load frame %}{% sort "date" "Date" by="order" page="lines" %}')
    return drawn.render(Context({"request": request, **context}))


def test_a_head_says_which_way_its_own_table_stands_and_keeps_the_rest_of_the_address():
    plain = head(request(order="date", sort="amount", lines="3", page="2", q="a&b"))
    assert 'aria-sort="ascending"' in plain
    assert 'href="?order=-date&amp;sort=amount&amp;page=2&amp;q=a%26b"' in plain
    assert 'aria-sort="none"' in head(request(sort="date"))


def test_a_head_says_the_preset_order_and_nothing_of_a_hostile_one():
    preset = head(request(order="<script>"), order_asked="-date")
    assert 'aria-sort="descending"' in preset
    assert "script" not in preset
    assert 'href="?order=date"' in preset
