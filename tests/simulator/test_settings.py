"""Sections 5 and 8: accounts, tax rates, tracking, organisation, users, trial balance, deep links, charts."""

from decimal import Decimal
from typing import Any

import pytest

from xero_simulator.app import Simulator
from xero_simulator.scenario import add_organisations
from xero_simulator.world import TIER_CONNECTIONS

from .driver import (
    ADMIN,
    BANKSIA,
    DEMO,
    HEATHER,
    IRONBARK,
    KAURI,
    NORA,
    SALTBUSH,
    SAM,
    TESS,
    Club,
    club_of,
    exact,
    journal,
    line,
    messages,
)
from .facts import fact

CURRENCIES = {"AU": "AUD", "NZ": "NZD", "GB": "GBP"}


def accounts(club: Club, **params: str) -> dict[str, dict[str, Any]]:
    return {row["Code"]: row for row in club.get("Accounts", params=params).json()["Accounts"]}


@fact("5.1", "An account's fields, its class derived from its type", certainty="spec")
@fact("5.1", "`SystemAccount` marks system accounts; for ordinary ones it is empty", certainty="spec")
def test_accounts(club: Club) -> None:
    found = accounts(club)
    assert {"AccountID", "Code", "Name", "Type", "Class", "Status", "TaxType", "UpdatedDateUTC"} <= set(found["200"])
    classes = {code: found[code]["Class"] for code in ("200", "429", "615", "811", "960")}
    assert list(classes.values()) == ["REVENUE", "EXPENSE", "ASSET", "LIABILITY", "EQUITY"]
    system = {code: row["SystemAccount"] for code, row in found.items() if row["SystemAccount"]}
    wanted = {"610": "DEBTORS", "800": "CREDITORS", "820": "GST", "860": "ROUNDING", "960": "RETAINEDEARNINGS"}
    assert wanted.items() <= system.items()
    assert found["090"]["BankAccountType"] == "BANK"


@fact("5.1", "Accounts are not paged; `where`, `order` and If-Modified-Since work", certainty="spec, docs")
def test_account_filters(simulator: Simulator, club: Club) -> None:
    assert set(accounts(club, where='Type=="BANK"')) == {"090", "091"}
    assert list(accounts(club, where='Class=="EQUITY"', order="Code DESC")) == ["970", "960"]
    assert set(accounts(club, where='SystemAccount!=null AND SystemAccount.StartsWith("GST")')) == {"820"}
    assert len(accounts(club, page="2")) > 90
    simulator.later(minutes=1)
    club.http.post(f"/_sim/organisations/{club.tenant_id}/accounts/615", json={"name": "Cards"})
    changed = club.get("Accounts", If_Modified_Since="2026-11-22T01:00:30").json()["Accounts"]
    assert [row["Name"] for row in changed] == ["Cards"]


@fact("5.1", "Account writes take one account and need accounting.settings", certainty="spec")
def test_account_writes(simulator: Simulator, club: Club) -> None:
    body = {"Code": "266", "Name": "Buggy Hire", "Type": "REVENUE", "TaxType": "OUTPUT"}
    (made,) = club.call("PUT", "Accounts", body=body).json()["Accounts"]
    assert (made["Code"], made["Class"], made["Status"]) == ("266", "REVENUE", "ACTIVE")
    assert club.made(lines=[line("1", "615"), line("-1", "266")])
    assert club.call("PUT", "Accounts", body={"Accounts": [body, body]}).status_code == 400
    unfit = club.call("PUT", "Accounts", body=body | {"Code": "268", "Name": "Tees", "TaxType": "INPUT"})
    assert messages(unfit) == ["The TaxType code 'INPUT' cannot be used with account code '268'."]
    answer = club.call("PUT", "Accounts", body=body)
    assert set(messages(answer)) == {"Please enter a unique Name.", "Please enter a unique Code."}
    place = f"Accounts/{made['AccountID']}"
    assert club.call("POST", place, body={"Name": "Carts"}).json()["Accounts"][0]["Name"] == "Carts"
    assert club.call("DELETE", place).status_code == 400
    assert club.call("POST", place, body={"Status": "ARCHIVED"}).json()["Accounts"][0]["Status"] == "ARCHIVED"
    assert accounts(club)["266"]["Status"] == "ARCHIVED"
    unused = club.call("PUT", "Accounts", body=body | {"Code": "267", "Name": "Unused"}).json()["Accounts"][0]
    assert club.call("DELETE", f"Accounts/{unused['AccountID']}").json()["Accounts"][0]["Status"] == "DELETED"
    assert "267" not in accounts(club)
    reader = club_of(simulator, scopes="accounting.settings.read")
    assert reader.call("PUT", "Accounts", body=body).status_code == 401


@fact("5.2", "A tax rate's fields, and which classes it can be used with", certainty="spec")
@fact("8.1", "The Australian rates", certainty="docs")
def test_tax_rates_of_australia(club: Club) -> None:
    rates = {row["TaxType"]: row for row in exact(club.get("TaxRates"))["TaxRates"]}
    assert len(rates) == 11
    assert "NONE" not in rates
    output = rates["OUTPUT"]
    assert (output["Name"], output["EffectiveRate"], output["Status"]) == ("GST on Income", Decimal(10), "ACTIVE")
    assert [output[f"CanApplyTo{name}"] for name in ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert set(output["TaxComponents"][0]) == {"Name", "Rate", "IsCompound", "IsNonRecoverable"}
    assert len(club.get("TaxRates/INPUT").json()["TaxRates"]) == 1
    assert club.get("TaxRates/NONSENSE").status_code == 404


@fact("5.2", "Custom rates are called TAX001, TAX002, …", certainty="docs")
def test_custom_tax_rates(club: Club) -> None:
    body = {"Name": "Levy", "ReportTaxType": "OUTPUT", "TaxComponents": [{"Name": "Levy", "Rate": "2.25"}]}
    made = exact(club.call("PUT", "TaxRates", body={"TaxRates": [body]}))["TaxRates"][0]
    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX001", Decimal("2.25"))
    gone = {"TaxType": "TAX001", "Name": "Levy", "Status": "DELETED"}
    assert club.call("POST", "TaxRates", body={"TaxRates": [gone]}).json()["TaxRates"][0]["Status"] == "DELETED"
    assert "does not exist" in messages(club.put(journal(lines=[line("1", "615"), line("-1", "200", "TAX001")])))[0]


@fact("5.2", "POST changes the rate of a name, also where no TaxType is given", certainty="spec")
def test_a_tax_rate_is_changed_by_its_name(club: Club) -> None:
    body = {"Name": "Levy", "ReportTaxType": "INPUT", "TaxComponents": [{"Name": "Levy", "Rate": "2.25"}]}
    club.call("PUT", "TaxRates", body=body)
    assert "exists already" in messages(club.call("PUT", "TaxRates", body=body))[0]
    (gone,) = exact(club.call("POST", "TaxRates", body=body | {"Status": "DELETED"}))["TaxRates"]
    assert (gone["TaxType"], gone["Status"], gone["EffectiveRate"]) == ("TAX001", "DELETED", Decimal("2.25"))


@fact("8.2", "The New Zealand rates", certainty="spec, docs")
@fact("8.3", "The United Kingdom rates", certainty="docs")
@pytest.mark.parametrize(
    ("organisation", "tax_type", "rate"),
    [(KAURI, "OUTPUT2", 15), (KAURI, "NONE", 0), (HEATHER, "OUTPUT2", 20), (HEATHER, "RROUTPUT", 5)],
)
def test_tax_rates_elsewhere(simulator: Simulator, organisation: str, tax_type: str, rate: int) -> None:
    rates = exact(club_of(simulator, organisation, ADMIN).get("TaxRates"))["TaxRates"]
    assert {row["TaxType"]: row["EffectiveRate"] for row in rates}[tax_type] == Decimal(rate)


@fact(
    "5.3",
    "Archived categories only with includeArchived=true; at most 2 active, 4 with archived ones",
    certainty="spec, docs",
)
@fact("5.3", "PUT …/Options answers with extra flags", certainty="spec, docs")
def test_tracking_categories(club: Club) -> None:
    def names(**params: str) -> list[str]:
        return [row["Name"] for row in club.get("TrackingCategories", params=params).json()["TrackingCategories"]]

    def add(name: str) -> Any:
        return club.call("PUT", "TrackingCategories", body={"Name": name})

    first = club.get("TrackingCategories").json()["TrackingCategories"][0]
    assert [option["Name"] for option in first["Options"]] == ["Golf", "Bar", "Kitchen", "Pro shop", "Course"]
    second = add("Season").json()["TrackingCategories"][0]
    assert "maximum" in messages(add("Third"))[0]
    for name in ("Third", "Fourth"):
        place = f"TrackingCategories/{second['TrackingCategoryID']}"
        club.call("POST", place, body={"Status": "ARCHIVED"})
        second = add(name).json()["TrackingCategories"][0]
    club.call("POST", f"TrackingCategories/{second['TrackingCategoryID']}", body={"Status": "ARCHIVED"})
    both = {"TrackingCategories": [{"Name": "Hole"}, {"Name": "Tee"}]}
    assert "Only one" in messages(club.call("PUT", "TrackingCategories", body=both))[0]
    assert names() == ["Department"]
    assert names(includeArchived="true") == ["Department", "Season", "Third", "Fourth"]
    assert "maximum" in messages(add("Fifth"))[0]
    place = f"TrackingCategories/{first['TrackingCategoryID']}/Options"
    (option,) = club.call("PUT", place, body={"Name": "Tennis"}).json()["Options"]
    flags = {name: option[name] for name in ("HasValidationErrors", "IsDeleted", "IsArchived", "IsActive")}
    assert list(flags.values()) == [False, False, False, True]
    gone = club.call("DELETE", f"{place}/{option['TrackingOptionID']}").json()["Options"][0]
    assert (gone["Status"], gone["IsDeleted"], gone["IsActive"]) == ("DELETED", True, False)
    assert messages(club.call("PUT", place, body={"Name": "x" * 101})) == ["Name cannot be more than 100 characters."]


def test_an_archived_category_comes_back_only_where_there_is_room(club: Club) -> None:
    def save(method: str, place: str, **body: str) -> Any:
        return club.call(method, f"TrackingCategories{place}", body=body)

    (season,) = save("PUT", "", Name="Season").json()["TrackingCategories"]
    place = f"/{season['TrackingCategoryID']}"
    for status in ("ARCHIVED", "ACTIVE", "ARCHIVED"):
        assert save("POST", place, Status=status).status_code == 200
    assert save("PUT", "", Name="Tee").status_code == 200
    assert "maximum" in messages(save("POST", place, Status="ACTIVE"))[0]


@fact("5.4", "An organisation's fields; lock dates absent when unset", certainty="spec")
@fact(
    "5.4", "The short code is `!` and five characters; time zones are Windows names in capitals", certainty="spec, docs"
)
@pytest.mark.parametrize(
    ("name", "country", "zone", "basis"),
    [
        (BANKSIA, "AU", "AUSEASTERNSTANDARDTIME", "ACCRUALS"),
        (KAURI, "NZ", "NEWZEALANDSTANDARDTIME", "INVOICE"),
        (HEATHER, "GB", "GMTSTANDARDTIME", "ACCRUALS"),
        (SALTBUSH, "AU", "CENAUSTRALIASTANDARDTIME", "CASH"),
        (IRONBARK, "AU", "AUSEASTERNSTANDARDTIME", "NONE"),
    ],
)
def test_organisation(simulator: Simulator, name: str, country: str, zone: str, basis: str) -> None:
    club = club_of(simulator, name, ADMIN)
    (row,) = club.get("Organisation").json()["Organisations"]
    assert (row["Name"], row["CountryCode"], row["BaseCurrency"]) == (name, country, CURRENCIES[country])
    assert (row["Timezone"], row["SalesTaxBasis"], row["OrganisationID"]) == (zone, basis, club.tenant_id)
    assert row["PaysTax"] is (basis != "NONE")
    assert len(row["ShortCode"]) == 6
    assert row["ShortCode"][0] == "!"
    assert "PeriodLockDate" not in row
    club.http.post(f"/_sim/organisations/{club.tenant_id}/lock-dates", json={"period": "2026-06-30"})
    (row,) = club.get("Organisation").json()["Organisations"]
    assert row["PeriodLockDate"] == "/Date(1782777600000+0000)/"
    assert "EndOfYearLockDate" not in row


@fact("5.4", "Demo companies are marked: IsDemoCompany, class DEMO", certainty="spec")
def test_the_demo_company(simulator: Simulator) -> None:
    (row,) = club_of(simulator, DEMO).get("Organisation").json()["Organisations"]
    assert (row["IsDemoCompany"], row["Class"]) == (True, "DEMO")


@fact("5.4", "Actions list what the connected user may do", certainty="spec")
@fact("4.4", "`ApproveTransactionsBeforePeriodLockDate` tells whom the period lock binds", certainty="docs")
@pytest.mark.parametrize(
    ("user", "journals", "before_lock"), [(TESS, True, True), (SAM, True, False), (NORA, False, False)]
)
def test_actions(simulator: Simulator, user: str, journals: bool, before_lock: bool) -> None:
    rows = club_of(simulator, user=user).get("Organisation/Actions").json()["Actions"]
    allowed = {row["Name"]: row["Status"] == "ALLOWED" for row in rows}
    assert {row["Status"] for row in rows} == {"ALLOWED", "NOT-ALLOWED"}
    assert allowed["CreateManualJournal"] is journals
    assert allowed["ApproveTransactionsBeforePeriodLockDate"] is before_lock


@fact("5.5", "A user's fields and roles", certainty="spec")
def test_users(club: Club) -> None:
    rows = {row["EmailAddress"]: row for row in club.get("Users").json()["Users"]}
    assert {row["OrganisationRole"] for row in rows.values()} == {
        "FINANCIALADVISER",
        "STANDARD",
        "READONLY",
        "INVOICEONLY",
    }
    wanted = {"UserID", "EmailAddress", "FirstName", "LastName", "UpdatedDateUTC", "IsSubscriber", "OrganisationRole"}
    assert set(rows[TESS]) == wanted
    assert rows[TESS]["IsSubscriber"] is True
    one = club.get(f"Users/{rows[SAM]['UserID']}").json()["Users"]
    assert one == [rows[SAM]]
    assert len(club.get("Users", params={"where": 'OrganisationRole=="STANDARD"'}).json()["Users"]) == 2


def balance(club: Club, **params: str) -> dict[str, list[str]]:
    report = club.get("Reports/TrialBalance", params=params).json()["Reports"][0]
    rows: dict[str, list[str]] = {}
    for section in report["Rows"]:
        for row in section.get("Rows", []):
            values = [cell["Value"] for cell in row["Cells"]]
            rows[values[0]] = values[1:]
    return rows


@fact(
    "5.7",
    "The trial balance: header, sections by class, rows `Sales (200)`, account ids, a summary row",
    certainty="spec",
)
@fact("5.7", "Values are texts, empty where none", certainty="spec")
def test_the_trial_balance_adds_up(simulator: Simulator, club: Club) -> None:
    club.made()
    club.made(Date="2026-07-31", lines=[line("55", "429", "INPUT"), line("-55", "812", "BASEXCLUDED")])
    club.made(Date="2026-06-30", lines=[line("22", "615", "BASEXCLUDED"), line("-22", "200", "OUTPUT")])
    club.made(Date="2026-12-01")
    club.made(Status="DRAFT")
    report = club.get("Reports/TrialBalance").json()["Reports"][0]
    assert [cell["Value"] for cell in report["Rows"][0]["Cells"]] == [
        "Account",
        "Debit",
        "Credit",
        "YTD Debit",
        "YTD Credit",
    ]
    titles = [section["Title"] for section in report["Rows"][1:-1]]
    assert titles == ["Revenue", "Expenses", "Assets", "Liabilities", "Equity"]
    cell = report["Rows"][1]["Rows"][0]["Cells"][0]
    account_id = accounts(club)["200"]["AccountID"]
    assert cell == {"Value": "Sales (200)", "Attributes": [{"Value": account_id, "Id": "account"}]}
    rows = balance(club, date="2026-11-22")
    assert rows["Sales (200)"] == ["", "100.00", "", "100.00"]
    assert rows["General Expenses (429)"] == ["0.00", "", "50.00", ""]
    assert rows["Card Clearing (615)"] == ["110.00", "", "132.00", ""]
    assert rows["Retained Earnings (960)"] == ["", "0.00", "", "20.00"]
    assert rows["GST (820)"] == ["", "10.00", "", "7.00"]
    assert rows["Total"] == ["110.00", "110.00", "182.00", "182.00"]


def test_the_trial_balance_on_cash_basis_leaves_some_out(club: Club) -> None:
    club.made(ShowOnCashBasisReports=False)
    assert balance(club, paymentsOnly="true") == {"Total": ["0.00"] * 4}
    assert balance(club)["Total"] == ["110.00"] * 4
    assert club.get("Reports/TrialBalance", params={"date": "nonsense"}).status_code == 400


@fact(
    "5.8",
    "`Journal/View.aspx?invoiceID=` shows a journal; `organisationlogin` with short code leads there",
    certainty="seen, docs",
)
def test_deep_links(simulator: Simulator, club: Club) -> None:
    made = club.made(narration="Takings of the day")
    link = f"/Journal/View.aspx?invoiceID={made['ManualJournalID']}"
    browser = club.http
    assert browser.get(link).headers["Location"].startswith("/login?return=")
    browser.post("/login", data={"email": TESS, "password": "tess"})
    page = browser.get(link)
    assert page.status_code == 200
    assert "Takings of the day" in page.text
    forced = browser.get("/organisationlogin/default.aspx", params={"shortcode": "!bPk01", "redirecturl": link})
    assert (forced.status_code, forced.headers["Location"]) == (302, link)
    assert browser.get("/Journal/View.aspx?invoiceID=nothing").status_code == 404


@fact("8.6", "The Australian chart: codes, names and system accounts", certainty="docs, seen")
def test_the_australian_chart(club: Club) -> None:
    found = accounts(club)
    assert (found["200"]["Name"], found["260"]["Name"], found["860"]["Name"]) == ("Sales", "Other Revenue", "Rounding")
    assert {"611", "612", "613", "615", "616", "811", "812", "813", "450", "451"} <= set(found)
    assert found["840"]["SystemAccount"] == "HISTORICAL"
    assert found["721"]["Name"] == "Less Accumulated Depreciation on Computer Equipment"


def test_every_organisation_has_its_own_account_ids(simulator: Simulator, club: Club) -> None:
    other = accounts(club_of(simulator, SALTBUSH, ADMIN))
    assert other["200"]["AccountID"] != accounts(club)["200"]["AccountID"]
    assert simulator.tenant_id(BANKSIA) == Simulator().tenant_id(BANKSIA)


@fact("5.1", "A code has up to 10 characters, a name up to 150", certainty="spec")
def test_lengths_of_codes_and_names(club: Club) -> None:
    body = {"Code": "1" * 11, "Name": "n" * 151, "Type": "EXPENSE"}
    assert messages(club.call("PUT", "Accounts", body=body)) == [
        "Name cannot be more than 150 characters.",
        "Code cannot be more than 10 characters.",
    ]
    body = {"Code": "1" * 10, "Name": "n" * 150, "Type": "EXPENSE"}
    assert club.call("PUT", "Accounts", body=body).status_code == 200
    assert club.call("PUT", "Accounts", body={"Code": "1", "Name": "x", "Type": "NONSENSE"}).json()["ErrorNumber"] == 14


@fact("5.1", "Bank accounts may have no code", certainty="spec, docs")
def test_a_bank_account_without_a_code(club: Club) -> None:
    (made,) = club.call("PUT", "Accounts", body={"Name": "Petty cash", "Type": "BANK"}).json()["Accounts"]
    assert "Code" not in made
    assert made["BankAccountType"] == "BANK"


@fact("5.2", "Tax rates know no If-Modified-Since", certainty="spec")
def test_tax_rates_are_always_listed(club: Club) -> None:
    assert len(club.get("TaxRates", If_Modified_Since="2100-01-01T00:00:00").json()["TaxRates"]) == 11


@fact("8.4", "The rates of the United States: OUTPUT, INPUT, NONE", certainty="docs")
@fact("4.4", "Automatic sales tax (AVALARA, USSALESTAX) cannot be used through the API", certainty="docs")
def test_tax_rates_of_the_united_states(simulator: Simulator) -> None:
    place = {"country": "US", "version": "US", "base_currency": "USD", "seed": "us", "members": {ADMIN: "ADVISER"}}
    add_organisations(simulator.world, {"name": "Cedar Hills Club", **place})
    club = club_of(simulator, "Cedar Hills Club", ADMIN)
    found = {row["TaxType"] for row in club.get("TaxRates").json()["TaxRates"]}
    assert {"OUTPUT", "INPUT", "NONE"} <= found
    for tax_type in ("AVALARA", "USSALESTAX"):
        answer = club.put(journal(lines=[line("1", "620", "NONE"), line("-1", "200", tax_type)]))
        assert "does not exist or cannot be used" in messages(answer)[0]


@fact("2.1", "`tenantName` can change", certainty="spec, docs")
def test_a_renamed_organisation(club: Club) -> None:
    club.http.post(f"/_sim/organisations/{club.tenant_id}", json={"name": "Banksia Links"})
    assert club.connections()[0]["tenantName"] == "Banksia Links"
    assert club.get("Organisation").json()["Organisations"][0]["Name"] == "Banksia Links"


@fact("2.6", "Connections by tier: Starter 5, Core 50, Plus 1,000, Advanced 10,000", certainty="docs")
def test_connections_by_tier() -> None:
    limits = [TIER_CONNECTIONS[tier] for tier in ("STARTER", "CORE", "PLUS", "ADVANCED")]
    assert limits == [5, 50, 1_000, 10_000]


@fact("4.2", "There is no reference, number or contact; unknown fields are ignored", certainty="spec")
def test_unknown_fields_are_ignored(club: Club) -> None:
    made = club.made(Reference="R-1", Number=7, CurrencyCode="EUR", Colour={"deep": ["x"]})
    assert not {"Reference", "Number", "CurrencyCode", "Colour"} & set(made)


@fact("4.2", "Field names are read whatever their case", certainty="inferred")
def test_the_case_of_field_names(club: Club) -> None:
    lines = [{"lineamount": 1, "ACCOUNTCODE": 615}, {"lineAmount": -1, "accountCode": "200"}]
    answer = club.call("PUT", "manualjournals", body={"manualJournals": [{"narration": "x", "journalLines": lines}]})
    assert answer.status_code == 200, answer.text


@fact("4.4", "The GST account can be named, though it doesn't reach the tax return", certainty="inferred")
def test_the_gst_account_can_be_named(club: Club) -> None:
    assert club.made(lines=[line("1", "615"), line("-1", "820")])
