"""A journal's page: Xero's tax beside the source's with the cents explained, and every list of it as a file."""

from datetime import date

import pytest
from django.test import Client

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
)
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


@pytest.fixture
def club():
    return make_club()


@pytest.fixture
def client(club):
    signed_in = Client()
    signed_in.force_login(add_member(club, Role.VIEWER))
    return signed_in


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
    assert '<td class="num" data-label="Cents">0.02</td>' in said


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
