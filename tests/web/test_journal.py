"""A journal's page: Xero's tax beside the source's with the cents explained, and every list of it as a file."""

import csv
import re
from datetime import date

import pytest
from django.test import Client

from clubledger.clubs import audit
from clubledger.clubs.models import Role
from clubledger.ledger.models import (
    FinancialItem,
    GLCode,
    Journal,
    JournalLine,
    JournalTotal,
    Posting,
    SourceLine,
    SourceTransaction,
    TaxCode,
)
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import add_member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(club):
    return signed_in(club, Role.VIEWER)


@pytest.fixture
def sent(club):
    """A journal with a line that Xero taxes two cents higher, and one whose tax the source does not state."""
    code = GLCode.objects.of(club).create(club=club, code="200", name="Fees", account_id="a")
    item = FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", gl_code=code)
    subs = FinancialItem.objects.of(club).create(club=club, kind="account_type", code="SUBS")
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 7, 1), state="sent", number="J-000001", transaction_count=3
    )
    lines = [
        JournalLine.objects.create(
            journal=journal, position=position, gl_code=code, account_code="200", account_name="Fees",
            tax_type="OUTPUT", amount_minor=minor, source_tax_minor=stated, xero_tax_minor=there, row_count=3,
        )
        for position, minor, stated, there in ((1, -3_300, -298, -300), (2, -1_100, None, -100), (3, 4_400, None, 0))
    ]  # fmt: skip
    JournalTotal.objects.create(
        journal=journal, item=item, is_debit=False, tax_kind="stated", amount_minor=3_300, line=lines[0]
    )
    for number in range(3):
        made = SourceTransaction.objects.of(club).create(
            club=club, source="file", source_id=f"INV-{number}", kind="invoice", legs_kind="invoice",
            accounting_date=journal.accounting_date, content_hash="0", gross_minor=1_100, description="=A1",
        )  # fmt: skip
        SourceLine.objects.create(
            transaction=made, position=1, account_type=subs, item=item, amount_minor=1_100, tax_minor=99
        )
        Posting.objects.create(transaction=made, journal=journal)
    return journal


def test_the_cents_between_the_two_taxes_are_told_by_line_and_in_all(client, sent):
    said = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/").content.decode()
    assert "Here that comes to 0.02." in said
    assert "Xero’s tax holds 1.00 on lines whose tax the source does not state." in said
    assert '<td class="num" data-label="Tax difference">0.02</td>' in said


def test_the_taxes_of_a_line_on_the_other_side_are_taken_off_so_that_the_columns_add_up(client, sent):
    refund = sent.lines.get(position=3)
    JournalLine.objects.filter(pk=refund.pk).update(source_tax_minor=50, xero_tax_minor=49)
    said = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/").content.decode()
    cells = {name: re.findall(rf'data-label="{name}">([^<]*)', said) for name in ("Tax by the source", "Tax by Xero")}
    assert cells["Tax by the source"] == ["2.98", "", "\u22120.50", "2.48"]
    assert cells["Tax by Xero"] == ["3.00", "1.00", "\u22120.49", "3.51"]
    assert re.findall(r'data-label="Tax difference">([^<]*)', said) == ["0.02", "", "0.01", "0.03"]


@pytest.mark.parametrize("which", ["all", "line"])
def test_the_transactions_behind_are_a_file_too(client, sent, which):
    line = "all" if which == "all" else f"line-{sent.lines.order_by('position')[0].pk}"
    answer = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/", {"line": line, "format": "csv"})
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0] == "Date,Transaction,Kind,Member,Description,Its rows,Debit,Credit"
    assert len(rows) == 4
    assert rows[1].startswith("2026-07-01,INV-0,Invoice,,'=A1,")
    assert ("11.00,0.00" if which == "all" else "0.00,11.00") in rows[1]


def test_the_lines_stay_a_file_of_their_own(client, sent):
    answer = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/?format=csv")
    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 4


def test_each_problem_of_a_line_leads_to_the_field_that_mends_it(club):
    item = FinancialItem.objects.of(club).create(club=club, kind="charge", code="LOCKER")
    journal = Journal.objects.of(club).create(club=club, accounting_date=date(2026, 7, 2))
    JournalTotal.objects.create(
        journal=journal, item=item, is_debit=False, tax_kind="unstated", amount_minor=100, row_count=1
    )
    owner = Client()
    owner.force_login(add_member(club, Role.OWNER))
    said = owner.get(f"/c/banksia-park/gl/journals/{journal.pk}/").content.decode()
    assert '<a href="/c/banksia-park/configuration/charges/?item=LOCKER">Map LOCKER</a>' in said


def test_a_tax_type_bears_xeros_name_with_its_code_behind(client, club, sent):
    TaxCode.objects.of(club).create(club=club, tax_type="OUTPUT", name="GST on <Income>", rate=10, status="ACTIVE")
    JournalLine.objects.filter(journal=sent, position=3).update(tax_type='UN"KNOWN')
    said = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/").content.decode()
    assert 'title="OUTPUT" data-label="Tax type">GST on &lt;Income&gt;' in said
    assert 'data-label="Tax type">UN&quot;KNOWN' in said
    file = b"".join(client.get(f"/c/banksia-park/gl/journals/{sent.pk}/?format=csv").streaming_content).decode()
    assert "Tax type,Tax rate" in file
    assert "OUTPUT,GST on <Income>" in file


AMOUNTS = {
    "": ["33.00", "11.00", "44.00"], "credit": ["11.00", "33.00", "44.00"], "-debit": ["44.00", "33.00", "11.00"],
}  # fmt: skip


@pytest.mark.parametrize("sort", [*AMOUNTS, "xero_tax_minor", "--credit", "<b>"])
def test_lines_stand_in_the_order_asked_for_in_the_file_too(client, sent, sort):
    wanted = AMOUNTS.get(sort, AMOUNTS[""])
    said = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/", {"sort": sort}).content.decode()
    body = said.split("<tbody>", 1)[1].split("<tfoot>", 1)[0]
    assert re.findall(r'data-label="(?:Debit|Credit)">([\d.]+)', body) == wanted
    kept = f"?sort={sort}&amp;" if sort in AMOUNTS and sort else "?"
    assert f'href="{kept}line=line-' in body
    assert f'href="{kept}format=csv"' in said
    file = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/", {"sort": sort, "format": "csv"})
    rows = list(csv.reader(b"".join(file.streaming_content).decode().splitlines()))[1:]
    assert [row[6] or row[7] for row in rows] == wanted


BEHIND = {
    "": ["INV-0", "INV-1", "INV-2"], "transaction": ["INV-0", "INV-1", "INV-2"],
    "-transaction": ["INV-2", "INV-1", "INV-0"], "member": ["INV-1", "INV-2", "INV-0"],
    "-kind": ["INV-2", "INV-0", "INV-1"], "t.id; --": ["INV-0", "INV-1", "INV-2"],
}  # fmt: skip


@pytest.mark.parametrize("line", ["all", "line"])
@pytest.mark.parametrize("order", BEHIND)
def test_transactions_behind_stand_in_the_order_asked_for(client, sent, line, order):
    club, wanted = sent.club, BEHIND[order]
    for source_id, member, kind in (("INV-0", "c", "invoice"), ("INV-1", "a", "invoice"), ("INV-2", "b", "pos_sale")):
        SourceTransaction.objects.of(club).filter(source_id=source_id).update(member=member, kind=kind)
    key = line if line == "all" else f"line-{sent.lines.order_by('position').first().pk}"
    asked = {"line": key, "order": order}
    said = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/", asked).content.decode()
    assert re.findall(r">(INV-\d)</a>", said) == wanted
    file = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/", {**asked, "format": "csv"})
    assert re.findall(r"INV-\d", b"".join(file.streaming_content).decode()) == wanted


def test_transactions_behind_a_line_stand_by_amount(client, club, sent):
    for source_id, minor in (("INV-0", 1_300), ("INV-1", 900), ("INV-2", 1_100)):
        SourceLine.objects.filter(transaction__source_id=source_id).update(amount_minor=minor)
    key = f"line-{sent.lines.order_by('position').first().pk}"
    address = f"/c/banksia-park/gl/journals/{sent.pk}/?line={key}&order="
    found = {
        order: re.findall(r">(INV-\d)</a>", client.get(address + order).content.decode())
        for order in ("amount", "-amount")
    }
    assert found["amount"] == found["-amount"][::-1]
    assert found["amount"] in (["INV-0", "INV-2", "INV-1"], ["INV-1", "INV-2", "INV-0"])
    # The whole journal has no such order, and says so by offering none.
    whole = client.get(f"/c/banksia-park/gl/journals/{sent.pk}/?line=all&order=amount").content.decode()
    assert re.findall(r">(INV-\d)</a>", whole) == ["INV-0", "INV-1", "INV-2"]
    assert "order=-amount" not in whole


def test_its_story_names_who_did_what_once_and_keeps_the_reason_of_a_choice(club):
    journal = Journal.objects.of(club).create(club=club, accounting_date=date(2026, 7, 1), transaction_count=1)
    tess = add_member(club, Role.ACCOUNTS)
    audit.note(
        club=club, actor=tess, action="journal.voided", subject=str(journal), summary=f"{tess} voided it: Wrong day"
    )
    client = Client()
    client.force_login(tess)
    page = f"/c/banksia-park/gl/journals/{journal.pk}/"
    client.post(f"{page}first-open-day/", {"reason": "The period is closed."})
    said = client.get(page).content.decode()
    assert f"{tess} voided it: Wrong day" in said
    assert f"{tess}: {tess}" not in said
    assert f"{tess}: To be sent dated on the first open day, its own being locked: The period is closed." in said


def test_once_the_first_open_day_is_chosen_the_lock_is_no_fault_and_validate_comes_next(club):
    locked = {"code": "locked", "message": "Xero is locked up to 31/07/2026.", "mends": "journal", "severity": "fault"}
    other = {"code": "unmapped", "message": "Charge LOCKER has no GL code.", "mends": "charge:LOCKER"}
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 7, 1), transaction_count=1, debit_minor=100, findings=[locked, other]
    )
    client = Client()
    client.force_login(add_member(club, Role.ACCOUNTS))
    page = f"/c/banksia-park/gl/journals/{journal.pk}/"
    assert f"{page}first-open-day/" in client.get(page).content.decode()
    client.post(f"{page}first-open-day/", {"reason": "The period is closed."})
    said = client.get(page).content.decode()
    assert "Validate comes next." in said
    assert "/c/banksia-park/gl/?on=2026-07-01" in said
    assert "Xero is locked up to" not in said
    assert f"{page}first-open-day/" not in said
    assert "Charge LOCKER has no GL code." in said
    assert "Validate comes next." in client.get("/c/banksia-park/gl/?on=2026-07-01").content.decode()


def test_the_choice_of_the_first_open_day_names_the_day_as_last_read(club):
    journal = Journal.objects.of(club).create(club=club, accounting_date=date(2026, 7, 1), transaction_count=1)
    app = XeroApp.objects.create(name="Clubledger", version="V2", client_id="a", redirect_uri="http://x", scopes="-")
    connection = Connection.objects.of(club).create(club=club, app=app, tenant_id="t", organisation_name="Banksia")
    client = Client()
    client.force_login(add_member(club, Role.ACCOUNTS))
    page = f"/c/banksia-park/gl/journals/{journal.pk}/first-open-day/"
    assert "First open day" not in client.get(page).content.decode()
    Connection.objects.of(club).filter(pk=connection.pk).update(period_lock_date=date(2026, 7, 31))
    said = client.get(page).content.decode()
    assert "<dt>First open day</dt><dd>Sat 1 Aug 2026</dd>" in said


@pytest.mark.parametrize(
    ("state", "words", "leads_on"),
    [
        ("rejected", "Xero says: Account code 230 was archived.", True),
        ("uncertain", "Clubledger looks in Xero first, and never sends it twice.", False),
    ],
)
def test_a_journal_that_needs_help_says_what_comes_next(club, state, words, leads_on):
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 7, 1), transaction_count=1, debit_minor=100, state=state,
        xero_words="Account code 230 was archived." if state == "rejected" else "",
    )  # fmt: skip
    page = f"/c/banksia-park/gl/journals/{journal.pk}/"
    said = signed_in(club, Role.ACCOUNTS).get(page).content.decode()
    assert words in said
    assert ("Validate it on GL Integration" in said) is leads_on
    assert "Validate it on GL Integration" not in signed_in(club, Role.VIEWER).get(page).content.decode()
