"""Proves that nothing is lost: opening balance + transactions = sent + recorded + not sent, per account type and date.

The left side is worked out from the rows of current versions, the right side from the totals of journals: two ways that
share nothing but the rows. Asks nothing of Xero; whether Xero agrees is shown beside it by those who may ask.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Max

from clubledger.bookkeeping.facts import ItemKind
from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.journals.totals import DEBITING_SQL
from clubledger.ledger.models import FinancialItem, Journal, JournalState


@dataclass(frozen=True, slots=True)
class Balance:
    """How an account type stands at the end of a day; debit positive.

    `opening` is what stood before the first day asked for (or before the club's Post from date), `transactions` what
    came after it up to the day. `before_cutover` is what is kept for balances and never sent.
    """

    code: str
    name: str
    opening: Decimal
    transactions: Decimal
    sent: Decimal
    recorded: Decimal
    not_sent: Decimal
    before_cutover: Decimal

    @property
    def closing(self) -> Decimal:
        """What stands at the end of the day, by the transactions."""
        return self.opening + self.transactions

    @property
    def difference(self) -> Decimal:
        """Nil, or something is lost."""
        return self.closing - (self.sent + self.recorded + self.not_sent + self.before_cutover)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the balances of all account types add up to."""

    opening: Decimal
    transactions: Decimal
    closing: Decimal
    sent: Decimal
    recorded: Decimal
    not_sent: Decimal
    before_cutover: Decimal
    difference: Decimal


FIGURES = tuple(field.name for field in fields(Totals))
"""The figures of a balance, in the order they are shown."""


def add_up(balances: Iterable[Balance]) -> Totals:
    """Return the totals of balances. Differences that cancel out still stand in their rows."""
    rows = list(balances)
    return Totals(*(sum((getattr(row, name) for row in rows), Decimal("0.00")) for name in FIGURES))


def last_day(*, club: Club) -> date | None:
    """Return the last accounting date that has transactions; None before the first."""
    held = Journal.objects.of(club).filter(transaction_count__gt=0).exclude(state=JournalState.VOIDED)
    found: date | None = held.aggregate(last_on=Max("accounting_date"))["last_on"]
    return found


def prove(*, club: Club, up_to_on: date | None = None, from_on: date | None = None) -> list[Balance]:
    """Return each account type's balance at the end of a day (None: of all days), the two sides beside each other.

    Reads every row up to the day: a proof, not a page. Voided journals count for nothing: their transactions stand in
    another. A journal that differs in Xero counts as sent, for it is there. Both sides are read by one statement, so
    that an import between the two looks like no loss.
    """
    sides = (_by_rows(club, up_to_on, from_on or club.post_from), _by_journals(club, up_to_on))
    both = " UNION ALL ".join(statement for statement, _ in sides)
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item_id, part, amount in sql.rows_of(both, [value for _, values in sides for value in values]):
        found[item_id][part] += int(amount)
    items = FinancialItem.objects.of(club).filter(kind=ItemKind.ACCOUNT_TYPE).order_by("code")
    parts = ("opening", "transactions", "sent", "recorded", "not_sent", "before_cutover")
    return [Balance(item.code, item.name, *(from_minor(found[item.pk][part]) for part in parts)) for item in items]


_SIGNED = f"CASE WHEN t.legs_kind IN ({DEBITING_SQL}) THEN l.amount_minor ELSE -l.amount_minor END"

Statement = tuple[str, list[Any]]
"""SQL that gives account type, part and amount in cents, with its values."""


def _by_rows(club: Club, up_to_on: date | None, opening_until: date | None) -> Statement:
    """Opening and movement by account type: its control side, and where a transfer names it the other side."""
    early = "t.accounting_date < %s" if opening_until else "1 = 0"
    until = " AND t.accounting_date <= %s" if up_to_on else ""
    parts = [
        f"SELECT {account} AS item_id, CASE WHEN {early} THEN 'opening' ELSE 'transactions' END AS part, "  # noqa: S608
        f"SUM({sign}({_SIGNED})) AS amount "
        "FROM ledger_sourcetransaction t JOIN ledger_sourceline l ON l.transaction_id = t.id "
        f"WHERE t.club_id = %s AND t.is_current{until}{kind} GROUP BY 1, 2"
        for account, sign, kind in (
            ("l.account_type_id", "", ""),
            ("l.item_id", "-", " AND t.legs_kind = 'transfer'"),
        )
    ]
    values = [*_days(opening_until), club.pk, *_days(up_to_on)]
    return " UNION ALL ".join(parts), [*values, *values]


def _by_journals(club: Club, up_to_on: date | None) -> Statement:
    """What journals say of account types, by where they are."""
    until = " AND j.accounting_date <= %s" if up_to_on else ""
    early = "j.accounting_date < %s" if club.post_from else "1 = 0"
    statement = (
        "SELECT x.item_id, CASE WHEN j.state IN ('sent', 'differs') THEN 'sent' WHEN j.state = 'recorded' "  # noqa: S608
        f"THEN 'recorded' WHEN {early} THEN 'before_cutover' ELSE 'not_sent' END AS part, "
        "SUM(CASE WHEN x.is_debit THEN x.amount_minor ELSE -x.amount_minor END) "
        "FROM ledger_journaltotal x JOIN ledger_journal j ON j.id = x.journal_id "
        "JOIN ledger_financialitem i ON i.id = x.item_id "
        f"WHERE j.club_id = %s AND j.state <> 'voided' AND i.kind = 'account_type'{until} GROUP BY 1, 2"
    )
    return statement, [*_days(club.post_from), club.pk, *_days(up_to_on)]


def _days(on: date | None) -> list[str]:
    return [sql.stored(on)] if on else []
