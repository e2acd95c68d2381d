"""A night of 2,000 clubs on PostgreSQL: worker processes, a simulator over HTTP with 100 ms of latency, all due now.

BENCH_NIGHT_CLUBS and BENCH_NIGHT_THREADS make it smaller or other; BENCH_POSTGRESQL names the server.
"""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench import night_world
from bench.installation import set_up_django
from bench.simulator import _free_port

NAMES = ["night."]
CLUBS = int(os.environ.get("BENCH_NIGHT_CLUBS", "2000"))
THREADS = int(os.environ.get("BENCH_NIGHT_THREADS", "8"))
WORKERS = 4
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
AIM_SECONDS = 180.0
CALLS_PER_MINUTE = 10_000
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Night:
    """What was measured of one night."""

    clubs: int
    workers: int
    seconds: float = 0.0
    calls: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    peaks_mb: list[float] = field(default_factory=list)
    growth: float = 1.0
    waits: list[float] = field(default_factory=list)

    @property
    def floor_seconds(self) -> float:
        """The largest of what Xero's limit, the latency and the processors demand."""
        by_limit = 60.0 * (math.ceil(self.calls / CALLS_PER_MINUTE) - 1)
        by_latency = night_world.LATENCY_SECONDS * self.calls / (self.workers * THREADS)
        return max(by_limit, by_latency, sum(self.cpu.values()) / CORES)


def figures() -> list[dict[str, Any]]:
    """Return the night's figures; the reference of each is a limit that holds for any program, or what is aimed at."""
    share = max(20, CLUBS // 10)
    name = f"bench_night_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="clubledger-night-") as scratch, night_world.own_database(name) as database:
        folder, port = Path(scratch), _free_port()
        night_world.set_environment(database, port, folder)
        with night_world.simulator(port, CLUBS + share, folder) as simulator:
            on = _prepare(CLUBS + share, port, folder)
            night_world.kit(port, "POST", "settings", {"latency_seconds": night_world.LATENCY_SECONDS})
            alone = _run(1, range(share), on, folder=folder, simulator=simulator.pid, database=name)
            whole = _run(
                WORKERS, range(share, CLUBS + share), on, folder=folder, simulator=simulator.pid, database=name
            )
            _check(port, CLUBS + share)
    for night in (alone, whole):
        print(_told(night), file=sys.stderr)
    return _figures(alone, whole)


def _prepare(clubs: int, port: int, folder: Path) -> date:
    set_up_django({}, is_migrated=False)
    from django.core.management import call_command

    from clubledger.foundation import logs

    logs.set_level("WARNING")
    started = time.perf_counter()
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    on = night_world.make_clubs(clubs, port, folder)
    print(f"{clubs} clubs made in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return on


# --- A night ----------------------------------------------------------------------------------------------------------


def _run(workers: int, clubs: range, on: date, *, folder: Path, simulator: int, database: str) -> Night:
    """Let workers run the night of these clubs, from the sweep that finds them due until the last is done."""
    from clubledger.clubs.models import Club
    from clubledger.delivery.models import NightlySending
    from clubledger.foundation import clock, engine, wake

    night = Night(len(clubs), workers)
    slugs = [f"bench-{number}" for number in clubs]
    ours = NightlySending.objects.across_clubs("the measurement is about all clubs").filter(
        club__in=Club.objects.filter(slug__in=slugs)
    )
    engine.start()
    with _workers(workers, folder) as programs:
        _wait_until_idle()
        watch = _Watch([program.pid for program in programs], simulator, database)
        ours.update(last_ran_on=on - timedelta(days=1))
        watch.begin()
        due_at, started = clock.now(), time.perf_counter()
        wake.run("delivery.nightly.sweep")
        patience = time.monotonic() + 60 + len(clubs)
        while ours.exclude(last_ran_on=on).exists():
            ended = [f"{number}: {one.returncode}" for number, one in enumerate(programs) if one.poll() is not None]
            if ended or time.monotonic() > patience:
                left = ours.exclude(last_ran_on=on).count()
                words = f"{left} clubs were never done; workers that ended with a status: {ended or 'none'}"
                raise RuntimeError(f"{words}\n{_last_words(folder)}")
            time.sleep(0.25)
        night.seconds = time.perf_counter() - started
        watch.end(night)
    night.calls = sum(_calls_in(log) for log in sorted(folder.glob(f"worker-{workers}-*.log")))
    night.waits = night_world.sent_times(due_at)[: len(clubs)] if workers > 1 else []
    results = list(ours.values_list("last_result", flat=True))
    if any(result["sent"] != 1 or result["trouble"] for result in results):
        raise RuntimeError(next(str(result) for result in results if result["sent"] != 1 or result["trouble"]))
    return night


@contextmanager
def _workers(count: int, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [sys.executable, "-m", "clubledger", "worker", "--threads", str(THREADS)]
    environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    programs = []
    try:
        for number in range(count):
            with (folder / f"worker-{count}-{number}.log").open("wb") as log:
                programs.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        yield programs
    finally:
        for program in programs:
            program.send_signal(signal.SIGTERM)
        for program in programs:
            try:
                program.wait(timeout=90)
            except subprocess.TimeoutExpired:
                program.kill()


def _wait_until_idle() -> None:
    """Wait until workers have been seen and have done what they do when they start."""
    from clubledger.foundation import engine

    for _ in range(300):
        if engine.worker_seen_lately() and not engine.queue().pending_count():
            time.sleep(3)
            return
        time.sleep(0.2)
    raise RuntimeError("no worker was seen")


def _last_words(folder: Path) -> str:
    """Return what the workers said last, their calls left out: why one died stands there, or nowhere."""
    told = []
    for log in sorted(folder.glob("worker-*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told += [log.name, *[line[:2000] for line in lines if '"xero.call"' not in line][-20:]]
    return "\n".join(told)


def _calls_in(log: Path) -> int:
    with log.open(encoding="utf-8") as lines:
        return sum('"event": "xero.call"' in line and "/api.xro/" in line for line in lines)


# --- What it took -----------------------------------------------------------------------------------------------------


class _Watch:
    """Samples the programs' processor time and memory once a second: a database's back ends come and go."""

    def __init__(self, workers: Sequence[int], simulator: int, database: str) -> None:
        self._workers, self._simulator, self._database = workers, simulator, database
        self._first: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self._memory: list[list[float]] = [[] for _ in workers]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_over, daemon=True)

    def begin(self) -> None:
        for pid, (_, seconds) in self._processes().items():
            self._first[pid] = seconds
        self._thread.start()

    def end(self, night: Night) -> None:
        self._over.set()
        self._thread.join()
        self._sample()
        for pid, (kind, seconds) in self._last.items():
            night.cpu[kind] = night.cpu.get(kind, 0.0) + seconds - self._first.get(pid, 0.0)
        night.peaks_mb = [_status_mb(pid, "VmHWM") for pid in self._workers]
        # After the first quarter everything is loaded and warm; from there on it is to stay as it is.
        halves = [(samples[len(samples) // 4], samples[-1]) for samples in self._memory if len(samples) > 4]
        night.growth = max((end / quarter for quarter, end in halves), default=1.0)

    def _sample_until_over(self) -> None:
        while not self._over.wait(1.0):
            self._sample()

    def _sample(self) -> None:
        self._last.update(self._processes())
        for samples, pid in zip(self._memory, self._workers, strict=True):
            samples.append(_status_mb(pid, "VmRSS"))

    def _processes(self) -> dict[int, tuple[str, float]]:
        found = {}
        for kind, pids in (("workers", self._workers), ("simulator", [self._simulator])):
            for pid in pids:
                # Whoever waits for the night notices that one has died, and tells of it.
                with suppress(OSError):
                    found[pid] = (kind, _cpu_seconds(pid))
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
                if command.startswith(b"postgres:") and self._database.encode() in command:
                    found[int(entry.name)] = ("database", _cpu_seconds(int(entry.name)))
            except OSError:
                continue
        return found


def _cpu_seconds(pid: int) -> float:
    """Return the processor seconds of a program, those of the programs it has waited for included. Raises OSError."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def _status_mb(pid: int, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1000
    return 0.0


def _check(port: int, clubs: int) -> None:
    """Each of some clubs has exactly one journal in Xero."""
    for number in range(0, clubs, max(1, clubs // 50)):
        there = night_world.kit(port, "GET", f"organisations/{night_world.tenant_id_of(number)}/journals")
        journals = there if isinstance(there, list) else there["journals"]
        if len(journals) != 1:
            raise RuntimeError(f"{night_world.name_of(number)} has {len(journals)} journals")


def _told(night: Night) -> str:
    cpu = ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in sorted(night.cpu.items()))
    return (
        f"{night.workers} workers x {THREADS} threads, {night.clubs} clubs: {night.seconds:.1f} s, "
        f"{night.calls} calls, processor seconds: {cpu}; "
        f"floor {night.floor_seconds:.1f} s; peaks {json.dumps(night.peaks_mb)} MB"
    )


def _figures(alone: Night, whole: Night) -> list[dict[str, Any]]:
    rate, rate_alone = whole.clubs / whole.seconds, alone.clubs / alone.seconds
    p95 = statistics.quantiles(whole.waits, n=20)[-1]
    per_club = 1000 * sum(whole.cpu.values()) / whole.clubs
    figures: list[tuple[str, float, str, float]] = [
        ("night.seconds", whole.seconds, "s", AIM_SECONDS * whole.clubs / 2000),
        ("night.clubs_per_second", rate, "clubs/s", whole.clubs / whole.floor_seconds),
        ("night.calls_per_club", whole.calls / whole.clubs, "calls", 8),
        ("night.p95_due_to_sent_seconds", p95, "s", whole.floor_seconds),
        ("night.limit_ratio", whole.seconds / whole.floor_seconds, "", 1.3),
        ("night.cpu_ms_per_club", per_club, "ms", 1000 * CORES * AIM_SECONDS / 2000),
        ("night.worker_peak_mb", max(whole.peaks_mb), "MB", 150),
        ("night.worker_growth", whole.growth, "", 1.0),
        ("night.speedup_1_to_4", rate / rate_alone, "", float(min(WORKERS, CORES))),
    ]
    return [
        {"name": name, "value": round(value, 3), "unit": unit, "reference": round(reference, 3)}
        for name, value, unit, reference in figures
    ]
