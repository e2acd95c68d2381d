"""API keys of a club: made once, shown once, kept as a hash. A key acts for a person and can do no more than they."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import ApiKey, Club, User, one_line
from clubledger.foundation import clock

MARK = "clk"
MOST_LIVE = 20
USE_IS_KEPT_EVERY = timedelta(minutes=1)
REFUSAL_IS_NOTED_EVERY = timedelta(hours=1)
log = structlog.get_logger(__name__)


class KeyRefused(Exception):
    """Root of why a key opens nothing."""


class UnknownKey(KeyRefused):
    """No key has this secret; or it was revoked, or its club or person was switched off."""


class TooManyKeys(KeyRefused):
    """The club has as many live keys as it can have."""


def of_club(*, club: Club) -> list[ApiKey]:
    """Return the club's keys, the live ones first, newest first."""
    rows = ApiKey.objects.of(club).select_related("acts_for", "created_by").order_by("-created_at", "-pk")
    return sorted(rows, key=lambda key: key.revoked_at is not None)


def live_key(*, club: Club, key_id: int) -> ApiKey | None:
    """Return one key of the club that was not revoked."""
    found: ApiKey | None = ApiKey.objects.of(club).filter(pk=key_id, revoked_at=None).first()
    return found


@transaction.atomic
def create(*, club: Club, actor: User, name: str, may_import: bool) -> tuple[ApiKey, str]:
    """Make a key that acts for `actor`. Returns it with its secret, which can't be shown again.

    Raises NotAllowed (a key needs the right to change settings, one that imports also that to import) or TooManyKeys.
    """
    access.lock_club(club)
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    if may_import:
        access.require(club=club, actor=actor, permission=Permission.IMPORT)
    if ApiKey.objects.of(club).filter(revoked_at=None).count() >= MOST_LIVE:
        raise TooManyKeys(gettext("The club has %(most_live)s live keys. Revoke one first.") % {"most_live": MOST_LIVE})
    prefix, rest = f"{MARK}_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    key = ApiKey.objects.of(club).create(
        club=club,
        name=one_line(name),
        prefix=prefix,
        secret_hash=_hash_of(rest),
        may_import=may_import,
        acts_for=actor,
        created_by=actor,
    )
    _note(key, actor, "api_key.created", f"API key {key} was made to {'import and read' if may_import else 'read'}.")
    return key, f"{prefix}_{rest}"


@transaction.atomic
def revoke(*, club: Club, actor: User, key_id: int) -> ApiKey:
    """Stop a key at once and for good. Raises NotAllowed or ApiKey.DoesNotExist."""
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    key: ApiKey = ApiKey.objects.of(club).get(pk=key_id)
    if ApiKey.objects.of(club).filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
        _note(key, actor, "api_key.revoked", f"API key {key} was revoked.")
    key.refresh_from_db()
    return key


@transaction.atomic
def take_over(*, club: Club, actor: User, key_id: int) -> ApiKey:
    """Let a live key act for `actor` from now on, as when its person has left. Raises as `create` and `revoke` do."""
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    key: ApiKey = ApiKey.objects.of(club).select_related("acts_for").get(pk=key_id, revoked_at=None)
    if key.may_import:
        access.require(club=club, actor=actor, permission=Permission.IMPORT)
    before = key.acts_for.email
    ApiKey.objects.of(club).filter(pk=key.pk).update(acts_for=actor)
    audit.note(
        club=club,
        actor=actor,
        action="api_key.taken_over",
        subject=key.prefix,
        summary=f"API key {key} acts for {actor} from now on.",
        before={"acts_for": before},
        after={"acts_for": actor.email},
    )
    key.refresh_from_db()
    return key


def works(key: ApiKey, roles: Mapping[int, str]) -> bool:
    """Whether the key's person still has the rights that it needs; `roles` are those of `access.roles_at`."""
    needed = Permission.IMPORT if key.may_import else Permission.SEE
    role = roles.get(key.acts_for_id)
    return key.revoked_at is None and role is not None and needed in access.PERMISSIONS[role]


def open_with(secret: str) -> ApiKey:
    """Return the live key that has this secret, with its club and person, and keep when it was used. Raises UnknownKey.

    Unknown and revoked keys, and keys of clubs or people that were switched off, are refused alike.
    """
    prefix, rest = _split(secret)
    rows = ApiKey.objects.across_clubs("a key says of which club it is")
    key: ApiKey | None = rows.select_related("club", "acts_for").filter(prefix=prefix).first()
    # A hash is compared in any case, so that time does not tell which prefixes exist.
    fits = hmac.compare_digest(key.secret_hash if key else _hash_of(""), _hash_of(rest))
    if key is None or not fits:
        log.warning("api_key.unknown")
        raise UnknownKey
    if key.revoked_at is not None:
        _note_refusal(key)
        raise UnknownKey
    if not (key.club.is_active and access.may(key.acts_for, key.club, Permission.SEE)):
        log.warning("api_key.person_lost_access", prefix=key.prefix)
        raise UnknownKey
    _keep_use(key)
    return key


def _split(secret: str) -> tuple[str, str]:
    """Take a secret apart into prefix and random part, which may have underscores of its own."""
    mark, _, tail = secret[:200].partition("_")
    short, _, rest = tail.partition("_")
    return f"{mark}_{short}", rest


def _keep_use(key: ApiKey) -> None:
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_KEPT_EVERY)
    if not ApiKey.objects.of(key.club).filter(stale, pk=key.pk).update(last_used_at=now):
        return
    if key.last_used_at is None:
        with transaction.atomic():
            _note(key, key.acts_for, "api_key.first_used", f"API key {key} was used for the first time.")


def _note_refusal(key: ApiKey) -> None:
    now = clock.now()
    with transaction.atomic():
        stale = Q(last_refused_at=None) | Q(last_refused_at__lt=now - REFUSAL_IS_NOTED_EVERY)
        if ApiKey.objects.of(key.club).filter(stale, pk=key.pk).update(last_refused_at=now):
            _note(key, None, "api_key.refused", f"API key {key}, revoked, was used and refused.")


def _note(key: ApiKey, actor: User | None, action: str, summary: str) -> None:
    after = {"name": key.name, "may_import": key.may_import}
    audit.note(club=key.club, actor=actor, action=action, subject=key.prefix, summary=summary, after=after)


def _hash_of(rest: str) -> str:
    # The secret is 256 random bits: a fast hash is enough, nobody can try them all.
    return hashlib.sha256(rest.encode()).hexdigest()
