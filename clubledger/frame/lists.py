"""A list is one value: its columns. Heads, orders, pages, files and what tests expect all come from it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from clubledger.frame import exports, formats, paging, sorting
from clubledger.frame.query import address_with
from clubledger.frame.states import state_shown, state_word

Words = str | Promise


class Holds(StrEnum):
    """What the cells of a column are; a column is ordered by what it holds, unless that is words for something else."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    MONTH = "month"
    """The first day of a month: the page tells the month and its year."""
    INSTANT = "instant"
    STATE = "state"
    """The name of a state: the page draws its sign, a file says its word."""
    WORDS = "words"
    """Words for something else, which the column is ordered by."""


AT_ONCE = 1000
"""Rows that are held in memory while a file of many is written."""
NUMBERS = frozenset({Holds.NUMBER, Holds.MONEY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a list.

    `cell` gives from a row what the file says, and the page too unless `shown` gives something else. A column without
    a cell stands on the page alone, whose template draws it. `order` is either the fields that a database orders by
    (with the marks of `sorting.order_asked`) or what gives from a row, held in memory, what it is ordered by.
    """

    key: str
    title: Words
    cell: Callable[[Any], Any] | None = None
    shown: Callable[[Any], Any] | None = None
    holds: Holds = Holds.TEXT
    order: tuple[str, ...] | Callable[[Any], Any] | None = None
    is_on_page: bool = True
    is_in_file: bool = True
    file_title: Words = ""
    """What the file calls the column, where that is not what the page calls it."""
    css: str = ""
    """The classes of its cells on the page."""
    head_css: str = ""
    """The classes of its head on the page."""
    link: str = ""
    """The name of the address that its cells lead to, with the key of the row."""

    @property
    def is_number(self) -> bool:
        """Whether its cells stand to the right, one below the other."""
        return self.holds in NUMBERS


class Head(NamedTuple):
    """The head of a column: its link turns the order round where the column is the one it stands in."""

    title: Words
    link: str
    direction: str
    is_number: bool
    css: str


class Cell(NamedTuple):
    """A cell as a page draws it; the label names the column where a narrow screen has no heads."""

    text: str | SafeString
    link: str
    css: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """A list: where it stands, its columns in the order of the page, and how a file and an address name things."""

    name: str
    """What its file is called, before the name of the club."""
    page: str
    """The name of the address of its page."""
    columns: tuple[Column, ...]
    preset: str = ""
    """The column it is ordered by unless asked otherwise, with a minus where turned round; empty: as its rows come."""
    by: str = "sort"
    """The parameter of the address that asks for an order; a page with several lists has several."""
    paged_by: str = "page"
    table: str = ""
    """What the parameter `table` of the address says for the list's file, where it is not the only one of its page."""
    anchor: str = ""
    """Where on the page it stands, such as `#refused`."""
    in_file: tuple[str, ...] = ()
    """The columns of the file, where they stand in another order than on the page."""

    def column(self, key: str) -> Column:
        """Return the column of this key."""
        return next(one for one in self.columns if one.key == key)

    @property
    def on_page(self) -> tuple[Column, ...]:
        """The columns that stand on the page."""
        return tuple(one for one in self.columns if one.is_on_page)

    @property
    def filed(self) -> tuple[Column, ...]:
        """The columns that stand in the file."""
        if self.in_file:
            return tuple(self.column(key) for key in self.in_file)
        return tuple(one for one in self.columns if one.is_in_file and one.cell is not None)

    @property
    def header(self) -> list[str]:
        """The first line of the file."""
        return [str(one.file_title or one.title) for one in self.filed]

    def cells(self, rows: Iterable[Any]) -> Iterator[list[Any]]:
        """Return the other lines of the file, cell by cell."""
        columns = self.filed
        return ([_filed(one, row) for one in columns] for row in rows)

    @property
    def orders(self) -> dict[str, tuple[str, ...] | Callable[[Any], Any]]:
        """What each column that can be ordered by is ordered by."""
        return {one.key: one.order for one in self.columns if one.order is not None}

    def fields_of(self, wanted: str) -> sorting.Order:
        """Return the fields that a database puts the rows into this order by."""
        return sorting.fields_of(wanted, {key: one for key, one in self.orders.items() if isinstance(one, tuple)})

    def asked(self, request: HttpRequest) -> "Listing":
        """Return the list in the order that an address asks for; what is no column of it is as if not asked."""
        return Listing(of=self, request=request, sort=sorting.asked(request, self.orders, self.preset, by=self.by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list as an address asks for it: its order, and once they are found its rows."""

    of: List
    request: HttpRequest
    sort: str
    """The column it is ordered by, a minus before it where turned round; empty where the rows stand as they come."""
    hidden: frozenset[str] = frozenset()
    """Columns that this page leaves away, though they may be ordered by."""
    unsorted: frozenset[str] = frozenset()
    """Columns whose heads can't be pressed here."""
    rows: Sequence[Any] = ()
    page: paging.Page | None = None
    zone: str = "UTC"
    """The time zone that instants on the page are told in."""

    # --- order and rows ----------------------------------------------------------------------------------------------

    @property
    def asked(self) -> str:
        """What the address itself asks for, without the preset: what forms and links of the page keep."""
        return sorting.asked(self.request, self.of.orders, by=self.of.by)

    @property
    def order(self) -> sorting.Order:
        """The fields that a database puts the rows into order by."""
        return self.of.fields_of(self.sort)

    def in_order(self, rows: Iterable[sorting.One]) -> list[sorting.One]:
        """Return rows that are held in memory in the order asked for."""
        keys = {key: order for key, order in self.of.orders.items() if not isinstance(order, tuple)}
        return sorting.in_order(rows, self.sort, keys)

    def paged(self, rows: QuerySet[Any] | Sequence[Any], *, total: int | None = None, zone: str = "UTC") -> "Listing":
        """Return the list with the page of rows that the address asks for; `total` is counted unless it is known."""
        if total is None:
            total = rows.count() if isinstance(rows, QuerySet) else len(rows)
        page = paging.page_of(self.request, rows, total=total)
        return replace(self, page=page, rows=page.rows, zone=zone)

    def of_rows(self, rows: Sequence[Any], *, page: paging.Page | None = None, zone: str = "UTC") -> "Listing":
        """Return the list with these rows, whose page somebody else has cut out."""
        return replace(self, rows=rows, page=page, zone=zone)

    def as_they_come(self) -> "Listing":
        """Return the list without its preset: unless the address asks for an order, the rows stand as they come."""
        return replace(self, sort=self.asked)

    def without(self, *keys: str) -> "Listing":
        """Return the list without columns that have nothing to say on this page."""
        return replace(self, hidden=self.hidden | set(keys))

    def fixed(self, sort: str) -> "Listing":
        """Return the list in this order and no other: its heads can't be pressed."""
        return replace(self, sort=sort, unsorted=frozenset(self.of.orders))

    def with_fixed(self, *keys: str) -> "Listing":
        """Return the list with heads that can't be pressed."""
        return replace(self, unsorted=self.unsorted | set(keys))

    # --- the page ----------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> list[Column]:
        """The columns that this page shows."""
        return [one for one in self.of.on_page if one.key not in self.hidden]

    @property
    def titles(self) -> dict[str, Words]:
        """What each column is called, by its key: for the labels that cells have on a narrow screen."""
        return {one.key: one.title for one in self.of.columns}

    @property
    def heads(self) -> Iterator[Head]:
        """The heads of the page, each with the address that orders by it, or turns the order round."""
        directions = {self.sort.removeprefix("-"): "descending" if self.sort.startswith("-") else "ascending"}
        for one in self.columns:
            link = ""
            if one.order is not None and one.key not in self.unsorted:
                changes = {self.of.by: f"-{one.key}" if self.sort == one.key else one.key, self.of.paged_by: None}
                link = address_with(self.request, **changes) + self.of.anchor
            yield Head(one.title, link, directions.get(one.key, "none"), one.is_number, one.head_css)

    @property
    def lines(self) -> Iterator[list[Cell]]:
        """The rows of the page, cell by cell, for a page that draws none of them itself."""
        columns = self.columns
        for row in self.rows:
            yield [self._cell(one, row) for one in columns]

    def _cell(self, column: Column, row: Any) -> Cell:
        show = column.shown or column.cell
        text = "" if show is None else self._text(column.holds, show(row))
        css = " ".join(part for part in ("num" if column.is_number else "", column.css) if part)
        link = reverse(column.link, args=[*self._club, row.pk]) if column.link else ""
        return Cell(text, link, css, column.title if column.is_number else "")

    @property
    def _club(self) -> list[str]:
        match = self.request.resolver_match
        return [match.kwargs["slug"]] if match is not None and "slug" in match.kwargs else []

    def _text(self, holds: Holds, value: Any) -> str | SafeString:
        if value is None:
            return ""
        match holds:
            case Holds.NUMBER:
                return formats.count(value)
            case Holds.MONEY:
                return formats.money(value)
            case Holds.DAY:
                return formats.short_day(value)
            case Holds.MONTH:
                return formats.month_and_year(value)
            case Holds.INSTANT:
                return formats.instant(value, self.zone)
            case Holds.STATE:
                return state_shown(value)
            case _:
                return str(value)

    # --- the file ----------------------------------------------------------------------------------------------------

    @property
    def wants_file(self) -> bool:
        """Whether the address asks for this list as a file."""
        given = self.request.GET
        return given.get("format") in exports.FORMATS and given.get("table", "") == self.of.table

    def file(self, rows: Iterable[Any], name: str = "") -> HttpResponseBase:
        """Return the rows as the file that the address asks for, called `name` or by the list and the club."""
        every = rows.iterator(chunk_size=AT_ONCE) if isinstance(rows, QuerySet) else rows
        return exports.download(
            file_format=self.request.GET["format"],
            name=name or "-".join([self.of.name, *self._club]),
            header=self.of.header,
            rows=self.of.cells(every),
        )


def _filed(column: Column, row: Any) -> Any:
    value = column.cell(row) if column.cell is not None else None
    if column.holds is Holds.STATE and value is not None:
        return state_word(value)
    return str(value) if isinstance(value, Promise) else value
