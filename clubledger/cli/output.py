"""What commands print: a table for people, or with --json one JSON value for programs. Amounts in JSON are strings."""

import argparse
import dataclasses
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from clubledger.bookkeeping.money import from_minor

Row = Mapping[str, Any]
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add to a command the option --json."""
    parser.add_argument("--json", action="store_true", help="print JSON; amounts are strings")


def amount(minor: int) -> Decimal:
    """Return an amount with two decimals from whole minor units."""
    return from_minor(minor)


def show(asked: argparse.Namespace, value: Any, rows: Iterable[Row] | None = None, empty: str = "Nothing.") -> None:
    """Print `value` as JSON if --json was given, else `rows` (or `value` itself, a list of rows) as a table."""
    if getattr(asked, "json", False):
        print(json.dumps(plain(value), ensure_ascii=False, indent=1))
        return
    shown = list(value if rows is None else rows)
    print_table(shown) if shown else print(empty)


def print_table(rows: Sequence[Row]) -> None:
    """Print rows under the names of the first row's fields, amounts to the right."""
    columns = list(rows[0])
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    heads = [column.replace("_", " ") for column in columns]
    widths = [max(map(_width, column)) for column in zip(heads, *cells, strict=True)]
    right = [any(isinstance(row.get(column), int | Decimal) for row in rows) for column in columns]
    for line in [heads, ["-" * width for width in widths], *cells]:
        print("  ".join(_padded(*part) for part in zip(line, widths, right, strict=True)).rstrip())


def plain(value: Any) -> Any:
    """Return a value that JSON knows: amounts and dates as strings, dataclasses as objects."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, UUID) else f"{value}"


def say(asked: argparse.Namespace, words: str) -> None:
    """Tell a person something; with --json it goes to standard error, so that the output stays JSON."""
    print(words, file=sys.stderr if getattr(asked, "json", False) else sys.stdout, flush=True)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    # A text from a club's file must not steer the terminal of whoever reads it.
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(value))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
