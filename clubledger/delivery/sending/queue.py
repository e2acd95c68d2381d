"""Step 4, queue: freezing journals with their payload and reference, and what may still be done while they wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext, ngettext

from clubledger.bookkeeping.chart import Organisation
from clubledger.bookkeeping.entry import BadEntry, Entry, entry_of
from clubledger.bookkeeping.phrases import counted
from clubledger.bookkeeping.rules import Resolution
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery import payload
from clubledger.delivery.errors import CannotTakeOver, CannotWithdraw, NothingToSend
from clubledger.delivery.models import Delivery, SendRun
from clubledger.delivery.reference import narration_of, reference_of
from clubledger.delivery.sending import carriers, turns
from clubledger.foundation import clock
from clubledger.ledger.intake import samples
from clubledger.ledger.journals import lines, reopen
from clubledger.ledger.journals.states import WaitReason, move
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.connection import standing
from clubledger.xero.errors import ConnectionMoved, NotAuthorised
from clubledger.xero.models import Connection

SENT_BEFORE = ("queued", "sending", "uncertain", "differs", "sent")


@transaction.atomic
def send_to_gl(*, club: Club, actor: User, journal_ids: Iterable[int]) -> SendRun:
    """Freeze valid journals and queue them under the actor's name. Sending goes on in the background.

    A journal that changed since it was validated is left out. Raises NotAllowed, NothingToSend, and NotAuthorised or
    ConnectionMoved where the actor has no live authorisation of the club's present app.
    """
    access.require(club=club, actor=actor, permission=Permission.SEND)
    require_live_authorisation(club, actor)
    access.lock_club(club)
    connection = standing.current(club=club, with_app=False)
    organisation = connection.organisation if connection else Organisation("", "")
    ids = list(journal_ids)
    resolved = _resolved(club, ids, organisation)
    if not resolved and _were_sent_before(club, ids):
        raise NothingToSend(
            gettext("These journals are in Xero already, or on their way: they were sent before. Nothing goes twice.")
        )
    run = _queue(club, actor, resolved, organisation)
    turns.make_due(club)
    return run


def _were_sent_before(club: Club, ids: Sequence[int]) -> bool:
    chosen = Journal.objects.of(club).filter(pk__in=ids)
    return chosen.exists() and not chosen.exclude(state__in=SENT_BEFORE).exists()


@transaction.atomic
def send_validated(
    *,
    club: Club,
    actor: User,
    resolved: Sequence[tuple[Journal, Resolution]],
    organisation: Organisation,
    night_on: date,
) -> SendRun:
    """Queue, as `send_to_gl` does, what has just been found valid in this transaction; who calls it serves the club.

    The club is locked and the actor's permission was asked for; `night_on` is the scheduled night that sends it. Raises
    NothingToSend, NotAuthorised, ConnectionMoved.
    """
    require_live_authorisation(club, actor)
    run = _queue(club, actor, resolved, organisation, night_on)
    turns.make_due(club, wakes=False)
    return run


def _queue(
    club: Club,
    actor: User,
    resolved: Sequence[tuple[Journal, Resolution]],
    organisation: Organisation,
    night_on: date | None = None,
) -> SendRun:
    # Validation refuses sample data; this is the second wall, right before anything is frozen.
    held = samples.journals_holding(club=club, journal_ids=[journal.pk for journal, _ in resolved])
    resolved = [(journal, resolution) for journal, resolution in resolved if journal.pk not in held]
    run: SendRun = SendRun.objects.of(club).create(club=club, actor=actor, created_at=clock.now(), night_on=night_on)
    queued = Delivery.objects.of(club).bulk_create(_duties(club, run, resolved, organisation))
    if not queued:
        raise NothingToSend(gettext("None of these journals is valid and unchanged. Validate them again."))
    audit.note(
        club=club,
        actor=actor,
        action="journals.queued",
        subject=counted(len(queued), "journal", "journals"),
        summary=counted(len(queued), "journal was queued for Xero.", "journals were queued for Xero."),
        after={"run": run.pk, "references": [delivery.reference for delivery in queued]},
    )
    return run


def require_live_authorisation(club: Club, user: User) -> None:
    """Raise ConnectionMoved or NotAuthorised, with the words for the page, unless the user could send now."""
    if standing.live_authorisation(club=club, user=user) is not None:
        return
    own = standing.standing_of(club=club, user=user)
    if own.kind == "unauthorized":
        raise ConnectionMoved(own.message)
    raise NotAuthorised(own.message)


def _resolved(club: Club, journal_ids: list[int], organisation: Organisation) -> list[tuple[Journal, Resolution]]:
    """Return the journals that are valid and unchanged, with their lines under the present mapping."""
    chosen = list(
        Journal.objects.of(club)
        .filter(pk__in=journal_ids, state=JournalState.VALID)
        .order_by("accounting_date", "sequence")
    )
    unchanged = [journal for journal in chosen if journal.validated_revision == journal.revision]
    with_tax = organisation.is_registered_for_tax
    resolutions = lines.resolve(club=club, journals=unchanged, no_tax_type=organisation.no_tax_type, with_tax=with_tax)
    return [(journal, resolutions[journal.pk]) for journal in unchanged]


def _duties(
    club: Club, run: SendRun, resolved: Sequence[tuple[Journal, Resolution]], organisation: Organisation
) -> Iterable[Delivery]:
    generations = dict(
        Delivery.objects.of(club)
        .filter(journal__in=[journal.pk for journal, _ in resolved])
        .values_list("journal")
        .annotate(last=Max("generation"))
        .values_list("journal", "last")
    )
    for journal, resolution in resolved:
        generation = generations.get(journal.pk, 0) + 1
        entry = _entry_of(journal, resolution, with_tax=organisation.is_registered_for_tax)
        # Without an entry, what it is made of is no longer what was validated. It stays, to be validated again.
        if entry is not None and _freeze(club, journal, resolution):
            yield _duty(run, journal, entry, generation)


def _entry_of(journal: Journal, resolution: Resolution, *, with_tax: bool) -> Entry | None:
    try:
        return entry_of(journal.sent_on or journal.accounting_date, resolution.lines, with_tax=with_tax)
    except BadEntry:
        return None


def _freeze(club: Club, journal: Journal, resolution: Resolution) -> bool:
    moved = move(
        club=club,
        journal_ids=[journal.pk],
        from_states=[JournalState.VALID],
        to_state=JournalState.QUEUED,
        at_revisions={journal.pk: journal.revision},
        wait_reason=WaitReason.TURN,
        wait_until=None,
        xero_words="",
    )
    if moved:
        lines.freeze(journal=journal, resolution=resolution)
    return bool(moved)


def _duty(run: SendRun, journal: Journal, entry: Entry, generation: int) -> Delivery:
    club, at = run.club, clock.now()
    narration = narration_of(club.mark, journal, entry.dated_on)
    content = payload.render(entry, narration=narration, url=address_of(club, journal))
    return Delivery(
        club=club,
        journal=journal,
        run=run,
        sender=run.actor,
        reference=reference_of(club.mark, journal.accounting_date, journal.sequence),
        generation=generation,
        narration=narration,
        dated_on=entry.dated_on,
        payload=content,
        payload_hash=payload.hash_of(content),
        queued_at=at,
        due_at=at,
    )


def address_of(club: Club, journal: Journal) -> str:
    """Return the address of the journal's page, which stands in Xero as the link back to the source."""
    return f"{settings.CLUBLEDGER_BASE_URL}/c/{club.slug}/gl/journals/{journal.pk}/"


@transaction.atomic
def withdraw(*, club: Club, actor: User, journal_ids: Iterable[int]) -> int:
    """Take journals out of the queue. Returns how many; those on their way stay. Raises CannotWithdraw for none."""
    access.require(club=club, actor=actor, permission=Permission.SEND)
    access.lock_club(club)
    moved = move(
        club=club,
        journal_ids=list(journal_ids),
        from_states=[JournalState.QUEUED],
        to_state=JournalState.OPEN,
        wait_reason="",
        wait_until=None,
    )
    if not moved:
        raise CannotWithdraw(gettext("None of these journals waits in the queue."))
    close(club, moved, "withdrawn")
    reopen.unfreeze(club=club, journal_ids=moved)
    audit.note(
        club=club,
        actor=actor,
        action="journals.withdrawn",
        subject=counted(len(moved), "journal", "journals"),
        summary=counted(len(moved), "journal was taken out of the queue.", "journals were taken out of the queue."),
        after={"journals": moved},
    )
    return len(moved)


def without_sender(*, club: Club, connection: Connection | None = None) -> QuerySet[Delivery]:
    """Return the deliveries of queued journals that somebody else may take over.

    A worker has said that they wait for their sender, or, whatever they wait for, it is known here already that the
    sender has lost the right or the authorisation. `connection` is the club's, where the caller has read it.
    """
    authorised = standing.live_authorisations(club=club, connection=connection).values("user")
    may_send = access.memberships_with(club, Permission.SEND).values("user")
    rows: QuerySet[Delivery] = Delivery.objects.of(club).filter(closed_at=None, journal__state=JournalState.QUEUED)
    return rows.filter(
        Q(journal__wait_reason__in=[WaitReason.AUTHORISATION, WaitReason.PERMISSION, WaitReason.CHANGEOVER])
        | ~Q(sender__in=authorised)
        | ~Q(sender__in=may_send)
    )


@transaction.atomic
def take_over(*, club: Club, actor: User, journal_ids: Iterable[int]) -> int:
    """Send, under the actor's name, queued journals whose sender has lost the right or the connection.

    What was frozen stays as it is, and what keeps a journal back but its sender keeps it back again at its next turn.
    Raises NotAllowed, CannotTakeOver, and NotAuthorised or ConnectionMoved as `send_to_gl` does.
    """
    ids = list(journal_ids)
    access.require(club=club, actor=actor, permission=Permission.SEND)
    require_live_authorisation(club, actor)
    access.lock_club(club)
    waiting = without_sender(club=club).filter(journal_id__in=ids)
    taken = list(waiting.values_list("pk", "journal_id", "sender__name"))
    if not taken:
        raise CannotTakeOver(_why_none_is_taken_over(club, ids))
    Delivery.objects.of(club).filter(pk__in=[pk for pk, _, _ in taken]).update(sender=actor, due_at=clock.now())
    move(
        club=club,
        journal_ids=[journal_id for _, journal_id, _ in taken],
        from_states=[JournalState.QUEUED],
        to_state=JournalState.QUEUED,
        wait_reason=WaitReason.TURN,
        wait_until=None,
    )
    audit.note(
        club=club,
        actor=actor,
        action="journals.taken_over",
        subject=counted(len(taken), "journal", "journals"),
        summary=f"{actor} took over {counted(len(taken), 'waiting journal', 'waiting journals')}.",
        before={"senders": sorted({name for _, _, name in taken})},
        after={"journals": [journal_id for _, journal_id, _ in taken]},
    )
    turns.make_due(club)
    return len(taken)


def _why_none_is_taken_over(club: Club, journal_ids: list[int]) -> str:
    live = Delivery.objects.of(club).filter(closed_at=None, journal_id__in=journal_ids)
    queued = list(live.filter(journal__state=JournalState.QUEUED).select_related("sender"))
    if not queued:
        return gettext("None of these journals waits in the queue.")
    words = ngettext(
        "%(people)s can still send this journal, so nobody has to take it over.",
        "%(people)s can still send these journals, so nobody has to take them over.",
        len(queued),
    )
    return words % {"people": ", ".join(sorted({str(one.sender) for one in queued}))}


def close(club: Club, journal_ids: Iterable[int], because: str, **fields: Any) -> None:
    """End the live deliveries of these journals; `because` is sent, rejected, withdrawn, differs or voided.

    `fields` are set along with that.
    """
    ids = list(journal_ids)
    Delivery.objects.of(club).filter(journal_id__in=ids, closed_at=None).update(
        closed_at=clock.now(), closed_because=because, claimed_by="", claimed_until=None, **fields
    )
    if because in {"withdrawn", "rejected"}:
        carriers.came_to_nothing(club, ids)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a send run is. `failed` are rejected or different; `waiting` say on their rows why."""

    total: int
    sent: int
    failed: int
    waiting: int
    seconds_left: int | None
    is_finished: bool

    @property
    def done(self) -> int:
        """How many have ended, one way or another."""
        return self.sent + self.failed


def progress(*, club: Club, run: SendRun) -> Progress:
    """Return how far a run is, from the states of its journals; `seconds_left` is a guess from its pace so far."""
    return progress_of(club=club, run_id=run.pk)


def progress_of(*, club: Club, run_id: int) -> Progress:
    """Return how far the club's run with this key is, in one query."""
    rows = Delivery.objects.of(club).filter(run=run_id)
    states = list(rows.values_list("journal__state", "journal__wait_reason", "run__created_at"))
    sent = sum(state == JournalState.SENT for state, _, _ in states)
    going_on = (JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN)
    active = sum(state in going_on for state, _, _ in states)
    held = sum(state == JournalState.QUEUED and reason != WaitReason.TURN for state, reason, _ in states)
    done = len(states) - active
    elapsed = (clock.now() - states[0][2]).total_seconds() if states else 0
    return Progress(
        total=len(states),
        sent=sent,
        failed=done - sent,
        waiting=held,
        seconds_left=int(elapsed / done * active) if done and active else None,
        is_finished=active == 0,
    )
