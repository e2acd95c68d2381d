"""The demo's own settings: ports, addresses of the simulator, and secrets made once under the var folder.

It runs before Django reads its settings, so it imports nothing of Django's.
"""

import base64
import os
import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path

from clubledger.cli.errors import Failure

ROOT = Path(__file__).resolve().parents[3]
XERO_APP = ("clubledger-v2", "clubledger-v2-secret")
"""The app that the simulator knows from its start, as the vendor would have registered it at Xero."""
KEPT = ("CLUBLEDGER_SECRET_KEY", "CLUBLEDGER_ENCRYPTION_KEYS", "CLUBLEDGER_PASSWORD")
NOT_THE_DEMO_S = ("CLUBLEDGER_BEHIND_PROXY", "CLUBLEDGER_DEBUG", "CLUBLEDGER_ALLOWED_HOSTS")


@dataclass(frozen=True)
class Ports:
    """Where web and simulator listen, on this machine only."""

    web: int
    simulator: int

    @classmethod
    def from_environment(cls) -> "Ports":
        """Read them from the environment. Raises Failure."""
        return cls(
            _port("CLUBLEDGER_PORT", os.environ.get("CLUBLEDGER_PORT", "8000")),
            _port("SIMULATOR_PORT", os.environ.get("SIMULATOR_PORT", "8900")),
        )

    @property
    def web_address(self) -> str:
        """Where people reach the product. Xero refuses redirects to a bare IP address."""
        return f"http://localhost:{self.web}"

    @property
    def simulator_address(self) -> str:
        """Where the stand-in for Xero is."""
        return f"http://localhost:{self.simulator}"


def folder() -> Path:
    """Return the folder that holds all of the demo: database, queue, simulator's store, logs, secrets."""
    given = Path(os.environ.get("CLUBLEDGER_VAR") or ROOT / "var").resolve()
    # A shell that has read the demo's settings, and the demo's own children, stand in the folder already.
    return given if (given / "environment").is_file() else given / "demo"


def enter(ports: Ports) -> None:
    """Put the demo's settings into the environment, and into a file that a shell can read to run commands on it."""
    here = folder()
    here.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = _settings(here, ports, _kept(here / "environment"))
    _write_private(here / "environment", values)
    for name in NOT_THE_DEMO_S:
        os.environ.pop(name, None)
    os.environ.update(values)


def password() -> str:
    """Return the password of all the demo's people, made when the demo first ran."""
    return os.environ["CLUBLEDGER_PASSWORD"]


def _settings(here: Path, ports: Ports, kept: dict[str, str]) -> dict[str, str]:
    client_id, client_secret = XERO_APP
    return {
        "CLUBLEDGER_SECRET_KEY": kept.get("CLUBLEDGER_SECRET_KEY") or secrets.token_urlsafe(50),
        "CLUBLEDGER_ENCRYPTION_KEYS": kept.get("CLUBLEDGER_ENCRYPTION_KEYS") or _new_key(),
        "CLUBLEDGER_PASSWORD": kept.get("CLUBLEDGER_PASSWORD") or f"banksia-{secrets.token_hex(4)}",
        "CLUBLEDGER_VAR": str(here),
        "CLUBLEDGER_PORT": str(ports.web),
        "SIMULATOR_PORT": str(ports.simulator),
        "CLUBLEDGER_BIND": "127.0.0.1",
        "CLUBLEDGER_BASE_URL": ports.web_address,
        "DATABASE_URL": f"sqlite:///{here / 'clubledger.db'}",
        "CLUBLEDGER_QUEUE_URL": "",
        "CLUBLEDGER_REQUIRE_MFA": "0",
        "CLUBLEDGER_CLUB": "banksia-park",
        "CLUBLEDGER_AS": "tess@banksiapark.example",
        "CLUBLEDGER_XERO_LOGIN_URL": ports.simulator_address,
        "CLUBLEDGER_XERO_IDENTITY_URL": ports.simulator_address,
        "CLUBLEDGER_XERO_API_URL": ports.simulator_address,
        "CLUBLEDGER_XERO_GO_URL": ports.simulator_address,
        "CLUBLEDGER_XERO_CLIENT_ID": client_id,
        "CLUBLEDGER_XERO_CLIENT_SECRET": client_secret,
    }


def _port(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise Failure(f"{name} is {value!r}: set it to a port from 1 to 65535.")
    return int(value)


def _kept(path: Path) -> dict[str, str]:
    """Return the secrets of an earlier run, so that its database can still be read."""
    if not path.is_file():
        return {}
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    pairs = (word.partition("=") for word in words if "=" in word)
    return {name: value for name, _, value in pairs if name in KEPT}


def _write_private(path: Path, values: dict[str, str]) -> None:
    lines = ["# Settings of the demo. To run commands on it:  set -a; . THIS FILE; set +a"]
    lines += [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    beside.replace(path)


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
