"""Sentences that are kept and shown later, perhaps in another language than the one they were first written in.

A `Phrase` is text: its English, which programs, files and records go on reading. It also keeps its form and the values
in it, which `foundation.phrasebook` writes in the reader's language. Text without a form, such as Xero's own words,
stays as it is. Text made of a phrase by `f"…"`, `join` or a slice has lost the form: `joined` and `changed` keep it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, SupportsIndex

BEFORE_FORM = "\x1e"
"""The record separator: after it a column of text keeps the form and the values of the phrase that stands before it."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount within a phrase: 1,234.50 in English."""

    value: Decimal

    def __str__(self) -> str:
        return f"{self.value:,.2f}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number within a phrase that is written without marks between its thousands: 1234.50 in English."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Day:
    """A day within a phrase: 30/06/2026 in English."""

    value: date

    def __str__(self) -> str:
        return f"{self.value:%d/%m/%Y}"


Value = str | Amount | Figure | Day
"""What may stand in a phrase: text (to the letter), a phrase within the phrase, or what each language writes anew."""


class Phrase(str):
    """The English of a form with its values; `form` and `values` are what other languages are made of."""

    __slots__ = ("form", "values")
    form: str
    values: Mapping[str, Value]

    def __new__(cls, form: str, values: Mapping[str, Value] | None = None) -> "Phrase":
        """Make the phrase; a form without values is not formatted, so a percent sign stands for itself."""
        made = super().__new__(cls, form % {name: str(value) for name, value in values.items()} if values else form)
        made.form = str(form)
        made.values = dict(values or {})
        return made

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return Phrase, (self.form, self.values)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Phrase":
        return self


def phrase(form: str, /, **values: object) -> Phrase:
    """Return the phrase of a form: `phrase("GL code %(code)s is archived.", code="200")`; a phrase as it is.

    The name of this function marks the form, so that its translation is collected with all others.
    """
    if isinstance(form, Phrase):
        return form
    return Phrase(form, {name: _value(value) for name, value in values.items()})


def _value(value: object) -> Value:
    if isinstance(value, str | Amount | Figure | Day):
        return value if isinstance(value, Phrase) or not isinstance(value, str) else str(value)
    return text_of(value) if isinstance(value, BaseException) else str(value)


def joined(between: str, parts: Sequence[str]) -> str:
    """Return several texts one after the other; a phrase if any of them is one, and each keeps its form."""
    if len(parts) == 1:
        return parts[0]
    if not any(isinstance(part, Phrase) for part in parts):
        return between.join(parts)
    form = between.join(f"%(part{number})s" for number in range(1, len(parts) + 1))
    return Phrase(form, {f"part{number}": part for number, part in enumerate(parts, start=1)})


def changed(text: str, change: Callable[[str], str]) -> str:
    """Return a text with a change made to it; in a phrase, to the texts among its values."""
    if not isinstance(text, Phrase):
        return change(text)
    values = {name: changed(value, change) if isinstance(value, str) else value for name, value in text.values.items()}
    return Phrase(text.form, values)


def text_of(error: BaseException) -> str:
    """Return what an error says: the phrase it was raised with, if it was."""
    return error.args[0] if error.args and isinstance(error.args[0], Phrase) else str(error)


def counted(number: int, one: str, many: str) -> str:
    """Return how many for a record, which is kept in English: `counted(1, "journal was", "journals were")`."""
    return f"{number:,} {one if number == 1 else many}"


def plain_of(text: str) -> str | list[Any]:
    """Return a text as a JSON value: a phrase as `[form, values]`, any other text as it is."""
    if not isinstance(text, Phrase):
        return text
    values = {name: _plain_value(value) for name, value in text.values.items()}
    return [text.form, values] if values else [text.form]


def _plain_value(value: Value) -> Any:
    match value:
        case Amount():
            return {"amount": str(value.value)}
        case Figure():
            return {"figure": value.text}
        case Day():
            return {"day": value.value.isoformat()}
    return plain_of(value)


def from_plain(plain: str | list[Any]) -> str:
    """Return the text that `plain_of` made a JSON value of."""
    if isinstance(plain, str):
        return plain
    form, *values = plain
    return Phrase(form, {name: _value_from_plain(value) for name, value in values[0].items()} if values else None)


def _value_from_plain(plain: Any) -> Value:
    match plain:
        case {"amount": amount}:
            return Amount(Decimal(amount))
        case {"figure": text}:
            return Figure(text)
        case {"day": day}:
            return Day(date.fromisoformat(day))
    return from_plain(plain)


def to_column(text: str) -> str:
    """Return a text as a column of text keeps it: its English first, so that it sorts and reads as it always did."""
    if isinstance(text, Phrase):
        return f"{text}{BEFORE_FORM}{json.dumps(plain_of(text), separators=(',', ':'))}"
    # A text that holds the separator itself is marked as having no form.
    return f"{text}{BEFORE_FORM}" if BEFORE_FORM in text else text


def from_column(kept: str) -> str:
    """Return the text that `to_column` made what a column keeps of."""
    text, separator, form = kept.rpartition(BEFORE_FORM)
    if not separator:
        return kept
    return from_plain(json.loads(form)) if form else text
