"""The reference by which a journal is known in Xero, and the narration it stands in.

Xero gives manual journals no reference field, so ours stands in the narration, the only field its look-up is fast on.
"""

import re
from datetime import date

from clubledger.ledger.models import Journal

_REFERENCE = re.compile(r"\b([A-Z0-9]{6,8})-([0-9]{8})-([0-9]{1,6})\b")

REVERSAL_PREFIX = "Reversal: "
"""What Xero puts before the narration of a reversal made in its screens; such a journal is not ours."""


def reference_of(mark: str, accounting_date: date, sequence: int) -> str:
    """Return the reference: a pure function of the club's mark, the accounting date and the sequence.

    That it depends on nothing else is what lets a restored backup recognise journals it has no memory of.
    """
    return f"{mark}-{accounting_date:%Y%m%d}-{sequence}"


def narration_of(mark: str, journal: Journal, dated_on: date) -> str:
    """Return the narration: what it is, for which day if it is dated on another, and the reference.

    No quotation marks or backslashes and no blanks at the ends: it is looked up by exact equality.
    """
    further = f" (further journal {journal.sequence})" if journal.sequence > 1 else ""
    moved = "" if dated_on == journal.accounting_date else f" for {journal.accounting_date:%d/%m/%Y}"
    reference = reference_of(mark, journal.accounting_date, journal.sequence)
    return f"Member transactions{moved or f' of {journal.accounting_date:%d/%m/%Y}'}{further} ref {reference}"


def reference_in(narration: str, mark: str) -> str:
    """Return the reference of the club with this mark that stands in a narration; empty if none does."""
    if narration.startswith(REVERSAL_PREFIX):
        return ""
    for match in _REFERENCE.finditer(narration):
        if match.group(1) == mark and _is_reference(match.group(0)):
            return match.group(0)
    return ""


def _is_reference(text: str) -> bool:
    """Whether it names a day that exists: anybody can type into a narration in Xero."""
    try:
        date_and_sequence_in(text)
    except ValueError:
        return False
    return True


def date_and_sequence_in(reference: str) -> tuple[date, int]:
    """Take a reference apart again. Raises ValueError for text that is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"{reference} is not a reference")
    day = match.group(2)
    return date(int(day[:4]), int(day[4:6]), int(day[6:])), int(match.group(3))
