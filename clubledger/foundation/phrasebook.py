"""Puts phrases, which are kept in English, into the reader's language; see `bookkeeping.phrases`."""

import re
from functools import lru_cache
from typing import NamedTuple

from babel.messages.mofile import read_mo
from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext, pgettext

_PLACE = re.compile(r"%\((\w+)\)s")
_QUOTED = re.compile(r"“%\((\w+)\)s”")
_AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d\d").fullmatch
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})").fullmatch
# Babel gives the context of what it reads from a .mo as bytes.
_CONTEXT = ("phrase", b"phrase")
_LONGEST = 2000
"""Nothing longer is one of our sentences; it is not worth the search."""

_DEEPEST = 6
"""Sentences within sentences; what goes deeper was made to."""


class _Form(NamedTuple):
    """A form of sentence: what it looks like when it was said, and how another language says it."""

    match: re.Pattern[str]
    translated: str
    quoted: frozenset[str]


def in_readers_words(text: str) -> str:
    """Return a phrase in the language spoken at this moment; any other text as it is."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if language.startswith("en") or not text or len(text) > _LONGEST:
        return text
    return _in_words_of(text, language)


@lru_cache(maxsize=8192)
def _in_words_of(text: str, language: str, *, depth: int = 0) -> str:
    for form in _forms(language):
        found = form.match.fullmatch(text)
        if found:
            values = found.groupdict().items()
            # What stands in quotation marks is somebody's own, to the letter.
            return form.translated % {
                name: value if name in form.quoted else _value(value, language, depth + 1) for name, value in values
            }
    # One word may be a name that happens to be one of our own words too.
    whole = text if "\n" in text or (depth and " " not in text) else gettext(text)
    if whole != text:
        return whole
    for between in ("\n", "; ", ". "):
        # Several things said one after the other; what is none of ours among them stays as it is.
        if between in text:
            return (" " if between == ". " else between).join(
                _in_words_of(part, language, depth=depth) for part in _parts(text, between)
            )
    return text


def _parts(text: str, between: str) -> list[str]:
    parts = text.split(between)
    # A sentence keeps its stop: the form ends with it.
    return [f"{part}." for part in parts[:-1]] + parts[-1:] if between == ". " else parts


def _value(value: str, language: str, depth: int) -> str:
    """Give a value as the language writes it: amounts, days, and sentences within sentences."""
    if _AMOUNT(value):
        marks = {ord(","): formats.get_format("THOUSAND_SEPARATOR"), ord("."): formats.get_format("DECIMAL_SEPARATOR")}
        return value.translate(marks)
    day = _DAY(value)
    if day:
        return pgettext("day, month and year", "%(d)s/%(m)s/%(y)s") % {"d": day[1], "m": day[2], "y": day[3]}
    return _in_words_of(value, language, depth=depth) if depth <= _DEEPEST else value


@lru_cache(maxsize=8)
def _forms(language: str) -> tuple[_Form, ...]:
    """Give the forms of a language, those with the most words of their own first, as they are the surest."""
    found: dict[str, str] = {}
    for folder in settings.LOCALE_PATHS:
        path = folder / translation.to_locale(language) / "LC_MESSAGES" / "django.mo"
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_mo(file)
            found |= {str(one.id): str(one.string) for one in catalogue if one.context in _CONTEXT and one.string}
    by_words = sorted(found, key=lambda form: -len(_PLACE.sub("", form)))
    return tuple(_Form(_pattern(form), found[form], frozenset(_QUOTED.findall(form))) for form in by_words)


def _pattern(form: str) -> re.Pattern[str]:
    """Give what matches the sentences of a form, in a time that grows with their length and no faster.

    A value ends where the words after it stand first: if anything fits, that does. So nothing is tried again, which a
    text made for it could draw out for minutes. Only a value that comes twice has to be looked for.
    """
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
