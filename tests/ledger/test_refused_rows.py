"""The download of refused rows: the same format, in file order, harmless in a spreadsheet, and good to import again."""

import csv
import io

import pytest

from clubledger.ledger.formats.transactions_v1 import COLUMNS, read_apostrophe, shield
from clubledger.ledger.intake import imports
from clubledger.ledger.models import Import, SourceTransaction
from tests.ledger.oracle import HEADER, Books


def download(books: Books, of_import: Import) -> str:
    return "".join(imports.refused_rows_csv(club=books.club, of_import=of_import))


def test_it_has_the_same_columns_and_a_reason_in_file_order(books: Books) -> None:
    done = books.bring(
        "R-1,reversal,2026-07-01,,,,,,,,,NO-1",
        "P-1,payment,2026-07-01,SUBS,CARD,1.005,,,1042,Réception",
        "P-2,payment,2026-07-01,SUBS,CARD,1.00",
        "I-1,invoice,2026-07-01,SUBS,FULL7,5.00",
        "I-1,invoice,2026-07-01,SUBS,LOYAL,nothing",
    )
    rows = list(csv.DictReader(io.StringIO(download(books, done))))
    assert list(rows[0]) == [*COLUMNS, "reason"]
    assert [row["reason"] for row in rows] == [
        "line 2: “NO-1”, which it reverses, is not known",
        "line 3: “1.005” is not an amount: it has more than 2 decimals",
        "line 5: refused together with line 6: “nothing” is not an amount such as 1100.00: only digits, one point and "
        "up to 2 decimals",
        "line 6: “nothing” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ]
    assert (rows[1]["source_id"], rows[1]["amount"], rows[1]["description"]) == ("P-1", "1.005", "Réception")


def test_mended_it_can_be_imported_again(books: Books) -> None:
    done = books.bring("P-1,payment,2026-07-01,SUBS,CARD,1.005", "R-1,reversal,2026-07-02,,,,,,,,,P-1")
    assert done.transactions_new == 0
    again = books.bring_text(download(books, done).replace(",1.005,", ",1.00,"))
    assert (again.transactions_new, again.rows_refused) == (2, 0)
    books.is_sound()


def test_unmended_it_is_refused_for_the_same_reasons(books: Books) -> None:
    done = books.bring(
        "P-1,payment,2026-07-01,SUBS,CARD,1.005",
        "P-2,payment,2026-07-01,SUBS,CARD,5.00,,,,Lock\ter",
        "-P-3,paiment,2026-07-01,SUBS,CARD,5.00",
    )
    again = books.bring_text(download(books, done))
    assert [row[1:] for row in books.refusals(again)] == [row[1:] for row in books.refusals(done)]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+61 2 1234", "-55 off", "@import", "'=quoted", "''@twice", "'plain", "=cmd|' /C'!A1", "\uff1dSUM(A1)"],
)
def test_no_cell_of_it_is_a_formula_and_reading_it_back_gives_the_original(books: Books, text: str) -> None:
    original = f'"{text}",payment,2026-07-01,SUBS,"{text}",1.005,,"{text}","{text}","{text}"'
    done = books.bring(original)
    content = download(books, done)
    for row in csv.reader(io.StringIO(content)):
        assert not [cell for cell in row if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\uff1d"}]
    again = books.bring_text(content.replace("1.005", "1.00"))
    assert again.rows_refused == 0
    [found] = SourceTransaction.objects.of(books.club)
    meant = read_apostrophe(text)
    assert (found.source_id, found.member, found.description) == (meant, meant, meant)
    direct = books.bring(original.replace("1.005", "1.00"))
    assert direct.transactions_already_there == 1, "the first file, mended, says the same as the download"


def test_amounts_stay_numbers(books: Books) -> None:
    done = books.bring("P-1,payment,2026-07-01,SUBS,CARD,-55.00", "P-2,payment,2026-07-01,SUBS,CARD,=1+1")
    amounts = [row["amount"] for row in csv.DictReader(io.StringIO(download(books, done)))]
    assert amounts == ["-55.00", "'=1+1"]


@pytest.mark.parametrize(
    "value", ["", "plain", "=", "'", "''", "'=", "''=", "-1", "'-1", "O'Brien", "'O", "@", "+", "\uff1d", "'\uff20a"]
)
def test_shielding_is_undone_exactly(value: str) -> None:
    assert read_apostrophe(shield("description", value)) == value
    assert shield("description", value)[:1] not in {"=", "+", "-", "@", "\uff1d", "\uff20"}


def test_surplus_values_are_not_lost(books: Books) -> None:
    done = books.bring_text(f"{HEADER}\nP-1,payment,2026-07-01,SUBS,CARD,1.00,,,,,,,extra\n")
    assert "extra" in download(books, done)
