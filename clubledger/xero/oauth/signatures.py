"""Checking what Xero signs: its public keys, kept for hours, and the id_token's claims. Decides nothing else."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from clubledger.foundation import clock
from clubledger.xero.errors import AnswerUnreadable, IdentityUnproven, XeroUnavailable
from clubledger.xero.http import client
from clubledger.xero.http.network import Deadline
from clubledger.xero.http.wire import Unreadable, read_json

KEPT_FOR = timedelta(hours=6)
LEEWAY_SECONDS = 120
FETCH_SECONDS = 10.0
ALGORITHMS = ["RS256"]

log = structlog.get_logger("clubledger.xero")


@dataclass(frozen=True)
class _Kept:
    keys: KeySet
    fetched_at: datetime


_lock = threading.Lock()
_kept: dict[tuple[str, int], _Kept] = {}


def check_id_token(*, id_token: str, access_token: str, client_id: str, nonce: str) -> Mapping[str, Any]:
    """Return the claims of an id_token that proves itself: signature, issuer, audience, times, nonce, at_hash if there.

    OpenID Connect Core 3.1.3.7. Raises IdentityUnproven, XeroUnavailable when the keys can't be fetched.
    """
    claims = signed_claims(id_token)
    registry = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.XERO_IDENTITY_URL},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        raise IdentityUnproven(f"the id_token's claims do not hold ({error.error})") from None
    if not secrets.compare_digest(str(claims["nonce"]), nonce):
        raise IdentityUnproven("the id_token belongs to another request")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise IdentityUnproven("the id_token was made for another app")
    at_hash = claims.get("at_hash")
    if at_hash is not None and not secrets.compare_digest(str(at_hash), _hash_of(access_token)):
        raise IdentityUnproven("the id_token belongs to another access token")
    return claims


def _hash_of(access_token: str) -> str:
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def signed_claims(token: str) -> Mapping[str, Any]:
    """Return the claims of a JWT that Xero signed; times and audience are not looked at.

    A key id that is not known has the keys fetched anew, once. Raises IdentityUnproven, or XeroUnavailable where the
    keys can't be fetched.
    """
    known = _keys(newer_than=None)
    try:
        return jwt.decode(token, known.keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        first = error
    newest = _keys(newer_than=known.fetched_at) if isinstance(first, InvalidKeyIdError) else known
    try:
        return jwt.decode(token, newest.keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        name = getattr(error, "error", "") or type(error).__name__
        raise IdentityUnproven(f"the token's signature does not hold ({name})") from None


def forget() -> None:
    """Forget all keys."""
    with _lock:
        _kept.clear()


def _keys(*, newer_than: datetime | None) -> _Kept:
    place = (settings.XERO_IDENTITY_URL, client.epoch())
    with _lock:
        kept = _kept.get(place)
    now = clock.now()
    is_fresh = kept is not None and timedelta(0) <= now - kept.fetched_at < KEPT_FOR
    if kept is not None and is_fresh and newer_than is None:
        return kept
    try:
        fetched = _Kept(_fetch_keys(), now)
    except XeroUnavailable:
        # Old keys are better than none: Xero's discovery sits behind a network that refuses frequent callers.
        if kept is None:
            raise
        log.warning("xero.keys_not_fetched")
        return kept
    with _lock:
        _kept[place] = fetched
    return fetched


def _fetch_keys() -> KeySet:
    deadline = Deadline.after(FETCH_SECONDS)
    address = f"{settings.XERO_IDENTITY_URL}/.well-known/openid-configuration/jwks"
    try:
        discovered = _fetch_json(f"{settings.XERO_IDENTITY_URL}/.well-known/openid-configuration", deadline)
        # OpenID Connect Discovery 4.3: a document that names another issuer is not to be used.
        if discovered.get("issuer") == settings.XERO_IDENTITY_URL and isinstance(discovered.get("jwks_uri"), str):
            address = discovered["jwks_uri"]
    except XeroUnavailable:
        log.warning("xero.discovery_not_read")
    try:
        # Xero-side keys of a kind that is not known here are left out, as RFC 7517 section 5 wants.
        keys: Any = _fetch_json(address, deadline)
        return KeySet.import_key_set(keys)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise AnswerUnreadable(f"Xero's keys can't be read ({type(error).__name__})") from None


def _fetch_json(url: str, deadline: Deadline) -> Mapping[str, Any]:
    reply = client.exchange("GET", url, headers={"Accept": "application/json"}, deadline=deadline)
    if not reply.is_success:
        raise XeroUnavailable(
            f"Xero answered {reply.status} instead of its keys",
            http_status=reply.status,
            correlation_id=reply.correlation_id,
        )
    try:
        found = read_json(reply.body)
    except Unreadable:
        found = None
    if not isinstance(found, Mapping):
        raise AnswerUnreadable("Xero's answer is not JSON", http_status=reply.status)
    return found
