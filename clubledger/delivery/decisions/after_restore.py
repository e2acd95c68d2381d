"""After a backup was restored: nothing goes out of a club until a person has confirmed what was recorded since.

What was *sent* since is found by reading Xero (`reconcile`); what was *recorded by hand* since is known to people only,
and would be sent now. Knows nothing of files: `foundation.backups` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from clubledger.bookkeeping.phrases import counted
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery, NightLetter, RestoreHold, Sighting, SightingKind
from clubledger.delivery.sending import hold, turns
from clubledger.foundation import clock
from clubledger.ledger.journals import recording, states
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import TAKES_IN, Journal, JournalState

CALL_MINUTES = 2
"""More than a call may take: what the machine before began at the last moment is over by then."""


@dataclass(frozen=True, slots=True)
class OpenConfirmation:
    """What the page of a restored club shows before somebody confirms.

    `unsent_days` are the days with journals that would go out: those of them that were recorded by hand after the
    backup have to be recorded again before confirming. `found_in_xero` are the references that Xero already has and
    that the backup did not know of: they are never sent again.
    """

    hold: RestoreHold
    unsent_days: Sequence[date]
    found_in_xero: Sequence[str]
    may_send_from: datetime


@transaction.atomic
def begin_hold(*, club: Club, backup_taken_at: datetime) -> RestoreHold:
    """Hold everything of a club because a backup of it was just restored. Returns the hold; a second one renews it."""
    access.lock_club(club)
    at = clock.now()
    # They may have been sent since the backup was taken.
    NightLetter.objects.of(club).delete()
    restored: RestoreHold | None = RestoreHold.objects.of(club).filter(confirmed_at=None).first()
    if restored is None:
        restored = RestoreHold.objects.of(club).create(club=club, backup_taken_at=backup_taken_at, restored_at=at)
    else:
        restored.backup_taken_at, restored.restored_at = min(backup_taken_at, restored.backup_taken_at), at
        restored.save()
    audit.note(
        club=club,
        actor=None,
        action="backup.restored",
        subject=club.slug,
        summary=(
            f"A backup taken at {backup_taken_at:%Y-%m-%d %H:%M} UTC was restored. Nothing is sent until somebody has"
            " confirmed what was recorded by hand since."
        ),
        after={"backup_taken_at": backup_taken_at, "restored_at": at},
    )
    return restored


def open_hold(*, club: Club) -> RestoreHold | None:
    """Return the hold that waits for a person; None if there is none."""
    found: RestoreHold | None = RestoreHold.objects.of(club).filter(confirmed_at=None).first()
    return found


def held_until(club: Club) -> datetime | None:
    """Return until when nothing of the club may go out because of a restored backup; None if it may.

    Also after the confirmation: until whatever the machine before had under way when it was replaced is in Xero or
    never will be. An open hold has no end, so the time to look again at it is given.
    """
    restored = RestoreHold.objects.of(club).order_by("-pk").first()
    if restored is None:
        return None
    may_send_from = _may_send_from(restored)
    if restored.confirmed_at is None:
        return max(may_send_from, clock.now() + timedelta(seconds=hold.LOOK_AGAIN_SECONDS[WaitReason.CHECK]))
    return may_send_from if may_send_from > clock.now() else None


def _may_send_from(restored: RestoreHold) -> datetime:
    return restored.restored_at + hold.commit_window() + timedelta(minutes=CALL_MINUTES)


def hold_back(club: Club, until: datetime) -> None:
    """Let all queued journals of the club wait for the check, and look at them again at `until`."""
    queued = Delivery.objects.of(club).filter(
        closed_at=None, due_at__lte=clock.now(), journal__state=JournalState.QUEUED
    )
    hold.hold(club, list(queued), reason=WaitReason.CHECK, seconds=(until - clock.now()).total_seconds())


def open_confirmation(*, club: Club) -> OpenConfirmation | None:
    """Return what a person has to look at before confirming; None if nothing waits for it."""
    restored = open_hold(club=club)
    if restored is None:
        return None
    unsent = Journal.objects.of(club).filter(
        state__in=[*TAKES_IN, JournalState.QUEUED],
        debit_minor__gt=0,
        accounting_date__lte=clock.today_in(club.time_zone),
    )
    if club.post_from is not None:
        unsent = unsent.filter(accounting_date__gte=club.post_from)
    days = unsent.order_by("accounting_date").values_list("accounting_date", flat=True).distinct()
    seen = Sighting.objects.of(club).filter(kind=SightingKind.UNKNOWN, seen_at__gte=restored.restored_at)
    return OpenConfirmation(
        hold=restored,
        unsent_days=list(days),
        found_in_xero=list(seen.order_by("reference").values_list("reference", flat=True)),
        may_send_from=_may_send_from(restored),
    )


@transaction.atomic
def confirm(*, club: Club, actor: User, recorded_on: Sequence[date] = (), reason: str = "") -> int:
    """Let the club send again: what was recorded by hand since the backup is known, and is recorded again here.

    `recorded_on` are the days that were recorded by hand after the backup: their journals that can be are recorded as
    manually added now. Empty: none were. Returns how many journals were recorded. Raises NotAllowed, CannotDecide if
    nothing waits for a confirmation, or if one of those days has nothing that can be recorded.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    access.lock_club(club)
    restored = open_hold(club=club)
    if restored is None:
        raise CannotDecide(gettext("Nothing waits for this confirmation."))
    days = sorted(set(recorded_on))
    count = _record_again(club, actor, days, restored) if days else 0
    RestoreHold.objects.of(club).filter(pk=restored.pk).update(
        confirmed_by=actor, confirmed_at=clock.now(), confirmed_words=reason
    )
    again = counted(len(days), "day was recorded again", "days were recorded again")
    told = again if days else "nothing was recorded by hand since"
    audit.note(
        club=club,
        actor=actor,
        action="backup.confirmed",
        subject=club.slug,
        summary=f"{actor} confirmed after the restored backup: {told}. {reason}".strip(),
        before={"backup_taken_at": restored.backup_taken_at, "restored_at": restored.restored_at},
        after={"recorded_on": days, "journals": count},
    )
    _go_on(club)
    return count


def _record_again(club: Club, actor: User, days: Sequence[date], restored: RestoreHold) -> int:
    rows = Journal.objects.of(club).filter(accounting_date__in=days, state__in=TAKES_IN)
    chosen = dict(rows.values_list("pk", "accounting_date"))
    missing = [day for day in days if day not in chosen.values()]
    if missing:
        words = ", ".join(f"{day:%d/%m/%Y}" for day in missing[:10])
        raise CannotDecide(gettext("These days have no journal that can be recorded: %(words)s.") % {"words": words})
    reason = f"Recorded by hand between the backup of {restored.backup_taken_at:%d/%m/%Y} and its restoring."
    return recording.record_manually(club=club, actor=actor, journal_ids=list(chosen), reason=reason)


def _go_on(club: Club) -> None:
    """Make due what waited for the check, when it may go out."""
    at = held_until(club) or clock.now()
    waiting = Delivery.objects.of(club).filter(
        closed_at=None, journal__state=JournalState.QUEUED, journal__wait_reason=WaitReason.CHECK
    )
    ids = list(waiting.values_list("journal_id", flat=True))
    waiting.update(due_at=at)
    states.move(
        club=club,
        journal_ids=ids,
        from_states=[JournalState.QUEUED],
        to_state=JournalState.QUEUED,
        wait_reason=WaitReason.TURN if at <= clock.now() else WaitReason.CHECK,
        wait_until=None if at <= clock.now() else at,
    )
    if ids:
        turns.make_due(club, at)
