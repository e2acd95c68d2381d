"""Sample data: it comes in whole, is never valid, and goes away as if it had never been."""

import pytest

from clubledger.bookkeeping.chart import Chart, Organisation
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from clubledger.delivery import preflight
from clubledger.delivery.errors import NothingToSend
from clubledger.delivery.models import Delivery
from clubledger.delivery.sending import queue
from clubledger.ledger.errors import CannotUndoImport, SampleRefused
from clubledger.ledger.intake import samples
from clubledger.ledger.journals import recording
from clubledger.ledger.models import FinancialItem, Import, Journal, SourceTransaction
from tests.fixtures_clubs import add_member
from tests.ledger.oracle import Books
from tests.ledger.test_corrections import INVOICE


def bring(books: Books) -> Import:
    return samples.bring_sample(club=books.club, actor=books.owner)


def remove(books: Books) -> int:
    return samples.remove_sample(club=books.club, actor=books.owner)


def test_it_shows_every_thing_once_and_adds_up(books: Books) -> None:
    made = bring(books)
    assert (made.state, made.transactions_refused) == ("done", 1)
    kinds = set(SourceTransaction.objects.of(books.club).values_list("kind", flat=True))
    assert kinds == {"invoice", "payment", "pos_sale", "prize", "transfer", "reversal"}
    assert len(books.journals()) == samples.DAYS
    assert all(journal.debit_minor for journal in books.journals())
    books.is_sound()


def test_nothing_is_left_of_it(books: Books) -> None:
    made = bring(books)
    assert remove(books) == made.transactions_new
    for rows in (SourceTransaction, Journal, FinancialItem):
        assert not rows.objects.of(books.club).exists()
    assert Import.objects.of(books.club).get().state == "undone"
    actions = set(AuditEvent.objects.of(books.club).values_list("action", flat=True))
    assert {"sample.brought", "sample.removed", "import.undone"} <= actions
    assert bring(books).transactions_new == made.transactions_new


def test_it_is_never_valid_whatever_else_is_right(books: Books) -> None:
    bring(books)
    chart = Chart(organisation=Organisation("id", "Xero", sales_tax_basis="NONE"))
    ids = [journal.pk for journal in books.journals()]
    result = preflight.validate_against(club=books.club, actor=books.owner, journal_ids=ids, chart=chart)
    assert result.valid_ids == []
    assert {pk for pk, finding in result.findings if finding.code == "sample"} == set(ids)


def test_not_even_a_journal_that_was_called_valid_is_queued(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(books)
    [journal] = books.journals()[:1]
    Journal.objects.of(books.club).filter(pk=journal.pk).update(state="valid", validated_revision=journal.revision)
    monkeypatch.setattr(queue, "require_live_authorisation", lambda club, actor: None)
    with pytest.raises(NothingToSend):
        queue.send_to_gl(club=books.club, actor=books.owner, journal_ids=[journal.pk])
    assert not Delivery.objects.of(books.club).exists()


def test_real_transactions_of_the_same_day_stay_and_keep_their_items(books: Books) -> None:
    bring(books)
    on = books.journals()[0].accounting_date.isoformat()
    books.bring(INVOICE.replace("2026-07-01", on))
    remove(books)
    [journal] = books.journals()
    assert (journal.transaction_count, samples.journals_holding(club=books.club, journal_ids=[journal.pk])) == (
        1,
        set(),
    )
    assert set(FinancialItem.objects.of(books.club).values_list("code", flat=True)) == {"SUBS", "FULL7"}
    books.is_sound()


def test_a_recorded_sample_journal_does_not_hold_it_back_but_a_mixed_one_does(books: Books) -> None:
    bring(books)
    first, second = books.journals()[:2]
    recording.record_manually(club=books.club, actor=books.owner, journal_ids=[first.pk], reason="Trying it out.")
    remove(books)
    assert not Journal.objects.of(books.club).exists()
    bring(books)
    first, second = books.journals()[:2]
    books.bring(INVOICE.replace("2026-07-01", second.accounting_date.isoformat()))
    recording.record_manually(club=books.club, actor=books.owner, journal_ids=[second.pk], reason="By mistake.")
    with pytest.raises(CannotUndoImport):
        remove(books)
    assert samples.has_sample(club=books.club)


def test_only_a_new_club_tries_it_and_only_who_may_import(books: Books) -> None:
    viewer = add_member(books.club, Role.VIEWER)
    with pytest.raises(NotAllowed):
        samples.bring_sample(club=books.club, actor=viewer)
    with pytest.raises(SampleRefused):
        remove(books)
    books.bring(INVOICE)
    with pytest.raises(SampleRefused):
        bring(books)
