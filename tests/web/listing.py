"""The lists of the pages: where each is, what its heads sort by, and how its rows are found on the page."""

from dataclasses import dataclass, field
from typing import Any

from clubledger.console import changeovers, xero_apps
from clubledger.frame.lists import Holds, List
from clubledger.web.chart import lists, months
from clubledger.web.mapping import grid


@dataclass(frozen=True)
class Listed:
    """A list: its page, and for each head the column of its file that shows what the head sorts by.

    A head's column may be None where the file says it in other words. `mark` finds the rows of the page by a text that
    stands in the column `known_by` of the file too.
    """

    page: str
    mark: str
    heads: dict[str, int | None]
    known_by: int = 0
    by: str = "sort"
    query: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    is_of_club: bool = True
    is_of_staff: bool = False


def of(value: List, mark: str, known_by: str = "", without: tuple[str, ...] = (), **more: Any) -> Listed:
    """Give a list as its own value tells of it; `without` are columns that have nothing to say at the club."""
    filed = [one.key for one in value.filed]
    heads = {
        one.key: filed.index(one.key) if one.key in filed and one.holds not in IN_OTHER_WORDS else None
        for one in value.on_page
        if one.order is not None and one.key not in without
    }
    query = ({"table": value.table} if value.table else {}) | more.pop("query", {})
    known = filed.index(known_by) if known_by else 0
    return Listed(value.page, mark, heads, known_by=known, by=value.by, query=query, **more)


OF_CHARGES = ("tax_type", "untaxed_tax_type", "job")
IN_OTHER_WORDS = (Holds.WORDS, Holds.STATE)
"""What a file says in words that its order is not the one of."""
LISTS = {
    "gl codes": of(lists.GL_CODES, r'<a href="[^"]*">(20\d)</a>'),
    "one gl code": of(
        months.MONTHLY, r'<td[^>]*><a href="[^"]*from=(\d{4}-\d\d-\d\d)', args=("gl_code",),
    ),
    "charges": of(grid.GRIDS["charge"], r"<b>(CH\w+)</b>", "code"),
    "account types": of(grid.GRIDS["account_type"], r"<b>(AC\w+)</b>", "code", without=OF_CHARGES),
    "payment methods": of(grid.GRIDS["payment_method"], r"<b>(PM\w+)</b>", "code", without=OF_CHARGES),
    "console, changeovers": of(
        changeovers.CHANGEOVERS, r'<a href="/console/changeovers/\d+/">([^<]+)</a>', "club", is_of_staff=True
    ),
    "console, apps": of(xero_apps.APPS, r'<a href="/console/apps/\d+/">([^<]+)</a>', is_of_staff=True),
}  # fmt: skip
