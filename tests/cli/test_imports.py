"""Commands about what came in: past imports, taking one back, sample data."""

import json

import pytest

from clubledger.cli.main import run
from clubledger.clubs.models import AuditEvent, Role
from clubledger.ledger.models import Journal, SourceTransaction
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db
FILE = """source_id,kind,accounting_date,account_type,item,amount
INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00
PAY-1,payment,2026-07-02,SUBS,CARD,1100.00
"""


@pytest.fixture
def club(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    made = make_club()
    monkeypatch.setenv("CLUBLEDGER_CLUB", made.slug)
    monkeypatch.setenv("CLUBLEDGER_AS", add_member(made, Role.ACCOUNTS).email)
    return made


@pytest.fixture
def brought(club, tmp_path, capsys):
    file = tmp_path / "july.csv"
    file.write_text(FILE, encoding="utf-8")
    assert run(["import", str(file), "--json"]) == 0
    return json.loads(capsys.readouterr().out)["id"]


def said(capsys, *arguments, status=0):
    assert run([*arguments, "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_past_imports_are_listed(brought, capsys):
    [row] = said(capsys, "imports")
    assert (row["id"], row["file"], row["new"], row["state"]) == (brought, "july.csv", 2, "done")
    assert run(["imports"]) == 0
    assert "july.csv" in capsys.readouterr().out


def test_an_import_is_taken_back_after_a_look_at_what_that_does(club, brought, capsys):
    dry = said(capsys, "undo-import", str(brought), "--dry-run")
    assert dry == {
        "id": brought, "transactions": 2, "amount": "2200.00", "journals": 2, "first_on": "2026-07-01",
        "last_on": "2026-07-02", "undone": False,
    }  # fmt: skip
    assert SourceTransaction.objects.of(club).count() == 2
    done = said(capsys, "undo-import", str(brought), "--reason", "The wrong file")
    assert done == dry | {"undone": True}
    assert not SourceTransaction.objects.of(club).exists()
    assert "The wrong file" in AuditEvent.objects.of(club).get(action="import.undone").summary
    assert said(capsys, "imports")[0]["state"] == "undone"


def test_it_says_why_an_import_can_not_be_undone(club, brought, capsys):
    assert run(["undo-import", "999", "--dry-run"]) == 1
    assert "has no import 999. See `clubledger imports`." in capsys.readouterr().err
    Journal.objects.of(club).filter(accounting_date="2026-07-01").update(state="queued")
    assert run(["undo-import", str(brought), "--reason", "x"]) == 1
    assert "which waits for Xero. Withdraw that journal first." in capsys.readouterr().err
    assert SourceTransaction.objects.of(club).count() == 2
    assert run(["undo-import", str(brought), "--reason", " "]) == 1


def test_a_new_club_tries_sample_data_and_takes_it_away(club, capsys):
    tried = said(capsys, "sample-data", "try")
    assert tried["new"] > 100
    assert run(["sample-data", "try"]) == 1
    assert "sample data is for a new club" in capsys.readouterr().err
    assert said(capsys, "sample-data", "remove") == {"transactions": tried["new"]}
    assert not SourceTransaction.objects.of(club).exists()
    assert run(["sample-data", "remove"]) == 1


def test_a_viewer_does_none_of_it(club, brought, monkeypatch, capsys):
    monkeypatch.setenv("CLUBLEDGER_AS", add_member(club, Role.VIEWER).email)
    assert said(capsys, "imports")
    assert run(["undo-import", str(brought), "--reason", "x"]) == 1
    assert run(["sample-data", "remove"]) == 1
    assert SourceTransaction.objects.of(club).count() == 2
