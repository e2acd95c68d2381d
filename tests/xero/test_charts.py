"""The chart as a value: accounts, tax rates, tracking, lock dates and zones, from three countries."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clubledger.bookkeeping.chart import unusable_because
from clubledger.xero import charts, tasks
from clubledger.xero.access import access_for_reading
from clubledger.xero.connection import standing
from clubledger.xero.errors import AnswerUnreadable
from clubledger.xero.models import Connection
from tests.fixtures_xero import ADA, GOLF, ConnectedClub, XeroWorld, connect_club


@pytest.mark.django_db
def test_the_chart_of_the_golf_club(connected: ConnectedClub):
    chart = charts.fetch_chart(access=access_for_reading(club=connected.club))
    sales = chart.account_by_code["200"]
    assert (sales.name, sales.account_type, sales.account_class, sales.status) == (
        "Sales",
        "REVENUE",
        "REVENUE",
        "ACTIVE",
    )
    assert sales.unusable_because == ""
    receivable = chart.account_by_code["610"]
    assert receivable.system_account == "DEBTORS"
    assert unusable_because(
        account_type=receivable.account_type, system_account=receivable.system_account, status=receivable.status
    )
    gst = chart.rate_by_tax_type["OUTPUT"]
    assert gst.rate == Decimal(10)
    assert isinstance(gst.rate, Decimal)
    assert gst.applies_to == {"ASSET", "EQUITY", "LIABILITY", "REVENUE"}
    assert chart.tracking
    assert all(option.option_id and option.category_id for option in chart.tracking)
    assert chart.organisation.name == GOLF
    assert chart.organisation.no_tax_type == "BASEXCLUDED"


@pytest.mark.django_db
def test_it_costs_four_calls_and_three_without_tracking(connected: ConnectedClub):
    access = access_for_reading(club=connected.club)
    before = len(connected.xero.simulator.requests("GET", "/api.xro/"))
    charts.fetch_chart(access=access)
    charts.fetch_chart(access=access, with_tracking=False)
    assert len(connected.xero.simulator.requests("GET", "/api.xro/")) - before == 7


@pytest.mark.django_db
def test_archived_accounts_and_options_are_told_as_such(connected: ConnectedClub):
    xero = connected.xero
    access = access_for_reading(club=connected.club)
    option = charts.fetch_tracking(access=access)[0]
    xero.kit("POST", f"organisations/{GOLF}/accounts/200", {"status": "ARCHIVED", "name": "Old sales"})
    xero.kit(
        "POST",
        f"organisations/{GOLF}/tracking-options",
        {"category": option.category_name, "option": option.name, "status": "ARCHIVED"},
    )
    chart = charts.fetch_chart(access=access)
    assert (chart.account_by_code["200"].status, chart.account_by_code["200"].name) == ("ARCHIVED", "Old sales")
    assert chart.option_by_id[option.option_id].status == "ARCHIVED"


@pytest.mark.django_db
def test_the_organisations_facts_are_kept_on_the_connection(connected: ConnectedClub):
    connected.xero.kit("POST", f"organisations/{GOLF}/lock-dates", {"period": "2026-06-30", "year_end": "2025-06-30"})
    tasks.read_organisation(club_id=connected.club.pk)
    row = Connection.objects.of(connected.club).get()
    assert (row.base_currency, row.country_code, row.time_zone, row.short_code) == (
        "AUD",
        "AU",
        "Australia/Sydney",
        "!bPk01",
    )
    assert (row.period_lock_date, row.end_of_year_lock_date) == (date(2026, 6, 30), date(2025, 6, 30))
    assert row.pays_tax is True
    assert (row.sales_tax_period, row.year_end_month) == ("QUARTERLY1", 6)
    assert row.organisation.tax_period_months == 3
    assert row.organisation_read_at is not None
    connected.xero.kit("POST", f"organisations/{GOLF}/lock-dates", {"period": None})
    organisation = charts.fetch_organisation(access=access_for_reading(club=connected.club))
    assert organisation.locked_until == date(2025, 6, 30)
    assert Connection.objects.of(connected.club).get().period_lock_date is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("organisation", "facts"),
    [
        ("Kauri Point Golf Club", ("Pacific/Auckland", "NONE", True, False)),
        ("Heatherfield Golf Club", ("Europe/London", "NONE", True, False)),
        ("Ironbark Social Club", ("Australia/Sydney", "BASEXCLUDED", False, False)),
        ("Saltbush Country Club", ("Australia/Adelaide", "BASEXCLUDED", True, True)),
    ],
)
def test_other_countries_and_tax_bases(xero: XeroWorld, organisation: str, facts: tuple[str, str, bool, bool]):
    there = connect_club(xero, slug="there", login=ADA, organisation=organisation)
    found = charts.fetch_chart(access=access_for_reading(club=there.club)).organisation
    assert (found.time_zone, found.no_tax_type, found.is_registered_for_tax, found.is_on_cash_basis) == facts


@pytest.mark.parametrize(
    ("windows", "iana"),
    [
        ("AUSEASTERNSTANDARDTIME", "Australia/Sydney"),
        ("EAUSTRALIASTANDARDTIME", "Australia/Brisbane"),
        ("CENAUSTRALIASTANDARDTIME", "Australia/Adelaide"),
        ("AUSCENTRALSTANDARDTIME", "Australia/Darwin"),
        ("WAUSTRALIASTANDARDTIME", "Australia/Perth"),
        ("TASMANIASTANDARDTIME", "Australia/Hobart"),
        ("NEWZEALANDSTANDARDTIME", "Pacific/Auckland"),
        ("GMTSTANDARDTIME", "Europe/London"),
        ("E. Australia Standard Time", "Australia/Brisbane"),
        ("MIDDLEEARTHSTANDARDTIME", ""),
        ("", ""),
    ],
)
def test_windows_zone_names_are_mapped_by_cldr(windows: str, iana: str):
    assert charts.iana_zone(windows) == iana
    if iana:
        ZoneInfo(iana)


def test_an_organisation_with_hardly_anything_told_is_read():
    found = charts.read_organisation(
        {"name": "Tiny", "PaysTax": None, "Class": "BRANDNEW", "PeriodLockDate": "/Date(-1)/"}
    )
    assert (found.name, found.pays_tax, found.time_zone) == ("Tiny", True, "")
    assert found.period_lock_date == date(1969, 12, 31)


@pytest.mark.django_db
def test_an_answer_without_accounts_is_not_taken_for_an_empty_chart(connected: ConnectedClub):
    connected.xero.simulator.fault("500-html", path="/Accounts", status=200, text="{}", times=0)
    with pytest.raises(AnswerUnreadable):
        charts.fetch_accounts(access=access_for_reading(club=connected.club))


@pytest.mark.django_db
def test_a_task_that_can_not_reach_xero_does_not_fail(connected: ConnectedClub):
    connected.xero.later(minutes=31)
    before = standing.current(club=connected.club)
    connected.xero.transport.is_unreachable = True
    tasks.read_organisation(club_id=connected.club.pk)
    after = standing.current(club=connected.club)
    assert before is not None
    assert after is not None
    assert (after.organisation_name, after.organisation_read_at) == (
        before.organisation_name,
        before.organisation_read_at,
    )
