"""Proves that nothing is lost: opening balance + transactions = sent + recorded + not sent, per account type and date.

The left side is worked out from the rows of current versions, the right side from the totals of journals: two ways that
share nothing but the rows. Asks nothing of Xero; whether Xero agrees is shown beside it by those who may ask.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.models import Club
from clubledger.ledger import bulk
from clubledger.ledger.models import FinancialItem, ItemKind
from clubledger.ledger.postings import DIRECTION


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


def prove(*, club: Club, at: date | None = None, from_on: date | None = None) -> list[Balance]:
    """Give each account type's balance at the end of a day (None: of all days), the two sides beside each other.

    Reads every row up to the day: a proof, not a page. Voided journals count for nothing: their transactions stand in
    another. A journal that differs in Xero counts as sent, for it is there.
    """
    opening_until = from_on or club.post_from
    by_rows = _by_rows(club, at, opening_until)
    by_journals = _by_journals(club, at)
    nil = (0, 0)
    balances = []
    items = FinancialItem.objects.of(club).filter(kind=ItemKind.ACCOUNT_TYPE).order_by("code")
    for item in items:
        opening, moved = by_rows.get(item.pk, nil)
        parts = by_journals.get(item.pk, {})
        balances.append(
            Balance(
                item.code,
                item.name,
                from_minor(opening),
                from_minor(moved),
                from_minor(parts.get("sent", 0)),
                from_minor(parts.get("recorded", 0)),
                from_minor(parts.get("not_sent", 0)),
                from_minor(parts.get("before_cutover", 0)),
            )
        )
    return balances


_DEBITING = ", ".join(f"'{kind}'" for kind, direction in DIRECTION.items() if direction > 0)
_SIGNED = f"CASE WHEN t.legs_kind IN ({_DEBITING}) THEN l.amount_minor ELSE -l.amount_minor END"


def _by_rows(club: Club, at: date | None, opening_until: date | None) -> dict[int, tuple[int, int]]:
    """Give opening and movement by account type: its control side, and where a transfer names it the other side."""
    early = "t.accounting_date < %s" if opening_until else "1 = 0"
    until = " AND t.accounting_date <= %s" if at else ""
    dates = [bulk.stored(on) for on in (opening_until, at) if on]
    parts = [
        f"SELECT {account} AS item_id, CASE WHEN {early} THEN 1 ELSE 0 END AS is_opening, "  # noqa: S608 - our own names
        f"SUM({sign}({_SIGNED})) AS amount "
        "FROM ledger_sourcetransaction t JOIN ledger_sourceline l ON l.transaction_id = t.id "
        f"WHERE t.club_id = %s AND t.is_current{until}{kind} GROUP BY 1, 2"
        for account, sign, kind in (
            ("l.account_type_id", "", ""),
            ("l.item_id", "-", " AND t.legs_kind = 'transfer'"),
        )
    ]
    head = [dates[0]] if opening_until else []
    values = [*head, club.pk, *([dates[-1]] if at else [])]
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for item_id, is_opening, amount in bulk.rows_of(" UNION ALL ".join(parts), [*values, *values]):
        found[item_id][0 if is_opening else 1] += int(amount)
    return {item_id: (opening, moved) for item_id, (opening, moved) in found.items()}


def _by_journals(club: Club, at: date | None) -> dict[int, dict[str, int]]:
    until = " AND j.accounting_date <= %s" if at else ""
    early = "j.accounting_date < %s" if club.post_from else "1 = 0"
    values = [bulk.stored(club.post_from)] if club.post_from else []
    rows = bulk.rows_of(
        "SELECT x.item_id, CASE WHEN j.state IN ('sent', 'differs') THEN 'sent' WHEN j.state = 'recorded' "  # noqa: S608
        f"THEN 'recorded' WHEN {early} THEN 'before_cutover' ELSE 'not_sent' END AS part, "
        "SUM(CASE WHEN x.is_debit THEN x.amount_minor ELSE -x.amount_minor END) "
        "FROM ledger_journaltotal x JOIN ledger_journal j ON j.id = x.journal_id "
        "JOIN ledger_financialitem i ON i.id = x.item_id "
        f"WHERE j.club_id = %s AND j.state <> 'voided' AND i.kind = 'account_type'{until} GROUP BY 1, 2",
        [*values, club.pk, *([bulk.stored(at)] if at else [])],
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for item_id, part, amount in rows:
        found[item_id][part] = int(amount)
    return found
