"""Transactions: what a search looks through at once, how it goes on, and what is found whatever its date."""

import csv
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from clubledger.clubs.models import Role
from clubledger.frame import paging
from clubledger.ledger.journals import search
from clubledger.ledger.models import Import, Journal, JournalTotal, Posting, SourceTransaction
from clubledger.web.transactions import transactions
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import add_member, signed_in
from tests.ledger.oracle import Books

pytestmark = pytest.mark.django_db
LAST_ON = date(2026, 11, 15)
RANGE = f"from=2026-11-01&up_to={LAST_ON}"


@pytest.fixture
def client(club):
    return signed_in(club, Role.OWNER)


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
    monkeypatch.setattr(search, "AT_ONCE", 2)
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


def test_a_club_without_any_is_led_to_import(client):
    said = page(client, "")
    assert "No transaction has come in yet." in said
    assert 'href="/c/banksia-park/import/"' in said.split("<main", 1)[1]
    assert "Try another range of days" not in said


def test_a_search_without_a_find_says_so_and_keeps_its_form(client, club):
    bring(club, 0, "INV-0")
    said = page(client, f"{RANGE}&q=nobody")
    assert "No transaction matches." in said
    assert "Try another range of days" in said
    assert "No transaction has come in yet." not in said


def test_those_of_an_import_are_named_and_narrowed_down(client, club):
    bring(club, 0, "INV-0", member="7")
    bring(club, 1, "INV-1", member="8")
    brought = Import.objects.of(club).get()
    said = page(client, f"import={brought.pk}&q=8")
    assert "Only those of the import file." in said
    assert f'<input type="hidden" name="import" value="{brought.pk}">' in said
    assert "INV-1" in said
    assert "INV-0" not in said


def test_the_story_ends_in_xero(client, club):
    made = bring(club, 0, "INV-0", state="sent")
    app = XeroApp.objects.create(name="App", client_id="app")
    Connection.objects.of(club).create(club=club, app=app, tenant_id="t", short_code="!abc", organisation_name="Inc")
    owner = club.memberships.get().user
    Journal.objects.of(club).update(number="J-000001", xero_journal_id="jid", sent_by=owner, sent_at=timezone.now())
    said = client.get(f"/c/banksia-park/transactions/{made.pk}/").content.decode()
    assert "J-000001" in said
    assert "/Journal/View.aspx?invoiceID=jid" in said
    assert "Open in Xero" in said
    assert str(owner) in said.split("From the file to Xero", 1)[1]


# --- in another order -------------------------------------------------------------------------------------------------

COLUMNS = {
    "date": ["B-2", "A-10", "C-1"], "transaction": ["A-10", "B-2", "C-1"], "kind": ["C-1", "A-10", "B-2"],
    "member": ["C-1", "B-2", "A-10"], "amount": ["A-10", "C-1", "B-2"],
}  # fmt: skip


@pytest.fixture
def three(club):
    """Three of which no two columns give the same order."""
    for days_ago, source_id, kind, member, minor in (
        (9, "B-2", "payment", "20", 900), (5, "A-10", "invoice", "30", -700), (1, "C-1", "credit_note", "10", 100)
    ):  # fmt: skip
        made = bring(club, days_ago, source_id, member=member)
        SourceTransaction.objects.of(club).filter(pk=made.pk).update(kind=kind, gross_minor=minor)
    return Import.objects.of(club).get()


def listed(said):
    return re.findall(r'transactions/\d+/">([^<]*)</a>', said)


def in_file(client, query):
    text = b"".join(client.get(f"/c/banksia-park/transactions/?{query}&format=csv").streaming_content).decode()
    return [row[2] for row in list(csv.reader(text.splitlines()))[1:]]


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_orders_the_list_and_its_file_either_way_round(client, three, column):
    assert column in transactions.TRANSACTIONS.orders
    for query in (RANGE, f"import={three.pk}"):
        assert listed(page(client, f"{query}&sort={column}")) == COLUMNS[column]
        assert listed(page(client, f"{query}&sort=-{column}")) == COLUMNS[column][::-1]
        assert in_file(client, f"{query}&sort={column}") == COLUMNS[column]
        assert in_file(client, f"{query}&sort=-{column}") == COLUMNS[column][::-1]


def test_newest_first_is_the_preset_and_said(client, three):
    said = page(client, RANGE)
    assert listed(said) == ["C-1", "A-10", "B-2"]
    assert re.search(r'aria-sort="descending"><a href="[^"]*sort=date"', said)


@pytest.mark.parametrize("asked", ["password", "--amount", "club__name", "-", "amount;--", "%00", "gross_minor", "?"])
def test_a_strange_order_is_left_out(client, three, asked):
    assert listed(page(client, f"{RANGE}&sort={asked}")) == ["C-1", "A-10", "B-2"]
    assert in_file(client, f"{RANGE}&sort={asked}") == ["C-1", "A-10", "B-2"]


def test_order_filter_and_page_keep_one_another(client, club, three, monkeypatch):
    monkeypatch.setattr(paging, "PER_PAGE", 2)
    monkeypatch.setattr(paging.page_of, "__kwdefaults__", {"per_page": 2})
    said = page(client, f"{RANGE}&sort=amount&kind=&posted=no")
    assert listed(said) == ["A-10", "C-1"]
    assert '<input type="hidden" name="sort" value="amount">' in said
    assert re.search(r'href="\?[^"]*posted=no[^"]*page=2[^"]*" rel="next"', said)
    assert re.search(r'href="\?[^"]*sort=amount[^"]*page=2[^"]*" rel="next"', said)
    second = page(client, f"{RANGE}&sort=amount&posted=no&page=2")
    assert listed(second) == ["B-2"]
    # Another order begins at its first page, and keeps the filter.
    turned = re.search(r'aria-sort="ascending"><a href="\?([^"]*)"', second).group(1)
    assert "posted=no" in turned
    assert "page=" not in turned
    assert "sort=-amount" in turned


def test_what_is_too_much_to_sort_says_so_and_stays_in_the_order_of_the_index(client, club, three, monkeypatch):
    monkeypatch.setattr(transactions, "MOST_COUNTED", 2)
    said = page(client, f"import={three.pk}&sort=amount")
    assert "So many can’t be sorted: narrow them down to 2 or fewer" in said
    assert listed(said) == ["C-1", "A-10", "B-2"]
    assert "aria-sort" not in said
    narrowed = page(client, f"import={three.pk}&sort=amount&q=A")
    assert "aria-sort" in narrowed
    assert "So many" not in narrowed


def test_only_what_is_looked_through_is_sorted_and_that_is_said(client, club, three, monkeypatch):
    monkeypatch.setattr(search, "AT_ONCE", 2)
    said = page(client, f"{RANGE}&sort=amount")
    assert listed(said) == ["A-10", "C-1"]
    assert "They are sorted within these days" in said
    assert re.search(r'href="\?[^"]*sort=amount[^"]*">Look further back', said)
    assert in_file(client, f"{RANGE}&sort=amount") == ["A-10", "C-1", "B-2"]
    assert "sorted within" not in page(client, RANGE)


def test_an_import_that_is_not_there_is_not_taken_for_another(client, club):
    bring(club, 0, "INV-1")
    brought = Import.objects.of(club).get()
    millionth = Import.objects.of(club).create(pk=1_000_000, club=club, actor=brought.actor, source="file")
    SourceTransaction.objects.of(club).update(of_import=millionth)
    assert "INV-1" in page(client, f"import={millionth.pk}")
    assert "INV-1" not in page(client, f"import={millionth.pk + 1}")


@pytest.mark.parametrize(
    ("row", "sides"),
    [
        ("invoice,2026-07-01,SUBS,FULL7,11.00,1.00", ("Account type SUBS", "Charge FULL7")),
        ("credit_note,2026-07-01,SUBS,FULL7,11.00,1.00", ("Charge FULL7", "Account type SUBS")),
        ("payment,2026-07-01,SUBS,CARD,11.00", ("Payment method CARD", "Account type SUBS")),
        ("refund,2026-07-01,SUBS,CARD,11.00", ("Account type SUBS", "Payment method CARD")),
        ("transfer,2026-07-01,PRIZE,HOUSE,11.00", ("Account type PRIZE", "Account type HOUSE")),
        ("invoice,2026-07-01,SUBS,LOYAL,-11.00,-1.00", ("Charge LOYAL", "Account type SUBS")),
    ],
    ids=["invoice", "credit note", "payment", "refund", "transfer", "discount"],
)
def test_the_sides_of_a_row_and_of_its_reversal_are_those_of_the_journal(client, club, tmp_path, row, sides):
    books = Books(club, add_member(club, Role.OWNER, "books@banksiapark.example"), tmp_path)
    books.bring(f"T-1,{row}", "R-1,reversal,2026-07-02,,,,,,,,,T-1")
    for source_id, wanted, day in (("T-1", sides, 1), ("R-1", sides[::-1], 2)):
        found = SourceTransaction.objects.of(club).get(source_id=source_id)
        [pair] = client.get(f"/c/banksia-park/transactions/{found.pk}/").context["pairs"]
        assert (pair.debit, pair.credit, pair.amount) == (*wanted, Decimal("11.00"))
        totals = JournalTotal.objects.filter(journal__club=club, journal__accounting_date=date(2026, 7, day))
        in_journal = {total.is_debit: str(total.item) for total in totals.select_related("item")}
        assert (in_journal[True], in_journal[False]) == wanted
