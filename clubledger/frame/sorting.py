"""The order of a list as the address asks for it: by one of its columns, either way round.

What names no column of the list is left out, as if it had not been asked for.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import F, OrderBy, Value
from django.db.models.functions import Lower, NullIf
from django.http import HttpRequest

One = TypeVar("One")
Keys = Mapping[str, Callable[[Any], Any]]
"""What each column of a list that is held in memory is ordered by; None where a row has nothing there."""
Order = list[str | OrderBy]


def asked(request: HttpRequest, columns: Collection[str], default: str = "", *, by: str = "sort") -> str:
    """Return the column that the parameter `by` asks for, a minus before it where turned round; else `default`."""
    wanted = request.GET.get(by, "")
    column = wanted.removeprefix("-")
    return wanted if column and column in columns else default


def order_asked(request: HttpRequest, orders: Mapping[str, tuple[str, ...]], default: str = "") -> Order:
    """Return the fields of the order that the address asks for, its first one turned round where it says so.

    `default` is a column, with or without a minus; without one it is the first of `orders`. A first field may bear a
    mark: `?` where rows may have nothing there, `~` where it is words, whose case does not count and which may be
    blank. Rows with nothing, or blank, stand last either way, whatever the database thinks.
    """
    return fields_of(asked(request, orders, default), orders)


def fields_of(wanted: str, orders: Mapping[str, tuple[str, ...]]) -> Order:
    """Return the fields of an order that was asked for: see `order_asked`."""
    first, *rest = orders.get(wanted.removeprefix("-"), next(iter(orders.values())))
    is_turned = wanted.startswith("-")
    name, mark = first.rstrip("?~"), first[-1]
    if mark not in "?~":
        return [f"-{name}" if is_turned else name, *rest]
    field = F(name) if mark == "?" else NullIf(Lower(name), Value(""))
    return [field.desc(nulls_last=True) if is_turned else field.asc(nulls_last=True), *rest]


def in_order(rows: Iterable[One], wanted: str, keys: Keys) -> list[One]:
    """Return rows held in memory in the order of `asked`; as they come where it is empty. Equal ones stay as they are.

    Rows that have nothing in that column stand last either way.
    """
    key = keys.get(wanted.removeprefix("-"))
    if key is None:
        return list(rows)
    with_keys = [(key(row), row) for row in rows]
    full = [one for one in with_keys if one[0] is not None]
    full.sort(key=lambda one: one[0], reverse=wanted.startswith("-"))
    return [row for _key, row in full] + [row for value, row in with_keys if value is None]
