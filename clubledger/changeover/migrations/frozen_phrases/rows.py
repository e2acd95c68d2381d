"""Goes through the rows that keep sentences, a batch at a time, each batch in a transaction of its own.

A row that has its form already is left as it is, so that after an end in the middle it goes on where it stopped.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from .reading import english_of, phrase_of

BATCH = 500
SEPARATOR = "\x1e"
"""Between the English of a phrase and its form and values, in a column of text."""

COLUMNS = (
    ("ledger_import", "refusal", ""),
    ("ledger_refusedrow", "reason", ""),
    # Of what Xero refused or warned of, the words are its own; only of what differs they are ours.
    ("ledger_journal", "xero_words", "state = 'differs'"),
    ("delivery_balanceproof", "failure", ""),
    ("changeover_changeover", "trouble", ""),
    ("changeover_step", "words", ""),
)
"""Table and column of sentences, and of which rows they are ours."""

Change = Callable[[Any], Any]


def to_phrases(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the form and the values of every sentence that a form matches; any other text stays to the letter."""
    for table, column, ours in COLUMNS:
        _change_texts(editor, table, column, f"({ours})" if ours else "1 = 1", _with_form)
        if ours:
            _change_texts(editor, table, column, f"NOT ({ours})", _without_form)
    _change_all(apps, editor, _finding_with_form, _night_with_form)


def to_sentences(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Keep the English alone again."""
    for table, column, _ours in COLUMNS:
        _change_texts(editor, table, column, "1 = 1", _english)
    _change_all(apps, editor, _finding_in_english, _night_in_english)


def _change_all(apps: Apps, editor: BaseDatabaseSchemaEditor, finding: Change, night: Change) -> None:
    def findings(kept: str) -> str:
        return json.dumps([finding(one) for one in json.loads(kept)], ensure_ascii=False, separators=(",", ":"))

    _change_texts(editor, "ledger_journal", "findings", "findings <> '[]'", findings)
    _change_nights(apps.get_model("delivery", "NightlySending"), "last_result", editor, night)
    _change_nights(apps.get_model("delivery", "NightLetter"), "night", editor, night)


# --- texts ------------------------------------------------------------------------------------------------------------


def _change_texts(editor: BaseDatabaseSchemaEditor, table: str, column: str, where: str, change: Change) -> None:
    """Change a column of text in the rows of a table, in the order of their keys."""
    connection = editor.connection
    table, column = editor.quote_name(table), editor.quote_name(column)
    last = 0
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {column} FROM {table} WHERE id > %s AND {column} <> '' AND {where} "  # noqa: S608
                f"ORDER BY id LIMIT {BATCH}",
                [last],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            changed = [(new, key, old) for key, old in rows if (new := change(old)) != old]
            # Who changed it meanwhile knows better.
            statement = f"UPDATE {table} SET {column} = %s WHERE id = %s AND {column} = %s"  # noqa: S608
            if changed:
                cursor.executemany(statement, changed)


def _with_form(kept: str) -> str:
    if _is_changed(kept):
        return kept
    found = phrase_of(kept)
    if isinstance(found, str):
        return _without_form(kept)
    return f"{kept}{SEPARATOR}{json.dumps(found, separators=(',', ':'))}"


def _without_form(kept: str) -> str:
    """Mark a text that holds the separator itself as having no form."""
    return f"{kept}{SEPARATOR}" if SEPARATOR in kept and not _is_changed(kept) else kept


def _is_changed(kept: str) -> bool:
    text, separator, form = kept.rpartition(SEPARATOR)
    if not separator:
        return False
    if not form:
        return SEPARATOR in text
    try:
        return english_of(json.loads(form)) == text
    except (ValueError, TypeError, KeyError):
        return False


def _english(kept: str) -> str:
    return kept.rpartition(SEPARATOR)[0] if _is_changed(kept) else kept


# --- findings and nights ----------------------------------------------------------------------------------------------


def _finding_with_form(finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {name: _phrase(finding[name]) for name in ("message", "remedy") if name in finding}


def _finding_in_english(finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {name: english_of(finding[name]) for name in ("message", "remedy") if name in finding}


def _night_with_form(night: dict[str, Any]) -> dict[str, Any]:
    return night | {"trouble": _phrase(night.get("trouble", "")), "left": list(map(_finding_with_form, _left(night)))}


def _night_in_english(night: dict[str, Any]) -> dict[str, Any]:
    in_english = list(map(_finding_in_english, _left(night)))
    return night | {"trouble": english_of(night.get("trouble", "")), "left": in_english}


def _left(night: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from night.get("left", [])


def _phrase(kept: Any) -> Any:
    return phrase_of(kept) if isinstance(kept, str) else kept


def _change_nights(model: Any, name: str, editor: BaseDatabaseSchemaEditor, change: Change) -> None:
    alias, last = editor.connection.alias, 0
    while True:
        with transaction.atomic(using=alias):
            rows = model._base_manager.using(alias).filter(pk__gt=last).exclude(**{name: None}).order_by("pk")
            kept = list(rows.values_list("pk", name)[:BATCH])
            if not kept:
                return
            last = kept[-1][0]
            for key, old in kept:
                if (new := change(old)) != old:
                    model._base_manager.using(alias).filter(pk=key).update(**{name: new})
