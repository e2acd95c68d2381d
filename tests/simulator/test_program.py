"""The command over real HTTP: start, drops on the socket, the store that survives a kill, the pages."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from xero_simulator.app import Simulator
from xero_simulator.store import Store

from .driver import BANKSIA, DEMO, TESS, WATTLE, club_of, free_port, in_process, journal, kit, line, served
from .facts import fact

pytestmark = pytest.mark.processes


def api(origin: str, signed: tuple[str, str], method: str, path: str, body: object = None) -> tuple[int, bytes]:
    token, tenant = signed
    parts = urlsplit(origin)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    headers = {"Authorization": f"Bearer {token}", "Xero-Tenant-Id": tenant, "Accept": "application/json"}
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, f"/api.xro/2.0/{path}", content, headers | {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def signed_in(origin: str) -> tuple[str, str]:
    token = kit(origin, "connect", {"user": TESS, "app": "clubledger-v3", "organisations": [BANKSIA]})
    state = kit(origin, "state")
    tenant = next(row["tenant_id"] for row in state["organisations"] if row["name"] == BANKSIA)
    return token["access_token"], tenant


def test_drops_and_delays_reach_the_socket() -> None:
    with served() as (origin, _):
        signed = signed_in(origin)
        for fault, error in (
            ("drop-before-commit", http.client.RemoteDisconnected),
            ("drop-after-headers", (http.client.IncompleteRead, ConnectionResetError)),
            ("drop-mid-body", (http.client.IncompleteRead, ConnectionResetError)),
        ):
            kit(origin, "rules", {"fault": fault, "path": "Organisation$"})
            with pytest.raises(error):
                api(origin, signed, "GET", "Organisation")
        kit(origin, "rules", {"fault": "slow", "path": "Organisation$", "delay_seconds": 0.3})
        before = time.monotonic()
        assert api(origin, signed, "GET", "Organisation")[0] == 200
        assert time.monotonic() - before >= 0.3
        assert api(origin, signed, "PUT", "ManualJournals", {"ManualJournals": [journal()]})[0] == 200


def test_a_caller_who_leaves_frees_the_place() -> None:
    with served() as (origin, _):
        signed = signed_in(origin)
        kit(origin, "rules", {"fault": "timeout-after-commit", "path": "Organisation$", "times": 5})
        parts = urlsplit(origin)
        token, tenant = signed
        head = f"GET /api.xro/2.0/Organisation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        callers = []
        for _ in range(5):
            caller = socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=5)
            caller.sendall(f"{head}Xero-Tenant-Id: {tenant}\r\n\r\n".encode())
            callers.append(caller)
        assert _answers_in_time(origin, signed, 429), "five waiting calls did not fill the limit"
        for caller in callers:
            caller.close()
        assert _answers_in_time(origin, signed, 200), "the places were not freed"


def _answers_in_time(origin: str, signed: tuple[str, str], status: int) -> bool:
    for _ in range(200):
        if api(origin, signed, "GET", "Users")[0] == status:
            return True
        time.sleep(0.01)
    return False


def test_the_store_survives_a_kill(tmp_path: Path) -> None:
    store = str(tmp_path / "deep" / "simulator.db")
    with served("--store", store) as (origin, process):
        signed = signed_in(origin)
        for number in range(5):
            body = {"ManualJournals": [journal(f"J {number}-{place}") for place in range(3)]}
            assert api(origin, signed, "PUT", "ManualJournals", body)[0] == 200
        kit(origin, f"organisations/{signed[1]}/accounts/615", {"name": "Cards"})
        kit(origin, f"organisations/{signed[1]}/lock-dates", {"period": "2026-06-30"})
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=5)
    with served("--store", store) as (origin, _):
        found = json.loads(api(origin, signed, "GET", "ManualJournals?page=1")[1])["ManualJournals"]
        assert [row["Narration"] for row in found] == [f"J {n}-{p}" for n in range(5) for p in range(3)]
        assert {len(row["JournalLines"]) for row in found} == {2}
        where = "Accounts?where=Code%3D%3D%22615%22"
        assert json.loads(api(origin, signed, "GET", where)[1])["Accounts"][0]["Name"] == "Cards"


def test_a_store_gives_back_everything(tmp_path: Path) -> None:
    path = tmp_path / "simulator.db"
    first = Simulator(Store(path))
    club = club_of(first)
    made = club.made(lines=[line("1", "615"), line("-1", "200", Tracking=[{"Name": "Department", "Option": "Bar"}])])
    place = f"ManualJournals/{made['ManualJournalID']}"
    club.call("PUT", f"{place}/Attachments/a.bin", body=bytes(range(256)))
    club.put(journal(), Idempotency_Key="k")
    first.world.reset_demo(first.tenant_id(DEMO))
    first.world.store.close()
    second = Simulator(Store(path))
    again = club_of(second)
    for kind, table in first.world.store.tables.items():
        kept = second.world.store.tables[kind].rows
        for key, row in table.rows.items():
            if kind in {"journal", "history", "attachment", "stored_answer", "organisation", "user", "app", "settings"}:
                assert kept[key] == row, kind
    assert again.get(f"{place}/Attachments/a.bin").content == bytes(range(256))
    assert second.tenant_id(DEMO) == first.tenant_id(DEMO)
    second.reset()
    assert second.tenant_id(DEMO) != first.tenant_id(DEMO)
    second.world.store.close()


def test_a_stored_world_follows_the_product_to_another_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("8000", "8123"):
        monkeypatch.setenv("CLUBLEDGER_PORT", port)
        simulator = Simulator(Store(tmp_path / "simulator.db"))
        simulator.world.store.close()
    found = simulator.world.store.apps["clubledger-v3"].redirect_uris
    assert found == ["http://localhost:8000/xero/callback", "http://localhost:8123/xero/callback"]


def test_bad_options_say_what_is_wrong(tmp_path: Path) -> None:
    scenario = tmp_path / "bad.json"
    scenario.write_text('{"users": [{"colour": "red"}]}')
    command = [sys.executable, "-m", "xero_simulator", "--port", str(free_port()), "--scenario", str(scenario)]
    ended = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert b"cannot start" in ended.stderr


@fact("2.3", "A user disconnects in Xero under Settings, Connected apps", certainty="docs, seen")
def test_the_pages_show_what_a_person_needs(simulator: Simulator) -> None:
    club = club_of(simulator)
    made = club.made(narration="Takings <b>bold</b>", Url="https://club.example/1")
    browser = in_process(simulator)
    assert browser.get("/").status_code == 302
    browser.post("/login", data={"email": TESS, "password": "tess"})
    pages = {
        "/": [BANKSIA, WATTLE, "!bPk01"],
        "/manual-journals": ["Takings &lt;b&gt;bold", "110.00", "Posted"],
        "/manual-journals?search=nothing": ["There are no manual journals here"],
        f"/Journal/View.aspx?invoiceID={made['ManualJournalID']}": ["615 · Card Clearing", "10.00", "Go to the source"],
        "/chart-of-accounts": ["Member Subscriptions Control"],
        "/settings/lock-dates": ["Stop everyone except advisers"],
        "/connected-apps": ["Clubledger V2", "Tess Okafor", "Disconnect"],
        "/static/simulator.css": ["--ink"],
    }
    for address, texts in pages.items():
        answer = browser.get(address)
        assert answer.status_code == 200, address
        for text in texts:
            assert text in answer.text, (address, text)
    browser.post("/settings/lock-dates", data={"period": "2026-06-30", "year_end": ""})
    assert "2026-06-30" in browser.get("/settings/lock-dates").text
    assert "year-month-day" in browser.post("/settings/lock-dates", data={"period": "x"}).text
    assert browser.get("/logout?return=//evil.example").headers["Location"] == "/login?return=%2F"
    assert browser.get("/nothing").status_code == 404


def test_signing_in_leads_only_to_local_pages(simulator: Simulator) -> None:
    for bad in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""):
        answer = in_process(simulator).post("/login", data={"email": TESS, "password": "tess", "return": bad})
        assert answer.headers["Location"] == "/"
