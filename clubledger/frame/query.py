"""What an address or a form says: keys, numbers and days, where what can't be read means nothing; new addresses."""

from collections.abc import Iterable
from datetime import date

from django.http import HttpRequest

from clubledger.bookkeeping.facts import EARLIEST_YEAR, LATEST_YEAR

PAGE_ADDRESS = "clubledger.page_address"


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
    """Note where the page has its address, if it answers a form that goes elsewhere: its links lead there."""
    request.META[PAGE_ADDRESS] = "" if request.path == address else address


def address_with(request: HttpRequest, **changes: str | int | None) -> str:
    """Return the query of the present address with some parameters changed; None takes one away."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{request.META.get(PAGE_ADDRESS, '')}?{query.urlencode()}"


def read_day(text: str | None) -> date | None:
    """Read a date as browsers write it (2026-11-03); None for anything else, and for years that no file may have."""
    try:
        on = date.fromisoformat(text) if text and len(text) == 10 else None
    except ValueError:
        return None
    return on if on is not None and EARLIEST_YEAR <= on.year <= LATEST_YEAR else None
