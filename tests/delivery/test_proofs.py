"""Balances proved by the worker: asked for once, kept, found again when a wake-up was lost, and given up if it died."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent
from clubledger.delivery import proofs
from clubledger.delivery.errors import CannotProve
from clubledger.delivery.models import BalanceProof
from clubledger.foundation import clock, wake
from clubledger.ledger.models import Journal, JournalTotal
from clubledger.ledger.reports import balances
from tests.fixtures_clubs import add_member, make_club, make_user
from tests.ledger.oracle import Books

pytestmark = pytest.mark.django_db
AT = date(2026, 7, 2)


@pytest.fixture
def now():
    with clock.use(told := clock.SettableClock(datetime(2026, 7, 6, 0, 2, tzinfo=UTC))):
        yield told


@pytest.fixture
def books(tmp_path, now):
    club = make_club()
    made = Books(club, add_member(club, "owner"), tmp_path)
    made.bring("I-1,invoice,2026-07-01,SUBS,FULL,110.00", "P-1,payment,2026-07-02,SUBS,CARD,50.00")
    now.advance(60)
    return made


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(wake, "_deferred", lambda name, arguments, delay: found.append((name, arguments)))
    return found


def ask(books, at=AT):
    return proofs.ask(club=books.club, actor=books.owner, at=at)


def work(proof):
    wake.run("delivery.prove_balances", proof_id=proof.pk)
    proof.refresh_from_db()
    return proof


def lose(books, minor=10_680):
    JournalTotal.objects.filter(journal__club=books.club, item__code="SUBS", is_debit=True).update(amount_minor=minor)


def test_the_worker_is_woken_and_keeps_what_it_proved(books, woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        proof = ask(books)
    assert woken == [("delivery.prove_balances", {"proof_id": proof.pk})]
    assert proofs.is_under_way(proof)
    work(proof)
    assert not proofs.is_under_way(proof)
    assert proofs.rows_of(proof) == balances.prove(club=books.club, up_to_on=AT)
    assert {type(cell) for row in proof.rows for cell in row} == {str}
    assert not AuditEvent.objects.of(books.club).filter(action="ledger.balance_off").exists()


def test_what_is_off_stands_in_the_audit_trail_once_for_each_proof(books, now):
    lose(books)
    proof = work(ask(books))
    assert [row.difference for row in proofs.rows_of(proof) if row.difference] == [Decimal("3.20")]
    event = AuditEvent.objects.of(books.club).get(action="ledger.balance_off")
    assert (event.user, event.after) == (books.owner, {"SUBS": "3.20"})
    work(proof)
    assert AuditEvent.objects.of(books.club).filter(action="ledger.balance_off").count() == 1


def test_a_club_proves_one_at_a_time_and_rests_as_long_as_it_took(books, now, monkeypatch):
    proof = ask(books)
    with pytest.raises(CannotProve, match="being proved already"):
        ask(books, date(2026, 7, 1))
    real = balances.prove
    monkeypatch.setattr(balances, "prove", lambda **asked: (now.advance(40), real(**asked))[1])
    work(proof)
    now.advance(39)
    with pytest.raises(CannotProve, match="a moment ago"):
        ask(books)
    now.advance(1)
    assert ask(books).pk == proof.pk
    assert BalanceProof.objects.of(books.club).count() == 1


def test_another_club_does_not_wait_for_it(books, tmp_path):
    ask(books)
    other = make_club("wattle-creek")
    assert proofs.ask(club=other, actor=add_member(other, "viewer", "vi@wattle.example"), at=AT)


def test_what_was_proved_before_stays_until_the_next_one_is_done(books, now):
    proof = work(ask(books))
    now.advance(60)
    ask(books)
    proof.refresh_from_db()
    assert proofs.is_under_way(proof)
    assert len(proofs.rows_of(proof)) == 1


def test_a_worker_that_dies_is_given_up_and_what_it_still_says_is_not_kept(books, now, monkeypatch):
    proof = ask(books)
    real = balances.prove

    def slowly(**asked):
        now.advance(15 * 60)
        assert not proofs.is_under_way(BalanceProof.objects.of(books.club).get())
        ask(books)
        return real(**asked)

    monkeypatch.setattr(balances, "prove", slowly)
    assert work(proof).made_at is None
    assert proofs.is_under_way(proof)
    monkeypatch.setattr(balances, "prove", real)
    assert work(proof).made_at == now.now()


def test_what_goes_wrong_is_said_and_raised(books, monkeypatch):
    proof = ask(books)

    def broken(**_asked):
        raise ZeroDivisionError

    monkeypatch.setattr(balances, "prove", broken)
    with pytest.raises(ZeroDivisionError):
        work(proof)
    proof.refresh_from_db()
    assert (proof.failure, proof.made_at) == (proofs.FAILED, None)
    assert not proofs.is_under_way(proof)


def test_the_sweep_finds_what_nobody_began_and_leaves_the_rest(books, now, woken, django_capture_on_commit_callbacks):
    proof = ask(books)
    with django_capture_on_commit_callbacks(execute=True):
        wake.run("delivery.proofs.sweep")
    assert ("delivery.prove_balances", {"proof_id": proof.pk}) in woken
    now.advance(15 * 60)
    assert proofs.waiting() == []
    now.advance(-60)
    work(proof)
    assert proofs.waiting() == []


def test_it_is_overtaken_by_imports_and_by_what_is_sent_or_recorded(books, now):
    proof = work(ask(books))
    assert not proofs.is_overtaken(club=books.club, proof=proof)
    now.advance(60)
    books.bring("P-2,payment,2026-07-02,SUBS,CARD,5.00")
    assert proofs.is_overtaken(club=books.club, proof=proof)
    proof = work(ask(books))
    now.advance(60)
    Journal.objects.of(books.club).update(sent_at=now.now() - timedelta(seconds=1))
    assert proofs.is_overtaken(club=books.club, proof=proof)


def test_outsiders_may_not_ask(books):
    with pytest.raises(NotAllowed):
        proofs.ask(club=books.club, actor=make_user("out@side.example"), at=AT)
