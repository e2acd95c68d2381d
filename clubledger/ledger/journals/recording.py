"""Recording by hand: journals that a person added to the general ledger themselves, and undoing that.

Nothing is asked of Xero, and no number is given.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from clubledger.bookkeeping.phrases import counted
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.ledger.errors import NotRecordable, NotRecorded
from clubledger.ledger.journals.states import move, open_recorded
from clubledger.ledger.models import TAKES_IN, Journal, JournalState


@transaction.atomic
def record_manually(*, club: Club, actor: User, journal_ids: Collection[int], reason: str) -> int:
    """Record journals as manually added to GL; returns how many.

    From open, valid or rejected only: what is queued must be withdrawn first, and what is on its way or unclear is
    never recorded. All or none. Raises NotAllowed, NotRecordable.
    """
    access.require(club=club, actor=actor, permission=access.Permission.SEND)
    if not reason.strip():
        raise NotRecordable(gettext("Give the reason: it stays with the journals."))
    access.lock_club(club)
    moved = move(
        club=club,
        journal_ids=journal_ids,
        from_states=TAKES_IN,
        to_state=JournalState.RECORDED,
        recorded_at=clock.now(),
        recorded_by=actor,
        recorded_reason=reason.strip(),
    )
    _check_all(club, journal_ids, moved, gettext("can't be recorded as manually added"), NotRecordable)
    return _note(club, actor, moved, "journals.recorded", f"Recorded as manually added to GL: {reason.strip()}")


@transaction.atomic
def undo_recording(*, club: Club, actor: User, journal_ids: Collection[int], reason: str) -> int:
    """Open recorded journals again; returns how many. Each keeps its sequence beside a further one of its date.

    All or none. Raises NotAllowed, NotRecorded.
    """
    access.require(club=club, actor=actor, permission=access.Permission.UNDO)
    if not reason.strip():
        raise NotRecorded(gettext("Give the reason: it stays in the audit trail."))
    access.lock_club(club)
    moved = open_recorded(club=club, journal_ids=journal_ids)
    _check_all(club, journal_ids, moved, gettext("is not recorded as manually added"), NotRecorded)
    return _note(club, actor, moved, "journals.recording_undone", f"Recording undone: {reason.strip()}")


def _check_all(
    club: Club, wanted: Collection[int], moved: Collection[int], why: str, error: type[NotRecordable | NotRecorded]
) -> None:
    left = set(wanted) - set(moved)
    if not left:
        return
    found = Journal.objects.of(club).filter(pk__in=left).order_by("accounting_date", "sequence").first()
    if found is None:
        raise error(gettext("There is no such journal."))
    values = {
        "day": date_format(found.accounting_date, pgettext("date pattern", "d/m/Y")),
        "state": gettext(JournalState(found.state).label),
        "why": why,
        "count": len(left) - 1,
    }
    if len(left) > 1:
        raise error(gettext("The journal of %(day)s, %(state)s, %(why)s (and %(count)s more).") % values)
    raise error(gettext("The journal of %(day)s, %(state)s, %(why)s.") % values)


def _note(club: Club, actor: User, ids: Collection[int], action: str, summary: str) -> int:
    rows = Journal.objects.of(club).filter(pk__in=ids).order_by("accounting_date", "sequence")
    of_days = [[row.pk, row.accounting_date, row.sequence, row.debit_minor] for row in rows]
    subject = f"journal {of_days[0][0]}" if len(of_days) == 1 else counted(len(of_days), "journal", "journals")
    audit.note(club=club, actor=actor, action=action, subject=subject, summary=summary, after={"journals": of_days})
    return len(of_days)
