"""The order of a list as the address asks for it: by one of its columns, either way round.

What names no column of the list is left out, as if it had not been asked for.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.http import HttpRequest

One = TypeVar("One")
Keys = Mapping[str, Callable[[Any], Any]]
"""What each column of a list that is held in memory is ordered by."""


def asked(request: HttpRequest, columns: Collection[str], default: str = "", *, by: str = "sort") -> str:
    """Give the column that the parameter `by` asks for, a minus before it where it is turned round; else `default`."""
    wanted = request.GET.get(by, "")
    column = wanted.removeprefix("-")
    return wanted if column and column in columns else default


def order_asked(request: HttpRequest, orders: Mapping[str, tuple[str, ...]], default: str = "") -> list[str]:
    """Give the fields of the order that the address asks for, its first one turned round where it says so.

    `default` is a column, with or without a minus; without one it is the first of `orders`.
    """
    wanted = asked(request, orders, default)
    first, *rest = orders.get(wanted.removeprefix("-"), next(iter(orders.values())))
    return [f"-{first}" if wanted.startswith("-") else first, *rest]


def in_order(rows: Iterable[One], wanted: str, keys: Keys) -> list[One]:
    """Give rows held in memory in the order of `asked`; as they come where it is empty. Equal ones stay as they are."""
    key = keys.get(wanted.removeprefix("-"))
    return list(rows) if key is None else sorted(rows, key=key, reverse=wanted.startswith("-"))
