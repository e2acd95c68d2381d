"""Two worker processes on PostgreSQL, one of them cut off from the database in the middle of a call to Xero.

Cut off by the server ending its sessions, by being frozen, and, where this machine lets us, by its network's cable.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from clubledger.clubs.models import Role
from clubledger.delivery.models import Delivery
from clubledger.delivery.reference import reference_in
from clubledger.foundation import clock
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.http import client
from clubledger.xero.oauth import signatures
from tests.chaos.over_http import FarXero
from tests.chaos.worker import FileClock
from tests.cli.programs import free_port
from tests.fixtures_clubs import add_member, make_club
from tests.fixtures_delivery import WORKED_DAY, ReadyClub, make_ready
from tests.fixtures_xero import GOLF, ConnectedClub, make_app

pytestmark = [pytest.mark.postgresql, pytest.mark.processes, pytest.mark.django_db(transaction=True)]

SLOW_SECONDS = 6.0
SPACE, CABLE, OTHER_END = f"cl{os.getpid() % 10_000}", f"cla{os.getpid() % 10_000}", f"clb{os.getpid() % 10_000}"


def can_make_a_network() -> bool:
    """Whether this machine lets us make a network namespace."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    made = subprocess.run(["ip", "netns", "add", f"{SPACE}t"], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", f"{SPACE}t"], check=False)
    return made


WAYS = ["sessions_ended", "frozen", *(["cable_pulled"] if can_make_a_network() else [])]


# --- The place --------------------------------------------------------------------------------------------------------


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadyClub]:
    """A club ready to send, whose Xero is a simulator in a process of its own, on a clock in a file."""
    port = free_port()
    origin = f"http://localhost:{port}"
    clock_file = tmp_path / "clock"
    clock_file.write_text("0")
    monkeypatch.setenv("CHAOS_CLOCK", str(clock_file))
    command = [sys.executable, "-m", "xero_simulator", "--port", str(port), "--host", "0.0.0.0", "--seed", "5"]
    addresses = {f"XERO_{name}_URL": origin for name in ("LOGIN", "IDENTITY", "API", "GO")}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as simulator:
        try:
            wait_until(lambda: answers(origin), "the simulator")
            signatures.forget()
            far_xero = FarXero(origin, clock_file)
            with (
                override_settings(**addresses),
                clock.use(FileClock(clock_file)),
                httpx2.HTTPTransport() as transport,
                client.use_transport(transport),
                far_xero._http,
            ):
                yield make_far_club(far_xero, tmp_path)
        finally:
            simulator.kill()


def answers(origin: str) -> bool:
    try:
        return httpx2.get(f"{origin}/_sim/health", timeout=1).status_code == 200
    except httpx2.TransportError:
        return False


def make_far_club(xero: FarXero, folder: Path) -> ReadyClub:
    app = make_app()
    club = make_club()
    owner, treasurer = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    xero.authorise(club, treasurer)
    ready = make_ready(ConnectedClub(club, owner, treasurer, app, None, xero), folder)
    ready.bring_in(WORKED_DAY)
    ready.bring_in([["PAY-2", "payment", "2026-11-17", "SUBS", "CARD", "22.00", ""]])
    return ready


def wait_until(question: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


@contextmanager
def a_worker(name: str, log: Path, *, inside: str = "", **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker on this test's database. Its sessions bear its name."""
    parts = urlsplit(settings.DATABASE_URL)
    database = f"{parts.scheme}://{parts.netloc}/{connection.settings_dict['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database,
        "PGAPPNAME": name,
        "CLUBLEDGER_XERO_API_URL": settings.XERO_API_URL,
        "CLUBLEDGER_XERO_IDENTITY_URL": settings.XERO_IDENTITY_URL,
        **more,
    }
    command = [*(["ip", "netns", "exec", inside] if inside else []), sys.executable, "-m", "tests.chaos.worker"]
    with log.open("ab") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as program:
        try:
            wait_until(lambda: b"ready" in log.read_bytes(), name)
            yield program
        finally:
            program.send_signal(signal.SIGCONT)
            program.kill()
            wait_until(lambda: end_sessions(name) == 0, f"the end of the sessions of {name}")


def end_sessions(name: str) -> int:
    """End the server's sessions of a worker, and give how many there were."""
    with psycopg.connect(f"{settings.DATABASE_URL.rpartition('/')[0]}/postgres", autocommit=True) as server:
        return server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [name]
        ).rowcount


# --- Ways to be cut off -----------------------------------------------------------------------------------------------


@contextmanager
def sessions_ended(worker: "subprocess.Popen[bytes]", name: str) -> Iterator[None]:
    """The server ends every session of the worker, again and again."""
    over = threading.Event()

    def end_them() -> None:
        while not over.is_set():
            end_sessions(name)
            time.sleep(0.01)

    thread = threading.Thread(target=end_them)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def frozen(worker: "subprocess.Popen[bytes]", _name: str) -> Iterator[None]:
    """The worker stands still, as a machine does that is being moved."""
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


@contextmanager
def cable_pulled(_worker: "subprocess.Popen[bytes]", _name: str) -> Iterator[None]:
    """The cable between the worker's network and the database is pulled; the one to Xero is not."""
    run("ip", "link", "set", f"{CABLE}d", "down")
    try:
        yield
    finally:
        run("ip", "link", "set", f"{CABLE}d", "up")


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def a_network_of_its_own(ready: ReadyClub) -> Iterator[dict[str, str]]:
    """Make a network namespace with one cable to the database and one to Xero. Returns the worker's settings there."""
    run("ip", "netns", "add", SPACE)
    try:
        for letter, net in (("d", "10.213.1"), ("x", "10.213.2")):
            here, there = f"{CABLE}{letter}", f"{OTHER_END}{letter}"
            run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", SPACE)
            run("ip", "addr", "add", f"{net}.1/24", "dev", here)
            run("ip", "link", "set", here, "up")
            run("ip", "-n", SPACE, "addr", "add", f"{net}.2/24", "dev", there)
            run("ip", "-n", SPACE, "link", "set", there, "up")
        database, xero = urlsplit(settings.DATABASE_URL), urlsplit(settings.XERO_API_URL)
        with a_relay("10.213.1.1", (database.hostname or "", database.port or 5432)) as port:
            url = f"postgresql://{database.username or 'postgres'}@10.213.1.1:{port}/{connection.settings_dict['NAME']}"
            api = f"http://10.213.2.1:{xero.port}"
            yield {"DATABASE_URL": url, "CLUBLEDGER_XERO_API_URL": api, "CLUBLEDGER_XERO_IDENTITY_URL": api}
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)
        for letter in "dx":
            subprocess.run(["ip", "link", "del", f"{CABLE}{letter}"], check=False, capture_output=True)


@contextmanager
def a_relay(host: str, target: tuple[str, int]) -> Iterator[int]:
    """Pass connections on to a server that listens on this machine alone. Returns the port."""
    listener = socket.create_server((host, 0))
    lines: list[socket.socket] = [listener]

    def pump(source: socket.socket, sink: socket.socket) -> None:
        # Cutting the line is what the relay is for: a side that is gone ends the pump, and is no failure of the test.
        with suppress(OSError):
            while content := source.recv(65_536):
                sink.sendall(content)
        source.close()
        sink.close()

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
                distant = socket.create_connection(target)
            except OSError:
                return
            lines.extend([near, distant])
            for pair in ((near, distant), (distant, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        thread.join(timeout=5)


# --- The story --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("committed", [True, False])
def test_a_worker_cut_off_in_the_middle_of_a_call_leaves_nothing_doubled_and_nothing_lost(
    far: ReadyClub, tmp_path: Path, way: str, committed: bool
) -> None:
    cut_off = {"sessions_ended": sessions_ended, "frozen": frozen, "cable_pulled": cable_pulled}[way]
    fault = "slow" if committed else "timeout-before-commit"
    far.xero.kit(
        "POST", "rules", {"fault": fault, "method": "PUT", "path": "ManualJournals", "delay_seconds": SLOW_SECONDS}
    )
    far.press_send()
    first_log = tmp_path / "first.log"
    with ExitStack() as stack:
        more = stack.enter_context(a_network_of_its_own(far)) if way == "cable_pulled" else {}
        inside = SPACE if more else ""
        first = stack.enter_context(a_worker("first", first_log, inside=inside, **more))
        wait_until(lambda: puts(far) == 1, "the call")
        with cut_off(first, "first"):
            second = stack.enter_context(a_worker("second", tmp_path / "second.log"))
            # The first one's turn and claim go stale; the second finds out what became of the call.
            go_on(far, until=lambda: states(far) == {JournalState.SENT})
            assert second.poll() is None
            time.sleep(SLOW_SECONDS)
        # The first one is back, with an answer or a failure that nobody waits for any more.
        far.bring_in([["PAY-3", "payment", "2026-11-18", "SUBS", "CARD", "33.00", ""]])
        far.press_send()
        go_on(far, until=lambda: states(far) == {JournalState.SENT})
        time.sleep(2)
    assert states(far) == {JournalState.SENT}
    once_and_equal(far)


def go_on(ready: ReadyClub, *, until: Callable[[], bool]) -> None:
    """Move the clock by minutes until it is so, with time for the workers to do what is due in between."""
    for _ in range(12):
        try:
            wait_until(until, "the workers", seconds=4)
        except AssertionError:
            ready.xero.later(seconds=150)
        else:
            return
    raise AssertionError(f"still {[(str(one), one.state, one.wait_reason) for one in ready.journals()]}")


def puts(ready: ReadyClub) -> int:
    entries = ready.xero.kit("GET", "log?method=PUT")
    return len(entries if isinstance(entries, list) else entries["requests"])


def states(ready: ReadyClub) -> set[str]:
    return set(Journal.objects.of(ready.club).values_list("state", flat=True))


def once_and_equal(ready: ReadyClub) -> None:
    """Each reference stands in Xero exactly once, with the debits that we have, and each delivery ended as sent."""
    there = ready.xero.simulator.journals(ready.xero.tenant_id(GOLF))
    counts = Counter(reference_in(one.narration, ready.club.mark) for one in there)
    deliveries = list(Delivery.objects.of(ready.club).select_related("journal"))
    assert counts == {delivery.reference: 1 for delivery in deliveries}
    by_id = {one.journal_id: one for one in there}
    for delivery in deliveries:
        found = by_id[delivery.journal.xero_journal_id]
        assert delivery.closed_because == "sent"
        debits = sum(line.amount_cents for line in found.lines if line.amount_cents > 0)
        assert debits == delivery.journal.debit_minor
