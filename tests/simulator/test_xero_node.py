"""Xero's own Node client over real HTTP, unmodified but for addresses."""

import fcntl
import hashlib
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from .driver import CALLBACK, served
from .facts import fact

pytestmark = pytest.mark.processes
HERE = Path(__file__).parent / "node"
STEPS = [
    "signs in",
    "refreshes",
    "reads settings",
    "creates, updates and voids",
    "pages and filters",
    "adds history and attachments",
    "gets its errors",
    "disconnects and revokes",
]


def node_modules() -> Path:
    """Install the client from its lock file into var/, once for each content of the lock; skips without Node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        message = "Node and npm are not here, so Xero's Node client cannot judge"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    lock = (HERE / "package-lock.json").read_bytes()
    base = Path(__file__).resolve().parents[2] / "var" / "xero-node"
    place = base / hashlib.sha256(lock).hexdigest()[:12]
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (place / "installed").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, place / name)
            command = ["npm", "ci", "--prefix", str(place), "--ignore-scripts", "--no-audit", "--no-fund"]
            trusted = ssl.get_default_verify_paths().cafile
            # Node trusts its own list only; what the system trusts beside it, a company's proxy say, has to be named.
            environment = ({"NODE_EXTRA_CA_CERTS": trusted} if trusted else {}) | os.environ
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=240, check=False, env=environment
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            (place / "installed").touch()
    return place / "node_modules"


@fact(
    "9.3",
    "xero-node signs in, reads, creates, updates, voids, pages, files, gets its errors, revokes",
    certainty="seen",
)
def test_xero_node_works_unmodified() -> None:
    modules = node_modules()
    with served() as (origin, _):
        command = ["node", str(HERE / "judge.js"), origin, "clubledger-bulk", "clubledger-bulk-secret", CALLBACK]
        environment = os.environ | {"NODE_PATH": str(modules)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [f"ok {step}" for step in STEPS]


def test_the_lock_names_no_registry() -> None:
    text = (HERE / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "registry" not in text
