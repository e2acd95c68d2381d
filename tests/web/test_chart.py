"""Chart of Accounts: which accounts journals can use and why not, what uses them, and codes entered by hand."""

import pytest

from clubledger.bookkeeping.chart import unusable_because
from clubledger.clubs.models import Role
from clubledger.foundation import clock
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, Journal, JournalTotal, TaxCode
from tests.fixtures_clubs import make_club, signed_in

pytestmark = pytest.mark.django_db
GL = "/c/banksia-park/configuration/chart-of-accounts/gl-codes/"
JOBS = "/c/banksia-park/configuration/chart-of-accounts/job-codes/"


@pytest.fixture
def club():
    made = make_club()
    for code, kind, system, status in (
        ("090", "BANK", "", "ACTIVE"), ("200", "REVENUE", "", "ACTIVE"), ("610", "CURRENT", "DEBTORS", "ACTIVE"),
        ("615", "CURRENT", "", "ACTIVE"), ("700", "REVENUE", "", "ARCHIVED"), ("710", "REVENUE", "", "GONE"),
    ):  # fmt: skip
        GLCode.objects.of(made).create(
            club=made, code=code, name=f"Account {code}", account_id=code, account_type=kind, system_account=system,
            status=status, default_tax_type="OUTPUT",
        )  # fmt: skip
    TaxCode.objects.of(made).create(club=made, tax_type="OUTPUT", name="GST on Income", rate=10, status="ACTIVE")
    return made


@pytest.fixture
def client(club):
    return signed_in(club, Role.ADMINISTRATOR)


def shown(client, query=""):
    return [row.code.code for row in client.get(GL + query).context["rows"]]


def test_accounts_that_journals_can_not_use_are_counted_and_filtered_by_the_rule_of_validation(client, club):
    said = client.get(GL).content.decode()
    assert "4 of the chart can’t be used on a journal" in said
    assert "a bank account" in said
    unusable = [
        row.code
        for row in GLCode.objects.of(club).order_by("code")
        if unusable_because(account_type=row.account_type, system_account=row.system_account, status=row.status)
    ]
    assert shown(client, "?show=unusable") == unusable == ["090", "610", "700", "710"]
    assert shown(client, "?show=usable") == ["200", "615"]


def test_types_and_taxes_are_named_as_xero_names_them_on_its_screens(client):
    said = client.get(GL).content.decode()
    assert "Current asset" in said
    assert "GST on Income" in said


def test_what_uses_an_account_leads_to_the_grid_it_stands_in(client, club):
    code = GLCode.objects.of(club).get(code="615")
    FinancialItem.objects.of(club).create(club=club, kind="payment_method", code="CARD", gl_code=code)
    for item in ("A", "B"):
        FinancialItem.objects.of(club).create(club=club, kind="charge", code=item, gl_code=code)
    said = client.get(GL).content.decode()
    assert '/configuration/payment-methods/?gl_code=615">1 payment method</a>' in said
    assert '/configuration/charges/?gl_code=615">2 charges</a>' in said


def test_a_code_is_added_by_hand(client, club):
    assert "GL code 999 was added." in client.post(GL, {"code": "999", "name": "Later"}, follow=True).content.decode()
    assert "entered by hand" in client.get(GL).content.decode()
    assert client.post(GL, {"code": "999", "name": "Again"}).status_code == 422
    assert "Job code Golf was added." in client.post(JOBS, {"code": "Golf"}, follow=True).content.decode()


def test_job_codes_that_hold_journals_back_are_told_first(client, club):
    golf = JobCode.objects.of(club).create(club=club, code="Golf", option_id="o", option_name="Golf")
    JobCode.objects.of(club).create(club=club, code="Bar", option_id="p", option_name="Bar", status="ARCHIVED")
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="A", default_job=golf)
    said = client.get(JOBS).content.decode()
    assert "1 is not known in Xero, or archived there" in said
    assert "1 charge" in said


def test_what_a_code_moved_stands_in_the_list_on_its_page_and_in_its_file(client, club):
    code, today = GLCode.objects.of(club).get(code="200"), clock.today_in(club.time_zone)
    item = FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", gl_code=code)
    journal = Journal.objects.of(club).create(club=club, accounting_date=today)
    JournalTotal.objects.create(
        journal=journal, item=item, is_debit=False, amount_minor=123_456, tax_kind="nil", job="Golf"
    )
    JobCode.objects.of(club).create(club=club, code="Golf", option_id="o")
    for address in (GL, JOBS):
        listed = b"".join(client.get(f"{address}?format=csv").streaming_content).decode()
        assert ",0.00,1234.56" in listed
    for listed in (client.get(GL), client.get(JOBS)):
        assert "<svg class=spark" in listed.content.decode()
        assert "1,234.56" in listed.content.decode()
    said = client.get(f"{GL}{code.pk}/").content.decode()
    assert "debits 0.00, credits 1,234.56." in said
    assert "Of that not in Xero: debits 0.00, credits 1,234.56." in said
    assert f"/gl/?from={today:%Y-%m}-01&amp;up_to=" in said
    assert 'class="c-unsent"' in said
    assert "item=FULL7" in said
    file = b"".join(client.get(f"{GL}{code.pk}/?format=csv").streaming_content).decode()
    assert f"{today:%Y-%m}-01,0.00,1234.56,0.00,0.00,0.00,1234.56" in file


def test_the_lists_are_ordered_by_a_column(client):
    assert shown(client, "?sort=-code")[:2] == ["710", "700"]
    assert shown(client, "?sort=nonsense")[:2] == ["090", "200"]
    assert client.get(JOBS + "?sort=-charges").status_code == 200
