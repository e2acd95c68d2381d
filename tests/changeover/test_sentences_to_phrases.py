"""The migration that gives kept sentences their form: whole, resumed after an end in the middle, and back."""

import json
from datetime import date, time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import translation

from clubledger.bookkeeping.phrases import from_plain
from clubledger.clubs.models import Club
from clubledger.delivery.models import NightlySending
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.ledger.models import Import, Journal, JournalState, RefusedRow
from tests.fixtures_clubs import make_club, make_user

reading = import_module("clubledger.changeover.migrations.frozen_phrases.reading")
rows = import_module("clubledger.changeover.migrations.frozen_phrases.rows")

BEFORE = json.loads(
    (Path(__file__).parent.parent / "foundation" / "phrases_of_ca93db8.json").read_text(encoding="utf-8")
)
ODD = ["Account code '230' has been archived.", "100 % of %(it)s", "a\x1eb", '["Told the club.",{}]', "31/02/2026"]
"""What no form matches."""

EDITOR = SimpleNamespace(connection=connection, quote_name=connection.ops.quote_name)


@pytest.mark.parametrize("known", BEFORE, ids=lambda known: known["english"][:40])
def test_a_sentence_of_each_form_is_found_to_the_letter(known: dict[str, Any]) -> None:
    found = reading.phrase_of(known["english"])
    assert reading.english_of(found) == from_plain(found) == known["english"]
    with translation.override("de"):
        assert in_readers_words(from_plain(found)) == known["german"]


@pytest.mark.parametrize(
    "text",
    [
        # Every piece of a long form again and again, and no end that fits: trying again would take a minute.
        "Charge x" + ": x rows state a tax that x (x) does not give: x on x" * 36 + "!",
        "Charge " * 280 + "x",
        "x" + " is missing" * 180,
        "Xero is locked up to 31/02/2026.",
        "On GL code 200 the source states tax of 0,001.50; tax type OUTPUT gives 1,50.00.",
        *ODD,
    ],
)
def test_a_text_made_to_look_like_a_sentence_stays_to_the_letter(text: str) -> None:
    assert from_plain(reading.phrase_of(text)) == text


@pytest.fixture
def kept(db: None) -> Club:
    """A club with a sentence of each form in each kind of column, as ca93db8 kept them."""
    club, user = make_club(), make_user()
    sentences = [*(known["english"] for known in BEFORE), *ODD]
    made = Import.objects.of(club).create(club=club, actor=user, state="refused")
    RefusedRow.objects.of(club).bulk_create(
        RefusedRow(club=club, of_import=made, line_number=number, reason="-", fields={})
        for number, _ in enumerate(sentences)
    )
    with connection.cursor() as cursor:
        for number, sentence in enumerate(sentences):
            cursor.execute("UPDATE ledger_refusedrow SET reason = %s WHERE line_number = %s", [sentence, number])
    for number, state in enumerate((JournalState.DIFFERS, JournalState.REJECTED), start=1):
        Journal.objects.of(club).create(
            club=club, accounting_date=date(2026, 7, number), state=state, xero_words="its status is VOIDED",
            findings=[{"code": "locked", "message": one, "remedy": "Choose its GL code."} for one in sentences],
        )  # fmt: skip
    days = {"first_on": "2026-07-01", "last_on": "2026-07-01"}
    left = [{"message": one, "remedy": "", "journals": 1} | days for one in sentences]
    night = {"on": "2026-07-01", "sent": 0, "waiting": 0, "trouble": BEFORE[0]["english"], "left": left}
    NightlySending.objects.of(club).create(club=club, user=user, at=time(23), last_result=night)
    return club


def _everything() -> dict[str, list[Any]]:
    """What the columns hold, as the database keeps it."""
    found: dict[str, list[Any]] = {}
    with connection.cursor() as cursor:
        for table, column in [(table, column) for table, column, _ in rows.COLUMNS] + [("ledger_journal", "findings")]:
            cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")
            found[f"{table}.{column}"] = [json.loads(one) if column == "findings" else one for (one,) in cursor]
    nights = NightlySending.objects.across_clubs("what is kept").order_by("pk")
    found["nights"] = list(nights.values_list("last_result", flat=True))
    return found


def test_every_column_gets_its_forms_and_goes_back_to_the_letter(kept: Club) -> None:
    before = _everything()
    rows.to_phrases(apps, EDITOR)
    reasons = [row.reason for row in RefusedRow.objects.of(kept).order_by("line_number")]
    assert reasons == [*(known["english"] for known in BEFORE), *ODD]
    with translation.override("de"):
        german = [known["german"] for known in BEFORE]
        assert [in_readers_words(reason) for reason in reasons] == [*german, *ODD]
        differs, rejected = Journal.objects.of(kept).order_by("accounting_date")
        assert in_readers_words(differs.xero_words) == "sein Status ist VOIDED"
        # Xero's own words stay its own, whatever they look like.
        assert in_readers_words(rejected.xero_words) == "its status is VOIDED"
        for journal in (differs, rejected):
            assert [in_readers_words(from_plain(one["message"])) for one in journal.findings] == [*german, *ODD]
    rows.to_sentences(apps, EDITOR)
    assert _everything() == before


def test_a_second_time_changes_nothing(kept: Club) -> None:
    rows.to_phrases(apps, EDITOR)
    once = _everything()
    rows.to_phrases(apps, EDITOR)
    assert _everything() == once


class Killed(Exception):
    """The program ended."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [1, 40, 300, 700])
def test_it_goes_on_where_it_was_killed(kept: Club, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(rows, "BATCH", 7)
    monkeypatch.setattr(rows, "phrase_of", _dies_after(after))
    before = _everything()
    with pytest.raises(Killed):
        rows.to_phrases(apps, EDITOR)
    monkeypatch.setattr(rows, "phrase_of", reading.phrase_of)
    half = _everything()
    assert (half == before) == (after == 1)
    rows.to_phrases(apps, EDITOR)
    found = _everything()
    rows.to_sentences(apps, EDITOR)
    assert _everything() == before
    rows.to_phrases(apps, EDITOR)
    assert _everything() == found


def _dies_after(calls: int) -> Any:
    left = iter(range(calls))

    def phrase_of(text: str) -> Any:
        if next(left, None) is None:
            raise Killed
        return reading.phrase_of(text)

    return phrase_of
