"""A list is one value: what its heads, its rows on the page and its file say comes from its columns alone."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from clubledger.frame.lists import Column, Holds, List


@dataclass(frozen=True)
class Member:
    pk: int
    name: str
    owes: Decimal | None
    visits: int = 0
    since: date | None = None
    state: str = "done"


MEMBERS = List(
    name="members",
    page="members",
    anchor="#members",
    columns=(
        Column(key="name", title="Name", cell=lambda one: one.name, order=lambda one: one.name.casefold(), css="wrap"),
        Column(
            key="owes", title="Owes", file_title="Owes (AUD)", cell=lambda one: one.owes, holds=Holds.MONEY,
            order=lambda one: one.owes,
        ),
        Column(key="visits", title="Visits", cell=lambda one: one.visits, holds=Holds.NUMBER),
        Column(key="since", title="Since", cell=lambda one: one.since, holds=Holds.DAY, is_on_page=False),
        Column(key="state", title="State", cell=lambda one: one.state, holds=Holds.STATE),
        Column(key="change", title="Change"),
    ),
)  # fmt: skip
ROWS = [
    Member(1, "bea", Decimal("12.50"), 1_200, date(2026, 7, 1)),
    Member(2, "<Ada>", None),
    Member(3, "=Cy()", Decimal(-3), state="refused"),
]
STORED = List(
    name="stored", page="stored", preset="-at", by="order", paged_by="leaf", table="second",
    columns=(
        Column(key="at", title="When", cell=lambda one: one, order=("pk",)),
        Column(key="who", title="Who", cell=lambda one: one, order=("name~", "-pk")),
    ),
)  # fmt: skip


def asked(**given):
    return MEMBERS.asked(RequestFactory().get("/members/", given))


def filed(listing, rows=ROWS):
    text = b"".join(listing.file(rows).streaming_content).decode("utf-8-sig")
    return list(csv.reader(text.splitlines()))


def drawn(listing):
    return Template("{% load frame %}{% heads listing %}").render(Context({"listing": listing}))


def test_its_heads_are_its_columns_and_say_which_way_it_stands():
    heads = list(asked(sort="-name", page="3", q="x").heads)
    assert [(str(head.title), head.direction) for head in heads] == [
        ("Name", "descending"), ("Owes", "none"), ("Visits", "none"), ("State", "none"), ("Change", "none"),
    ]  # fmt: skip
    assert [head.link for head in heads] == ["?sort=name&q=x#members", "?sort=owes&q=x#members", "", "", ""]
    assert [head.is_number for head in heads] == [False, True, True, False, False]


def test_a_head_is_drawn_with_its_way_and_its_direction():
    page = drawn(asked(sort="name"))
    assert page.count("<th ") == 5
    assert 'aria-sort="ascending"' in page
    assert 'href="?sort=-name#members"' in page
    assert page.count('class="num"') == 2


@pytest.mark.parametrize("hostile", ["", "password", "--name", "-", "visits", "<script>", "\x00"])
def test_what_is_no_column_to_order_by_is_as_if_it_had_not_been_asked_for(hostile):
    listing = asked(sort=hostile)
    assert listing.sort == ""
    assert [one.pk for one in listing.in_order(ROWS)] == [1, 2, 3]


def test_rows_in_memory_stand_as_asked_and_nothing_comes_last_either_way():
    assert [one.pk for one in asked(sort="name").in_order(ROWS)] == [2, 3, 1]
    assert [one.pk for one in asked(sort="owes").in_order(ROWS)] == [3, 1, 2]
    assert [one.pk for one in asked(sort="-owes").in_order(ROWS)] == [1, 3, 2]


def test_a_database_gets_the_fields_and_several_lists_of_a_page_have_their_own_parameters():
    given = {"order": "at", "sort": "who", "leaf": "2", "format": "csv"}
    listing = STORED.asked(RequestFactory().get("/stored/", given))
    assert listing.order == ["pk"]
    assert [head.link for head in listing.heads] == [
        "?order=-at&sort=who&format=csv", "?order=who&sort=who&format=csv",
    ]  # fmt: skip
    assert not listing.wants_file
    preset = STORED.asked(RequestFactory().get("/stored/", {"format": "csv", "table": "second"}))
    assert (preset.sort, preset.asked, preset.order) == ("-at", "", ["-pk"])
    assert preset.wants_file


def test_its_file_holds_what_its_columns_give_and_no_formula():
    assert asked(format="csv").wants_file
    assert filed(asked(format="csv")) == [
        ["Name", "Owes (AUD)", "Visits", "Since", "State"],
        ["bea", "12.50", "1200", "2026-07-01", "Done"],
        ["<Ada>", "", "0", "", "Done"],
        ["'=Cy()", "-3.00", "0", "", "Refused"],
    ]


def test_a_page_that_draws_no_rows_itself_has_them_from_the_columns():
    listing = asked().paged(ROWS)
    page = Template('{% include "frame/list.html" with label="Members" empty="None yet." %}').render(
        Context({"listing": listing, "request": listing.request})
    )
    assert '<td class="wrap">&lt;Ada&gt;</td>' in page
    assert '<td class="num" data-label="Owes">12.50</td>' in page
    assert '<td class="num" data-label="Visits">1,200</td>' in page
    assert page.count('<span class="state') == 3
    assert "None yet." not in page
    empty = asked().paged([])
    assert 'colspan="5">None yet.' in Template(
        '{% include "frame/list.html" with label="Members" empty="None yet." %}'
    ).render(Context({"listing": empty, "request": empty.request}))


def test_a_page_can_leave_columns_away_and_hold_heads_fast():
    listing = asked(sort="owes").without("visits", "state", "change").with_fixed("owes")
    assert [(str(head.title), head.link) for head in listing.heads] == [("Name", "?sort=name#members"), ("Owes", "")]
    assert all(not head.link for head in asked().fixed("owes").heads)
    assert [one.pk for one in asked(sort="name").fixed("owes").in_order(ROWS)] == [3, 1, 2]
    assert [str(title) for title in listing.titles.values()] == [str(one.title) for one in MEMBERS.columns]
