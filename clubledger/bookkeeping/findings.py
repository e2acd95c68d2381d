"""A finding: something a person should know before a journal is sent. A fault keeps it back, a warning does not."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from clubledger.bookkeeping.phrases import from_plain, plain_of


class Severity(StrEnum):
    """Whether the journal may be sent in spite of it."""

    FAULT = "fault"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in words, what to do, and where.

    `mends` names the place: `charge:LOCKER`, `account_type:SUBS`, `payment_method:CARD`, `account:200`, `gl_code:200`
    (its charges), `job:Golf`, `tax_type:OUTPUT`, `organisation`, `journal`. Findings of one cause share `code` and
    `mends`.
    """

    code: str
    message: str
    remedy: str = ""
    mends: str = ""
    severity: Severity = Severity.FAULT
    amount: Decimal | None = None
    count: int = 0

    @property
    def is_fault(self) -> bool:
        """Whether it keeps the journal back."""
        return self.severity is Severity.FAULT

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON values: message and remedy with form and values, the amount as text."""
        plain = asdict(self)
        plain["message"], plain["remedy"] = plain_of(self.message), plain_of(self.remedy)
        plain["severity"] = str(self.severity)
        plain["amount"] = None if self.amount is None else str(self.amount)
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Finding":
        """Read what `as_plain` gave."""
        amount = plain.get("amount")
        return cls(
            code=plain["code"],
            message=from_plain(plain["message"]),
            remedy=from_plain(plain.get("remedy", "")),
            mends=plain.get("mends", ""),
            severity=Severity(plain.get("severity", "fault")),
            amount=None if amount is None else Decimal(amount),
            count=plain.get("count", 0),
        )
