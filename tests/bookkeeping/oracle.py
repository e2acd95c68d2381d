"""The rule told a second time, in words of accountants and in decimals: what the product's own is held against.

Written from the table of kinds (domain.md), not from the code: it shares none of the product's tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clubledger.bookkeeping.facts import ItemKind, Kind, TaxKind
from clubledger.bookkeeping.rules import Total, TotalKey

ZERO = Decimal("0.00")
CHARGE, ACCOUNT_TYPE, PAYMENT_METHOD = ItemKind.CHARGE, ItemKind.ACCOUNT_TYPE, ItemKind.PAYMENT_METHOD

DEBITED_AND_CREDITED = {
    Kind.INVOICE: ("account type", "item", CHARGE),
    Kind.CREDIT_NOTE: ("item", "account type", CHARGE),
    Kind.PAYMENT: ("item", "account type", PAYMENT_METHOD),
    Kind.REFUND: ("account type", "item", PAYMENT_METHOD),
    Kind.DISHONOUR: ("account type", "item", PAYMENT_METHOD),
    Kind.TRANSFER: ("account type", "item", ACCOUNT_TYPE),
    Kind.PRIZE: ("item", "account type", CHARGE),
    Kind.POS_SALE: ("account type", "item", CHARGE),
}
"""By kind: what a positive amount debits, what it credits, and of which kind the item is."""


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


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a row, or of a whole fact on its account type. `tax` has the sign of `amount`."""

    item_kind: ItemKind
    code: str
    job: str
    amount: Decimal
    tax: Decimal | None = None

    @property
    def key(self) -> TotalKey:
        """Where it adds up."""
        if self.tax is None:
            tax_kind = TaxKind.UNSTATED
        else:
            tax_kind = TaxKind.STATED if self.tax else TaxKind.NIL
        return TotalKey(self.item_kind, self.code, self.job, self.amount > 0, tax_kind)


def legs_of(fact: Fact) -> list[Leg]:
    """The legs of a fact; they add up to nil.

    The control side counts with its net per account type (an invoice with a discount row is one debit); on the item
    side each row counts. A net of nil makes no leg, nor does a row that names one account type twice. Jobs stand on
    item legs only.
    """
    debited, _credited, item_kind = DEBITED_AND_CREDITED[fact.kind]
    sign = 1 if debited == "account type" else -1
    if fact.mirrored:
        sign = -sign
    control: dict[str, Decimal] = {}
    item_legs = []
    for row in fact.rows:
        if item_kind is ACCOUNT_TYPE and row.item == row.account_type:
            continue
        control[row.account_type] = control.get(row.account_type, ZERO) + sign * row.amount
        tax = None if row.tax is None else -sign * row.tax
        item_legs.append(Leg(item_kind, row.item, row.job, -sign * row.amount, tax))
    control_legs = [Leg(ACCOUNT_TYPE, code, "", net) for code, net in control.items() if net]
    return control_legs + item_legs


def add_up(facts: Iterable[Fact]) -> dict[date, dict[TotalKey, Total]]:
    """The legs of facts added up by accounting date and key."""
    days: dict[date, dict[TotalKey, Total]] = {}
    for fact in facts:
        totals = days.setdefault(fact.accounting_date, {})
        for leg in legs_of(fact):
            before = totals.get(leg.key, Total())
            totals[leg.key] = Total(
                before.amount + abs(leg.amount), before.tax + abs(leg.tax or ZERO), before.row_count + 1
            )
    return days
