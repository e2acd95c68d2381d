"""The pictured clubs, served: an installation of its own in a folder that is thrown away."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clubledger.foundation import crypto
from tools.pictures import xero

ROOT = Path(__file__).resolve().parents[2]
TESS, CORA, SAM = "tess@banksiapark.example", "cora@banksiapark.example", "sam@vendor.example"
RITA = "viewer@banksiapark.example"
PASSWORD = secrets.token_urlsafe(12)


@contextmanager
def served(port: int, looks: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Furnish a database and serve it, and yield the address of the pages and the ids of what was furnished."""
    with tempfile.TemporaryDirectory(prefix="clubledger-pictures-") as folder, xero.answering() as answers:
        environment = _environment(Path(folder), port) | {"CLUBLEDGER_XERO_API_URL": answers}
        code = (
            "import django, json; django.setup(); from tools.pictures import club, faulty;"
            f" tess = club.furnish(email={TESS!r}, password={PASSWORD!r});"
            f" print(json.dumps(faulty.furnish(tess=tess, password={PASSWORD!r}, looks={list(looks)!r})))"
        )
        _run(environment, "-m", "clubledger", "migrate")
        ids = json.loads(_run(environment, "-c", code).splitlines()[-1])
        server = subprocess.Popen(
            [sys.executable, "-m", "clubledger", "web"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(f"{environment['CLUBLEDGER_BASE_URL']}/healthz")
            yield environment["CLUBLEDGER_BASE_URL"], ids
        finally:
            server.terminate()
            server.wait(30)


def _environment(folder: Path, port: int) -> dict[str, str]:
    # Nothing listens there: a page that asks Xero is told so at once. What is retrieved, `xero` answers.
    nowhere = {f"CLUBLEDGER_XERO_{name}_URL": "http://localhost:9" for name in ("LOGIN", "IDENTITY", "GO")}
    return os.environ | nowhere | {
        "DJANGO_SETTINGS_MODULE": "clubledger.settings",
        "CLUBLEDGER_SECRET_KEY": secrets.token_urlsafe(50),
        "CLUBLEDGER_ENCRYPTION_KEYS": crypto.new_key(),
        "CLUBLEDGER_VAR": str(folder),
        "CLUBLEDGER_PORT": str(port),
        "CLUBLEDGER_BASE_URL": f"http://localhost:{port}",
        "CLUBLEDGER_REQUIRE_MFA": "0",
        "CLUBLEDGER_WEB_WORKERS": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'pictures.db'}",
    }  # fmt: skip


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


def of_look(ids: dict[str, Any], look: str) -> dict[str, Any]:
    """Return the ids with those that only this look may use under their plain names."""
    return ids | {name.removesuffix(f"-{look}"): value for name, value in ids.items()}
