"""Keeping a Xero user's tokens fresh, by one refresher at a time across all processes.

The lease is a guarded UPDATE, committed before the network; the new pair is stored after it, guarded by the generation.
Losers wait briefly and read again. A refresh token is believed dead only after a second look at what is stored.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from clubledger.foundation import clock, wake
from clubledger.xero.errors import AuthorisationLost, GrantRefused, NeverSent, XeroError, XeroUnavailable
from clubledger.xero.http.answers import lacks_scope
from clubledger.xero.http.client import Reply
from clubledger.xero.http.network import Deadline
from clubledger.xero.models import TokenSet
from clubledger.xero.oauth import authorisations, flow

LEASE_SECONDS = 60.0
NETWORK_SECONDS = 12.0
TRIES = 3
LOSER_WAIT_SECONDS = 5.0
MARGIN_SECONDS = 120.0
GRACE = timedelta(minutes=30)
RETRY_AFTER_SECONDS = 30
KNOWN_SECONDS = 30

_ENOUGH_TO_CALL = ("access_token", "access_expires_at", "generation", "died_at")

log = structlog.get_logger("clubledger.xero")


def fresh(token_set_id: int, *, refused_generation: int | None = None) -> TokenSet:
    """Return the token set with an access token that is good for two more minutes, refreshed if it must be.

    `refused_generation` says that Xero has just refused the access token of that generation, whatever its time says.
    Raises AuthorisationLost when it is dead, AppMisconfigured, and XeroUnavailable when no answer can be had for now.
    Must not be called inside a database transaction: the lease has to be committed before the network.
    """
    give_up = time.monotonic() + LOSER_WAIT_SECONDS
    pause = 0.02
    while True:
        # Nearly always it is good: then neither the refresh tokens nor the app's secret are read.
        tokens = TokenSet.objects.only(*_ENOUGH_TO_CALL).get(pk=token_set_id)
        if tokens.died_at is not None:
            raise _lost()
        if not needs_refresh(tokens, refused_generation):
            return tokens
        tokens = TokenSet.objects.select_related("app").get(pk=token_set_id)
        if tokens.died_at is not None or not needs_refresh(tokens, refused_generation):
            continue
        holder = uuid.uuid4().hex
        if _take_lease(tokens, holder):
            return _refresh(tokens, holder)
        if time.monotonic() >= give_up:
            raise XeroUnavailable(_("Xero's tokens are being renewed by another worker."), retry_after_seconds=5)
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the losers, guards nothing
        pause = min(pause * 2, 0.5)


class Known:
    """The tokens that were last read of a set, good to be used again for some seconds. It shows none of them.

    A token that was replaced meanwhile is good until its time or, to Xero, not at all: then it answers 401, and what is
    stored is read again.
    """

    def __init__(self, tokens: TokenSet | None = None) -> None:
        self._tokens, self._read_at = tokens, clock.now()

    def good(self) -> TokenSet | None:
        """Return them if they were read just now and need no refresh."""
        tokens, age = self._tokens, clock.now() - self._read_at
        is_new = timedelta() <= age <= timedelta(seconds=KNOWN_SECONDS)
        return tokens if tokens is not None and is_new and not needs_refresh(tokens) else None

    def keep(self, tokens: TokenSet) -> TokenSet:
        """Remember what was read now."""
        self._tokens, self._read_at = tokens, clock.now()
        return tokens


def call_with_token(token_set_id: int, call: Callable[[str], Reply], known: Known | None = None) -> Reply:
    """Make a call with a live access token, and once more after a refresh if Xero answers that it is not good.

    401 means that the call was not executed, so that a write may be repeated too. A lacking scope is no reason to
    refresh. Trouble in getting a token is NeverSent: the call itself was not made. `known` spares reading the tokens.
    """
    known = known or Known()
    tokens = known.good() or known.keep(_fresh_or_never_sent(token_set_id, None))
    reply = call(tokens.access_token)
    if reply.status != 401 or lacks_scope(reply):
        return reply
    tokens = known.keep(_fresh_or_never_sent(token_set_id, tokens.generation))
    return call(tokens.access_token)


def _fresh_or_never_sent(token_set_id: int, refused_generation: int | None) -> TokenSet:
    try:
        return fresh(token_set_id, refused_generation=refused_generation)
    except XeroUnavailable as error:
        raise NeverSent(
            error.words,
            http_status=error.http_status,
            correlation_id=error.correlation_id,
            retry_after_seconds=error.retry_after_seconds or RETRY_AFTER_SECONDS,
        ) from None


def _lost() -> AuthorisationLost:
    return AuthorisationLost(_("Xero no longer accepts this authorisation. Authorize Xero again."), because="expired")


def needs_refresh(tokens: TokenSet, refused_generation: int | None = None) -> bool:
    """Whether the access token has less than two minutes left, or is the one that Xero has just refused."""
    if refused_generation is not None:
        return tokens.generation <= refused_generation
    return tokens.access_expires_at <= clock.now() + timedelta(seconds=MARGIN_SECONDS)


def _take_lease(tokens: TokenSet, holder: str) -> bool:
    """Take the lease on exactly the tokens that were read, committed when this returns."""
    now = clock.now()
    with transaction.atomic(durable=True):
        won = (
            TokenSet.objects.filter(pk=tokens.pk, generation=tokens.generation, died_at=None)
            .filter(Q(lease_until=None) | Q(lease_until__lte=now))
            .update(lease_holder=holder, lease_until=now + timedelta(seconds=LEASE_SECONDS))
        )
    return won == 1


@sensitive_variables("tokens", "given", "candidates")
def _refresh(tokens: TokenSet, holder: str) -> TokenSet:
    """Refresh under the lease. The stored token first; where it is refused, the one before it within its grace."""
    ends = time.monotonic() + LEASE_SECONDS - NETWORK_SECONDS
    candidates = [tokens.refresh_token]
    if (
        tokens.previous_refresh_token
        and tokens.previous_replaced_at
        and clock.now() < tokens.previous_replaced_at + GRACE
    ):
        candidates.append(tokens.previous_refresh_token)
    for candidate in candidates:
        try:
            given = _ask(tokens, candidate, ends)
        except GrantRefused:
            newer = _stored_by_another(tokens, holder)
            if newer is not None:
                return newer
            continue
        except XeroUnavailable as error:
            # Perhaps executed: the holder's name stays behind, so that `unfinished` finds the set and asks again with
            # the old token while Xero still takes it.
            _release(tokens, holder, unfinished=not isinstance(error, NeverSent))
            raise
        except XeroError:
            _release(tokens, holder, unfinished=False)
            raise
        return _store(tokens, holder, given, used=candidate)
    _bury(tokens, holder)
    raise _lost()


def _ask(tokens: TokenSet, refresh_token: str, ends: float) -> flow.Tokens:
    """Ask for new tokens. After a lost answer ask again with the same old token: that is what the grace is for."""
    for attempt in range(TRIES):
        try:
            return flow.refresh(tokens.app, refresh_token=refresh_token, deadline=Deadline.after(NETWORK_SECONDS))
        except XeroUnavailable as error:
            is_last = attempt == TRIES - 1 or time.monotonic() > ends
            if is_last or error.http_status in {403, 429}:
                raise
        time.sleep(random.uniform(0.05, 0.2) * (attempt + 1))  # noqa: S311 - jitter
    raise AssertionError("unreachable")


def _stored_by_another(tokens: TokenSet, holder: str) -> TokenSet | None:
    """Look a second time at what is stored: another process, or a new consent, may just have replaced it."""
    now = TokenSet.objects.select_related("app").get(pk=tokens.pk)
    if now.generation == tokens.generation:
        return None
    log.info("xero.refresh_overtaken", set_id=tokens.pk, generation=now.generation)
    _release(tokens, holder, unfinished=False)
    return now


@sensitive_variables("given", "used")
def _store(tokens: TokenSet, holder: str, given: flow.Tokens, *, used: str) -> TokenSet:
    now = clock.now()
    with transaction.atomic(durable=True):
        stored = TokenSet.objects.filter(pk=tokens.pk, generation=tokens.generation, lease_holder=holder).update(
            access_token=given.access_token,
            refresh_token=given.refresh_token or used,
            previous_refresh_token=used,
            previous_replaced_at=now,
            scopes=given.scopes or tokens.scopes,
            access_expires_at=now + timedelta(seconds=given.expires_in_seconds),
            refreshed_at=now,
            generation=tokens.generation + 1,
            lease_holder="",
            lease_until=None,
            died_at=None,
        )
    log.info("xero.refreshed", set_id=tokens.pk, generation=tokens.generation + 1, stored=bool(stored))
    newest = TokenSet.objects.select_related("app").get(pk=tokens.pk)
    if not stored and newest.generation == tokens.generation:
        # The lease lapsed and another holds it now, with the same old token, which Xero still takes for its grace.
        raise XeroUnavailable(_("Xero's tokens are being renewed by another worker."), retry_after_seconds=5)
    return newest


def _release(tokens: TokenSet, holder: str, *, unfinished: bool) -> None:
    changes: dict[str, object] = (
        {"lease_until": clock.now()} if unfinished else {"lease_holder": "", "lease_until": None}
    )
    TokenSet.objects.filter(pk=tokens.pk, lease_holder=holder).update(**changes)
    if unfinished:
        wake.wake("xero.sweep", delay_seconds=60)


def _bury(tokens: TokenSet, holder: str) -> None:
    """Note that Xero refuses the newest token: the authorisations that rest on it have ended."""
    now = clock.now()
    with transaction.atomic():
        buried = TokenSet.objects.filter(pk=tokens.pk, generation=tokens.generation, lease_holder=holder).update(
            died_at=now, lease_holder="", lease_until=None
        )
        if buried:
            log.warning("xero.token_set_died", set_id=tokens.pk)
            authorisations.end_all_on(token_set_id=tokens.pk, because="expired")
