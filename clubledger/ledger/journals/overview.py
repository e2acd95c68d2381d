"""Journals as people see them: what is not sent, days, and the journals of a range. Totals only, never history."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Case, Count, F, Max, Min, OrderBy, Q, QuerySet, Subquery, Sum, When

from clubledger.bookkeeping.findings import Severity
from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.models import Club
from clubledger.foundation import clock
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import TAKES_IN, Journal, JournalState

NOT_DONE = tuple(
    str(state) for state in JournalState if state not in {JournalState.SENT, JournalState.RECORDED, JournalState.VOIDED}
)
"""The states of a journal that is still to come to an end; word for word those of the partial index."""

_NOT_DONE_SQL = "ledger_journal.state IN (" + ", ".join(f"'{state}'" for state in NOT_DONE) + ")"

HELD_UP = (JournalState.REJECTED.value, JournalState.UNCERTAIN.value, JournalState.DIFFERS.value)
"""The states of a journal that Xero refused, did not answer clearly, or has otherwise."""

NEEDS_HELP = Q(state__in=HELD_UP) | (Q(state=JournalState.OPEN) & ~Q(findings=[]))
"""What waits for a person: refused, unclear or different in Xero, or open with findings of its last validation."""

EMPTY = Q(debit_minor=0)
"""What says nothing: no line, or every line nil."""

CHOOSABLE = tuple(str(state) for state in TAKES_IN)
"""The states of a journal that a person can validate, send or record."""

FROZEN = (JournalState.QUEUED.value, JournalState.SENDING.value, JournalState.UNCERTAIN.value)
"""The states of a journal on its way to Xero."""

FILTERS: Mapping[str, tuple[str, ...]] = {
    "unsent": NOT_DONE,
    "help": (JournalState.OPEN.value, *HELD_UP),
    "empty": CHOOSABLE,
    "queued": FROZEN,
    "sent": (JournalState.SENT.value,),
    "recorded": (JournalState.RECORDED.value,),
    "all": tuple(JournalState.values),
}
"""The filters of a list of journals, and which states each lets through."""

LONGEST_PRESET_DAYS = 7


@dataclass(frozen=True, slots=True)
class Overview:
    """How a club stands. Days before its Post from date don't count as unsent. Amount: total debits of the unsent."""

    oldest_unsent_on: date | None
    newest_unsent_on: date | None
    transactions_unposted: int
    amount_unposted: Decimal
    journals_unsent: int
    journals_needing_help: int
    first_on: date | None
    last_on: date | None
    preset: tuple[date, date] | None = field(default=None, compare=False)
    """The preset of From and Up To, as `default_range` gives it."""


class DayStatus(StrEnum):
    """How a journal of a day stands in the picture of days, what most wants to be seen first."""

    HELP = "help"
    LOCKED = "locked"
    UNSENT = "unsent"
    BEFORE_CUTOVER = "before_cutover"
    SENT = "sent"
    RECORDED = "recorded"
    EMPTY = "empty"
    VOIDED = "voided"


_URGENCY = list(DayStatus)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that has journals; never of status `voided`: where that is all there is, the day is empty."""

    on: date
    status: DayStatus
    journals: int


def overview(*, club: Club) -> Overview:
    """Return how the club stands, from its unfinished journals alone, in one query unless it has none."""
    today = clock.today_in(club.time_zone)
    # One look at either end of the index; as plain minimum and maximum they would walk every journal there is.
    dates = Journal.objects.of(club).order_by().values_list("accounting_date", flat=True)
    ends = {"first": dates.order_by("accounting_date")[:1], "last": dates.order_by("-accounting_date")[:1]}
    found = _unsent(club).aggregate(
        oldest=Min("accounting_date"),
        newest=Max("accounting_date"),
        newest_until_today=Max("accounting_date", filter=Q(accounting_date__lte=today)),
        transactions=Sum("transaction_count"),
        amount=Sum("debit_minor"),
        journals=Count("pk"),
        helped=Count("pk", filter=NEEDS_HELP),
        **{name: Max(Subquery(rows)) for name, rows in ends.items()},
    )
    if not found["journals"]:
        found |= {name: rows.first() for name, rows in ends.items()}
    return Overview(
        found["oldest"],
        found["newest"],
        found["transactions"] or 0,
        from_minor(found["amount"] or 0),
        found["journals"],
        found["helped"],
        found["first"],
        found["last"],
        _preset(today, found["oldest"], found["newest_until_today"]),
    )


def _unsent(club: Club) -> QuerySet[Journal]:
    # The states stand in the statement itself: with bound values SQLite can't prove that the partial index will do.
    rows: QuerySet[Journal] = Journal.objects.of(club).extra(where=[_NOT_DONE_SQL])  # noqa: S610 - our own words
    return rows.filter(accounting_date__gte=club.post_from) if club.post_from else rows


def unsent_of(*, clubs: Collection[Club]) -> dict[int, tuple[date, int, int]]:
    """Return by club, of those that have unsent journals: the oldest day, how many there are, how many need help.

    In one query, however many clubs; as `overview` counts them.
    """
    rows = Journal.objects.across_clubs("one person's clubs stand side by side").filter(club__in=[c.pk for c in clubs])
    rows = rows.extra(where=[_NOT_DONE_SQL])  # noqa: S610 - our own words
    rows = rows.filter(Q(club__post_from=None) | Q(accounting_date__gte=F("club__post_from"))).order_by()
    found = rows.values("club_id").annotate(
        oldest=Min("accounting_date"), journals=Count("pk"), helped=Count("pk", filter=NEEDS_HELP)
    )
    return {one["club_id"]: (one["oldest"], one["journals"], one["helped"]) for one in found}


def default_range(*, club: Club) -> tuple[date, date]:
    """Return the preset of From and Up To: at most a week, to today in the club's zone or the newest unsent day."""
    today = clock.today_in(club.time_zone)
    ends = (
        _unsent(club)
        .filter(accounting_date__lte=today)
        .aggregate(oldest=Min("accounting_date"), newest=Max("accounting_date"))
    )
    return _preset(today, ends["oldest"], ends["newest"])


def _preset(today: date, oldest: date | None, newest: date | None) -> tuple[date, date]:
    if newest is None or oldest is None:
        return today - timedelta(days=LONGEST_PRESET_DAYS - 1), today
    up_to_on = today if newest > today - timedelta(days=LONGEST_PRESET_DAYS) else newest
    return max(oldest, up_to_on - timedelta(days=LONGEST_PRESET_DAYS - 1)), up_to_on


def select(*, club: Club, from_on: date, up_to_on: date, states: Collection[str] | None = None) -> QuerySet[Journal]:
    """Return the journals of these days, both included, in these states (all, if None), by date and sequence."""
    rows: QuerySet[Journal] = Journal.objects.of(club).filter(accounting_date__range=(from_on, up_to_on))
    if states is not None:
        rows = rows.filter(state__in=[str(state) for state in states])
    return rows.order_by("accounting_date", "sequence")


def days(*, club: Club, from_on: date, up_to_on: date, locked_until: date | None = None) -> list[Day]:
    """Return each day of the range that has a journal, with the status that most wants to be seen.

    A day is locked where validation found it so, a journal waits for the lock, or it is not after `locked_until`.
    """
    rows = select(club=club, from_on=from_on, up_to_on=up_to_on).values_list(
        "accounting_date", "state", "debit_minor", "findings", "wait_reason"
    )
    by_day: dict[date, list[DayStatus]] = {}
    for on, state, debit, findings, wait_reason in rows:
        if club.post_from and on < club.post_from and state in NOT_DONE:
            status = DayStatus.BEFORE_CUTOVER
        else:
            status = _status_of(state, debit, findings, wait_reason)
            if status is DayStatus.UNSENT and locked_until and on <= locked_until:
                status = DayStatus.LOCKED
        by_day.setdefault(on, []).append(status)
    shown = ((on, min(found, key=_URGENCY.index), len(found)) for on, found in by_day.items())
    return [
        Day(on, status if status is not DayStatus.VOIDED else DayStatus.EMPTY, count) for on, status, count in shown
    ]


def _status_of(state: str, debit_minor: int, findings: Iterable[dict[str, Any]], wait_reason: str) -> DayStatus:
    if state in {JournalState.SENT, JournalState.RECORDED, JournalState.VOIDED}:
        return DayStatus(state)
    if state in HELD_UP:
        return DayStatus.HELP
    if state == JournalState.OPEN and not debit_minor:
        return DayStatus.EMPTY
    if wait_reason == WaitReason.LOCK and state == JournalState.QUEUED:
        return DayStatus.LOCKED
    faults = {finding.get("code") for finding in findings if finding.get("severity", "fault") == Severity.FAULT}
    if state == JournalState.OPEN and faults:
        return DayStatus.LOCKED if faults == {"locked"} else DayStatus.HELP
    return DayStatus.UNSENT


def matching(rows: QuerySet[Journal], *, shown: str) -> QuerySet[Journal]:
    """Return those of the journals that a filter shows."""
    rows = rows.filter(state__in=FILTERS[shown])
    if shown == "help":
        rows = rows.filter(NEEDS_HELP)
    return rows.filter(EMPTY) if shown == "empty" else rows


def choosable(rows: QuerySet[Journal], *, shown: str, club: Club) -> QuerySet[Journal]:
    """Return those that a filter shows and a person can choose: not frozen, not done, not before the cut-over.

    Of recorded journals that is any, and of those on their way what is queued: so far each can still be undone.
    """
    rows = matching(rows, shown=shown)
    if shown == "recorded":
        return rows
    if shown == "queued":
        return rows.filter(state="queued")
    rows = rows.filter(state__in=CHOOSABLE)
    return rows.filter(accounting_date__gte=club.post_from) if club.post_from else rows


@dataclass(frozen=True, slots=True)
class Group:
    """Journals of one state with the same flags, counted. `is_early`: dated before the club's Post from date."""

    state: str
    is_helped: bool
    is_empty: bool
    is_early: bool
    is_found: bool
    journals: int
    minor: int
    transactions: int
    lines: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What groups of journals add up to: how many there are, and the figures of those that are not voided.

    What a voided one held stands in another journal of its date, and would be counted twice.
    """

    journals: int
    voided: int
    minor: int
    transactions: int
    lines: int

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "Figures":
        """Add the groups up."""
        live = [group for group in groups if group.state != "voided"]
        number = sum(group.journals for group in groups)
        return cls(
            journals=number,
            voided=number - sum(group.journals for group in live),
            minor=sum(group.minor for group in live),
            transactions=sum(group.transactions for group in live),
            lines=sum(group.lines for group in live),
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Journals counted in one query."""

    groups: tuple[Group, ...]

    @classmethod
    def of(cls, rows: QuerySet[Journal], *, club: Club) -> "Tally":
        """Count journals of the club."""
        flags = {
            "is_helped": NEEDS_HELP,
            "is_empty": EMPTY,
            "is_early": Q(accounting_date__lt=club.post_from) if club.post_from else Q(pk=None),
            "is_found": ~Q(findings=[]),
        }
        flagged = {name: Case(When(flag, then=True), default=False) for name, flag in flags.items()}
        grouped = rows.order_by().annotate(**flagged).values("state", *flags)
        sums = {"minor": Sum("debit_minor"), "transactions": Sum("transaction_count"), "lines": Sum("line_count")}
        return cls(tuple(Group(**found) for found in grouped.annotate(journals=Count("pk"), **sums)))

    def shown(self, shown: str) -> list[Group]:
        """Return the groups that a filter shows, as `matching` does."""
        flag = {"help": "is_helped", "empty": "is_empty"}.get(shown)
        return [
            group for group in self.groups if group.state in FILTERS[shown] and (flag is None or getattr(group, flag))
        ]

    def choosable(self, shown: str) -> list[Group]:
        """Return the groups that a filter shows and a person can choose, as `choosable` does."""
        groups = self.shown(shown)
        if shown == "recorded":
            return groups
        if shown == "queued":
            return [group for group in groups if group.state == "queued"]
        return [group for group in groups if group.state in CHOOSABLE and not group.is_early]

    def has(self, state: str) -> bool:
        """Whether there is a journal in this state."""
        return any(group.state == state for group in self.groups)

    def has_choosable(self, flag: str) -> bool:
        """Whether there is a journal in a state that can be chosen, with this flag."""
        return any(group.state in CHOOSABLE and getattr(group, flag) for group in self.groups)


def listed(rows: QuerySet[Journal], order: Sequence[str | OrderBy] = ()) -> QuerySet[Journal]:
    """Return journals as a list tells of them, with who sent or recorded them, in this order; else as they stand."""
    rows = rows.select_related("sent_by", "recorded_by")
    return rows.order_by(*order) if order else rows


def find(*, club: Club, journal_id: int, states: Collection[str]) -> Journal | None:
    """Return a journal of the club that is in one of these states; None where there is none."""
    found: Journal | None = Journal.objects.of(club).filter(pk=journal_id, state__in=states).first()
    return found


def of_keys(*, club: Club, journal_ids: Collection[int]) -> QuerySet[Journal]:
    """Return the club's journals of these keys."""
    rows: QuerySet[Journal] = Journal.objects.of(club).filter(pk__in=journal_ids)
    return rows


def sizes_of(rows: QuerySet[Journal]) -> list[tuple[int, int, int, date]]:
    """Return each journal's key, debits in minor units, number of transactions and date, by date."""
    ordered = rows.order_by("accounting_date", "sequence")
    return list(ordered.values_list("pk", "debit_minor", "transaction_count", "accounting_date"))


def findings_of(rows: QuerySet[Journal]) -> QuerySet[Journal, tuple[int, list[dict[str, Any]]]]:
    """Return the key and the findings of each journal that can be chosen and of which validation found something."""
    return rows.filter(state__in=CHOOSABLE).exclude(findings=[]).values_list("pk", "findings")
