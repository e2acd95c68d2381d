"""The test of the new connection, and the empty journals that surface after it: what a club presses at the end."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from clubledger.bookkeeping.phrases import phrase
from clubledger.changeover.move import progress, steps
from clubledger.clubs import access
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery import preflight
from clubledger.foundation import clock
from clubledger.ledger.journals import recording
from clubledger.ledger.journals.recount import Recount, recount
from clubledger.ledger.mapping.chart import Changes
from clubledger.ledger.models import TAKES_IN, Journal
from clubledger.xero.errors import AuthorisationNeeded, XeroError


def get_gl_codes(*, club: Club, actor: User) -> Changes:
    """Get the GL codes under the club's present app: the test that it works. Raises NotAllowed or the errors of `xero`.

    What Xero says against it is kept as the changeover's trouble, so that staff see it.
    """
    row = steps.live_of(club=club)
    try:
        changes = preflight.get_gl_codes(club=club, actor=actor)
    except AuthorisationNeeded:
        raise
    except XeroError as error:
        if row is not None and not row.is_before:
            words = phrase("Get GL Codes fails: %(words)s", words=phrase(error.words or type(error).__name__))
            steps.set_trouble(club=club, changeover_id=row.pk, words=words)
        raise
    if row is not None:
        steps.set_trouble(club=club, changeover_id=row.pk, words="")
    progress.look(club=club)
    return changes


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty journal with the proof that it carries nothing."""

    journal: Journal
    proof: Recount


def empty_journals(*, club: Club, before_on: date | None = None) -> list[Empty]:
    """Return the journals of days before `before_on` (today) that can still be sent and carry nothing, oldest first.

    Counted anew from the transactions beneath them, not from what the journal keeps of itself: one whose kept figures
    and transactions disagree is no empty journal, whichever of them is nil.
    """
    before_on = before_on or clock.today_in(club.time_zone)
    rows = Journal.objects.of(club).filter(state__in=TAKES_IN, debit_minor=0, accounting_date__lt=before_on)
    found = list(rows.order_by("accounting_date", "sequence")[:1000])
    proofs = recount([journal.pk for journal in found]) if found else {}
    return [Empty(journal, proofs[journal.pk]) for journal in found if proofs[journal.pk].is_nothing]


@transaction.atomic
def record_empty(*, club: Club, actor: User) -> int:
    """Record every empty journal as manually added, in one act; Xero is not touched. Returns how many.

    Raises NotAllowed. The club is locked between the proof and the recording, so that nothing comes in between.
    """
    access.require(club=club, actor=actor, permission=Permission.SEND)
    access.lock_club(club)
    ids = [one.journal.pk for one in empty_journals(club=club)]
    if not ids:
        return 0
    reason = phrase("Empty: every total in it is nil, so nothing is missing from the general ledger.")
    return recording.record_manually(club=club, actor=actor, journal_ids=ids, reason=reason)
