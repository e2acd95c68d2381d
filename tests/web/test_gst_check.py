"""GST check: the answer before any table, every figure with the journals behind it, files, and unregistered clubs."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clubledger.clubs.models import Role
from clubledger.ledger.models import FinancialItem, GLCode, Journal, JournalLine, JournalTotal, TaxCode
from clubledger.xero.models import Connection, XeroApp
from tests.fixtures_clubs import make_club, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/c/banksia-park/gst-check/?period=2026-07-01"


@pytest.fixture
def club():
    made = make_club()
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    Connection.objects.of(made).create(
        club=made, app=app, tenant_id="t", organisation_name="Banksia Park Inc", sales_tax_basis="ACCRUALS"
    )
    TaxCode.objects.of(made).create(
        club=made, tax_type="OUTPUT", name="GST on Income", rate=10, status="ACTIVE", applies_to=["REVENUE"]
    )
    TaxCode.objects.of(made).create(
        club=made, tax_type="INPUT", name="GST on Expenses", rate=10, status="ACTIVE", applies_to=["EXPENSE"]
    )
    return made


@pytest.fixture
def client(club):
    return signed_in(club, Role.VIEWER)


def sent(club, on, stated, xero, *, tax_type="OUTPUT", amount=-110_000):
    number = Journal.objects.of(club).count() + 1
    journal = Journal.objects.of(club).create(
        club=club, accounting_date=on, sequence=number, state="sent", number=f"J-{number:06d}"
    )
    code, _made = GLCode.objects.of(club).get_or_create(club=club, code="200", defaults={"name": "Subscriptions"})
    JournalLine.objects.create(
        journal=journal, position=1, gl_code=code, account_code="200", account_name="Subscriptions", tax_type=tax_type,
        amount_minor=amount, source_tax_minor=stated, xero_tax_minor=xero, row_count=4,
    )  # fmt: skip
    return journal


def test_it_says_that_all_agrees(client, club):
    sent(club, date(2026, 8, 3), -10_000, -10_000)
    said = client.get(PAGE).content.decode()
    assert "1 July to 30 September 2026" in said
    assert "agrees to the cent" in said
    assert "every journal of this period agrees" in said


def test_a_difference_leads_to_its_journals_with_the_reason(client, club):
    rounded = sent(club, date(2026, 8, 3), -10_000, -10_002)
    wrong = sent(club, date(2026, 8, 4), -10_000, -5_000)
    said = client.get(PAGE).content.decode()
    assert "differs by 49.98." in said
    assert "1 journal differs by more than rounding explains." in said
    assert f"/c/banksia-park/gl/journals/{rounded.pk}/" in said
    assert said.index(f"/journals/{wrong.pk}/") < said.index(f"/journals/{rounded.pk}/")
    assert "More than rounding" in said


def test_sales_and_purchases_stand_apart_and_are_netted(client, club):
    sent(club, date(2026, 8, 3), -10_000, -10_000)
    sent(club, date(2026, 8, 3), 2_500, 2_500, tax_type="INPUT", amount=27_500)
    said = client.get(PAGE).content.decode()
    assert "<dd>100.00</dd>" in said
    assert "<dd>25.00</dd>" in said
    assert "<dd>75.00</dd>" in said


def test_a_club_not_registered_is_told_so(client, club):
    Connection.objects.of(club).update(sales_tax_basis="NONE")
    said = client.get(PAGE).content.decode()
    assert "Banksia Park Inc is not registered for GST in Xero" in said


def test_before_xero_is_read_it_says_that_only_documents_are_shown(client, club):
    Connection.objects.of(club).delete()
    assert "Xero has not been read yet" in client.get(PAGE).content.decode()


def test_the_preset_is_the_last_full_quarter_and_months_can_be_chosen(client, club):
    for length in ("quarter", "month", "week"):
        assert client.get(f"/c/banksia-park/gst-check/?length={length}").status_code == 200
    said = client.get(f"{PAGE}&length=month").content.decode()
    assert "1–31 July 2026" in said


@pytest.mark.parametrize("table", ["", "journals", "documents", "periods"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_each_table_is_given_as_a_file(client, club, table, file_format):
    sent(club, date(2026, 8, 3), -10_000, -10_002)
    answer = client.get(f"{PAGE}&format={file_format}&table={table}")
    assert "gst-check-banksia-park-2026-07-01-2026-09-30" in answer["Content-Disposition"]
    if file_format == "csv" and table == "journals":
        text = b"".join(answer.streaming_content).decode()
        assert "J-000001,Sent,Sales,OUTPUT,GST on Income,1100.00,100.00,100.00,100.02,0.00,0.02" in text


def test_it_asks_few_questions_however_many_journals(client, club):
    for day in range(1, 29):
        sent(club, date(2026, 8, day), -10_000, -10_001)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(PAGE)
    assert len(asked) <= 15


@pytest.mark.parametrize(
    ("sort", "wanted"),
    [
        ("", "321"), ("journal", "123"), ("-journal", "321"), ("-date", "213"), ("difference", "123"),
        ("-difference", "321"), ("tax.xero", "321"), ("--date", "321"),
    ],
)  # fmt: skip
def test_journals_that_differ_are_sorted_and_keep_their_period(client, club, sort, wanted):
    for day, there in ((3, -10_001), (9, -10_050), (1, -10_900)):
        sent(club, date(2026, 8, day), -10_000, there)
    TaxCode.objects.of(club).filter(tax_type="OUTPUT").update(name="GST on Income")
    said = client.get(PAGE, {"period": "2026-07-01", "sort": sort}).content.decode()
    listed = said.split('aria-labelledby="journals"', 1)[1]
    found = "".join(re.findall(r">J-00000(\d)</a>", listed))
    assert found == wanted
    assert 'title="OUTPUT">GST on Income' in listed
    assert re.search(r'href="\?[^"]*period=2026-07-01[^"]*#journals"', listed)


def test_a_period_of_which_nothing_is_in_xero_is_not_said_to_agree(client, club):
    code = GLCode.objects.of(club).create(club=club, code="200", name="Subscriptions")
    fees = FinancialItem.objects.of(club).create(
        club=club, kind="charge", code="FULL7", gl_code=code, tax_type="OUTPUT"
    )
    waiting = Journal.objects.of(club).create(club=club, accounting_date=date(2026, 8, 3))
    JournalTotal.objects.create(
        journal=waiting,
        item=fees,
        is_debit=False,
        tax_kind="stated",
        amount_minor=110_000,
        tax_minor=10_000,
        row_count=1,
    )
    said = client.get(PAGE).content.decode()
    assert "Nothing of it is in Xero to compare with. <b>GST of 100.00 is not in Xero yet.</b>" in said
    assert "None: nothing of this period with a tax type is in Xero yet." in said
    assert "agrees to the cent" not in said


def test_the_preset_is_the_organisations_own_tax_period(client, club):
    assert client.get(PAGE).context["length"] == "quarter"
    Connection.objects.of(club).update(sales_tax_period="MONTHLY")
    assert client.get(PAGE).context["length"] == "month"
    Connection.objects.of(club).update(sales_tax_period="TWOMONTHS", country_code="NZ", year_end_month=3)
    said = client.get(PAGE).content.decode()
    assert "1 June to 31 July 2026" in said
    assert '<option value="two_months" selected>Two months</option>' in said
    assert '<option value="year"' not in said


def test_sales_that_state_no_tax_are_not_said_to_be_without_gst(client, club):
    code = GLCode.objects.of(club).create(club=club, code="200", name="Subscriptions")
    fees = FinancialItem.objects.of(club).create(
        club=club, kind="charge", code="FULL7", gl_code=code, tax_type="OUTPUT"
    )
    waiting = Journal.objects.of(club).create(club=club, accounting_date=date(2026, 8, 3))
    JournalTotal.objects.create(
        journal=waiting, item=fees, is_debit=False, tax_kind="unstated", amount_minor=110_000, row_count=1
    )
    said = client.get(PAGE).content.decode()
    assert "Of 1,100.00 that is not in Xero yet, only Xero will say the GST: the documents state none." in said
    assert "There is no GST in this period." not in said
    assert "1 journal is not in Xero: GST of 0.00 by its documents, and what Xero will work out of 1,100.00" in said


def test_tables_are_added_up_at_their_foot_and_the_sums_are_those_at_the_top(client, club):
    sent(club, date(2026, 8, 3), -10_000, -10_002)
    sent(club, date(2026, 8, 4), -20_000, -20_010)
    sent(club, date(2026, 8, 5), 4_000, 4_001, tax_type="INPUT", amount=44_000)
    said = client.get(PAGE).content.decode()
    types = said.split('aria-labelledby="types"', 1)[1].split("<tfoot>", 1)[1].split("</tfoot>", 1)[0]
    assert "Sales less purchases" in types
    # 2,200.00 of sales less 440.00 of purchases; 300.12 of Xero's tax less 40.01.
    assert re.findall(r'data-label="[^"]*">([^<]*)', types) == [
        "1,760.00", "260.00", "0.00", "260.00", "260.11", "0.11",
    ]  # fmt: skip
    journals = said.split('aria-labelledby="journals"', 1)[1].split("<tfoot>", 1)[1]
    assert re.findall(r'data-label="Difference">([^<]*)', journals) == ["0.11"]
    assert "Difference from documents</dt><dd>0.11</dd>" in said


def test_of_one_side_the_foot_is_a_total_of_it(client, club):
    sent(club, date(2026, 8, 3), -10_000, -10_002)
    sent(club, date(2026, 8, 4), -10_000, -10_002, tax_type="EXEMPTOUTPUT")
    types = client.get(PAGE).content.decode().split('aria-labelledby="types"', 1)[1].split("<tfoot>", 1)[1]
    assert types.startswith('<tr><td class="wide">Total</td>')
