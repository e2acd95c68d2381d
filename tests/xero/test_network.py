"""Over real sockets: a total deadline that no slow drip outlives, and whether anything was sent."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpcore2
import pytest

from clubledger.foundation import clock
from clubledger.xero.errors import AnswerLost, NeverSent
from clubledger.xero.http import client, network
from clubledger.xero.http.client import Reply, exchange
from clubledger.xero.http.network import Deadline

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nXero-Correlation-Id: c-1\r\nContent-Length: 2\r\n\r\n{}"


OVER = threading.Event()
"""Set when a test has seen what it wanted: no server need stay any longer."""


@contextmanager
def server(serve: Callable[[socket.socket], None], connections: int = 1) -> Iterator[str]:
    """Listen on a free port and hand each connection to `serve`, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def run() -> None:
        for _ in range(connections):
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(20)
                try:
                    serve(peer)
                except OSError:
                    continue

    OVER.clear()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/connections"
    finally:
        OVER.set()
        listener.shutdown(socket.SHUT_RDWR)  # Closing alone would leave the thread waiting for a connection.
        listener.close()
        thread.join(timeout=20)


def read_request(peer: socket.socket) -> bytes:
    seen = b""
    while b"\r\n\r\n" not in seen:
        part = peer.recv(65_536)
        if not part:
            break
        seen += part
    return seen


def drip(peer: socket.socket, content: bytes, pause_seconds: float = 0.05) -> None:
    for place in range(len(content)):
        peer.sendall(content[place : place + 1])
        if OVER.wait(pause_seconds):
            return


def call(url: str, seconds: float, **how: object) -> Reply:
    return exchange("GET", url, headers={"Authorization": "Bearer x"}, deadline=Deadline.after(seconds), **how)  # type: ignore[arg-type]


def test_an_answer_is_read_whole_with_its_correlation_id():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(OK)

    with server(serve) as url:
        reply = call(url, 5)
    assert (reply.status, reply.body, reply.correlation_id) == (200, b"{}", "c-1")


def test_the_headers_dripping_in_do_not_outlive_the_deadline():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        drip(peer, OK.replace(b"\r\n\r\n", b"\r\nX-Long: " + b"x" * 400 + b"\r\n\r\n"))

    with server(serve) as url:
        started = time.monotonic()
        with pytest.raises(AnswerLost):
            call(url, 0.6)
        assert time.monotonic() - started < 5


def test_the_body_dripping_in_does_not_outlive_the_deadline():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(OK.replace(b"Content-Length: 2", b"Content-Length: 500"))
        drip(peer, b"x" * 498)

    with server(serve) as url:
        started = time.monotonic()
        with pytest.raises(AnswerLost):
            call(url, 0.6)
        assert time.monotonic() - started < 5


def test_no_answer_at_all_ends_at_the_read_time_out_or_the_deadline_whichever_is_first():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        OVER.wait(20)

    for seconds, read_seconds in ((0.4, 10.0), (10.0, 0.4)):
        with server(serve) as url:
            started = time.monotonic()
            with pytest.raises(AnswerLost):
                call(url, seconds, read_seconds=read_seconds)
            assert time.monotonic() - started < 5


def test_a_peer_that_does_not_read_ends_at_the_deadline():
    def serve(peer: socket.socket) -> None:
        OVER.wait(20)

    with server(serve) as url:
        started = time.monotonic()
        with pytest.raises(AnswerLost):
            call(url, 0.6, content=b"x" * 60_000_000)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://xero.invalid:99999/"])
def test_what_never_connected_was_never_sent(url: str):
    with pytest.raises(NeverSent):
        call(url, 5)


def test_a_connection_that_breaks_after_the_request_has_an_unknown_end():
    with server(lambda peer: read_request(peer) and None) as url, pytest.raises(AnswerLost):
        call(url, 5)


def test_an_answer_cut_short_has_an_unknown_end():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(OK[:-1])

    with server(serve) as url, pytest.raises(AnswerLost):
        call(url, 5)


def test_a_deadline_that_has_passed_sends_nothing():
    seen: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        seen.append(read_request(peer))

    with server(serve) as url, pytest.raises(NeverSent) as never:
        call(url, -1)
    assert never.value.problem == "deadline"
    assert seen == []


def test_nothing_is_written_once_the_deadline_has_passed_while_connecting():
    # The port accepts, but nobody ever speaks TLS there: the time runs out before a byte of the request goes out.
    def serve(peer: socket.socket) -> None:
        OVER.wait(20)

    with server(serve) as url:
        started = time.monotonic()
        with pytest.raises(NeverSent):
            call(url.replace("http://", "https://"), 0.5)
        assert time.monotonic() - started < 5


def test_an_open_connection_takes_nothing_more_once_the_deadline_has_passed():
    near, far = socket.socketpair()
    with near, far:
        stream = network._BoundedStream(httpcore2._backends.sync.SyncStream(near))  # type: ignore[attr-defined]
        far.settimeout(0.1)
        late = Deadline.after(-1)
        with network.bounded(late), pytest.raises(httpcore2.WriteTimeout):
            stream.write(b"PUT", 5)
        assert late.began is None
        with pytest.raises(TimeoutError):
            far.recv(1)
        in_time = Deadline.after(5)
        with network.bounded(in_time):
            stream.write(b"PUT", 5)
        assert in_time.began is True
        assert far.recv(3) == b"PUT"


def test_connections_are_kept_and_used_again():
    served: list[int] = []

    def serve(peer: socket.socket) -> None:
        while read_request(peer):
            served.append(1)
            peer.sendall(OK)

    with server(serve) as url:
        for _ in range(3):
            call(url, 5)
        assert len(served) == 3
        client._transport().close()


def test_a_cookie_of_one_call_does_not_travel_with_the_next():
    seen: list[bytes] = []

    def serve(peer: socket.socket) -> None:
        for _ in range(2):
            seen.append(read_request(peer))
            peer.sendall(OK.replace(b"Content-Length", b"Set-Cookie: who=club-a\r\nContent-Length"))

    with server(serve) as url:
        call(url, 5)
        call(url, 5)
    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


def test_redirects_are_not_followed():
    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with server(serve) as url:
        assert call(url, 5).status == 302


def test_an_answer_beyond_all_measure_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "MAX_BODY_BYTES", 1000)

    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(OK.replace(b"Content-Length: 2", b"Content-Length: 5000").replace(b"{}", b"x" * 5000))

    with server(serve) as url, pytest.raises(AnswerLost, match="too long"):
        call(url, 5)


class Line(httpcore2.NetworkStream):
    """A connection that keeps what was written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer


def test_after_the_deadline_by_the_time_of_day_no_byte_goes_out():
    """A suspended machine's monotonic clock stands still."""
    of_day = clock.SettableClock(datetime(2026, 11, 22, tzinfo=UTC))
    line = Line()
    with clock.use(of_day):
        deadline = Deadline.after(60, ends_at=of_day.now() + timedelta(seconds=60))
        with network.bounded(deadline):
            of_day.advance(3600)
            with pytest.raises(httpcore2.WriteTimeout):
                network._BoundedStream(line).write(b"PUT")
    assert (line.written, deadline.began) == (b"", None)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has it")
def test_the_kernel_gives_up_soon_what_nobody_acknowledges():
    """Else a request could arrive minutes after its deadline, when a broken line is mended."""
    found: list[int] = []

    class Backend(network._BoundedBackend):
        def connect_tcp(self, *where: object, **how: object) -> httpcore2.NetworkStream:
            stream = super().connect_tcp(*where, **how)  # type: ignore[arg-type]
            opened = stream.get_extra_info("socket")
            found.append(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
            return stream

    def serve(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(OK)

    transport = network.BoundedTransport(max_connections=1, keep_alive_seconds=1)
    transport._pool._network_backend = Backend()
    with server(serve) as url, client.use_transport(transport):
        call(url, 5)
    transport.close()
    assert found == [network.UNACKNOWLEDGED_SECONDS * 1000]
