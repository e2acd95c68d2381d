"""The simulator over HTTP: an ASGI application, and a uvicorn protocol that lets a dropped connection really drop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from xero_simulator.app import Simulator
from xero_simulator.exchange import Answer, Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
TRANSPORT_KEY = "xero_simulator.transport"


class DroppingProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose application can reach the socket."""

    def on_message_begin(self) -> None:
        """Put the transport where the application finds it."""
        super().on_message_begin()
        cast(Scope, self.scope)[TRANSPORT_KEY] = self.transport


async def _read_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = unquote(scope["raw_path"].decode("latin-1").partition("?")[0])
    return Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)


def _head(answer: Answer) -> Message:
    pairs = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in answer.headers]
    if answer.status != 204:
        pairs.append((b"content-length", str(len(answer.body)).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": pairs}


async def _wait(receive: Receive, seconds: float) -> bool:
    """Wait, and tell whether the caller is still there."""
    gone = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait({gone}, timeout=seconds)
    if done:
        return False
    gone.cancel()
    return True


async def _abort(transport: Any) -> None:
    transport.abort()
    # The server notes the lost connection on the loop's next turns; until then it would call the answer incomplete.
    for _ in range(3):
        await asyncio.sleep(0)


async def _deliver(answer: Answer, scope: Scope, send: Send) -> None:
    # Without the simulator's own protocol a drop is a KeyError, which also ends the connection.
    transport: Any = scope[TRANSPORT_KEY] if answer.drop is not None else None
    if answer.drop == "before":
        await _abort(transport)
        return
    await send(_head(answer))
    body = b"" if answer.status == 204 else answer.body
    if answer.drop is not None:
        part = body[: len(body) // 2] if answer.drop == "mid-body" else b""
        await send({"type": "http.response.body", "body": part, "more_body": True})
        # A moment for the caller to receive what there is, before the reset overtakes it.
        await asyncio.sleep(0.02)
        await _abort(transport)
        return
    await send({"type": "http.response.body", "body": body})


def make_application(simulator: Simulator) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the ASGI application of a simulator."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        answer = simulator.respond(_request(scope, body))
        try:
            if answer.delay_seconds and not await _wait(receive, answer.delay_seconds):
                return
            await _deliver(answer, scope, send)
        finally:
            answer.finish()

    return application
