"""Sections 1.1 to 1.4: endpoints, the authorise request, PKCE, the code exchange."""

import httpx2
import pytest

from xero_simulator.app import Simulator
from xero_simulator.model import App

from .driver import (
    BANKSIA,
    CALLBACK,
    SAM,
    SCOPES,
    TESS,
    WATTLE,
    Club,
    authorise_address,
    exchanged,
    pkce,
    query_of,
    token_call,
)
from .facts import fact


def code_of(simulator: Simulator, app: str = "clubledger-v3", **changes: str) -> str:
    return query_of(simulator.authorise(authorise_address(simulator, app, **changes), TESS, BANKSIA))["code"]


def error_text(simulator: Simulator, address: str) -> str:
    """The text of the page that a bad authorise request ends on; fails when the browser is sent back to the app."""
    with pytest.raises(ValueError) as caught:
        simulator.authorise(address, TESS, BANKSIA)
    assert "Sorry, something went wrong" in str(caught.value)
    assert "Error code: 500" in str(caught.value)
    return str(caught.value)


@fact("1.1", "Discovery names the authorise, token, revocation and user-info endpoints", certainty="spec, docs")
@fact("1.1", "Issuer and JWKS address come from discovery", certainty="seen")
def test_discovery_names_every_endpoint(http: httpx2.Client, simulator: Simulator) -> None:
    found = http.get("/.well-known/openid-configuration").json()
    origin = simulator.world.origin
    assert found["issuer"] == origin
    assert found["authorization_endpoint"] == f"{origin}/identity/connect/authorize"
    assert found["token_endpoint"] == f"{origin}/connect/token"
    assert found["revocation_endpoint"] == f"{origin}/connect/revocation"
    assert found["userinfo_endpoint"] == f"{origin}/connect/userinfo"
    assert http.get(found["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


@fact("1.1", "Token responses carry `Xero-Origin-Id: IdentityServer.Web`", certainty="seen")
def test_token_responses_carry_the_origin_id(http: httpx2.Client) -> None:
    assert token_call(http, grant_type="x").headers["Xero-Origin-Id"] == "IdentityServer.Web"


@fact("1.1", "User info answers what the scopes open", certainty="docs")
def test_user_info_follows_the_scopes(simulator: Simulator, http: httpx2.Client) -> None:
    def asked(scopes: str) -> httpx2.Response:
        token = simulator.connect(TESS, "clubledger-v3", BANKSIA, scopes)
        return http.get("/connect/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"})

    assert asked(SCOPES).json()["email"] == TESS
    assert "email" not in asked("openid offline_access accounting.settings.read").json()
    assert asked("offline_access accounting.settings.read").status_code == 401


@fact("1.2", "`redirect_uri` must equal a registered one, character for character", certainty="docs")
@fact("1.2", "A bad authorise request ends on an error page, never in a redirect", certainty="docs, seen")
@pytest.mark.parametrize("uri", [CALLBACK + "/", CALLBACK.upper(), "http://localhost:8000/", "", CALLBACK + "?a=1"])
def test_another_redirect_address_ends_on_the_error_page(simulator: Simulator, uri: str) -> None:
    text = error_text(simulator, authorise_address(simulator, redirect_uri=uri))
    assert "unauthorized_client : Invalid redirect_uri" in text


@fact("1.2", "The error page shows which part of the request is wrong", certainty="docs, seen")
@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"client_id": "nobody"}, "unauthorized_client : Unknown client or client not enabled"),
        ({"scope": "accounting.nonsense"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid accounting.transactions"}, "unauthorized_client : Invalid scope for client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_the_error_page_says_what_is_wrong(simulator: Simulator, changes: dict[str, str], shown: str) -> None:
    assert shown in error_text(simulator, authorise_address(simulator, **changes))


@fact(
    "1.2", "Redirect URIs: https, or http on localhost; 127.0.0.1 and wildcards refused; at most 50", certainty="docs"
)
def test_the_developer_portal_refuses_bad_redirect_addresses(simulator: Simulator) -> None:
    for good in (["https://club.example/xero/callback"], ["http://localhost:8765/a", "http://localhost/b"]):
        simulator.world.add_app(App("fine", "Fine", redirect_uris=good))
    many = [f"https://club.example/{number}" for number in range(51)]
    for bad in (["http://127.0.0.1:8000/a"], ["http://club.example/a"], ["https://*.club.example/a"], many):
        with pytest.raises(ValueError):
            simulator.world.add_app(App("bad", "Bad", redirect_uris=bad))


@fact("1.2", "The callback carries code (64 hex digits), scope, state and session_state", certainty="seen")
def test_the_callback_carries_four_parameters(simulator: Simulator) -> None:
    location = simulator.authorise(authorise_address(simulator), TESS, BANKSIA)
    assert location.startswith(CALLBACK + "?")
    given = query_of(location)
    assert set(given) == {"code", "scope", "state", "session_state"}
    assert len(given["code"]) == 64
    int(given["code"], 16)
    assert given["scope"] == SCOPES
    assert given["state"] == "a-state"


@fact("1.2", "`state` is optional for Xero", certainty="docs")
def test_state_is_optional(simulator: Simulator) -> None:
    location = simulator.authorise(authorise_address(simulator, state=None), TESS, BANKSIA)
    assert "state" not in query_of(location)


@fact("1.2", "Cancel comes back with error=access_denied and the state, without a code", certainty="seen")
def test_cancel_comes_back_as_access_denied(simulator: Simulator) -> None:
    location = simulator.authorise(authorise_address(simulator), TESS, BANKSIA, cancel=True)
    assert query_of(location) == {"error": "access_denied", "state": "a-state"}
    assert len(simulator.world.store.connections) == 0


@fact("1.2", "One consent connects one organisation, unless the app has Bulk Connections", certainty="docs")
@fact("1.2", "`acr_values=bulk_connect:false` switches Bulk Connections off", certainty="docs")
@fact("2.6", "Bulk Connections come with the Advanced tier", certainty="docs")
def test_one_consent_connects_one_organisation(simulator: Simulator) -> None:
    both = [BANKSIA, WATTLE]
    with pytest.raises(ValueError, match="Choose an organisation"):
        simulator.authorise(authorise_address(simulator), TESS, both)
    address = authorise_address(simulator, "clubledger-bulk", acr_values="bulk_connect:false")
    with pytest.raises(ValueError, match="Choose an organisation"):
        simulator.authorise(address, TESS, both)
    simulator.authorise(authorise_address(simulator, "clubledger-bulk"), TESS, both)
    assert len({row.auth_event_id for row in simulator.world.connections(client_id="clubledger-bulk")}) == 1
    assert len(simulator.world.connections(client_id="clubledger-bulk")) == 2


@fact("1.2", "The consent screen has an organisation picker that shows what is already connected", certainty="docs")
@fact("1.2", "Standard and adviser users may connect; read-only and invoice-only users may not", certainty="docs")
def test_the_picker_shows_what_the_user_may_connect(simulator: Simulator, http: httpx2.Client) -> None:
    def shown(email: str) -> str:
        http.cookies.clear()
        http.post("/login", data={"email": email, "password": email.partition("@")[0]})
        return http.get(authorise_address(simulator)).text

    assert "Already connected" not in shown(TESS)
    simulator.authorise(authorise_address(simulator), TESS, BANKSIA)
    assert "Already connected" in shown(TESS)
    assert "Already connected" not in shown(SAM)
    for email in ("rita@banksiapark.example", "ivan@banksiapark.example"):
        assert BANKSIA not in shown(email)
        with pytest.raises(ValueError, match="Choose an organisation"):
            simulator.authorise(authorise_address(simulator), email, BANKSIA)


@fact(
    "1.3", "PKCE apps have no secret: client_id in the body, S256, verifier of 43 to 128 characters", certainty="docs"
)
def test_pkce_apps_work_without_a_secret(simulator: Simulator, http: httpx2.Client) -> None:
    with pytest.raises(ValueError, match="code challenge required"):
        simulator.authorise(authorise_address(simulator, "clubledger-desktop"), TESS, BANKSIA)
    for verifier, challenge, status in [(*pkce(), 200), ("x" * 42, pkce()[1], 400), (pkce()[0], pkce()[1], 400)]:
        changes = {"code_challenge": challenge, "code_challenge_method": "S256"}
        form = {
            "grant_type": "authorization_code",
            "client_id": "clubledger-desktop",
            "code": code_of(simulator, "clubledger-desktop", **changes),
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
        }
        assert http.post("/connect/token", data=form).status_code == status


@fact("1.3", "No CORS on the token endpoint", certainty="docs")
def test_the_token_endpoint_allows_no_browser_script(http: httpx2.Client) -> None:
    answer = http.post("/connect/token", data={"grant_type": "x"}, headers={"Origin": "https://club.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert http.options("/connect/token").status_code == 405


@fact("1.3", "A web app may send a secret and PKCE together", certainty="seen")
@fact("1.8", "A wrong code verifier is invalid_grant", certainty="docs, seen")
def test_secret_and_pkce_together(simulator: Simulator, http: httpx2.Client) -> None:
    verifier, challenge = pkce()
    for given, status in ((verifier, 200), (pkce()[0], 400), (None, 400)):
        code = code_of(simulator, code_challenge=challenge, code_challenge_method="S256")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        if given is not None:
            form["code_verifier"] = given
        answer = token_call(http, **form)
        assert answer.status_code == status
        if status == 400:
            assert answer.json() == {"error": "invalid_grant"}


@fact("1.4", "The client authenticates by Basic, or with id and secret in the body", certainty="docs, seen")
def test_both_ways_of_client_authentication_work(simulator: Simulator, http: httpx2.Client) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    assert token_call(http, **form, code=code_of(simulator)).status_code == 200
    body = form | {"client_id": "clubledger-v3", "client_secret": "clubledger-v3-secret", "code": code_of(simulator)}
    assert http.post("/connect/token", data=body).status_code == 200


@fact("1.4", "The code exchange needs the same redirect_uri as before", certainty="docs")
@fact("1.8", "A code with another redirect_uri is invalid_grant", certainty="docs, seen")
def test_the_exchange_needs_the_same_redirect_address(simulator: Simulator, http: httpx2.Client) -> None:
    answer = token_call(http, grant_type="authorization_code", code=code_of(simulator), redirect_uri=CALLBACK + "/")
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


@fact("1.4", "A code works once", certainty="docs")
@fact("1.4", "A code expires after 5 minutes", certainty="docs")
def test_a_code_works_once_and_for_five_minutes(simulator: Simulator, http: httpx2.Client) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    code = code_of(simulator)
    assert token_call(http, **form, code=code).status_code == 200
    assert token_call(http, **form, code=code).json() == {"error": "invalid_grant"}
    fresh, stale = code_of(simulator), code_of(simulator)
    simulator.later(seconds=299)
    assert token_call(http, **form, code=fresh).status_code == 200
    simulator.later(seconds=1)
    assert token_call(http, **form, code=stale).json() == {"error": "invalid_grant"}


def test_a_code_belongs_to_its_app(simulator: Simulator, http: httpx2.Client) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": code_of(simulator)}
    assert token_call(http, "clubledger-v2", **form).json() == {"error": "invalid_grant"}


@fact("1.4", "The token response's fields; refresh_token and id_token only with their scopes", certainty="spec, seen")
def test_the_token_response_has_its_fields(simulator: Simulator) -> None:
    full = exchanged(simulator)
    assert set(full) == {"access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"}
    assert (full["expires_in"], full["token_type"], full["scope"]) == (1800, "Bearer", SCOPES)
    bare = exchanged(simulator, "clubledger-starter", scope="accounting.manualjournals")
    assert set(bare) == {"access_token", "expires_in", "token_type", "scope"}


@fact("1.4", "The access token lives 30 minutes", certainty="docs")
@fact("2.4", "401 `TokenExpired: token expired at …` after that", certainty="seen")
def test_the_access_token_lives_thirty_minutes(simulator: Simulator, club: Club) -> None:
    simulator.later(seconds=1799)
    assert club.get("Organisation").status_code == 200
    simulator.later(seconds=1)
    answer = club.get("Organisation")
    assert answer.status_code == 401
    assert answer.json()["Detail"] == "TokenExpired: token expired at 22/11/2026 01:30:00"
