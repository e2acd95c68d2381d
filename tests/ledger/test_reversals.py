"""Reversals mirror what they name, whatever the order in the file, and follow it when it is corrected."""

from itertools import permutations

import pytest

from clubledger.ledger.models import SourceTransaction
from tests.ledger.oracle import Books
from tests.ledger.test_corrections import postings, send

INVOICE = "I-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00,Golf,1042,Full 7-day"
DISCOUNT = "I-1,invoice,2026-07-01,SUBS,LOYAL,-55.00,-5.00,Golf,1042,Loyalty"
REVERSAL = "R-1,reversal,2026-07-05,,,,,,1042,Entered twice,,I-1"


def nets(books: Books) -> dict[str, object]:
    """Return what is left per code over all dates."""
    left: dict[str, object] = {}
    for (_, code), (net, _) in books.net_by_code().items():
        left[code] = left.get(code, 0) + net  # type: ignore[operator]
    return {code: net for code, net in left.items() if net}


def test_it_mirrors_every_leg_and_tax_on_its_own_date(books: Books) -> None:
    done = books.bring(INVOICE, DISCOUNT, REVERSAL)
    assert (done.transactions_new, done.rows_done) == (2, 3)
    totals = books.totals()
    mirrored = {
        ("2026-07-01", 1, *key[2:5], not key[5], key[6]): value
        for key, value in totals.items()
        if key[0] == "2026-07-05"
    }
    assert mirrored == {key: value for key, value in totals.items() if key[0] == "2026-07-01"}
    assert totals[("2026-07-05", 1, "account_type", "SUBS", "", False, "unstated")] == (104500, 0, 1)
    found = SourceTransaction.objects.of(books.club).get(source_id="R-1")
    assert (found.kind, found.legs_kind, found.gross_minor, found.description) == (
        "reversal",
        "invoice",
        -104500,
        "Entered twice",
    )
    books.is_sound()


@pytest.mark.parametrize("kind", ["payment", "refund", "dishonour", "transfer", "prize", "pos_sale", "credit_note"])
def test_every_kind_can_be_reversed(books: Books, kind: str) -> None:
    books.bring(f"T-1,{kind},2026-07-01,SUBS,ITEM,5.00", "R-1,reversal,2026-07-05,,,,,,,,,T-1")
    assert nets(books) == {}
    books.is_sound()


def test_the_order_within_a_file_makes_no_difference(books: Books) -> None:
    lines = [INVOICE, REVERSAL, "R-2,reversal,2026-07-06,,,,,,,,,R-1", "R-3,reversal,2026-07-07,,,,,,,,,R-2"]
    seen = set()
    for number, order in enumerate(permutations(lines)):
        done = books.bring(*order, source=f"s{number}")
        assert (done.transactions_new, done.rows_refused, done.rows_done) == (4, 0, 4)
        rows = SourceTransaction.objects.of(books.club).filter(source=f"s{number}")
        seen.add(tuple(rows.order_by("source_id").values_list("source_id", "legs_kind", "gross_minor")))
    assert seen == {
        (
            ("I-1", "invoice", 110000),
            ("R-1", "invoice", -110000),
            ("R-2", "invoice", 110000),
            ("R-3", "invoice", -110000),
        )
    }
    assert nets(books) == {}
    books.is_sound()


def test_one_that_comes_again_is_already_there(books: Books) -> None:
    books.bring(INVOICE, REVERSAL)
    done = books.bring(REVERSAL, INVOICE)
    assert done.transactions_already_there == 2


def test_a_second_reversal_of_the_same_is_refused(books: Books) -> None:
    books.bring(INVOICE, REVERSAL)
    done = books.bring("R-2,reversal,2026-07-06,,,,,,,,,I-1")
    assert books.refusals(done) == [(2, "reverses", "I-1", "“I-1” is already reversed by “R-1”")]
    together = books.bring(INVOICE, REVERSAL, "R-2,reversal,2026-07-06,,,,,,,,,I-1", source="other")
    assert [row[0] for row in books.refusals(together)] == [4]


def test_it_may_be_reversed_again_once_the_first_reversal_names_another(books: Books) -> None:
    books.bring(INVOICE, "I-2,invoice,2026-07-01,SUBS,FULL7,7.00", REVERSAL)
    done = books.bring("R-2,reversal,2026-07-06,,,,,,,,,I-1", REVERSAL.replace(",I-1", ",I-2"))
    assert (done.transactions_new, done.transactions_corrected, done.rows_refused) == (1, 1, 0)
    assert nets(books) == {}
    books.is_sound()


def test_only_a_transaction_of_the_same_source_is_known(books: Books) -> None:
    books.bring(INVOICE)
    done = books.bring(REVERSAL, source="pos")
    assert books.refusals(done)[0][3] == "“I-1”, which it reverses, is not known"


def test_what_was_refused_is_not_known(books: Books) -> None:
    done = books.bring(INVOICE.replace("1100.00", "nothing"), REVERSAL)
    assert [row[3] for row in books.refusals(done)][1] == "“I-1”, which it reverses, is not known"
    assert done.transactions_refused == 2


def test_it_follows_a_correction_of_what_it_reverses(books: Books) -> None:
    books.bring(INVOICE, REVERSAL, "R-2,reversal,2026-07-06,,,,,,,,,R-1")
    send(books, next(journal for journal in books.journals() if journal.accounting_date.day == 5))
    books.bring(INVOICE.replace("1100.00,100.00", "550.00,50.00"))
    assert {code: str(net) for code, net in nets(books).items()} == {"SUBS": "550.00", "FULL7": "-550.00"}
    assert ("2026-07-05", 2, 1, -1) in postings(books)
    assert ("2026-07-05", 2, 2, 1) in postings(books)
    books.is_sound()
    again = books.bring(REVERSAL)
    assert again.transactions_already_there == 1


def test_a_circle_is_refused(books: Books) -> None:
    books.bring(INVOICE, REVERSAL, "R-2,reversal,2026-07-06,,,,,,,,,R-1")
    done = books.bring(REVERSAL.replace(",I-1", ",R-2"))
    assert books.refusals(done)[0][3] == "“R-2” is itself a reversal that depends on this one"
    fresh = books.bring("R-8,reversal,2026-07-05,,,,,,,,,R-9", "R-9,reversal,2026-07-05,,,,,,,,,R-8")
    assert [row[3] for row in books.refusals(fresh)] == [
        "“R-9”, which it reverses, is not known",
        "“R-8”, which it reverses, is not known",
    ]


def test_a_circle_made_by_two_corrections_of_one_file_is_refused(books: Books) -> None:
    books.bring(INVOICE, "I-2,invoice,2026-07-01,SUBS,FULL7,7.00", REVERSAL, "R-2,reversal,2026-07-06,,,,,,,,,I-2")
    done = books.bring(REVERSAL.replace(",I-1", ",R-2"), "R-2,reversal,2026-07-06,,,,,,,,,R-1")
    assert (done.transactions_corrected, done.transactions_refused) == (1, 1)
    books.is_sound()


def test_texts_of_a_reversal_can_be_amended(books: Books) -> None:
    books.bring(INVOICE, DISCOUNT, REVERSAL)
    done = books.bring(REVERSAL.replace("Entered twice", "A mistake"))
    assert done.transactions_amended == 1
    assert SourceTransaction.objects.of(books.club).get(source_id="R-1").description == "A mistake"


def test_a_reversal_changed_in_the_same_file_as_what_it_reverses_takes_both_changes(books: Books) -> None:
    books.bring(INVOICE, REVERSAL)
    done = books.bring(INVOICE.replace("1100.00,100.00", "550.00,50.00"), REVERSAL.replace("07-05", "07-08"))
    assert (done.transactions_corrected, done.rows_done) == (2, 2)
    found = SourceTransaction.objects.of(books.club).get(source_id="R-1", is_current=True)
    assert (str(found.accounting_date), found.gross_minor) == ("2026-07-08", -55000)
    again = books.bring(INVOICE.replace("1100.00,100.00", "550.00,50.00"), REVERSAL.replace("07-05", "07-08"))
    assert again.transactions_already_there == 2
    books.is_sound()
