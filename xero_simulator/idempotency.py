"""The memory for `Idempotency-Key`: the same request gets the same answer, another one is refused."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from xero_simulator.call import error_answer
from xero_simulator.errors import ApiError
from xero_simulator.exchange import Answer, Request, text_answer
from xero_simulator.model import StoredAnswer
from xero_simulator.world import World

LONGEST_KEY = 128
METHODS = {"POST", "PUT", "PATCH"}


def key_of(request: Request) -> str | None:
    """Return the key of a request that writes, or None."""
    return (request.header("idempotency-key") or None) if request.method in METHODS else None


def fingerprint(request: Request) -> str:
    """Return what makes two requests the same: address, body, method and organisation."""
    digest = hashlib.sha256(request.body)
    parts = (request.method, request.path.lower(), request.query, request.header("xero-tenant-id") or "")
    digest.update("\0".join(parts).encode())
    return digest.hexdigest()


def recall(world: World, client_id: str, request: Request) -> Answer | None:
    """Return the stored answer for a repeated request, a refusal for a misused key, or None for a new one."""
    key = key_of(request)
    if key is None:
        return None
    if len(key) > LONGEST_KEY:
        return _refusal(world, request, f"Idempotency Key: the key cannot be longer than {LONGEST_KEY} characters.")
    if not world.settings.idempotency_seconds:
        return None
    place = f"{client_id} {key}"
    stored = world.store.stored_answers.get(place)
    if stored is None:
        return None
    if world.now() >= stored.at + timedelta(seconds=world.settings.idempotency_seconds):
        world.store.stored_answers.delete(place)
        return None
    if stored.fingerprint != fingerprint(request):
        return _refusal(world, request, f"Idempotency Key: {key} is used with a different request.")
    if not stored.status:
        status = world.settings.idempotency_conflict_status
        return text_answer(status, f"Idempotency Key: {key} is used by a request that is still running.")
    return Answer(stored.status, stored.body, [(name, value) for name, value in stored.headers])


def _refusal(world: World, request: Request, message: str) -> Answer:
    return error_answer(world, request, ApiError(message, [{"ValidationErrors": [{"Message": message}]}]))


def remember(world: World, client_id: str, request: Request, answer: Answer | None) -> None:
    """Store an answer, errors too, for the time set (6 minutes by default). None marks a request that still runs."""
    key = key_of(request)
    if key is None or not world.settings.idempotency_seconds or len(key) > LONGEST_KEY:
        return
    _forget_stale(world)
    world.store.stored_answers.put(
        f"{client_id} {key}",
        StoredAnswer(
            fingerprint(request),
            world.now(),
            answer.status if answer else 0,
            [[name, value] for name, value in answer.headers] if answer else [],
            answer.body if answer else b"",
        ),
    )


def complete(world: World, client_id: str, request: Request, answer: Answer) -> None:
    """Store the answer of a request that was carried out late, unless its caller was given another one before."""
    stored = world.store.stored_answers.get(f"{client_id} {key_of(request)}")
    if stored is not None and not stored.status:
        remember(world, client_id, request, answer)


def _forget_stale(world: World) -> None:
    stale = world.now() - timedelta(seconds=world.settings.idempotency_seconds)
    for place, row in list(world.store.stored_answers.rows.items())[:8]:
        if row.at < stale:
            world.store.stored_answers.delete(place)
