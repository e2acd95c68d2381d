"""Manual journals in Xero that bear our reference and that we can't account for: an alarm that a person settles."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery, Sighting, SightingKind
from clubledger.delivery.payload import differences
from clubledger.delivery.reconciliation.comparison import look_again, plain
from clubledger.delivery.reference import date_and_sequence_in
from clubledger.delivery.sending import carriers, hold, turns
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.http.answers import ManualJournal

VOIDABLE = (SightingKind.UNKNOWN, SightingKind.DOUBLE)
"""The kinds whose journal in Xero can be voided without touching one that we sent."""

_WORDS: Mapping[str, str] = {
    SightingKind.UNKNOWN: "Xero has a journal with our reference that we have no record of sending.",
    SightingKind.DOUBLE: "Xero has a second journal with the same reference.",
    SightingKind.CHANGED: "A journal that we sent was changed in Xero.",
}


def note(club: Club, journal: Journal | None, reference: str, kind: str, seen: Sequence[ManualJournal]) -> None:
    """Remember each of these once, and raise the alarm in the audit trail. The club is locked.

    What a person put to rest stays so as long as it is the same: Xero lists its newest changes again and again.
    """
    for found in seen:
        settled = Sighting.objects.of(club).filter(
            kind=kind, xero_journal_id=found.journal_id, settled_by__isnull=False
        )
        if settled.filter(found=plain(found)).exists():
            continue
        _, is_new = Sighting.objects.of(club).get_or_create(
            club=club,
            xero_journal_id=found.journal_id,
            kind=kind,
            settled_at=None,
            defaults={
                "journal": journal,
                "reference": reference,
                "found": plain(found),
                "seen_at": clock.now(),
            },
        )
        if is_new:
            audit.note(
                club=club,
                actor=None,
                action=f"xero.{kind}_journal_seen",
                subject=reference,
                summary=_WORDS[kind],
                after={"xero_journal_id": found.journal_id, "status": found.status},
            )


def note_drift(club: Club, journal: Journal, reference: str, found: ManualJournal) -> None:
    """Raise the alarm if a journal that we sent is no longer what we sent, or what a person accepted in its place.

    One that differs is shown as it is by now; the alarm is for who has sent the difference to what it was.
    """
    if journal.state not in (JournalState.SENT, JournalState.DIFFERS):
        return
    delivery = (
        Delivery.objects.of(club).filter(journal=journal, xero_journal_id=found.journal_id).order_by("-pk").first()
    )
    if delivery is None:
        return
    if delivery.found_in_xero is not None:
        is_changed = _content(plain(found)) != _content(delivery.found_in_xero)
    else:
        is_changed = bool(differences(delivery.payload, found))
    if is_changed and journal.state == JournalState.DIFFERS:
        look_again(club, delivery, found)
        is_changed = bool(carriers.carriers_of(club, journal))
    told = Sighting.objects.of(club).filter(kind=SightingKind.CHANGED, xero_journal_id=found.journal_id)
    if is_changed and not told.filter(found=plain(found)).exists():
        note(club, journal, reference, SightingKind.CHANGED, [found])


def _content(found: dict[str, Any]) -> dict[str, Any]:
    """Return what counts of a manual journal: not when it was last touched."""
    return {name: value for name, value in found.items() if name != "updated_at"}


def open_by_reference(club: Club) -> dict[str, list[str]]:
    """Return, by reference, Xero's ids of journals that are there unknown to us.

    Those that a person put to rest count as well: whatever was said of them, they still bear the reference.
    """
    seen: dict[str, list[str]] = {}
    unadopted = Q(settled_at=None) | Q(settled_by__isnull=False)
    rows = Sighting.objects.of(club).filter(unadopted, kind=SightingKind.UNKNOWN).order_by("pk")
    for reference, xero_journal_id in rows.values_list("reference", "xero_journal_id"):
        seen.setdefault(reference, []).append(xero_journal_id)
    return seen


def hold_back(club: Club) -> None:
    """Keep queued journals back of whose day Xero has one that nobody accounts for: it may carry the same transactions.

    So it is after a restored backup, where the day was voided since and sent as its next journal.
    """
    alarms = Sighting.objects.of(club).filter(settled_at=None, kind=SightingKind.UNKNOWN)
    days = {date_and_sequence_in(reference)[0] for reference in alarms.values_list("reference", flat=True)}
    queued = Delivery.objects.of(club).filter(
        closed_at=None, due_at__lte=clock.now(), journal__state=JournalState.QUEUED, journal__accounting_date__in=days
    )
    hold.hold(club, list(queued), reason=WaitReason.UNKNOWN)


def go_on(club: Club) -> None:
    """Have what waits for an alarm served now. The club is locked."""
    waiting = Delivery.objects.of(club).filter(
        closed_at=None, journal__state=JournalState.QUEUED, journal__wait_reason=WaitReason.UNKNOWN
    )
    if waiting.update(due_at=clock.now()):
        turns.make_due(club)


def settle_adopted(club: Club, xero_journal_id: str) -> None:
    """Put an alarm to rest whose journal has found its own."""
    rows = Sighting.objects.of(club).filter(kind=SightingKind.UNKNOWN, xero_journal_id=xero_journal_id, settled_at=None)
    if rows.update(settled_at=clock.now(), settled_how=phrase("It was found to be the journal that we meant to send.")):
        go_on(club)


def settle_voided(club: Club, xero_journal_id: str, actor: User) -> None:
    """Put alarms about a journal to rest that a person has just voided."""
    Sighting.objects.of(club).filter(xero_journal_id=xero_journal_id, settled_at=None).update(
        settled_at=clock.now(), settled_by=actor, settled_how=phrase("It was voided in Xero.")
    )
    go_on(club)


@transaction.atomic
def settle(*, club: Club, actor: User, sighting_id: int, reason: str) -> None:
    """Put an alarm to rest by a person's word. Raises NotAllowed, CannotDecide."""
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    access.lock_club(club)
    rows = Sighting.objects.of(club).filter(pk=sighting_id, settled_at=None)
    sighting = rows.first()
    if sighting is None:
        raise CannotDecide(gettext("This has been settled already."))
    rows.update(settled_at=clock.now(), settled_by=actor, settled_how=reason)
    go_on(club)
    audit.note(
        club=club,
        actor=actor,
        action="xero.sighting_settled",
        subject=sighting.reference,
        summary=f"{_WORDS[sighting.kind]} {actor} settled it: {reason}",
    )


def find_open(*, club: Club, sighting_id: int, kinds: Sequence[str] = ()) -> Sighting | None:
    """Return an alarm of the club that nobody has settled yet, of one of these kinds if any are named."""
    rows = Sighting.objects.of(club).filter(pk=sighting_id, settled_at=None)
    found: Sighting | None = (rows.filter(kind__in=kinds) if kinds else rows).first()
    return found


def open_ones(*, club: Club, most: int) -> list[Sighting]:
    """Return the alarms that nobody has settled yet, the oldest first."""
    return list(Sighting.objects.of(club).filter(settled_at=None).order_by("seen_at")[:most])
