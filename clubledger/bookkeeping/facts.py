"""What can happen at a club: kinds of transaction, of financial item and of tax, and which goes with which."""

from enum import StrEnum

from clubledger.bookkeeping.phrases import Phrase, phrase


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


class TaxKind(StrEnum):
    """What the source said of a row's tax. Where it said nothing, or on the control side, it is `unstated`."""

    STATED = "stated"
    UNSTATED = "unstated"
    NIL = "nil"


EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
"""The years that a date may have, in a file and in an address."""


def item_title(kind: str, code: str) -> Phrase:
    """Return what a financial item is called in a sentence, by its kind and code."""
    if kind == ItemKind.ACCOUNT_TYPE:
        return phrase("Account type %(code)s", code=code)
    if kind == ItemKind.PAYMENT_METHOD:
        return phrase("Payment method %(code)s", code=code)
    return phrase("Charge %(code)s", code=code)
