"""Sections 3.6 and 3.8: idempotency keys and rate limits."""

import json
from decimal import Decimal

import pytest

from xero_simulator.app import Simulator
from xero_simulator.limits import DAY_SECONDS, MINUTE_SECONDS

from .driver import ADMIN, BANKSIA, HEATHER, KAURI, TESS, WATTLE, Club, club_of, exact, journal, line, messages
from .facts import fact

GOOD, BAD = journal("Good"), journal("Bad", lines=[line("100.00", "615"), line("-10.00", "200")])


@fact("3.6", "The same key, address, body and method gives the stored answer again", certainty="docs")
@fact("3.6", "A key is remembered for 6 minutes (24 hours by one report: a setting)", certainty="docs, seen")
@pytest.mark.parametrize("seconds", [360, 86_400, 0])
def test_a_repeated_key_gives_the_stored_answer(simulator: Simulator, club: Club, seconds: int) -> None:
    simulator.settings(idempotency_seconds=seconds)
    first = club.put(journal(), Idempotency_Key="k")
    simulator.later(seconds=max(seconds - 1, 0) % 1700)
    second = club.put(journal(), Idempotency_Key="k")
    assert (second.content == first.content) is bool(seconds)
    simulator.later(seconds=seconds)
    token = simulator.connect(TESS, "clubledger-v2", BANKSIA)
    third = Club(club.http, token, club.tenant_id).put(journal(), Idempotency_Key="k")
    assert third.json()["ManualJournals"][0]["ManualJournalID"] not in first.text
    assert len(simulator.journals(club.tenant_id)) == (2 if seconds else 3)


@fact("3.6", "The same key with a different request: 400", certainty="docs")
@fact("3.6", "The key belongs to the app, not to the tenant", certainty="docs")
def test_a_key_with_another_request_is_refused(simulator: Simulator, club: Club) -> None:
    club.put(journal(), Idempotency_Key="k")
    other = club_of(simulator, WATTLE)
    for answer in (
        club.put(journal("Other"), Idempotency_Key="k"),
        club.post(journal(), Idempotency_Key="k"),
        club.put(journal(), params={"summarizeErrors": "false"}, Idempotency_Key="k"),
        other.put(journal(), Idempotency_Key="k"),
    ):
        assert answer.status_code == 400
        assert answer.json()["Message"] == "Idempotency Key: k is used with a different request."
        assert messages(answer) == ["Idempotency Key: k is used with a different request."]
    elsewhere = club_of(simulator, WATTLE, app="clubledger-v3")
    assert elsewhere.put(journal(), Idempotency_Key="k").status_code == 200


@fact("3.6", "Error answers are stored too, internal failures included", certainty="docs")
def test_errors_are_remembered(simulator: Simulator, club: Club) -> None:
    refused = club.put(BAD, Idempotency_Key="bad")
    assert club.put(BAD, Idempotency_Key="bad").content == refused.content
    simulator.fault("500-before-commit", method="PUT")
    assert club.put(GOOD, Idempotency_Key="k").status_code == 500
    assert club.put(GOOD, Idempotency_Key="k").status_code == 500
    assert club.put(GOOD, Idempotency_Key="new").status_code == 200
    assert len(simulator.journals(club.tenant_id)) == 1


@fact("3.1", "An Idempotency-Key has up to 128 characters", certainty="spec")
def test_a_key_is_not_longer_than_128_characters(club: Club) -> None:
    assert club.put(journal(), Idempotency_Key="k" * 128).status_code == 200
    assert club.put(journal(), Idempotency_Key="k" * 129).status_code == 400


@fact("3.6", "Rate limits come before idempotency: replays count", certainty="docs")
def test_replays_count_against_the_limits(club: Club) -> None:
    first = club.put(journal(), Idempotency_Key="k")
    second = club.put(journal(), Idempotency_Key="k")
    name = "X-MinLimit-Remaining"
    assert int(second.headers[name]) == int(first.headers[name]) - 1


@fact(
    "3.8", "60 calls a minute per app and tenant; 429 with X-Rate-Limit-Problem and Retry-After", certainty="docs, seen"
)
@fact("3.8", "The counters are per app and tenant", certainty="docs")
@fact("3.8", "The minute window is fixed", certainty="docs")
def test_the_minute_limit(simulator: Simulator, club: Club) -> None:
    other = club_of(simulator, WATTLE)
    app = club_of(simulator, BANKSIA, app="clubledger-starter")
    for left in range(59, -1, -1):
        assert club.get("Organisation").headers["X-MinLimit-Remaining"] == str(left)
    answer = club.get("Organisation")
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers["X-Rate-Limit-Problem"] == "minute"
    wait = int(answer.headers["Retry-After"])
    assert 1 <= wait <= MINUTE_SECONDS
    assert answer.headers["X-MinLimit-Remaining"] == "0"
    assert other.get("Organisation").status_code == 200
    assert app.get("Organisation").status_code == 200
    simulator.later(seconds=wait - 1)
    assert club.get("Organisation").status_code == 429
    simulator.later(seconds=1)
    assert club.get("Organisation").headers["X-MinLimit-Remaining"] == "59"


@fact("3.8", "The window starts at a different moment for each tenant", certainty="docs")
def test_windows_start_at_different_moments(simulator: Simulator) -> None:
    waits = set()
    for name in (BANKSIA, WATTLE, KAURI, HEATHER):
        club = club_of(simulator, name, ADMIN)
        answers = [club.get("Organisation") for _ in range(61)]
        waits.add(answers[-1].headers["Retry-After"])
    assert len(waits) > 1


@fact("3.8", "Calls a day per tenant: 1,000 on Starter, 5,000 otherwise", certainty="docs")
@fact("2.6", "Starter: 1,000 calls per organisation per day, other tiers 5,000", certainty="docs")
@pytest.mark.parametrize(("app", "limit"), [("clubledger-starter", 1000), ("clubledger-v2", 5000)])
def test_the_day_limit(simulator: Simulator, app: str, limit: int) -> None:
    club = club_of(simulator, app=app)
    assert club.get("Organisation").headers["X-DayLimit-Remaining"] == str(limit - 1)
    club.http.post(f"/_sim/apps/{app}", json={"day_limit": 3})
    club.get("Organisation")
    club.get("Organisation")
    answer = club.get("Organisation")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "day")
    assert 1 <= int(answer.headers["Retry-After"]) <= DAY_SECONDS


@fact("3.8", "10,000 calls a minute per app over all tenants", certainty="docs")
def test_the_app_minute_limit(simulator: Simulator, club: Club) -> None:
    other = club_of(simulator, WATTLE)
    assert club.get("Organisation").headers["X-AppMinLimit-Remaining"] == "9999"
    club.http.post("/_sim/apps/clubledger-v2", json={"app_minute_limit": 3})
    club.get("Organisation")
    other.get("Organisation")
    answer = other.get("Organisation")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "appminute")
    assert "Retry-After" in answer.headers


@fact(
    "2.6", "Rapid Sync (Plus and above): no minute and day limit in a connection's first 30 minutes", certainty="docs"
)
def test_rapid_sync(simulator: Simulator) -> None:
    club = club_of(simulator, app="clubledger-v3")
    assert {club.get("Organisation").status_code for _ in range(70)} == {200}
    simulator.later(minutes=29, seconds=59)
    assert {club.get("Organisation").status_code for _ in range(70)} == {200}
    simulator.later(seconds=1)
    club.token = simulator.connect(TESS, "clubledger-v3", BANKSIA)
    statuses = [club.get("Organisation").status_code for _ in range(61)]
    assert (statuses[59], statuses[60]) == (200, 429)


def test_amounts_never_pass_through_a_float(club: Club) -> None:
    big = "9999999999.99"
    made = club.made(LineAmountTypes="NoTax", lines=[line(big, "615"), line(f"-{big}", "200")])
    assert [row["LineAmount"] for row in made["JournalLines"]] == [Decimal(big), -Decimal(big)]
    body = (
        json.dumps({"ManualJournals": [journal(LineAmountTypes="NoTax")]})
        .replace('"110.00"', "0.1")
        .replace('"-110.00"', "-0.10")
    )
    answer = club.call("PUT", "ManualJournals", body=body.encode(), Content_Type="application/json")
    made = exact(answer)["ManualJournals"][0]
    assert [str(row["LineAmount"]) for row in made["JournalLines"]] == ["0.10", "-0.10"]


def test_seeded_simulators_give_the_same_ids() -> None:
    def ids() -> list[str]:
        club = club_of(Simulator(seed=7))
        return [club.made()["ManualJournalID"] for _ in range(2)]

    assert ids() == ids()
