"""The API: rows in, journals out, one club a key, one shape of error."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from django.core.cache import caches
from django.http import HttpRequest
from django.test import Client, RequestFactory

from clubledger.api import guard
from clubledger.api.documentation import marked
from clubledger.clubs import api_keys, people
from clubledger.clubs.models import AuditEvent, Role
from clubledger.foundation import clock
from clubledger.ledger.models import Import, Journal, SourceTransaction
from tests.api.conftest import INVOICE, Caller
from tests.fixtures_clubs import add_member

pytestmark = pytest.mark.django_db


def test_it_takes_transactions_and_shows_their_journal(pos: Caller) -> None:
    told = pos.push(INVOICE, {**INVOICE, "item": "LOYAL", "amount": "-55.00", "tax_amount": "-5.00"})
    assert told["state"] == "done"
    assert told["transactions"] == {"new": 1, "already_there": 0, "amended": 0, "corrected": 0, "refused": 0}
    listed = pos.get("/journals").json()
    assert (listed["total"], listed["journals"][0]["debit"]) == (1, "1100.00")
    one = pos.get(f"/journals/{listed['journals'][0]['id']}").json()
    assert {line["account_name"]: (line["debit"], line["credit"]) for line in one["lines"]} == {
        "SUBS": ("1045.00", None),
        "FULL7": (None, "1100.00"),
        "LOYAL": ("55.00", None),
    }
    assert pos.get(f"/imports/{told['id']}").json() == told


def test_pushing_again_changes_nothing(pos: Caller) -> None:
    pos.push(INVOICE)
    assert pos.push(INVOICE)["transactions"]["already_there"] == 1
    assert SourceTransaction.objects.of(pos.club).count() == 1


def test_another_source_system_has_ids_of_its_own(pos: Caller) -> None:
    pos.push(INVOICE, source="pos")
    assert pos.push(INVOICE, source="membership")["transactions"]["new"] == 1


def test_a_bad_row_refuses_its_transaction_says_why_and_keeps_the_rest(pos: Caller) -> None:
    told = pos.push(
        INVOICE,
        {**INVOICE, "source_id": "INV-2", "amount": "1,000.00"},
        {**INVOICE, "source_id": "INV-3", "amount": 11.5},
        {**INVOICE, "source_id": "INV-4", "colour": "green"},
        {**INVOICE, "source_id": "INV-5"},
    )
    assert told["transactions"]["new"] == 2
    assert told["transactions"]["refused"] == 3
    first = told["refusals"][0]
    assert (first["row"], first["source_id"], first["field"]) == (2, "INV-2", "amount")
    assert [one["row"] for one in told["refusals"]] == [2, 3, 4]
    assert "text" in told["refusals"][1]["reason"]
    assert "colour" in told["refusals"][2]["reason"]


def test_refused_rows_stand_on_the_import_page_too(pos: Caller) -> None:
    told = pos.push({**INVOICE, "kind": "gift"})
    client = Client()
    client.force_login(pos.owner)
    assert "gift" in client.get(f"/c/{pos.club.slug}/import/{told['id']}/").content.decode()


def test_the_audit_trail_says_through_which_key(pos: Caller) -> None:
    pos.push(INVOICE)
    event = AuditEvent.objects.of(pos.club).latest("position")
    assert (event.action, event.user) == ("import.done", pos.owner)
    assert event.actor_name == f"{pos.owner} by API key POS ({pos.key.prefix}…)"


def test_journals_are_listed_by_state_and_date(pos: Caller) -> None:
    for day in (1, 2, 3):
        pos.push({**INVOICE, "source_id": f"INV-{day}", "accounting_date": f"2026-07-0{day}"})
    Journal.objects.of(pos.club).filter(accounting_date="2026-07-02").update(state="sent", number="J-000001")

    def days(**query: str) -> list[str]:
        return [one["accounting_date"] for one in pos.get("/journals", **query).json()["journals"]]

    assert days() == ["2026-07-01", "2026-07-02", "2026-07-03"]
    assert days(state="sent") == ["2026-07-02"]
    assert days(from_on="2026-07-02", up_to_on="2026-07-03") == ["2026-07-02", "2026-07-03"]
    assert days(page="99") == ["2026-07-01", "2026-07-02", "2026-07-03"]


def test_it_tells_how_the_club_stands(pos: Caller) -> None:
    pos.push(INVOICE)
    told = pos.get("/club").json()
    assert (told["slug"], told["oldest_unsent_on"], told["transactions_unposted"], told["amount_unposted"]) == (
        pos.club.slug,
        "2026-07-01",
        1,
        "1100.00",
    )


# --- walls ---


def test_a_key_of_one_club_never_reaches_the_rows_of_another(pos: Caller, other: Caller) -> None:
    told = pos.push(INVOICE)
    journal = Journal.objects.of(pos.club).get()
    assert other.get("/journals").json()["total"] == 0
    for path in (f"/journals/{journal.pk}", f"/imports/{told['id']}"):
        assert pos.get(path).status_code == 200
        foreign, missing = other.get(path), other.get(path.rpartition("/")[0] + "/987654")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json() == missing.json()
    other.push(INVOICE)
    assert SourceTransaction.objects.of(pos.club).count() == SourceTransaction.objects.of(other.club).count() == 1
    assert Import.objects.of(other.club).get().actor == other.owner


def test_a_session_opens_nothing(pos: Caller) -> None:
    client = Client()
    client.force_login(pos.owner)
    assert client.get("/api/v1/journals").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic {}", "{}", "Bearer {}x", "Bearer clk_00000000_x"])
def test_no_key_no_answer(pos: Caller, header: str) -> None:
    answer = Client().get("/api/v1/journals", headers={"Authorization": header.format(pos.secret)})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_key"


def test_a_revoked_key_is_refused_at_once(pos: Caller) -> None:
    api_keys.revoke(club=pos.club, actor=pos.owner, key_id=pos.key.pk)
    assert pos.get("/journals").status_code == 401


def test_a_reading_key_imports_nothing(pos: Caller) -> None:
    administrator = add_member(pos.club, Role.ADMINISTRATOR)
    _, secret = api_keys.create(club=pos.club, actor=administrator, name="Reporting", may_import=False)
    reporting = Caller(pos.club, administrator, pos.key, secret)
    assert reporting.get("/journals").status_code == 200
    answer = reporting.post({"rows": [INVOICE]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    assert Import.objects.of(pos.club).count() == 0


def test_a_key_can_do_no_more_than_its_person(pos: Caller) -> None:
    second = add_member(pos.club, Role.OWNER, "second@banksiapark.example")
    people.set_role(club=pos.club, actor=second, user=pos.owner, role=Role.VIEWER)
    assert pos.get("/journals").status_code == 200
    assert pos.post({"rows": [INVOICE]}).status_code == 403


# --- errors ---


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/json")
    told = answer.json()
    assert set(told) == {"error"}
    assert set(told["error"]) == {"code", "message", "faults"}
    return told["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("{", ""),
        ("[]", "batch"),
        ({}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": ["x"]}, "rows"),
        ({"rows": [INVOICE], "source": ""}, "source"),
        ({"rows": [INVOICE], "source": "x" * 61}, "source"),
        ({"rows": [INVOICE] * 5001}, "rows"),
    ],
)
def test_a_body_that_cannot_be_read_brings_nothing_in(pos: Caller, body: Any, where: str) -> None:
    error = problem_of(pos.post(body), 400 if body == "{" else 422)
    assert where in json.dumps(error["faults"])
    assert Import.objects.of(pos.club).count() == 0


def test_every_error_has_one_shape(pos: Caller, settings: Any) -> None:
    problem_of(pos.get("/nothing"), 404)
    problem_of(pos.get("/journals", state="mislaid"), 422)
    problem_of(pos.get("/journals/99999999999999999999999"), 404)
    wrong = Client().delete("/api/v1/journals", headers=pos.headers)
    problem_of(wrong, 405)
    assert wrong["Allow"] == "GET"
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert "5 MB" in problem_of(pos.post({"rows": [INVOICE]}), 413)["message"]


def test_too_many_requests_are_told_when_to_come_back(pos: Caller, other: Caller, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    time = clock.SettableClock(datetime(2026, 11, 2, 10, 0, 20, tzinfo=UTC))
    with clock.use(time):
        assert [pos.get("/club").status_code for _ in range(3)] == [200] * 3
        answer = pos.get("/club")
        assert problem_of(answer, 429)["code"] == "too_many_requests"
        assert answer["Retry-After"] == "40"
        assert other.get("/club").status_code == 200
        time.advance(40)
        assert pos.get("/club").status_code == 200


def test_guessing_keys_is_slowed_down(pos: Caller) -> None:
    guess = {"Authorization": "Bearer clk_00000000_guess"}
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        answers = [Client().get("/api/v1/club", headers=guess).status_code for _ in range(61)]
        assert answers == [401] * 60 + [429]
        time.advance(60)
        assert pos.get("/club").status_code == 200


def test_a_flood_of_others_does_not_wipe_out_what_somebody_guessed() -> None:
    caches["process"].clear()

    def guesser(number: int) -> HttpRequest:
        return RequestFactory().get("/", REMOTE_ADDR=f"10.0.{number // 250}.{number % 250}")

    with clock.use(clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))):
        for _ in range(guard.WRONG_KEYS_PER_MINUTE):
            guard.note_guess(guesser(0))
        for number in range(1, 1000):
            guard.note_guess(guesser(number))
        assert not guard.guesses_left(guesser(0))
        assert guard.guesses_left(guesser(1))
    caches["process"].clear()


# --- its description ---


def test_its_description_is_true(pos: Caller) -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    told = pos.push(INVOICE, {**INVOICE, "source_id": "INV-2", "kind": "gift"})
    journal = Journal.objects.of(pos.club).get().pk
    answers = {
        "/api/v1/club": pos.get("/club"),
        "/api/v1/journals": pos.get("/journals"),
        "/api/v1/journals/{journal_id}": pos.get(f"/journals/{journal}"),
        "/api/v1/imports/{import_id}": pos.get(f"/imports/{told['id']}"),
    }
    assert set(schema["paths"]) == {*answers, "/api/v1/transactions"}
    for path, answer in answers.items():
        shape = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), shape | {"components": schema["components"]})
    problem = schema["components"]["schemas"]["Problem"] | {"components": schema["components"]}
    jsonschema.validate(Client().get("/api/v1/club").json(), problem)


def test_its_page_names_every_call_without_a_script_of_its_own() -> None:
    page = Client().get("/api/v1/docs").content.decode()
    for words in ("POST /api/v1/transactions", "GET /api/v1/journals", "accounting_date", "Bearer clk_"):
        assert words in page
    assert page.count("<script") == 1
    assert len(page) < 150_000


@pytest.mark.parametrize("source", ["  ", "till\n9"])
def test_a_source_whose_name_cannot_be_kept_is_told_so(pos: Caller, source: str) -> None:
    answer = pos.post({"source": source, "rows": [INVOICE]})
    assert answer.status_code == 422
    assert "no control character" in answer.json()["error"]["message"]


def test_its_page_shows_code_as_code_and_statuses_in_order() -> None:
    page = Client().get("/api/v1/docs").content.decode()
    assert "<code>transactions.refused</code>" in page
    assert "`" not in page
    for card in page.split("<section")[1:]:
        statuses = [int(one) for one in re.findall(r"<dt>(\d{3})</dt>", card)]
        assert statuses == sorted(statuses)
    assert marked("<b> and `a` and `b`.") == "&lt;b&gt; and <code>a</code> and <code>b</code>."
    assert marked("one ` alone") == "one ` alone"
