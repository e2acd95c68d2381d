"""The vendor's staff: who may move clubs, which every step asks here first, and the keys of their support desk.

A key is made once, shown once and kept as a hash; it does what its person may.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from clubledger.changeover.errors import ChangeoverError, NotStaff
from clubledger.changeover.models import StaffKey
from clubledger.clubs import audit
from clubledger.clubs.models import User
from clubledger.foundation import clock

MARK = "clv"
MOST_LIVE_KEYS = 50
USE_IS_KEPT_EVERY = timedelta(minutes=1)

log = structlog.get_logger("clubledger.changeover")


class TooManyKeys(ChangeoverError):
    """There are as many live keys as there can be."""


class UnknownKey(Exception):
    """No live key has this secret, or its person is no longer staff."""


def require(actor: User) -> None:
    """Raise NotStaff unless the actor is active staff of the vendor."""
    if not (actor.is_active and actor.is_staff):
        raise NotStaff(_("Only the vendor's staff may do this."))


# --- Keys -------------------------------------------------------------------------------------------------------------


def list_keys(*, actor: User) -> list[StaffKey]:
    """Return all keys with their people, the live ones first, newest first. Raises NotStaff."""
    require(actor)
    rows = StaffKey.objects.select_related("acts_for").order_by("-created_at", "-pk")
    return sorted(rows, key=lambda key: key.revoked_at is not None)


def key_works(key: StaffKey) -> bool:
    """Whether the key still opens anything: it is not revoked, and its person is still staff."""
    return key.revoked_at is None and key.acts_for.is_active and key.acts_for.is_staff


@transaction.atomic
def create_key(*, actor: User, name: str) -> tuple[StaffKey, str]:
    """Make a key that acts for `actor`. Returns it with its secret, which can't be shown again.

    Raises NotStaff, TooManyKeys.
    """
    require(actor)
    if StaffKey.objects.filter(revoked_at=None).count() >= MOST_LIVE_KEYS:
        raise TooManyKeys(_("There are %(count)s live keys. Revoke one first.") % {"count": MOST_LIVE_KEYS})
    prefix, rest = f"{MARK}_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    key = StaffKey.objects.create(
        name=name[:100], prefix=prefix, secret_hash=_hash_of(rest), acts_for=actor, created_at=clock.now()
    )
    _note(actor, key, "created")
    return key, f"{prefix}_{rest}"


@transaction.atomic
def revoke_key(*, actor: User, prefix: str) -> bool:
    """Stop a key at once and for good. False if there is no such live key. Raises NotStaff."""
    require(actor)
    key = StaffKey.objects.filter(prefix=prefix, revoked_at=None).first()
    if key is None or not StaffKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
        return False
    _note(actor, key, "revoked")
    return True


def open_with_key(secret: str) -> StaffKey:
    """Return the live key that has this secret, with its person. Raises UnknownKey."""
    mark, _sign, tail = secret[:200].partition("_")
    short, _sign, rest = tail.partition("_")
    key = StaffKey.objects.select_related("acts_for").filter(prefix=f"{mark}_{short}").first()
    # A hash is compared in any case, so that time does not tell which prefixes exist.
    fits = hmac.compare_digest(key.secret_hash if key else _hash_of(""), _hash_of(rest))
    if key is None or not fits or key.revoked_at is not None:
        log.warning("staff_key.refused")
        raise UnknownKey
    if not key_works(key):
        log.warning("staff_key.person_left", prefix=key.prefix)
        raise UnknownKey
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_KEPT_EVERY)
    StaffKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def _note(actor: User, key: StaffKey, what: str) -> None:
    audit.note(
        club=None,
        actor=actor,
        action=f"staff_key.{what}",
        subject=key.prefix,
        summary=f"The staff key {key.name} was {what}.",
    )


def _hash_of(rest: str) -> str:
    # The secret is 256 random bits: a fast hash is enough, nobody can try them all.
    return hashlib.sha256(rest.encode()).hexdigest()
