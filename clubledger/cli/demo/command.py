"""The command `demo`: the made-up club in this terminal or in the background, and how to stop it."""

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from clubledger.cli.demo import setup, surroundings, vendor
from clubledger.cli.demo.club import PEOPLE
from clubledger.cli.demo.surroundings import Ports
from clubledger.cli.errors import Failure
from clubledger.cli.programs import migrate, web_children
from clubledger.cli.supervisor import Child, Supervisor, own_command
from clubledger.clubs.models import User
from clubledger.xero.connection import registration

START_WITHIN_SECONDS = 170
TAIL_LINES = 15


def add_commands(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("demo", help="run a made-up golf club with a stand-in for Xero")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--detach", action="store_true", help="run in the background; return once it answers")
    way.add_argument("--stop", action="store_true", help="stop the one in the background")
    parser.set_defaults(run=run_demo)


def run_demo(asked: argparse.Namespace) -> int:
    """Run the demo, or stop it."""
    folder, ports = settings.VAR_DIR, Ports.from_environment()
    if asked.stop:
        return _stop(folder)
    if asked.detach:
        return _detach(folder, ports)
    with (folder / "demo.pid").open("a+", encoding="utf-8") as lock:
        _claim(lock)
        return _run(folder, ports)


def _run(folder: Path, ports: Ports) -> int:
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    _say("Bringing the database up to date …")
    migrate()
    setup.load(folder, surroundings.password(), _say)
    simulator = [sys.executable, "-m", "xero_simulator", "--store", str(folder / "simulator.db")]
    children = [Child("simulator", [*simulator, "--port", str(ports.simulator)]), *web_children()]

    def greet_once() -> None:
        if not ready.is_file() and _is_up(f"{ports.web_address}/readyz") and _register_redirect(ports):
            _make_vendor(ports)
            ready.write_text(ports.web_address, encoding="utf-8")
            _say(greeting(ports))
            _say("Ctrl-C stops it." if sys.stdin.isatty() else "`make demo-stop` stops it.")

    stop_seconds = settings.CLUBLEDGER_STOP_SECONDS + 5
    status = Supervisor(children, stop_seconds=stop_seconds, say=_say).run(each_turn=greet_once)
    ready.unlink(missing_ok=True)
    _say("The demo has stopped. It starts again where it was.")
    return status


def greeting(ports: Ports) -> str:
    """Return the lines that say where to look and who to be."""
    password, environment = surroundings.password(), _shown(settings.VAR_DIR / "environment")
    rows = "\n".join(f"    {person.email:34} {person.words}" for person in PEOPLE)
    return f"""
  Clubledger      {ports.web_address}/
  Xero, simulated {ports.simulator_address}/   (sign in there as tess@banksiapark.example, password tess)

  Sign in to Clubledger with the password  {password}  as
{rows}

  What to do first, as Tess: Configuration → Integration Settings → Authorize Xero, then Get GL Codes,
  then Financials → GL Integration: validate the oldest week, map what is unmapped, send it.
  Commands on it:  set -a; . {environment}; set +a; {_shown(Path(sys.prefix))}/bin/clubledger journals
"""


def _detach(folder: Path, ports: Ports) -> int:
    with (folder / "demo.pid").open("a+", encoding="utf-8") as lock:
        if _is_claimed(lock):
            _say(f"The demo is running already.\n{greeting(ports)}")
            return 0
    log = folder / "demo.log"
    (folder / "ready").unlink(missing_ok=True)
    with log.open("w", encoding="utf-8") as out:
        program = subprocess.Popen(  # noqa: S603 - its own command
            own_command("demo"), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if (folder / "ready").is_file():
            _say(f"{greeting(ports)}\n`make demo-stop` stops it.")
            return 0
        if program.poll() is not None:
            raise Failure(f"The demo did not start. The end of {_shown(log)}:\n{_tail(log)}")
        time.sleep(0.2)
    program.terminate()
    raise Failure(f"The demo did not answer within {START_WITHIN_SECONDS} s. The end of {_shown(log)}:\n{_tail(log)}")


def _stop(folder: Path) -> int:
    with (folder / "demo.pid").open("a+", encoding="utf-8") as lock:
        if not _is_claimed(lock):
            _say("No demo is running.")
            return 0
        lock.seek(0)
        os.kill(int(lock.read()), signal.SIGTERM)
        deadline = time.monotonic() + settings.CLUBLEDGER_STOP_SECONDS + 10
        while _is_claimed(lock):
            if time.monotonic() > deadline:
                raise Failure("The demo has not stopped yet; it is finishing what it does. Look again in a minute.")
            time.sleep(0.1)
    _say("The demo has stopped.")
    return 0


def _claim(lock: IO[str]) -> None:
    """Hold the lock while this program lives, so that two demos never share a database by accident."""
    if _is_claimed(lock, keep=True):
        raise Failure("The demo is running already: `make demo-stop` stops it.")
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _is_claimed(lock: IO[str], *, keep: bool = False) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    if not keep:
        fcntl.flock(lock, fcntl.LOCK_UN)
    return False


def _register_redirect(ports: Ports) -> bool:
    """Tell the simulator where its app's people return to: the port may be another one than last time."""
    body = json.dumps({"redirect_uris": [f"{ports.web_address}/xero/callback"]}).encode()
    return all(
        _is_up(
            urllib.request.Request(  # noqa: S310 - this machine
                f"{ports.simulator_address}/_sim/apps/{client_id}", body, {"Content-Type": "application/json"}
            )
        )
        for client_id in (vendor.OLD, vendor.NEW)
    )


def _make_vendor(ports: Ports) -> None:
    """Make the forty clubs that the console shows; without them the demo is as good for everything else."""

    def kit(path: str, body: dict[str, Any]) -> Any:
        address = f"{ports.simulator_address}/_sim/{path}"
        asked = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - this machine
            return json.loads(answer.read())

    try:
        vendor.make_vendor(
            staff=User.objects.get(is_staff=True, email=PEOPLE[-1].email),
            kit=kit,
            redirect_uri=registration.redirect_address(),
            scopes=settings.XERO_SCOPES,
        )
    except Exception as error:
        _say(f"The vendor's forty clubs could not be made: {error}")


def _is_up(asked: "str | urllib.request.Request") -> bool:
    try:
        with urllib.request.urlopen(asked, timeout=2) as answer:  # noqa: S310 - addresses of this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _say(words: str) -> None:
    print(words, flush=True)
