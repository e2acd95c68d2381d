"""Step 5, send: claim, write a Call, commit, ask Xero with no database transaction open, record what came of it.

A worker that dies between any two lines leaves rows from which the next one goes on (`serve`).
"""

import zlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.models import Call, CallOutcome, Delivery
from clubledger.delivery.sending import calls, hold, turns
from clubledger.delivery.sending.queue import close
from clubledger.foundation import clock, crash
from clubledger.ledger import sql
from clubledger.ledger.journals import reopen, states
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero import manual_journals
from clubledger.xero.access import XeroAccess, access_for_sending
from clubledger.xero.connection import standing
from clubledger.xero.errors import XeroError
from clubledger.xero.http.answers import Answer, ItemAnswer
from clubledger.xero.models import Authorisation

ENVELOPE_BYTES = 100
"""More than what stands around the journals in a request."""


def send_batch(club: Club, holder: str) -> tuple[int, bool]:
    """Send one request with the club's next due journals of one sender. Returns how many it carried, and if more wait.

    Whoever can't be sent for now is held with the reason and the time, and does not count.
    """
    batch, are_all = _next_batch(club)
    if not batch:
        return 0, False
    sender = batch[0].sender
    if not access.may(sender, club, Permission.SEND):
        hold.hold(club, batch, reason=WaitReason.PERMISSION)
        return 0, not are_all
    try:
        xero = access_for_sending(club=club, user=sender)
    except XeroError as error:
        hold.hold_for_error(club, batch, error)
        return 0, not are_all
    crash.point("delivery.before_claim")
    claimed = claim(club, batch, xero, holder)
    if claimed is None:
        # The club's app or organisation has just changed: another turn finds out what that means.
        hold.hold(club, batch, reason=WaitReason.CHANGEOVER, seconds=5)
        return 0, not are_all
    call, carried = claimed
    crash.point("delivery.after_claim")
    answer = manual_journals.create(
        access=xero,
        body=zlib.decompress(call.body),
        idempotency_key=call.idempotency_key,
        deadline_at=call.deadline_at,
    )
    crash.point("delivery.after_answer")
    record(club, call, carried, answer, holder)
    crash.point("delivery.after_record")
    if answer.outcome == "unknown":
        # The next turn reads first: while Xero is away nothing more is put at risk, and other clubs have their turn.
        return len(carried), False
    is_all = are_all and all(item.outcome == "accepted" for item in answer.items)
    return len(carried), not is_all and _has_more(club)


def _next_batch(club: Club) -> tuple[list[Delivery], bool]:
    """Return the journals of the next request: one sender, oldest first, within Xero's advice for number and size.

    Also whether they are all that is due.
    """
    due = list(
        Delivery.objects.of(club)
        .filter(closed_at=None, due_at__lte=clock.now(), journal__state=JournalState.QUEUED)
        .select_related("sender", "journal")
        .order_by("journal__accounting_date", "journal__sequence")[: 4 * manual_journals.MAX_JOURNALS]
    )
    batch: list[Delivery] = []
    size = 0
    for delivery in due:
        if batch and (delivery.sender_id != batch[0].sender_id or delivery.goes_alone or batch[0].goes_alone):
            continue
        size += len(delivery.payload) + 1
        if batch and size > manual_journals.MAX_BODY_BYTES - ENVELOPE_BYTES:
            break
        batch.append(delivery)
        if len(batch) == manual_journals.MAX_JOURNALS:
            break
    return batch, len(batch) == len(due)


def _has_more(club: Club) -> bool:
    """Whether a queued journal is due now."""
    return (
        Delivery.objects.of(club)
        .filter(closed_at=None, due_at__lte=clock.now(), journal__state=JournalState.QUEUED)
        .exists()
    )


@transaction.atomic
def claim(club: Club, batch: list[Delivery], xero: XeroAccess, holder: str) -> tuple[Call, list[Delivery]] | None:
    """Take the journals for this worker and write down the request before any network. None if none was left.

    The guarded UPDATE decides: of any number of workers exactly one moves a journal from queued to sending. The club's
    app and organisation are looked at again here, so that a changeover in between sends nothing under the old app.
    """
    access.lock_club(club)
    connection = standing.current(club=club, with_app=False)
    if connection is None or (connection.app_id, connection.tenant_id) != (xero.app_id, xero.tenant_id):
        return None
    batch = _still_sendable(club, batch, xero)
    moved = set(
        states.move(
            club=club,
            journal_ids=[delivery.journal_id for delivery in batch],
            from_states=[JournalState.QUEUED],
            to_state=JournalState.SENDING,
            wait_reason="",
            wait_until=None,
        )
    )
    carried = [delivery for delivery in batch if delivery.journal_id in moved]
    if not carried:
        return None
    body = manual_journals.join([bytes(delivery.payload) for delivery in carried])
    references = [(delivery.reference, delivery.generation) for delivery in carried]
    call = calls.write(
        club=club, sender=carried[0].sender, xero=xero, body=body, references=references, carried=carried, holder=holder
    )
    return call, carried


def _still_sendable(club: Club, batch: list[Delivery], xero: XeroAccess) -> list[Delivery]:
    """Return the deliveries that may go out as they were read, now that the club is locked.

    One that was withdrawn since, and perhaps queued anew with other content, may not; nor may any whose sender has lost
    the right or the authorisation, or was taken over from, or whose club was closed.
    """
    may_send = access.memberships_with(club, Permission.SEND).filter(user=OuterRef("sender"), club__is_active=True)
    authorised = Authorisation.objects.of(club).filter(pk=xero.authorisation.pk, ended_at=None)
    rows = Delivery.objects.of(club).filter(
        Exists(may_send), Exists(authorised), pk__in=[one.pk for one in batch], closed_at=None, sender=batch[0].sender
    )
    sendable = set(rows.values_list("pk", flat=True))
    return [delivery for delivery in batch if delivery.pk in sendable]


@transaction.atomic
def record(club: Club, call: Call, carried: list[Delivery], answer: Answer, holder: str) -> None:
    """Write down what came of a call, and move each journal that this worker still holds accordingly.

    Accepted journals stay in `sending` until they are read back; the claim is renewed for that.
    """
    access.lock_club(club)
    calls.close(call, answer)
    still_held = calls.renew_claims(club, carried, holder)
    sql.run_many(
        "UPDATE delivery_callitem SET outcome = %s, words = %s, xero_journal_id = %s "
        "WHERE call_id = %s AND position = %s",
        [
            (said.outcome, _words_of(said), said.journal.journal_id if said.journal else "", call.pk, position)
            for position, said in enumerate(answer.items)
        ],
    )
    said_of = {
        delivery.pk: (delivery, said)
        for delivery, said in zip(carried, answer.items, strict=True)
        if delivery.pk in still_held
    }
    _record_accepted(_with(said_of.values(), CallOutcome.ACCEPTED))
    _record_rejected(club, _with(said_of.values(), CallOutcome.REJECTED), answer, call.sender)
    unknown = [delivery for delivery, _ in _with(said_of.values(), CallOutcome.UNKNOWN)]
    not_sent = [delivery for delivery, _ in _with(said_of.values(), CallOutcome.NOT_SENT)]
    is_replay = call.is_replay_of_id is not None
    # That a replay was turned away at the door says nothing of the request that it repeats.
    become_uncertain(club, [*unknown, *not_sent] if is_replay else unknown)
    if is_replay and answer.limit_problem:
        hold.heed_limit(club, answer, app_id=call.app_id)
    elif not_sent and not is_replay:
        hold.put_back(club, not_sent, answer, app_id=call.app_id)
    heed_limits(club, answer)


def _words_of(said: ItemAnswer) -> str:
    return "\n".join([*said.messages, *said.warnings])[:4000]


_Said = tuple[Delivery, ItemAnswer]


def _with(said: Iterable[_Said], outcome: str) -> list[_Said]:
    return [pair for pair in said if pair[1].outcome == outcome]


def _record_accepted(accepted: list[_Said]) -> None:
    ids = [(delivery.pk, item.journal.journal_id) for delivery, item in accepted if item.journal is not None]
    sql.update_by_id("delivery_delivery", {"xero_journal_id": "text"}, ids)


def _record_rejected(club: Club, rejected: list[_Said], answer: Answer, sender: User) -> None:
    is_whole = len(rejected) > 1 and all(not item.journal and item.messages for _, item in rejected)
    words_alike = len({item.messages for _, item in rejected}) == 1
    for delivery, item in rejected:
        words = "\n".join(item.messages) or answer.words
        if is_whole and words_alike and answer.http_status != 200:
            # The request failed as a whole: sent one by one, only the culprit will fail again.
            hold.send_alone(club, delivery, words)
        elif hold.is_lock_refusal(words):
            hold.hold_for_lock(club, delivery, words)
        else:
            _reject(club, delivery, words, sender)


def _reject(club: Club, delivery: Delivery, words: str, sender: User) -> None:
    moved = states.move(
        club=club,
        journal_ids=[delivery.journal_id],
        from_states=[JournalState.SENDING],
        to_state=JournalState.REJECTED,
        xero_words=words,
        wait_reason="",
        wait_until=None,
    )
    if not moved:
        return
    close(club, moved, "rejected")
    reopen.unfreeze(club=club, journal_ids=moved)
    audit.note(
        club=club,
        actor=sender,
        action="journal.rejected",
        subject=delivery.reference,
        summary=f"Xero refused the journal: {words}",
    )


def become_uncertain(club: Club, deliveries: list[Delivery]) -> None:
    """Nothing is known of these: they wait to be looked up, at once and until Xero can no longer commit them."""
    if not deliveries:
        return
    moved = set(
        states.move(
            club=club,
            journal_ids=[delivery.journal_id for delivery in deliveries],
            from_states=[JournalState.SENDING],
            to_state=JournalState.UNCERTAIN,
        )
    )
    Delivery.objects.of(club).filter(pk__in=[d.pk for d in deliveries if d.journal_id in moved]).update(
        claimed_by="", claimed_until=None, due_at=clock.now()
    )


def give_up_stale_claims(club: Club) -> int:
    """Make uncertain what a dead worker left in `sending`: its request may have reached Xero. Returns how many."""
    rows = Delivery.objects.of(club).filter(
        closed_at=None, journal__state=JournalState.SENDING, claimed_until__lt=clock.now()
    )
    # Nearly always there is none: then nothing is locked.
    return _give_up(club, rows) if rows.exists() else 0


@transaction.atomic
def _give_up(club: Club, rows: QuerySet[Delivery]) -> int:
    access.lock_club(club)
    stale = list(rows.all())
    Call.objects.of(club).filter(
        outcome=CallOutcome.PENDING, items__delivery__in=[delivery.pk for delivery in stale]
    ).update(
        outcome=CallOutcome.UNKNOWN, finished_at=clock.now(), words=phrase("The worker ended before an answer came.")
    )
    become_uncertain(club, stale)
    return len(stale)


def heed_limits(club: Club, answer: Answer) -> None:
    """Wait of our own accord before Xero has to say 429: when the minute is nearly used up, until the next one."""
    left = answer.limits.minute_remaining
    if left is not None and left <= 2 and not answer.limit_problem:
        turns.limit(club, until=clock.now() + timedelta(seconds=60), problem="minute")


def new_holder() -> str:
    """Make the name under which one worker holds turns and claims."""
    return uuid4().hex
