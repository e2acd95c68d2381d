"""A page of a long table, counted once, with the addresses of its neighbours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 100
PAGE_ADDRESS = "clubledger.page_address"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and where it stands among all."""

    rows: Sequence[Any]
    number: int
    total: int
    per_page: int
    previous_link: str
    next_link: str

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """The position of the first row, counted from one; nought where there is none."""
        return min(self.total, (self.number - 1) * self.per_page + 1)

    @property
    def last(self) -> int:
        """The position of the last row."""
        return min(self.total, self.number * self.per_page)


def whole_number(text: str | None, default: int = 1, most: int = 1_000_000) -> int:
    """Read a whole number from an address, kept between one and `most`; anything else gives the default."""
    return max(1, min(most, int(text))) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def key(text: str | None) -> int | None:
    """Read the key of a row from an address or a form; None for anything else, so that no other row is meant."""
    return int(text) or None if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def keys(texts: Iterable[str]) -> list[int]:
    """Read the keys of the rows that a form has ticked, without what is none."""
    return [found for text in texts if (found := key(text))]


def stands_at(request: HttpRequest, address: str) -> None:
    """Say where the page has its address, if it answers a form that goes elsewhere: its links lead there."""
    request.META[PAGE_ADDRESS] = "" if request.path == address else address


def address_with(request: HttpRequest, **changes: str | int | None) -> str:
    """Give the query of the present address with some parameters changed; None takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{request.META.get(PAGE_ADDRESS, '')}?{query.urlencode()}"


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, total: int, per_page: int = PER_PAGE) -> Page:
    """Give the page that the parameter `page` asks for; beyond the last, the last."""
    number = min(whole_number(request.GET.get("page")), max(1, -(-total // per_page)))
    start = (number - 1) * per_page
    # Where nothing matches, nothing is looked for a second time.
    shown = rows[start : start + per_page] if total else []
    return page_made(request, shown, number=number, total=total, per_page=per_page)


def page_made(
    request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, number: int, total: int, per_page: int = PER_PAGE
) -> Page:
    """Give a page whose rows somebody else has cut out already."""
    return Page(
        rows=list(rows),
        number=number,
        total=total,
        per_page=per_page,
        previous_link=address_with(request, page=number - 1) if number > 1 else "",
        next_link=address_with(request, page=number + 1) if number * per_page < total else "",
    )
