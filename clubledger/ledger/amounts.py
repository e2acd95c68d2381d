"""What moved on each GL code or job code, month by month: frozen journals by their lines, the others as mapped now.

A voided journal counts for nothing: its transactions stand in another. Reads only.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf, Substr

from clubledger.clubs.models import Club
from clubledger.ledger.models import TAKES_IN, JournalLine, JournalState, JournalTotal

UNFROZEN = (*TAKES_IN, JournalState.RECORDED)
"""States of journals that have totals and no lines."""
IN_XERO = (JournalState.SENT, JournalState.DIFFERS)

By = Literal["gl_code", "job"]


@dataclass(slots=True)
class Moved:
    """What a month debited and credited, in whole minor units: in Xero, and not there (recorded, or still to come)."""

    debit_sent: int = 0
    credit_sent: int = 0
    debit_unsent: int = 0
    credit_unsent: int = 0

    @property
    def debit(self) -> int:
        """All debits."""
        return self.debit_sent + self.debit_unsent

    @property
    def credit(self) -> int:
        """All credits."""
        return self.credit_sent + self.credit_unsent

    @property
    def net(self) -> int:
        """Debits less credits."""
        return self.debit - self.credit


Months = dict[date, Moved]


def monthly(*, club: Club, since: date, by: By = "gl_code", only: int | str | None = None) -> dict[Any, Months]:
    """Give by the key of a GL code, or by job code, what each month since a day moved; `only` one of them if given.

    None is the key of what has no GL code yet, so that all debits are all credits; what has no job is left out. Two
    statements, however many codes and months.
    """
    found: dict[Any, Months] = defaultdict(lambda: defaultdict(Moved))
    rows = [*_frozen(club, since, by, only), *_unfrozen(club, since, by, only)]
    for key, month, is_sent, debit, credit in rows:
        moved = found[key][date.fromisoformat(f"{month}-01")]
        if is_sent:
            moved.debit_sent += debit
            moved.credit_sent += credit
        else:
            moved.debit_unsent += debit
            moved.credit_unsent += credit
    return {key: dict(months) for key, months in found.items()}


def months_until(last_on: date, count: int) -> list[date]:
    """Give the first days of so many months, oldest first, the last of them that of a day."""
    number = last_on.year * 12 + last_on.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


def _frozen(club: Club, since: date, by: By, only: int | str | None) -> Iterable[Any]:
    key = F("gl_code_id") if by == "gl_code" else F("job_code__code")
    rows = JournalLine.objects.filter(journal__club=club, journal__accounting_date__gte=since).exclude(
        journal__state__in=[*UNFROZEN, JournalState.VOIDED]
    )
    return _grouped(_narrowed(rows.annotate(key=key), by, only), Q(amount_minor__gt=0), sign=-1)


def _unfrozen(club: Club, since: date, by: By, only: int | str | None) -> Iterable[Any]:
    key = F("item__gl_code_id") if by == "gl_code" else Coalesce(NullIf("job", Value("")), "item__default_job__code")
    rows = JournalTotal.objects.filter(
        journal__club=club, journal__accounting_date__gte=since, journal__state__in=UNFROZEN
    )
    return _grouped(_narrowed(rows.annotate(key=key), by, only), Q(is_debit=True), sign=1)


def _narrowed(rows: QuerySet[Any], by: By, only: int | str | None) -> QuerySet[Any]:
    if only is not None:
        return rows.filter(key=only)
    return rows.filter(key__isnull=False) if by == "job" else rows


def _grouped(rows: QuerySet[Any], is_debit: Q, *, sign: int) -> Iterable[Any]:
    """Give (key, month, whether in Xero, debits, credits); `sign` is that of credits as they are stored."""
    # Cut out of the date as text, which both databases do themselves.
    month = Substr(Cast("journal__accounting_date", CharField()), 1, 7)
    sent = Case(When(journal__state__in=IN_XERO, then=True), default=False)
    grouped: QuerySet[Any] = rows.annotate(month=month, is_sent=sent).order_by()
    grouped = grouped.values_list("key", "month", "is_sent")
    found: Iterable[Any] = grouped.annotate(
        debit=Sum(Case(When(is_debit, then="amount_minor"), default=0)),
        credit=Sum(Case(When(is_debit, then=0), default=sign * F("amount_minor"))),
    )
    return found
