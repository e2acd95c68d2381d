"""What the rows of transactions add to journals: read from the ledger, and written once a batch.

What is debited and what is credited, `bookkeeping.totals` says.
"""

from collections import defaultdict
from collections.abc import Iterable

from clubledger.bookkeeping.totals import DIRECTION, LegRow, Sums
from clubledger.ledger import sql
from clubledger.ledger.journals import states

DEBITING_SQL = ", ".join(f"'{kind}'" for kind, direction in DIRECTION.items() if direction > 0)
"""The kinds whose positive amount debits the account type, for an SQL list."""


def write(sums: Sums) -> None:
    """Add sums to the totals and counts of their journals. Totals that no row is left of are gone."""
    sql.add_to_totals([(*key, *total) for key, total in sums.totals.items() if any(total)])
    if sums.takes_away:
        sql.run(
            f"DELETE FROM ledger_journaltotal WHERE {sql.among('journal_id')} AND row_count = 0",  # noqa: S608
            [sql.those(sums.counts)],
        )
    states.change_counts(sums.counts)


def legs_of(transaction_ids: Iterable[int]) -> dict[int, list[LegRow]]:
    """Return the rows of versions (account type, item, job, amount, tax), in the order of the file."""
    rows = sql.rows_of(
        "SELECT transaction_id, account_type_id, item_id, job, amount_minor, tax_minor "  # noqa: S608 - our own names
        f"FROM ledger_sourceline WHERE {sql.among('transaction_id')} ORDER BY transaction_id, position",
        [sql.those(transaction_ids)],
    )
    found: dict[int, list[LegRow]] = defaultdict(list)
    for transaction_id, *leg in rows:
        found[transaction_id].append(tuple(leg))
    return found
