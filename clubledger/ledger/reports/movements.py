"""What moved on each GL code or job code, period by period: frozen journals by their lines, the others as mapped now.

A voided journal counts for nothing: its transactions stand in another. Reads only.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf

from clubledger.clubs.models import Club
from clubledger.ledger.models import TAKES_IN, JournalLine, JournalState, JournalTotal

UNFROZEN = (*TAKES_IN, JournalState.RECORDED)
"""States of journals that have totals and no lines."""
IN_XERO = (JournalState.SENT, JournalState.DIFFERS)

By = Literal["gl_code", "job"]


@dataclass(slots=True)
class Moved:
    """What a period debited and credited, in whole minor units: in Xero, and not there (recorded, or still to come)."""

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


Periods = dict[date, Moved]


def moved(
    *, club: Club, starts: Sequence[date], by: By = "gl_code", only: int | str | None = None
) -> dict[Any, Periods]:
    """Return by the key of a GL code, or by job code, what each period moved; `only` one of them if given.

    Periods are named by their first days, oldest first, the last one open. None is the key of what has no GL code yet,
    so that all debits are all credits; what has no job is left out. Two statements, however many codes and periods,
    that read the totals of all the journals in between: a quarter of them is quick, and so is a year of one code.
    """
    found: dict[Any, Periods] = defaultdict(lambda: defaultdict(Moved))
    rows = [*_frozen(club, starts, by, only), *_unfrozen(club, starts, by, only)]
    for key, period, is_sent, debit, credit in rows:
        one = found[key][starts[period]]
        if is_sent:
            one.debit_sent += debit
            one.credit_sent += credit
        else:
            one.debit_unsent += debit
            one.credit_unsent += credit
    return {key: dict(periods) for key, periods in found.items()}


def months_until(last_on: date, count: int) -> list[date]:
    """Return the first days of so many months, oldest first, the last of them that of a day."""
    number = last_on.year * 12 + last_on.month - 1
    return [date(one // 12, one % 12 + 1, 1) for one in range(number - count + 1, number + 1)]


def weeks_until(last_on: date, count: int) -> list[date]:
    """Return the Mondays of so many weeks, oldest first, the last of them that of a day's week."""
    monday = last_on - timedelta(days=last_on.weekday())
    return [monday - timedelta(weeks=ago) for ago in range(count - 1, -1, -1)]


def _frozen(club: Club, starts: Sequence[date], by: By, only: int | str | None) -> Iterable[Any]:
    key = F("gl_code_id") if by == "gl_code" else F("job_code__code")
    rows = JournalLine.objects.filter(journal__club=club, journal__accounting_date__gte=starts[0]).exclude(
        journal__state__in=[*UNFROZEN, JournalState.VOIDED]
    )
    return _grouped(_narrowed(rows.annotate(key=key), by, only), starts, Q(amount_minor__gt=0), sign=-1)


def _unfrozen(club: Club, starts: Sequence[date], by: By, only: int | str | None) -> Iterable[Any]:
    key = F("item__gl_code_id") if by == "gl_code" else Coalesce(NullIf("job", Value("")), "item__default_job__code")
    rows = JournalTotal.objects.filter(
        journal__club=club, journal__accounting_date__gte=starts[0], journal__state__in=UNFROZEN
    )
    return _grouped(_narrowed(rows.annotate(key=key), by, only), starts, Q(is_debit=True), sign=1)


def _narrowed(rows: QuerySet[Any], by: By, only: int | str | None) -> QuerySet[Any]:
    if only is not None:
        return rows.filter(key=only)
    return rows.filter(key__isnull=False) if by == "job" else rows


def _grouped(rows: QuerySet[Any], starts: Sequence[date], is_debit: Q, *, sign: int) -> Iterable[Any]:
    """Return (key, place of the period, whether in Xero, debits, credits); `sign` is that of credits as stored."""
    newest_first = reversed(list(enumerate(starts)))
    # Compared and not computed: a period's place is the same in both databases.
    place = Case(*[When(journal__accounting_date__gte=start, then=Value(index)) for index, start in newest_first])
    sent = Case(When(journal__state__in=IN_XERO, then=True), default=False)
    grouped: QuerySet[Any] = rows.annotate(place=place, is_sent=sent).order_by()
    grouped = grouped.values_list("key", "place", "is_sent")
    found: Iterable[Any] = grouped.annotate(
        debit=Sum(Case(When(is_debit, then="amount_minor"), default=0)),
        credit=Sum(Case(When(is_debit, then=0), default=sign * F("amount_minor"))),
    )
    return found
