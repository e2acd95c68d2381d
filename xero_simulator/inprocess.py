"""The simulator as an httpx2 transport: a client in the same process talks to it without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx2

from xero_simulator.app import Simulator
from xero_simulator.exchange import Answer, Request


class _Broken(httpx2.SyncByteStream):
    """A body that ends too early."""

    def __init__(self, part: bytes, request: httpx2.Request) -> None:
        self._part = part
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        if self._part:
            yield self._part
        raise httpx2.RemoteProtocolError(
            "peer closed connection without sending complete message body", request=self._request
        )


class SimulatorTransport(httpx2.BaseTransport):
    """Use as `httpx2.Client(transport=SimulatorTransport(simulator))`. Safe to share between threads.

    Delays are slept only while the simulator's clock runs; one that is longer than the request's read time-out ends in
    ReadTimeout. Drops end in ReadError or RemoteProtocolError. While `is_unreachable` is true, nothing can connect.
    """

    def __init__(self, simulator: Simulator, sleep: Callable[[float], None] = time.sleep) -> None:
        self.simulator = simulator
        self.is_unreachable = False
        self._sleep = sleep

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request as the network would."""
        if self.is_unreachable:
            raise httpx2.ConnectError("[Errno 111] Connection refused", request=request)
        body = request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = request.url.query.decode("latin-1")
        answer = self.simulator.respond(Request(request.method, request.url.path, query, headers, body))
        try:
            self._delay(request, answer)
            return self._response(request, answer)
        finally:
            answer.finish()

    def _delay(self, request: httpx2.Request, answer: Answer) -> None:
        seconds = answer.delay_seconds
        if not seconds:
            return
        read_timeout = request.extensions.get("timeout", {}).get("read")
        is_too_long = read_timeout is not None and seconds > read_timeout
        if not self.simulator.clock.is_frozen:
            self._sleep(min(seconds, read_timeout) if read_timeout is not None else seconds)
        if is_too_long:
            raise httpx2.ReadTimeout("The read operation timed out", request=request)

    @staticmethod
    def _response(request: httpx2.Request, answer: Answer) -> httpx2.Response:
        if answer.drop == "before":
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        if answer.drop is None:
            headers = [*answer.headers]
            if answer.status != 204:
                headers.append(("Content-Length", str(len(answer.body))))
            return httpx2.Response(answer.status, headers=headers, content=answer.body, request=request)
        part = answer.body[: len(answer.body) // 2] if answer.drop == "mid-body" else b""
        headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
        return httpx2.Response(answer.status, headers=headers, stream=_Broken(part, request), request=request)
