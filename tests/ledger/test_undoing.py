"""An import taken back while nothing of it was sent: as if it had never been, but for the trail it leaves."""

import pytest

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from clubledger.foundation import wake
from clubledger.ledger.errors import CannotUndoImport
from clubledger.ledger.intake import undo
from clubledger.ledger.models import Import, Journal, SourceTransaction
from clubledger.ledger.reports import balances
from tests.fixtures_clubs import add_member
from tests.ledger.oracle import SAMPLES, Books
from tests.ledger.test_corrections import INVOICE, postings, send, versions


def take_back(books: Books, of_import: Import) -> int:
    return undo.undo_import(club=books.club, actor=books.owner, of_import=of_import, reason="The wrong file.")


def test_a_month_undone_leaves_what_was_before(books: Books) -> None:
    books.bring(INVOICE)
    before = books.totals()
    done = books.bring_file(SAMPLES / "july.csv")
    assert take_back(books, done) == 3675
    assert books.totals() == before
    assert SourceTransaction.objects.of(books.club).count() == 1
    books.is_sound()
    assert {line.difference for line in balances.prove(club=books.club)} == {0}
    assert Import.objects.of(books.club).get(pk=done.pk).state == "undone"
    event = AuditEvent.objects.of(books.club).get(action="import.undone")
    assert event.summary == "Undid the import of july.csv: The wrong file."
    assert books.bring_file(SAMPLES / "july.csv").transactions_new == 3675


def test_no_empty_journal_stays_behind_but_one_that_was_queued_once(books: Books) -> None:
    books.bring(INVOICE)
    before = [journal.pk for journal in books.journals()]
    done = books.bring(INVOICE.replace("I-1", "I-2"), INVOICE.replace("I-1", "I-3").replace("07-01", "07-08"))
    assert len(books.journals()) == len(before) + 1
    take_back(books, done)
    assert [journal.pk for journal in books.journals()] == before
    again = books.bring(INVOICE.replace("I-1", "I-3").replace("07-01", "07-08"))
    journal = books.journals()[-1]
    journal.number = "J-000009"
    journal.save(update_fields=["number"])
    take_back(books, again)
    assert [one.number for one in books.journals()] == ["", "J-000009"]
    books.is_sound()


def test_a_correction_undone_lets_the_earlier_version_stand_again(books: Books) -> None:
    books.bring(INVOICE)
    before = books.totals()
    done = books.bring(INVOICE.replace("1100.00", "900.00"))
    take_back(books, done)
    assert (books.totals(), versions(books)) == (before, [(1, True, "2026-07-01")])
    books.is_sound()


def test_a_correction_of_a_sent_version_undone_takes_its_mirror_away(books: Books) -> None:
    books.bring(INVOICE)
    send(books, books.journals()[0])
    done = books.bring(INVOICE.replace("1100.00", "900.00").replace("07-01", "07-02"))
    take_back(books, done)
    assert postings(books) == [("2026-07-01", 1, 1, 1)]
    assert versions(books) == [(1, True, "2026-07-01")]
    books.is_sound()


def test_a_reversal_that_followed_goes_back_with_it(books: Books) -> None:
    books.bring(INVOICE, "R-1,reversal,2026-07-05,,,,,,,,,I-1")
    before = books.totals()
    done = books.bring(INVOICE.replace("1100.00", "900.00"))
    take_back(books, done)
    assert books.totals() == before
    books.is_sound()


def test_two_versions_of_one_import_go_back_together(books: Books) -> None:
    reversal = "R-1,reversal,2026-07-05,,,,,,,,,I-1"
    books.bring(INVOICE, reversal)
    before = books.totals()
    done = books.bring(INVOICE.replace("1100.00", "900.00"), reversal.replace("07-05", "07-08"))
    assert [version for version, _, _ in versions(books, "R-1")] == [1, 2, 3]
    take_back(books, done)
    assert (books.totals(), versions(books, "R-1")) == (before, [(1, True, "2026-07-05")])
    books.is_sound()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "stands in the journal of 01/07/2026, which waits for Xero. Withdraw that journal first."),
        ("sending", "stands in the journal of 01/07/2026, which is on its way to Xero."),
        ("uncertain", "stands in the journal of 01/07/2026, which is on its way to Xero."),
        ("sent", "stands in the journal of 01/07/2026, which is in Xero."),
        ("recorded", "which is recorded as manually added. Undo that recording first"),
        ("voided", "stood in the journal of 01/07/2026, which was in Xero, is voided there"),
    ],
)
def test_it_is_refused_once_anything_of_it_is_on_its_way(books: Books, state: str, words: str) -> None:
    done = books.bring(INVOICE, "P-1,payment,2026-07-02,SUBS,CARD,5.00")
    first = books.journals()[0]
    send(books, first)
    Journal.objects.of(books.club).filter(pk=first.pk).update(state=state)
    before = books.totals()
    with pytest.raises(CannotUndoImport, match=words):
        take_back(books, done)
    assert books.totals() == before


def test_it_is_refused_where_later_imports_build_on_it(books: Books) -> None:
    done = books.bring(INVOICE)
    books.bring("R-1,reversal,2026-07-05,,,,,,,,,I-1")
    with pytest.raises(CannotUndoImport, match="“R-1” of a later import reverses “I-1”"):
        take_back(books, done)
    other = books.bring("P-1,payment,2026-07-02,SUBS,CARD,5.00")
    books.bring("P-1,payment,2026-07-02,SUBS,CARD,6.00")
    with pytest.raises(CannotUndoImport, match="A later import has corrected “P-1”"):
        take_back(books, other)


def test_it_needs_the_right_a_reason_and_an_end(books: Books) -> None:
    done = books.bring(INVOICE)
    with pytest.raises(NotAllowed):
        undo.undo_import(
            club=books.club, actor=add_member(books.club, Role.VIEWER), of_import=done, reason="The wrong file."
        )
    with pytest.raises(CannotUndoImport, match="Give the reason"):
        undo.undo_import(club=books.club, actor=books.owner, of_import=done, reason=" ")
    take_back(books, done)
    with pytest.raises(CannotUndoImport, match="only once"):
        take_back(books, done)


def test_what_it_would_take_back_is_foreseen_with_what_stands_in_its_way(books: Books) -> None:
    done = books.bring(INVOICE, "P-1,payment,2026-07-02,SUBS,CARD,5.00")
    seen = undo.foresee(club=books.club, of_import=done)
    assert (seen.transactions, seen.amount_minor, seen.journals, seen.obstacles) == (2, 110_500, 2, ())
    assert (str(seen.first_on), str(seen.last_on)) == ("2026-07-01", "2026-07-02")
    send(books, books.journals()[0])
    [obstacle] = undo.foresee(club=books.club, of_import=done).obstacles
    assert "which is in Xero." in obstacle
    other = books.bring("P-9,payment,2026-07-09,SUBS,CARD,5.00")
    take_back(books, other)
    [obstacle] = undo.foresee(club=books.club, of_import=Import.objects.of(books.club).get(pk=other.pk)).obstacles
    assert "only once" in obstacle


def test_a_large_import_is_left_to_the_worker_who_does_it_once(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "AT_ONCE", 1)
    done = books.bring(INVOICE, "P-1,payment,2026-07-02,SUBS,CARD,5.00")
    assert not undo.begin_undoing(club=books.club, actor=books.owner, of_import=done, reason="The wrong file.")
    assert undo.unfinished() == [done.pk]
    with pytest.raises(CannotUndoImport):
        undo.begin_undoing(club=books.club, actor=books.owner, of_import=done, reason="Again.")
    wake.run("ledger.undo_import", import_id=done.pk)
    wake.run("ledger.undo_import", import_id=done.pk)
    assert not SourceTransaction.objects.of(books.club).exists()
    assert Import.objects.of(books.club).get(pk=done.pk).state == "undone"
    books.is_sound()


def test_what_comes_up_when_the_worker_undoes_it_is_kept_on_the_import(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "AT_ONCE", 0)
    done = books.bring(INVOICE)
    undo.begin_undoing(club=books.club, actor=books.owner, of_import=done, reason="The wrong file.")
    send(books, books.journals()[0])
    undo.finish_undoing(import_id=done.pk)
    after = Import.objects.of(books.club).get(pk=done.pk)
    assert (after.state, undo.unfinished()) == ("done", [])
    assert "which is in Xero." in after.refusal
    assert after.checkpoint == done.checkpoint != {}
    assert SourceTransaction.objects.of(books.club).count() == 1
