"""Turns the page templates under `pages/` into HTML."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader

from xero_simulator.exchange import Answer, html_answer
from xero_simulator.money import text_of


def _money(cents: int) -> str:
    text = text_of(abs(cents))
    whole, _, part = text.partition(".")
    return f"{int(whole):,}.{part}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("xero_simulator", "pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["money"] = _money
    environment.filters["day"] = lambda value: f"{value.day} {value:%b %Y}"
    environment.filters["moment"] = lambda value: f"{value.day} {value:%b %Y %H:%M} UTC"
    return environment


def page(name: str, status_code: int = 200, /, **values: Any) -> Answer:
    """Return a page from its template."""
    return html_answer(_environment().get_template(name).render(**values), status_code)
