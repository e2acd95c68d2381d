"""Makes a deterministic transactions file of any size: a club's year, all kinds but reversals, back-dated rows."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

HEADER = (
    "source_id,kind,accounting_date,account_type,item,amount,tax_amount,job,member,description,document_date,reverses"
)
CHARGES = ("FULL7", "FULL5", "SOCIAL", "JUNIOR", "LOCKER", "AFFIL", "CARTST", "GREENF", "LATEFEE", "SURCH")
METHODS = ("CARD", "EFTPOS", "CASH", "DIRECT", "GATEWAY")
JOBS = ("", "", "Golf", "Bar", "Pro shop")


def write_transactions(path: Path, transactions: int, *, days: int = 365, seed: int = 11) -> int:
    """Write a file of so many transactions, 2.5 rows each on average, and give the number of rows."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER.split(","))
        for row in _rows(transactions, days, random.Random(seed)):
            writer.writerow(row)
            rows += 1
    return rows


def _rows(transactions: int, days: int, chance: random.Random) -> Iterator[list[str]]:
    first = date(2025, 7, 1)
    for number in range(transactions):
        day = first + timedelta(days=number * days // transactions)
        if chance.random() < 0.02:
            day -= timedelta(days=chance.randrange(1, 30))
        source_id, member = f"T{number:08d}", str(1000 + chance.randrange(1000))
        if number % 2 == 0:
            for row in range(chance.choice((3, 4, 4, 5))):
                amount = (
                    -chance.randrange(500, 5000) if row and chance.random() < 0.1 else chance.randrange(500, 150000)
                )
                tax = "" if chance.random() < 0.1 else _money(round(amount / 11))
                yield [source_id, "invoice", day.isoformat(), "SUBS", chance.choice(CHARGES), _money(amount), tax,
                       chance.choice(JOBS), member, f"Invoice line {row + 1}", "", ""]  # fmt: skip
            continue
        kind, item = chance.choice(
            [("payment", None)] * 5
            + [("pos_sale", "POSCLR")] * 3
            + [
                ("prize", "PRIZES"),
                ("refund", None),
                ("dishonour", None),
                ("transfer", "HOUSE"),
                ("credit_note", "FULL7"),
            ]
        )
        account_type = {"pos_sale": "HOUSE", "prize": "PRIZE", "transfer": "PRIZE"}.get(kind, "SUBS")
        yield [source_id, kind, day.isoformat(), account_type, item or chance.choice(METHODS),
               _money(chance.randrange(100, 90000)), "", "", member, "Monthly", "", ""]  # fmt: skip


def _money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
