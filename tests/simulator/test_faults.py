"""The fault kit: what each fault does to the caller, and what stands in the books afterwards."""

import threading
import time

import httpx2
import pytest

from xero_simulator.app import Simulator
from xero_simulator.clock import Clock
from xero_simulator.faults import PRESETS
from xero_simulator.inprocess import SimulatorTransport

from .driver import BANKSIA, TESS, WATTLE, Club, club_of, journal, line
from .facts import fact


def standing(simulator: Simulator, club: Club) -> int:
    return len(simulator.journals(club.tenant_id))


@pytest.mark.parametrize(
    ("fault", "error", "committed"),
    [
        ("timeout-before-commit", httpx2.ReadTimeout, 0),
        ("timeout-after-commit", httpx2.ReadTimeout, 1),
        ("drop-before-commit", httpx2.RemoteProtocolError, 0),
        ("drop-after-commit", httpx2.RemoteProtocolError, 1),
        ("drop-after-headers", httpx2.RemoteProtocolError, 1),
        ("drop-mid-body", httpx2.RemoteProtocolError, 1),
    ],
)
def test_lost_answers(simulator: Simulator, club: Club, fault: str, error: type[Exception], committed: int) -> None:
    simulator.fault(fault, method="PUT", path="ManualJournals$")
    with pytest.raises(error):
        club.put(journal(), Idempotency_Key="k")
    assert standing(simulator, club) == committed
    answer = club.put(journal(), Idempotency_Key="k")
    assert answer.status_code == 200
    assert standing(simulator, club) == 1


@fact("3.7", "503 in three texts", certainty="docs")
@fact("3.8", "429 of four kinds; `concurrent` without Retry-After", certainty="docs, seen")
@fact("3.7", "500: JSON, HTML or text; the outcome is unknown", certainty="docs")
@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("503-maintenance", 503, ("The Xero API is currently offline for maintenance", 0)),
        ("503-unavailable", 503, ("The Xero API is temporarily unavailable", 0)),
        ("503-organisation", 503, ("The Organisation is offline", 0)),
        ("429-concurrent", 429, ("concurrent", 0)),
        ("429-minute", 429, ("minute", 0)),
        ("429-day", 429, ("day", 0)),
        ("429-appminute", 429, ("appminute", 0)),
        ("500-before-commit", 500, ("ErrorNumber", 0)),
        ("500-after-commit", 500, ("ErrorNumber", 1)),
        ("500-html", 500, ("<html>", 0)),
    ],
)
def test_failures(simulator: Simulator, club: Club, fault: str, status: int, expected: tuple[str, int]) -> None:
    shown, committed = expected
    simulator.fault(fault, method="PUT")
    answer = club.put(journal())
    assert answer.status_code == status
    if status == 429:
        assert answer.headers["X-Rate-Limit-Problem"] == shown
        assert ("Retry-After" in answer.headers) is (shown != "concurrent")
    else:
        assert shown in answer.text
    assert standing(simulator, club) == committed
    assert club.put(journal()).status_code == 200


@pytest.mark.parametrize("fault", ["truncated-json", "garbled-json"])
def test_mangled_bodies(simulator: Simulator, club: Club, fault: str) -> None:
    simulator.fault(fault, method="PUT")
    answer = club.put(journal())
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert standing(simulator, club) == 1


@pytest.mark.parametrize("fault", ["late-after-drop", "late-after-500"])
def test_a_journal_that_appears_late(simulator: Simulator, club: Club, fault: str) -> None:
    simulator.fault(fault, method="PUT", late_seconds=45)
    if fault == "late-after-drop":
        with pytest.raises(httpx2.RemoteProtocolError):
            club.put(journal(), Idempotency_Key="k")
        conflict = club.put(journal(), Idempotency_Key="k")
        assert (conflict.status_code, standing(simulator, club)) == (409, 0)
    else:
        assert club.put(journal(), Idempotency_Key="k").status_code == 500
    simulator.later(seconds=44)
    assert club.get("ManualJournals").json()["ManualJournals"] == []
    simulator.later(seconds=20)
    (row,) = club.get("ManualJournals").json()["ManualJournals"]
    assert row["UpdatedDateUTC"] == "/Date(1795309245000+0000)/"
    again = club.put(journal(), Idempotency_Key="k")
    assert again.status_code == (200 if fault == "late-after-drop" else 500)
    assert standing(simulator, club) == 1


def test_a_request_that_timed_out_is_committed_later(simulator: Simulator, club: Club) -> None:
    simulator.fault("timeout-before-commit", method="PUT", commit="late", delay_seconds=60, late_seconds=30)
    with pytest.raises(httpx2.ReadTimeout):
        club.put(journal(), Idempotency_Key="k")
    simulator.later(seconds=89)
    assert standing(simulator, club) == 0
    assert club.put(journal(), Idempotency_Key="k").status_code == 409
    simulator.later(seconds=1)
    assert standing(simulator, club) == 1
    assert club.put(journal(), Idempotency_Key="k").status_code == 200
    assert standing(simulator, club) == 1


def test_a_rule_strikes_the_third_call_of_one_organisation(simulator: Simulator, club: Club) -> None:
    other = club_of(simulator, WATTLE)
    rule = {"fault": "drop-after-commit", "method": "PUT", "path": "ManualJournals$", "organisation": BANKSIA}
    assert club.http.post("/_sim/rules", json=rule | {"first": 3}).status_code == 200
    for _ in range(4):
        other.made()
    club.made()
    club.get("ManualJournals")
    club.made()
    with pytest.raises(httpx2.RemoteProtocolError):
        club.put(journal())
    club.made()
    assert standing(simulator, club) == 4
    (shown,) = club.http.get("/_sim/rules").json()["rules"]
    assert (shown["matched"], shown["struck"]) == (4, 1)
    assert club.http.request("DELETE", "/_sim/rules").json() == {"removed": 1}


def test_rules_reach_tokens_and_connections_too(simulator: Simulator, club: Club) -> None:
    simulator.fault("503-unavailable", path="^/connect/token", times=2)
    for status in (503, 503, 400):
        assert club.http.post("/connect/token", data={"grant_type": "x"}).status_code == status
    simulator.fault("drop-before-commit", path="^/connections")
    with pytest.raises(httpx2.RemoteProtocolError):
        club.connections()
    assert len(club.connections()) == 1


def test_a_refresh_whose_answer_is_lost_has_grace(simulator: Simulator, club: Club) -> None:
    simulator.fault("drop-after-commit", path="^/connect/token")
    form = {"grant_type": "refresh_token", "refresh_token": str(club.token["refresh_token"])}
    auth = ("clubledger-v2", "clubledger-v2-secret")
    with pytest.raises(httpx2.RemoteProtocolError):
        club.http.post("/connect/token", data=form, auth=auth)
    simulator.later(minutes=29)
    assert club.http.post("/connect/token", data=form, auth=auth).status_code == 200


def test_unknown_faults_and_marks_are_refused(club: Club) -> None:
    for body in (
        {"fault": "nonsense"},
        {"fault": "slow", "colour": "red"},
        {"path": "x"},
        {"fault": "slow", "path": "("},
    ):
        answer = club.http.post("/_sim/rules", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert len(PRESETS) == 21


@fact("3.8", "5 calls at once per app and tenant", certainty="docs")
def test_five_calls_at_once() -> None:
    simulator = Simulator()
    club = club_of(simulator)
    other = club_of(simulator, WATTLE)
    simulator.fault("slow", path="Organisation$", delay_seconds=0.6, times=5)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(club.get("Organisation").status_code)) for _ in range(5)]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + 5
    while len(simulator.requests("GET", "Organisation")) < 5 and time.monotonic() < limit:
        time.sleep(0.005)
    refused = club.get("Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in refused.headers
    assert other.get("Organisation").status_code == 200
    for thread in threads:
        thread.join()
    assert statuses == [200] * 5
    assert club.get("Organisation").status_code == 200


def test_delays_are_slept_only_while_the_clock_runs(simulator: Simulator) -> None:
    slept: list[float] = []
    for one in (simulator, Simulator(clock=Clock())):
        one.fault("slow", path="Organisation$")
        transport = SimulatorTransport(one, sleep=slept.append)
        token = one.connect(TESS, "clubledger-v2", BANKSIA)
        with httpx2.Client(transport=transport, base_url=one.world.origin, timeout=30) as http:
            club = Club(http, token, one.tenant_id(BANKSIA))
            assert club.get("Organisation").status_code == 200
    assert slept == [5.0]


def test_nothing_can_connect_while_it_is_unreachable(simulator: Simulator) -> None:
    transport = SimulatorTransport(simulator)
    transport.is_unreachable = True
    with (
        httpx2.Client(transport=transport, base_url=simulator.world.origin) as http,
        pytest.raises(httpx2.ConnectError),
    ):
        http.get("/connections")


def test_tokens_expire_and_are_revoked_on_demand(simulator: Simulator, club: Club) -> None:
    assert club.http.post("/_sim/tokens/expire", json={"kind": "access", "user": TESS}).json() == {"touched": 1}
    assert club.get("Organisation").json()["Detail"].startswith("TokenExpired")
    assert club.http.post("/_sim/tokens/expire", json={"kind": "refresh"}).json() == {"touched": 1}
    assert club.http.post("/_sim/tokens/revoke", json={"app": "clubledger-v2"}).json() == {"touched": 1}
    assert club.get("Organisation").json()["Detail"] == "AuthenticationUnsuccessful"


def test_the_log_tells_what_was_asked_and_answered(club: Club) -> None:
    club.put(journal("Logged"))
    (entry,) = club.http.get("/_sim/log", params={"method": "PUT", "path": "manualjournals"}).json()["requests"]
    assert "Logged" in entry["body"]
    assert "Logged" in entry["answer_body"]
    assert (entry["status"], entry["client_id"], entry["tenant_id"]) == (200, "clubledger-v2", club.tenant_id)
    assert entry["headers"]["authorization"] == "…"
    club.http.request("DELETE", "/_sim/log")
    assert club.http.get("/_sim/log").json() == {"requests": []}


def test_the_log_is_bounded(simulator: Simulator, club: Club) -> None:
    simulator.settings(log_entries=10, limits=False)
    for _ in range(20):
        club.get("Organisation")
    assert len(simulator.log.entries) == 10


def test_the_kit_shows_and_resets_the_world(simulator: Simulator, club: Club) -> None:
    club.made()
    state = club.http.get("/_sim/state").json()
    assert state["counts"]["journal"] == 1
    assert "password" not in state["users"][0]
    assert "client_secret" not in state["apps"][0]
    entries = club.http.get(f"/_sim/organisations/{BANKSIA}/entries").json()["entries"]
    assert sum(entry["cents"] for entry in entries) == 0
    assert len(club.http.get(f"/_sim/organisations/{BANKSIA}/journals").json()["journals"]) == 1
    club.http.post("/_sim/reset")
    assert club.http.get("/_sim/state").json()["counts"]["journal"] == 0
    assert club.get("Organisation").status_code == 401


def test_a_scenario_replaces_or_adds(simulator: Simulator, http: httpx2.Client) -> None:
    many = {
        "extends": "default",
        "organisations": [{"name": "Club {n}", "count": 2000, "members": {TESS: "ADVISER"}, "minute_limit": None}],
        "rules": [{"fault": "503-maintenance", "path": "Organisation$", "organisation": "Club 7"}],
    }
    assert http.post("/_sim/scenario", json=many).json() == {"organisations": 2007}
    club = club_of(simulator, "Club 7")
    assert [club.get("Organisation").status_code for _ in range(80)] == [503] + [200] * 79
    more = {
        "organisations": [
            {
                "name": "Extra",
                "accounts": [{"code": "299", "name": "Tennis", "type": "REVENUE", "tax_type": "OUTPUT"}],
                "tracking": {"Court": ["One", "Two"]},
                "members": {TESS: "ADVISER"},
            }
        ]
    }
    assert http.post("/_sim/scenario?add=true", json=more).json() == {"organisations": 2008}
    extra = club_of(simulator, "Extra")
    extra.made(lines=[line("1", "615"), line("-1", "299", Tracking=[{"Name": "Court", "Option": "Two"}])])
    assert http.post("/_sim/scenario", json={"nonsense": 1}).status_code == 400
    assert http.get("/_sim/nothing").status_code == 404


def test_the_clock_is_set_over_http(simulator: Simulator, http: httpx2.Client) -> None:
    answer = http.post("/_sim/clock", json={"set": "2027-01-01T00:00:00+00:00", "freeze": True}).json()
    assert answer == {"now": "2027-01-01T00:00:00+00:00", "is_frozen": True}
    assert http.post("/_sim/clock", json={"advance_seconds": 60}).json()["now"] == "2027-01-01T00:01:00+00:00"
    assert http.post("/_sim/clock", json={"run": True}).json()["is_frozen"] is False
    assert http.post("/_sim/clock", json={"jump": 1}).status_code == 400


def test_a_defect_is_never_mistaken_for_xero(simulator: Simulator, club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "_struck", lambda request: 1 / 0)
    answer = club.get("Organisation")
    assert (answer.status_code, answer.headers["X-Simulator-Defect"]) == (500, "true")
