"""Looking through the transactions, so that a page takes as long with millions as with few."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

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
