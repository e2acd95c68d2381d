"""Finds the form and the values of a sentence that was kept in English, for the last time by regular expressions.

What is found is given as a JSON value: `[form, {name: value}]`, `[sentence]`, or the text itself where no form matches.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from .forms import FORMS, LABELS, MESSAGES, SENTENCES

_PLACE = re.compile(r"%\((\w+)\)s")
_QUOTED = re.compile(r"“%\((\w+)\)s”")
_AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d\d").fullmatch
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})").fullmatch
_LONGEST = 2000
"""Nothing longer was one of our sentences."""

_DEEPEST = 6
"""Sentences within sentences; what goes deeper was made to."""

_WHOLE = frozenset({*SENTENCES, *LABELS, *MESSAGES})
_SENTENCES = frozenset(SENTENCES)


class _Form(NamedTuple):
    form: str
    match: re.Pattern[str]
    quoted: frozenset[str]


def _pattern(form: str) -> re.Pattern[str]:
    """Give what matches the sentences of a form, in a time that grows with their length and no faster."""
    pieces, seen = _PLACE.split(form), set[str]()
    words = [re.escape(piece.replace("%%", "%")) for piece in pieces[::2]]
    names = pieces[1::2]
    has_twins = len(set(names)) < len(names)
    pattern = words[0]
    for number, name in enumerate(names, start=1):
        value = f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        seen.add(name)
        is_last = number == len(names)
        pattern += f"{value}{words[number]}" if is_last or has_twins else f"(?>{value}{words[number]})"
    return re.compile(pattern, re.DOTALL)


_FORMS = tuple(_Form(form, _pattern(form), frozenset(_QUOTED.findall(form))) for form in FORMS)


@lru_cache(maxsize=8192)
def phrase_of(text: str) -> Any:
    """Give the phrase of a sentence; the text itself where no form makes it anew to the letter."""
    if not text or len(text) > _LONGEST:
        return text
    found = _phrase_of(text, 0)
    return found if english_of(found) == text else text


def _phrase_of(text: str, depth: int) -> Any:
    if text in _SENTENCES or (text in _WHOLE and (not depth or " " in text)):
        return [text]
    for form in _FORMS:
        found = form.match.fullmatch(text)
        if found:
            # What stands in quotation marks is somebody's own, to the letter.
            return [
                form.form,
                {
                    name: value if name in form.quoted else _value_of(value, depth + 1)
                    for name, value in found.groupdict().items()
                },
            ]
    for between in ("\n", "; ", ". "):
        # Several things said one after the other; what is none of ours among them stays as it is.
        if between in text:
            return _joined([_phrase_of(part, depth) for part in _parts(text, between)], between)
    return text


def _parts(text: str, between: str) -> list[str]:
    parts = text.split(between)
    # A sentence keeps its stop: the form ends with it.
    return [f"{part}." for part in parts[:-1]] + parts[-1:] if between == ". " else parts


def _joined(parts: list[Any], between: str) -> Any:
    between = " " if between == ". " else between
    if all(isinstance(part, str) for part in parts):
        return between.join(parts)
    form = between.join(f"%(part{number})s" for number in range(1, len(parts) + 1))
    return [form, {f"part{number}": part for number, part in enumerate(parts, start=1)}]


def _value_of(value: str, depth: int) -> Any:
    if _AMOUNT(value):
        amount = {"amount": value.replace(",", "")}
        return amount if _english_value(amount) == value else value
    day = _DAY(value)
    if day:
        try:
            return {"day": date(int(day[3]), int(day[2]), int(day[1])).isoformat()}
        except ValueError:
            return value
    return _phrase_of(value, depth) if depth <= _DEEPEST else value


def english_of(found: Any) -> str:
    """Give the English of what `phrase_of` gave, or of what the product has kept since."""
    if isinstance(found, str):
        return found
    form, *values = found
    if not values:
        return str(form)
    return str(form % {name: _english_value(value) for name, value in values[0].items()})


def _english_value(value: Any) -> str:
    match value:
        case {"amount": amount}:
            return f"{Decimal(amount):,.2f}"
        case {"figure": text}:
            return str(text)
        case {"day": day}:
            on = date.fromisoformat(day)
            return f"{on.day:02}/{on.month:02}/{on.year:04}"
    return english_of(value)
