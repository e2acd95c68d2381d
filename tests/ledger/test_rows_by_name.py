"""Rows given by column name, as the API takes them: the same checks, the same words, the same books."""

import pytest

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import Role
from clubledger.ledger.intake import imports
from clubledger.ledger.models import Import
from tests.fixtures_clubs import add_member
from tests.ledger.oracle import Books

ROW = {
    "source_id": "P-1", "kind": "payment", "accounting_date": "2026-07-01", "account_type": "SUBS", "item": "CARD",
    "amount": "5.00",
}  # fmt: skip


def push(books: Books, *rows: dict[str, object]) -> Import:
    return imports.import_rows(club=books.club, actor=books.owner, rows=rows, source="pos")


def test_rows_come_in_and_come_in_again(books: Books) -> None:
    assert push(books, ROW).transactions_new == 1
    again = push(books, {**ROW, "tax_amount": None, "job": ""})
    assert (again.state, again.transactions_already_there) == ("done", 1)


def test_they_are_the_same_transactions_as_those_of_a_file(books: Books) -> None:
    books.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00", source="pos")
    assert push(books, ROW).transactions_already_there == 1


def test_bad_rows_are_refused_in_the_same_words_at_their_place_in_the_list(books: Books) -> None:
    done = push(
        books, ROW, {**ROW, "source_id": "P-2", "amount": "1.005"}, {**ROW, "source_id": "P-3", "colour": "red"}
    )
    assert [(row[0], row[1], row[2]) for row in books.refusals(done)] == [(2, "amount", "1.005"), (3, "", "")]
    assert books.refusals(done)[0][3] == "“1.005” is not an amount: it has more than 2 decimals"
    assert books.refusals(done)[1][3].startswith("“colour” is not a field of a row; use source_id, kind,")
    assert done.transactions_new == 1


def test_numbers_must_come_as_text_so_that_no_cent_is_lost(books: Books) -> None:
    done = push(books, {**ROW, "amount": 5.1})
    assert books.refusals(done)[0][3] == "amount must be given as text"


def test_half_a_surrogate_can_not_be_kept(books: Books) -> None:
    done = push(books, {**ROW, "description": "a\ud800b"})
    assert books.refusals(done)[0][3] == "description contains a control character (U+D800); take it out"


def test_reversals_and_what_they_reverse_may_come_together(books: Books) -> None:
    reversal = {"source_id": "R-1", "kind": "reversal", "accounting_date": "2026-07-02", "reverses": "P-1"}
    assert push(books, reversal, ROW).transactions_new == 2
    books.is_sound()


def test_who_may_not_import_may_not(books: Books) -> None:
    with pytest.raises(NotAllowed):
        imports.import_rows(club=books.club, actor=add_member(books.club, Role.ADMINISTRATOR), rows=[ROW], source="pos")
    with pytest.raises(NotAllowed):
        imports.begin_import(
            club=books.club, actor=add_member(books.club, Role.VIEWER), path=books.folder, file_name="x"
        )
