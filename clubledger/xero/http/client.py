"""One HTTP exchange with Xero, bounded by a total deadline, logged without secrets. Private to this room.

It never repeats anything and never decides what an answer means: `tokens.XeroAccess` and `answers` do.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx2
import structlog

from clubledger import __version__
from clubledger.xero.errors import AnswerLost, AnswerUnreadable, NeverSent, XeroUnavailable
from clubledger.xero.http.network import BoundedTransport, Deadline, bounded
from clubledger.xero.http.wire import Fault, Limits, read_fault, read_limits

CONNECT_SECONDS = 5.0
READ_SECONDS = 25.0
WRITE_SECONDS = 20.0
POOL_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 15.0
MAX_CONNECTIONS = 64
MAX_BODY_BYTES = 64 * 1024 * 1024

log = structlog.get_logger("clubledger.xero")

# Raised before the first byte of a request goes out, by any transport.
_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.ProxyError,
    httpx2.InvalidURL,
)


@dataclass(frozen=True)
class Reply:
    """A whole answer: status, headers by lower-case name, raw body. Its repr shows no body: that may hold tokens."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is of the 200s."""
        return 200 <= self.status < 300

    @cached_property
    def limits(self) -> Limits:
        """What it says of Xero's limits."""
        return read_limits(self.headers)

    @cached_property
    def fault(self) -> Fault:
        """Its body read as an error of whatever shape."""
        return read_fault(self.body)

    @cached_property
    def correlation_id(self) -> str:
        """Xero's own id of the call; from the body's `Instance` where no header tells."""
        return (self.headers.get("xero-correlation-id") or ("" if self.is_success else self.fault.instance))[:64]


# --- The one connection pool of the process --------------------------------------------------------------------------

_lock = threading.Lock()
_shared: tuple[int, BoundedTransport] | None = None
_override: httpx2.BaseTransport | None = None
_epoch = 0


class _Shared(httpx2.BaseTransport):
    """Hands each request to the process's transport, and survives the closing of the client that holds it."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return _transport().handle_request(request)


def _transport() -> httpx2.BaseTransport:
    global _shared  # noqa: PLW0603 - one pool for the process is the purpose
    if _override is not None:
        return _override
    with _lock:
        # A forked child must not write into its parent's sockets.
        if _shared is None or _shared[0] != os.getpid():
            _shared = (
                os.getpid(),
                BoundedTransport(max_connections=MAX_CONNECTIONS, keep_alive_seconds=KEEP_ALIVE_SECONDS),
            )
        return _shared[1]


def shared_transport() -> httpx2.BaseTransport:
    """Return the transport that every client of this room uses; closing it closes nothing."""
    return _Shared()


def epoch() -> int:
    """Return a number that changes when the transport is exchanged, so that caches of what it said can be dropped."""
    return _epoch


@contextmanager
def use_transport(transport: httpx2.BaseTransport) -> Iterator[None]:
    """Talk through `transport` inside the `with` block, in every thread: the seam for tests."""
    global _override, _epoch  # noqa: PLW0603 - see above
    before, _override = _override, transport
    _epoch += 1
    try:
        yield
    finally:
        _override = before
        _epoch += 1


USER_AGENT = f"Clubledger/{__version__}"


def _new_client() -> httpx2.Client:
    client = httpx2.Client(transport=shared_transport(), trust_env=False, headers={"User-Agent": USER_AGENT})
    # One client serves all clubs: a cookie of one must never travel with another's request.
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


_client = _new_client()


def timeouts_within(deadline: Deadline, *, read_seconds: float = READ_SECONDS) -> httpx2.Timeout:
    """Return the explicit time-outs of each kind of operation, none longer than what is left."""
    return httpx2.Timeout(
        connect=max(0.001, deadline.clip(CONNECT_SECONDS)),
        read=max(0.001, deadline.clip(read_seconds)),
        write=max(0.001, deadline.clip(WRITE_SECONDS)),
        pool=max(0.001, deadline.clip(POOL_SECONDS)),
    )


# --- An exchange ------------------------------------------------------------------------------------------------------


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    deadline: Deadline,
    params: Mapping[str, str] | None = None,
    content: bytes | None = None,
    read_seconds: float = READ_SECONDS,
) -> Reply:
    """Send one request once and give the whole answer, whatever its status.

    Raises NeverSent if certainly no byte went out, AnswerLost if it was begun and no whole answer came before
    `deadline`, AnswerUnreadable for a body beyond all measure.
    """
    if deadline.remaining() <= 0:
        raise NeverSent("no time was left to send it", problem="deadline")
    started = time.monotonic()
    failure: XeroUnavailable | None = None
    with bounded(deadline):
        try:
            reply = _read_whole(
                method,
                url,
                deadline,
                headers=dict(headers),
                params=dict(params) if params else None,
                content=content,
                timeout=timeouts_within(deadline, read_seconds=read_seconds),
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            failure = failure_of(error, deadline)
        except AnswerLost as error:
            failure = error
    _note(method, url, headers, time.monotonic() - started, failure or reply)
    if failure is not None:
        # Raised outside of the handler: the library's error holds the request, and with it the bearer token.
        raise failure
    return reply


def _read_whole(method: str, url: str, deadline: Deadline, **request: Any) -> Reply:
    body = bytearray()
    with _client.stream(method, url, **request) as answer:
        for chunk in answer.iter_bytes():
            body += chunk
            if deadline.remaining() <= 0:
                raise AnswerLost("the answer took longer than the call's deadline", http_status=answer.status_code)
            if len(body) > MAX_BODY_BYTES:
                raise AnswerLost("the answer is too long", http_status=answer.status_code)
        return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, bytes(body))


def failure_of(error: Exception, deadline: Deadline) -> XeroUnavailable:
    """Return our error for one of the HTTP library's: whether the request can have left this machine decides which.

    The text names the kind of failure only, since the library's own may quote what was sent.
    """
    kind = type(error).__name__
    never = not deadline.began if deadline.began is not None else isinstance(error, _NEVER_SENT)
    if never:
        return NeverSent(f"no connection to Xero ({kind})")
    if isinstance(error, httpx2.TimeoutException):
        return AnswerLost(f"Xero did not answer in time ({kind})")
    if isinstance(error, httpx2.DecodingError):
        return AnswerUnreadable(f"Xero's answer could not be unpacked ({kind})")
    return AnswerLost(f"the connection to Xero broke ({kind})")


def _note(method: str, url: str, headers: Mapping[str, str], seconds: float, result: Reply | XeroUnavailable) -> None:
    """Log the call: never a header, a body or a query, which can hold tokens, codes and people's words."""
    parts = urlsplit(url)
    facts: dict[str, object] = {
        "method": method,
        "host": parts.netloc,
        "path": parts.path,
        "tenant": headers.get("Xero-Tenant-Id", ""),
        "ms": round(seconds * 1000),
    }
    if isinstance(result, Reply):
        limits = result.limits
        log.info(
            "xero.call",
            **facts,
            status=result.status,
            correlation_id=result.correlation_id,
            minute_left=limits.minute_remaining,
            day_left=limits.day_remaining,
            **({"limit": limits.problem, "retry_after_seconds": limits.retry_after_seconds} if limits.problem else {}),
        )
    else:
        log.warning("xero.call_failed", **facts, failure=type(result).__name__, words=result.words)
