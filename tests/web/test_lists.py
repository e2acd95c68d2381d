"""Lists of the club's pages: sorted by their columns, in pages of a hundred, and as files of what is shown."""

import csv
import re
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from clubledger.clubs import api_keys, audit, invitations
from clubledger.clubs.models import Role
from clubledger.delivery.models import Delivery, SendRun
from clubledger.frame import paging
from clubledger.ledger.models import FinancialItem, GLCode, Import, Journal, RefusedRow
from clubledger.web.people import audit_trail
from clubledger.web.transactions import imports

pytestmark = pytest.mark.django_db
HOSTILE = ["password", "--at", "-", "pk", "club__name", "actor__password", "<script>", "1;--"]
HERE = "/c/banksia-park/"
CONFIGURATION = f"{HERE}configuration/"


@pytest.fixture
def client(owner):
    signed_in = Client()
    signed_in.force_login(owner)
    return signed_in


def said(client, address, **asked):
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def column(client, address, place, **asked):
    """Return a column of the CSV file of a list."""
    answer = client.get(address, {**asked, "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [row[place] for row in list(csv.reader(text.splitlines()))[1:]]


# --- imports ----------------------------------------------------------------------------------------------------------

IMPORTS = {
    "": ["b.csv", "a.csv", "c.csv"], "at": ["c.csv", "a.csv", "b.csv"], "file": ["a.csv", "b.csv", "c.csv"],
    "-new": ["a.csv", "b.csv", "c.csv"], "-refused": ["c.csv", "b.csv", "a.csv"], "state": ["b.csv", "a.csv", "c.csv"],
} | {hostile: ["b.csv", "a.csv", "c.csv"] for hostile in HOSTILE}  # fmt: skip


@pytest.mark.parametrize("sort", IMPORTS)
def test_past_imports_are_sorted_and_their_file_too(client, club, owner, sort):
    for name, new, refused, state in (("c.csv", 1, 9, "undone"), ("a.csv", 7, 2, "done"), ("b.csv", 3, 4, "done")):
        Import.objects.of(club).create(
            club=club, actor=owner, file_name=name, state=state, transactions_new=new, transactions_refused=refused,
            finished_at=timezone.now(),
        )  # fmt: skip
    page = said(client, f"{HERE}import/", sort=sort)
    assert re.findall(r'<td class="wrap">(\w\.csv)', page) == IMPORTS[sort]
    assert column(client, f"{HERE}import/", 1, sort=sort) == IMPORTS[sort]
    # The sentence at the top is about the newest, whatever the order.
    assert "brought 3 new transactions" in page
    assert "<script>" not in page.split("<main", 1)[1]


@pytest.fixture
def refused(club, owner):
    made = Import.objects.of(club).create(
        club=club, actor=owner, file_name="bad.csv", state="done", rows_refused=3, finished_at=timezone.now()
    )
    for line, source_id, name, reason in (
        (2, "T-2", "kind", "Unknown"), (5, "T-1", "amount", "Not a number"), (9, "T-3", "accounting_date", "=No date")
    ):  # fmt: skip
        RefusedRow.objects.of(club).create(
            club=club, of_import=made, line_number=line, source_id=source_id, column=name, reason=reason, value="=1+1",
            fields={},
        )  # fmt: skip
    return made


REFUSED = {
    "": "213", "-line": "312", "transaction": "123", "column": "312", "reason": "312",
} | dict.fromkeys(HOSTILE, "213")  # fmt: skip


@pytest.mark.parametrize("sort", REFUSED)
def test_refused_rows_are_sorted_and_their_list_is_a_file(client, refused, sort):
    address = f"{HERE}import/{refused.pk}/"
    assert "".join(re.findall(r"<td>T-(\d)</td>", said(client, address, sort=sort))) == REFUSED[sort]
    assert "".join(one[2:] for one in column(client, address, 1, sort=sort)) == REFUSED[sort]
    assert column(client, address, 3) == ["'=1+1"] * 3
    assert client.get(address, {"format": "xlsx"}).content[:2] == b"PK"


def test_too_many_refused_rows_stand_by_line_alone(client, refused, monkeypatch):
    monkeypatch.setattr(imports, "MOST_SORTED", 2)
    page = said(client, f"{HERE}import/{refused.pk}/", sort="transaction")
    assert "More than 2 rows stand by line alone." in page
    assert "".join(re.findall(r"<td>T-(\d)</td>", page)) == "213"
    assert "aria-sort" not in page


# --- audit trail ------------------------------------------------------------------------------------------------------


@pytest.fixture
def trail(club, owner, monkeypatch):
    for number in range(1, 6):
        audit.note(club=club, actor=owner, action="test.done", subject="x", summary=f"Did {number}.")
    monkeypatch.setattr(paging, "PER_PAGE", 2)
    monkeypatch.setattr(paging.page_of, "__kwdefaults__", {"per_page": 2})
    monkeypatch.setattr(paging.page_made, "__kwdefaults__", {"per_page": 2})


def events(page):
    return "".join(re.findall(r"Did (\d)\.<small", page))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, "54"), ({"page": "3"}, "1"), ({"sort": "number"}, "12"), ({"sort": "number", "page": "2"}, "34"),
        ({"sort": "number", "page": "3"}, "5"), ({"sort": "number", "page": "99"}, "5"), ({"sort": "-number"}, "54"),
        ({"sort": "number", "q": "Did"}, "12"), ({"sort": "number", "q": "Did", "page": "2"}, "34"),
        *(({"sort": hostile}, "54") for hostile in HOSTILE),
    ],
)  # fmt: skip
def test_the_trail_stands_newest_or_oldest_first(client, trail, asked, wanted):
    assert events(said(client, f"{CONFIGURATION}audit-trail/", **asked)) == wanted


def test_the_trails_file_stands_as_its_page(client, trail):
    address = f"{CONFIGURATION}audit-trail/"
    assert column(client, address, 5, sort="number") == [f"Did {number}." for number in range(1, 6)]
    assert column(client, address, 5) == [f"Did {number}." for number in range(5, 0, -1)]


def test_a_search_of_the_oldest_goes_on_to_the_newer(client, trail, monkeypatch):
    monkeypatch.setattr(audit_trail, "AT_ONCE", 2)
    address = f"{CONFIGURATION}audit-trail/"
    found, query = "", {"sort": "number", "q": "Did"}
    for _step in range(3):
        page = said(client, address, **query)
        found += events(page)
        assert '<input type="hidden" name="sort" value="number">' in page
        link = re.search(r'href="\?([^"]*)">Look further on', page)
        query = dict(part.split("=") for part in link.group(1).replace("&amp;", "&").split("&")) if link else {}
    assert found == "12345"
    assert not query


# --- sent by whom -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [("", "321"), ("at", "123"), ("-debit", "231"), ("dates", "312"), *((hostile, "321") for hostile in HOSTILE)],
)
def test_what_was_sent_is_sorted_and_its_file_too(client, club, owner, sort, wanted):
    for number, (day, minor) in enumerate(((2, 100), (3, 900), (1, 500)), start=1):
        run = SendRun.objects.of(club).create(club=club, actor=owner, created_at=timezone.now())
        journal = Journal.objects.of(club).create(
            club=club, accounting_date=date(2026, 7, day), state="sent", debit_minor=minor
        )
        Delivery.objects.of(club).create(
            club=club, journal=journal, run=run, sender=owner, reference=f"R{number}", narration="N", payload=b"",
            dated_on=journal.accounting_date, payload_hash="", queued_at=timezone.now(), due_at=timezone.now(),
            closed_at=timezone.now(), closed_because="sent",
        )  # fmt: skip
    days = {"1": "2026-07-02", "2": "2026-07-03", "3": "2026-07-01"}
    page = said(client, f"{HERE}gl/runs/", sort=sort)
    assert re.findall(r"from=(2026-07-\d\d)&amp;up_to", page) == [days[one] for one in wanted]
    assert column(client, f"{HERE}gl/runs/", 2, sort=sort) == [days[one] for one in wanted]


# --- mapping ----------------------------------------------------------------------------------------------------------


def test_the_file_of_a_grid_holds_what_is_shown(client, club):
    code = GLCode.objects.of(club).create(club=club, code="200", name="Fees")
    for name, gl_code in (("LOCKER", None), ("FULL7", code), ("FULL5", code)):
        FinancialItem.objects.of(club).create(club=club, kind="charge", code=name, gl_code=gl_code)
    address = f"{CONFIGURATION}charges/"
    assert column(client, address, 1) == ["LOCKER", "FULL5", "FULL7"]
    assert column(client, address, 1, sort="-code") == ["LOCKER", "FULL7", "FULL5"]
    assert column(client, address, 1, q="FULL", sort="-code") == ["FULL7", "FULL5"]
    assert column(client, address, 1, unmapped="1") == ["LOCKER"]


# --- security ---------------------------------------------------------------------------------------------------------


def test_keys_are_a_file_without_their_secrets(client, club, owner):
    key, secret = api_keys.create(club=club, actor=owner, name="=cmd()", may_import=False)
    made, _other = api_keys.create(club=club, actor=owner, name="Old POS", may_import=True)
    api_keys.revoke(club=club, actor=owner, key_id=made.pk)
    address = f"{CONFIGURATION}api-keys/"
    assert column(client, address, 0) == ["'=cmd()", "Old POS"]
    assert column(client, address, 7) == ["Active", "Revoked"]
    whole = b"".join(client.get(address, {"format": "csv"}).streaming_content).decode()
    assert key.prefix in whole
    assert secret not in whole
    assert key.secret_hash not in whole
    assert "format=csv" in said(client, address)


def test_invitations_are_a_file_of_their_own(client, club, owner):
    invitations.invite(club=club, actor=owner, email="new@elsewhere.example", role=Role.VIEWER)
    address = f"{CONFIGURATION}users/"
    assert column(client, address, 0, table="invitations") == ["new@elsewhere.example"]
    assert column(client, address, 1) == [owner.email]
    assert "table=invitations&amp;format=csv" in said(client, address)


@pytest.mark.parametrize("on", ["1900-01-01", "1985-01-01", "2199-12-31"])
def test_any_day_that_a_file_may_have_is_listed_where_it_is_asked_for(client, club, on):
    Journal.objects.of(club).create(club=club, accounting_date=on)
    address = f"{HERE}gl/"
    assert column(client, address, 0, **{"from": on, "up_to": on}) == [on]
    said(client, address, on=on)
    said(client, f"{HERE}gst-check/", period=on)
    said(client, f"{HERE}transactions/", **{"from": on, "up_to": on})
