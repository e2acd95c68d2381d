"""Section 2: connections, how they die, errors at the door, limits on connections."""

import re

import httpx2
import pytest

from xero_simulator.app import Simulator
from xero_simulator.connections import REPORTING_TEXT

from .driver import (
    ADMIN,
    ALL_SCOPES,
    BANKSIA,
    DEMO,
    KAURI,
    NORA,
    SAM,
    TESS,
    WATTLE,
    Club,
    authorise_address,
    club_of,
    exchanged,
    in_process,
    line,
    token_call,
)
from .facts import fact


def member(http: httpx2.Client, club: Club, user: str, **place: object) -> None:
    answer = http.post(f"/_sim/organisations/{club.tenant_id}/members/{user}", json=place)
    assert answer.status_code == 200, answer.text


@fact("2.1", "`GET /connections`: a bare array, without a tenant header; the fields of a connection", certainty="spec")
@fact("2.1", "`tenantId` equals the OrganisationID", certainty="seen")
@fact("2.1", "Times are UTC with seven fraction digits and no `Z`", certainty="spec")
@fact("2.1", "No rate-limit headers on this endpoint", certainty="seen")
def test_connections_are_a_bare_array(club: Club) -> None:
    bearer = {"Authorization": f"Bearer {club.token['access_token']}"}
    answer = club.http.get("/connections", headers=bearer)
    (row,) = answer.json()
    assert set(row) == {"id", "authEventId", "tenantId", "tenantType", "tenantName", "createdDateUtc", "updatedDateUtc"}
    assert (row["tenantType"], row["tenantName"]) == ("ORGANISATION", BANKSIA)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", row["createdDateUtc"])
    assert club.get("Organisation").json()["Organisations"][0]["OrganisationID"] == row["tenantId"]
    assert not [name for name in answer.headers if "limit" in name.lower()]
    assert club.http.get("/Connections", headers=bearer).json() == answer.json()


@fact("2.1", "`authEventId` filters to one consent", certainty="spec")
@fact(
    "2.1",
    "GET /connections gives every organisation the user ever connected, not only this consent's",
    certainty="docs",
)
def test_connections_of_all_consents_and_of_one(simulator: Simulator, http: httpx2.Client) -> None:
    first = exchanged(simulator)
    simulator.later(minutes=1)
    simulator.authorise(authorise_address(simulator), TESS, WATTLE)
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    rows = http.get("/connections", headers=bearer).json()
    assert {row["tenantName"] for row in rows} == {BANKSIA, WATTLE}
    for row in rows:
        found = http.get("/connections", headers=bearer, params={"authEventId": row["authEventId"]}).json()
        assert found == [row]
    assert http.get("/connections", headers=bearer, params={"authEventId": "nonsense"}).status_code == 400


@fact("2.1", "`updatedDateUtc` later than `createdDateUtc` means a reconnection", certainty="spec")
@fact("2.1", "A repeated consent may update `authEventId` or keep the old one", certainty="seen")
@pytest.mark.parametrize("keeps", [False, True])
def test_a_repeated_consent_updates_the_connection(simulator: Simulator, http: httpx2.Client, keeps: bool) -> None:
    simulator.settings(reconsent_keeps_auth_event=keeps)
    exchanged(simulator)
    before = simulator.world.connections()[0].auth_event_id
    simulator.later(minutes=1)
    token = exchanged(simulator)
    (row,) = http.get("/connections", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert row["updatedDateUtc"] > row["createdDateUtc"]
    assert (row["authEventId"] == before) is keeps


@fact("2.1", "DELETE by connection id: 204 without a body; 404 if unknown", certainty="spec")
@fact("2.1", "DELETE with the tenant id instead: 403", certainty="seen")
@fact("2.1", "Other organisations of the user stay connected, tokens stay valid", certainty="docs")
@fact("2.1", "An empty array with 200: the token lives, nothing is connected", certainty="seen")
def test_delete_removes_one_connection(simulator: Simulator, club: Club) -> None:
    club_of(simulator, WATTLE)
    bearer = {"Authorization": f"Bearer {club.token['access_token']}"}
    ids = {row["tenantName"]: row["id"] for row in club.connections()}
    assert club.http.delete(f"/connections/{club.tenant_id}", headers=bearer).status_code == 403
    answer = club.http.delete(f"/connections/{ids[BANKSIA]}", headers=bearer)
    assert (answer.status_code, answer.content) == (204, b"")
    assert club.http.delete(f"/connections/{ids[BANKSIA]}", headers=bearer).status_code == 404
    assert [row["tenantName"] for row in club.connections()] == [WATTLE]
    assert club.get("Organisation").status_code == 403
    club.http.delete(f"/connections/{ids[WATTLE]}", headers=bearer)
    assert club.connections() == []


def test_nobody_deletes_anothers_connection(simulator: Simulator, club: Club) -> None:
    sam = club_of(simulator, BANKSIA, SAM)
    bearer = {"Authorization": f"Bearer {sam.token['access_token']}"}
    assert sam.http.delete(f"/connections/{club.connections()[0]['id']}", headers=bearer).status_code == 404
    assert club.get("Organisation").status_code == 200


@fact("2.2", "Each user who connects has an own connection and tokens; the app shows once per user", certainty="docs")
@fact("2.2", "When a person loses the role their connection stops, another's continues", certainty="docs")
@fact("2.3", "A user removed or lowered in role: 403 AuthenticationUnsuccessful", certainty="docs")
@pytest.mark.parametrize("place", [{"role": None}, {"role": "READONLY"}, {"role": "INVOICEONLY"}])
def test_each_user_has_an_own_connection(simulator: Simulator, club: Club, place: dict[str, object]) -> None:
    sam = club_of(simulator, BANKSIA, SAM)
    assert sam.connections()[0]["id"] != club.connections()[0]["id"]
    assert sam.connections()[0]["tenantId"] == club.connections()[0]["tenantId"]
    club.http.post("/login", data={"email": TESS, "password": "tess"})
    page = club.http.get("/connected-apps").text
    assert page.count("Clubledger V2 <span") == 2
    member(club.http, club, SAM, **place)
    answer = sam.get("ManualJournals")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert sam.connections() == []
    assert club.get("ManualJournals").status_code == 200


@fact(
    "2.3",
    "A disconnect inside Xero is silent: refresh works, calls answer 403, /connections lacks it",
    certainty="docs, seen",
)
def test_a_disconnect_on_xeros_page_is_silent(simulator: Simulator, club: Club) -> None:
    browser = in_process(simulator)
    browser.post("/login", data={"email": TESS, "password": "tess"})
    connection_id = club.connections()[0]["id"]
    assert connection_id in browser.get("/connected-apps").text
    browser.post("/connected-apps", data={"connection_id": connection_id})
    assert "No app is connected" in browser.get("/connected-apps").text
    answer = club.get("Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    refreshed = token_call(
        club.http, "clubledger-v2", grant_type="refresh_token", refresh_token=club.token["refresh_token"]
    )
    assert refreshed.status_code == 200
    assert club.connections() == []


@fact("2.3", "An organisation that was cancelled answers the same 403", certainty="docs")
def test_a_closed_organisation(club: Club) -> None:
    club.http.post(f"/_sim/organisations/{club.tenant_id}", json={"is_open": False})
    assert club.get("Organisation").json()["Detail"] == "AuthenticationUnsuccessful"
    assert club.connections() == []


@fact("2.3", "A reset demo company comes back with a new tenant id; the old one answers 403", certainty="docs, seen")
def test_a_demo_reset_gives_a_new_tenant_id(simulator: Simulator) -> None:
    demo = club_of(simulator, DEMO)
    demo.made(lines=[line("110.00", "620"), line("-110.00", "200")])
    new = demo.http.post(f"/_sim/organisations/{demo.tenant_id}/reset-demo").json()["tenant_id"]
    assert new != demo.tenant_id
    assert demo.get("Organisation").status_code == 403
    assert demo.connections() == []
    again = club_of(simulator, DEMO)
    assert (again.tenant_id, again.get("ManualJournals").json()["ManualJournals"]) == (new, [])


@fact("2.3", "A missing or wrong tenant header gives the same 403", certainty="seen")
@fact("2.4", "403 `AuthenticationUnsuccessful`: the tenant isn't connected for this token", certainty="docs, seen")
@pytest.mark.parametrize("tenant", ["", "nonsense", KAURI])
def test_a_wrong_tenant_is_403(simulator: Simulator, club: Club, tenant: str) -> None:
    club.tenant_id = simulator.tenant_id(tenant) if tenant == KAURI else tenant
    answer = club.get("Organisation")
    assert (answer.status_code, answer.json()["Title"]) == (403, "Forbidden")
    assert answer.json()["Detail"] == "AuthenticationUnsuccessful"


@fact("2.4", "Authentication errors have the problem shape, its keys capitalised or lower case", certainty="seen")
@fact("2.4", "401 `AuthenticationUnsuccessful`: unknown, malformed or revoked access token", certainty="seen, inferred")
@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic eDp5", "", "Bearer"])
def test_an_unknown_token_is_401_in_the_problem_shape(simulator: Simulator, club: Club, header: str) -> None:
    answer = club.get("Organisation", Authorization=header)
    assert answer.status_code == 401
    body = answer.json()
    assert set(body) == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}
    assert (body["Title"], body["Detail"]) == ("Unauthorized", "AuthenticationUnsuccessful")
    simulator.settings(lower_case_problems=True)
    assert set(club.get("Organisation", Authorization=header).json()) == {key.lower() for key in body}


@fact(
    "2.4",
    "A standard user without the reporting permission gets 403 with a text about the reporting role",
    certainty="docs, seen",
)
@fact("5.7", "The trial balance needs the user's reporting permission", certainty="spec")
def test_manual_journals_need_the_reporting_permission(simulator: Simulator) -> None:
    nora = club_of(simulator, BANKSIA, NORA)
    for path in ("ManualJournals", "Reports/TrialBalance"):
        answer = nora.get(path)
        assert (answer.status_code, answer.json()["Detail"]) == (403, REPORTING_TEXT)
    assert nora.get("Accounts").status_code == 200
    assert club_of(simulator, BANKSIA, SAM).get("ManualJournals").status_code == 200
    member(nora.http, nora, NORA, reports=True)
    assert nora.get("ManualJournals").status_code == 200


@fact(
    "2.5",
    "An organisation takes at most two uncertified apps; the consent screen says so, no callback",
    certainty="docs, seen",
)
@fact("2.5", "Certified apps and exempt ones are not counted", certainty="docs")
@fact("1.10", "Custom connections do not count among the two uncertified apps", certainty="docs")
def test_a_third_uncertified_app_is_refused(simulator: Simulator) -> None:
    for app in ("clubledger-v2", "bar-till"):
        simulator.authorise(authorise_address(simulator, app), TESS, BANKSIA)
    simulator.authorise(authorise_address(simulator, "clubledger-v3"), TESS, BANKSIA)
    with pytest.raises(ValueError, match="already has two uncertified apps"):
        simulator.authorise(authorise_address(simulator, "roster-helper"), SAM, BANKSIA)
    simulator.authorise(authorise_address(simulator, "bar-till"), SAM, BANKSIA)
    simulator.authorise(authorise_address(simulator, "roster-helper"), SAM, WATTLE)
    in_process(simulator).post("/_sim/disconnect", json={"app": "bar-till"})
    simulator.authorise(authorise_address(simulator, "roster-helper"), SAM, BANKSIA)


@fact("2.5", "A tier's connection maximum stops the consent with a notice", certainty="docs, seen")
@fact("2.6", "Starter: 5 connections", certainty="docs")
@fact("2.5", "A churned customer's connection counts until it is deleted", certainty="docs")
def test_the_sixth_connection_of_a_starter_app_is_refused(simulator: Simulator, http: httpx2.Client) -> None:
    http.post("/_sim/organisations", json={"name": "Club {n}", "count": 6, "members": {ADMIN: "ADVISER"}})
    for number in range(1, 6):
        simulator.authorise(authorise_address(simulator, "clubledger-starter"), ADMIN, f"Club {number}")
    with pytest.raises(ValueError, match="must complete certification first"):
        simulator.authorise(authorise_address(simulator, "clubledger-starter"), ADMIN, "Club 6")
    simulator.authorise(authorise_address(simulator, "clubledger-starter"), ADMIN, "Club 1")
    http.post("/_sim/disconnect", json={"app": "clubledger-starter", "organisation": "Club 2"})
    simulator.authorise(authorise_address(simulator, "clubledger-starter"), ADMIN, "Club 6")


@fact("2.6", "Journals need the Advanced tier: 401 AuthorizationUnsuccessful below it", certainty="spec, docs")
@fact("5.6", "Journals: offset paging by number, 100 a page", certainty="spec, docs")
def test_journals_need_the_advanced_tier(simulator: Simulator) -> None:
    below = club_of(simulator, BANKSIA, app="clubledger-v3")
    answer = below.get("Journals")
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthorizationUnsuccessful")
    above = club_of(simulator, BANKSIA, app="clubledger-bulk", scopes=ALL_SCOPES)
    made = above.made()
    (row,) = above.get("Journals").json()["Journals"]
    assert row["SourceID"] == made["ManualJournalID"]
    assert above.get("Journals", params={"offset": row["JournalNumber"]}).json()["Journals"] == []
    assert above.get("Journals", params={"offset": "x"}).status_code == 400
