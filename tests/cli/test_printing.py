"""What commands print: tables for people, JSON with amounts as strings for programs."""

import argparse
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from clubledger.cli import output

ROWS = [
    {"date": date(2026, 7, 1), "name": "Réception 寄付", "debit": Decimal("1234.50"), "sent": True},
    {"date": date(2026, 7, 2), "name": "", "debit": Decimal("-0.05"), "sent": False},
]


@dataclass(frozen=True)
class Seen:
    on: date
    amount: Decimal


def test_a_table_aligns_amounts_to_the_right_and_wide_letters_by_their_width(capsys):
    output.show(argparse.Namespace(json=False), ROWS)
    assert capsys.readouterr().out.splitlines() == [
        "date        name               debit  sent",
        "----------  --------------  --------  ----",
        "2026-07-01  Réception 寄付  1,234.50   yes",
        "2026-07-02                     -0.05    no",
    ]


def test_json_has_amounts_and_dates_as_strings(capsys):
    output.show(argparse.Namespace(json=True), {"rows": ROWS, "seen": Seen(date(2026, 7, 1), Decimal("0.10"))})
    value = json.loads(capsys.readouterr().out)
    assert value["rows"][0]["debit"] == "1234.50"
    assert value["rows"][0]["sent"] is True
    assert value["seen"] == {"on": "2026-07-01", "amount": "0.10"}


def test_an_instant_is_written_with_its_zone():
    assert output.plain(datetime(2026, 7, 1, 12, tzinfo=UTC)) == "2026-07-01T12:00:00+00:00"


def test_nothing_is_said_in_words_and_as_an_empty_list(capsys):
    output.show(argparse.Namespace(json=False), [], empty="No journal.")
    output.show(argparse.Namespace(json=True), [], empty="No journal.")
    assert capsys.readouterr().out.split("\n") == ["No journal.", "[]", ""]


def test_with_json_words_for_people_go_to_standard_error(capsys):
    output.say(argparse.Namespace(json=True), "3 of 3 sent.")
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", "3 of 3 sent.\n")


def test_a_text_of_a_file_does_not_steer_the_terminal(capsys):
    rows = [{"name": "\x1b]0;owned\x07\x1b[2Jgone", "other": "a\x9b31mred\u202eder"}]
    output.show(argparse.Namespace(json=False), rows)
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x07\x9b\u202e")
    assert "gone" in out
