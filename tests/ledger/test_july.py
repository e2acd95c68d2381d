"""A month of a club's file, held against totals that were worked out apart from the product."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ledger.oracle import HEADER, SAMPLES, Books


def expected() -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    with (SAMPLES / "july-totals.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (row["accounting_date"], row["code"], Decimal(row["net"]), Decimal(row["tax"]))
            for row in csv.DictReader(file)
        ]
    return {(on, code): (net, tax) for on, code, net, tax in rows if net or tax}


def halves(folder: Path) -> tuple[Path, Path]:
    """Cut the file in two between transactions."""
    lines = (SAMPLES / "july.csv").read_text(encoding="utf-8").splitlines()
    cut = len(lines) // 2
    while lines[cut].split(",")[0] == lines[cut - 1].split(",")[0]:
        cut += 1
    first, second = folder / "first.csv", folder / "second.csv"
    first.write_text("\n".join(lines[:cut]) + "\n", encoding="utf-8")
    second.write_text("\n".join([HEADER, *lines[cut:]]) + "\n", encoding="utf-8")
    return first, second


def test_july_gives_exactly_its_totals(books: Books) -> None:
    done = books.bring_file(SAMPLES / "july.csv")
    assert (done.state, done.transactions_new, done.rows_refused) == ("done", 3675, 0)
    assert done.rows_done == done.rows_total == 6074
    assert books.net_by_code() == expected()
    books.is_sound()


def test_the_same_file_again_changes_nothing(books: Books) -> None:
    books.bring_file(SAMPLES / "july.csv")
    before, journals = books.totals(), [(journal.pk, journal.revision) for journal in books.journals()]
    again = books.bring_file(SAMPLES / "july.csv")
    assert (again.transactions_new, again.transactions_already_there) == (0, 3675)
    assert books.totals() == before
    assert [(journal.pk, journal.revision) for journal in books.journals()] == journals


def test_two_halves_in_the_other_order_give_the_same(books: Books) -> None:
    first, second = halves(books.folder)
    books.bring_file(second)
    books.bring_file(first)
    assert books.net_by_code() == expected()
    in_halves = books.totals()
    again = books.bring_file(SAMPLES / "july.csv")
    assert again.transactions_already_there == 3675
    assert books.totals() == in_halves
    books.is_sound()


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_and_a_byte_order_mark_make_no_difference(books: Books, ending: str) -> None:
    text = (SAMPLES / "july.csv").read_text(encoding="utf-8")
    done = books.bring_text(b"\xef\xbb\xbf" + text.replace("\n", ending).encode())
    assert done.transactions_new == 3675
    assert books.net_by_code() == expected()
