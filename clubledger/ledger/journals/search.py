"""How far back a look through the transactions goes at once, so that a page takes as long with millions as with few."""

from datetime import date

from clubledger.clubs.models import Club
from clubledger.ledger.models import Journal

AT_ONCE = 10_000
"""Transactions that are looked through for one page; the day in which they are reached is looked through whole."""

MOST_JOURNALS = 2_000


def reach(*, club: Club, from_on: date, up_to_on: date) -> date:
    """Give the day down to which the transactions of these days are looked through at once, newest first.

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
