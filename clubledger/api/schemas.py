"""What the API says: the shapes of its answers, amounts as text, and one shape for everything that goes wrong."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import WithJsonSchema

from clubledger.bookkeeping.money import from_minor
from clubledger.ledger.formats.transactions_v1 import COLUMNS, REQUIRED_COLUMNS
from clubledger.ledger.journals.drill_down import LineView
from clubledger.ledger.models import Import, Journal, RefusedRow

CODES = {
    400: "bad_request",
    401: "no_key",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_method",
    413: "too_big",
    422: "invalid",
    429: "too_many_requests",
    500: "broken",
}
ABOUT = {
    "source_id": "Its id in your system, up to 100 characters. The same id again changes nothing, or corrects.",
    "kind": "invoice, credit_note, payment, refund, dishonour, transfer, prize, pos_sale or reversal",
    "accounting_date": "YYYY-MM-DD; picks the journal",
    "account_type": "Code of the member account type",
    "item": "Code of a charge, a payment method, or (transfer) the account type that receives",
    "amount": "Gross, as text: “1100.00”. Negative only for a discount row of an invoice.",
    "tax_amount": "Tax contained in amount; absent = not stated, “0.00” = none",
    "job": "Job code; absent = the charge's default",
    "member": "Member number",
    "description": "Up to 200 characters",
    "document_date": "YYYY-MM-DD",
    "reverses": "source_id of the transaction that this one is about",
}
Row = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "title": "Row",
            "properties": {name: {"type": "string", "description": ABOUT[name]} for name in COLUMNS},
            # All of them but for a reversal, which leaves the last three blank.
            "required": list(REQUIRED_COLUMNS[:3]),
        }
    ),
]
"""A row as the caller gives it. Its values are checked by the ledger, each row apart, not here."""

Amount = Annotated[str, Field(description="As text with two decimals, such as “1100.00”", examples=["1100.00"])]


class Fault(Schema):
    """One thing that is wrong with a request."""

    where: str
    reason: str


class Error(Schema):
    """Why nothing was done."""

    code: str
    message: str
    faults: list[Fault] = []


class Problem(Schema):
    """The shape of every answer whose status is 400 or more."""

    error: Error


class Batch(Schema):
    """Rows to bring in. Rows of one transaction stand together."""

    source: str = Field("api", min_length=1, max_length=60, description="The name of your system; keep it the same.")
    rows: list[Row] = Field(min_length=1, max_length=5000)


class Refusal(Schema):
    """A row that was refused, with its whole transaction, and why."""

    row: int = Field(description="Its place in the list, from 1")
    source_id: str
    field: str
    value: str
    reason: str


class Counts(Schema):
    """What became of the transactions."""

    new: int
    already_there: int
    amended: int
    corrected: int
    refused: int


class Imported(Schema):
    """An import: how far it is, and what came of it."""

    id: int
    state: str = Field(description="waiting, running, done, refused, failed, undoing or undone")
    source: str
    file_name: str
    created_at: datetime
    finished_at: datetime | None
    rows: int
    transactions: Counts
    problem: str = Field(description="Why it was refused or failed as a whole; empty otherwise")
    refusals: list[Refusal] = Field(description="The first 1,000 refused rows")


class JournalInList(Schema):
    """A journal: one day's entry, or a further one of the day."""

    id: int
    number: str = Field(description="Empty until it is sent, then such as J-000123")
    accounting_date: date
    sequence: int
    state: str = Field(
        description="open, valid, queued, sending, sent, rejected, uncertain, differs, recorded or voided"
    )
    transactions: int
    debit: Amount
    sent_at: datetime | None
    xero_journal_id: str
    words: str = Field(description="What Xero said when it refused or warned")


class Line(Schema):
    """A line of a journal. Either debit or credit is given."""

    account_code: str
    account_name: str
    job: str
    tax_type: str
    debit: Amount | None
    credit: Amount | None
    source_tax: Amount | None
    xero_tax: Amount | None
    rows: int
    problems: list[str]


class JournalWithLines(JournalInList):
    """A journal with its lines."""

    lines: list[Line]


class Journals(Schema):
    """A page of journals, by date and sequence."""

    journals: list[JournalInList]
    page: int
    pages: int
    total: int


class ClubState(Schema):
    """The key's club, and how it stands."""

    name: str
    slug: str
    time_zone: str
    key: str
    may_import: bool
    oldest_unsent_on: date | None
    transactions_unposted: int
    amount_unposted: Amount


def money(amount: Decimal | None) -> str | None:
    """Write an amount as the API gives it."""
    return None if amount is None else f"{amount:.2f}"


def problem(status: int, message: str = "", faults: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return the body of an answer that tells of a problem."""
    words = message or HTTPStatus(status).description or HTTPStatus(status).phrase
    code = CODES.get(status, "bad_request" if status < 500 else "broken")
    return {"error": {"code": code, "message": words, "faults": list(faults)}}


def of_journal(journal: Journal) -> dict[str, Any]:
    """Return a journal in the shape of JournalInList."""
    return {
        "id": journal.pk,
        "number": journal.number,
        "accounting_date": journal.accounting_date,
        "sequence": journal.sequence,
        "state": journal.state,
        "transactions": journal.transaction_count,
        "debit": money(from_minor(journal.debit_minor)),
        "sent_at": journal.sent_at,
        "xero_journal_id": journal.xero_journal_id,
        "words": journal.xero_words,
    }


def of_line(line: LineView) -> dict[str, Any]:
    """Return a line in the shape of Line."""
    return {
        "account_code": line.account_code,
        "account_name": line.account_name,
        "job": line.job,
        "tax_type": line.tax_type,
        "debit": money(line.debit),
        "credit": money(line.credit),
        "source_tax": money(line.source_tax),
        "xero_tax": money(line.xero_tax),
        "rows": line.row_count,
        "problems": list(line.problems),
    }


def of_import(found: Import, refused: list[RefusedRow]) -> dict[str, Any]:
    """Return an import in the shape of Imported."""
    return {
        "id": found.pk,
        "state": found.state,
        "source": found.source,
        "file_name": found.file_name,
        "created_at": found.created_at,
        "finished_at": found.finished_at,
        "rows": found.rows_done,
        "transactions": {name: getattr(found, f"transactions_{name}") for name in Counts.model_fields},
        "problem": found.refusal,
        "refusals": [
            {
                "row": row.line_number,
                "source_id": row.source_id,
                "field": row.column,
                "value": row.value,
                "reason": row.reason,
            }
            for row in refused
        ],
    }
