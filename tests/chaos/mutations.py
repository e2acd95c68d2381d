"""Deliberate bugs. Chaos must catch each of them; if it does not, chaos proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from clubledger.clubs.models import Club
from clubledger.delivery import payload
from clubledger.delivery.models import Delivery
from clubledger.delivery.reconciliation import reconcile
from clubledger.delivery.sending import calls, hold, send
from clubledger.ledger.journals import states
from clubledger.xero.access import XeroAccess

Mutation = Callable[[], Iterator[None]]


def _no_look_up() -> Iterator[None]:
    """An unclear answer counts as a failure: sent again without looking."""
    real = reconcile.read_changes

    def read_changes(club: Club, xero: XeroAccess) -> Any:
        sending = Delivery.objects.of(club).filter(closed_at=None, journal__state="sending")
        return real(club, xero) if sending.exclude(xero_journal_id="").exists() else []

    def send_again(club: Club, xero: XeroAccess) -> None:
        del xero
        for delivery in Delivery.objects.of(club).filter(closed_at=None, journal__state="uncertain"):
            hold.queue_again_after_look_up(club, delivery)

    with patch.multiple(reconcile, read_changes=read_changes, look_up_uncertain=send_again):
        yield


def _key_changed_on_retry() -> Iterator[None]:
    """A replay goes out under another key than the request it repeats."""
    real = calls.write_again
    numbers = count()

    def write_again(call: Any, **claimed: Any) -> Any:
        call.idempotency_key = payload.hash_of(f"{call.idempotency_key}{next(numbers)}".encode())
        return real(call, **claimed)

    with patch.object(calls, "write_again", write_again):
        yield


def _claim_not_guarded() -> Iterator[None]:
    """A worker that chose its journals takes them for its own without asking whether they still wait.

    Neither the deliveries are looked at again under the lock, nor does the state decide who moves the journals.
    """
    real = states.move

    def move(**asked: Any) -> list[int]:
        moved = real(**asked)
        is_claim = asked["to_state"] == "sending" and "wait_reason" in asked
        return list(asked["journal_ids"]) if is_claim else moved

    def still_sendable(club: Club, batch: list[Delivery], xero: XeroAccess) -> list[Delivery]:
        del club, xero
        return batch

    with patch.object(states, "move", move), patch.object(send, "_still_sendable", still_sendable):
        yield


MUTATIONS: dict[str, Mutation] = {
    "no-look-up": _no_look_up,
    "key-changed-on-retry": _key_changed_on_retry,
    "claim-not-guarded": _claim_not_guarded,
}


@contextmanager
def applied(name: str | None) -> Iterator[None]:
    """Let a mutation be in force inside the block. Raises KeyError for one that does not exist."""
    if name is None:
        yield
        return
    with contextmanager(MUTATIONS[name])():
        yield
