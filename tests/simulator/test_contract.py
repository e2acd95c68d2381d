"""Every simulated endpoint against Xero's published contract: no departure that isn't listed with its reason."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from xero_simulator.api import PREFIX, ROUTES
from xero_simulator.app import Simulator

from . import contract
from .driver import ADMIN, BANKSIA, DEMO, HEATHER, IRONBARK, KAURI, SALTBUSH, WATTLE, Club, club_of, journal, line
from .facts import fact

pytestmark = pytest.mark.contract
ACCOUNTING, IDENTITY = contract.NAMES
NOWHERE = "4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"


class Scene:
    """A club with one journal that has a note, a file, tracking and tax, and the ids that addresses need."""

    def __init__(self, club: Club) -> None:
        self.club = club
        lines = [line("110", "615"), line("-110", "200", Tracking=[{"Name": "Department", "Option": "Bar"}])]
        self.journal = club.made(lines=lines, Url="https://club.example/1")["ManualJournalID"]
        self.place = f"ManualJournals/{self.journal}"
        club.call("PUT", f"{self.place}/History", body={"HistoryRecords": [{"Details": "note"}]})
        made = club.call("PUT", f"{self.place}/Attachments/a.pdf", body=b"%PDF").json()
        self.file = made["Attachments"][0]["AttachmentID"]
        body = {"Code": "266", "Name": "Buggy Hire", "Type": "REVENUE", "TaxType": "OUTPUT"}
        self.account = club.call("PUT", "Accounts", body=body).json()["Accounts"][0]["AccountID"]
        category = club.get("TrackingCategories").json()["TrackingCategories"][0]
        self.category = f"TrackingCategories/{category['TrackingCategoryID']}"
        self.option = f"{self.category}/Options/{category['Options'][0]['TrackingOptionID']}"
        self.user = club.get("Users").json()["Users"][0]["UserID"]


Drive = Callable[[Scene], httpx2.Response]
LEVY = {"Name": "Levy", "ReportTaxType": "OUTPUT", "TaxComponents": [{"Name": "Levy", "Rate": 2}]}
NOTE = {"HistoryRecords": [{"Details": "x"}]}
UNBALANCED = journal(lines=[line("100", "615"), line("-10", "200")])
GOOD: dict[str, list[Drive]] = {
    "getManualJournals": [
        lambda s: s.club.get("ManualJournals"),
        lambda s: s.club.get("ManualJournals", params={"page": 1, "where": 'Status=="POSTED"', "order": "Date"}),
    ],
    "createManualJournals": [
        lambda s: s.club.put(journal()),
        lambda s: s.club.put(journal(), UNBALANCED, params={"summarizeErrors": "false"}),
        lambda s: s.club.put(journal(Status="DRAFT", lines=[line("1", "x"), line("-1", "200")])),
    ],
    "updateOrCreateManualJournals": [
        lambda s: s.club.post({"ManualJournalID": s.journal, "Narration": "x"}, journal()),
        lambda s: s.club.post({"ManualJournalID": s.journal, "Narration": "x", "Status": "VOIDED"}),
    ],
    "getManualJournal": [lambda s: s.club.get(s.place)],
    "updateManualJournal": [lambda s: s.club.call("POST", s.place, body={"ManualJournals": [{"Narration": "x"}]})],
    "getManualJournalsHistory": [lambda s: s.club.get(f"{s.place}/History")],
    "createManualJournalHistoryRecord": [lambda s: s.club.call("PUT", f"{s.place}/History", body=NOTE)],
    "getManualJournalAttachments": [lambda s: s.club.get(f"{s.place}/Attachments")],
    "getManualJournalAttachmentById": [lambda s: s.club.get(f"{s.place}/Attachments/{s.file}")],
    "getManualJournalAttachmentByFileName": [lambda s: s.club.get(f"{s.place}/Attachments/a.pdf")],
    "createManualJournalAttachmentByFileName": [
        lambda s: s.club.call("PUT", f"{s.place}/Attachments/b.png", body=b"x")
    ],
    "updateManualJournalAttachmentByFileName": [
        lambda s: s.club.call("POST", f"{s.place}/Attachments/a.pdf", body=b"x")
    ],
    "getAccounts": [lambda s: s.club.get("Accounts")],
    "createAccount": [
        lambda s: s.club.call("PUT", "Accounts", body={"Code": "9", "Name": "N", "Type": "BANK"}),
    ],
    "getAccount": [lambda s: s.club.get(f"Accounts/{s.account}")],
    "updateAccount": [lambda s: s.club.call("POST", f"Accounts/{s.account}", body={"Name": "New"})],
    "deleteAccount": [lambda s: s.club.call("DELETE", f"Accounts/{s.account}")],
    "getTaxRates": [lambda s: s.club.get("TaxRates")],
    "getTaxRateByTaxType": [lambda s: s.club.get("TaxRates/BASEXCLUDED")],
    "createTaxRates": [lambda s: s.club.call("PUT", "TaxRates", body={"TaxRates": [LEVY]})],
    "updateTaxRate": [lambda s: s.club.call("POST", "TaxRates", body={"TaxType": "OUTPUT", "Name": "GST"})],
    "getTrackingCategories": [lambda s: s.club.get("TrackingCategories", params={"includeArchived": "true"})],
    "createTrackingCategory": [lambda s: s.club.call("PUT", "TrackingCategories", body={"Name": "Season"})],
    "getTrackingCategory": [lambda s: s.club.get(s.category)],
    "updateTrackingCategory": [lambda s: s.club.call("POST", s.category, body={"Name": "Area"})],
    "deleteTrackingCategory": [lambda s: s.club.call("DELETE", s.category)],
    "createTrackingOptions": [lambda s: s.club.call("PUT", f"{s.category}/Options", body={"Name": "Tennis"})],
    "updateTrackingOptions": [lambda s: s.club.call("POST", s.option, body={"Name": "Links"})],
    "deleteTrackingOptions": [lambda s: s.club.call("DELETE", s.option)],
    "getOrganisations": [lambda s: s.club.get("Organisation")],
    "getOrganisationActions": [lambda s: s.club.get("Organisation/Actions")],
    "getUsers": [lambda s: s.club.get("Users")],
    "getUser": [lambda s: s.club.get(f"Users/{s.user}")],
    "getReportTrialBalance": [lambda s: s.club.get("Reports/TrialBalance", params={"date": "2026-11-30"})],
    "getJournals": [lambda s: s.club.get("Journals")],
    "getJournal": [lambda s: s.club.get(f"Journals/{s.journal}")],
    "getJournalByNumber": [lambda s: s.club.get("Journals/1")],
}
BAD: dict[str, Drive] = {
    "createManualJournals": lambda s: s.club.put(UNBALANCED),
    "updateOrCreateManualJournals": lambda s: s.club.post(journal(ManualJournalID=NOWHERE)),
    "updateManualJournal": lambda s: s.club.call("POST", s.place, body={"ManualJournals": [{"Status": "DELETED"}]}),
    "createManualJournalHistoryRecord": lambda s: s.club.call(
        "PUT", f"{s.place}/History", body={"HistoryRecords": [{"Details": ""}]}
    ),
    "createManualJournalAttachmentByFileName": lambda s: s.club.call("PUT", f"{s.place}/Attachments/a*b", body=b"x"),
    "updateManualJournalAttachmentByFileName": lambda s: s.club.call("POST", f"{s.place}/Attachments/a*b", body=b"x"),
    "createAccount": lambda s: s.club.call("PUT", "Accounts", body={"Code": "200", "Name": "Sales"}),
    "updateAccount": lambda s: s.club.call("POST", f"Accounts/{s.account}", body={"Name": "Sales"}),
    "deleteAccount": lambda s: s.club.call("DELETE", f"Accounts/{_account(s.club, '200')}"),
    "createTaxRates": lambda s: s.club.call("PUT", "TaxRates", body={"TaxRates": [{"Name": "x"}]}),
    "updateTaxRate": lambda s: s.club.call("POST", "TaxRates", body={"TaxRates": [{"Name": "x"}]}),
    "createTrackingCategory": lambda s: s.club.call("PUT", "TrackingCategories", body={"Name": "Department"}),
    "updateTrackingCategory": lambda s: s.club.call("POST", s.category, body={"Name": "x" * 101}),
    "createTrackingOptions": lambda s: s.club.call("PUT", f"{s.category}/Options", body={"Name": "Bar"}),
    "updateTrackingOptions": lambda s: s.club.call("POST", s.option, body={"Name": "Bar"}),
}


def _account(club: Club, code: str) -> Any:
    return club.get("Accounts", params={"where": f'Code=="{code}"'}).json()["Accounts"][0]["AccountID"]


@pytest.fixture
def scene(simulator: Simulator) -> Scene:
    contract.directory()
    return Scene(club_of(simulator, BANKSIA, app="clubledger-bulk"))


def check(name: str, operation_id: str, answer: httpx2.Response) -> None:
    kind = answer.headers.get("Content-Type", "")
    body: Any = answer.json() if "json" in kind else answer.content
    assert contract.departures(name, operation_id, answer.status_code, kind, body) == []


def test_every_simulated_endpoint_is_driven() -> None:
    known = contract.operations(ACCOUNTING)
    driven = {(known[name][0], known[name][1].lower()) for name in GOOD}
    for route in ROUTES:
        for verb in route.verbs:
            fits = [
                path
                for method, path in driven
                if method == verb and route.pattern.match(path.removeprefix("/")) is not None
            ]
            assert fits, f"{verb} {PREFIX}{route.pattern.pattern} is not driven"


@fact("3.2", "Every answer fits Xero's published contract", certainty="spec")
@pytest.mark.parametrize("operation_id", GOOD)
def test_answers_fit_the_contract(scene: Scene, operation_id: str) -> None:
    for drive in GOOD[operation_id]:
        answer = drive(scene)
        assert answer.status_code == 200, answer.text
        check(ACCOUNTING, operation_id, answer)


@fact("3.5", "Every 400 fits Xero's published contract", certainty="spec")
@pytest.mark.parametrize("operation_id", BAD)
def test_refusals_fit_the_contract(scene: Scene, operation_id: str) -> None:
    answer = BAD[operation_id](scene)
    assert answer.status_code == 400, answer.text
    check(ACCOUNTING, operation_id, answer)


@pytest.mark.parametrize("organisation", [BANKSIA, WATTLE, KAURI, HEATHER, IRONBARK, SALTBUSH, DEMO])
def test_the_charts_fit_the_contract(simulator: Simulator, organisation: str) -> None:
    club = club_of(simulator, organisation, ADMIN)
    for operation_id, path in (("getAccounts", "Accounts"), ("getTaxRates", "TaxRates"), ("getUsers", "Users")):
        answer = club.get(path)
        assert answer.status_code == 200, answer.text
        check(ACCOUNTING, operation_id, answer)
    check(ACCOUNTING, "getOrganisations", club.get("Organisation"))


@fact("2.1", "The connections endpoint fits the identity contract", certainty="spec")
def test_connections_fit_the_contract(club: Club) -> None:
    bearer = {"Authorization": f"Bearer {club.token['access_token']}"}
    answer = club.http.get("/connections", headers=bearer)
    check(IDENTITY, "getConnections", answer)
    row = answer.json()[0]["id"]
    for status in (204, 404):
        gone = club.http.delete(f"/connections/{row}", headers=bearer)
        assert gone.status_code == status
        assert str(status) in contract.operations(IDENTITY)["deleteConnection"][2]["responses"]


def test_the_judge_finds_departures(scene: Scene) -> None:
    body = scene.club.get("Organisation").json()
    found = body["Organisations"][0]
    for field, value in (("PaysTax", "yes"), ("Class", "NONSENSE"), ("OrganisationID", "x"), ("Colour", "red")):
        bent = body | {"Organisations": [found | {field: value}]}
        assert len(contract.departures(ACCOUNTING, "getOrganisations", 200, "application/json", bent)) == 1, field
    assert contract.departures(ACCOUNTING, "getOrganisations", 418, "application/json", body)
    assert contract.departures(ACCOUNTING, "getOrganisations", 200, "text/xml", body)
