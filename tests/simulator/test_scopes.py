"""Sections 1.9 and 1.10: scopes and custom connections."""

from datetime import UTC, datetime

import httpx2
import pytest

from xero_simulator.app import Simulator
from xero_simulator.scenario import add_app

from .driver import (
    BANKSIA,
    IDENTITY_SCOPES,
    SCOPES,
    TESS,
    Club,
    authorise_address,
    club_of,
    exchanged,
    journal,
    query_of,
    token_call,
)
from .facts import fact

BROAD = f"{IDENTITY_SCOPES} accounting.transactions accounting.settings.read accounting.reports.read"


@fact("1.9", "Apps made since 2 March 2026 can ask only granular scopes, older ones both", certainty="docs")
def test_only_older_apps_may_ask_broad_scopes(simulator: Simulator) -> None:
    location = simulator.authorise(authorise_address(simulator, "clubledger-v2", scope=BROAD), TESS, BANKSIA)
    assert "code" in query_of(location)
    simulator.authorise(authorise_address(simulator, "clubledger-v2"), TESS, BANKSIA)
    with pytest.raises(ValueError, match="Invalid scope for client"):
        simulator.authorise(authorise_address(simulator, "clubledger-v3", scope=BROAD), TESS, BANKSIA)
    simulator.settings(broad_scopes=False)
    with pytest.raises(ValueError, match="Invalid scope for client"):
        simulator.authorise(authorise_address(simulator, "clubledger-v2", scope=BROAD), TESS, BANKSIA)


@fact("1.9", "Broad scopes stop working on 13 September 2027", certainty="docs")
def test_broad_scopes_end(simulator: Simulator) -> None:
    simulator.clock.set(datetime(2027, 9, 12, 23, 59, tzinfo=UTC))
    club = club_of(simulator, scopes=BROAD)
    assert club.get("ManualJournals").status_code == 200
    simulator.later(minutes=1)
    assert club.get("ManualJournals").status_code == 401
    with pytest.raises(ValueError, match="Invalid scope for client"):
        simulator.authorise(authorise_address(simulator, "clubledger-v2", scope=BROAD), TESS, BANKSIA)


@fact("1.9", "Each endpoint has its scope, granular or broad", certainty="docs")
@fact("1.9", "The write scope includes reading", certainty="docs")
@fact(
    "2.4",
    "A missing scope: 401 `AuthorizationUnsuccessful` with `WWW-Authenticate: insufficient_scope`",
    certainty="docs, seen",
)
@pytest.mark.parametrize(
    ("scope", "open_", "closed"),
    [
        ("accounting.manualjournals.read", ["GET ManualJournals"], ["PUT ManualJournals", "GET Accounts"]),
        ("accounting.manualjournals", ["GET ManualJournals", "PUT ManualJournals"], ["GET Reports/TrialBalance"]),
        ("accounting.transactions.read", ["GET ManualJournals"], ["PUT ManualJournals"]),
        ("accounting.transactions", ["GET ManualJournals", "PUT ManualJournals"], ["GET Users"]),
        ("accounting.settings.read", ["GET Accounts", "GET TaxRates", "GET TrackingCategories"], ["PUT Accounts"]),
        ("accounting.settings.read", ["GET Organisation", "GET Users", "GET Organisation/Actions"], ["PUT TaxRates"]),
        ("accounting.settings", ["GET Accounts"], ["GET ManualJournals"]),
        ("accounting.reports.trialbalance.read", ["GET Reports/TrialBalance"], ["GET Accounts"]),
        ("accounting.reports.read", ["GET Reports/TrialBalance"], ["GET Journals"]),
        ("accounting.reports.aged.read", [], ["GET Reports/TrialBalance"]),
        ("accounting.attachments.read", [], ["GET ManualJournals"]),
    ],
)
def test_scopes_open_their_endpoints(simulator: Simulator, scope: str, open_: list[str], closed: list[str]) -> None:
    club = club_of(simulator, scopes=scope)

    def asked(what: str) -> httpx2.Response:
        method, path = what.split()
        return club.call(method, path, body={"ManualJournals": [journal()]} if method == "PUT" else None)

    for what in open_:
        assert asked(what).status_code == 200, what
    for what in closed:
        answer = asked(what)
        assert answer.status_code == 401, what
        assert answer.json()["Detail"] == "AuthorizationUnsuccessful"
        assert answer.headers["WWW-Authenticate"] == "insufficient_scope"


@fact("1.9", "Attachments need `accounting.attachments`, history the scope of manual journals", certainty="docs")
def test_attachments_and_history_scopes(simulator: Simulator) -> None:
    writer = club_of(simulator, scopes="accounting.manualjournals")
    place = f"ManualJournals/{writer.made()['ManualJournalID']}"
    assert writer.get(f"{place}/History").status_code == 200
    assert writer.get(f"{place}/Attachments").status_code == 401
    filer = club_of(simulator, scopes="accounting.attachments.read")
    assert filer.get(f"{place}/Attachments").status_code == 200
    assert filer.call("PUT", f"{place}/Attachments/a.txt", body=b"x").status_code == 401


@fact("2.4", "Some report 403 for a missing scope", certainty="seen")
def test_the_scope_error_can_be_403(simulator: Simulator) -> None:
    simulator.settings(scope_error_status=403)
    assert club_of(simulator, scopes="accounting.manualjournals").get("Accounts").status_code == 403


@fact("1.9", "Scopes add up per user and app across consents", certainty="docs")
@fact("1.9", "Scopes shrink only by revocation", certainty="docs")
def test_scopes_add_up_until_revoked(simulator: Simulator, http: httpx2.Client) -> None:
    exchanged(simulator, scope=f"{IDENTITY_SCOPES} accounting.manualjournals")
    token = exchanged(simulator, scope=f"{IDENTITY_SCOPES} accounting.settings.read")
    assert set(token["scope"].split()) == set(SCOPES.split())
    http.post(
        "/connect/revocation", data={"token": token["refresh_token"]}, auth=("clubledger-v3", "clubledger-v3-secret")
    )
    token = exchanged(simulator, scope=f"{IDENTITY_SCOPES} accounting.settings.read")
    assert "accounting.manualjournals" not in token["scope"].split()


@fact("1.9", "The scopes of another user of the app are their own", certainty="docs")
def test_scopes_of_users_do_not_mix(simulator: Simulator) -> None:
    exchanged(simulator, scope=f"{IDENTITY_SCOPES} accounting.manualjournals")
    other = exchanged(simulator, user="sam@banksiapark.example", scope=f"{IDENTITY_SCOPES} accounting.settings.read")
    assert "accounting.manualjournals" not in other["scope"].split()


@fact("1.10", "Custom connections: client credentials, no refresh token", certainty="docs")
@fact("1.10", "Custom connections need no tenant header", certainty="docs")
def test_custom_connections(simulator: Simulator, http: httpx2.Client) -> None:
    given = token_call(http, "clubledger-custom", grant_type="client_credentials", scope="accounting.manualjournals")
    assert given.status_code == 200
    assert "refresh_token" not in given.json()
    club = Club(http, given.json(), "")
    banksia = simulator.tenant_id(BANKSIA)
    headers = {name: value for name, value in club.headers().items() if name != "Xero-Tenant-Id"}
    assert http.get("/api.xro/2.0/ManualJournals", headers=headers).status_code == 200
    assert [row["tenantId"] for row in club.connections()] == [banksia]
    club.tenant_id = simulator.tenant_id("Kauri Point Golf Club")
    assert club.get("ManualJournals").status_code == 403
    simulator.later(minutes=30)
    assert http.get("/api.xro/2.0/ManualJournals", headers=headers).status_code == 401


@fact(
    "1.8", "A custom connection that asks a scope it may not have: invalid_scope with a description", certainty="seen"
)
@fact("1.10", "Custom connections made since 29 April 2026 cannot ask accounting.journals.read", certainty="docs")
@fact("1.10", "Two scopes without a tenant exist for an app's own credentials", certainty="docs")
def test_client_credentials_scopes(simulator: Simulator, http: httpx2.Client) -> None:
    refused = {"error": "invalid_scope", "error_description": "Client credentials scope validation failed"}
    for scope in ("accounting.settings", "openid accounting.manualjournals", "accounting.nonsense"):
        answer = token_call(http, "clubledger-custom", grant_type="client_credentials", scope=scope)
        assert (answer.status_code, answer.json()) == (400, refused)
    for made, status in (("2026-04-28", 200), ("2026-04-29", 400)):
        app = {"client_id": "ledger", "client_secret": "ledger-secret", "name": "Ledger", "kind": "custom"}
        more = {"tenant": BANKSIA, "scopes": ["accounting.journals.read"], "created_on": made}
        add_app(simulator.world, app | more)
        answer = token_call(http, "ledger", grant_type="client_credentials", scope="accounting.journals.read")
        assert answer.status_code == status
    for scope in ("app.connections", "marketplace.billing"):
        assert token_call(http, grant_type="client_credentials", scope=scope).status_code == 200


@fact("1.10", "Custom connections exist only for AU, NZ, UK and US organisations", certainty="docs")
def test_custom_connections_exist_in_four_countries(simulator: Simulator) -> None:
    from xero_simulator.scenario import add_organisations

    add_organisations(simulator.world, {"name": "Maple Club", "country": "CA", "version": "GLOBAL", "seed": "us"})
    with pytest.raises(ValueError, match="custom connection"):
        add_app(simulator.world, {"client_id": "x", "name": "X", "kind": "custom", "tenant": "Maple Club"})
