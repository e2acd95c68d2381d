"""The command balances: each account type both sides, totals, the sentence, the status, and what Xero says."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from clubledger.cli.main import run
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.models import Reading, Sighting
from clubledger.ledger.models import Journal, JournalTotal
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import Books

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(monkeypatch, tmp_path):
    club = make_club("banksia-park")
    owner = add_member(club, "owner")
    monkeypatch.setenv("CLUBLEDGER_CLUB", "banksia-park")
    monkeypatch.setenv("CLUBLEDGER_AS", owner.email)
    return Books(club, owner, tmp_path)


def bring(books):
    books.bring(
        "I-1,invoice,2026-07-01,SUBS,FULL,110.00",
        "P-1,payment,2026-07-02,SUBS,CARD,50.00",
        "I-2,invoice,2026-07-03,BAR,DRINKS,8.40",
    )


def told(capsys, *more):
    status = run(["balances", "--json", *more])
    return status, json.loads(capsys.readouterr().out)


def test_both_sides_of_each_account_type_and_totals_that_are_the_sums(books, capsys):
    bring(books)
    Journal.objects.of(books.club).filter(accounting_date=date(2026, 7, 1)).update(state="sent")
    Journal.objects.of(books.club).filter(accounting_date=date(2026, 7, 2)).update(state="recorded")
    status, said = told(capsys)
    assert (status, said["at"]) == (0, "2026-07-03")
    rows = {row["code"]: row for row in said["account_types"]}
    assert rows["SUBS"] == {
        "code": "SUBS", "name": rows["SUBS"]["name"], "opening": "0.00", "transactions": "60.00", "closing": "60.00",
        "sent": "110.00", "recorded": "-50.00", "not_sent": "0.00", "before_cutover": "0.00", "difference": "0.00",
    }  # fmt: skip
    assert rows["BAR"]["not_sent"] == "8.40"
    for name, total in said["totals"].items():
        assert Decimal(total) == sum(Decimal(row[name]) for row in rows.values()), name
    assert said["xero"] == {
        "equal": 1, "differ": 0, "alarms": 0, "read_at": None, "differing": [], "unsettled": [],
    }  # fmt: skip


def test_a_day_and_an_opening_can_be_asked_for(books, capsys):
    bring(books)
    [_bar, subs] = told(capsys, "--at", "2026-07-02", "--from", "2026-07-02")[1]["account_types"]
    assert (subs["opening"], subs["transactions"], subs["closing"]) == ("110.00", "-50.00", "60.00")
    assert run(["balances"]) == 0
    out = capsys.readouterr().out
    assert "Total" in out
    assert "Every account type adds up to the cent at 2026-07-03." in out
    assert "never read yet" in out
    assert not AuditEvent.objects.of(books.club).filter(action="ledger.balance_off").exists()


def test_what_is_off_is_said_with_status_1_and_kept_in_the_audit_trail(books, capsys):
    bring(books)
    JournalTotal.objects.filter(journal__club=books.club, item__code="SUBS", is_debit=True).update(amount_minor=10_680)
    assert run(["balances"]) == 1
    assert "1 account type is off, by 3.20 in all at 2026-07-03." in capsys.readouterr().out
    event = AuditEvent.objects.of(books.club).get(action="ledger.balance_off")
    assert (event.user, event.after) == (books.owner, {"SUBS": "3.20"})


def test_what_xero_has_otherwise_stands_beside_it_with_the_time(books, capsys):
    bring(books)
    Journal.objects.of(books.club).filter(accounting_date=date(2026, 7, 1)).update(state="differs", xero_words="Tax.")
    seen_at = datetime(2026, 7, 4, 1, 2, tzinfo=UTC)
    Sighting.objects.of(books.club).create(
        club=books.club, reference="R-7", kind="double", xero_journal_id="x", found={}, seen_at=seen_at
    )
    Reading.objects.of(books.club).create(club=books.club, tenant_id="t", read_at=seen_at)
    status, said = told(capsys)
    assert status == 0
    assert [one["words"] for one in said["xero"]["differing"]] == ["Tax."]
    assert [one["reference"] for one in said["xero"]["unsettled"]] == ["R-7"]
    run(["balances"])
    assert "1 otherwise" in (out := capsys.readouterr().out)
    assert "1 not accounted for (R-7); last read 2026-07-04 01:02 UTC." in out


def test_a_club_without_transactions_has_nothing_to_prove(books, capsys):
    status, said = told(capsys)
    assert (status, said["at"], said["account_types"]) == (0, None, [])
