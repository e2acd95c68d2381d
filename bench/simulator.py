"""How fast the simulator answers, on one core over real HTTP, beside a bare server that sends the same bytes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

READ_SECONDS = 2.0
BATCHES = 40
JOURNALS = 50
LINES = 20
USER = "tess@banksiapark.example"
CLUB = "Bench Club"
BARE = """
import sys, uvicorn
body = open(sys.argv[2], "rb").read()
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, http="httptools", lifespan="off")
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def _served(arguments: list[str], port: int) -> Iterator[float]:
    """Run a server on one core until the block ends; returns the seconds until it accepted a connection."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, preexec_fn=_one_core)  # noqa: PLW1509
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 20:
                    raise RuntimeError("the server did not start") from None
                time.sleep(0.005)
        yield time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(timeout=10)


def _post(port: int, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        given: dict[str, Any] = json.loads(answer.read())
        return given


class _Line:
    """One kept-alive connection that sends prepared bytes and reads whole answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: bytes) -> None:
        self.socket.sendall(message)

    def receive(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(1 << 20)
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(next(part for part in head.lower().split(b"\r\n") if part.startswith(b"content-length"))[15:])
        parts, missing = [body], length - len(body)
        while missing:
            part = self.socket.recv(min(missing, 1 << 20))
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _rate(port: int, messages: Iterator[bytes], seconds: float | None = None, count: int | None = None) -> float:
    """Return answers per second over two connections, so that the server always has a request waiting."""
    lines = [_Line(port), _Line(port)]
    done, started = 0, time.perf_counter()
    for line in lines:
        line.send(next(messages))
    while (count is None or done < count) and (seconds is None or time.perf_counter() - started < seconds):
        line = lines[done % 2]
        line.receive()
        done += 1
        line.send(next(messages))
    elapsed = time.perf_counter() - started
    for line in (lines[done % 2], lines[(done + 1) % 2]):
        line.receive()
        line.socket.close()
    return done / elapsed


def _head(method: str, path: str, token: str, tenant: str, body: bytes = b"") -> bytes:
    return (
        f"{method} /api.xro/2.0/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Xero-Tenant-Id: {tenant}\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _batch(number: int) -> bytes:
    def line(place: int) -> dict[str, object]:
        is_debit = place % 2 == 0
        cents = 11_000 + place // 2
        return {
            "LineAmount": f"{'' if is_debit else '-'}{cents // 100}.{cents % 100:02d}",
            "AccountCode": "615" if is_debit else "200",
            "TaxType": "BASEXCLUDED" if is_debit else "OUTPUT",
            "Description": f"line {place}",
        }

    journals = [
        {
            "Narration": f"Bench {number}-{place}",
            "Date": "2026-11-20",
            "Status": "POSTED",
            "LineAmountTypes": "Inclusive",
            "JournalLines": [line(item) for item in range(LINES)],
        }
        for place in range(JOURNALS)
    ]
    return json.dumps({"ManualJournals": journals}).encode()


def _forever(message: bytes) -> Iterator[bytes]:
    while True:
        yield message


def _bare_rate(message: bytes, body: bytes, seconds: float) -> float:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "body"
        path.write_bytes(body)
        port = _free_port()
        with _served([sys.executable, "-c", BARE, str(port), str(path)], port):
            return _rate(port, _forever(message), seconds=seconds)


def _bare_start() -> float:
    port = _free_port()
    with _served([sys.executable, "-c", BARE, str(port), os.devnull], port) as seconds:
        return seconds


def _figure(name: str, value: float, unit: str, reference: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": round(reference, 3),
        "ratio": round(value / reference, 3),
    }


def figures() -> list[dict[str, Any]]:
    """Return reads and batches per second and the start's seconds; the reference is a bare server sending the same."""
    port = _free_port()
    command = [sys.executable, "-m", "xero_simulator", "--port", str(port)]
    with _served(command, port) as start_seconds:
        made = _post(port, "/_sim/organisations", {"name": CLUB, "seed": "au_club", "minute_limit": None})
        tenant = made["organisations"][0]["tenant_id"]
        _post(port, f"/_sim/organisations/{tenant}/members/{USER}", {"role": "ADVISER"})
        token = _post(port, "/_sim/connect", {"user": USER, "app": "clubledger-v3", "organisations": [CLUB]})
        access = token["access_token"]
        _post(port, "/_sim/apps/clubledger-v3", {"app_minute_limit": 1_000_000})
        read = _head("GET", "Organisation", access, tenant)
        reads = _rate(port, _forever(read), seconds=READ_SECONDS)
        batches = [_head("PUT", "ManualJournals", access, tenant, _batch(number)) for number in range(BATCHES + 2)]
        per_second = _rate(port, iter(batches), count=BATCHES)
        line = _Line(port)
        line.send(read)
        read_body = line.receive()
        line.send(batches[0])
        batch_body = line.receive()
    bare_reads = _bare_rate(read, read_body, READ_SECONDS)
    bare_batches = _bare_rate(batches[0], batch_body, READ_SECONDS / 2)
    return [
        _figure("simulator.reads_per_second", reads, "requests/s", bare_reads),
        _figure("simulator.batches_per_second", per_second, "batches/s", bare_batches),
        _figure("simulator.start_seconds", start_seconds, "s", _bare_start()),
    ]


if __name__ == "__main__":
    json.dump(figures(), sys.stdout, indent=2)
