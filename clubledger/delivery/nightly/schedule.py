"""Scheduled sending: each night at a club's local time, send what is valid and dated before today, tell of the rest.

Off by default. A night is claimed by a guarded UPDATE, so that two wake-ups or two workers never run it twice. One that
was lost is found by the sweep; one that Xero did not answer, or of which something is still on its way, is looked at
again until the morning, by any worker: what it sent is known by the run's `night_on`.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from time import sleep
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from clubledger.bookkeeping.chart import Chart
from clubledger.bookkeeping.findings import Finding
from clubledger.bookkeeping.phrases import phrase, text_of
from clubledger.clubs import access, audit
from clubledger.clubs.access import NotAllowed, Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery import preflight, serve
from clubledger.delivery.errors import NothingToSend
from clubledger.delivery.models import Delivery, NightlySending, SendRun
from clubledger.delivery.nightly import letters
from clubledger.delivery.nightly.night import Left, Night
from clubledger.delivery.sending import queue
from clubledger.foundation import clock, crash
from clubledger.foundation.wake import wake
from clubledger.ledger.models import TAKES_IN, Journal, JournalState
from clubledger.xero.errors import AuthorisationNeeded, XeroError, XeroUnavailable

CLAIM_SECONDS = 900
"""How long a worker may be silent before another takes the night over."""

TRY_AGAIN_SECONDS = 600
"""How long to wait before a night is looked at again that has not come to its end."""

GIVES_UP_AFTER = timedelta(hours=4)
"""After so long past its time a night ends and is told of, whatever is still on its way then."""

WAIT_LOOKS, WAIT_SECONDS = 40, 0.5
"""How often and how long to wait for another worker that serves the club at this moment."""

ON_THEIR_WAY = (JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN)

WHY = "the sweep looks for every club whose time has come"

log = structlog.get_logger(__name__)


# --- Switching it on and off ------------------------------------------------------------------------------------------


@transaction.atomic
def switch_on(*, club: Club, actor: User, at: time) -> NightlySending:
    """Send every night at the local time `at`, as the actor, beginning with the next time that it is `at`.

    Raises NotAllowed, and NotAuthorised or ConnectionMoved where the actor could not send now.
    """
    access.require(club=club, actor=actor, permission=Permission.SEND)
    queue.require_live_authorisation(club, actor)
    access.lock_club(club)
    before = NightlySending.objects.of(club).first()
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    fields = {"user": actor, "at": at, "is_on": True, "last_ran_on": due_on(club, at), "claimed_until": None}
    nightly: NightlySending
    nightly, _ = NightlySending.objects.of(club).update_or_create(club=club, defaults=fields)
    audit.note(
        club=club,
        actor=actor,
        action="nightly.switched_on",
        subject=club.slug,
        summary=f"{actor} switched nightly sending on, at {at:%H:%M}, under their own name.",
        before=_as_plain(before),
        after=_as_plain(nightly),
    )
    return nightly


@transaction.atomic
def switch_off(*, club: Club, actor: User) -> None:
    """Send no longer by itself. Raises NotAllowed."""
    access.require(club=club, actor=actor, permission=Permission.SEND)
    access.lock_club(club)
    before = NightlySending.objects.of(club).filter(is_on=True).first()
    if before is None:
        return
    NightlySending.objects.of(club).update(is_on=False, claimed_by="", claimed_until=None)
    audit.note(
        club=club,
        actor=actor,
        action="nightly.switched_off",
        subject=club.slug,
        summary=f"{actor} switched nightly sending off.",
        before=_as_plain(before),
    )


def current(*, club: Club) -> NightlySending | None:
    """Return the club's scheduled sending with its person; None where it was never switched on."""
    found: NightlySending | None = NightlySending.objects.of(club).select_related("user").first()
    return found


def last_night(nightly: NightlySending) -> Night | None:
    """Return what came of the last run, None before the first."""
    return None if nightly.last_result is None else Night.from_plain(nightly.last_result)


def _as_plain(nightly: NightlySending | None) -> dict[str, Any] | None:
    if nightly is None:
        return None
    return {"is_on": nightly.is_on, "at": f"{nightly.at:%H:%M}", "user": nightly.user.email}


# --- When it is due ---------------------------------------------------------------------------------------------------


def due_on(club: Club, at: time) -> date:
    """Return the local date of the last time that it was `at` in the club's zone.

    By the wall clock, so that a time which a change to summer time leaves out comes with the first minute after it, and
    one that comes twice counts once.
    """
    local = clock.now().astimezone(ZoneInfo(club.time_zone))
    return local.date() if local.time() >= at else local.date() - timedelta(days=1)


def next_run_at(club: Club, at: time) -> datetime:
    """Return the next instant at which it is `at` in the club's zone."""
    on = due_on(club, at) + timedelta(days=1)
    return datetime.combine(on, at, ZoneInfo(club.time_zone))


def sweep() -> int:
    """Wake a worker for each club whose night has come and has not been run. Returns how many."""
    due = 0
    for nightly in _waiting().select_related("club").iterator(chunk_size=2000):
        if nightly.last_ran_on is None or nightly.last_ran_on < due_on(nightly.club, nightly.at):
            wake("delivery.nightly.run", club_id=nightly.club_id)
            due += 1
    return due


def _waiting() -> QuerySet[NightlySending]:
    at = clock.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=at)
    # Nowhere on earth is it later than tomorrow's date in UTC; most clubs that ran today are left out here already.
    not_run = Q(last_ran_on=None) | Q(last_ran_on__lt=at.date() + timedelta(days=1))
    rows = NightlySending.objects.across_clubs(WHY).filter(free, not_run, is_on=True, club__is_active=True)
    return rows.order_by("last_ran_on", "pk")


# --- A night ----------------------------------------------------------------------------------------------------------


def run(club_id: int) -> Night | None:
    """Run the club's night if it is due and no other worker has it. None if it isn't, or has not come to its end."""
    nightly = _waiting().filter(club_id=club_id).select_related("club", "user").first()
    if nightly is None:
        return None
    on, holder = due_on(nightly.club, nightly.at), uuid4().hex
    if not _claim(nightly, on, holder):
        return None
    crash.point("delivery.after_night_claim")
    try:
        night = _send(nightly.club, nightly.user, on)
    except XeroUnavailable as error:
        if _has_time(nightly, on):
            _look_again_later(nightly, holder, error.words, error.retry_after_seconds or 0)
            return None
        night = Night(on.isoformat(), trouble=letters.no_answer_words())
    except (AuthorisationNeeded, NotAllowed) as error:
        night = Night(on.isoformat(), trouble=phrase(text_of(error)))
    except XeroError as error:
        night = Night(on.isoformat(), trouble=phrase(error.words))
    if night.waiting and _has_time(nightly, on):
        _look_again_later(nightly, holder, f"{night.waiting} are on their way")
        return None
    crash.point("delivery.before_night_finished")
    if not _finish(nightly, on, holder, night):
        return None
    if night.needs_a_person:
        letters.tell_of_night(nightly.club, nightly.user, night)
    return night


def _has_time(nightly: NightlySending, on: date) -> bool:
    began_at = datetime.combine(on, nightly.at, ZoneInfo(nightly.club.time_zone))
    return clock.now() < began_at + GIVES_UP_AFTER


def _claim(nightly: NightlySending, on: date, holder: str) -> bool:
    """Take the night by a guarded UPDATE: of any number of workers exactly one gets True."""
    at = clock.now()
    rows = NightlySending.objects.of(nightly.club).filter(
        Q(claimed_until=None) | Q(claimed_until__lt=at),
        Q(last_ran_on=None) | Q(last_ran_on__lt=on),
        is_on=True,
        at=nightly.at,
        user_id=nightly.user_id,
    )
    return rows.update(claimed_by=holder, claimed_until=at + timedelta(seconds=CLAIM_SECONDS)) == 1


def _look_again_later(nightly: NightlySending, holder: str, words: str, seconds: int = 0) -> None:
    wait = timedelta(seconds=max(seconds, TRY_AGAIN_SECONDS))
    mine = NightlySending.objects.of(nightly.club).filter(claimed_by=holder)
    mine.update(claimed_by="", claimed_until=clock.now() + wait)
    log.warning("nightly.put_off", club=nightly.club.slug, words=words)


def _send(club: Club, user: User, on: date) -> Night:
    night = Night(on.isoformat())
    chosen = _journals_before(club, clock.today_in(club.time_zone), on)
    begun: SendRun | AuthorisationNeeded | None = None
    if chosen:
        chart = preflight.fetch_chart(club=club, actor=user)
        left, begun = _validate_and_queue(club, user, on, chosen, chart)
        night = replace(night, left=left)
    if isinstance(begun, AuthorisationNeeded):
        raise begun
    if begun is not None and not serve.serve_club(club.pk, club):
        _wait_for_who_serves(club, begun)
    return _with_outcome(club, on, night)


@transaction.atomic
def _validate_and_queue(
    club: Club, user: User, on: date, chosen: dict[int, date], chart: Chart
) -> tuple[tuple[Left, ...], SendRun | AuthorisationNeeded | None]:
    """Validate and queue in one transaction, so that nothing changes in between. What was found stays in any case."""
    validation = preflight.validate_against(club=club, actor=user, journal_ids=list(chosen), chart=chart)
    left = _left_by_validation(validation.by_cause, chosen)
    if not validation.resolved:
        return left, None
    try:
        return left, queue.send_validated(
            club=club,
            actor=user,
            resolved=validation.resolved,
            organisation=chart.organisation,
            night_on=on,
        )
    except NothingToSend:
        # Sent by a person in the same moment: nothing is amiss.
        return left, None
    except AuthorisationNeeded as error:
        return left, error


def _wait_for_who_serves(club: Club, begun: SendRun) -> None:
    """Another worker has the club's turn: give it a moment, so that the letter tells of the end."""
    for _ in range(WAIT_LOOKS):
        progress = queue.progress(club=club, run=begun)
        if progress.is_finished or progress.waiting:
            return
        sleep(WAIT_SECONDS)


def _journals_before(club: Club, today: date, on: date) -> dict[int, date]:
    """Return the journals to send, with their accounting dates. Empty ones carry nothing and are left in peace.

    So are those that this night has queued already: what Xero refused of them is told, not sent again.
    """
    queued = Delivery.objects.of(club).filter(journal=OuterRef("pk"), run__night_on=on)
    rows = Journal.objects.of(club).filter(
        ~Exists(queued), state__in=TAKES_IN, accounting_date__lt=today, debit_minor__gt=0
    )
    if club.post_from is not None:
        rows = rows.filter(accounting_date__gte=club.post_from)
    return dict(rows.order_by("accounting_date", "sequence").values_list("pk", "accounting_date"))


def _left_by_validation(by_cause: Sequence[tuple[Finding, list[int]]], days: dict[int, date]) -> tuple[Left, ...]:
    return tuple(
        _left(finding.message, finding.remedy, [days[journal_id] for journal_id in ids])
        for finding, ids in by_cause
        if finding.is_fault
    )


def _left(message: str, remedy: str, days: Sequence[date]) -> Left:
    return Left(message, remedy, len(days), min(days).isoformat(), max(days).isoformat())


def _with_outcome(club: Club, on: date, night: Night) -> Night:
    """Add what became of all that the night has queued: sent, still on their way, or left, in Xero's words.

    What a person has acted upon since (withdrawn, say) is none of them.
    """
    rows = Delivery.objects.of(club).filter(run__night_on=on).order_by("journal__accounting_date")
    sent, waiting, refused = 0, 0, dict[tuple[str, str], list[date]]()
    for state, day, words, reason in rows.values_list(
        "journal__state", "journal__accounting_date", "journal__xero_words", "journal__wait_reason"
    ):
        if state == JournalState.SENT:
            sent += 1
        elif state == JournalState.REJECTED:
            refused.setdefault((letters.refused_words(words), ""), []).append(day)
        elif state == JournalState.DIFFERS:
            refused.setdefault((letters.differs_words(words), ""), []).append(day)
        elif state == JournalState.QUEUED and reason in letters.NEEDS_A_PERSON:
            refused.setdefault((letters.held_words(reason, words), ""), []).append(day)
        elif state in ON_THEIR_WAY:
            waiting += 1
    left = tuple(_left(message, remedy, days) for (message, remedy), days in refused.items())
    return replace(night, sent=sent, waiting=waiting, left=night.left + left)


@transaction.atomic
def _finish(nightly: NightlySending, on: date, holder: str, night: Night) -> bool:
    """Note that the night was run. False if it went to another worker meanwhile, who tells of it."""
    club = nightly.club
    mine = NightlySending.objects.of(club).filter(claimed_by=holder)
    won = mine.update(
        last_ran_on=on, last_ran_at=clock.now(), last_result=night.as_plain(), claimed_by="", claimed_until=None
    )
    if won and (night.sent or night.waiting or night.needs_a_person):
        words = night.trouble or f"{night.sent} sent, {night.waiting} on their way, {night.left_count} left"
        audit.note(
            club=club,
            actor=nightly.user,
            action="nightly.ran",
            subject=on.isoformat(),
            summary=f"Nightly sending: {words}.",
            after=asdict(night),
        )
    return won == 1
