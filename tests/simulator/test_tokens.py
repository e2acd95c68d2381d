"""Sections 1.4 to 1.8: refresh tokens, what tokens contain, revocation, token errors."""

import base64
import hashlib
import json

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from xero_simulator.app import Simulator

from .driver import (
    ADMIN,
    BANKSIA,
    CALLBACK,
    SAM,
    SCOPES,
    TESS,
    WATTLE,
    authorise_address,
    club_of,
    exchanged,
    in_process,
    query_of,
    token_call,
)
from .facts import fact


def refreshed(http: httpx2.Client, token: str) -> httpx2.Response:
    return token_call(http, grant_type="refresh_token", refresh_token=token)


@fact("1.4", "Every refresh gives a new refresh token", certainty="docs")
@fact("1.4", "The previous refresh token is accepted for 30 minutes, then dead", certainty="docs")
def test_the_previous_refresh_token_has_thirty_minutes_grace(simulator: Simulator, http: httpx2.Client) -> None:
    first = exchanged(simulator)["refresh_token"]
    second = refreshed(http, first).json()["refresh_token"]
    assert second != first
    simulator.later(minutes=30)
    assert refreshed(http, first).status_code == 200
    simulator.later(seconds=1)
    assert refreshed(http, first).json() == {"error": "invalid_grant"}


@fact("7", "A slower worker that stores the older of two new tokens loses it 30 minutes later", certainty="seen")
def test_the_refresh_race_ends_in_a_dead_token(simulator: Simulator, http: httpx2.Client) -> None:
    first = exchanged(simulator)["refresh_token"]
    older = refreshed(http, first).json()["refresh_token"]
    newer = refreshed(http, first).json()["refresh_token"]
    simulator.later(minutes=30, seconds=1)
    assert refreshed(http, older).json() == {"error": "invalid_grant"}
    assert refreshed(http, newer).status_code == 200


@fact("1.4", "A refresh token dies after 60 days unused; a refresh gives a fresh 60 days", certainty="docs")
def test_a_refresh_token_dies_after_sixty_idle_days(simulator: Simulator, http: httpx2.Client) -> None:
    token = exchanged(simulator)["refresh_token"]
    for _ in range(3):
        simulator.later(days=59, hours=23)
        token = refreshed(http, token).json()["refresh_token"]
    simulator.later(days=60)
    assert refreshed(http, token).json() == {"error": "invalid_grant"}


@fact("1.4", "Scopes cannot be widened in a refresh", certainty="docs")
def test_scopes_cannot_be_widened_in_a_refresh(simulator: Simulator, http: httpx2.Client) -> None:
    token = exchanged(simulator)["refresh_token"]
    wider = f"{SCOPES} accounting.attachments"
    answer = token_call(http, grant_type="refresh_token", refresh_token=token, scope=wider)
    assert (answer.status_code, answer.json()["scope"]) == (200, SCOPES)


def claims_of(http: httpx2.Client, token: str) -> tuple[dict[str, str], dict[str, object]]:
    keys = KeySet.import_key_set(http.get("/.well-known/openid-configuration/jwks").json())
    decoded = jwt.decode(token, keys, algorithms=["RS256"])
    return decoded.header, decoded.claims


@fact("1.5", "The access token is an RS256 JWT with kid and x5t and all the claims", certainty="seen")
@fact("1.5", "`authentication_event_id` is in the access token and not in the id_token", certainty="seen")
def test_the_access_token_has_its_claims(simulator: Simulator, http: httpx2.Client) -> None:
    token = exchanged(simulator)
    header, claims = claims_of(http, token["access_token"])
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert {"kid", "x5t"} <= set(header)
    wanted = {"iss", "aud", "nbf", "exp", "auth_time", "client_id", "sub", "xero_userid", "global_session_id", "sid"}
    assert wanted | {"jti", "authentication_event_id", "scope"} <= set(claims)
    assert claims["iss"] == simulator.world.origin
    assert claims["aud"] == simulator.world.origin + "/resources"
    assert claims["scope"] == SCOPES.split()
    assert claims["sub"] != claims["xero_userid"]
    row = simulator.world.connections()[0]
    assert (claims["authentication_event_id"], claims["xero_userid"]) == (row.auth_event_id, row.user_id)
    assert "authentication_event_id" not in claims_of(http, token["id_token"])[1]


@fact("1.6", "The id_token's claims; the profile and email scopes open theirs", certainty="seen")
@fact("1.4", "The id_token lives 5 minutes", certainty="docs")
@fact("1.2", "The nonce comes back in the id_token", certainty="inferred")
def test_the_id_token_has_its_claims(simulator: Simulator, http: httpx2.Client) -> None:
    token = exchanged(simulator)
    _, claims = claims_of(http, token["id_token"])
    wanted = {"nbf", "exp", "iss", "aud", "iat", "at_hash", "sid", "sub", "auth_time", "xero_userid"}
    assert wanted | {"global_session_id"} <= set(claims)
    assert claims["aud"] == "clubledger-v3"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["nonce"] == "a-nonce"
    assert (claims["preferred_username"], claims["given_name"], claims["family_name"]) == (TESS, "Tess", "Okafor")
    assert claims["email"] == TESS
    digest = hashlib.sha256(token["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    simulator.world.store.grants.clear()
    bare = exchanged(simulator, scope="openid accounting.settings.read")
    assert not {"email", "given_name", "preferred_username"} & set(claims_of(http, bare["id_token"])[1])


def test_a_rotated_key_signs_and_the_old_one_still_checks(simulator: Simulator, http: httpx2.Client) -> None:
    before = exchanged(simulator)["access_token"]
    kid = http.post("/_sim/keys/rotate").json()["kid"]
    after = exchanged(simulator)["access_token"]
    assert claims_of(http, after)[0]["kid"] == kid
    assert claims_of(http, before)[0]["kid"] != kid


@fact("1.7", "Revocation: Basic and the refresh token; 200 with an empty body", certainty="docs")
@fact("1.7", "Revocation kills the token and every connection this user has with the app", certainty="docs")
@fact("2.3", "A revoked token ends in invalid_grant on refresh", certainty="docs, seen")
def test_revocation_removes_all_connections_of_the_user(simulator: Simulator, http: httpx2.Client) -> None:
    club = club_of(simulator, WATTLE)
    token = exchanged(simulator, "clubledger-v2")
    waiting = query_of(simulator.authorise(authorise_address(simulator, "clubledger-v2"), TESS, BANKSIA))["code"]
    sam = club_of(simulator, BANKSIA, SAM)
    answer = http.post(
        "/connect/revocation", data={"token": token["refresh_token"]}, auth=("clubledger-v2", "clubledger-v2-secret")
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert [row.user_id for row in simulator.world.connections()] == [
        simulator.world.user_by_email(SAM).user_id  # type: ignore[union-attr]
    ]
    again = token_call(http, "clubledger-v2", grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert again.json() == {"error": "invalid_grant"}
    form = {"grant_type": "authorization_code", "code": waiting, "redirect_uri": CALLBACK}
    assert token_call(http, "clubledger-v2", **form).json() == {"error": "invalid_grant"}
    assert club.get("Organisation").status_code == 401
    assert sam.get("Organisation").status_code == 200


@fact("1.7", "An access token sent to revocation gives a 500", certainty="seen")
def test_revoking_an_access_token_fails_inside_xero(simulator: Simulator, http: httpx2.Client) -> None:
    token = exchanged(simulator)
    auth = ("clubledger-v3", "clubledger-v3-secret")
    answer = http.post("/connect/revocation", data={"token": token["access_token"]}, auth=auth)
    assert (answer.status_code, answer.text) == (500, "ReferenceTokenStore is not supported in Identity")
    assert http.post("/connect/revocation", data={"token": "unknown"}, auth=auth).status_code == 200


@fact(
    "1.8", "Wrong id or secret, malformed Basic header: invalid_client, 400 (or 401 by setting)", certainty="docs, seen"
)
@fact("1.8", "Token errors have a single field, no error_description", certainty="docs, seen")
def test_wrong_client_credentials_are_invalid_client(simulator: Simulator, http: httpx2.Client) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    bad = [
        http.post("/connect/token", data=form, auth=("clubledger-v3", "wrong")),
        http.post("/connect/token", data=form, auth=("nobody", "wrong")),
        http.post("/connect/token", data=form, headers={"Authorization": "Basic !!!"}),
        http.post("/connect/token", data=form),
    ]
    assert [(answer.status_code, answer.json()) for answer in bad] == [(400, {"error": "invalid_client"})] * 4
    simulator.settings(invalid_client_status=401)
    assert http.post("/connect/token", data=form).status_code == 401


@fact("1.8", "A grant type that the app may not use: unauthorized_client", certainty="docs")
@fact("1.8", "A missing or misspelt grant type, or a body that isn't a form: unsupported_grant_type", certainty="docs")
@fact("1.8", "An unknown code or refresh token is invalid_grant", certainty="docs, seen")
def test_grant_errors(http: httpx2.Client) -> None:
    def error(app: str = "clubledger-v3", **form: str) -> object:
        answer = token_call(http, app, **form)
        assert answer.status_code == 400
        return answer.json()

    assert error(grant_type="client_credentials") == {"error": "unauthorized_client"}
    custom = error("clubledger-custom", grant_type="authorization_code", code="x", redirect_uri=CALLBACK)
    assert custom == {"error": "unauthorized_client"}
    assert error(grant_type="password") == {"error": "unsupported_grant_type"}
    assert error(code="x") == {"error": "unsupported_grant_type"}
    answer = http.post("/connect/token", content=json.dumps({"grant_type": "refresh_token"}))
    assert answer.json() == {"error": "unsupported_grant_type"}
    assert error(grant_type="refresh_token", refresh_token="x") == {"error": "invalid_grant"}
    assert error(grant_type="authorization_code", code="x", redirect_uri=CALLBACK) == {"error": "invalid_grant"}


def test_signing_in_alone_connects_nothing(simulator: Simulator) -> None:
    address = authorise_address(simulator, scope="openid profile email")
    assert "code" in query_of(simulator.authorise(address, ADMIN))
    assert len(simulator.world.store.connections) == 0


def test_a_stranger_password_is_refused(simulator: Simulator) -> None:
    http = in_process(simulator)
    answer = http.post("/login", data={"email": TESS, "password": "wrong"})
    assert "incorrect" in answer.text
    assert "set-cookie" not in answer.headers
