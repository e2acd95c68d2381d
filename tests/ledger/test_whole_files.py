"""Files that are refused as a whole, each saying why, and files that only look odd."""

import pytest

from clubledger.ledger.errors import BadSourceName, UnknownFormat
from clubledger.ledger.intake import imports
from tests.ledger.oracle import HEADER, Books

ROW = "P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,,,"
COLUMNS = "source_id, kind, accounting_date, account_type, item, amount"
MORE = "tax_amount, job, member, description, document_date, reverses"
THEY_ARE = f"The columns are: {COLUMNS}, {MORE}."
SAVE_IT = "Save it as “CSV UTF-8” and import it again."
NO_HEADER = (
    f"The file has no header row. Its first row must name the columns, separated by commas: {COLUMNS}, "
    f"and if you like {MORE}."
)

REFUSED = {
    "an empty file": (b"", NO_HEADER),
    "no header": (ROW.encode(), NO_HEADER),
    "semicolons": (HEADER.replace(",", ";").encode(), NO_HEADER),
    "a lacking column": (
        b"source_id,kind,accounting_date,account_type,item\nP-1,payment,2026-07-01,SUBS,CARD\n",
        "The header lacks the column amount.",
    ),
    "two lacking columns": (
        b"source_id,kind,accounting_date,account_type\n",
        "The header lacks the columns item, amount.",
    ),
    "an unknown column": (
        f"{HEADER},colour\n".encode(),
        f"The header names an unknown column “colour”. {THEY_ARE}",
    ),
    "a column that is misspelt": (
        HEADER.replace("tax_amount", "tax_amout").encode(),
        f"The header names an unknown column “tax_amout”. Did you mean “tax_amount”? {THEY_ARE}",
    ),
    "a column without a name": (
        f"{HEADER},\n".encode(),
        f"A column has no name in the header. {THEY_ARE}",
    ),
    "a column twice": (f"{HEADER},job\n".encode(), "The header names the column “job” twice."),
    "not UTF-8": (
        f"{HEADER}\n{ROW}\nP-2,payment,2026-07-01,SUBS,CARD,5.00,,,,Réception,,\n".encode("latin-1"),
        f"The file is not UTF-8: line 3 has a byte (0xE9) that can't be read. {SAVE_IT}",
    ),
    "UTF-16": (
        f"{HEADER}\n".encode("utf-16"),
        "The file is not UTF-8 but UTF-16. Save it as “CSV UTF-8” and import it again.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_the_whole_file(books: Books, name: str) -> None:
    content, reason = REFUSED[name]
    done = books.bring_text(content)
    assert (done.state, done.refusal) == ("refused", reason)
    assert books.journals() == []
    path = books.folder / "in.csv"
    if name != "not UTF-8":
        assert imports.preview(path).refusal == reason


def test_a_file_cut_off_inside_a_character_far_down_leaves_nothing_behind(books: Books) -> None:
    rows = "".join(f"P-{number},payment,2026-07-01,SUBS,CARD,5.00,,,,,,\n" for number in range(30_000))
    done = books.bring_text(f"{HEADER}\n{rows}".encode() + b"\xc3")
    assert done.state == "refused"
    assert done.refusal == (
        "The file is not UTF-8: its last character is cut off. Save it as “CSV UTF-8” and import it again."
    )
    assert books.journals() == []


def test_a_header_alone_brings_nothing_and_is_no_fault(books: Books) -> None:
    done = books.bring_text(HEADER)
    assert (done.state, done.rows_total, done.transactions_new) == ("done", 0, 0)


def test_columns_may_stand_in_any_order_and_optional_ones_may_lack(books: Books) -> None:
    done = books.bring_text(
        "amount,item,account_type,kind,source_id,accounting_date\n5.00,CARD,SUBS,payment,P-1,2026-07-01\n"
    )
    assert (done.transactions_new, done.rows_refused) == (1, 0)


def test_blank_lines_are_passed_over(books: Books) -> None:
    done = books.bring_text(f"{HEADER}\r\n\r\n{ROW}\r\n\r\n")
    assert (done.transactions_new, done.rows_total, done.rows_refused) == (1, 1, 0)


def test_a_preview_shows_the_first_rows_and_their_faults(books: Books) -> None:
    path = books.folder / "in.csv"
    path.write_text(f"{HEADER}\n{ROW}\nP-2,payment,2026-07-01,SUBS,CARD,1.005,,,,,,\n{ROW}\n", encoding="utf-8")
    seen = imports.preview(path, limit=2)
    assert seen.header == HEADER.split(",")
    assert [row[0] for row in seen.rows] == ["P-1", "P-2"]
    assert seen.faults == [(3, "amount", "“1.005” is not an amount: it has more than 2 decimals")]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "till\n9", "till\x009"])
def test_a_source_system_needs_a_name_that_can_be_kept(books: Books, name: str) -> None:
    with pytest.raises(BadSourceName, match="1 to 60 characters"):
        books.bring(ROW, source=name)
    with pytest.raises(BadSourceName):
        imports.import_rows(club=books.club, actor=books.owner, rows=[], source=name)


@pytest.mark.parametrize("name", ["Clubledger: sample data", " clubledger: anything"])
def test_a_clubs_own_transactions_never_pass_for_sample_data(books: Books, name: str) -> None:
    with pytest.raises(BadSourceName, match="Name the system"):
        books.bring(ROW, source=name)
    with pytest.raises(BadSourceName, match="Name the system"):
        imports.import_rows(club=books.club, actor=books.owner, rows=[], source=name)


def test_blanks_around_a_sources_name_make_no_other_system_of_it(books: Books) -> None:
    assert books.bring(ROW, source="till 9").transactions_new == 1
    assert books.bring(ROW, source=" till 9 ").transactions_already_there == 1


def test_an_unknown_format_is_told_with_those_there_are(books: Books) -> None:
    with pytest.raises(UnknownFormat, match="There is no format “v9”"):
        imports.begin_import(
            club=books.club, actor=books.owner, path=books.folder / "in.csv", file_name="in.csv", format="v9"
        )
