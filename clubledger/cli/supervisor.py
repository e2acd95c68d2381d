"""Several programs under one command: starts them, starts a dead one again, stops all of them cleanly."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0


SET_PARENT_DEATH_SIGNAL = 1
"""Linux's number of what `prctl` is asked for."""


def _outlives_nobody() -> Callable[[], None] | None:
    """Return what a child does first, so that it is told to stop when its supervisor is killed. Linux alone."""
    if not sys.platform.startswith("linux"):
        return None
    libc, supervisor = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != supervisor:
            os._exit(1)

    return ask


@dataclass
class Child:
    """One program to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    program: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    start_again_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor, which stops all in order."""
        self.program = subprocess.Popen(  # noqa: S603 - its own commands only
            list(self.command),
            env={**os.environ, **self.environment},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            preexec_fn=_outlives_nobody(),  # noqa: PLW1509 - the supervisor has one thread
        )
        self.started = time.monotonic()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self.program is not None and self.program.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal to it and to everything it started."""
        if self.program is not None and self.is_running():
            try:
                os.killpg(self.program.pid, number) if number == signal.SIGKILL else self.program.send_signal(number)
            except ProcessLookupError:
                self.program.poll()


class Supervisor:
    """Keeps children running until it is told to stop by SIGTERM or Ctrl-C."""

    def __init__(self, children: Sequence[Child], *, stop_seconds: float, say: Callable[[str], None]) -> None:
        self.children = children
        self.stop_seconds = stop_seconds
        self.say = say
        self.stops_asked = 0

    def run(self, each_turn: Callable[[], None] | None = None) -> int:
        """Run until told to stop; then 0 if all stopped by themselves, 1 if one had to be killed."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for child in self.children:
                child.start()
            while not self.stops_asked:
                self._look_after()
                if each_turn is not None:
                    each_turn()
                time.sleep(0.2)
            return self._stop()
        finally:
            for child in self.children:
                child.signal(signal.SIGKILL)
            for number, earlier in before.items():
                signal.signal(number, earlier)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.stops_asked += 1

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.is_running():
                if now - child.started > STEADY_SECONDS:
                    child.pause_seconds = FIRST_PAUSE_SECONDS
            elif not child.start_again_at:
                status = child.program.returncode if child.program else None
                child.start_again_at = now + child.pause_seconds
                self.say(f"{child.name} ended with status {status}; starting it again in {child.pause_seconds:g} s")
                child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
            elif now >= child.start_again_at:
                child.start_again_at = 0.0
                child.start()

    def _stop(self) -> int:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self.stop_seconds
        while (
            any(child.is_running() for child in self.children) and time.monotonic() < deadline and self.stops_asked < 2
        ):
            time.sleep(0.05)
        stubborn = [child.name for child in self.children if child.is_running()]
        for name in stubborn:
            self.say(f"{name} did not stop in time and was killed; what it had claimed is found again by the sweep")
        return 1 if stubborn else 0


def own_command(*arguments: str) -> list[str]:
    """Return the command line that runs `clubledger` with these arguments in the same Python."""
    return [sys.executable, "-m", "clubledger", *arguments]
