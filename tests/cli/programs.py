"""Real programs on real ports, for tests marked `processes`: each with settings and a database of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clubledger.foundation import crypto

PATIENCE_SECONDS = 60.0


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def own_settings(folder: Path, web_port: int, simulator_port: int) -> dict[str, str]:
    """Return an environment with settings of its own: nothing of the tests' or the person's comes along."""
    simulator = f"http://localhost:{simulator_port}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLUBLEDGER_", "DJANGO_", "DATABASE_"))
    }
    return kept | {
        "CLUBLEDGER_SECRET_KEY": secrets.token_urlsafe(50),
        "CLUBLEDGER_ENCRYPTION_KEYS": crypto.new_key(),
        "CLUBLEDGER_VAR": str(folder),
        "CLUBLEDGER_PORT": str(web_port),
        "CLUBLEDGER_WEB_WORKERS": "1",
        "SIMULATOR_PORT": str(simulator_port),
        "DATABASE_URL": f"sqlite:///{folder / 'clubledger.db'}",
        "CLUBLEDGER_XERO_LOGIN_URL": simulator,
        "CLUBLEDGER_XERO_IDENTITY_URL": simulator,
        "CLUBLEDGER_XERO_API_URL": simulator,
        "CLUBLEDGER_XERO_GO_URL": simulator,
        "CLUBLEDGER_XERO_CLIENT_ID": "clubledger-v2",
        "CLUBLEDGER_XERO_CLIENT_SECRET": "clubledger-v2-secret",
    }


def clubledger(
    environment: Mapping[str, str], *arguments: str, status: int | None = 0, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end. Fails the test where it ends with another status."""
    ended = subprocess.run(
        [sys.executable, "-m", "clubledger", *arguments],
        env=dict(environment),
        input=given,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert status is None or ended.returncode == status, (
        f"{arguments}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    )
    return ended


@contextmanager
def running(
    environment: Mapping[str, str], module: str, *arguments: str, log: Path
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a program in the background; told to stop at the end, and killed only if it does not."""
    with log.open("ab") as out:
        program = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(environment),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield program
        finally:
            if program.poll() is None:
                program.send_signal(signal.SIGTERM)
                try:
                    program.wait(30)
                except subprocess.TimeoutExpired:
                    program.kill()
                    program.wait()


def wait_for(question: Callable[[], object], what: str, log: Path | None = None) -> None:
    """Wait until the question is answered with something true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if question():
            return
        time.sleep(0.1)
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:] if log and log.is_file() else ""
    raise AssertionError(f"waited in vain for {what}\n{tail}")


def status_of(url: str) -> int:
    """Return the HTTP status of an address; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return int(refusal.code)
    except OSError:
        return 0


def children_of(pid: int) -> dict[int, str]:
    """Return the direct children of a program with their command lines."""
    listed = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
    ).stdout
    rows = (line.strip().partition(" ") for line in listed.splitlines())
    return {int(number): command for number, _, command in rows}
