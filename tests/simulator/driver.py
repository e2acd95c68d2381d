"""How tests drive the simulator: a club that is signed in, over HTTP or in process, and a server on a free port."""

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from xero_simulator.app import Simulator
from xero_simulator.inprocess import SimulatorTransport

CALLBACK = "http://localhost:8000/xero/callback"
IDENTITY_SCOPES = "openid profile email offline_access"
SCOPES = f"{IDENTITY_SCOPES} accounting.manualjournals accounting.settings.read"
ALL_SCOPES = (
    f"{IDENTITY_SCOPES} accounting.manualjournals accounting.settings accounting.attachments "
    "accounting.reports.trialbalance.read accounting.journals.read"
)
TESS = "tess@banksiapark.example"
SAM = "sam@banksiapark.example"
NORA = "nora@banksiapark.example"
ADMIN = "admin@ledgerpartners.example"
BANKSIA = "Banksia Park Golf Club Inc"
WATTLE = "Wattle Creek Bowling Club Ltd"
KAURI = "Kauri Point Golf Club"
HEATHER = "Heatherfield Golf Club"
IRONBARK = "Ironbark Social Club"
SALTBUSH = "Saltbush Country Club"
DEMO = "Demo Company (AU)"


def line(amount: str | None, code: str | None, tax_type: str | None = None, **more: Any) -> dict[str, Any]:
    """A journal line; amounts are texts, so that no float comes near them."""
    row: dict[str, Any] = dict(more)
    if amount is not None:
        row["LineAmount"] = amount
    if code is not None:
        row["AccountCode"] = code
    if tax_type is not None:
        row["TaxType"] = tax_type
    return row


def journal(narration: str = "Takings", *, lines: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A balanced journal that Xero accepts, with whatever a test changes."""
    return {
        "Narration": narration,
        "Date": "2026-11-20",
        "Status": "POSTED",
        "LineAmountTypes": "Inclusive",
        "JournalLines": lines
        if lines is not None
        else [line("110.00", "615", "BASEXCLUDED"), line("-110.00", "200", "OUTPUT")],
    } | more


def messages(answer: httpx2.Response) -> list[str]:
    """The validation messages of a 400 answer, all elements together."""
    return [item["Message"] for element in answer.json()["Elements"] for item in element["ValidationErrors"]]


class Club:
    """A user's token and organisation, with the calls that tests make."""

    def __init__(self, http: httpx2.Client, token: dict[str, Any], tenant_id: str) -> None:
        self.http = http
        self.token = token
        self.tenant_id = tenant_id

    def headers(self, **more: str) -> dict[str, str]:
        given = {
            "Authorization": f"Bearer {self.token['access_token']}",
            "Xero-Tenant-Id": self.tenant_id,
            "Accept": "application/json",
        }
        return given | {name.replace("_", "-"): value for name, value in more.items()}

    def call(self, method: str, path: str, *, body: Any = None, params: Any = None, **headers: str) -> httpx2.Response:
        given = self.headers(**headers)
        content = body
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body).encode()
            given = {"Content-Type": "application/json"} | given
        return self.http.request(method, f"/api.xro/2.0/{path}", headers=given, params=params, content=content)

    def get(self, path: str, params: Any = None, **headers: str) -> httpx2.Response:
        return self.call("GET", path, params=params, **headers)

    def put(self, *journals: dict[str, Any], params: Any = None, **headers: str) -> httpx2.Response:
        return self.call("PUT", "ManualJournals", body={"ManualJournals": list(journals)}, params=params, **headers)

    def post(self, *journals: dict[str, Any], params: Any = None, **headers: str) -> httpx2.Response:
        return self.call("POST", "ManualJournals", body={"ManualJournals": list(journals)}, params=params, **headers)

    def made(self, **fields: Any) -> dict[str, Any]:
        """Create a journal and give it as Xero shows it, amounts as Decimal."""
        answer = self.put(journal(**fields))
        assert answer.status_code == 200, answer.text
        return exact(answer)["ManualJournals"][0]

    def connections(self) -> list[dict[str, Any]]:
        answer = self.http.get("/connections", headers={"Authorization": f"Bearer {self.token['access_token']}"})
        assert answer.status_code == 200, answer.text
        return answer.json()


def exact(answer: httpx2.Response) -> Any:
    """An answer's JSON with amounts as Decimal."""
    return json.loads(answer.text, parse_float=Decimal)


def in_process(simulator: Simulator) -> httpx2.Client:
    return httpx2.Client(transport=SimulatorTransport(simulator), base_url=simulator.world.origin)


def club_of(
    simulator: Simulator,
    organisation: str = BANKSIA,
    user: str = TESS,
    app: str = "clubledger-v2",
    scopes: str = ALL_SCOPES,
) -> Club:
    token = simulator.connect(user, app, organisation, scopes)
    return Club(in_process(simulator), token, simulator.tenant_id(organisation))


def authorise_address(simulator: Simulator, client_id: str = "clubledger-v3", **changes: str | None) -> str:
    params = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": SCOPES,
        "state": "a-state",
        "nonce": "a-nonce",
    } | changes
    query = urlencode({key: value for key, value in params.items() if value is not None})
    return f"{simulator.world.origin}/identity/connect/authorize?{query}"


def query_of(address: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_call(http: httpx2.Client, app: str = "clubledger-v3", **form: str) -> httpx2.Response:
    """A token request with Basic authentication."""
    return http.post("/connect/token", data=form, auth=(app, f"{app}-secret"))


def exchanged(simulator: Simulator, app: str = "clubledger-v3", user: str = TESS, **changes: str) -> dict[str, Any]:
    """Walk the whole flow and give the token endpoint's answer."""
    location = simulator.authorise(authorise_address(simulator, app, **changes), user, BANKSIA)
    answer = token_call(
        in_process(simulator),
        app,
        grant_type="authorization_code",
        code=query_of(location)["code"],
        redirect_uri=CALLBACK,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def kit(origin: str, path: str, body: Any = None, method: str | None = None) -> Any:
    """Ask the fault kit of a running server."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{origin}/_sim/{path}", content, method=method or ("POST" if body is not None else "GET")
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


@contextmanager
def served(*options: str, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the `xero-simulator` command until the block ends; returns its origin and process."""
    port = port or free_port()
    command = [sys.executable, "-m", "xero_simulator", "--port", str(port), *options]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[2], env=os.environ | {"PYTHONWARNINGS": ""}, stderr=subprocess.DEVNULL
    )
    origin = f"http://localhost:{port}"
    try:
        for _ in range(400):
            try:
                kit(origin, "health")
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, "the simulator ended at once"
                time.sleep(0.025)
        yield origin, process
    finally:
        process.terminate()
        process.wait(timeout=10)
