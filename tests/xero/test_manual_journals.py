"""Manual journals: what is known after a write whatever breaks, and reading them back."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clubledger.foundation import clock
from clubledger.xero import manual_journals
from clubledger.xero.access import XeroAccess, access_for_sending
from clubledger.xero.connection import standing
from clubledger.xero.http.answers import Answer
from clubledger.xero.http.wire import read_json
from clubledger.xero.models import Authorisation, Connection
from tests.fixtures_xero import GOLF, SAM, TESS, ConnectedClub

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clubledger.xero.access.RETRY_PAUSE_SECONDS", 0.001)


@pytest.fixture
def access(connected: ConnectedClub) -> XeroAccess:
    return access_for_sending(club=connected.club, user=connected.treasurer)


def journal(narration: str, *, amount: str = "1100.00", account: str = "200", **fields: Any) -> bytes:
    gross = Decimal(amount)
    return manual_journals.write_payload(
        {
            "Narration": narration,
            "Date": "2026-07-01",
            "Status": "POSTED",
            "LineAmountTypes": "Inclusive",
            "ShowOnCashBasisReports": False,
            "JournalLines": [
                {"AccountCode": account, "LineAmount": -gross, "TaxType": "OUTPUT", "Description": "Subscriptions"},
                {"AccountCode": "620", "LineAmount": gross, "TaxType": "BASEXCLUDED"},
            ],
        }
        | fields
    )


def create(access: XeroAccess, *payloads: bytes, key: str = "key-1") -> Answer:
    return manual_journals.create(
        access=access,
        body=manual_journals.join(payloads),
        idempotency_key=key,
        deadline_at=clock.now() + timedelta(seconds=60),
    )


def outcomes(answer: Answer) -> list[str]:
    return [item.outcome for item in answer.items]


def in_xero(connected: ConnectedClub) -> int:
    return len(connected.xero.simulator.journals(connected.xero.tenant_id()))


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_journals_are_created_and_come_back_to_the_cent(connected: ConnectedClub, access: XeroAccess):
    answer = create(access, journal("Journal A", amount="1100.00"), journal("Journal B", amount="0.07"))
    assert (answer.outcome, outcomes(answer)) == ("accepted", ["accepted", "accepted"])
    assert answer.http_status == 200
    assert answer.correlation_id
    assert answer.limits.day_remaining is not None
    first = answer.items[0].journal
    assert first is not None
    assert (first.status, str(first.date), first.line_amount_types) == ("POSTED", "2026-07-01", "Inclusive")
    assert [(line.amount, line.tax_amount, line.tax_type) for line in first.lines] == [
        (Decimal("-1100.00"), Decimal("-100.00"), "OUTPUT"),
        (Decimal("1100.00"), Decimal("0.00"), "BASEXCLUDED"),
    ]
    assert all(isinstance(line.amount, Decimal) for line in first.lines)
    sent = connected.xero.simulator.requests("PUT", "/ManualJournals")[-1].request
    assert b'"LineAmount":-1100.00' in sent.body
    assert sent.params == {"summarizeErrors": "false"}
    assert sent.header("idempotency-key") == "key-1"
    assert Authorisation.objects.of(connected.club).get().last_sent_at == clock.now()


def test_the_good_is_kept_and_the_bad_explained(connected: ConnectedClub, access: XeroAccess):
    answer = create(access, journal("Good"), journal("Bad", account="090"))
    assert outcomes(answer) == ["accepted", "rejected"]
    assert "090" in answer.items[1].messages[0]
    assert in_xero(connected) == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "committed"),
    [
        ("timeout-before-commit", "unknown", 0),
        ("timeout-after-commit", "unknown", 1),
        ("drop-before-commit", "unknown", 0),
        ("drop-after-commit", "unknown", 1),
        ("drop-after-headers", "unknown", 1),
        ("drop-mid-body", "unknown", 1),
        ("500-before-commit", "unknown", 0),
        ("500-after-commit", "unknown", 1),
        ("500-html", "unknown", 0),
        ("503-maintenance", "unknown", 0),
        ("503-unavailable", "unknown", 0),
        ("503-organisation", "unknown", 0),
        ("truncated-json", "unknown", 1),
        ("garbled-json", "unknown", 1),
        ("429-minute", "not_sent", 0),
        ("429-day", "not_sent", 0),
        ("429-concurrent", "not_sent", 0),
        ("429-appminute", "not_sent", 0),
    ],
)
def test_a_write_is_sent_once_whatever_breaks(
    connected: ConnectedClub, access: XeroAccess, fault: str, outcome: str, committed: int
):
    connected.xero.simulator.fault(fault, method="PUT", path="/ManualJournals", times=0)
    answer = create(access, journal("Journal A"))
    assert (answer.outcome, outcomes(answer)) == (outcome, [outcome])
    assert len(connected.xero.simulator.requests("PUT", "/ManualJournals")) == 1
    assert in_xero(connected) == committed
    if fault.startswith("429"):
        assert answer.limit_problem == fault.removeprefix("429-")
    if fault.startswith("503"):
        assert answer.retry_after_seconds == 300


def test_no_connection_means_not_sent(connected: ConnectedClub, access: XeroAccess):
    connected.xero.transport.is_unreachable = True
    answer = create(access, journal("A"), journal("B"))
    assert (answer.outcome, outcomes(answer), answer.problem) == ("not_sent", ["not_sent", "not_sent"], "network")


def test_past_the_deadline_nothing_is_sent(connected: ConnectedClub, access: XeroAccess):
    body, deadline_at = manual_journals.join([journal("A")]), clock.now()
    answer = manual_journals.create(access=access, body=body, idempotency_key="k", deadline_at=deadline_at)
    assert (answer.outcome, answer.problem) == ("not_sent", "deadline")
    assert connected.xero.simulator.requests("PUT") == []


def test_an_expired_token_is_refreshed_and_the_same_bytes_and_key_sent_again(
    connected: ConnectedClub, access: XeroAccess
):
    connected.xero.kit("POST", "tokens/expire", {"kind": "access"})
    assert create(access, journal("A")).outcome == "accepted"
    first, second = connected.xero.simulator.requests("PUT", "/ManualJournals")
    assert first.answer.status == 401
    assert first.request.body == second.request.body
    assert first.request.header("idempotency-key") == second.request.header("idempotency-key")
    assert in_xero(connected) == 1


def test_a_token_that_can_not_be_refreshed_means_not_sent(connected: ConnectedClub, access: XeroAccess):
    connected.xero.kit("POST", "tokens/expire", {"kind": "access"})
    connected.xero.simulator.fault("drop-after-commit", method="POST", path="/connect/token", times=0)
    answer = create(access, journal("A"))
    assert (answer.outcome, answer.problem) == ("not_sent", "network")
    assert answer.retry_after_seconds


def test_a_disconnect_between_means_not_sent_and_ends_the_authorisation(connected: ConnectedClub, access: XeroAccess):
    connected.xero.kit("POST", "disconnect", {"organisation": GOLF})
    answer = create(access, journal("A"))
    assert (answer.outcome, answer.problem, answer.http_status) == ("not_sent", "authorisation", 403)
    assert standing.standing_of(club=connected.club, user=connected.treasurer).lost_because == "disconnected"


def test_lost_permission_means_not_sent_in_xeros_words(connected: ConnectedClub):
    connected.xero.authorise(connected.club, connected.owner, login=SAM)
    given = access_for_sending(club=connected.club, user=connected.owner)
    connected.xero.kit("POST", f"organisations/{GOLF}/members/{SAM}", {"role": "STANDARD", "reports": False})
    answer = create(given, journal("A"))
    assert (answer.outcome, answer.problem) == ("not_sent", "permission")
    assert "reporting" in answer.words.lower()


def test_revoked_tokens_mean_not_sent(connected: ConnectedClub, access: XeroAccess):
    connected.xero.kit("POST", "tokens/revoke", {"user": TESS})
    answer = create(access, journal("A"))
    assert (answer.outcome, answer.problem) == ("not_sent", "authorisation")


def test_the_same_key_gives_the_same_journal_and_another_body_under_it_is_unknown(
    connected: ConnectedClub, access: XeroAccess
):
    first, again = create(access, journal("A")), create(access, journal("A"))
    assert first.items[0].journal is not None
    assert again.items[0].journal is not None
    assert first.items[0].journal.journal_id == again.items[0].journal.journal_id
    assert create(access, journal("B")).outcome == "unknown"
    assert in_xero(connected) == 1


def test_a_locked_date_is_rejected_in_xeros_words(connected: ConnectedClub, access: XeroAccess):
    connected.xero.kit("POST", f"organisations/{GOLF}/lock-dates", {"year_end": "2026-07-31"})
    answer = create(access, journal("A"))
    assert answer.outcome == "rejected"
    assert "lock date" in answer.words


def test_a_posted_journal_is_voided_and_read_back(connected: ConnectedClub, access: XeroAccess):
    made = create(access, journal("A")).items[0].journal
    assert made is not None
    how: dict[str, Any] = {
        "access": access,
        "journal_id": made.journal_id,
        "deadline_at": clock.now() + timedelta(seconds=60),
    }
    answer = manual_journals.void(narration="A", idempotency_key="v-1", **how)
    assert answer.outcome == "accepted"
    found = manual_journals.read(access=access, journal_id=made.journal_id)
    assert found is not None
    assert (found.status, found.narration) == ("VOIDED", "A")
    assert manual_journals.void(narration="A", idempotency_key="v-2", **how).outcome in {"accepted", "rejected"}


def test_voiding_what_xero_does_not_know_is_rejected(access: XeroAccess):
    answer = manual_journals.void(
        access=access,
        journal_id="0b2d9bfb-4c7e-4c1d-9f63-2a3fcd63a7f1",
        narration="A",
        idempotency_key="v",
        deadline_at=clock.now() + timedelta(seconds=60),
    )
    assert answer.outcome == "rejected"
    assert manual_journals.read(access=access, journal_id="0b2d9bfb-4c7e-4c1d-9f63-2a3fcd63a7f1") is None


def test_a_request_has_its_bounds(access: XeroAccess):
    with pytest.raises(ValueError):
        manual_journals.join([])
    with pytest.raises(ValueError):
        manual_journals.join([b"{}"] * 51)
    with pytest.raises(ValueError):
        manual_journals.join([b" " * 3_500_000])
    with pytest.raises(ValueError):
        create(access, journal("A"), key="k" * 129)


def test_joining_keeps_every_payload_byte_for_byte():
    payloads = [journal("A"), journal("B")]
    body = manual_journals.join(payloads)
    assert all(payload in body for payload in payloads)
    assert [one["Narration"] for one in read_json(body)["ManualJournals"]] == ["A", "B"]


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_what_changed_is_listed_with_its_lines_page_by_page(
    connected: ConnectedClub, access: XeroAccess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(manual_journals, "PAGE_SIZE", 3)
    create(access, *(journal(f"Old {n}") for n in range(2)), key="old")
    connected.xero.later(minutes=5)
    since: datetime = clock.now()
    create(access, *(journal(f"New {n}") for n in range(7)), key="new")
    found = manual_journals.list_changed(access=access, since=since)
    assert sorted(one.narration for one in found) == [f"New {n}" for n in range(7)]
    assert all(len(one.lines) == 2 for one in found)
    assert len(manual_journals.list_changed(access=access, since=None)) == 9
    assert manual_journals.list_changed(access=access, since=clock.now() + timedelta(minutes=1)) == []


def test_a_year_of_journals_is_listed_in_one_call(connected: ConnectedClub, access: XeroAccess):
    for batch in range(8):
        create(access, *(journal(f"Day {batch}-{n}") for n in range(50)), key=f"b{batch}")
    before = len(connected.xero.simulator.requests("GET", "/ManualJournals"))
    assert len(manual_journals.list_changed(access=access, since=None)) == 400
    assert len(connected.xero.simulator.requests("GET", "/ManualJournals")) - before == 1


def test_a_journal_edited_between_two_pages_pushes_no_other_one_out_of_sight(
    connected: ConnectedClub, access: XeroAccess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(manual_journals, "PAGE_SIZE", 2)
    made = create(access, *(journal(f"J{n}") for n in range(6)))
    edited = made.items[0].journal
    assert edited is not None
    original = XeroAccess.get

    def edit_after_the_first_page(self: XeroAccess, path: str, params: Any = None, **how: Any) -> Any:
        found = original(self, path, params, **how)
        if params and params.get("page") == "1":
            connected.xero.later(seconds=5)
            manual_journals.void(
                access=self,
                journal_id=edited.journal_id,
                narration="J0",
                idempotency_key="void",
                deadline_at=clock.now() + timedelta(seconds=60),
            )
        return found

    monkeypatch.setattr(XeroAccess, "get", edit_after_the_first_page)
    found = manual_journals.list_changed(access=access, since=None)
    assert sorted(one.narration for one in found) == [f"J{n}" for n in range(6)]


def test_a_journal_that_leaves_the_list_between_two_pages_pulls_no_other_one_out_of_sight(
    connected: ConnectedClub, access: XeroAccess, monkeypatch: pytest.MonkeyPatch
):
    create(access, *[journal(f"Day {n}") for n in range(4)])
    simulator = connected.xero.simulator
    ids = sorted(one.journal_id for one in simulator.journals(connected.xero.tenant_id()))
    monkeypatch.setattr(manual_journals, "PAGE_SIZE", 2)
    real, gone = XeroAccess.get, [ids[0]]

    def leave_after_the_first_page(self: XeroAccess, path: str, params: Any = None, **how: Any) -> Any:
        found = real(self, path, params, **how)
        if gone and params and params.get("page") == "1":
            simulator.world.store.journals.delete(gone.pop())
        return found

    monkeypatch.setattr(XeroAccess, "get", leave_after_the_first_page)
    found = manual_journals.list_changed(access=access, since=None)
    assert {one.journal_id for one in found} == set(ids[1:])


def test_a_journal_is_found_by_its_exact_narration_even_voided(connected: ConnectedClub, access: XeroAccess):
    create(access, journal("ABC123 2026-07-01/1 daily journal & more + 100%"), journal("ABC123 2026-07-01/2"))
    found = manual_journals.find_by_narration(
        access=access, narration="ABC123 2026-07-01/1 daily journal & more + 100%"
    )
    assert [one.narration for one in found] == ["ABC123 2026-07-01/1 daily journal & more + 100%"]
    assert len(found[0].lines) == 2
    assert manual_journals.find_by_narration(access=access, narration="ABC123 2026-07-01/3") == []


@pytest.mark.parametrize("narration", ['say "x"', "back\\slash", "", "  ", "two\nlines"])
def test_a_narration_that_can_not_be_asked_for_safely_is_refused(access: XeroAccess, narration: str):
    with pytest.raises(ValueError):
        manual_journals.find_by_narration(access=access, narration=narration)


def test_the_link_opens_the_journal_in_the_clubs_organisation(connected: ConnectedClub, settings: Any):
    settings.XERO_GO_URL = "https://go.xero.com"
    row = Connection.objects.of(connected.club).get()
    row.short_code = ""
    assert manual_journals.deep_link(row, "0b2d-1") == "https://go.xero.com/Journal/View.aspx?invoiceID=0b2d-1"
    row.short_code = "!bPk01"
    assert manual_journals.deep_link(row, "0b2d-1") == (
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=%21bPk01"
        "&redirecturl=/Journal/View.aspx?invoiceID=0b2d-1"
    )
