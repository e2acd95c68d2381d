"""Retrieving GL codes and categories: everything that is different is shown first, and nothing is left as it was."""

import csv
import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from clubledger.bookkeeping.chart import Account, TaxRate, TrackingOption
from clubledger.clubs.models import AuditEvent, Role, User
from clubledger.delivery import preflight
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode
from clubledger.xero import charts
from tests.fixtures_clubs import make_club, signed_in

pytestmark = pytest.mark.django_db
CHART = "/c/banksia-park/configuration/chart-of-accounts/"
FEES = Account("a-200", "200", "Fees", "REVENUE", "REVENUE", default_tax_type="OUTPUT")
BAR = Account("a-240", "240", "Bar", "REVENUE", "REVENUE", default_tax_type="OUTPUT")
GST = TaxRate("OUTPUT", "GST on Income", Decimal(10), applies_to=frozenset({"REVENUE"}))
GOLF = TrackingOption("c", "Department", "o-1", "Golf")


@pytest.fixture
def client(club):
    return signed_in(club, Role.OWNER)


@pytest.fixture
def there(monkeypatch):
    """What Xero answers; a test changes it."""
    xero = SimpleNamespace(accounts=[FEES, BAR], tax_rates=[GST], options=[GOLF])
    monkeypatch.setattr(preflight, "access_for_reading", lambda **_named: None)
    monkeypatch.setattr(charts, "fetch_chart", lambda **_named: xero)
    monkeypatch.setattr(charts, "fetch_tracking", lambda **_named: xero.options)
    monkeypatch.setattr(preflight, "wake", lambda *_args, **_named: None)
    return xero


def get_gl_codes(client, **form):
    return client.post(f"{CHART}gl-codes/retrieve/", form, follow=True).content.decode()


def get_categories(client, **form):
    return client.post(f"{CHART}job-codes/retrieve/", form, follow=True).content.decode()


def test_the_first_retrieval_is_taken_over_at_once_and_the_page_says_so_before(client, club, there):
    first, later = "This first time all of", "and shows what is new, renamed, archived or gone"
    for page, retrieve in (("gl-codes", get_gl_codes), ("job-codes", get_categories)):
        said = client.get(f"{CHART}{page}/").content.decode()
        assert (first in said, later in said) == (True, False)
        assert "taken over." in retrieve(client)
        said = client.get(f"{CHART}{page}/").content.decode()
        assert (first in said, later in said) == (False, True)
    assert GLCode.objects.of(club).count() == 2


def test_when_it_was_retrieved_is_said_whatever_is_searched_for(client, club, there):
    get_gl_codes(client)
    assert "Last retrieved from Xero on" in client.get(f"{CHART}gl-codes/?q=nothing-of-the-kind").content.decode()


def test_what_is_gone_or_archived_and_in_use_is_told_first_with_what_uses_it(client, club, there):
    get_gl_codes(client)
    fees = GLCode.objects.of(club).get(code="200")
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", gl_code=fees)
    there.accounts = [replace(FEES, status="ARCHIVED", name="Member fees")]
    said = get_gl_codes(client)
    assert "3 things are different there. Nothing has changed here yet." in said
    assert "1 of them is in use here" in said
    for words in ("Archived in Xero", "Renamed", "Gone from Xero", "240 Bar", "1 charge</a>"):
        assert words in said
    assert "200 Fees" in said
    assert "200 Member fees" in said
    assert GLCode.objects.of(club).get(code="200").status == "ACTIVE"
    assert "3 changes were taken over." in get_gl_codes(client, apply="1")
    assert dict(GLCode.objects.of(club).values_list("code", "status")) == {"200": "ARCHIVED", "240": "GONE"}


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ({"status": "ARCHIVED"}, ["In use again", "200 Fees"]),
        ({"account_type": "SALES"}, ["Changed", "200 Fees: Sales, GST on Income", "Revenue, GST on Income"]),
        ({"default_tax_type": ""}, ["Changed", "200 Fees: Revenue", "Revenue, GST on Income"]),
        ({"account_id": ""}, ["Known in Xero now", "200 Fees"]),
    ],
)
def test_what_names_do_not_show_is_compared_too(client, club, there, before, words):
    get_gl_codes(client)
    GLCode.objects.of(club).filter(code="200").update(**before)
    said = get_gl_codes(client)
    assert "1 thing is different there." in said
    for each in words:
        assert each in said
    get_gl_codes(client, apply="1")
    kept = GLCode.objects.of(club).get(code="200")
    assert (kept.status, kept.account_type, kept.default_tax_type, kept.account_id) == (
        "ACTIVE", "REVENUE", "OUTPUT", "a-200",
    )  # fmt: skip


def test_tax_rates_are_compared_too(client, club, there):
    get_gl_codes(client)
    there.tax_rates = [replace(GST, rate=Decimal("12.5")), TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0))]
    said = get_gl_codes(client)
    for words in ("2 things are different there.", "GST on Income 10%", "GST on Income 12.5%", "GST Free Income 0%"):
        assert words in said
    get_gl_codes(client, apply="1")
    assert TaxCode.objects.of(club).get(tax_type="OUTPUT").rate == Decimal("12.5")


def test_a_tax_type_that_is_new_is_called_as_in_xero(client, club, there):
    get_gl_codes(client)
    there.accounts = [replace(FEES, default_tax_type="EXEMPTOUTPUT"), replace(BAR, default_tax_type="ODD")]
    there.tax_rates = [GST, TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0))]
    said = get_gl_codes(client)
    assert ">Revenue, GST Free Income</td>" in said
    assert ">Revenue, ODD</td>" in said
    GLCode.objects.of(club).update(account_type="")
    assert "200 Fees: GST on Income</td>" in get_gl_codes(client)


def compared(page):
    return re.search('name="compared" value="([^"]*)"', page).group(1)


def filed(client, text, **more):
    answer = client.post(f"{CHART}gl-codes/retrieve/", {"compared": text, "format": "csv", **more})
    return list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))


def test_the_comparison_is_a_file_that_asks_xero_nothing(client, club, there, monkeypatch):
    get_gl_codes(client)
    fees = GLCode.objects.of(club).get(code="200")
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", gl_code=fees)
    there.accounts = [replace(FEES, status="ARCHIVED"), replace(BAR, name="=cmd()")]
    text = compared(get_gl_codes(client))
    monkeypatch.setattr(charts, "fetch_chart", None)
    assert filed(client, text) == [
        ["What", "Here", "In Xero", "Used by"],
        ["Archived in Xero", "200 Fees", "200 Fees", "1 charge"],
        ["Renamed", "240 Bar", "240 =cmd()", ""],
    ]
    assert filed(client, text, apply="1")
    assert GLCode.objects.of(club).get(code="200").status == "ACTIVE"
    book = client.post(f"{CHART}gl-codes/retrieve/", {"compared": text, "format": "xlsx"})
    assert book.content[:2] == b"PK"


def test_the_comparisons_file_is_in_english_as_all_files_are(client, club, there):
    get_gl_codes(client)
    User.objects.update(language="de")
    there.accounts = [FEES]
    page = get_gl_codes(client)
    assert "Gone from Xero" not in page
    assert filed(client, compared(page)) == [
        ["What", "Here", "In Xero", "Used by"],
        ["Gone from Xero", "240 Bar", "", ""],
    ]


def test_a_comparison_that_was_made_up_is_no_file(client, club, there):
    get_gl_codes(client)
    there.accounts = [FEES]
    text = compared(get_gl_codes(client))
    other = make_club("wattle-creek", "Wattle Creek Bowling Club")
    foreign = signed_in(other, Role.OWNER).post(
        f"{CHART}gl-codes/retrieve/".replace("banksia-park", "wattle-creek"), {"compared": text, "format": "csv"}
    )
    made_up = client.post(f"{CHART}gl-codes/retrieve/", {"compared": f"{text}x", "format": "csv"}, follow=True)
    of_jobs = client.post(f"{CHART}job-codes/retrieve/", {"compared": text, "format": "csv"})
    assert (foreign.status_code, of_jobs.status_code) == (302, 302)
    assert "Retrieve it again." in made_up.content.decode()


def test_where_nothing_is_different_the_time_of_the_answer_is_kept(client, club, there):
    get_gl_codes(client)
    GLCode.objects.of(club).update(retrieved_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    assert "Nothing has changed there since." in get_gl_codes(client)
    assert GLCode.objects.of(club).filter(retrieved_at__year__gt=2020).count() == 2
    assert AuditEvent.objects.of(club).order_by("-position")[0].summary == "Retrieved from Xero: nothing is different."


def test_categories_are_compared_with_what_uses_them(client, club, there):
    get_categories(client)
    golf = JobCode.objects.of(club).get(code="Golf")
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="FULL7", default_job=golf)
    JobCode.objects.of(club).create(club=club, code="Bar")
    there.options = [replace(GOLF, status="ARCHIVED"), TrackingOption("c", "Department", "o-2", "Bar")]
    said = get_categories(client)
    for words in ("2 things are different there.", "1 of them is in use here", "Known in Xero now", "1 charge</a>"):
        assert words in said
    there.options = [replace(GOLF, category_name="Section")]
    said = get_categories(client)
    assert "Golf: Department" in said
    assert "Section" in said
