"""Every address of the installation, out of the registers of its doors, and filled in with named examples.

Whoever visits all pages (tests, pictures, measurements) has a world of its own and names the examples of it: a
parameter `journal_id` is filled in with the example `journal`, or with the one that the register names for it.
Django must be set up.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

import clubledger.api.pages
import clubledger.console.pages
import clubledger.web.pages
from clubledger.frame.pages import Address, Page

REGISTER: tuple[Address, ...] = (
    *clubledger.web.pages.ADDRESSES,
    *clubledger.console.pages.ADDRESSES,
    *clubledger.api.pages.ADDRESSES,
)
BY_NAME: Mapping[str, Address] = {entry.name: entry for entry in REGISTER}
PAGES: Mapping[str, Page] = {entry.name: entry for entry in REGISTER if isinstance(entry, Page)}

EVERYWHERE: Mapping[str, Any] = {
    "page": "charges", "step": "pause", "token": "no-such-token", "provider": "company", "uidb36": "1",
    "reset_key": "no-such-key", "pk": 1, "session": 1,
}  # fmt: skip
"""Examples that every world has, for no row of it stands behind them."""


def configured() -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the parameters of every address of the URL configuration."""
    yield from _configured(get_resolver().url_patterns, "", [])


def _configured(
    patterns: Sequence[URLPattern | URLResolver], space: str, known: list[str]
) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        names = [*known, *pattern.pattern.regex.groupindex]
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _configured(pattern.url_patterns, inner, names)
        else:
            yield (f"{space}{pattern.name}" if pattern.name else f"unnamed: {pattern.pattern}"), names


@cache
def _parameters() -> dict[str, list[str]]:
    return dict(configured())


def examples_of(entry: Address) -> dict[str, str]:
    """Return the name of the example that fills in each parameter of an address."""
    own = {name: name.removesuffix("_id") for name in _parameters()[entry.name]}
    return own | dict(entry.examples)


def address_of(entry: Address, examples: Mapping[str, Any], query: str = "") -> str:
    """Return the address filled in from a world's examples. Raise KeyError with the name of one that it lacks."""
    known = {**EVERYWHERE, **examples}
    address = reverse(entry.name, kwargs={name: known[example] for name, example in examples_of(entry).items()})
    return f"{address}?{query}" if query else address
