"""The main job: validate, queue, send, read back; and what each unclear answer leads to."""

from collections.abc import Callable
from datetime import date

import pytest

from clubledger.clubs import people
from clubledger.clubs.models import Role
from clubledger.delivery.models import Call, Delivery
from clubledger.delivery.sending import queue
from clubledger.foundation import clock, crash
from clubledger.ledger.models import FinancialItem, JournalLine, JournalState
from clubledger.xero.models import Authorisation
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_worked_day_stands_in_xero_cent_by_cent_and_is_read_back(ready: ReadyClub) -> None:
    ready.send()
    journal = ready.journal()
    assert (journal.state, journal.number, journal.sent_by) == (JournalState.SENT, "J-000001", ready.treasurer)
    [found] = ready.in_xero()
    assert found.journal_id == journal.xero_journal_id
    cents = {}
    for _, _, code, amount in ready.xero.simulator.journal_entries(ready.xero.tenant_id()):
        cents[code] = cents.get(code, 0) + amount
    # GST on income goes to Xero's own account: it makes that line, not we.
    assert {code: cents[code] for code in ("200", "260", "450", "615", "616", "811", "812")} == {
        "200": -100_000,
        "260": -1_000,
        "450": 5_000,
        "615": 111_100,
        "616": -2_200,
        "811": 2_200,
        "812": -5_000,
    }
    assert cents["820"] == -10_100
    assert sum(cents.values()) == 0


def test_xeros_tax_stands_beside_the_sources(ready: ReadyClub) -> None:
    ready.send()
    line = JournalLine.objects.get(journal=ready.journal(), account_code="200")
    assert (line.source_tax_minor, line.xero_tax_minor) == (-10_000, -10_000)


def test_a_call_is_on_record_with_its_exact_bytes_and_one_delivery(ready: ReadyClub) -> None:
    ready.send()
    [call] = Call.objects.of(ready.club)
    assert call.outcome == "accepted"
    assert call.correlation_id
    [put] = ready.xero.simulator.requests("PUT", "ManualJournals")
    assert put.request.header("idempotency-key") == call.idempotency_key
    assert Delivery.objects.of(ready.club).get().closed_because == "sent"


@pytest.mark.parametrize(
    "fault", ["drop-after-commit", "drop-mid-body", "drop-after-headers", "500-after-commit", "timeout-after-commit"]
)
def test_an_answer_lost_after_the_commit_is_found_and_adopted_in_the_same_turn_or_the_next(
    ready: ReadyClub, fault: str
) -> None:
    ready.xero.simulator.fault(fault, method="PUT", path="ManualJournals")
    ready.send()
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


@pytest.mark.parametrize("fault", ["drop-before-commit", "500-before-commit", "timeout-before-commit", "garbled-json"])
def test_an_unclear_answer_waits_until_xero_can_no_longer_commit_and_is_then_sent_again(
    ready: ReadyClub, fault: str
) -> None:
    ready.xero.simulator.fault(fault, method="PUT", path="ManualJournals")
    ready.send()
    for _ in range(40):
        if ready.journal().state == JournalState.SENT:
            break
        assert ready.journal().state in {JournalState.UNCERTAIN, JournalState.QUEUED, JournalState.SENDING}
        ready.xero.later(seconds=60)
        ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


def test_a_journal_that_is_committed_late_is_never_doubled(ready: ReadyClub) -> None:
    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", late_seconds=800)
    ready.send()
    for _ in range(30):
        ready.xero.later(seconds=60)
        ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1
    assert len(ready.xero.simulator.requests("PUT", "ManualJournals")) == 2  # Asked once; carried out late.


def test_a_refusal_keeps_xeros_words_and_takes_in_transactions_again(ready: ReadyClub) -> None:
    ready.press_send()
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/accounts/450", {"status": "ARCHIVED"})
    ready.serve()
    journal = ready.journal()
    assert journal.state == JournalState.REJECTED
    assert "450" in journal.xero_words
    ready.bring_in([["PRZ-2", "prize", "2026-11-16", "PRIZE", "PRIZES", "5.00", ""]])
    assert (ready.journal().state, ready.journal().transaction_count) == (JournalState.OPEN, 6)


def test_two_presses_and_two_workers_send_once(ready: ReadyClub) -> None:
    ready.press_send()
    with pytest.raises(Exception, match="valid"):
        ready.press_send()
    ready.serve()
    ready.serve()
    assert len(ready.xero.simulator.requests("PUT", "ManualJournals")) == 1


def serve_while(ready: ReadyClub, act: Callable[[], object]) -> None:
    """Let a worker do what is due, and somebody act in the moment before it claims a journal."""
    acts = [act]

    def on_point(point: str) -> None:
        if point == "delivery.before_claim" and acts:
            acts.pop()()

    crash.use(on_point)
    try:
        ready.serve()
    finally:
        crash.use(None)
    assert not acts


def lose_the_role(ready: ReadyClub) -> str:
    people.set_role(club=ready.club, actor=ready.owner, user=ready.treasurer, role=Role.VIEWER)
    return "permission"


def lose_the_authorisation(ready: ReadyClub) -> str:
    Authorisation.objects.of(ready.club).filter(user=ready.treasurer).update(ended_at=clock.now())
    return "authorisation"


@pytest.mark.parametrize("lose", [lose_the_role, lose_the_authorisation])
def test_a_sender_who_loses_the_right_before_the_claim_sends_nothing(
    ready: ReadyClub, lose: Callable[[ReadyClub], str]
) -> None:
    ready.press_send()
    reasons: list[str] = []
    serve_while(ready, lambda: reasons.append(lose(ready)))
    ready.xero.later(seconds=6)
    ready.serve()
    assert (ready.journal().state, ready.journal().wait_reason) == (JournalState.QUEUED, reasons[0])
    assert ready.in_xero() == []


def test_a_journal_withdrawn_and_queued_anew_before_the_claim_goes_out_as_it_is_now(ready: ReadyClub) -> None:
    ready.press_send()

    def person() -> None:
        queue.withdraw(club=ready.club, actor=ready.treasurer, journal_ids=[ready.journal().pk])
        ready.bring_in([["PRZ-2", "prize", "2026-11-16", "PRIZE", "PRIZES", "5.00", ""]])
        ready.press_send()

    serve_while(ready, person)
    assert ready.journal().state == JournalState.QUEUED
    ready.xero.later(seconds=6)
    ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.transaction_count) == (JournalState.SENT, 6)
    assert len(ready.xero.simulator.requests("PUT", "ManualJournals")) == 1
    assert [one.attempts for one in Delivery.objects.of(ready.club).order_by("pk")] == [0, 1]


def test_a_late_transaction_makes_a_further_journal_and_the_sent_one_never_changes(ready: ReadyClub) -> None:
    ready.send()
    before = [line.amount_minor for line in JournalLine.objects.filter(journal=ready.journal())]
    ready.bring_in([["INV-9", "invoice", "2026-11-16", "SUBS", "FULL7", "11.00", "1.00"]])
    first, second = ready.journals()
    assert (second.accounting_date, second.sequence) == (date(2026, 11, 16), 2)
    assert [line.amount_minor for line in JournalLine.objects.filter(journal=first)] == before
    ready.send()
    assert [journal.state for journal in ready.journals()] == [JournalState.SENT, JournalState.SENT]
    assert sum(cents for *_, cents in ready.xero.simulator.journal_entries(ready.xero.tenant_id())) == 0


def test_a_checked_journal_is_said_to_be_what_would_go_out(ready: ReadyClub) -> None:
    FinancialItem.objects.of(ready.club).filter(code="PRIZE").update(
        gl_code=FinancialItem.objects.of(ready.club).get(code="HOUSE").gl_code
    )
    ready.bring_in([["TRF-1", "transfer", "2026-11-16", "PRIZE", "HOUSE", "20.00"]])
    ready.bring_in([["TRF-2", "transfer", "2026-11-17", "PRIZE", "HOUSE", "20.00"]])
    ready.validate()
    whole, empty = ready.journals()
    assert (whole.state, whole.line_count, whole.debit_minor) == (JournalState.VALID, 9, 229_400)
    assert (empty.state, empty.line_count, empty.is_empty) == (JournalState.OPEN, 0, True)
    ready.send()
    [found] = ready.in_xero()
    whole = ready.journals()[0]
    assert (whole.state, len(found.lines), whole.debit_minor) == (JournalState.SENT, whole.line_count, 229_400)
