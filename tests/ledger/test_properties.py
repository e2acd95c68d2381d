"""Whatever comes in, in whatever order and pieces: journals are the same, and add up to what bookkeeping says."""

import tempfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clubledger.bookkeeping.facts import CARRIES_TAX, Kind
from clubledger.bookkeeping.money import to_minor
from clubledger.bookkeeping.rules import TotalKey
from clubledger.clubs.models import Club, Role
from clubledger.ledger.intake import run
from clubledger.ledger.journals import states
from clubledger.ledger.models import Journal, JournalTotal, Posting, SourceTransaction
from clubledger.ledger.reports import balances
from tests.bookkeeping import oracle
from tests.bookkeeping.oracle import Fact, Row
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import HEADER, Books

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
KINDS = [kind for kind in Kind if kind is not Kind.REVERSAL]
DAYS = [date(2026, 7, day) for day in (1, 2, 3)]


@st.composite
def facts(draw: st.DrawFn, source_id: str) -> Fact:
    kind = draw(st.sampled_from(KINDS))
    rows = []
    for number in range(draw(st.integers(1, 3 if kind is Kind.INVOICE else 1))):
        cents = draw(st.integers(1, 500))
        if kind is Kind.INVOICE and number and draw(st.booleans()):
            cents = -cents
        amount = Decimal(cents).scaleb(-2)
        stated = draw(st.sampled_from([None, "nil", "tenth"])) if kind in CARRIES_TAX else None
        tax = None if stated is None else Decimal("0.00") if stated == "nil" else Decimal(int(cents / 11)).scaleb(-2)
        account_type = draw(st.sampled_from(["SUBS", "HOUSE"]))
        item = draw(st.sampled_from(["PRIZE", "BAR"] if kind is Kind.TRANSFER else ["A", "B", "C"]))
        rows.append(Row(account_type, item, amount, tax, draw(st.sampled_from(["", "Golf"]))))
    return Fact(source_id, kind, draw(st.sampled_from(DAYS)), tuple(rows))


@st.composite
def many_facts(draw: st.DrawFn) -> list[Fact]:
    return [draw(facts(f"T-{number}")) for number in range(draw(st.integers(1, 8)))]


def text_of(chosen: Sequence[Fact]) -> str:
    lines = [HEADER]
    for fact in chosen:
        for row in fact.rows:
            tax = "" if row.tax is None else f"{row.tax}"
            lines.append(
                f"{fact.source_id},{fact.kind},{fact.accounting_date},{row.account_type},{row.item},{row.amount},{tax},"
                f"{row.job},,,,"
            )
    return "\n".join(lines) + "\n"


def stored_totals(club: Club) -> dict[date, dict[TotalKey, tuple[int, int, int]]]:
    found: dict[date, dict[TotalKey, tuple[int, int, int]]] = {}
    for total in JournalTotal.objects.filter(journal__club=club).select_related("journal", "item"):
        key = TotalKey(total.item.kind, total.item.code, total.job, total.is_debit, total.tax_kind)
        day = found.setdefault(total.journal.accounting_date, {})
        assert key not in day
        day[key] = (total.amount_minor, total.tax_minor, total.row_count)
    return found


def expected_totals(chosen: Sequence[Fact]) -> dict[date, dict[TotalKey, tuple[int, int, int]]]:
    added = oracle.add_up(chosen)
    return {
        on: {key: (to_minor(total.amount), to_minor(total.tax), total.row_count) for key, total in totals.items()}
        for on, totals in added.items()
    }


@pytest.fixture
def folder(settings: object) -> Path:
    made = Path(tempfile.mkdtemp())
    settings.MEDIA_ROOT = made / "media"  # type: ignore[attr-defined]
    return made


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(chosen=many_facts(), data=st.data())
def test_any_order_and_any_split_of_files_give_what_the_rules_say(
    folder: Path, chosen: list[Fact], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(chosen))
    cut = data.draw(st.integers(0, len(chosen)))
    again = data.draw(st.lists(st.sampled_from(chosen), max_size=3, unique_by=lambda fact: fact.source_id))
    before, run.BATCH_ROWS = run.BATCH_ROWS, data.draw(st.sampled_from([1, 3, 20_000]))
    try:
        with transaction.atomic():
            club = make_club()
            books = Books(club, add_member(club, Role.OWNER), folder)
            for part in (shuffled[:cut], shuffled[cut:], again):
                assert books.bring_text(text_of(part)).rows_refused == 0
            assert stored_totals(club) == expected_totals(chosen)
            books.is_sound()
            transaction.set_rollback(True)
    finally:
        run.BATCH_ROWS = before


STEPS = st.sampled_from(["bring", "bring", "bring", "queue", "send", "withdraw", "record", "undo", "validate"])


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_whatever_is_queued_or_sent_between_corrections_postings_equal_current_versions(
    folder: Path, data: st.DataObject
) -> None:
    with transaction.atomic():
        club = make_club()
        books = Books(club, add_member(club, Role.OWNER), folder)
        latest: dict[str, Fact] = {}
        frozen: dict[int, tuple[object, ...]] = {}
        for _ in range(data.draw(st.integers(3, 12))):
            step = data.draw(STEPS)
            if step == "bring":
                fact = data.draw(facts(data.draw(st.sampled_from(["T-1", "T-2", "T-3"]))))
                latest[fact.source_id] = fact
                reversal = f"R-1,reversal,{data.draw(st.sampled_from(DAYS))},,,,,,,,,T-1\n" if "T-1" in latest else ""
                books.bring_text(text_of([fact]) + reversal)
            else:
                _move_one(books, step, data)
            _stays_true(books, latest, frozen)
        assert all(line.difference == 0 for line in balances.prove(club=books.club))
        transaction.set_rollback(True)


def _move_one(books: Books, step: str, data: st.DataObject) -> None:
    path = {
        "validate": ("open", "valid"), "queue": ("valid", "queued"), "withdraw": ("queued", "open"),
        "record": ("open", "recorded"), "undo": ("recorded", "open"),
    }  # fmt: skip
    rows = books.journals()
    if not rows:
        return
    journal = data.draw(st.sampled_from(rows))
    ids = [journal.pk]
    if step == "send":
        for before, after in (("open", "valid"), ("valid", "queued"), ("queued", "sending"), ("sending", "sent")):
            states.move(club=books.club, journal_ids=ids, from_states=[before], to_state=after)
    else:
        before, after = path[step]
        states.move(club=books.club, journal_ids=ids, from_states=[before], to_state=after)


def _stays_true(books: Books, latest: dict[str, Fact], frozen: dict[int, tuple[object, ...]]) -> None:
    books.is_sound()
    assert {line.difference for line in balances.prove(club=books.club)} <= {0}
    # What is queued or gone never changes, as long as it is so.
    for journal in Journal.objects.of(books.club):
        now = (journal.debit_minor, journal.transaction_count, journal.revision)
        if journal.state in {"queued", "sending", "sent", "recorded"}:
            assert frozen.setdefault(journal.pk, now) == now
        else:
            frozen.pop(journal.pk, None)
    # Each version stands once if it is current, and not at all otherwise.
    stands: dict[int, int] = {}
    for posting in Posting.objects.filter(journal__club=books.club):
        stands[posting.transaction_id] = stands.get(posting.transaction_id, 0) + posting.sign
    current = SourceTransaction.objects.of(books.club)
    assert all(stands.get(row.pk, 0) == int(row.is_current) for row in current)
    # The sums per account and date are those of the latest facts, by the oracle.
    wanted: dict[tuple[date, str, str], Decimal] = {}
    live = list(latest.values())
    reversal = current.filter(source_id="R-1", is_current=True).first()
    if reversal is not None:
        target = latest["T-1"]
        live.append(Fact("R-1", target.kind, reversal.accounting_date, target.rows, mirrored=True))
    for fact in live:
        for leg in oracle.legs_of(fact):
            key = (fact.accounting_date, str(leg.item_kind), leg.code)
            wanted[key] = wanted.get(key, Decimal(0)) + leg.amount
    found: dict[tuple[date, str, str], Decimal] = {}
    for total in JournalTotal.objects.filter(journal__club=books.club).select_related("journal", "item"):
        key = (total.journal.accounting_date, total.item.kind, total.item.code)
        amount = Decimal(total.amount_minor).scaleb(-2) * (1 if total.is_debit else -1)
        found[key] = found.get(key, Decimal(0)) + amount
    assert {key: net for key, net in found.items() if net} == {key: net for key, net in wanted.items() if net}
