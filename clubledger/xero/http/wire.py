"""What travels between us and Xero, as values: JSON with exact amounts, Xero's dates, error shapes, limits.

Tolerant in reading (both key cases, plain text, HTML, fields that come and go), exact in writing. No network here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from clubledger.foundation import clock

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
WORDS_LIMIT = 4_000
LONGEST_WAIT_SECONDS = 86_400
"""No limit of Xero's lasts longer than a day. Whatever a header says, it is asked again by then."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
_MS_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
# NUL, and half of a pair of surrogates (a text cut through an emoji): no database keeps them.
_UNKEEPABLE = re.compile(
    r"(?i)(?P<before>(?<!\\)(?:\\\\)*)"
    r"(?:(?P<whole>\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2}|\\u0000)"
)
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_TOKENISH = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}|\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}")
_FORM_SECRET = re.compile(
    r"(?i)(access_token|refresh_token|id_token|client_secret|code_verifier|\bcode(?=[\"=: ]+[0-9a-f-]{20}))"
    r"(\"?\s*[=:]\s*\"?)[^\"&\s,}]{6,}"
)


class Unreadable(ValueError):
    """The text is not JSON, or not of the expected kind."""


# --- JSON -----------------------------------------------------------------------------------------------------------


def read_json(body: bytes) -> Any:
    """Return the value of a JSON body with every number that has a point as Decimal. Raises Unreadable."""
    try:
        content = body.decode("utf-8-sig")
        if _UNKEEPABLE.search(content):
            content = _UNKEEPABLE.sub(_keepable, content)
        return json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error


def _keepable(match: re.Match[str]) -> str:
    return match[0] if match["whole"] else f"{match['before']}\\ufffd"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def write_json(value: Any) -> bytes:
    """Return compact UTF-8 JSON in which every Decimal is a plain number with exactly two decimals.

    Raises ValueError for an amount that is not a whole number of cents or not finite, TypeError for a float: an amount
    that went through a float can't be trusted any more.
    """
    return "".join(_pieces(value)).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Decimal):
        yield write_amount(value)
    elif isinstance(value, bool) or value is None or isinstance(value, str | int):
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, date) and not isinstance(value, datetime):
        yield json.dumps(value.isoformat())
    elif isinstance(value, Mapping):
        yield "{"
        for place, (key, item) in enumerate(value.items()):
            yield ("," if place else "") + json.dumps(str(key), ensure_ascii=False) + ":"
            yield from _pieces(item)
        yield "}"
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        yield "["
        for place, item in enumerate(value):
            if place:
                yield ","
            yield from _pieces(item)
        yield "]"
    else:
        raise TypeError(f"{type(value).__name__} does not go to Xero")


def write_amount(amount: Decimal) -> str:
    """Return an amount as a JSON number with exactly two decimals. Raises ValueError unless it is whole cents."""
    if not amount.is_finite():
        raise ValueError("an amount must be finite")
    minor = amount.scaleb(2)
    whole = int(minor)
    if whole != minor:
        raise ValueError(f"{amount} is not a whole number of cents")
    sign = "-" if whole < 0 else ""
    return f"{sign}{abs(whole) // 100}.{abs(whole) % 100:02d}"


# --- Reading fields ---------------------------------------------------------------------------------------------------


def field(element: Any, name: str, default: Any = None) -> Any:
    """Return a field of a JSON object whatever the case of its name; `default` if absent or null."""
    # Nearly always it is there under its own name: a chart has a thousand fields, and each comes here.
    if type(element) is dict and (known := element.get(name)) is not None:
        return known
    if not isinstance(element, Mapping):
        return default
    found = element.get(name)
    if found is None and name not in element:
        lowered = name.lower()
        found = next((value for key, value in element.items() if str(key).lower() == lowered), None)
    return default if found is None else found


def text(element: Any, name: str) -> str:
    """Return a field as text; empty if absent, null, or an object."""
    found = field(element, name, "")
    if type(found) is str:
        return found
    if isinstance(found, bool | Mapping | list):
        return ""
    return str(found)


def elements(element: Any, name: str) -> list[Any]:
    """Return a field that is a list; empty if it is absent or anything else."""
    found = field(element, name, [])
    return found if isinstance(found, list) else []


def amount(element: Any, name: str) -> Decimal:
    """Return a field as an exact amount; nil if absent. Raises Unreadable if it is no number."""
    found = field(element, name, Decimal(0))
    if isinstance(found, bool) or not isinstance(found, Decimal | int | str):
        raise Unreadable(f"{name} is no amount")
    try:
        value = Decimal(found)
    except ArithmeticError as error:
        raise Unreadable(f"{name} is no amount") from error
    if not value.is_finite():
        raise Unreadable(f"{name} is no amount")
    return value


# --- Dates ------------------------------------------------------------------------------------------------------------


def read_date(value: Any) -> date | None:
    """Return the calendar date of Xero's `/Date(ms+0000)/` (or of ISO text); None if there is none.

    Whole-number arithmetic on UTC midnight; the offset is left alone and no zone ever enters, because that is where
    dates that are one day off come from (xero-facts 3.3). Negative values are dates before 1970.
    """
    if not isinstance(value, str) or not value:
        return None
    match = _MS_DATE.match(value)
    try:
        if match:
            return _EPOCH.date() + timedelta(days=int(match[1]) // _DAY_MS)
        return date.fromisoformat(value[:10])
    except (ValueError, OverflowError):
        return None


def read_instant(value: Any) -> datetime | None:
    """Return the UTC instant of `/Date(ms+0000)/` or of ISO text with or without zone; None if there is none.

    Xero's `/connections` writes UTC with seven fraction digits and no `Z`.
    """
    if not isinstance(value, str) or not value:
        return None
    match = _MS_DATE.match(value)
    try:
        if match:
            return _EPOCH + timedelta(milliseconds=int(match[1]))
        parsed = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except (ValueError, OverflowError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def write_instant(instant: datetime) -> str:
    """Return UTC text for `If-Modified-Since`, whole seconds, rounded down so that nothing is missed."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


# --- Errors and limits ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer's headers said of Xero's limits. None where a header was absent."""

    minute_remaining: int | None = None
    day_remaining: int | None = None
    app_minute_remaining: int | None = None
    retry_after_seconds: int | None = None
    problem: str = ""


def read_limits(headers: Mapping[str, str]) -> Limits:
    """Read the limit headers. `problem` is concurrent, minute, day or appminute, however Xero spells it."""
    return Limits(
        minute_remaining=_whole(headers.get("x-minlimit-remaining")),
        day_remaining=_whole(headers.get("x-daylimit-remaining")),
        app_minute_remaining=_whole(headers.get("x-appminlimit-remaining")),
        retry_after_seconds=_wait(headers.get("retry-after")),
        problem=headers.get("x-rate-limit-problem", "").strip().lower().replace("-", "")[:20],
    )


def _whole(value: str | None) -> int | None:
    try:
        return int(value) if value else None
    except ValueError:
        return None


def _wait(value: str | None) -> int | None:
    seconds = _whole(value)
    if seconds is None and value:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, OverflowError, TypeError, IndexError):
            return None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        seconds = int((at - clock.now()).total_seconds())
    return None if seconds is None else min(max(0, seconds), LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error body of whatever shape. `kind` is problem (2.4), api (3.7), oauth, text, html or empty."""

    kind: str
    title: str = ""
    detail: str = ""
    number: int | None = None
    fault_type: str = ""
    elements: tuple[Any, ...] = ()
    instance: str = ""

    @property
    def words(self) -> str:
        """Xero's own words, trimmed and without anything that looks like a token."""
        parts = list(dict.fromkeys(part for part in (self.title, self.detail) if part))
        return scrub(": ".join(parts))

    @property
    def is_refusal(self) -> bool:
        """Whether it is of a shape that says: the request was read and refused."""
        return self.kind == "api" or (self.kind == "problem" and bool(self.title))


def read_fault(body: bytes) -> Fault:
    """Read an error body of any of the shapes that Xero uses (xero-facts 1.8, 2.4, 3.5, 3.7). Never raises."""
    if not body.strip():
        return Fault("empty")
    try:
        value = read_json(body)
    except Unreadable:
        raw = body[: WORDS_LIMIT * 4].decode("utf-8", "replace").replace("\0", "\ufffd")
        is_html = "<" in raw[:200] and re.search(r"(?i)<(!doctype|html|head|body|h1|p|div)\b", raw) is not None
        plain = " ".join(_TAG.sub(" ", raw).split()) if is_html else raw.strip()
        return Fault("html" if is_html else "text", detail=plain[:WORDS_LIMIT])
    if isinstance(value, str):
        return Fault("text", detail=value.strip()[:WORDS_LIMIT])
    if not isinstance(value, Mapping):
        return Fault("text", detail=str(value)[:WORDS_LIMIT])
    error = field(value, "error")
    if isinstance(error, str):
        return Fault("oauth", title=error, detail=text(value, "error_description"))
    is_exception = text(value, "Type").endswith("Exception")
    if is_exception or field(value, "ErrorNumber") is not None or isinstance(field(value, "Elements"), list):
        return Fault(
            "api",
            title=text(value, "Message"),
            number=_whole(text(value, "ErrorNumber")),
            fault_type=text(value, "Type"),
            elements=tuple(elements(value, "Elements")),
        )
    title, detail = text(value, "Title"), text(value, "Detail") or text(value, "Message")
    return Fault("problem", title=title, detail=detail, instance=text(value, "Instance"))


def messages_of(element: Any, name: str = "ValidationErrors") -> tuple[str, ...]:
    """Return the messages in an element's ValidationErrors or Warnings, scrubbed, in order and each once."""
    found = (
        text(entry, "Message") if isinstance(entry, Mapping) else str(entry)
        for entry in elements(element, name)
        if entry is not None
    )
    return tuple(dict.fromkeys(scrub(words) for words in found if words))


def scrub(words: str) -> str:
    """Trim text that came from outside and take out whatever looks like a token, a code or a secret."""
    clean = _TOKENISH.sub("[removed]", words[:WORDS_LIMIT])
    return _FORM_SECRET.sub(r"\1\2[removed]", clean).strip()
