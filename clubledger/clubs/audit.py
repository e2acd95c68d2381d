"""The audit trail: each action has a user and a time that nobody can edit. Events of a club form a hash chain."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Max

from clubledger.clubs.models import AuditChain, AuditEvent, Club, User
from clubledger.foundation import clock

MOST_FAULTS_KEPT = 20
"""How many faults of a chain are kept for pages to show."""

_through: ContextVar[str] = ContextVar("through", default="")


@contextmanager
def through(instrument: str) -> Iterator[None]:
    """Name, in every event noted inside the `with` block, what the actor acted through: an API key, for example."""
    token = _through.set(instrument)
    try:
        yield
    finally:
        _through.reset(token)


@transaction.atomic(savepoint=False)
def note(
    *,
    club: Club | None,
    actor: User | None,
    action: str,
    subject: str,
    summary: str,
    before: Any = None,
    after: Any = None,
) -> AuditEvent:
    """Add an event to the chain of `club` (None: the installation's). Call it in the transaction of the change itself.

    Where nothing else changes it is a transaction of its own: an event whose head is not kept bars the chain for good.
    `action` is a dotted name such as `journal.recorded`, `subject` what it was done to, `summary` one sentence for
    people. `before` and `after` are plain JSON values; secrets and tokens must never be among them.
    """
    chain = _locked_chain(club)
    event = AuditEvent(
        club=club,
        position=chain.length + 1,
        at=clock.now(),
        user=actor,
        actor_name=_name_of(actor),
        action=action,
        subject=subject[:200],
        summary=summary,
        before=_plain(before),
        after=_plain(after),
        previous_hash=chain.head,
    )
    event.hash = _hash_of(event)
    event.save(force_insert=True)
    with connection.cursor() as cursor:
        change = "UPDATE clubs_auditchain SET length = %s, head = %s WHERE id = %s"
        cursor.execute(change, [event.position, event.hash, chain.pk])
    return event


@dataclass(frozen=True, slots=True)
class Note:
    """What `note_each` adds to a club's chain; the fields are those of `note`."""

    club: Club
    action: str
    subject: str
    summary: str
    before: Any = None
    after: Any = None


@transaction.atomic(savepoint=False)
def note_each(*, actor: User | None, notes: Sequence[Note]) -> None:
    """Add one event to the chain of each of many clubs: as `note`, in a few queries for all. At most one a club."""
    by_club = {one.club.pk: one for one in notes}
    AuditChain.objects.bulk_create((AuditChain(club_id=pk) for pk in by_club), ignore_conflicts=True, batch_size=1000)
    rows = AuditChain.objects.filter(club__in=list(by_club)).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    chains = list(rows)
    at, events = clock.now(), []
    for chain in chains:
        told = by_club[chain.club_id or 0]
        event = AuditEvent(
            club=told.club,
            position=chain.length + 1,
            at=at,
            user=actor,
            actor_name=_name_of(actor),
            action=told.action,
            subject=told.subject[:200],
            summary=told.summary,
            before=_plain(told.before),
            after=_plain(told.after),
            previous_hash=chain.head,
        )
        event.hash = _hash_of(event)
        chain.length, chain.head = event.position, event.hash
        events.append(event)
    AuditEvent.objects.across_clubs("one event for each of many clubs").bulk_create(events, batch_size=500)
    AuditChain.objects.bulk_update(chains, ["length", "head"], batch_size=500)


@transaction.atomic
def note_at_clubs_of(
    person: User, *, actor: User | None, action: str, subject: str, summary: str, after: Any = None
) -> None:
    """Add an event to the chain of every club that `person` belongs to, or to the installation's if there is none."""
    clubs = Club.objects.filter(memberships__user=person, memberships__is_active=True)
    notes = [Note(club=club, action=action, subject=subject, summary=summary, after=after) for club in clubs]
    if notes:
        note_each(actor=actor, notes=notes)
    else:
        note(club=None, actor=actor, action=action, subject=subject, summary=summary, after=after)


def broken_links(club: Club | None) -> Iterator[str]:
    """Check the chain of `club` from its first event and tell of every link that does not hold.

    Its length is read first, so that events added meanwhile are left for the next time.
    """
    head, expected = "", 1
    chain = AuditChain.objects.filter(club=club).first()
    events = AuditEvent.objects.across_clubs("the installation's own chain has no club").filter(club=club)
    if chain is not None:
        events = events.filter(position__lte=chain.length)
    for event in events.order_by("position").iterator(chunk_size=2000):
        if event.position != expected:
            yield f"event {expected} is missing"
        if event.previous_hash != head or event.hash != _hash_of(event):
            yield f"event {event.position} was changed"
        head, expected = event.hash, event.position + 1
    if chain is not None and (chain.length, chain.head) != (expected - 1, head):
        yield f"the chain should end with event {chain.length}"
    yield from _faults_beyond(club, chain)


def _faults_beyond(club: Club | None, chain: AuditChain | None) -> Iterator[str]:
    """Return what shows that the end itself was set back: events after it, or more of them verified earlier."""
    rows = AuditEvent.objects.across_clubs("the installation's own chain has no club").filter(club=club)
    last = rows.aggregate(last=Max("position"))["last"] or 0
    # Read after the events, which are added together with it: what was added meanwhile is within it.
    end = AuditChain.objects.filter(club=club).values_list("length", flat=True).first() or 0
    if last > end:
        yield f"the chain was set back to event {end}: event {last} stands after it"
    if chain is not None and chain.verified_length > chain.length:
        yield f"the chain had {chain.verified_length} events when it was verified before"


def verify(club: Club | None) -> AuditChain:
    """Check the whole chain of `club` and keep what came of it, for pages to show. Returns the chain."""
    chain, _ = AuditChain.objects.get_or_create(club=club)
    begun_at, length = clock.now(), chain.length
    faults = list(broken_links(club))
    AuditChain.objects.filter(pk=chain.pk).update(
        # Never less than before, so that what was cut off is missed each time.
        verified_length=max(length, chain.verified_length),
        verified_at=begun_at,
        verified_faults=faults[:MOST_FAULTS_KEPT],
    )
    chain.refresh_from_db()
    return chain


def _name_of(actor: User | None) -> str:
    name = str(actor) if actor else "Clubledger"
    instrument = _through.get()
    return (f"{name} by {instrument}" if instrument else name)[:200]


def _locked_chain(club: Club | None) -> AuditChain:
    whose, parameters = ("club_id = %s", [club.pk]) if club else ("club_id IS NULL", [])
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    head = f"SELECT id, length, head FROM clubs_auditchain WHERE {whose} ORDER BY id LIMIT 1{lock}"  # noqa: S608
    with connection.cursor() as cursor:

        def look() -> Any:
            cursor.execute(head, parameters)
            return cursor.fetchone()

        row = look()
        if row is None and club is None and lock:
            # To a unique constraint no club is another one each time: whoever is first makes the others wait.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('clubs_auditchain'))")
            row = look()
        if row is None:
            AuditChain.objects.bulk_create([AuditChain(club=club)], ignore_conflicts=True)
            row = look()
    return AuditChain(pk=row[0], length=row[1], head=row[2])


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder)) if value is not None else None


def _hash_of(event: AuditEvent) -> str:
    content = [
        event.previous_hash,
        event.club_id,
        event.position,
        event.at.isoformat(timespec="microseconds"),
        event.user_id,
        event.actor_name,
        event.action,
        event.subject,
        event.summary,
        event.before,
        event.after,
    ]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def about(*, club: Club, subjects: Sequence[str], most: int) -> list[AuditEvent]:
    """Return the first events of the club about these subjects."""
    rows = AuditEvent.objects.of(club).filter(subject__in=subjects)
    # In the order of the index, or a database may choose to walk the whole trail for the order's sake.
    return list(rows.order_by("subject", "position")[:most])
