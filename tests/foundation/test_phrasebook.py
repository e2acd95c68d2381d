"""Phrases keep their form and their values, read in English as they always did, and are shown in other languages."""

import ast
import copy
import json
import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from clubledger.bookkeeping.phrases import (
    Amount,
    Day,
    Figure,
    Phrase,
    changed,
    from_column,
    from_plain,
    joined,
    phrase,
    plain_of,
    text_of,
    to_column,
)
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.ledger.errors import CannotUndoImport
from tools import translations

BEFORE = json.loads((Path(__file__).parent / "phrases_of_ca93db8.json").read_text(encoding="utf-8"))
"""A phrase of each form that ca93db8 had, with what that version showed in English and in German."""


@pytest.mark.parametrize("known", BEFORE, ids=lambda known: known["english"][:40])
def test_a_phrase_reads_as_the_sentence_did(known: dict[str, Any]) -> None:
    made = from_plain(known["phrase"])
    assert made == known["english"]
    assert plain_of(made) == known["phrase"]
    assert plain_of(from_column(to_column(made))) == known["phrase"]
    with translation.override("en-au"):
        assert in_readers_words(made) == known["english"]
    with translation.override("de"):
        assert in_readers_words(made) == known["german"]


def test_what_stands_in_a_phrase_is_written_anew_or_kept_to_the_letter() -> None:
    form = "%(a)s, %(b)s, %(c)s, %(d)s, %(e)s"
    values = {"a": Amount(Decimal("-1234.5")), "b": Figure("1234.50"), "c": Day(date(2026, 6, 30)), "d": "1,000.00"}
    made = phrase(form, e=phrase("a line break"), **values)
    assert made == "-1,234.50, 1234.50, 30/06/2026, 1,000.00, a line break"
    with translation.override("de"):
        assert in_readers_words(made) == "-1.234,50, 1234,50, 30.06.2026, 1,000.00, einen Zeilenumbruch"


def test_a_name_that_is_one_of_our_own_sentences_stays_a_name() -> None:
    with translation.override("de"):
        told = in_readers_words(phrase("Job code %(name)s is archived in Xero.", name="General Ledger"))
    assert told == "Kostenstelle General Ledger ist in Xero archiviert."


@pytest.mark.parametrize(
    "text", ["", "100 % of %(it)s", '["Told the club."]', "a\x1eb", "a\x1e", '\x1e["Told the club."]']
)
def test_text_without_a_form_stays_to_the_letter(text: str) -> None:
    assert from_plain(plain_of(text)) == text
    kept = from_column(to_column(text))
    assert (kept, type(kept)) == (text, str)
    with translation.override("de"):
        assert in_readers_words(text) == text


def test_several_phrases_after_each_other_are_one() -> None:
    both = joined("; ", [phrase("%(column)s is empty", column="kind"), "its own words"])
    assert both == "kind is empty; its own words"
    with translation.override("de"):
        assert in_readers_words(both) == "kind ist leer; its own words"
    assert type(joined("; ", ["one", "two"])) is str
    assert joined("; ", ["one"]) == "one"
    assert joined("; ", []) == ""


def test_a_change_reaches_the_values_and_leaves_the_form() -> None:
    made = changed(
        phrase("“%(value)s” is not a day of the calendar", value="a\0b"), lambda text: text.replace("\0", "?")
    )
    assert made == "“a?b” is not a day of the calendar"
    assert isinstance(made, Phrase)
    assert changed("a\0b", lambda text: text.replace("\0", "?")) == "a?b"


def test_an_error_says_the_phrase_it_was_raised_with() -> None:
    words = phrase("Only an import that has ended can be undone, and only once.")
    assert text_of(CannotUndoImport(words)) is words
    assert phrase("The journal can't be sent: %(error)s.", error=CannotUndoImport(words)).values["error"] is words
    assert text_of(ValueError("no phrase")) == "no phrase"
    assert phrase(words) is words


def test_a_copy_is_a_phrase_still() -> None:
    made = phrase("%(column)s is empty", column="kind")
    for one in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert (one, one.form, one.values) == (made, made.form, made.values)


def test_phrases_are_made_of_forms_not_of_finished_sentences() -> None:
    """No phrase takes amounts or days that were written out before: another language could not write them anew."""
    written = [
        f"{path.relative_to(translations.ROOT)}:{value.lineno}"
        for path in translations.sources()
        if path.suffix == ".py"
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "phrase"
        for value in (keyword.value for keyword in call.keywords)
        if isinstance(value, ast.JoinedStr) and any(mark in ast.unparse(value) for mark in (".2f", "%d", "%m"))
    ]
    assert written == []


def test_no_sentence_is_read_back_to_be_translated() -> None:
    """Only a form is looked up: neither the phrasebook nor phrases know regular expressions or the catalogue's file."""
    for name in ("foundation/phrasebook.py", "foundation/phrase_field.py", "bookkeeping/phrases.py"):
        tree = ast.parse((translations.SOURCES / name).read_text(encoding="utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {one for one in imported if one.split(".")[0] in {"re", "babel", "gettext"}}, name
