"""Every rule that makes a row bad, with the exact words a person sees, the line, the column and the value."""

import pytest

from tests.ledger.oracle import HEADER, Books, padded

GOOD = "OK-1,payment,2026-07-01,SUBS,CARD,10.00"
INVOICE = "I-1,invoice,2026-07-01,SUBS,FULL7"
KINDS = "invoice, credit_note, payment, refund, dishonour, transfer, prize, pos_sale, reversal"

BAD_ROWS = {
    # name: (row, column, value, reason)
    "an impossible date": (
        "I-1,invoice,2026-02-30,SUBS,FULL7,1.00", "accounting_date", "2026-02-30",
        "“2026-02-30” is not a day of the calendar",
    ),
    "a date the other way round": (
        "I-1,invoice,01/07/2026,SUBS,FULL7,1.00", "accounting_date", "01/07/2026",
        "“01/07/2026” is not a date written YYYY-MM-DD, such as 2026-07-01",
    ),
    "a date without dashes": (
        "I-1,invoice,20260701,SUBS,FULL7,1.00", "accounting_date", "20260701",
        "“20260701” is not a date written YYYY-MM-DD, such as 2026-07-01",
    ),
    "a date in other digits": (
        "I-1,invoice,２０２６-07-01,SUBS,FULL7,1.00", "accounting_date", "２０２６-07-01",
        "“２０２６-07-01” is not a date written YYYY-MM-DD, such as 2026-07-01",
    ),
    "a year that is a slip": (
        "I-1,invoice,0026-07-01,SUBS,FULL7,1.00", "accounting_date", "0026-07-01",
        "the year of “0026-07-01” is not between 1900 and 2199",
    ),
    "an impossible document date": (
        "I-1,invoice,2026-07-01,SUBS,FULL7,1.00,,,,,2026-13-01", "document_date", "2026-13-01",
        "“2026-13-01” is not a day of the calendar",
    ),
    "three decimals": (f"{INVOICE},1.005", "amount", "1.005", "“1.005” is not an amount: it has more than 2 decimals"),
    "a comma between the thousands": (
        f'{INVOICE},"1,000.00"', "amount", "1,000.00",
        "“1,000.00” is not an amount: write it without commas between the thousands, such as 1000.00",
    ),
    "not a number": (
        f"{INVOICE},NaN", "amount", "NaN",
        "“NaN” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "infinity": (
        f"{INVOICE},Infinity", "amount", "Infinity",
        "“Infinity” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "an exponent": (f"{INVOICE},1e3", "amount", "1e3", "“1e3” is not an amount: write it out, without an exponent"),
    "twelve digits": (
        f"{INVOICE},123456789012.00", "amount", "123456789012.00",
        "“123456789012.00” is not an amount: it has more than 11 digits before the point",
    ),
    "a plus sign": (
        f"{INVOICE},+5.00", "amount", "+5.00",
        "“+5.00” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "a currency sign": (
        f"{INVOICE},$5.00", "amount", "$5.00",
        "“$5.00” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "an amount in other digits": (
        f"{INVOICE},١٢.00", "amount", "١٢.00",
        "“١٢.00” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "a point without decimals": (
        f"{INVOICE},5.", "amount", "5.",
        "“5.” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "a blank within an amount": (
        f"{INVOICE}, 5.00", "amount", " 5.00",
        "“ 5.00” is not an amount such as 1100.00: only digits, one point and up to 2 decimals",
    ),
    "a nil amount": (f"{INVOICE},0.00", "amount", "0.00", "the amount is nil"),
    "a nil amount with a sign": (f"{INVOICE},-0.00", "amount", "-0.00", "the amount is nil"),
    "an unknown kind": (
        "I-1,Invoice,2026-07-01,SUBS,FULL7,1.00", "kind", "Invoice",
        f"“Invoice” is not a kind of transaction; use one of: {KINDS}",
    ),
    "a negative payment": (
        "P-1,payment,2026-07-01,SUBS,CARD,-5.00", "amount", "-5.00",
        "the amount of a payment can't be negative; only a discount row of an invoice can",
    ),
    "a negative credit note": (
        "C-1,credit_note,2026-07-01,SUBS,FULL7,-5.00", "amount", "-5.00",
        "the amount of a credit note can't be negative; only a discount row of an invoice can",
    ),
    "a negative point-of-sale sale": (
        "S-1,pos_sale,2026-07-01,SUBS,FULL7,-5.00", "amount", "-5.00",
        "the amount of a point-of-sale sale can't be negative; only a discount row of an invoice can",
    ),
    "tax larger than the amount": (
        f"{INVOICE},10.00,10.01", "tax_amount", "10.01", "the tax is larger than the amount that contains it",
    ),
    "tax of the other sign": (
        f"{INVOICE},10.00,-1.00", "tax_amount", "-1.00", "the tax has the other sign than the amount",
    ),
    "positive tax on a discount": (
        f"{INVOICE},-10.00,1.00", "tax_amount", "1.00", "the tax has the other sign than the amount",
    ),
    "tax that is no amount": (
        f"{INVOICE},10.00,1.005", "tax_amount", "1.005", "“1.005” is not an amount of tax: it has more than 2 decimals",
    ),
    "tax on a payment": (
        "P-1,payment,2026-07-01,SUBS,CARD,11.00,1.00", "tax_amount", "1.00",
        "a payment carries no tax; leave tax_amount empty",
    ),
    "tax on a refund": (
        "P-1,refund,2026-07-01,SUBS,CARD,11.00,1.00", "tax_amount", "1.00",
        "a refund carries no tax; leave tax_amount empty",
    ),
    "tax on a dishonour": (
        "P-1,dishonour,2026-07-01,SUBS,CARD,11.00,1.00", "tax_amount", "1.00",
        "a dishonour carries no tax; leave tax_amount empty",
    ),
    "tax on a transfer": (
        "P-1,transfer,2026-07-01,SUBS,HOUSE,11.00,1.00", "tax_amount", "1.00",
        "a transfer carries no tax; leave tax_amount empty",
    ),
    "tax on a prize": (
        "P-1,prize,2026-07-01,PRIZE,PRIZES,11.00,1.00", "tax_amount", "1.00",
        "a prize carries no tax; leave tax_amount empty",
    ),
    "no source id": (",payment,2026-07-01,SUBS,CARD,5.00", "source_id", "", "source_id is empty"),
    "a source id of blanks": ('"  ",payment,2026-07-01,SUBS,CARD,5.00', "source_id", "  ", "source_id is empty"),
    "no kind": ("P-1,,2026-07-01,SUBS,CARD,5.00", "kind", "", "kind is empty"),
    "no accounting date": ("P-1,payment,,SUBS,CARD,5.00", "accounting_date", "", "accounting_date is empty"),
    "no account type": ("P-1,payment,2026-07-01,,CARD,5.00", "account_type", "", "account_type is empty"),
    "no item": ("P-1,payment,2026-07-01,SUBS,,5.00", "item", "", "item is empty"),
    "no amount": ("P-1,payment,2026-07-01,SUBS,CARD,", "amount", "", "amount is empty"),
    "a source id too long": (
        f"{'X' * 101},payment,2026-07-01,SUBS,CARD,5.00", "source_id", "X" * 101,
        "source_id has 101 characters; at most 100 are allowed",
    ),
    "a description too long": (
        f"P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,{'d' * 201}", "description", "d" * 201,
        "description has 201 characters; at most 200 are allowed",
    ),
    "a code too long": (
        f"P-1,payment,2026-07-01,SUBS,{'C' * 101},5.00", "item", "C" * 101,
        "item has 101 characters; at most 100 are allowed",
    ),
    "a tabulator": (
        "P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,Locker\t12", "description", "Locker\t12",
        "description contains a control character (U+0009); take it out",
    ),
    "a line break inside quotation marks": (
        'P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,"Locker\n12",,', "description", "Locker\n12",
        "description contains a line break; take it out",
    ),
    "a control character of the upper half": (
        "P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,Locker\x8512", "description", "Locker\x8512",
        "description contains a control character (U+0085); take it out",
    ),
    "a control character in a code": (
        "P-1,payment,2026-07-01,SU\x07BS,CARD,5.00", "account_type", "SU\x07BS",
        "account_type contains a control character (U+0007); take it out",
    ),
    "a reversal that names nothing": (
        "R-1,reversal,2026-07-01,,,,,,,,,", "reverses", "", "reverses is empty; a reversal must say what it reverses",
    ),
    "a reversal of itself": (
        "R-1,reversal,2026-07-01,,,,,,,,,R-1", "reverses", "R-1", "a reversal can't reverse itself",
    ),
    "a reversal with an amount": (
        "R-1,reversal,2026-07-01,,,5.00,,,,,,OK-1", "amount", "5.00",
        "amount must be empty on a reversal; it mirrors the transaction it reverses",
    ),
    "a reversal with an account type": (
        "R-1,reversal,2026-07-01,SUBS,,,,,,,,OK-1", "account_type", "SUBS",
        "account_type must be empty on a reversal; it mirrors the transaction it reverses",
    ),
    "a reversal of what is not known": (
        "R-1,reversal,2026-07-01,,,,,,,,,NO-1", "reverses", "NO-1", "“NO-1”, which it reverses, is not known",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
def test_it_refuses(books: Books, name: str) -> None:
    row, column, value, reason = BAD_ROWS[name]
    done = books.bring(GOOD, row) if "\n" not in row else books.bring_text(with_rows(GOOD, row))
    assert books.refusals(done) == [(3, column, value, reason)]
    assert (done.state, done.transactions_new, done.transactions_refused, done.rows_refused) == ("done", 1, 1, 1)
    assert done.rows_done == done.rows_total == 2
    books.is_sound()


def with_rows(*rows: str) -> str:
    from tests.ledger.oracle import HEADER, padded

    return "\n".join([HEADER, *(row if "\n" in row else padded(row) for row in rows)]) + "\n"


def test_it_refuses_a_character_of_nil(books: Books) -> None:
    done = books.bring_text(with_rows(GOOD, "P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,Locker\x00 12"))
    [(line, column, value, reason)] = books.refusals(done)
    assert (line, column, reason) == (
        3,
        "description",
        "description contains a control character (U+0000); take it out",
    )
    assert value == "Locker\x1a 12", "a database can't keep it; what stands for it is refused as well"


def test_all_faults_of_a_row_are_told_at_once(books: Books) -> None:
    done = books.bring("P-1,paiment,2026-02-30,,CARD,1.005")
    assert books.refusals(done) == [
        (
            2,
            "kind",
            "paiment",
            f"“paiment” is not a kind of transaction; use one of: {KINDS}; “2026-02-30” is not a day of the calendar; "
            "account_type is empty; “1.005” is not an amount: it has more than 2 decimals",
        )
    ]


def test_a_bad_row_refuses_its_whole_transaction_and_no_other(books: Books) -> None:
    done = books.bring(
        GOOD,
        f"{INVOICE},1100.00,100.00",
        f"{INVOICE},1.005",
        f"{INVOICE},3.00",
        "OK-2,payment,2026-07-01,SUBS,CARD,1.00",
    )
    together = "refused together with line 4: “1.005” is not an amount: it has more than 2 decimals"
    assert books.refusals(done) == [
        (3, "", "", together),
        (4, "amount", "1.005", "“1.005” is not an amount: it has more than 2 decimals"),
        (5, "", "", together),
    ]
    assert (done.transactions_new, done.transactions_refused) == (2, 1)


def test_rows_that_disagree_on_the_kind(books: Books) -> None:
    done = books.bring(f"{INVOICE},5.00", "I-1,credit_note,2026-07-01,SUBS,FULL7,5.00")
    assert books.refusals(done)[1] == (3, "kind", "credit_note", "kind differs from line 2 of the same transaction")
    assert done.transactions_refused == 1


def test_rows_that_disagree_on_the_date(books: Books) -> None:
    done = books.bring(f"{INVOICE},5.00", "I-1,invoice,2026-07-02,SUBS,FULL7,5.00")
    assert books.refusals(done)[1] == (
        3,
        "accounting_date",
        "2026-07-02",
        "accounting_date differs from line 2 of the same transaction",
    )


def test_rows_that_stand_apart(books: Books) -> None:
    done = books.bring(f"{INVOICE},5.00", GOOD, f"{INVOICE},6.00")
    reason = "rows of “I-1” stand apart in the file; put them together"
    assert books.refusals(done) == [(2, "source_id", "I-1", reason), (4, "source_id", "I-1", reason)]
    assert (done.transactions_new, done.rows_done) == (1, 3)
    assert (done.transactions_refused, done.rows_refused) == (1, 2), "it is one transaction, wherever its rows stand"


def test_a_reversal_has_one_row(books: Books) -> None:
    done = books.bring(GOOD, "R-1,reversal,2026-07-02,,,,,,,,,OK-1", "R-1,reversal,2026-07-02,,,,,,,,,OK-1")
    assert [row[3] for row in books.refusals(done)] == [
        "refused together with line 4: a reversal has one row only",
        "a reversal has one row only",
    ]


def test_too_few_and_too_many_values(books: Books) -> None:
    done = books.bring_text(with_rows(GOOD) + "P-1,payment\nP-2" + ",x" * 13 + "\n")
    assert books.refusals(done) == [
        (3, "", "", "the row has 2 values; the header names 12"),
        (4, "", "", "the row has 14 values; the header names 12"),
    ]


def test_a_quotation_mark_that_is_not_closed_costs_one_row(books: Books) -> None:
    text = with_rows(GOOD) + 'P-1,payment,2026-07-01,SUBS,CARD,5.00,,,,"Locker,,\n' + with_rows(
        "OK-2,payment,2026-07-01,SUBS,CARD,1.00", 'OK-3,payment,2026-07-01,SUBS,CARD,1.00,,,,"Full 7-day, 2026",,'
    ).split("\n", 1)[1]  # fmt: skip
    done = books.bring_text(text)
    [(line, column, _, reason)] = books.refusals(done)
    assert (line, column) == (3, "")
    assert reason == "a quotation mark stands where none may; write it twice inside quotation marks"
    assert done.transactions_new == 3


def test_a_value_beyond_all_measure_is_not_taken_for_a_quotation_mark(books: Books) -> None:
    long = ["I-1,invoice,2026-07-01,SUBS,FULL7,5.00", *[""] * 3, "x" * 200_000, "", ""]
    done = books.bring_text("\n".join([HEADER, ",".join(long), padded("I-2,invoice,2026-07-01,SUBS,FULL7,5.00"), ""]))
    assert done.transactions_new == 1
    [(line, _column, _value, reason)] = books.refusals(done)
    assert (line, reason) == (2, "a value has more than 131,072 characters")


def test_a_transaction_with_too_many_rows(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    from clubledger.ledger.intake import csv_file, grouping

    monkeypatch.setattr(grouping, "MAX_ROWS_PER_TRANSACTION", 3)
    monkeypatch.setattr(csv_file, "MAX_ROWS_PER_TRANSACTION", 3)
    done = books.bring(GOOD, *[f"{INVOICE},5.00"] * 8, *["I-2,invoice,2026-07-01,SUBS,FULL7,5.00"] * 3)
    assert {row[3] for row in books.refusals(done)} == {"the transaction has more than 3 rows"}
    assert (done.transactions_new, done.transactions_refused, done.rows_refused) == (2, 1, 8)
