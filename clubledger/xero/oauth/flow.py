"""The authorization-code flow with one app: addresses, code exchange, refresh, revocation. Private to this room.

Authlib writes the requests (RFC 6749, 7636, 7009); here is what Xero's answers mean. No database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2
import structlog
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from clubledger.xero.errors import (
    AnswerUnreadable,
    AppMisconfigured,
    GrantRefused,
    IdentityUnproven,
    XeroError,
    XeroUnavailable,
)
from clubledger.xero.http import client
from clubledger.xero.http.network import Deadline, bounded
from clubledger.xero.http.wire import read_limits, scrub
from clubledger.xero.oauth import signatures

TOKEN_SECONDS = 12.0
ACCESS_TOKEN_SECONDS = 1800
# xero-facts 1.8: these are the operator's to mend; anything not named here or as invalid_grant passes by itself.
_OPERATOR_ERRORS = {
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_request",
}

log = structlog.get_logger("clubledger.xero")


class App(Protocol):
    """What is needed of an app's registration."""

    client_id: Any
    client_secret: Any
    next_client_secret: Any
    scopes: Any
    use_pkce: Any


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave. Its repr shows no token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    scopes: str
    expires_in_seconds: int


@dataclass(frozen=True, slots=True)
class Consent:
    """Who consented, and the tokens of that consent. `auth_event_id` is empty where the access token doesn't tell."""

    tokens: Tokens
    xero_user_id: str
    email: str
    name: str
    auth_event_id: str


def new_state() -> str:
    """Make an unguessable value for state or nonce: 43 characters, 256 bits."""
    return str(generate_token(43))


def new_verifier() -> str:
    """Make a PKCE code verifier of 64 characters (RFC 7636 section 4.1 wants 43 to 128)."""
    return str(generate_token(64))


def consent_address(app: App, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
    """Return the address that the browser is sent to. Without `verifier` PKCE is left out."""
    with _authlib(app, app.client_secret, redirect_uri=redirect_uri, scope=app.scopes) as session:
        address, _state = session.create_authorization_url(
            f"{settings.XERO_LOGIN_URL}/identity/connect/authorize",
            state=state,
            nonce=nonce,
            code_verifier=verifier or None,
        )
    return str(address)


@sensitive_variables("code", "verifier", "nonce", "tokens")
def exchange_code(app: App, *, code: str, redirect_uri: str, verifier: str, nonce: str) -> Consent:
    """Exchange a code for tokens and give who consented, proven by the id_token.

    Raises GrantRefused, AppMisconfigured, IdentityUnproven, XeroUnavailable.
    """
    extra = {"code_verifier": verifier} if verifier else {}
    tokens = _ask_for_tokens(
        app,
        Deadline.after(TOKEN_SECONDS),
        lambda session, **options: session.fetch_token(
            _token_address(),
            grant_type="authorization_code",
            code=code,
            redirect_uri=redirect_uri,
            **extra,
            **options,
        ),
    )
    if not tokens.refresh_token:
        raise AppMisconfigured("Xero gave no refresh token: the app's scopes must include offline_access")
    return _who_consented(app, tokens, nonce)


def _who_consented(app: App, tokens: Tokens, nonce: str) -> Consent:
    access: Mapping[str, Any] = {}
    try:
        access = signatures.signed_claims(tokens.access_token)
    except IdentityUnproven:
        # To us the access token is opaque by right; what it tells only helps to find this consent's connection.
        log.warning("xero.access_token_not_readable")
    identity = access
    if "openid" in str(app.scopes).split():
        identity = signatures.check_id_token(
            id_token=tokens.id_token, access_token=tokens.access_token, client_id=app.client_id, nonce=nonce
        )
    xero_user_id = str(identity.get("xero_userid") or identity.get("sub") or "")
    if not xero_user_id:
        raise IdentityUnproven("neither token says which Xero user consented")
    if access.get("xero_userid") not in {None, xero_user_id} and identity.get("xero_userid"):
        raise IdentityUnproven("the two tokens name different Xero users")
    names = (str(identity.get(part) or "") for part in ("given_name", "family_name"))
    return Consent(
        tokens=tokens,
        xero_user_id=xero_user_id[:36],
        email=str(identity.get("email") or identity.get("preferred_username") or "")[:254],
        name=(str(identity.get("name") or "") or " ".join(names).strip())[:200],
        auth_event_id=str(access.get("authentication_event_id") or "")[:36],
    )


@sensitive_variables("refresh_token")
def refresh(app: App, *, refresh_token: str, deadline: Deadline) -> Tokens:
    """Exchange a refresh token for a new pair. The old one stays good for 30 minutes.

    Raises GrantRefused, AppMisconfigured; XeroUnavailable where it may or may not have been executed.
    """
    return _ask_for_tokens(
        app,
        deadline,
        lambda session, **options: session.refresh_token(_token_address(), refresh_token=refresh_token, **options),
    )


@sensitive_variables("refresh_token")
def revoke(app: App, *, refresh_token: str) -> None:
    """Kill the token and every connection that its Xero user has with the app (xero-facts 1.7).

    Raises AppMisconfigured, XeroUnavailable. A token that is dead already is no error.
    """
    deadline = Deadline.after(TOKEN_SECONDS)

    def ask(session: Any, **options: Any) -> Any:
        answer = session.revoke_token(
            f"{settings.XERO_IDENTITY_URL}/connect/revocation", token=refresh_token, **options
        )
        if answer.status_code >= 400:
            session.parse_response_token(answer)
        return answer

    try:
        _ask(app, deadline, ask)
    except GrantRefused:
        return


def _token_address() -> str:
    return f"{settings.XERO_IDENTITY_URL}/connect/token"


def _ask_for_tokens(app: App, deadline: Deadline, ask: Callable[..., Any]) -> Tokens:
    given = _ask(app, deadline, ask)
    access_token = given.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        raise AnswerUnreadable("Xero's answer holds no access token")
    try:
        lifetime = int(given.get("expires_in") or ACCESS_TOKEN_SECONDS)
    except (TypeError, ValueError):
        lifetime = ACCESS_TOKEN_SECONDS
    scopes = given.get("scope") or ""
    return Tokens(
        access_token=access_token,
        refresh_token=str(given.get("refresh_token") or ""),
        id_token=str(given.get("id_token") or ""),
        scopes=" ".join(scopes) if isinstance(scopes, list) else str(scopes),
        expires_in_seconds=lifetime,
    )


def _ask(app: App, deadline: Deadline, ask: Callable[..., Any]) -> Any:
    """Ask with the app's secret, then with the one it is being rotated to if the first is refused."""
    secrets = [secret for secret in (app.client_secret, app.next_client_secret) if secret] or [""]
    for place, secret in enumerate(secrets):
        given, failure = _ask_once(app, secret, deadline, ask)
        if failure is None:
            return given
        is_refused_secret = isinstance(failure, AppMisconfigured) and "invalid_client" in failure.words
        if not is_refused_secret or place == len(secrets) - 1:
            # Raised outside of the handler: the library's errors hold the request, and with it codes and tokens.
            raise failure
    raise AssertionError("unreachable")


def _ask_once(app: App, secret: str, deadline: Deadline, ask: Callable[..., Any]) -> tuple[Any, XeroError | None]:
    started = time.monotonic()
    seen: list[httpx2.Response] = []

    def look(answer: httpx2.Response) -> httpx2.Response:
        seen.append(answer)
        return answer

    given: Any = None
    failure: XeroError | None = None
    with bounded(deadline), _authlib(app, secret) as session:
        for hook in ("access_token_response", "refresh_token_response"):
            session.register_compliance_hook(hook, look)
        try:
            given = ask(session, timeout=client.timeouts_within(deadline))
        except OAuthError as error:
            failure = _meaning_of(str(error.error), str(error.description or ""), seen)
        except httpx2.HTTPStatusError as error:
            failure = _unavailable(error.response)
        except httpx2.HTTPError as error:
            failure = client.failure_of(error, deadline)
        except ValueError:
            failure = AnswerUnreadable("Xero's token endpoint answered with something else than JSON")
    log.info(
        "xero.token_call",
        ms=round((time.monotonic() - started) * 1000),
        status=seen[-1].status_code if seen else None,
        correlation_id=seen[-1].headers.get("xero-correlation-id", "") if seen else "",
        outcome="given" if failure is None else type(failure).__name__,
    )
    return given, failure


def _meaning_of(error: str, description: str, seen: list[httpx2.Response]) -> XeroError:
    status = seen[-1].status_code if seen else None
    words = scrub(f"{error}: {description}" if description else error)
    if error == "invalid_grant":
        return GrantRefused(words, http_status=status)
    if error in _OPERATOR_ERRORS:
        return AppMisconfigured(f"Xero refuses the app's registration ({words})", http_status=status)
    return XeroUnavailable(f"Xero's token endpoint answered {words}", http_status=status)


def _unavailable(answer: httpx2.Response) -> XeroUnavailable:
    limits = read_limits({name.lower(): value for name, value in answer.headers.items()})
    return XeroUnavailable(
        f"Xero's token endpoint answered {answer.status_code}",
        http_status=answer.status_code,
        retry_after_seconds=limits.retry_after_seconds,
    )


@contextmanager
def _authlib(app: App, secret: str, **options: Any) -> Iterator[Any]:
    """Return Authlib's client for one request, on the process's connection pool. It keeps nothing afterwards."""
    session = OAuth2Client(
        client_id=app.client_id,
        client_secret=secret or None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        revocation_endpoint_auth_method="client_secret_basic" if secret else "none",
        code_challenge_method="S256",
        transport=client.shared_transport(),
        trust_env=False,
        headers={"User-Agent": client.USER_AGENT},
        **options,
    )
    try:
        yield session
    finally:
        session.close()
