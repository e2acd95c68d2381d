"""How values look on the wire: pretty JSON with CRLF and escaped dates, or XML for callers who didn't ask for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from xml.sax.saxutils import escape

from xero_simulator.money import text_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_MS_DATE = re.compile(r"^\\?/Date\((-?\d{1,15})([+-]\d{4})?\)\\?/$")
_MILLISECOND = timedelta(milliseconds=1)


class Number(str):
    """Digits that are written bare, so that amounts keep their two decimals."""

    __slots__ = ()


class MsDate(str):
    """A date in the form `/Date(ms+0000)/`, written with escaped slashes as the real service does."""

    __slots__ = ()


def amount(cents: int) -> Number:
    """Return an amount with two decimals."""
    return Number(text_of(cents))


def rate(percent: Decimal) -> Number:
    """Return a percentage with four decimals."""
    return Number(f"{percent:.4f}")


def ms_of(instant: datetime) -> int:
    """Return milliseconds since 1970, by integer arithmetic; earlier instants are negative."""
    return (instant - EPOCH) // _MILLISECOND


def ms_instant(instant: datetime) -> MsDate:
    """Write an instant as `/Date(ms+0000)/`."""
    return MsDate(f"/Date({ms_of(instant)}+0000)/")


def ms_day(day: date) -> MsDate:
    """Write a calendar date as the milliseconds of its midnight in UTC."""
    return MsDate(f"/Date({(day - EPOCH.date()).days * 86_400_000}+0000)/")


def read_ms(text: str) -> datetime | None:
    """Return the instant of a `/Date(ms)/` text, or None when it is none."""
    match = _MS_DATE.match(text)
    if not match:
        return None
    try:
        return EPOCH + int(match[1]) * _MILLISECOND
    except OverflowError:
        return None


def read_day(text: str) -> date | None:
    """Return the calendar date of `YYYY-MM-DD` (a time after it is ignored) or `/Date(ms)/`, or None."""
    instant = read_ms(text)
    if instant is not None:
        return instant.date()
    match = re.match(r"^(\d{4}-\d{2}-\d{2})(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$", text)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def midnight(day: date) -> datetime:
    """Return the instant of a date's midnight in UTC."""
    return datetime.combine(day, time(), UTC)


def _scalar(value: object) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, MsDate):
        return '"' + value.replace("/", "\\/") + '"'
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place on the wire")


class Raw(str):
    """JSON text that is already indented for the place where it goes."""

    __slots__ = ()


def _write(value: object, indent: str, out: list[str]) -> None:
    if isinstance(value, Raw):
        out.append(value)
    elif isinstance(value, dict):
        if not value:
            out.append("{}")
            return
        inner = indent + "  "
        opener = "{\r\n"
        for key, item in value.items():
            out.append(f"{opener}{inner}{encode_basestring_ascii(key)}: ")
            _write(item, inner, out)
            opener = ",\r\n"
        out.append(f"\r\n{indent}}}")
    elif isinstance(value, (list, tuple)):
        if not value:
            out.append("[]")
            return
        inner = indent + "  "
        opener = "[\r\n"
        for item in value:
            out.append(f"{opener}{inner}")
            _write(item, inner, out)
            opener = ",\r\n"
        out.append(f"\r\n{indent}]")
    else:
        out.append(_scalar(value))


def json_text(value: object, indent: str = "") -> str:
    """Write a value as the real service does: two blanks of indent, CRLF, dates with escaped slashes."""
    out: list[str] = []
    _write(value, indent, out)
    return "".join(out)


_SINGULAR = {
    "Elements": "DataContractBase",
    "Addresses": "Address",
    "Warnings": "Warning",
    "Tracking": "TrackingCategory",
    "TrackingCategories": "TrackingCategory",
    "Rows": "Row",
    "Cells": "Cell",
    "ReportTitles": "ReportTitle",
}


def xml_text(name: str, value: object) -> str:
    """Write a value as an XML element; the members of a list take the singular of its name."""
    return "".join(_xml(name, value))


def _xml(name: str, value: object) -> Iterable[str]:
    if value is None:
        return
    if isinstance(value, dict):
        yield f"<{name}>"
        for key, item in value.items():
            yield from _xml(key, item)
        yield f"</{name}>"
    elif isinstance(value, (list, tuple)):
        yield f"<{name}>"
        for item in value:
            yield from _xml(_SINGULAR.get(name, name.removesuffix("s")), item)
        yield f"</{name}>"
    elif isinstance(value, MsDate):
        instant = read_ms(value)
        shown = instant.isoformat(timespec="milliseconds").removesuffix("+00:00") if instant else ""
        yield f"<{name}>{shown.removesuffix('.000')}</{name}>"
    elif isinstance(value, bool):
        yield f"<{name}>{str(value).lower()}</{name}>"
    else:
        # XML 1.0 cannot carry most control characters at all, so they are left out.
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", str(value))
        yield f"<{name}>{escape(text)}</{name}>"
