"""Section 4: manual journals and their lines, validation, tax, lock dates."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest

from xero_simulator.app import Simulator

from .driver import ADMIN, BANKSIA, IRONBARK, KAURI, SAM, Club, club_of, exact, journal, line, messages
from .facts import fact


@fact("4.1", "GET, PUT, POST on the list; GET, POST on one journal", certainty="spec")
@fact("4.2", "A journal's fields; ManualJournalID is stable over edits", certainty="spec")
def test_create_read_update(simulator: Simulator, club: Club) -> None:
    made = club.made(Url="https://club.example/journals/1")
    wanted = {"ManualJournalID", "Narration", "Date", "Status", "LineAmountTypes", "ShowOnCashBasisReports", "Url"}
    assert wanted | {"JournalLines", "HasAttachments", "UpdatedDateUTC"} == set(made)
    place = f"ManualJournals/{made['ManualJournalID']}"
    read = exact(club.get(place))["ManualJournals"][0]
    assert read == made | {"Attachments": []}
    simulator.later(seconds=5)
    answer = club.call("POST", place, body={"ManualJournals": [{"Narration": "Edited"}]})
    edited = answer.json()["ManualJournals"][0]
    assert (edited["ManualJournalID"], edited["Narration"]) == (made["ManualJournalID"], "Edited")
    assert edited["UpdatedDateUTC"] != made["UpdatedDateUTC"]
    assert len(edited["JournalLines"]) == 2


@fact("4.2", "Narration is the one required field, of an update as well", certainty="spec")
@fact("4.4", "Narration must be present", certainty="spec")
@pytest.mark.parametrize("narration", [None, "", "   "])
def test_narration_is_required(club: Club, narration: str | None) -> None:
    assert messages(club.put(journal(Narration=narration))) == ["Narration is required."]
    change = {"ManualJournalID": club.made()["ManualJournalID"], "Narration": narration, "Status": "VOIDED"}
    assert messages(club.post(change)) == ["Narration is required."]


@fact("4.2", "Status defaults to DRAFT", certainty="spec, docs")
@fact("4.2", "LineAmountTypes defaults to NoTax on manual journals", certainty="docs")
@fact("4.2", "ShowOnCashBasisReports defaults to true", certainty="spec")
def test_defaults(club: Club) -> None:
    answer = club.put({"Narration": "Bare", "JournalLines": [line("1", "615"), line("-1", "200")]})
    (made,) = answer.json()["ManualJournals"]
    assert (made["Status"], made["LineAmountTypes"], made["ShowOnCashBasisReports"]) == ("DRAFT", "NoTax", True)
    assert club.made(ShowOnCashBasisReports=False)["ShowOnCashBasisReports"] is False


@fact("4.2", "Url is an absolute http(s) address without the word xero", certainty="docs")
@pytest.mark.parametrize(
    "url", ["club.example/1", "ftp://club.example", "https://go.xero.com/1", "/journals/1", "https://", "http:///1"]
)
def test_bad_urls(club: Club, url: str) -> None:
    assert "Url must" in messages(club.put(journal(Url=url)))[0]


@fact("4.3", "LineAmount is mandatory; debit and credit fields are refused", certainty="spec, seen")
@fact("4.4", "`The LineAmount field is mandatory`", certainty="seen")
def test_line_amount_is_mandatory(club: Club) -> None:
    lines = [{"AccountCode": "615", "DebitAmount": "1.00"}, {"AccountCode": "200", "CreditAmount": "1.00"}]
    assert messages(club.put(journal(lines=lines))) == ["The LineAmount field is mandatory"]


@fact("4.3", "AccountCode or AccountID; the answer has both", certainty="spec, seen")
@fact("4.3", "A code can be renamed in Xero, the id not", certainty="seen")
def test_account_by_code_or_id(club: Club) -> None:
    made = club.made()
    ids = [row["AccountID"] for row in made["JournalLines"]]
    assert [row["AccountCode"] for row in made["JournalLines"]] == ["615", "200"]
    club.http.post(f"/_sim/organisations/{club.tenant_id}/accounts/615", json={"code": "6150"})
    lines = [line("110.00", None, AccountID=ids[0]), line("-110.00", None, AccountID=ids[1])]
    assert [row["AccountCode"] for row in club.made(lines=lines)["JournalLines"]] == ["6150", "200"]
    assert messages(club.put(journal())) == ["Account code '615' is not a valid code for this document."]
    both = [line("110.00", "615", AccountID=ids[0]), line("-110.00", "200", AccountID=ids[1])]
    assert messages(club.put(journal(lines=both))) == ["Account code '615' is not a valid code for this document."]


@fact("4.3", "Descriptions per line; lines keep their order", certainty="spec")
@fact("4.3", "`IsBlank` is a flag of the answer", certainty="spec")
def test_lines_keep_their_order(club: Club) -> None:
    lines = [line(str(place), "615", "BASEXCLUDED", Description=f"line {place}") for place in range(1, 10)]
    made = club.made(lines=[*lines, line("-45", "812", "BASEXCLUDED")])
    assert [row.get("Description") for row in made["JournalLines"]] == [f"line {n}" for n in range(1, 10)] + [None]
    assert {row["IsBlank"] for row in made["JournalLines"]} == {False}


@fact("4.3", "In NoTax journals the lines show TaxType NONE", certainty="spec")
@fact("4.4", "NoTax: the amounts add up to zero, no tax", certainty="docs")
def test_no_tax_lines_show_none(club: Club) -> None:
    made = club.made(LineAmountTypes="NoTax")
    assert {(row["TaxType"], row["TaxAmount"]) for row in made["JournalLines"]} == {("NONE", Decimal("0.00"))}


@fact("4.3", "TaxType overrides the account's default, which applies otherwise", certainty="spec")
def test_the_default_tax_type_applies(club: Club) -> None:
    made = club.made(lines=[line("110", "615"), line("-110", "200")])
    assert [row["TaxType"] for row in made["JournalLines"]] == ["BASEXCLUDED", "OUTPUT"]
    made = club.made(lines=[line("110", "615"), line("-110", "200", "EXEMPTOUTPUT")])
    assert [row["TaxAmount"] for row in made["JournalLines"]] == [Decimal("0.00"), Decimal("0.00")]


@fact("4.3", "TaxAmount is calculated by Xero from type and amount, whatever was sent", certainty="spec, docs")
@fact("4.4", "Inclusive: amounts add up to zero, tax is taken out of each line, rounded to cents", certainty="docs")
@pytest.mark.parametrize(
    ("amount", "tax"),
    [("110.00", "10.00"), ("0.05", "0.00"), ("0.06", "0.01"), ("99.99", "9.09"), ("1.15", "0.10"), ("1.16", "0.11")],
)
def test_inclusive_tax(club: Club, amount: str, tax: str) -> None:
    made = club.made(lines=[line(amount, "615"), line(f"-{amount}", "200", "OUTPUT", TaxAmount="77.00")])
    assert made["JournalLines"][1]["TaxAmount"] == -Decimal(tax)


@fact("4.4", "Exclusive: amounts and taxes together add up to zero", certainty="docs")
def test_exclusive_tax(club: Club) -> None:
    made = club.made(LineAmountTypes="Exclusive", lines=[line("110", "615"), line("-100", "200", "OUTPUT")])
    assert made["JournalLines"][1]["TaxAmount"] == Decimal("-10.00")
    answer = club.put(journal(LineAmountTypes="Exclusive", lines=[line("100", "615"), line("-100", "200", "OUTPUT")]))
    assert messages(answer) == ["The total debits (100.00) must equal total credits (-110.00)"]


@fact("8.1", "Australia has no rate NONE; it stands on the lines of NoTax journals only", certainty="seen, inferred")
def test_australia_has_no_rate_none(club: Club) -> None:
    lines = [line("110", "615", "NONE"), line("-110", "200", "OUTPUT")]
    text = "The TaxType code 'NONE' does not exist or cannot be used for this type of transaction."
    assert messages(club.put(journal(lines=lines))) == [text]
    assert club.put(journal(LineAmountTypes="NoTax", lines=lines)).status_code == 200
    body = {"Code": "2000", "Name": "Lessons", "Type": "REVENUE", "TaxType": "NONE"}
    assert messages(club.call("PUT", "Accounts", body=body)) == [text]


@fact("5.4", "An organisation that pays no tax has no use for a rate of more than nothing", certainty="inferred")
def test_tax_of_an_organisation_that_pays_none(simulator: Simulator) -> None:
    club = club_of(simulator, IRONBARK)
    text = "The TaxType code 'OUTPUT' does not exist or cannot be used for this type of transaction."
    assert messages(club.put(journal())) == [text]
    lines = [line("110", "615", "BASEXCLUDED"), line("-110", "200", "BASEXCLUDED")]
    assert club.put(journal(lines=lines), journal(LineAmountTypes="NoTax")).status_code == 200


def test_tax_of_new_zealand(simulator: Simulator) -> None:
    club = club_of(simulator, KAURI, ADMIN)
    made = club.made(lines=[line("115", "615", "NONE"), line("-115", "200", "OUTPUT2")])
    assert made["JournalLines"][1]["TaxAmount"] == Decimal("-15.00")


@fact("4.3", "At most two tracking entries, by names or by ids; the answer has all four fields", certainty="spec")
def test_tracking(club: Club) -> None:
    def tracked(*entries: dict[str, str]) -> httpx2.Response:
        return club.put(journal(lines=[line("1", "615"), line("-1", "200", "OUTPUT", Tracking=list(entries))]))

    by_name = tracked({"Name": "Department", "Option": "Pro shop"}).json()["ManualJournals"][0]
    (shown,) = by_name["JournalLines"][1]["Tracking"]
    assert set(shown) == {"Name", "Option", "TrackingCategoryID", "TrackingOptionID"}
    ids = {key: shown[key] for key in ("TrackingCategoryID", "TrackingOptionID")}
    assert tracked(ids).json()["ManualJournals"][0]["JournalLines"][1]["Tracking"] == [shown]
    assert "at most 2" in messages(tracked(ids, ids, ids))[0]
    assert "do not exist" in messages(tracked({"Name": "Department", "Option": "Sauna"}))[0]
    assert "only once" in messages(tracked(ids, {"Name": "Department", "Option": "Bar"}))[0]
    assert "do not exist" in messages(tracked(ids | {"Name": "Region"}))[0]
    assert "do not exist" in messages(tracked(ids | {"Option": "Bar"}))[0]
    assert tracked(shown).status_code == 200
    club.http.post(
        f"/_sim/organisations/{club.tenant_id}/tracking-options",
        json={"category": "Department", "option": "Pro shop", "name": "Shop"},
    )
    assert "do not exist" in messages(tracked({"Name": "Department", "Option": "Pro shop"}))[0]
    renamed = tracked(ids).json()["ManualJournals"][0]["JournalLines"][1]["Tracking"][0]
    assert renamed["Option"] == "Shop"


@fact("4.4", "At least two lines", certainty="seen")
@pytest.mark.parametrize("lines", [[], [line("0", "615")]])
def test_at_least_two_lines(club: Club, lines: list[dict[str, Any]]) -> None:
    assert messages(club.put(journal(lines=lines))) == ["At least two journal lines are required for a manual journal."]


@fact("4.4", "`The total debits (100.00) must equal total credits (-10.00)`", certainty="spec")
@pytest.mark.parametrize("status", ["DRAFT", "POSTED"])
def test_a_journal_balances(club: Club, status: str) -> None:
    answer = club.put(journal(Status=status, lines=[line("100", "615"), line("-10", "811")]))
    assert messages(answer) == ["The total debits (100.00) must equal total credits (-10.00)"]


@fact("4.4", "An unknown account in a draft: a warning, and the code is removed from the line", certainty="spec")
def test_an_unknown_account_in_a_draft(club: Club) -> None:
    answer = club.put(journal(Status="DRAFT", lines=[line("1", "476"), line("-1", "200")]))
    assert answer.status_code == 200
    (made,) = answer.json()["ManualJournals"]
    text = "Account code '476' has been removed as it does not match a recognised account."
    assert made["Warnings"] == [{"Message": text}]
    assert "AccountCode" not in made["JournalLines"][0]
    again = club.post({"ManualJournalID": made["ManualJournalID"], "Narration": "Takings", "Status": "POSTED"})
    assert messages(again) == ["Account code '' is not a valid code for this document."]


@fact("4.4", "An unknown or forbidden account, posted: `… is not a valid code for this document.`", certainty="seen")
@fact(
    "4.4", "Refused: BANK, DEBTORS, CREDITORS, RETAINEDEARNINGS, INVENTORY, payroll's wages payable", certainty="docs"
)
@pytest.mark.parametrize("code", ["476", "090", "610", "800", "960", "630", "804"])
def test_forbidden_accounts(club: Club, code: str) -> None:
    answer = club.put(journal(LineAmountTypes="NoTax", lines=[line("1", code), line("-1", "200")]))
    assert messages(answer) == [f"Account code '{code}' is not a valid code for this document."]


@fact("4.4", "An archived or deleted account: `… has been archived, or has been deleted. …`", certainty="seen")
def test_an_archived_account(club: Club) -> None:
    club.http.post(f"/_sim/organisations/{club.tenant_id}/accounts/615", json={"status": "ARCHIVED"})
    assert messages(club.put(journal())) == [
        "Account code '615' has been archived, or has been deleted. Each line item must reference a valid account."
    ]


@fact("4.4", "A tax type that doesn't fit the account's class is refused", certainty="seen")
@pytest.mark.parametrize(
    ("code", "tax_type", "fits"),
    [
        ("200", "INPUT", False),
        ("429", "OUTPUT", False),
        ("615", "GSTONIMPORTS", False),
        ("811", "GSTONIMPORTS", True),
        ("970", "OUTPUT", True),
        ("429", "INPUT", True),
        ("615", "CAPEXINPUT", True),
        ("200", "BASEXCLUDED", True),
    ],
)
def test_tax_type_against_class(club: Club, code: str, tax_type: str, fits: bool) -> None:
    answer = club.put(journal(lines=[line("1", code, tax_type), line("-1", "812", "BASEXCLUDED")]))
    if fits:
        assert answer.status_code == 200, answer.text
    else:
        assert messages(answer) == [f"The TaxType code '{tax_type}' cannot be used with account code '{code}'."]


def test_an_unknown_tax_type(club: Club) -> None:
    lines = [line("1", "615", "NONSENSE"), line("-1", "200")]
    assert "does not exist" in messages(club.put(journal(lines=lines)))[0]
    assert club.put(journal(LineAmountTypes="NoTax", lines=lines)).status_code == 200


def lock(club: Club, **dates: str | None) -> None:
    assert club.http.post(f"/_sim/organisations/{club.tenant_id}/lock-dates", json=dates).status_code == 200


@fact("4.4", "`The document date cannot be before the period lock date, currently set at <date>`", certainty="seen")
@fact("4.4", "A date on or before a lock date is refused", certainty="docs")
@fact("4.4", "The period lock does not bind advisers, the year-end lock binds all", certainty="docs")
@fact("4.4", "`The document date cannot be before the end of year lock date, currently set at …`", certainty="seen")
def test_lock_dates(simulator: Simulator, club: Club) -> None:
    sam = club_of(simulator, BANKSIA, SAM)
    lock(club, period="2026-11-20")
    text = "The document date cannot be before the period lock date, currently set at 20-Nov-2026"
    for day in ("2026-11-20", "2026-11-19"):
        assert messages(sam.put(journal(Date=day))) == [text]
        assert club.put(journal(Date=day)).status_code == 200
    assert sam.put(journal(Date="2026-11-21")).status_code == 200
    lock(club, period=None, year_end="2026-11-20")
    text = "The document date cannot be before the end of year lock date, currently set at 20-Nov-2026"
    for who in (sam, club):
        assert messages(who.put(journal(Date="2026-11-20"))) == [text]
        assert messages(who.put(journal(Date="2026-11-20", Status="DRAFT"))) == [text]
        assert who.put(journal(Date="2026-11-21")).status_code == 200


def test_a_draft_before_the_lock_can_be_moved_or_deleted(club: Club) -> None:
    moved, deleted = club.made(Status="DRAFT")["ManualJournalID"], club.made(Status="DRAFT")["ManualJournalID"]
    lock(club, year_end="2026-11-20")
    draft = {"ManualJournalID": moved, "Narration": "Takings"}
    assert "end of year lock" in messages(club.post(draft))[0]
    assert club.post(draft | {"Date": "2026-11-21"}).status_code == 200
    assert club.post({"ManualJournalID": deleted, "Narration": "Takings", "Status": "DELETED"}).status_code == 200


@fact("4.5", "Voiding and editing are bound by the lock of the journal's date", certainty="inferred")
def test_locks_bind_voiding_and_editing(simulator: Simulator, club: Club) -> None:
    made = club.made()
    lock(club, year_end="2026-11-20")
    held = {"ManualJournalID": made["ManualJournalID"], "Narration": "Takings"}
    for change in ({"Status": "VOIDED"}, {"Narration": "x"}, {"Date": "2026-11-22"}):
        assert "end of year lock" in messages(club.post(held | change))[0]


@fact("4.4", "An unknown id: `The document with the supplied id was not found for this endpoint.`", certainty="docs")
def test_update_of_an_unknown_id(club: Club) -> None:
    answer = club.post(journal(ManualJournalID="4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"))
    assert messages(answer) == ["The document with the supplied id was not found for this endpoint."]
    assert answer.json()["Elements"][0]["ManualJournalID"] == "4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"


def test_the_id_in_the_body_is_the_one_in_the_address(club: Club) -> None:
    key, other = club.made()["ManualJournalID"], club.made()["ManualJournalID"]
    place = f"ManualJournals/{key}"
    assert "does not match" in messages(club.call("POST", place, body=journal("New", ManualJournalID=other)))[0]
    for given in (key, "00000000-0000-0000-0000-000000000000"):
        assert club.call("POST", place, body=journal("New", ManualJournalID=given)).status_code == 200
    assert club.get(f"ManualJournals/{other}").json()["ManualJournals"][0]["Narration"] == "Takings"


@fact("4.4", "Amounts are at most 9,999,999,999.99", certainty="docs")
def test_the_largest_amount(club: Club) -> None:
    answer = club.put(journal(LineAmountTypes="NoTax", lines=[line("1e10", "615"), line("-10000000000", "200")]))
    assert messages(answer) == ["LineAmount cannot be more than 9999999999.99."]


def test_zero_lines_by_setting(simulator: Simulator, club: Club) -> None:
    lines = [line("0", "615"), line("0.00", "200")]
    assert club.put(journal(lines=lines)).status_code == 200
    simulator.settings(refuse_zero_lines=True)
    assert messages(club.put(journal(lines=lines))) == ["LineAmount cannot be zero."]
