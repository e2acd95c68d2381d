"""A run with real worker processes, real HTTP and kill -9 at random moments, in a database of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

EVENTS = 40
WORKERS = 2
LONGEST_SECONDS = 540
"""Far more than a run takes: a busy machine must not fail it."""


class ProcessRunFailed(AssertionError):
    """The run in another process did not keep its promises; its last words are in the text."""


def run(seed: int) -> Counter[str]:
    """Do the run of this seed in processes of its own and give what it hit. Raises ProcessRunFailed."""
    command = [sys.executable, "-m", "tests.chaos.processes", str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as playing:
        try:
            said, complained = playing.communicate(timeout=LONGEST_SECONDS)
        except BaseException:
            # Too long, or told to stop: it ends its own processes and drops its database.
            playing.terminate()
            playing.wait(timeout=60)
            raise
    if playing.returncode:
        raise ProcessRunFailed(f"with processes:\n{said[-1500:]}\n{complained[-3000:]}")
    return Counter(json.loads(said.strip().splitlines()[-1]))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path, port: int, seed: int) -> dict[str, str]:
    origin = f"http://localhost:{port}"
    given = {
        "CLUBLEDGER_VAR": str(folder),
        "CHAOS_CLOCK": str(folder / "clock"),
        "CLUBLEDGER_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        **{f"CLUBLEDGER_XERO_{name}_URL": origin for name in ("LOGIN", "IDENTITY", "API", "GO")},
    }
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgresql"):
        given["DATABASE_URL"] = f"{server.rpartition('/')[0]}/chaos_{os.getpid()}_{seed}"
    else:
        given["DATABASE_URL"] = f"sqlite:///{folder / 'chaos.db'}"
    return given


def main(seed: int) -> None:
    """Set everything up, let it happen, mend it, check it, and print what was hit as JSON."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="chaos-processes-"))
    (folder / "clock").write_text("0")
    port = free_port()
    environment = _environment(folder, port, seed)
    os.environ.update(environment)
    with _database(environment["DATABASE_URL"]):
        simulator = subprocess.Popen(
            [sys.executable, "-m", "xero_simulator", "--port", str(port), "--seed", str(seed)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _play(seed, port)
        finally:
            simulator.kill()
            simulator.wait()


class _database:  # noqa: N801 - reads as a function
    """A database for the run alone, dropped afterwards."""

    def __init__(self, url: str) -> None:
        self._server, _, self._name = url.rpartition("/")
        self._is_postgresql = url.startswith("postgresql")

    def __enter__(self) -> None:
        self._on_server(f'CREATE DATABASE "{self._name}"')

    def __exit__(self, *_: object) -> None:
        if self._is_postgresql:
            from django.db import connections

            connections.close_all()
            connections["default"].close_pool()  # type: ignore[attr-defined]
        self._on_server(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        if not self._is_postgresql:
            return
        import psycopg

        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as server:
            server.execute(statement)


def _play(seed: int, port: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from clubledger.foundation import clock
    from tests.chaos import invariants
    from tests.chaos import run as in_process
    from tests.chaos.over_http import make_world
    from tests.chaos.worker import FileClock

    call_command("migrate", verbosity=0)
    with clock.use(FileClock(Path(os.environ["CHAOS_CLOCK"]))):
        world = make_world(seed, port)
        workers = Workers()
        try:
            _let_it_happen(world, workers)
            in_process.mend(world)
            workers.all_alive()
            in_process.send_all(world)
        finally:
            workers.stop()
        in_process.count_states(world)
        invariants.check(world)
    print(json.dumps(world.hits))


def _let_it_happen(world, workers: "Workers") -> None:  # type: ignore[no-untyped-def]
    from tests.chaos import events

    elsewhere = (
        events.restore,
        events.back_up,
        events.serve_due,
        events.busy_day,
        events.machine_stops,
        events.tokens_die,
    )
    workers.all_ready()
    happened = 0
    # By count, not by the clock: however slow the machine is, as much happens, and somebody is killed.
    while happened < EVENTS or not world.hits["kill -9"]:
        events.one(world, but=elsewhere)
        happened += 1
        if world.random.random() < 0.25:
            workers.kill_one(world)
        workers.all_alive()
        time.sleep(world.random.random() * 0.1)


class Workers:
    """The worker processes of a run."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self.all_alive()

    def all_alive(self) -> None:
        """Start what is missing."""
        for worker in self._running:
            if worker.poll() is not None:
                _end(worker)
        self._running = [worker for worker in self._running if worker.poll() is None]
        while len(self._running) < WORKERS:
            self._running.append(subprocess.Popen([sys.executable, "-m", "tests.chaos.worker"], stdout=subprocess.PIPE))

    def all_ready(self) -> None:
        """Wait until each says that it is at work."""
        for worker in self._running:
            assert worker.stdout is not None
            said = worker.stdout.readline()
            assert said == b"ready\n", f"a worker said {said!r}"

    def kill_one(self, world) -> None:  # type: ignore[no-untyped-def]
        """Kill one at whatever it is doing."""
        worker = world.random.choice(self._running)
        worker.send_signal(signal.SIGKILL)
        _end(worker)
        world.hit("kill -9")

    def stop(self) -> None:
        """Kill all."""
        for worker in self._running:
            worker.kill()
            _end(worker)


def _end(worker: "subprocess.Popen[bytes]") -> None:
    worker.wait()
    if worker.stdout is not None:
        worker.stdout.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
