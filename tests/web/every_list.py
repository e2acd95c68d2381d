"""Every list of the pages, found where it is defined; where each is looked at, and its table as the page shows it."""

import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import clubledger.console
import clubledger.web
from clubledger.frame import formats
from clubledger.frame.lists import Column, Holds, List


def _found():
    """Return each list of a module of the pages, a dictionary of lists included."""
    for room in (clubledger.web, clubledger.console):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                yield from (one for one in (value.values() if isinstance(value, dict) else [value]))


_LISTS = {id(one): one for one in _found() if isinstance(one, List)}
EVERY_LIST = {f"{one.page}, {one.table or one.by}": one for one in _LISTS.values()}
"""By the page and what tells it from other lists there."""
assert len(EVERY_LIST) == len(_LISTS), "two lists bear one name, so that one of them would not be looked at"


class _Tables(HTMLParser):
    """Reads tables: heads and rows as (text, addresses of its links). An end tag of a cell may be left out."""

    def __init__(self):
        super().__init__()
        self.tables, self.cells, self.cell = [], None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.cells = []
        elif tag in {"th", "td"} and self.cells is not None:
            self.cell = Cell(is_head=tag == "th" and given.get("scope") == "col", css=given.get("class") or "")
            self.cells.append(self.cell)
        elif tag == "a" and self.cell is not None:
            self.cell.links.append(given.get("href") or "")
        elif tag == "input" and "type" not in given and self.cell is not None:
            # A cell to be filled in says what stands in its field.
            self.cell.text += given.get("value") or ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.text += data

    def handle_endtag(self, tag):
        if tag in {"th", "td", "tr"}:
            self.cell = None
        if tag == "tr" and self.tables and self.cells:
            (self.tables[-1].heads if self.cells[0].is_head else self.tables[-1].rows).append(self.cells)
            self.cells = None
        if tag == "tbody" and self.tables:
            self.tables[-1].body = len(self.tables[-1].rows)


@dataclass
class Cell:
    """A cell: its text, and where its links lead."""

    is_head: bool
    css: str
    text: str = ""
    links: list[str] = field(default_factory=list)

    @property
    def words(self):
        """Its text with single blanks, without the sign of an order."""
        return " ".join(self.text.replace("↑", "").replace("↓", "").split())


@dataclass
class Table:
    """A table of a page; `body` counts the rows that stand in its body."""

    heads: list[list[Cell]] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    body: int = 0

    @property
    def head(self):
        return self.heads[0] if self.heads else []

    @property
    def filled(self):
        """The rows of the body that hold something."""
        return [row for row in self.rows[: self.body] if "empty-note" not in row[0].css]


def key_in(cell: Cell, listed: List) -> str:
    """Return the column that a head orders by, a minus before it; empty where it orders by none of the list."""
    for link in cell.links:
        for wanted in parse_qs(urlsplit(link).query).get(listed.by, []):
            if wanted.removeprefix("-") in listed.orders:
                return wanted
    return ""


def tables_of(page: str) -> list[Table]:
    """Return all tables of a page."""
    reader = _Tables()
    reader.feed(page)
    return reader.tables


def table_of(page: str, listed: List) -> Table:
    """Return the table of the page whose heads order this list."""
    found = tables_of(page)
    # The heads of other tables keep the order of this one in their addresses: one and the same in each.
    keys = [{key_in(cell, listed).removeprefix("-") for cell in table.head} - {""} for table in found]
    place = max(range(len(found)), key=lambda number: len(keys[number]))
    assert keys[place], f"no table is ordered by `{listed.by}`"
    return found[place]


def place_of(table: Table, column: Column) -> int | None:
    """Return where the column stands in the table; None where the page leaves it away."""
    return next((place for place, cell in enumerate(table.head) if cell.words == str(column.title)), None)


def shown_as(column: Column, filed: str) -> str:
    """Return how a page writes what the file says of a cell."""
    if not filed:
        return ""
    match column.holds:
        case Holds.NUMBER:
            return formats.count(int(filed))
        case Holds.MONEY:
            return formats.money(abs(Decimal(filed)))
        case Holds.MONTH:
            return formats.month_and_year(date.fromisoformat(filed))
        case Holds.DAY:
            return formats.short_day(date.fromisoformat(filed))
        case Holds.TEXT:
            return " ".join(re.sub("^'", "", filed).split())
        case _:
            return ""
