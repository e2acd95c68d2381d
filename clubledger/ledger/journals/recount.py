"""A journal counted anew from the transactions that stand in it: the proof of what it carries. Reads only."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from clubledger.bookkeeping.totals import DIRECTION, LegRow, Sums
from clubledger.ledger.models import JournalLine, JournalTotal, Posting

LEG = tuple(
    f"transaction__lines__{name}" for name in ("account_type_id", "item_id", "job", "amount_minor", "tax_minor")
)


@dataclass(frozen=True, slots=True)
class Recount:
    """What the transactions of a journal add up to, in minor units, and what else of it is not nil."""

    transactions: int = 0
    totals: int = 0
    debit_minor: int = 0
    tax_minor: int = 0
    kept_not_nil: int = 0
    """Kept totals and frozen lines with an amount or a tax, which nothing beneath accounts for if the rest is nil."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing in it for a general ledger, wherever one looks."""
        return not (self.debit_minor or self.tax_minor or self.kept_not_nil)


def recount(journal_ids: Collection[int]) -> dict[int, Recount]:
    """Return each journal counted anew. The kept totals and lines are read beside it, never instead of it."""
    sums = _sums(journal_ids)
    taxes: Counter[int] = Counter()
    totals: Counter[int] = Counter()
    for (journal_id, *_rest), (_amount, tax, _rows) in sums.totals.items():
        taxes[journal_id] += tax
        totals[journal_id] += 1
    kept = _kept_not_nil(journal_ids)
    return {
        journal_id: Recount(
            transactions=sums.counts.get(journal_id, [0, 0])[0],
            totals=totals[journal_id],
            debit_minor=sums.counts.get(journal_id, [0, 0])[1],
            tax_minor=taxes[journal_id],
            kept_not_nil=kept[journal_id],
        )
        for journal_id in journal_ids
    }


def _sums(journal_ids: Collection[int]) -> Sums:
    rows = Posting.objects.filter(journal__in=list(journal_ids)).order_by("pk")
    posted: dict[int, tuple[int, int]] = {}
    legs: dict[int, list[LegRow]] = {}
    given: Any = rows.values_list("pk", "journal_id", "sign", "transaction__legs_kind", *LEG)
    for posting_id, journal_id, sign, legs_kind, *leg in given:
        posted[posting_id] = (journal_id, sign * DIRECTION[legs_kind])
        legs.setdefault(posting_id, [])
        if leg[0] is not None:
            legs[posting_id].append(tuple(leg))
    sums = Sums()
    for posting_id, (journal_id, direction) in posted.items():
        sums.post(journal_id, direction, legs[posting_id])
    return sums


def _kept_not_nil(journal_ids: Collection[int]) -> Counter[int]:
    of = Q(journal__in=list(journal_ids))
    totals = JournalTotal.objects.filter(of, ~Q(amount_minor=0) | ~Q(tax_minor=0))
    lines = JournalLine.objects.filter(of, ~Q(amount_minor=0) | Q(source_tax_minor__lt=0) | Q(source_tax_minor__gt=0))
    return Counter(
        totals.values_list("journal_id", flat=True).union(lines.values_list("journal_id", flat=True), all=True)
    )
