"""Voiding a journal in Xero by a person's decision: ours, whose transactions are reopened, or one that was only seen.

It is explicit, needs the right to undo, and leaves who, when and why in the audit trail.
"""

from django.db import transaction
from django.utils.translation import gettext

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.errors import CannotDecide, VoidFailed
from clubledger.delivery.models import Call, Delivery, Sighting
from clubledger.delivery.reconciliation import sightings
from clubledger.delivery.reconciliation.comparison import GONE
from clubledger.delivery.reference import date_and_sequence_in
from clubledger.delivery.sending import calls, carriers
from clubledger.foundation import clock, crash
from clubledger.ledger.journals import reopen, states
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero import manual_journals
from clubledger.xero.access import XeroAccess, access_for_sending
from clubledger.xero.http.answers import ManualJournal


def void_and_reopen(*, club: Club, actor: User, journal_id: int, reason: str) -> Journal:
    """Void a journal in Xero, read it back, and put its transactions into the date's next journal, which is given.

    Pressing it again after an unclear answer is safe: what Xero shows decides. Raises NotAllowed, CannotDecide,
    VoidFailed with Xero's words, or the errors of `xero`. No database transaction is open while Xero is asked.

    A further journal that carried its difference is voided with it, and first: alone it would stand for nothing.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    if not reason.strip():
        raise CannotDecide(gettext("Give a reason, for whoever asks later why the journal was voided."))
    voidable = (JournalState.SENT, JournalState.DIFFERS)
    journal = Journal.objects.of(club).filter(pk=journal_id, state__in=voidable).exclude(xero_journal_id="").first()
    if journal is None:
        raise CannotDecide(gettext("Only a journal that is in Xero can be voided."))
    whole = _whole_of_carrier(club, journal)
    xero = access_for_sending(club=club, user=actor)
    for carrier in _carriers_to_void(club, journal):
        _void_in_xero(club, actor, carrier.xero_journal_id, xero)
        _note_voided(club, actor, carrier, reason)
    _void_in_xero(club, actor, journal.xero_journal_id, xero)
    if whole is not None:
        _note_voided(club, actor, journal, reason)
        return whole
    return _reopen(club, actor, journal, reason)


def _whole_of_carrier(club: Club, journal: Journal) -> Journal | None:
    """Return the journal whose difference this one carries, if it may be voided alone: the other still differs.

    Raises CannotDecide where the other counts as sent because of it.
    """
    carrying = Delivery.objects.of(club).filter(journal=journal, xero_journal_id=journal.xero_journal_id)
    delivery = carrying.exclude(difference_of=None).select_related("difference_of").order_by("-pk").first()
    if delivery is None:
        return None
    whole: Journal = delivery.difference_of
    if whole.state == JournalState.SENT:
        raise CannotDecide(
            gettext("It carries the difference of %(number)s. Void that one: this one goes with it.")
            % {"number": whole.number}
        )
    return whole


def _carriers_to_void(club: Club, journal: Journal) -> list[Journal]:
    """Return the journals that brought this one's difference to Xero. Raises CannotDecide while one is on its way."""
    found = [delivery.journal for delivery in carriers.carriers_of(club, journal)]
    if any(carrier.state in carriers.LIVE for carrier in found):
        raise CannotDecide(
            gettext("Its difference is on its way to Xero. Take that out of the queue, or wait until it is there.")
        )
    return found


def _void_in_xero(club: Club, actor: User, xero_journal_id: str, xero: XeroAccess) -> None:
    found = _read(xero_journal_id, xero)
    if found.status == "POSTED":
        _ask_to_void(club, actor, found, xero)
        found = _read(xero_journal_id, xero)
    if found.status not in GONE:
        raise VoidFailed(gettext("The journal is still %(status)s in Xero.") % {"status": found.status})


@transaction.atomic
def _note_voided(club: Club, actor: User, journal: Journal, reason: str) -> None:
    """Note that a journal that carried a difference was voided; it has no transactions to reopen."""
    access.lock_club(club)
    if not _close_voided(club, actor, journal):
        return
    audit.note(
        club=club,
        actor=actor,
        action="journal.voided",
        subject=str(journal),
        summary=f"{actor} voided {journal.number or journal} in Xero, which carried a difference: {reason}",
        after={"xero_journal_id": journal.xero_journal_id},
    )


def _close_voided(club: Club, actor: User, journal: Journal) -> bool:
    moved = states.move(
        club=club,
        journal_ids=[journal.pk],
        from_states=[JournalState.SENT, JournalState.DIFFERS],
        to_state=JournalState.VOIDED,
    )
    if moved:
        Delivery.objects.of(club).filter(journal=journal, closed_at=None).update(
            closed_at=clock.now(), closed_because="voided"
        )
        sightings.settle_voided(club, journal.xero_journal_id, actor)
    return bool(moved)


def _read(xero_journal_id: str, xero: XeroAccess) -> ManualJournal:
    found = manual_journals.read(access=xero, journal_id=xero_journal_id)
    if found is None:
        raise VoidFailed(gettext("Xero no longer knows this journal."))
    return found


def _ask_to_void(club: Club, actor: User, found: ManualJournal, xero: XeroAccess) -> None:
    call = _write_call(club, actor, found, xero)
    crash.point("delivery.after_void_call")
    answer = manual_journals.void(
        access=xero,
        journal_id=found.journal_id,
        narration=found.narration,
        idempotency_key=call.idempotency_key,
        deadline_at=call.deadline_at,
    )
    calls.close(call, answer)
    if answer.outcome in {"rejected", "not_sent"}:
        raise VoidFailed(answer.words or gettext("Xero did not void the journal."))


@transaction.atomic
def _write_call(club: Club, actor: User, found: ManualJournal, xero: XeroAccess) -> Call:
    element = {"ManualJournalID": found.journal_id, "Narration": found.narration, "Status": "VOIDED"}
    body = manual_journals.join([manual_journals.write_payload(element)])
    # Each press is a request of its own: a stored refusal must not answer for it.
    attempt = Call.objects.of(club).filter(purpose="void").count()
    return calls.write(
        club=club, sender=actor, xero=xero, body=body, references=[(found.journal_id, attempt)], purpose="void"
    )


@transaction.atomic
def _reopen(club: Club, actor: User, journal: Journal, reason: str) -> Journal:
    access.lock_club(club)
    # Somebody may have queued its difference while Xero was asked: that one must not go out alone.
    if carriers.carriers_of(club, journal):
        raise CannotDecide(
            gettext("Its difference was queued in the meantime. Take that out of the queue and void it again.")
        )
    if not _close_voided(club, actor, journal):
        raise CannotDecide(gettext("Somebody else has settled this journal in the meantime."))
    further = reopen.reopen_voided(club=club, journal=journal)
    audit.note(
        club=club,
        actor=actor,
        action="journal.voided",
        subject=str(journal),
        summary=f"{actor} voided {journal.number or journal} in Xero and reopened its transactions: {reason}",
        after={"xero_journal_id": journal.xero_journal_id, "further_journal": further.pk},
    )
    return further


# --- What was seen in Xero and is not ours to account for -------------------------------------------------------------


def void_sighted(*, club: Club, actor: User, sighting_id: int, reason: str) -> None:
    """Void a journal in Xero that bears our reference and that we can't account for: an unknown one, or a second one.

    Its reference is not used again; what stands here under it goes on as the date's next journal. Pressing it again is
    safe, as with `void_and_reopen`. Raises NotAllowed, CannotDecide, VoidFailed, or the errors of `xero`.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    if not reason.strip():
        raise CannotDecide(gettext("Give a reason, for whoever asks later why the journal was voided."))
    sighting = _open_sighting(club, sighting_id)
    xero = access_for_sending(club=club, user=actor)
    _void_in_xero(club, actor, sighting.xero_journal_id, xero)
    with transaction.atomic():
        access.lock_club(club)
        sighting = _open_sighting(club, sighting_id)
        accounting_date, sequence = date_and_sequence_in(sighting.reference)
        xero_journal_id = sighting.xero_journal_id
        reopen.set_aside(club=club, accounting_date=accounting_date, sequence=sequence, xero_journal_id=xero_journal_id)
        sightings.settle_voided(club, xero_journal_id, actor)
        audit.note(
            club=club,
            actor=actor,
            action="xero.sighted_journal_voided",
            subject=sighting.reference,
            summary=f"{actor} voided a journal in Xero that was not accounted for here: {reason}",
            after={"xero_journal_id": xero_journal_id},
        )


def _open_sighting(club: Club, sighting_id: int) -> Sighting:
    """Return an alarm whose journal may be voided. Raises CannotDecide while ours is on its way under its name."""
    sighting: Sighting | None = (
        Sighting.objects.of(club).filter(pk=sighting_id, settled_at=None, kind__in=sightings.VOIDABLE).first()
    )
    if sighting is None:
        raise CannotDecide(gettext("Nothing waits to be voided here."))
    if Delivery.objects.of(club).filter(reference=sighting.reference, closed_at=None).exists():
        raise CannotDecide(gettext("A journal with this reference is on its way. It is compared with this one first."))
    return sighting
