"""The commands post-from and record-up-to: they tell what they would do, and do no more than that."""

import json
from datetime import date

import pytest

from clubledger.cli.main import run
from clubledger.clubs.models import AuditEvent, Club
from clubledger.ledger.models import Journal
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


@pytest.fixture
def club(monkeypatch):
    made = make_club("banksia-park")
    monkeypatch.setenv("CLUBLEDGER_CLUB", "banksia-park")
    monkeypatch.setenv("CLUBLEDGER_AS", add_member(made, "owner").email)
    for day, state in ((1, "open"), (2, "valid"), (3, "sent"), (4, "open")):
        Journal.objects.of(made).create(
            club=made, accounting_date=date(2026, 7, day), state=state, debit_minor=1_000 * day, transaction_count=day
        )
    return made


def states(club):
    return list(Journal.objects.of(club).order_by("accounting_date").values_list("state", flat=True))


def test_recording_up_to_a_day_is_told_first_and_then_done_with_its_reason(club, capsys):
    assert run(["record-up-to", "2026-07-03", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["count"], told["debit"], told["transactions"]) == (2, "30.00", 3)
    assert states(club) == ["open", "valid", "sent", "open"]
    assert run(["record-up-to", "2026-07-03", "--reason", "Entered by hand"]) == 0
    assert "Clubledger has not checked Xero." in capsys.readouterr().out
    assert states(club) == ["recorded", "recorded", "sent", "open"]
    assert Journal.objects.of(club).get(accounting_date=date(2026, 7, 1)).recorded_reason == "Entered by hand"


def test_a_day_to_come_and_a_day_without_journals_are_refused(club, capsys):
    assert run(["record-up-to", "2999-01-01", "--reason", "Why"]) == 1
    assert "still to come" in capsys.readouterr().err
    assert run(["record-up-to", "2026-06-30", "--reason", "Why"]) == 1
    assert "no journal up to that day" in capsys.readouterr().err


def test_what_is_unclear_is_left_and_said(club, capsys):
    Journal.objects.of(club).filter(state="valid").update(state="uncertain")
    assert run(["record-up-to", "2026-07-03", "--dry-run"]) == 0
    assert "1 uncertain: left as it is." in capsys.readouterr().out


def test_post_from_is_told_looked_at_set_and_taken_away(club, capsys):
    assert run(["post-from"]) == 0
    assert "the first day" in capsys.readouterr().out
    assert run(["post-from", "2026-07-02", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["kept"]["count"], said["released"]["count"], said["sent"]) == (1, 0, 0)
    assert Club.objects.get(pk=club.pk).post_from is None
    assert run(["post-from", "2026-07-02", "--reason", "Cut-over"]) == 0
    assert "The club posts from 02/07/2026." in capsys.readouterr().out
    assert Club.objects.get(pk=club.pk).post_from == date(2026, 7, 2)
    assert AuditEvent.objects.of(club).get(action="club.post_from_set").summary.endswith("Cut-over")
    assert run(["post-from", "--first-day", "--reason", "A mistake"]) == 0
    assert Club.objects.get(pk=club.pk).post_from is None


def test_post_from_asks_for_the_day_and_the_reason_and_says_what_holds_it_back(club, capsys):
    assert run(["post-from", "2026-07-02"]) == 1
    assert "--reason" in capsys.readouterr().err
    assert run(["post-from", "--reason", "Why"]) == 1
    assert "Give the day" in capsys.readouterr().err
    Journal.objects.of(club).filter(state="valid").update(state="queued")
    assert run(["post-from", "2026-07-04", "--dry-run"]) == 1
    assert "is queued: settle it first." in capsys.readouterr().out
    assert run(["post-from", "2026-07-04", "--reason", "Why"]) == 1
    assert Club.objects.get(pk=club.pk).post_from is None


def test_who_may_not_do_it_is_refused(club, capsys, monkeypatch):
    monkeypatch.setenv("CLUBLEDGER_AS", add_member(club, "viewer").email)
    assert run(["record-up-to", "2026-07-03", "--reason", "Why"]) == 1
    assert run(["post-from", "2026-07-02", "--reason", "Why"]) == 1
    assert states(club) == ["open", "valid", "sent", "open"]
