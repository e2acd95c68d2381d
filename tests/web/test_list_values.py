"""Every list of the pages is what its value says: heads that order it both ways, rows, and a file that stands alike.

What is expected comes from the lists themselves, wherever a module of the pages defines one: a new list needs no line
here, only rows in `tests.web.full_club`.
"""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from clubledger.clubs.models import User
from clubledger.frame import paging
from clubledger.frame.lists import Holds
from clubledger.ledger.models import GLCode, Import, Journal
from tests.web.every_list import EVERY_LIST, key_in, place_of, shown_as, table_of
from tests.web.full_club import full, staff

__all__ = ["full", "staff"]
pytestmark = pytest.mark.django_db
HOSTILE = ["password", "--name", "-", "pk", "user__password", "<script>", "1;--", "\x00"]

ARGS = {
    "gl-code": lambda club: GLCode.objects.of(club).get(code="202").pk,
    "journal": lambda club: Journal.objects.of(club).get(number="J-50").pk,
    "import": lambda club: Import.objects.of(club).order_by("pk").first().pk,
}
ASKING = {
    "gst-check": {"period": "2026-07-01"},
    "balances": {"at": "2026-07-31"},
    "gl": {"from": f"{timezone.localdate() - timedelta(days=20)}", "up_to": f"{timezone.localdate()}", "show": "all"},
}
"""What the address of a page says besides, so that it has rows to show."""
ELSEWHERE = {
    "journal, order": "the transactions behind a line: tests/web/test_journal.py",
    "gst-check, periods": "nothing orders it: tests/web/test_gst_check.py",
    "security, sort": "a person's browsers: tests/web/test_security.py",
    "get-gl-codes, sort": "what a press of a button found; nothing orders it: tests/web/test_chart.py",
    "console-changeover, sort": "one club's few people; nothing orders it",
}  # fmt: skip
"""Lists that are looked at in another way, and where."""
OTHERWISE_ORDERED = {("journal, sort", "cents"), ("send-runs, sort", "sent")}
"""By the size of the amount whatever its sign; by a number, which the page says in words."""
OTHERWISE_SHOWN = {
    ("gst-check, journals", "date"), ("journal, sort", "source_tax"), ("journal, sort", "xero_tax"),
    ("audit-trail, sort", "number"),
}  # fmt: skip
WALKED = [name for name in EVERY_LIST if name not in ELSEWHERE]


def test_what_is_looked_at_elsewhere_is_a_list():
    assert set(ELSEWHERE) <= set(EVERY_LIST)


@pytest.fixture
def asker(request, owner, name):
    """Who asks for the list: the owner, or the vendor's staff."""
    signed_in = Client()
    signed_in.force_login(request.getfixturevalue("staff") if name.startswith("console") else owner)
    return signed_in


def address(listed, club):
    club_free = listed.page.startswith("console") or listed.page in {"home", "security"}
    further = [ARGS[listed.page](club)] if listed.page in ARGS else []
    return reverse(listed.page, args=further if club_free else [club.slug, *further])


def shown(client, club, listed, **asked):
    answer = client.get(address(listed, club), ASKING.get(listed.page, {}) | asked)
    assert answer.status_code == 200
    page = answer.content.decode().split("<main", 1)[1]
    assert "<script>;" not in page
    return table_of(page, listed)


def filed(client, club, listed, **asked):
    given = ASKING.get(listed.page, {}) | asked | {"format": "csv"}
    answer = client.get(address(listed, club), given | ({"table": listed.table} if listed.table else {}))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    titles, *rows = csv.reader(text.splitlines())
    return titles, rows


def value_of(column, text):
    """Return a cell as what the column holds: words without their case, numbers, days."""
    read = {
        Holds.NUMBER: int, Holds.MONEY: Decimal, Holds.DAY: date.fromisoformat,
        Holds.MONTH: date.fromisoformat, Holds.INSTANT: datetime.fromisoformat,
    }  # fmt: skip
    return read.get(column.holds, str.casefold)(text)


def told_alike(name, table, lines):
    """Return each row by those of its cells that page and file both tell, of the file and as the page has them."""
    listed = EVERY_LIST[name]
    alike = [
        (place, number, column)
        for number, column in enumerate(listed.filed)
        if column.is_on_page and column.shown is None and (name, column.key) not in OTHERWISE_SHOWN
        if (place := place_of(table, column)) is not None
    ]
    expected = [tuple(shown_as(column, line[number]) for _place, number, column in alike) for line in lines]
    rows = [tuple(row[place].words for place, _number, _column in alike) for row in table.filled]
    return expected, rows


def stands_as(expected, rows):
    """Return whether the rows of the page tell what the file tells, in its order."""
    return len(rows) <= len(expected) and all(
        all(part.casefold() in cell.casefold() for part, cell in zip(line, row, strict=True))
        for line, row in zip(expected, rows, strict=False)
    )


@pytest.mark.parametrize("name", WALKED)
def test_its_heads_are_those_of_its_columns_and_its_file_says_the_same(asker, full, name):
    listed = EVERY_LIST[name]
    table = shown(asker, full, listed)
    titles = [cell.words for cell in table.head]
    wanted = [(str(one.title), one.key if one.order else "") for one in listed.on_page if str(one.title) in titles]
    heads = [(cell.words, key_in(cell, listed).removeprefix("-")) for cell in table.head]
    assert [head for head in heads if head in wanted] == wanted
    assert {key for _title, key in heads if key} == {key for _title, key in wanted if key}
    names, lines = filed(asker, full, listed)
    assert names == [str(one.file_title or one.title) for one in listed.filed]
    expected, rows = told_alike(name, table, lines)
    assert len(rows) > 2
    assert len(set(expected)) == len(lines), "the rows of the full club can't be told apart"
    assert stands_as(expected, rows), (expected, rows)


@pytest.mark.parametrize("name", WALKED)
def test_each_head_orders_it_both_ways_and_its_file_alike(asker, full, name):
    listed = EVERY_LIST[name]
    preset = len(shown(asker, full, listed).filled)
    places = {column.key: number for number, column in enumerate(listed.filed)}
    for key in listed.orders:
        for wanted in (key, f"-{key}"):
            table = shown(asker, full, listed, **{listed.by: wanted})
            _titles, lines = filed(asker, full, listed, **{listed.by: wanted})
            expected, rows = told_alike(name, table, lines)
            assert len(rows) == preset
            assert stands_as(expected, rows), (wanted, expected, rows)
            column = listed.column(key)
            if key not in places or column.holds in {Holds.WORDS, Holds.STATE} or (name, key) in OTHERWISE_ORDERED:
                continue
            cells = [line[places[key]] for line in lines]
            there = [value_of(column, cell) for cell in cells if cell]
            assert cells[len(there) :] == [""] * (len(cells) - len(there)), f"{wanted}: nothing stands last"
            assert there == sorted(there, reverse=wanted.startswith("-")), f"{wanted}: {there}"


@pytest.mark.parametrize("name", WALKED)
def test_an_order_that_it_has_not_is_answered_as_if_it_had_not_been_asked_for(asker, full, name):
    listed = EVERY_LIST[name]
    preset = [[cell.words for cell in row] for row in shown(asker, full, listed).filled]
    for hostile in HOSTILE:
        table = shown(asker, full, listed, **{listed.by: hostile})
        assert [[cell.words for cell in row] for row in table.filled] == preset
        assert filed(asker, full, listed, **{listed.by: hostile}) == filed(asker, full, listed)


@pytest.mark.parametrize("name", WALKED)
def test_its_pages_hold_each_row_once_and_its_xlsx_file_all(asker, full, name, monkeypatch):
    listed = EVERY_LIST[name]
    whole = {
        wanted: [row[0].words + row[1].words for row in shown(asker, full, listed, **{listed.by: wanted}).filled]
        for wanted in ("", *listed.orders)
    }
    titles, rows = filed(asker, full, listed)
    given = ASKING.get(listed.page, {}) | {"format": "xlsx"} | ({"table": listed.table} if listed.table else {})
    sheet = load_workbook(io.BytesIO(asker.get(address(listed, full), given).content), read_only=True).active
    lines = list(sheet.values)
    assert [str(title) for title in lines[0]] == titles
    assert len(lines) == len(rows) + 1
    for of in (paging.page_of, paging.page_made):
        monkeypatch.setitem(of.__kwdefaults__, "per_page", 1)
    if len(shown(asker, full, listed).filled) != 1:
        return
    for wanted, expected in whole.items():
        pages = [
            shown(asker, full, listed, **{listed.by: wanted, listed.paged_by: page}).filled
            for page in range(1, len(expected) + 1)
        ]
        assert [row[0].words + row[1].words for page in pages for row in page] == expected, wanted


@pytest.mark.parametrize("name", WALKED)
def test_whoever_reads_german_finds_the_page_in_the_order_of_the_file_which_is_in_english(asker, full, name):
    listed = EVERY_LIST[name]
    english = filed(asker, full, listed)
    assert len(set(english[0])) == len(english[0])
    User.objects.update(language="de")
    assert filed(asker, full, listed) == english
    for wanted in listed.orders:
        table = shown(asker, full, listed, **{listed.by: wanted})
        _titles, lines = filed(asker, full, listed, **{listed.by: wanted})
        with translation.override("de"):
            expected, rows = told_alike(name, table, lines)
            assert len(rows) > 2
            assert stands_as(expected, rows), (wanted, expected, rows)


@pytest.mark.parametrize("name", ["gl, sort"])
def test_journals_without_a_number_stand_last_either_way(asker, full, name):
    days, numbers = {"from": "2026-01-01"}, ["J-1", "J-2", "J-50", "J-90", "J-91", "J-92"]
    for wanted, expected in (("number", numbers), ("-number", numbers[::-1])):
        _titles, lines = filed(asker, full, EVERY_LIST[name], **days, sort=wanted)
        assert [line[2] for line in lines] == [*expected, "TBA"]
