"""Looking through the transactions, so that a page takes as long with millions as with few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OrderBy, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from clubledger.clubs.models import Club
from clubledger.ledger.models import Import, Journal, Posting, SourceTransaction

AT_ONCE = 10_000
"""Transactions that are looked through for one page; the day in which they are reached is looked through whole."""

MOST_JOURNALS = 2_000


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: a text, a kind, whether it is posted (`yes`, `no`, or either), days, or an import's rows."""

    text: str
    kind: str
    posted: str
    from_on: date
    up_to_on: date
    import_id: int | None

    def named(self, club: Club) -> QuerySet[SourceTransaction] | None:
        """Return what is found whatever its date: the rows of an import, or the one whose whole id was given."""
        rows: QuerySet[SourceTransaction] = SourceTransaction.objects.of(club).filter(is_current=True).order_by("-pk")
        if self.import_id:
            return self._narrowed(rows.filter(of_import_id=self.import_id))
        if self.text:
            sources = Import.objects.of(club).order_by().values_list("source", flat=True).distinct()
            whole = rows.filter(source__in=list(sources), source_id=self.text)
            return whole if whole.exists() else None
        return None

    def of_days(self, club: Club, from_on: date) -> QuerySet[SourceTransaction]:
        """Return the transactions from this day on that match, newest first."""
        rows = SourceTransaction.objects.of(club).filter(is_current=True).order_by("-accounting_date", "-pk")
        days = (from_on, self.up_to_on)
        # A transaction stands in journals of its own date: these few are read first, and their postings held against.
        return self._narrowed(rows.filter(accounting_date__range=days), journal__accounting_date__range=days)

    def _narrowed(self, rows: QuerySet[SourceTransaction], **of_days: Any) -> QuerySet[SourceTransaction]:
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.posted:
            done = Posting.objects.filter(
                transaction=OuterRef("pk"), journal__state__in=("sent", "recorded"), **of_days
            )
            rows = rows.filter(Exists(done) if self.posted == "yes" else ~Exists(done))
        if self.text:
            rows = rows.filter(
                Q(member=self.text) | Q(source_id__istartswith=self.text) | Q(description__icontains=self.text)
            )
        return rows


def newest_day(*, club: Club) -> date | None:
    """Return the accounting date of the newest transaction; None where there is none."""
    days = SourceTransaction.objects.of(club).order_by("-accounting_date")
    newest: date | None = days.values_list("accounting_date", flat=True).first()
    return newest


def reach(*, club: Club, from_on: date, up_to_on: date) -> date:
    """Return the day down to which the transactions of these days are looked through at once, newest first.

    `from_on` if there are few enough of them. Counted by the journals that hold them, without a look at history.
    """
    rows = Journal.objects.of(club).filter(accounting_date__range=(from_on, up_to_on)).order_by("-accounting_date")
    found = rows.values_list("accounting_date", "transaction_count")[: MOST_JOURNALS + 1]
    total, journals = 0, 0
    for on, count in found:
        total, journals = total + count, journals + 1
        if total >= AT_ONCE or journals >= MOST_JOURNALS:
            reached: date = max(on, from_on)
            return reached
    return from_on


def in_order(
    rows: QuerySet[SourceTransaction], *, sort: str, fields: Sequence[str | OrderBy], is_named: bool
) -> QuerySet[SourceTransaction]:
    """Return what was found in the order of `fields`; `sort` names it, empty for as they come."""
    if is_named and sort.endswith("date"):
        # An expression, or a database walks the index of all days of the club in search of an import's few.
        rows = rows.annotate(on=Coalesce("accounting_date", "accounting_date"))
        return rows.order_by("-on", "-pk") if sort == "-date" else rows.order_by("on", "pk")
    if sort == "-date":
        # All of it turned round: so the index gives them without sorting.
        return rows.order_by("-accounting_date", "-pk")
    return rows.order_by(*fields) if sort else rows


def keys_of(
    found: QuerySet[SourceTransaction], ordered: QuerySet[SourceTransaction], *, most: int, is_slow: bool
) -> tuple[QuerySet[SourceTransaction, int] | list[int], int]:
    """Return the keys in order, and how many there are up to one more than `most`; as they come where that is passed.

    Only keys are put into order: what is sorted is carried along whole. A search that is slow is made once, not once to
    count and once more to show.
    """
    keys = ordered.values_list("pk", flat=True)
    if is_slow:
        read = list(keys[: most + 1])
        if len(read) <= most:
            return read, len(read)
    total = found.order_by()[: most + 1].count()
    return found.values_list("pk", flat=True) if total > most else keys, total


def by_keys(keys: Iterable[int]) -> list[SourceTransaction]:
    """Return the transactions of these keys, which were found within the club, in their order.

    Read by nothing but the keys: a database may else walk all that the club ever had.
    """
    keys = list(keys)
    found = SourceTransaction.objects.across_clubs("the keys were found within the club").in_bulk(keys)
    return [found[key] for key in keys if key in found]


def has_any(*, club: Club) -> bool:
    """Whether the club has a transaction at all."""
    is_there: bool = SourceTransaction.objects.of(club).exists()
    return is_there


def journals_of(transactions: Iterable[SourceTransaction]) -> dict[int, list[Journal]]:
    """Return the journals that transactions stand in, by the transactions' keys."""
    found: dict[int, list[Journal]] = {}
    keys = [one.pk for one in transactions]
    for posting in Posting.objects.filter(transaction__in=keys).select_related("journal"):
        found.setdefault(posting.transaction_id, []).append(posting.journal)
    return found
