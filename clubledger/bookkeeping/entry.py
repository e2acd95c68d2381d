"""A journal entry as it will stand in Xero. It cannot exist unbalanced, with one line, or with a nil line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from clubledger.bookkeeping.phrases import Figure, phrase
from clubledger.bookkeeping.rules import ResolvedLine

LineAmountTypes = Literal["Inclusive", "NoTax"]


class BadEntry(ValueError):
    """Root of what an entry can't be."""


class Unbalanced(BadEntry):
    """Debits and credits differ."""


class TooFewLines(BadEntry):
    """Fewer than two lines."""


class NilLine(BadEntry):
    """A line that says nothing."""


class LineWithoutAccount(BadEntry):
    """A line whose item has no GL code."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `amount` is gross and debit positive; `tax_type` is always explicit; Xero works the tax out."""

    account_id: str
    account_code: str
    amount: Decimal
    tax_type: str
    description: str = ""
    category_id: str = ""
    option_id: str = ""
    stated_gross: Decimal = Decimal("0.00")
    stated_tax: Decimal = Decimal("0.00")
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines of one date that balance."""

    dated_on: date
    lines: tuple[Line, ...]
    line_amount_types: LineAmountTypes = "Inclusive"

    def __post_init__(self) -> None:
        if len(self.lines) < 2:
            raise TooFewLines(phrase("%(count)s lines; a journal has at least two", count=len(self.lines)))
        if any(not line.amount for line in self.lines):
            raise NilLine(phrase("a line of nil"))
        if self.total_debits != self.total_credits:
            raise Unbalanced(
                phrase(
                    "debits %(debits)s are not credits %(credits)s",
                    debits=Figure(str(self.total_debits)),
                    credits=Figure(str(self.total_credits)),
                )
            )

    @property
    def total_debits(self) -> Decimal:
        """Sum of the debit lines."""
        return sum((line.amount for line in self.lines if line.amount > 0), Decimal("0.00"))

    @property
    def total_credits(self) -> Decimal:
        """Sum of the credit lines, as a positive amount."""
        return -sum((line.amount for line in self.lines if line.amount < 0), Decimal("0.00"))


def entry_of(dated_on: date, lines: tuple[ResolvedLine, ...], *, with_tax: bool = True) -> Entry:
    """Make the entry of resolved lines. Raises LineWithoutAccount where an item has no GL code, or another BadEntry."""
    made = []
    for line in lines:
        if line.account is None:
            raise LineWithoutAccount(line.description)
        made.append(
            Line(
                account_id=line.account.account_id,
                account_code=line.account.code,
                amount=line.amount,
                tax_type=line.tax_type,
                description=line.description,
                category_id=line.job.category_id if line.job else "",
                option_id=line.job.option_id if line.job else "",
                stated_gross=line.stated_gross,
                stated_tax=line.stated_tax,
                row_count=line.row_count,
            )
        )
    return Entry(dated_on, tuple(made), "Inclusive" if with_tax else "NoTax")
