"""A connection pool whose every read and write is bounded by the deadline of the call that does it.

The library's time-outs are per operation, so that an answer dripping in byte by byte outlives them; these don't.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpcore2
import httpx2

from clubledger.foundation import clock

WRITE_SLICE_BYTES = 16_384
"""What is written at once: no more than one record of TLS, so that the deadline is asked before each."""

UNACKNOWLEDGED_SECONDS = 30
"""How long the kernel goes on repeating what the other side has not acknowledged, even after we have hung up.

Without it a request could arrive minutes after its deadline, when a broken line is mended.
"""


@dataclass(slots=True)
class Deadline:
    """When the current call must have ended, on the monotonic clock, and whether its first byte has gone out.

    `ends_at` is the same by the machine's time of day, where that counts as well: the monotonic clock stands still
    while a machine is suspended. `began` is None as long as the transport has not said: one for tests need not.
    """

    ends: float
    began: bool | None = None
    ends_at: datetime | None = None

    @classmethod
    def after(cls, seconds: float, *, ends_at: datetime | None = None) -> Deadline:
        """Return the deadline that is `seconds` away, and not after `ends_at`."""
        return cls(time.monotonic() + seconds, ends_at=ends_at)

    def remaining(self) -> float:
        """Return the seconds that are left; negative when it has passed."""
        left = self.ends - time.monotonic()
        return left if self.ends_at is None else min(left, (self.ends_at - clock.now()).total_seconds())

    def clip(self, timeout_seconds: float | None) -> float:
        """Return a time-out that does not outlive the deadline; 0 when it has passed."""
        left = max(0.0, self.remaining())
        return left if timeout_seconds is None else min(timeout_seconds, left)


_current: ContextVar[Deadline | None] = ContextVar("xero_call_deadline", default=None)


@contextmanager
def bounded(deadline: Deadline) -> Iterator[Deadline]:
    """Bound every network operation of this thread inside the `with` block by `deadline`."""
    before = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(before)


class _BoundedStream(httpcore2.NetworkStream):
    """A socket that asks the deadline before each operation. Nothing is written once it has passed."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = _current.get()
        if deadline is not None:
            timeout = deadline.clip(timeout)
            if timeout <= 0:
                raise httpcore2.ReadTimeout("the call's total deadline has passed")
        return self._stream.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        deadline = _current.get()
        for start in range(0, len(buffer), WRITE_SLICE_BYTES):
            left = timeout
            if deadline is not None:
                left = deadline.clip(timeout)
                if left <= 0:
                    raise httpcore2.WriteTimeout("the call's total deadline has passed")
                deadline.began = True
            self._stream.write(buffer[start : start + WRITE_SLICE_BYTES], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        deadline = _current.get()
        left = timeout if deadline is None else max(0.001, deadline.clip(timeout))
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _BoundedBackend(httpcore2.SyncBackend):
    """Opens bounded sockets."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        deadline = _current.get()
        left = timeout if deadline is None else max(0.001, deadline.clip(timeout))
        return _BoundedStream(super().connect_tcp(host, port, left, local_address, socket_options))


def _socket_options() -> list[httpcore2.SOCKET_OPTION]:
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it.
    return [] if option is None else [(socket.IPPROTO_TCP, option, UNACKNOWLEDGED_SECONDS * 1000)]


class BoundedTransport(httpx2.BaseTransport):
    """HTTP/1.1 over one pool for the whole process. Retries nothing, follows nothing, uses no proxy."""

    def __init__(self, *, max_connections: int, keep_alive_seconds: float) -> None:
        context = httpx2.create_ssl_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=keep_alive_seconds,
            socket_options=_socket_options(),
            network_backend=_BoundedBackend(),
            retries=0,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the answer's body is still to be read. Raises httpx2.TransportError."""
        deadline = _current.get()
        if deadline is not None:
            deadline.began = False
        url = request.url
        outgoing = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _named_as_httpx2():
            answer = self._pool.handle_request(outgoing)
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _named_as_httpx2():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


@contextmanager
def _named_as_httpx2() -> Iterator[None]:
    """Raise the pool's errors under the names that the client library gives them: both trees use the same ones."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
        known = getattr(httpx2, type(error).__name__, httpx2.TransportError)
        raise known(str(error)) from error
    except httpcore2.UnsupportedProtocol as error:
        raise httpx2.UnsupportedProtocol(str(error)) from error
