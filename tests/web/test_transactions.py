"""Transactions: what a search looks through at once, how it goes on, and what is found whatever its date."""

from datetime import date, timedelta

import pytest
from django.test import Client

from clubledger.clubs.models import Role
from clubledger.ledger import searching
from clubledger.ledger.models import Import, Journal, Posting, SourceTransaction
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db
LAST_ON = date(2026, 11, 15)
RANGE = f"from=2026-11-01&up_to={LAST_ON}"


@pytest.fixture
def club():
    return make_club()


@pytest.fixture
def client(club):
    signed_in = Client()
    signed_in.force_login(add_member(club, Role.OWNER))
    return signed_in


def bring(club, days_ago, source_id, state="open", **fields):
    on = LAST_ON - timedelta(days=days_ago)
    brought = Import.objects.of(club).first() or Import.objects.of(club).create(
        club=club, actor=club.memberships.get().user, source="file"
    )
    journal, _ = Journal.objects.of(club).get_or_create(
        club=club, accounting_date=on, defaults={"state": state, "transaction_count": 1}
    )
    made = SourceTransaction.objects.of(club).create(
        club=club, source="file", source_id=source_id, kind="invoice", legs_kind="invoice", accounting_date=on,
        content_hash="", gross_minor=100, of_import=brought, **fields,
    )  # fmt: skip
    Posting.objects.create(transaction=made, journal=journal)
    return made


def page(client, query):
    return client.get(f"/c/banksia-park/transactions/?{query}").content.decode()


def test_a_search_looks_through_the_newest_days_and_goes_on_further_back(client, club, monkeypatch):
    monkeypatch.setattr(searching, "AT_ONCE", 2)
    for days_ago in range(4):
        bring(club, days_ago, f"INV-{days_ago}", member="1234")
    newest = page(client, f"{RANGE}&q=1234")
    assert "2 transactions match." in newest
    assert "INV-1" in newest
    assert "INV-2" not in newest
    assert "from=2026-11-01&amp;up_to=2026-11-13&amp;q=1234" in newest
    further = page(client, "from=2026-11-01&up_to=2026-11-13&q=1234")
    assert "INV-2" in further
    assert "INV-3" in further


def test_where_all_days_were_looked_through_nothing_leads_further_back(client, club):
    bring(club, 0, "INV-0")
    assert "Look further back" not in page(client, RANGE)


def test_a_whole_id_is_found_whatever_its_date(client, club):
    bring(club, 900, "INV-OLD")
    assert "INV-OLD" in page(client, f"{RANGE}&q=INV-OLD")


def test_what_stands_in_two_journals_is_listed_once(client, club):
    twice = bring(club, 0, "INV-TWICE", state="sent")
    sent = Journal.objects.of(club).create(club=club, accounting_date=LAST_ON, sequence=2, state="sent")
    Posting.objects.create(transaction=twice, journal=sent, sign=-1)
    assert "1 transaction matches." in page(client, f"{RANGE}&posted=yes")
    assert "No transaction matches." in page(client, f"{RANGE}&posted=no")
