"""What transactions debit and credit: the rule by which every import and every correction adds rows up to totals.

In whole minor units, for this is the hot loop of an import. Sign: debit positive, credit negative, as in Xero's
LineAmount. Debits and credits of one account are never netted. Source: domain.md, double entry by kind of transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clubledger.bookkeeping.facts import DEBITS_THE_ACCOUNT_TYPE, ITEM_KIND_OF, TaxKind

DIRECTION: Mapping[str, int] = {str(kind): 1 if kind in DEBITS_THE_ACCOUNT_TYPE else -1 for kind in ITEM_KIND_OF}
"""1 where a positive amount of this kind debits the account type and credits the item, else -1."""

ITEM_KIND: Mapping[str, str] = {str(kind): str(item_kind) for kind, item_kind in ITEM_KIND_OF.items()}
"""The kind of financial item that a kind of transaction names."""

LegRow = tuple[Any, ...]
"""Begins with account type, item, job, amount and tax in minor units (None: not stated); more may follow.

Account types and items are named by any keys that tell them apart; the ledger has their ids.
"""

STATED, UNSTATED, NIL = str(TaxKind.STATED), str(TaxKind.UNSTATED), str(TaxKind.NIL)


def tax_kind_of(tax: int | None) -> str:
    """Return what a row says of its tax: blank (not stated), nought (stated as none), or an amount."""
    return UNSTATED if tax is None else STATED if tax else NIL


def mirrored(rows: Sequence[LegRow]) -> list[LegRow]:
    """Return the rows of a reversal: amounts and taxes negated, everything else the same."""
    return [(row[0], row[1], row[2], -row[3], None if row[4] is None else -row[4]) for row in rows]


class Sums:
    """Legs added up by journal.

    `totals` holds amount, tax and number of rows by journal, item, job, side and what was said of tax; `counts` the
    number of transactions and their debits by journal. Journals are named by any keys, as items are.
    """

    __slots__ = ("counts", "takes_away", "totals")

    def __init__(self) -> None:
        self.totals: dict[tuple[Any, Any, str, bool, str], list[int]] = {}
        self.counts: dict[Any, list[int]] = {}
        self.takes_away = False

    def post(self, journal: Any, direction: int, rows: Iterable[LegRow], times: int = 1) -> None:
        """Add the legs of one transaction to a journal; with `times` -1 take away what was once added.

        `direction` is that of the transaction's kind, negated where its mirror image is posted. The control side counts
        with its net per account type (an invoice with a discount row is one debit); on the item side each row counts. A
        net of nil makes no leg. Jobs stand on item legs only.
        """
        totals = self.totals
        control: dict[Any, int] = {}
        debit = 0
        for row in rows:
            if row[0] == row[1]:
                continue  # A transfer to itself: whatever the mapping, both legs fall on one GL code and make no line.
            amount, tax = row[3], row[4]
            signed = direction * amount
            control[row[0]] = control.get(row[0], 0) + signed
            if signed > 0:
                size, is_debit = signed, False
            else:
                size, is_debit = -signed, True
                debit += size
            # What `tax_kind_of` says, written out: a call for each row is felt in an import.
            key = (journal, row[1], row[2], is_debit, UNSTATED if tax is None else STATED if tax else NIL)
            total = totals.get(key)
            if total is None:
                totals[key] = total = [0, 0, 0]
            total[0] += times * size
            if tax:
                total[1] += times * abs(tax)
            total[2] += times
        for account_type, net in control.items():
            if net:
                debit += net if net > 0 else 0
                total = totals.setdefault((journal, account_type, "", net > 0, UNSTATED), [0, 0, 0])
                total[0] += times * abs(net)
                total[2] += times
        count = self.counts.setdefault(journal, [0, 0])
        count[0] += times
        count[1] += times * debit
        self.takes_away |= times < 0
