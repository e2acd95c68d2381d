"""A request that may change something in Xero, written down before any network and closed with its answer after it.

The claims of the deliveries that it carries are made and renewed here too.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import DateTimeField, F
from django.db.models.functions import Coalesce

from clubledger.clubs.models import Club, User
from clubledger.delivery import payload
from clubledger.delivery.models import Call, CallItem, Delivery
from clubledger.delivery.sending import hold
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.xero.access import XeroAccess
from clubledger.xero.http.answers import Answer

CALL_SECONDS = 60
"""Total deadline of a call: nothing is written to the network after it."""

CLAIM_SECONDS = 180
"""A claim older than this is stale: its worker is taken for dead. Well under Xero's commit window."""


def write(
    *,
    club: Club,
    sender: User,
    xero: XeroAccess,
    body: bytes,
    references: Sequence[tuple[str, int]],
    carried: Sequence[Delivery] = (),
    holder: str = "",
    purpose: str = "create",
) -> Call:
    """Write a request down, with its deadline, and claim the deliveries that it carries for the holder.

    `references` are what it is about, each with how often it was asked for: its idempotency key is made of them.
    """
    call = Call(
        club=club,
        app_id=xero.app_id,
        tenant_id=xero.tenant_id,
        sender=sender,
        purpose=purpose,
        idempotency_key=payload.idempotency_key(xero.tenant_id, references, body),
        body=zlib.compress(body),
        body_hash=payload.hash_of(body),
    )
    return _store(call, carried, holder)


def write_again(call: Call, *, carried: Sequence[Delivery], holder: str) -> Call:
    """Write down that a request is repeated with the same key and the same bytes, and claim its deliveries."""
    again = Call(
        club=call.club,
        app_id=call.app_id,
        tenant_id=call.tenant_id,
        sender=call.sender,
        idempotency_key=call.idempotency_key,
        body=bytes(call.body),
        body_hash=call.body_hash,
        is_replay_of=call,
    )
    return _store(again, carried, holder)


def _store(call: Call, carried: Sequence[Delivery], holder: str) -> Call:
    at = clock.now()
    call.started_at, call.deadline_at = at, at + timedelta(seconds=CALL_SECONDS)
    call.save(force_insert=True)
    if carried:
        _claim(call, carried, holder)
    return call


def _claim(call: Call, carried: Sequence[Delivery], holder: str) -> None:
    CallItem.objects.bulk_create(
        CallItem(call=call, delivery=delivery, position=position) for position, delivery in enumerate(carried)
    )
    at: datetime = call.started_at
    until = at + timedelta(seconds=CLAIM_SECONDS)
    Delivery.objects.of(call.club).filter(pk__in=[delivery.pk for delivery in carried]).update(
        first_sent_at=Coalesce("first_sent_at", at, output_field=DateTimeField()),
        last_sent_at=at,
        attempts=F("attempts") + 1,
        claimed_by=holder,
        claimed_until=until,
        due_at=until,
        # Whatever becomes of the request, Xero has committed it by then or never will.
        uncertain_until=call.deadline_at + hold.commit_window(),
    )


def close(call: Call, answer: Answer) -> None:
    """Keep what came of a request."""
    Call.objects.of(call.club).filter(pk=call.pk).update(
        finished_at=clock.now(),
        http_status=answer.http_status,
        correlation_id=answer.correlation_id,
        outcome=answer.outcome,
        words=answer.words[:4000],
    )


def renew_claims(club: Club, carried: Sequence[Delivery], holder: str) -> set[int]:
    """Renew the claims that this worker still holds. Return their deliveries: nobody else's are touched."""
    until = clock.now() + timedelta(seconds=CLAIM_SECONDS)
    rows = sql.rows_of(
        "UPDATE delivery_delivery SET claimed_until = %s, due_at = %s WHERE club_id = %s "  # noqa: S608 - our own names
        f"AND {sql.among('id')} AND claimed_by = %s AND closed_at IS NULL RETURNING id",
        [*[sql.stored(until)] * 2, club.pk, sql.those(delivery.pk for delivery in carried), holder],
    )
    return {row[0] for row in rows}
