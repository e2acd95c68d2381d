"""Only an id_token that proves itself says who consented."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from clubledger.clubs.models import Role
from clubledger.foundation import clock
from clubledger.xero.errors import IdentityUnproven, XeroUnavailable
from clubledger.xero.oauth import signatures
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_xero import ConnectedClub, XeroWorld, make_app

NONCE = "n" * 43
ACCESS = "an-access-token"


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "our-test-key", "use": "sig", "alg": "RS256"})


@pytest.fixture
def published(xero: XeroWorld, key: RSAKey) -> XeroWorld:
    """A Xero that publishes a key of which the test holds the private half."""
    import orjson

    public = {"keys": [key.as_dict(private=False), {"kty": "PQ-UNKNOWN", "kid": "from-the-future"}]}
    xero.simulator.fault(
        "500-html",
        path="/jwks$",
        times=0,
        status=200,
        text=orjson.dumps(public).decode(),
        content_type="application/json",
    )
    return xero


def signed(key: RSAKey, xero: XeroWorld, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(clock.now().timestamp())
    claims = {
        "iss": xero.simulator.world.origin, "aud": "clubledger-v3", "exp": now + 300, "iat": now, "nbf": now,
        "sub": "s", "xero_userid": "u", "nonce": NONCE, "at_hash": signatures._hash_of(ACCESS),
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "our-test-key"} | (header or {}), claims, key)


def check(token: str) -> Any:
    return signatures.check_id_token(id_token=token, access_token=ACCESS, client_id="clubledger-v3", nonce=NONCE)


def test_a_good_one_is_believed_with_and_without_at_hash(published: XeroWorld, key: RSAKey):
    assert check(signed(key, published))["xero_userid"] == "u"
    assert check(signed(key, published, at_hash=None))
    assert check(signed(key, published, aud=["clubledger-v3", "other"], azp="clubledger-v3"))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://identity.evil.example"},
        {"aud": "another-app"},
        {"aud": ["clubledger-v3", "another-app"]},
        {"exp": 1},
        {"exp": None},
        {"nonce": "another request's"},
        {"nonce": None},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"nbf": 4_000_000_000},
    ],
)
def test_a_claim_that_does_not_hold_is_refused(published: XeroWorld, key: RSAKey, changes: dict[str, Any]):
    with pytest.raises(IdentityUnproven):
        check(signed(key, published, **changes))


def test_another_signature_no_signature_and_no_token_are_refused(published: XeroWorld, key: RSAKey):
    other = RSAKey.generate_key(2048, {"kid": "our-test-key"})
    good = signed(key, published)
    unsigned = "eyJhbGciOiJub25lIn0." + good.split(".")[1] + "."
    secret = jwt.encode({"alg": "HS256", "kid": "our-test-key"}, {"nonce": NONCE}, _as_secret())
    for wrong in (signed(other, published), unsigned, secret, good[:-4] + "AAAA", "", "not.a.token"):
        with pytest.raises(IdentityUnproven):
            check(wrong)


def _as_secret() -> Any:
    from joserfc.jwk import OctKey

    return OctKey.generate_key(256)


def test_an_unknown_key_has_them_fetched_anew_once(published: XeroWorld, key: RSAKey):
    check(signed(key, published))
    before = len(published.simulator.requests("GET", "jwks"))
    check(signed(key, published))
    assert len(published.simulator.requests("GET", "jwks")) == before
    stranger = RSAKey.generate_key(2048, {"kid": "stranger"})
    with pytest.raises(IdentityUnproven):
        check(signed(stranger, published, {"kid": "stranger"}))
    assert len(published.simulator.requests("GET", "jwks")) == before + 1


def test_keys_are_kept_for_hours_and_old_ones_outlive_an_outage(published: XeroWorld, key: RSAKey):
    check(signed(key, published))
    published.later(hours=5)
    check(signed(key, published))
    assert len(published.simulator.requests("GET", "jwks")) == 1
    published.later(hours=2)
    published.transport.is_unreachable = True
    check(signed(key, published))
    signatures.forget()
    with pytest.raises(XeroUnavailable):
        check(signed(key, published))


def test_discovery_refusing_frequent_callers_is_no_obstacle(published: XeroWorld, key: RSAKey):
    published.simulator.fault("500-html", path="openid-configuration$", times=0, status=403)
    assert check(signed(key, published))


def test_a_discovery_that_names_another_issuer_is_not_used(published: XeroWorld, key: RSAKey):
    text = '{"issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys"}'
    published.simulator.fault("500-html", path="openid-configuration$", times=0, status=200, text=text)
    assert check(signed(key, published))


@pytest.mark.django_db
def test_a_key_rotated_at_xero_is_followed(connected: ConnectedClub):
    connected.xero.kit("POST", "keys/rotate", {})
    assert connected.xero.authorise(connected.club, connected.treasurer).pk == connected.authorisation.pk


@pytest.mark.django_db
def test_an_id_token_for_another_nonce_binds_nothing(xero: XeroWorld):
    from clubledger.xero.connection import consent
    from clubledger.xero.models import AuthorisationRequest

    make_app()
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    params = xero.return_from_xero(club, user)
    AuthorisationRequest.objects.of(club).update(nonce="stolen")
    started = time.monotonic()
    outcome = consent.finish_authorisation(actor=user, params=params)
    assert outcome.kind == "failed"
    assert "prove" in outcome.words
    assert time.monotonic() - started < 5
