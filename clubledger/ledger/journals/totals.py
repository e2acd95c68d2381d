"""What transactions add to journals: legs in whole minor units, summed as rows come in, written once a batch.

The same rules as `bookkeeping.rules`, in integers, because this is the hot loop of an import; a test holds them equal.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from clubledger.bookkeeping.facts import DEBITS_THE_ACCOUNT_TYPE, ITEM_KIND_OF
from clubledger.ledger import sql
from clubledger.ledger.journals import states

DIRECTION = {str(kind): 1 if kind in DEBITS_THE_ACCOUNT_TYPE else -1 for kind in ITEM_KIND_OF}
"""1 where a positive amount of this kind debits the account type, else -1."""

ITEM_KIND = {str(kind): str(item_kind) for kind, item_kind in ITEM_KIND_OF.items()}
"""The kind of financial item that a kind of transaction names."""

LegRow = tuple[Any, ...]
"""Begins with account type's id, item's id, job, amount and tax in minor units (None: not stated); more may follow."""


class Sums:
    """Sums of legs by journal, on their way to the totals."""

    def __init__(self) -> None:
        self.totals: dict[tuple[int, int, str, bool, str], list[int]] = {}
        self.counts: dict[int, list[int]] = {}
        self._takes_away = False

    def post(self, journal_id: int, direction: int, rows: Iterable[LegRow], times: int = 1) -> None:
        """Add the legs of one transaction to a journal; with `times` -1 take away what was once added."""
        totals = self.totals
        control: dict[int, int] = {}
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
            key = (journal_id, row[1], row[2], is_debit, "unstated" if tax is None else "stated" if tax else "nil")
            total = totals.get(key)
            if total is None:
                totals[key] = total = [0, 0, 0]
            total[0] += times * size
            if tax:
                total[1] += times * abs(tax)
            total[2] += times
        for account_type_id, net in control.items():
            if net:
                debit += net if net > 0 else 0
                total = totals.setdefault((journal_id, account_type_id, "", net > 0, "unstated"), [0, 0, 0])
                total[0] += times * abs(net)
                total[2] += times
        count = self.counts.setdefault(journal_id, [0, 0])
        count[0] += times
        count[1] += times * debit
        self._takes_away |= times < 0

    def write(self) -> None:
        """Add everything to the journals' totals and counts. Totals that no row is left of are gone."""
        sql.add_to_totals([(*key, *total) for key, total in self.totals.items() if any(total)])
        if self._takes_away:
            sql.run(
                f"DELETE FROM ledger_journaltotal WHERE {sql.among('journal_id')} AND row_count = 0",  # noqa: S608
                [sql.those(self.counts)],
            )
        states.change_counts(self.counts)


def legs_of(transaction_ids: Iterable[int]) -> dict[int, list[LegRow]]:
    """Give the rows of versions (account type, item, job, amount, tax), in minor units, in the order of the file."""
    rows = sql.rows_of(
        "SELECT transaction_id, account_type_id, item_id, job, amount_minor, tax_minor "  # noqa: S608 - our own names
        f"FROM ledger_sourceline WHERE {sql.among('transaction_id')} ORDER BY transaction_id, position",
        [sql.those(transaction_ids)],
    )
    found: dict[int, list[LegRow]] = defaultdict(list)
    for transaction_id, *leg in rows:
        found[transaction_id].append(tuple(leg))
    return found
