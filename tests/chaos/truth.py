"""What really happened at a made-up club: its source system, which exports everything it knows each time."""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

FIRST_DAY = date(2026, 11, 16)
DAYS = 4

CHARGES = {"FULL7": "210", "LOCKER": "220", "GREENFEE": "225"}
METHODS = {"CARD": "615", "CASH": "612"}
ACCOUNT_TYPES = {"SUBS": "611", "HOUSE": "811", "PRIZE": "812"}
PRIZE_CHARGE = {"PRIZES": "450"}
HEADER = ["source_id", "kind", "accounting_date", "account_type", "item", "amount", "tax_amount"]


@dataclass
class Truth:
    """The club's transactions as they stand now, by source id: each a list of rows of the neutral file."""

    random: Random
    rows: dict[str, list[list[str]]] = field(default_factory=dict)

    def happen(self, count: int) -> None:
        """Let some things happen: mostly new transactions, sometimes a correction of an old one."""
        for _ in range(count):
            if self.rows and self.random.random() < 0.2:
                source_id = self.random.choice(sorted(self.rows))
            else:
                source_id = f"T-{len(self.rows) + 1}"
            self.rows[source_id] = self._transaction(source_id)

    def _transaction(self, source_id: str) -> list[list[str]]:
        pick = self.random.choice
        on = (FIRST_DAY + timedelta(days=self.random.randrange(DAYS))).isoformat()
        kind = pick(["invoice", "invoice", "payment", "refund", "prize", "transfer", "pos_sale"])
        rows = []
        for _ in range(self.random.choice([1, 1, 1, 2]) if kind == "invoice" else 1):
            amount = Decimal(self.random.randrange(100, 200_000)).scaleb(-2)
            tax = ""
            item = {"payment": METHODS, "refund": METHODS, "prize": PRIZE_CHARGE}.get(kind, CHARGES)
            account_type, code = pick(sorted(ACCOUNT_TYPES)), pick(sorted(item))
            if kind == "transfer":
                account_type, code = self.random.sample(sorted(ACCOUNT_TYPES), 2)
            if kind in {"invoice", "pos_sale"}:
                tax = f"{(amount / 11).quantize(Decimal('0.01'))}" if self.random.random() < 0.8 else ""
            rows.append([source_id, kind, on, account_type, code, f"{amount:.2f}", tax])
        return rows

    def export(self, path: Path) -> None:
        """Write everything there is to the neutral file."""
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            for rows in self.rows.values():
                writer.writerows(rows)

    def control_balances(self) -> dict[str, Decimal]:
        """Return what each account type's balance should be, debit positive, computed from the rows alone."""
        balance: dict[str, Decimal] = defaultdict(Decimal)
        for rows in self.rows.values():
            for _, kind, _, account_type, item, amount, _ in rows:
                sign = 1 if kind in {"invoice", "refund", "transfer", "pos_sale"} else -1
                balance[account_type] += sign * Decimal(amount)
                if kind == "transfer":
                    balance[item] -= Decimal(amount)
        return {code: total for code, total in balance.items() if total}
