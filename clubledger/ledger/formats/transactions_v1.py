"""The neutral transactions file, version 1: its columns, and what makes a row bad, in words for a treasurer.

Knows nothing of files or of the database: it takes text by column and gives checked values or faults.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from operator import itemgetter
from typing import NamedTuple

from clubledger.bookkeeping.facts import CARRIES_TAX, EARLIEST_YEAR, LATEST_YEAR, Kind
from clubledger.bookkeeping.phrases import phrase
from clubledger.ledger.formats.amounts import KIND_WORDS, amount_fault, is_amount, minor_of, tax_fault

COLUMNS = (
    "source_id",
    "kind",
    "accounting_date",
    "account_type",
    "item",
    "amount",
    "tax_amount",
    "job",
    "member",
    "description",
    "document_date",
    "reverses",
)
REQUIRED_COLUMNS = COLUMNS[:6]
REASON_COLUMN = "reason"
"""Stands in a download of refused rows and is passed over when that file comes back."""

LONGEST = {
    "source_id": 100,
    "account_type": 100,
    "item": 100,
    "job": 100,
    "member": 100,
    "description": 200,
    "reverses": 100,
}
"""The most characters that each text column may have."""

MAX_ROWS_PER_TRANSACTION = 10_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search
_KINDS = frozenset(str(kind) for kind in Kind)
_TAXED_KINDS = frozenset(str(kind) for kind in CARRIES_TAX)
_REVERSAL = str(Kind.REVERSAL)
_INVOICE = str(Kind.INVOICE)
# Building a named tuple by its own constructor costs three times as much, a quarter of a second in 250,000 rows.
_new_row = tuple.__new__
_BLANK_ON_REVERSAL = ("account_type", "item", "amount", "tax_amount", "job")


class Fault(NamedTuple):
    """What is wrong with one value of a row. `column` is empty where it is the row as a whole."""

    column: str
    value: str
    reason: str


class CheckedRow(NamedTuple):
    """A row found good. Amounts are minor units as in the file; dates are `YYYY-MM-DD`; blank text is empty.

    On a reversal, which has no rows of its own, everything from `account_type` to `job` is blank.
    """

    source_id: str
    kind: str
    accounting_date: str
    reverses: str
    account_type: str
    item: str
    amount_minor: int
    tax_minor: int | None
    job: str
    member: str
    description: str
    document_date: str | None


def check_header(header: Sequence[str]) -> str:
    """Return why a file with this header is refused as a whole; the empty string if it is not."""
    names = [name for name in header if name]
    if not set(names) & set(COLUMNS):
        return phrase(
            "The file has no header row. Its first row must name the columns, separated by commas: "
            "%(required_columns)s, and if you like %(columns)s.",
            required_columns=", ".join(REQUIRED_COLUMNS),
            columns=", ".join(COLUMNS[6:]),
        )
    for name in header:
        if name not in COLUMNS and name != REASON_COLUMN:
            close = get_close_matches(name, COLUMNS, n=1)
            known = ", ".join(COLUMNS)
            if not name:
                return phrase("A column has no name in the header. The columns are: %(known)s.", known=known)
            if not close:
                return phrase(
                    "The header names an unknown column “%(name)s”. The columns are: %(known)s.", name=name, known=known
                )
            return phrase(
                "The header names an unknown column “%(name)s”. Did you mean “%(close)s”? The columns are: %(known)s.",
                name=name,
                close=close[0],
                known=known,
            )
        if header.count(name) > 1:
            return phrase("The header names the column “%(name)s” twice.", name=name)
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        if len(missing) > 1:
            return phrase("The header lacks the columns %(missing)s.", missing=", ".join(missing))
        return phrase("The header lacks the column %(missing)s.", missing=missing[0])
    return ""


def arrange(header: Sequence[str]) -> Callable[[list[str]], Sequence[str]] | None:
    """Return a function that puts a row's values in the order of COLUMNS, with empty text for columns it lacks.

    None where they stand in that order already.
    """
    if tuple(header) == COLUMNS:
        return None
    pick = itemgetter(*(header.index(name) if name in header else -1 for name in COLUMNS))
    return lambda values: pick([*values, ""])


def read_apostrophe(value: str) -> str:
    """Take off the apostrophe that marks a value as text for spreadsheets: `'=A1` is read as `=A1`.

    Downloads put it there (see `shield`), so reading it back gives what was in the first file.
    """
    return value[1:] if _SHIELDED(value) else value


def shield(column: str, value: str) -> str:
    """Make a value harmless for spreadsheets, which take text beginning with = + - @ for a formula.

    Numbers of the amount columns stay as they are. `read_apostrophe` undoes it exactly.
    """
    if column in {"amount", "tax_amount"} and _PLAIN_NUMBER(value):
        return value
    return f"'{value}" if _FORMULA(value) else value


# The full-width signs are what spreadsheets in East Asian languages read alike.
_SHIELDED = re.compile("'+[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]").match
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]").match
_PLAIN_NUMBER = re.compile(r"-?[0-9][0-9.,]*").fullmatch


def mapping_faults(fields: Mapping[str, object]) -> list[Fault]:
    """Return what is wrong with a row given by column name before any value is looked at: names and types."""
    faults = []
    for name, value in fields.items():
        if name not in COLUMNS:
            faults.append(
                Fault(
                    name,
                    str(value),
                    phrase(
                        "“%(name)s” is not a field of a row; use %(columns)s", name=name, columns=", ".join(COLUMNS)
                    ),
                )
            )
        elif value is not None and not isinstance(value, str):
            faults.append(Fault(name, str(value), phrase("%(name)s must be given as text", name=name)))
    return faults


def row_checker() -> Callable[[Sequence[str]], CheckedRow | list[Fault]]:
    """Return a function that checks a row whose values stand in the order of COLUMNS: it gives the row, or every fault.

    It remembers which codes and dates it has found good, as most rows repeat them.
    """
    good_codes: set[tuple[str, str, str, str]] = set()
    good_dates: set[str] = set()

    def check(fields: Sequence[str]) -> CheckedRow | list[Fault]:
        # The usual row in one condition, for speed; whatever is unusual goes the long way, which finds the words.
        text = ",".join(fields)
        if ",'" in text or text[0] == "'":
            fields = [read_apostrophe(value) for value in fields]
        source_id, kind, on, account_type, item, amount, tax, job, member, description, document_date, reverses = fields
        if (
            (kind, account_type, item, job) in good_codes
            and on in good_dates
            and (not document_date or document_date in good_dates)
            and source_id
            and (len(text) <= 100 or max(len(source_id), len(member), len(reverses), len(description) - 100) <= 100)
            and text.isprintable()
            and not source_id.isspace()
            and is_amount(amount)
        ):
            minor = int(amount[:-3] + amount[-2:]) if amount[-3:-2] == "." else minor_of(amount)
            tax_minor = None
            if tax:
                if kind not in _TAXED_KINDS or not is_amount(tax):
                    return _check_slowly(fields)
                tax_minor = int(tax[:-3] + tax[-2:]) if tax[-3:-2] == "." else minor_of(tax)
            if (minor > 0 and (tax_minor is None or 0 <= tax_minor <= minor)) or (
                minor < 0 and kind == _INVOICE and (tax_minor is None or minor <= tax_minor <= 0)
            ):
                # fmt: off
                return _new_row(CheckedRow, (
                    source_id, kind, on, reverses, account_type, item, minor, tax_minor, job, member, description,
                    document_date or None,
                ))
                # fmt: on
        checked = _check_slowly(fields)
        if checked.__class__ is CheckedRow and kind != _REVERSAL:
            if len(good_codes) > 100_000 or len(good_dates) > 100_000:
                good_codes.clear()
                good_dates.clear()
            good_codes.add((kind, account_type, item, job))
            good_dates.add(on)
            if document_date:
                good_dates.add(document_date)
        return checked

    return check


def _check_slowly(fields: Sequence[str]) -> CheckedRow | list[Fault]:
    values = dict(zip(COLUMNS, fields, strict=True))
    faults = list(_text_faults(values))
    kind = values["kind"]
    if kind.strip() and kind not in _KINDS:
        faults.append(
            Fault(
                "kind",
                kind,
                phrase(
                    "“%(kind)s” is not a kind of transaction; use one of: %(kind_list)s",
                    kind=kind,
                    kind_list=_KIND_LIST,
                ),
            )
        )
    for column in ("accounting_date", "document_date"):
        reason = _date_fault(values[column]) if values[column].strip() else ""
        if reason:
            faults.append(Fault(column, values[column], reason))
    faults += _reversal_faults(values) if kind == _REVERSAL else _money_faults(values)
    if not faults:
        return _checked(values)
    order = {name: position for position, name in enumerate(COLUMNS)}
    return sorted(faults, key=lambda fault: order[fault.column])


_KIND_LIST = ", ".join(str(kind) for kind in Kind)


def _checked(values: Mapping[str, str]) -> CheckedRow:
    tax = values["tax_amount"]
    states_tax = bool(tax) and values["kind"] in _TAXED_KINDS
    return CheckedRow(
        values["source_id"],
        values["kind"],
        values["accounting_date"],
        values["reverses"],
        values["account_type"],
        values["item"],
        minor_of(values["amount"]) if values["amount"] else 0,
        minor_of(tax) if states_tax else None,
        values["job"],
        values["member"],
        values["description"],
        values["document_date"] or None,
    )


def _text_faults(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    for column, value in values.items():
        found = _UNWRITABLE(value)
        if found:
            what = (
                phrase("a line break")
                if found[0] in "\r\n"
                else phrase("a control character (U+%(found)s)", found=f"{ord(found[0]):04X}")
            )
            faults.append(
                Fault(column, value, phrase("%(column)s contains %(what)s; take it out", column=column, what=what))
            )
        longest = LONGEST.get(column)
        if longest is not None and len(value) > longest:
            faults.append(
                Fault(
                    column,
                    value,
                    phrase(
                        "%(column)s has %(value)s characters; at most %(longest)s are allowed",
                        column=column,
                        value=len(value),
                        longest=longest,
                    ),
                )
            )
    for column in ("source_id", "kind", "accounting_date"):
        if not values[column].strip():
            faults.append(Fault(column, values[column], phrase("%(column)s is empty", column=column)))
    return faults


def _date_fault(value: str) -> str:
    if not _DATE(value):
        return phrase("“%(value)s” is not a date written YYYY-MM-DD, such as 2026-07-01", value=value)
    try:
        year = date.fromisoformat(value).year
    except ValueError:
        return phrase("“%(value)s” is not a day of the calendar", value=value)
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        return phrase(
            "the year of “%(value)s” is not between %(earliest_year)s and %(latest_year)s",
            value=value,
            earliest_year=EARLIEST_YEAR,
            latest_year=LATEST_YEAR,
        )
    return ""


def _reversal_faults(values: Mapping[str, str]) -> list[Fault]:
    faults = [
        Fault(
            column,
            values[column],
            phrase("%(column)s must be empty on a reversal; it mirrors the transaction it reverses", column=column),
        )
        for column in _BLANK_ON_REVERSAL
        if values[column]
    ]
    if not values["reverses"].strip():
        faults.append(
            Fault("reverses", values["reverses"], phrase("reverses is empty; a reversal must say what it reverses"))
        )
    elif values["reverses"] == values["source_id"]:
        faults.append(Fault("reverses", values["reverses"], phrase("a reversal can't reverse itself")))
    return faults


def _money_faults(values: Mapping[str, str]) -> list[Fault]:
    kind, amount, tax = values["kind"], values["amount"], values["tax_amount"]
    faults = [
        Fault(column, values[column], phrase("%(column)s is empty", column=column))
        for column in ("account_type", "item", "amount")
        if not values[column].strip()
    ]
    minor = None
    if amount.strip():
        reason = amount_fault(amount)
        if not reason:
            minor = minor_of(amount)
            reason = phrase("the amount is nil") if not minor else ""
        if minor is not None and minor < 0 and kind in _KINDS and kind != _INVOICE:
            reason = phrase(
                "the amount of a %(kind)s can't be negative; only a discount row of an invoice can",
                kind=KIND_WORDS.get(kind, kind),
            )
        if reason:
            faults.append(Fault("amount", amount, reason))
    reason = tax_fault(kind, minor, tax) if tax else ""
    if reason:
        faults.append(Fault("tax_amount", tax, reason))
    return faults
