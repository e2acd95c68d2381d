"""Keeping journals back for a time: the reason a person can read, and when it goes on by itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery
from clubledger.delivery.sending import turns
from clubledger.foundation import clock
from clubledger.ledger.journals import states
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero.errors import (
    AppMisconfigured,
    AuthorisationNeeded,
    ClockWrong,
    ConnectionMoved,
    Forbidden,
    RateLimited,
    XeroError,
)
from clubledger.xero.http.answers import Answer

LOOK_AGAIN_SECONDS = {
    WaitReason.AUTHORISATION: 900,
    WaitReason.CHANGEOVER: 900,
    WaitReason.PERMISSION: 900,
    WaitReason.LOCK: 3600,
    WaitReason.SETUP: 900,
    WaitReason.CLOCK: 300,
    WaitReason.LIMIT: 60,
    WaitReason.OFFLINE: 300,
    WaitReason.NETWORK: 30,
    WaitReason.CHECK: 3600,
    WaitReason.UNKNOWN: 3600,
    WaitReason.FAULT: 60,
}
"""How long a held journal rests before it is looked at again by itself, by reason. A person's act makes it sooner."""


def commit_window() -> timedelta:
    """Return the time within which Xero commits a request it has begun, or never."""
    return timedelta(seconds=settings.XERO_COMMIT_WINDOW_SECONDS)


@transaction.atomic
def hold(
    club: Club, deliveries: Sequence[Delivery], *, reason: WaitReason, seconds: float | None = None, words: str = ""
) -> None:
    """Keep queued journals back with a reason, and look again after `seconds` (by default, what suits the reason)."""
    until = clock.now() + timedelta(seconds=LOOK_AGAIN_SECONDS[reason] if seconds is None else seconds)
    fields: dict[str, Any] = {"xero_words": words} if words else {}
    states.move(
        club=club,
        journal_ids=[delivery.journal_id for delivery in deliveries],
        from_states=[JournalState.QUEUED],
        to_state=JournalState.QUEUED,
        wait_reason=reason,
        wait_until=until,
        **fields,
    )
    Delivery.objects.of(club).filter(pk__in=[delivery.pk for delivery in deliveries], closed_at=None).update(
        due_at=until
    )


def go_on(club: Club) -> None:
    """Have what waits for an authorisation served now: somebody has authorised, or the club's app was set back.

    Also looks at once for what is uncertain. Call it with the club locked; who still can't send is held again.
    """
    waiting = Q(
        journal__state=JournalState.QUEUED,
        journal__wait_reason__in=[WaitReason.AUTHORISATION, WaitReason.CHANGEOVER, WaitReason.PERMISSION],
    )
    later = Delivery.objects.of(club).filter(closed_at=None, due_at__gt=clock.now())
    later.filter(waiting | Q(journal__state=JournalState.UNCERTAIN)).update(due_at=clock.now())
    if Delivery.objects.of(club).filter(closed_at=None).exists():
        turns.make_due(club)


def hold_for_error(club: Club, deliveries: Sequence[Delivery], error: XeroError, *, app_id: int | None = None) -> None:
    """Keep queued journals back because Xero can't be asked under this name now.

    `app_id` is the app that it was asked by: its own limit keeps all its clubs from asking.
    """
    # Nil seconds are no answer: Xero would be asked again and again without a pause.
    seconds = getattr(error, "retry_after_seconds", None) or None
    hold(club, deliveries, reason=reason_of(error), seconds=seconds, words=error.words)
    if isinstance(error, RateLimited):
        until = clock.now() + timedelta(seconds=seconds or LOOK_AGAIN_SECONDS[WaitReason.LIMIT])
        turns.limit(club, until=until, problem=error.problem, app_id=app_id)


def reason_of(error: XeroError) -> WaitReason:
    """Return the one word that says why a journal waits."""
    if isinstance(error, ConnectionMoved):
        return WaitReason.CHANGEOVER
    if isinstance(error, AuthorisationNeeded):
        return WaitReason.AUTHORISATION
    if isinstance(error, AppMisconfigured):
        return WaitReason.SETUP
    if isinstance(error, ClockWrong):
        return WaitReason.CLOCK
    if isinstance(error, RateLimited):
        return WaitReason.LIMIT
    if isinstance(error, Forbidden):
        return _REASON_OF_PROBLEM.get(error.problem, WaitReason.PERMISSION)
    return WaitReason.NETWORK


_REASON_OF_PROBLEM = {
    "authorisation": WaitReason.AUTHORISATION,
    "connection": WaitReason.AUTHORISATION,
    "token": WaitReason.AUTHORISATION,
    "permission": WaitReason.PERMISSION,
    "area": WaitReason.PERMISSION,
    "scope": WaitReason.SETUP,
    "app": WaitReason.SETUP,
    "limit": WaitReason.LIMIT,
    "deadline": WaitReason.TURN,
}


def put_back(club: Club, deliveries: Sequence[Delivery], answer: Answer, *, app_id: int) -> None:
    """Queue journals again that Xero certainly did not take, and say until when they wait and for what.

    A good journal of a refused request goes on at once.
    """
    reason = _REASON_OF_PROBLEM.get(answer.problem, WaitReason.NETWORK if answer.problem else WaitReason.TURN)
    seconds: float = answer.retry_after_seconds or LOOK_AGAIN_SECONDS.get(reason, 0)
    until = clock.now() + timedelta(seconds=seconds)
    states.move(
        club=club,
        journal_ids=[delivery.journal_id for delivery in deliveries],
        from_states=[JournalState.SENDING],
        to_state=JournalState.QUEUED,
        wait_reason=reason,
        wait_until=until if seconds else None,
        xero_words=answer.words
        if reason in {WaitReason.PERMISSION, WaitReason.SETUP, WaitReason.AUTHORISATION}
        else "",
    )
    # Xero remembers what it refused, though not what it turned away for a limit: its memory must not answer next time.
    is_remembered = answer.http_status not in (None, 429)
    Delivery.objects.of(club).filter(pk__in=[delivery.pk for delivery in deliveries]).update(
        due_at=until,
        claimed_by="",
        claimed_until=None,
        uncertain_until=None,
        generation=F("generation") + (1 if is_remembered else 0),
    )
    if answer.limit_problem:
        turns.limit(club, until=until, problem=answer.limit_problem, app_id=app_id)


def heed_limit(club: Club, answer: Answer, *, app_id: int) -> None:
    """Ask Xero nothing more for as long as it said."""
    until = clock.now() + timedelta(seconds=answer.retry_after_seconds or LOOK_AGAIN_SECONDS[WaitReason.LIMIT])
    turns.limit(club, until=until, problem=answer.limit_problem, app_id=app_id)


def send_alone(club: Club, delivery: Delivery, words: str) -> None:
    """Queue a journal again, to be sent by itself: the request that carried it failed as a whole."""
    _queue_again(club, delivery, reason=WaitReason.TURN, seconds=0, words=words)
    Delivery.objects.of(club).filter(pk=delivery.pk).update(goes_alone=True)


def is_lock_refusal(words: str) -> bool:
    """Whether Xero refused a journal for its date (xero-facts 4.4, both wordings)."""
    lowered = words.lower()
    return "lock date" in lowered and "\n" not in words.strip()


def hold_for_lock(club: Club, delivery: Delivery, words: str) -> None:
    """Let a journal wait whose day was locked after it was validated; a person may withdraw it or move its date."""
    _queue_again(club, delivery, reason=WaitReason.LOCK, seconds=LOOK_AGAIN_SECONDS[WaitReason.LOCK], words=words)


def _queue_again(club: Club, delivery: Delivery, *, reason: WaitReason, seconds: float, words: str) -> None:
    until = clock.now() + timedelta(seconds=seconds)
    moved = states.move(
        club=club,
        journal_ids=[delivery.journal_id],
        from_states=[JournalState.SENDING, JournalState.UNCERTAIN],
        to_state=JournalState.QUEUED,
        wait_reason=reason,
        wait_until=until if seconds else None,
        xero_words=words,
    )
    if moved:
        # A new generation has a new idempotency key: Xero stores refusals under the old one.
        Delivery.objects.of(club).filter(pk=delivery.pk).update(
            generation=delivery.generation + 1,
            due_at=until,
            claimed_by="",
            claimed_until=None,
            uncertain_until=None,
            xero_journal_id="",
        )


def queue_again_after_look_up(club: Club, delivery: Delivery) -> None:
    """Send a journal again that Xero, looked up after its commit window, does not have."""
    _queue_again(club, delivery, reason=WaitReason.TURN, seconds=0, words="")
    if delivery.generation >= 2:
        Delivery.objects.of(club).filter(pk=delivery.pk).update(goes_alone=True)
