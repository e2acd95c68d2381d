"""A job code that Xero calls otherwise stands for the option that a person chose for it."""

import pytest
from django.test import Client

from clubledger.bookkeeping.chart import TrackingOption
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import AuditEvent, Role, User
from clubledger.ledger.mapping import chart
from clubledger.ledger.models import FinancialItem, JobCode, Journal, JournalTotal
from clubledger.web.journals.causes import place
from tests.fixtures_clubs import add_member

pytestmark = pytest.mark.django_db
JOBS = "/c/banksia-park/configuration/chart-of-accounts/job-codes/"
GOLF, BAR = TrackingOption("c", "Department", "o-1", "Golf"), TrackingOption("c", "Department", "o-2", "Bar")


@pytest.fixture
def administrator(club):
    return add_member(club, Role.ADMINISTRATOR)


@pytest.fixture
def client(administrator):
    signed_in = Client()
    signed_in.force_login(administrator)
    return signed_in


@pytest.fixture
def jobs(club, owner):
    """Two options of Xero, and a code of the till for one of them."""
    JobCode.objects.of(club).create(club=club, code="01-GLF")
    retrieve(club, owner, GOLF, BAR)
    return {job.code: job for job in JobCode.objects.of(club)}


def retrieve(club, owner, *options):
    return chart.apply_tracking(club=club, actor=owner, options=options)


def link(client, job, option):
    return client.post(f"{JOBS}{job.pk}/link/", {"option": option}, follow=True).content.decode()


def options_by_code(club):
    return dict(JobCode.objects.of(club).values_list("code", "option_id"))


def test_the_fault_leads_to_the_row_where_the_option_is_chosen(client, club, jobs, administrator):
    label, address = place(ClubAccess(club, administrator, Role.ADMINISTRATOR), "job:01-GLF")
    said = client.get(address).content.decode()
    assert label == "Choose its option"
    assert 'id="item" class="found"' in said
    assert 'aria-label="Option in Xero that 01-GLF stands for"' in said
    assert '<option value="Golf">Department: Golf' in said
    assert "Option in Xero that Golf stands for" not in client.get(JOBS).content.decode(), "it has its own"


def test_it_is_linked_and_what_holds_it_is_validated_again(client, club, jobs):
    charge = FinancialItem.objects.of(club).create(club=club, kind="charge", code="FEE", default_job=jobs["01-GLF"])
    days = ("2026-11-01", "2026-11-02", "2026-11-03")
    held = [Journal.objects.of(club).create(club=club, accounting_date=day, state="valid") for day in days]
    for journal, job in zip(held, ("01-GLF", "", "Bar"), strict=True):
        JournalTotal.objects.create(
            journal=journal, item=charge, job=job, is_debit=False, tax_kind="nil", amount_minor=1, row_count=1
        )
    assert "Job code 01-GLF now stands for Department: Golf." in link(client, jobs["01-GLF"], "Golf")
    assert options_by_code(club) == {"01-GLF": "o-1", "Golf": "o-1", "Bar": "o-2"}
    assert [Journal.objects.of(club).get(pk=one.pk).state for one in held] == ["open", "open", "valid"]
    assert AuditEvent.objects.of(club).get(action="mapping.job_code_linked").subject == "01-GLF"


def test_what_xero_does_to_the_option_it_does_to_all_codes_of_it(client, club, owner, jobs):
    link(client, jobs["01-GLF"], "Golf")
    assert retrieve(club, owner, GOLF, BAR).count == 0
    renamed = TrackingOption("c", "Department", "o-1", "Golf course", status="ARCHIVED")
    changes = retrieve(club, owner, renamed, BAR)
    assert (changes.renamed, changes.archived) == ([("Golf", "Golf course")], ["Golf course"])
    states = dict(JobCode.objects.of(club).values_list("code", "status"))
    assert states == {"01-GLF": "ARCHIVED", "Golf": "ARCHIVED", "Bar": "ACTIVE"}
    link(client, jobs["01-GLF"], "Bar")
    assert options_by_code(club)["01-GLF"] == "o-2"
    retrieve(club, owner, TrackingOption("c", "Department", "o-3", "Bar"))
    assert options_by_code(club) == {"01-GLF": "o-3", "Golf": "o-1", "Bar": "o-3"}, "made anew in Xero"


def test_a_wrong_choice_is_mended(client, club, jobs):
    link(client, jobs["01-GLF"], "Bar")
    link(client, jobs["01-GLF"], "Golf")
    assert options_by_code(club)["01-GLF"] == "o-1"


@pytest.mark.parametrize("option", ["", "Tennis", "01-GLF", "o-1", "x" * 5000])
def test_what_is_no_option_is_refused(client, club, jobs, option):
    assert "No option in use in Xero has the job code" in link(client, jobs["01-GLF"], option)
    assert options_by_code(club)["01-GLF"] == ""


def test_a_code_of_an_option_of_its_own_keeps_it(client, club, jobs):
    assert "Job code Golf stands for an option of its own in Xero." in link(client, jobs["Golf"], "Bar")
    assert options_by_code(club)["Golf"] == "o-1"


def test_who_may_not_configure_is_shown_no_choice(club, tess: User, jobs):
    client = Client()
    client.force_login(tess)
    said = client.get(JOBS).content.decode()
    assert "01-GLF" in said
    assert "/link/" not in said
    assert place(ClubAccess(club, tess, Role.ACCOUNTS), "job:01-GLF")[0] == "See job code"
