"""Signing keys and tokens: what they contain, how long they live and how they replace each other."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.jwk import RSAKey

from xero_simulator.model import AccessToken, App, AuthorisationCode, RefreshToken, SigningKey, XeroUser
from xero_simulator.world import World

ACCESS_TOKEN_SECONDS = 1_800
ID_TOKEN_SECONDS = 300
CODE_LIFE = timedelta(minutes=5)
REFRESH_LIFE = timedelta(days=60)
REPLACED_GRACE = timedelta(minutes=30)
_RSA_BITS = 2048
_spare_pems: list[str] = []


def _new_key(world: World) -> SigningKey:
    # Making an RSA key is slow, so simulators made later in one process start from the same first key.
    if not world.store.keys and _spare_pems:
        pem = _spare_pems[0]
    else:
        pem = RSAKey.generate_key(_RSA_BITS, auto_kid=False).as_pem(private=True).decode()
        _spare_pems.append(pem)
    kid = hashlib.sha256(pem.encode()).hexdigest()[:40].upper()
    return world.store.keys.put(kid, SigningKey(kid, pem))


def rotate_key(world: World) -> str:
    """Make a new signing key and give its `kid`. Older keys stay published, so that their tokens can be checked."""
    signing_key(world)
    return _new_key(world).kid


def signing_key(world: World) -> SigningKey:
    """Return the key that signs now."""
    keys = list(world.store.keys)
    return keys[-1] if keys else _new_key(world)


_imported: dict[str, RSAKey] = {}


def _rsa(key: SigningKey) -> RSAKey:
    found = _imported.get(key.kid)
    if found is None:
        found = _imported[key.kid] = RSAKey.import_key(key.pem)
    return found


def _thumbprint(kid: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(kid)).rstrip(b"=").decode()


def jwks(world: World) -> dict[str, list[dict[str, object]]]:
    """Return the public keys, newest first."""
    signing_key(world)
    published = []
    for key in reversed(list(world.store.keys)):
        public = dict(_rsa(key).as_dict(private=False))
        shown: dict[str, object] = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid}
        published.append(shown | {"x5t": _thumbprint(key.kid), "e": public["e"], "n": public["n"]})
    return {"keys": published}


def _sign(world: World, claims: dict[str, object]) -> str:
    key = signing_key(world)
    header = {"alg": "RS256", "kid": key.kid, "typ": "JWT", "x5t": _thumbprint(key.kid)}
    return jwt.encode(header, claims, _rsa(key))


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to what, and in which browser session; every token of a chain carries it on."""

    app: App
    user: XeroUser
    scopes: list[str]
    auth_event_id: str
    session_id: str
    signed_in_at: datetime
    nonce: str | None = None

    @classmethod
    def of(cls, world: World, origin: AuthorisationCode | RefreshToken) -> Consent:
        """Return the consent behind a code or a refresh token."""
        return cls(
            world.store.apps[origin.client_id],
            world.store.users[origin.user_id],
            origin.scopes,
            origin.auth_event_id,
            origin.session_id,
            origin.signed_in_at,
            origin.nonce if isinstance(origin, AuthorisationCode) else None,
        )


def issue(world: World, consent: Consent, chain_id: str | None = None) -> dict[str, object]:
    """Return the token endpoint's answer: a new access token, and by scope a refresh token and an id token."""
    access_token = _access_token(world, consent)
    answer: dict[str, object] = {}
    if "openid" in consent.scopes:
        answer["id_token"] = _id_token(world, consent, access_token)
    answer |= {"access_token": access_token, "expires_in": ACCESS_TOKEN_SECONDS, "token_type": "Bearer"}
    if "offline_access" in consent.scopes:
        answer["refresh_token"] = _refresh_token(world, consent, chain_id or world.guid())
    answer["scope"] = " ".join(consent.scopes)
    return answer


def _access_token(world: World, consent: Consent) -> str:
    now = int(world.now().timestamp())
    token = _sign(
        world,
        {
            "nbf": now,
            "exp": now + ACCESS_TOKEN_SECONDS,
            "iss": world.origin,
            "aud": f"{world.origin}/resources",
            "client_id": consent.app.client_id,
            "sub": consent.user.subject,
            "auth_time": int(consent.signed_in_at.timestamp()),
            "xero_userid": consent.user.user_id,
            "global_session_id": consent.session_id,
            "sid": consent.session_id,
            "jti": world.hex(32),
            "authentication_event_id": consent.auth_event_id,
            "scope": consent.scopes,
            "amr": ["pwd"],
        },
    )
    _keep_access_token(world, token, consent.app, consent.scopes, consent)
    return token


def _keep_access_token(world: World, token: str, app: App, scopes: list[str], consent: Consent | None = None) -> None:
    """Remember an access token until it expires; without a consent it belongs to the app itself."""
    expires_at = world.now() + timedelta(seconds=ACCESS_TOKEN_SECONDS)
    user_id, auth_event_id = (consent.user.user_id, consent.auth_event_id) if consent else ("", "")
    row = AccessToken(token, app.client_id, user_id, scopes, auth_event_id, expires_at)
    world.store.access_tokens.put(token, row)
    # Expired ones are kept for a day, so that they are told apart from forged ones.
    stale = world.now() - timedelta(days=1)
    for key, row in list(world.store.access_tokens.rows.items())[:8]:
        if row.expires_at < stale:
            world.store.access_tokens.delete(key)


def issue_for_app(world: World, app: App, scopes: list[str]) -> dict[str, object]:
    """Return the answer for client credentials: an access token without a user, and nothing to refresh."""
    now = int(world.now().timestamp())
    token = _sign(
        world,
        {
            "nbf": now,
            "exp": now + ACCESS_TOKEN_SECONDS,
            "iss": world.origin,
            "aud": f"{world.origin}/resources",
            "client_id": app.client_id,
            "jti": world.hex(32),
            "scope": scopes,
        },
    )
    _keep_access_token(world, token, app, scopes)
    return {
        "access_token": token,
        "expires_in": ACCESS_TOKEN_SECONDS,
        "token_type": "Bearer",
        "scope": " ".join(scopes),
    }


def _id_token(world: World, consent: Consent, access_token: str) -> str:
    now = int(world.now().timestamp())
    user = consent.user
    digest = hashlib.sha256(access_token.encode()).digest()[:16]
    claims: dict[str, object] = {
        "nbf": now,
        "exp": now + ID_TOKEN_SECONDS,
        "iss": world.origin,
        "aud": consent.app.client_id,
        "iat": now,
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "sid": consent.session_id,
        "sub": user.subject,
        "auth_time": int(consent.signed_in_at.timestamp()),
        "xero_userid": user.user_id,
        "global_session_id": consent.session_id,
        "amr": ["pwd"],
    }
    if consent.nonce is not None:
        claims["nonce"] = consent.nonce
    claims |= profile_claims(user, consent.scopes)
    return _sign(world, claims)


def profile_claims(user: XeroUser, scopes: list[str]) -> dict[str, object]:
    """Return the claims about a person that the `profile` and `email` scopes open."""
    claims: dict[str, object] = {}
    if "profile" in scopes:
        claims |= {
            "preferred_username": user.email,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "name": f"{user.given_name} {user.family_name}",
        }
    if "email" in scopes:
        claims["email"] = user.email
    return claims


def _refresh_token(world: World, consent: Consent, chain_id: str) -> str:
    now = world.now()
    for earlier in world.store.refresh_tokens:
        if earlier.chain_id == chain_id:
            if earlier.replaced_at is None:
                earlier.replaced_at = now
                world.store.refresh_tokens.put(earlier.token, earlier)
            elif now > earlier.replaced_at + REPLACED_GRACE:
                world.store.refresh_tokens.delete(earlier.token)
    token = world.hex(64)
    row = RefreshToken(
        token,
        chain_id,
        consent.app.client_id,
        consent.user.user_id,
        consent.scopes,
        consent.auth_event_id,
        consent.session_id,
        now,
        consent.signed_in_at,
        now + REFRESH_LIFE,
    )
    world.store.refresh_tokens.put(token, row)
    return token


def is_refreshable(world: World, token: RefreshToken) -> bool:
    """Whether a refresh token still works: used within 60 days, replaced not more than 30 minutes ago."""
    now = world.now()
    if now >= token.expires_at:
        return False
    return token.replaced_at is None or now <= token.replaced_at + REPLACED_GRACE
