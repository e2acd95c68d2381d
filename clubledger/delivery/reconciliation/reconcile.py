"""Step 6, reconcile: what Xero has, read by one cheap list, decides what became of journals we are not sure of.

Also tells of what we can't account for: journals unknown to us (a restored backup), doubled ones, changed ones.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from clubledger.clubs import access
from clubledger.clubs.models import Club
from clubledger.delivery.models import Delivery, Reading, SightingKind
from clubledger.delivery.reconciliation import comparison, recognition, sightings
from clubledger.delivery.reconciliation.comparison import GONE
from clubledger.delivery.reference import date_and_sequence_in, reference_in
from clubledger.delivery.sending import hold
from clubledger.foundation import clock, crash
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero import manual_journals
from clubledger.xero.access import XeroAccess
from clubledger.xero.errors import ClockWrong
from clubledger.xero.http.answers import ManualJournal

MOST_CLOCK_SECONDS = 120
"""How far a machine's clock may be from Xero's: two that differ so much still leave most of the commit window."""

LOOK_UP_PAUSES_SECONDS = (15, 60, 180, 300)
"""How long to wait between looks for a journal that may still be committed; the last one repeats."""


def read_changes(club: Club, xero: XeroAccess) -> list[ManualJournal]:
    """List the organisation's manual journals changed since the last reading, and act on all that are ours.

    One call with lines (more only for more pages). The list goes back by Xero's commit window from the newest change
    seen, so that a journal committed late, under an earlier time, is not missed. Raises the errors of `xero`.
    """
    reading = _reading_of(club, xero.tenant_id)
    margin = hold.commit_window() + timedelta(minutes=2)
    since = reading.changed_since - margin if reading.changed_since else None
    asked_at = clock.now()
    changed = manual_journals.list_changed(access=xero, since=since)
    _require_common_time(xero)
    crash.point("delivery.after_list")
    with transaction.atomic():
        access.lock_club(club)
        _account_for(club, recognition.ours_among(club, changed), asked_at)
        newest = max((found.updated_at for found in changed if found.updated_at), default=None)
        changed_since = max(filter(None, [newest, reading.changed_since]), default=None)
        Reading.objects.of(club).update(tenant_id=reading.tenant_id, changed_since=changed_since, read_at=clock.now())
    return changed


def _require_common_time(xero: XeroAccess) -> None:
    """Raise ClockWrong unless this machine's clock tells Xero's time.

    What one machine wrote down as the end of Xero's time, another may have to go by.
    """
    if abs(xero.ahead_seconds) <= MOST_CLOCK_SECONDS:
        return
    seconds = round(abs(xero.ahead_seconds))
    way = "ahead of" if xero.ahead_seconds > 0 else "behind"
    raise ClockWrong(f"This machine's clock is {seconds} seconds {way} Xero's. Nothing is sent until it is set right.")


def _reading_of(club: Club, tenant_id: str) -> Reading:
    reading: Reading = Reading.objects.of(club).get_or_create(club=club, defaults={"tenant_id": tenant_id})[0]
    if reading.tenant_id != tenant_id:
        # Another organisation: what was read of the old one says nothing about it.
        reading.tenant_id, reading.changed_since = tenant_id, None
    return reading


def _account_for(club: Club, ours: Sequence[tuple[str, ManualJournal]], asked_at: datetime) -> None:
    by_reference: dict[str, list[ManualJournal]] = {}
    for reference, found in ours:
        by_reference.setdefault(reference, []).append(found)
    # By date: the numbers given to journals that arrive together follow their days, in whatever order Xero lists them.
    for reference, group in sorted(by_reference.items(), key=lambda one: date_and_sequence_in(one[0])):
        accounting_date, sequence = date_and_sequence_in(reference)
        journal = Journal.objects.of(club).filter(accounting_date=accounting_date, sequence=sequence).first()
        match_reference(club, journal, reference, group, asked_at)


def match_reference(
    club: Club, journal: Journal | None, reference: str, group: Sequence[ManualJournal], asked_at: datetime
) -> None:
    """Bring our journal and all manual journals in Xero that bear its reference together. The club is locked.

    `asked_at` is when Xero was asked for the group.
    """
    live = [found for found in group if found.status not in GONE]
    if journal is None:
        sightings.note(club, None, reference, SightingKind.UNKNOWN, live)
        return
    if journal.xero_journal_id:
        known = [found for found in group if found.journal_id == journal.xero_journal_id]
        others = [found for found in live if found.journal_id != journal.xero_journal_id]
        for found in known:
            sightings.note_drift(club, journal, reference, found)
        sightings.note(club, journal, reference, SightingKind.DOUBLE, others)
        return
    delivery = Delivery.objects.of(club).filter(journal=journal, closed_at=None).select_related("sender").first()
    if delivery is not None:
        delivery.journal = journal
    if delivery is None or journal.state not in (
        JournalState.QUEUED,
        JournalState.SENDING,
        JournalState.UNCERTAIN,
    ):
        sightings.note(club, journal, reference, SightingKind.UNKNOWN, live)
        return
    if journal.state == JournalState.SENDING and not delivery.xero_journal_id and _is_claimed(delivery):
        # A worker is in the middle of its call; it will record what it is told.
        return
    chosen = comparison.choose(delivery, group)
    if chosen is None or (chosen.status in GONE and _may_still_come(delivery, asked_at)):
        return
    comparison.record_found(club, delivery, chosen)
    sightings.settle_adopted(club, chosen.journal_id)
    sightings.note(club, journal, reference, SightingKind.DOUBLE, [found for found in live if found is not chosen])


def _may_still_come(delivery: Delivery, asked_at: datetime) -> bool:
    """Whether Xero may yet commit it: then a voided one of the same name need not be it, and settles nothing."""
    if delivery.xero_journal_id or delivery.uncertain_until is None:
        return False
    return asked_at <= delivery.uncertain_until


def _is_claimed(delivery: Delivery) -> bool:
    return delivery.claimed_until is not None and delivery.claimed_until >= clock.now()


def look_up_uncertain(club: Club, xero: XeroAccess) -> None:
    """Find what became of each journal whose outcome is unknown. Call it after `read_changes`.

    By its id where Xero gave one, else by its exact narration. Found: adopted, or shown to a person where it differs.
    Not found: waits until Xero can no longer commit it, is looked up once more after that, and is queued again.
    """
    due = Delivery.objects.of(club).filter(
        closed_at=None, journal__state=JournalState.UNCERTAIN, due_at__lte=clock.now()
    )
    for delivery in due.select_related("journal", "sender"):
        asked_at = clock.now()
        if delivery.xero_journal_id:
            there = manual_journals.read(access=xero, journal_id=delivery.xero_journal_id)
            found = [there] if there else []
        else:
            found = manual_journals.find_by_narration(access=xero, narration=delivery.narration)
        _require_common_time(xero)
        crash.point("delivery.after_look_up")
        with transaction.atomic():
            access.lock_club(club)
            fresh = Delivery.objects.of(club).select_related("journal", "sender").get(pk=delivery.pk)
            if fresh.closed_at is not None or fresh.journal.state != JournalState.UNCERTAIN:
                continue
            # By its id it is ours whatever its narration says by now.
            ours = [
                one
                for one in found
                if one.journal_id == fresh.xero_journal_id or reference_in(one.narration, club.mark) == fresh.reference
            ]
            is_gone = all(one.status in GONE for one in ours)
            if ours and not (is_gone and _may_still_come(fresh, asked_at)):
                match_reference(club, fresh.journal, fresh.reference, ours, asked_at)
            elif not ours and fresh.uncertain_until is not None and asked_at > fresh.uncertain_until:
                hold.queue_again_after_look_up(club, fresh)
            else:
                _look_again_later(club, fresh)


def _look_again_later(club: Club, delivery: Delivery) -> None:
    at = clock.now()
    waited = (at - (delivery.last_sent_at or at)).total_seconds()
    pause = next((one for one in LOOK_UP_PAUSES_SECONDS if waited < 4 * one), LOOK_UP_PAUSES_SECONDS[-1])
    due_at = at + timedelta(seconds=pause)
    if delivery.uncertain_until is not None and due_at < delivery.uncertain_until <= at + timedelta(seconds=2 * pause):
        due_at = delivery.uncertain_until + timedelta(seconds=1)
    Delivery.objects.of(club).filter(pk=delivery.pk).update(due_at=due_at)


def read_back(club: Club, xero: XeroAccess) -> None:
    """Compare what Xero accepted with what was sent: one list for a whole run, single reads for what it left out."""
    read_changes(club, xero)
    missing = Delivery.objects.of(club).filter(closed_at=None, journal__state=JournalState.SENDING)
    for delivery in missing.exclude(xero_journal_id="").select_related("journal", "sender"):
        found = manual_journals.read(access=xero, journal_id=delivery.xero_journal_id)
        with transaction.atomic():
            access.lock_club(club)
            fresh = Delivery.objects.of(club).select_related("journal", "sender").get(pk=delivery.pk)
            if fresh.closed_at is None and found is not None:
                comparison.record_found(club, fresh, found)


def adopt_sighted(club: Club, xero: XeroAccess) -> None:
    """Settle queued journals whose reference was already seen in Xero: they are there, and must not be sent again.

    Those of the same day wait until somebody has accounted for what was seen.
    """
    queued = Delivery.objects.of(club).filter(closed_at=None, journal__state=JournalState.QUEUED)
    seen = sightings.open_by_reference(club)
    for delivery in queued.filter(reference__in=list(seen)).select_related("journal", "sender"):
        asked_at = clock.now()
        read = [manual_journals.read(access=xero, journal_id=one) for one in seen[delivery.reference]]
        found = [one for one in read if one is not None]
        with transaction.atomic():
            access.lock_club(club)
            fresh = Delivery.objects.of(club).select_related("journal", "sender").get(pk=delivery.pk)
            if fresh.closed_at is None:
                match_reference(club, fresh.journal, fresh.reference, found, asked_at)
    if seen:
        sightings.hold_back(club)
