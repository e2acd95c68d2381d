"""Asking once more with the same key and the same bytes, where the operator trusts Xero to remember keys.

Off unless `CLUBLEDGER_XERO_REPLAY_SECONDS` says for how long a key is remembered: where keys are forgotten, a request
that is committed late and its replay would make two journals, so by default the look-up alone decides.
"""

import zlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from clubledger.clubs import access
from clubledger.clubs.models import Club
from clubledger.delivery.models import Call, CallItem, CallOutcome, Delivery
from clubledger.delivery.sending import calls
from clubledger.delivery.sending.send import record
from clubledger.foundation import clock, crash, stop
from clubledger.ledger.journals import states
from clubledger.ledger.models import JournalState
from clubledger.xero import manual_journals
from clubledger.xero.access import access_for_sending
from clubledger.xero.errors import XeroError


def replay_unknown_calls(club: Club, holder: str) -> int:
    """Repeat, once each, the calls whose every journal is uncertain and was just looked up in vain. Returns how many.

    The same app, key and bytes, inside the time that Xero remembers the key; what it answers is recorded as for any
    call. A stored refusal of the first request is its true outcome; a stored failure leaves it uncertain.
    """
    if not settings.XERO_REPLAY_SECONDS:
        return 0
    repeated = 0
    since = clock.now() - timedelta(seconds=settings.XERO_REPLAY_SECONDS - calls.CALL_SECONDS)
    unknown = Call.objects.of(club).filter(
        outcome=CallOutcome.UNKNOWN, purpose="create", started_at__gt=since, is_replay_of=None, replays=None
    )
    for call in unknown.select_related("sender"):
        if stop.is_asked():
            break
        try:
            xero = access_for_sending(club=club, user=call.sender)
        except XeroError:
            # Who sent it can't be asked for now; the look-up goes on without a replay.
            continue
        if (xero.app_id, xero.tenant_id) != (call.app_id, call.tenant_id):
            continue
        claimed = _claim_again(club, call, holder)
        if claimed is None:
            continue
        again, carried = claimed
        crash.point("delivery.after_replay_claim")
        answer = manual_journals.create(
            access=xero,
            body=zlib.decompress(again.body),
            idempotency_key=again.idempotency_key,
            deadline_at=again.deadline_at,
        )
        crash.point("delivery.after_replay_answer")
        record(club, again, carried, answer, holder)
        repeated += 1
    return repeated


@transaction.atomic
def _claim_again(club: Club, call: Call, holder: str) -> tuple[Call, list[Delivery]] | None:
    access.lock_club(club)
    items = list(CallItem.objects.filter(call=call).order_by("position"))
    live = {
        delivery.pk: delivery
        for delivery in Delivery.objects.of(club)
        .filter(
            call_items__in=items, closed_at=None, journal__state=JournalState.UNCERTAIN, last_sent_at=call.started_at
        )
        .select_related("journal", "sender")
    }
    if len(live) != len(items):
        # Some of it was found, so the request was carried out: the rest is on its way to being found as well.
        return None
    carried = [live[item.delivery_id] for item in items]
    ids = [delivery.journal_id for delivery in carried]
    states.move(club=club, journal_ids=ids, from_states=[JournalState.UNCERTAIN], to_state=JournalState.QUEUED)
    states.move(club=club, journal_ids=ids, from_states=[JournalState.QUEUED], to_state=JournalState.SENDING)
    return calls.write_again(call, carried=carried, holder=holder), carried
