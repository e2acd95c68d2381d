"""What happened at the club: one fact is one source transaction, told in rows that each pair a debit with a credit."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """The nine kinds of `transactions-file.md`."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    DISHONOUR = "dishonour"
    TRANSFER = "transfer"
    PRIZE = "prize"
    POS_SALE = "pos_sale"
    REVERSAL = "reversal"


class ItemKind(StrEnum):
    """The three kinds of financial item. The values are those stored by the ledger."""

    CHARGE = "charge"
    ACCOUNT_TYPE = "account_type"
    PAYMENT_METHOD = "payment_method"


ITEM_KIND_OF: dict[Kind, ItemKind] = {
    Kind.INVOICE: ItemKind.CHARGE,
    Kind.CREDIT_NOTE: ItemKind.CHARGE,
    Kind.PAYMENT: ItemKind.PAYMENT_METHOD,
    Kind.REFUND: ItemKind.PAYMENT_METHOD,
    Kind.DISHONOUR: ItemKind.PAYMENT_METHOD,
    Kind.TRANSFER: ItemKind.ACCOUNT_TYPE,
    Kind.PRIZE: ItemKind.CHARGE,
    Kind.POS_SALE: ItemKind.CHARGE,
}
"""What the column `item` names, by kind. A reversal takes its rows from the transaction it reverses."""

DEBITS_THE_ACCOUNT_TYPE: frozenset[Kind] = frozenset(
    {Kind.INVOICE, Kind.REFUND, Kind.DISHONOUR, Kind.TRANSFER, Kind.POS_SALE}
)
"""Kinds whose positive amount debits the account type and credits the item; the others do the opposite."""

CARRIES_TAX: frozenset[Kind] = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE, Kind.POS_SALE})
"""Kinds whose rows may state a tax."""

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
"""The years that a date may have, in a file and in an address."""


@dataclass(frozen=True, slots=True)
class Row:
    """One pair of debit and credit. `amount` is gross; `tax` is contained in it, None where not stated."""

    account_type: str
    item: str
    amount: Decimal
    tax: Decimal | None = None
    job: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One source transaction. A reversal carries the kind and rows of what it reverses, with `mirrored` True."""

    source_id: str
    kind: Kind
    accounting_date: date
    rows: tuple[Row, ...]
    mirrored: bool = False
