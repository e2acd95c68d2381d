"""A page of a long table, counted once, with the addresses of its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from clubledger.frame.query import address_with, whole_number

PER_PAGE = 100


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


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, total: int, per_page: int = PER_PAGE) -> Page:
    """Return the page that the parameter `page` asks for; beyond the last, the last."""
    number = min(whole_number(request.GET.get("page")), max(1, -(-total // per_page)))
    start = (number - 1) * per_page
    # Where nothing matches, nothing is looked for a second time.
    shown = rows[start : start + per_page] if total else []
    return page_made(request, shown, number=number, total=total, per_page=per_page)


def page_made(
    request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], *, number: int, total: int, per_page: int = PER_PAGE
) -> Page:
    """Return a page whose rows somebody else has cut out already."""
    return Page(
        rows=list(rows),
        number=number,
        total=total,
        per_page=per_page,
        previous_link=address_with(request, page=number - 1) if number > 1 else "",
        next_link=address_with(request, page=number + 1) if number * per_page < total else "",
    )
