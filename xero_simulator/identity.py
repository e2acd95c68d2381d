"""The identity server: discovery, keys, the token and revocation endpoints, user info."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import unquote_plus

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from xero_simulator import scopes, tokens
from xero_simulator.exchange import Answer, Request, json_answer, text_answer
from xero_simulator.model import App
from xero_simulator.world import World


class TokenError(Exception):
    """A refusal of the token endpoint: one of the error names of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        self.body = {"error": error} if description is None else {"error": error, "error_description": description}
        self.status = status


def discovery(world: World) -> Answer:
    """Return the OpenID configuration; its issuer is the origin that the simulator is served on."""
    origin = world.origin
    return json_answer(
        200,
        {
            "issuer": origin,
            "jwks_uri": f"{origin}/.well-known/openid-configuration/jwks",
            "authorization_endpoint": f"{origin}/identity/connect/authorize",
            "token_endpoint": f"{origin}/connect/token",
            "userinfo_endpoint": f"{origin}/connect/userinfo",
            "revocation_endpoint": f"{origin}/connect/revocation",
            "frontchannel_logout_supported": True,
            "scopes_supported": sorted(scopes.IDENTITY),
            "claims_supported": ["sub", "name", "family_name", "given_name", "preferred_username", "email"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        },
    )


def jwks(world: World) -> Answer:
    """Return the public keys."""
    return json_answer(200, tokens.jwks(world))


def token(world: World, request: Request) -> Answer:
    """Answer `POST /connect/token`."""
    try:
        if request.method != "POST":
            return text_answer(405, "")
        form = request.form()
        if not form:
            raise TokenError("unsupported_grant_type")
        app = _client(world, request, form)
        grant_type = form.get("grant_type", "")
        if grant_type == "authorization_code":
            body = _exchange_code(world, app, form)
        elif grant_type == "refresh_token":
            body = _refresh(world, app, form)
        elif grant_type == "client_credentials":
            body = _client_credentials(world, app, form)
        else:
            raise TokenError("unsupported_grant_type")
        answer = json_answer(200, body)
    except TokenError as error:
        answer = json_answer(error.status, error.body)
    answer.headers += [
        ("Xero-Origin-Id", "IdentityServer.Web"),
        ("Cache-Control", "no-store, no-cache, max-age=0"),
        ("Pragma", "no-cache"),
    ]
    return answer


def _client(world: World, request: Request, form: dict[str, str]) -> App:
    """Return the app that calls, by Basic authentication or by id and secret in the body."""
    refused = TokenError("invalid_client", status=world.settings.invalid_client_status)
    header = request.header("authorization")
    if header is not None:
        kind, _, encoded = header.partition(" ")
        try:
            pair = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise refused from None
        if kind.lower() != "basic" or ":" not in pair:
            raise refused
        client_id, _, secret = pair.partition(":")
        client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    else:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    app = world.store.apps.get(client_id)
    if app is None or not app.is_enabled:
        raise refused
    if app.client_secret is not None and not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
        raise refused
    return app


def _exchange_code(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    if app.kind == "custom":
        raise TokenError("unauthorized_client")
    code = world.store.codes.get(form.get("code", ""))
    if code is None or code.is_used or code.client_id != app.client_id:
        raise TokenError("invalid_grant")
    code.is_used = True
    world.store.codes.put(code.code, code)
    if world.now() >= code.issued_at + tokens.CODE_LIFE or code.redirect_uri != form.get("redirect_uri"):
        raise TokenError("invalid_grant")
    verifier = form.get("code_verifier")
    if (code.challenge is None) != (verifier is None):
        raise TokenError("invalid_grant")
    if verifier is not None:
        fits = 43 <= len(verifier) <= 128 and verifier.isascii()
        if not fits or create_s256_code_challenge(verifier) != code.challenge:
            raise TokenError("invalid_grant")
    return tokens.issue(world, tokens.Consent.of(world, code))


def _refresh(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    if app.kind == "custom":
        raise TokenError("unauthorized_client")
    row = world.store.refresh_tokens.get(form.get("refresh_token", ""))
    if row is None or row.client_id != app.client_id or not tokens.is_refreshable(world, row):
        raise TokenError("invalid_grant")
    # A `scope` in the form changes nothing: Xero's own Python client sends a garbled one and is served.
    return tokens.issue(world, tokens.Consent.of(world, row), row.chain_id)


def _client_credentials(world: World, app: App, form: dict[str, str]) -> dict[str, object]:
    asked = form.get("scope", "").split()
    if app.kind == "pkce":
        raise TokenError("unauthorized_client")
    if app.kind == "web" and not (asked and scopes.WITHOUT_TENANT.issuperset(asked)):
        raise TokenError("unauthorized_client")
    refused = TokenError("invalid_scope", "Client credentials scope validation failed")
    if app.kind == "custom":
        asked = asked or list(app.scopes)
        if not set(app.scopes).issuperset(asked) or not scopes.IDENTITY.isdisjoint(asked):
            raise refused
        if "accounting.journals.read" in asked and app.created_on >= scopes.JOURNALS_LOST_ON:
            raise refused
        if scopes.refusal(app, asked, world.now().date(), world.settings):
            raise refused
    return tokens.issue_for_app(world, app, asked)


def revocation(world: World, request: Request) -> Answer:
    """Answer `POST /connect/revocation`: the token dies, and all connections of its user with the app."""
    if request.method != "POST":
        return text_answer(405, "")
    form = request.form()
    try:
        app = _client(world, request, form)
    except TokenError as error:
        return json_answer(error.status, error.body)
    given = form.get("token", "")
    if not given:
        return json_answer(400, {"error": "invalid_request"})
    if given in world.store.access_tokens:
        return text_answer(500, "ReferenceTokenStore is not supported in Identity")
    row = world.store.refresh_tokens.get(given)
    if row is not None and row.client_id == app.client_id:
        withdraw_consent(world, row.user_id, app.client_id)
    return Answer(200)


def withdraw_consent(world: World, user_id: str, client_id: str) -> None:
    """End all tokens and codes, the granted scopes and the connections that a user has with an app."""
    for code in world.store.codes:
        if (code.user_id, code.client_id) == (user_id, client_id):
            world.store.codes.delete(code.code)
    for refresh in world.store.refresh_tokens:
        if (refresh.user_id, refresh.client_id) == (user_id, client_id):
            world.store.refresh_tokens.delete(refresh.token)
    for access in world.store.access_tokens:
        if (access.user_id, access.client_id) == (user_id, client_id):
            access.is_revoked = True
            world.store.access_tokens.put(access.token, access)
    for connection in world.connections(user_id=user_id, client_id=client_id):
        world.store.connections.delete(connection.connection_id)
    world.store.grants.delete(f"{user_id} {client_id}")


def userinfo(world: World, request: Request) -> Answer:
    """Answer `GET /connect/userinfo` with the claims that the token's scopes open."""
    kind, _, given = (request.header("authorization") or "").partition(" ")
    row = world.store.access_tokens.get(given) if kind.lower() == "bearer" else None
    user = world.store.users.get(row.user_id) if row else None
    if row is None or user is None or row.is_revoked or world.now() >= row.expires_at or "openid" not in row.scopes:
        return Answer(401, b"", [("WWW-Authenticate", "Bearer")])
    return json_answer(
        200, {"sub": user.subject, "xero_userid": user.user_id} | tokens.profile_claims(user, row.scopes)
    )
