"""Amounts as the transactions file writes them, and what makes one bad, in words for a treasurer."""

import re

from clubledger.bookkeeping.facts import CARRIES_TAX, Kind
from clubledger.bookkeeping.phrases import phrase

is_amount = re.compile(r"-?[0-9]{1,11}(?:\.[0-9]{1,2})?").fullmatch
"""Whether a text is an amount."""

_KINDS = frozenset(str(kind) for kind in Kind)
_TAXED_KINDS = frozenset(str(kind) for kind in CARRIES_TAX)
KIND_WORDS = {
    "invoice": phrase("invoice"),
    "credit_note": phrase("credit note"),
    "payment": phrase("payment"),
    "refund": phrase("refund"),
    "dishonour": phrase("dishonour"),
    "transfer": phrase("transfer"),
    "prize": phrase("prize"),
    "pos_sale": phrase("point-of-sale sale"),
}
"""What the kinds of transactions are called in a sentence."""


def minor_of(amount: str) -> int:
    """Return the minor units of an amount that `is_amount` has passed. Integers only: no float, no rounding."""
    if amount[-3:-2] == ".":
        return int(amount[:-3] + amount[-2:])
    if amount[-2:-1] == ".":
        return int(amount[:-2] + amount[-1]) * 10
    return int(amount) * 100


def amount_fault(amount: str, *, is_tax: bool = False) -> str:
    """Return why a text is no amount; the empty string if it is one."""
    if is_amount(amount):
        return ""
    if re.fullmatch(r"-?[0-9]+\.[0-9]{3,}", amount):
        why = phrase("it has more than 2 decimals")
    elif re.fullmatch(r"-?[0-9]{12,}(\.[0-9]{1,2})?", amount):
        why = phrase("it has more than 11 digits before the point")
    elif re.fullmatch(r"-?[0-9][0-9,' ]*,[0-9]{3}(\.[0-9]*)?", amount):
        why = phrase("write it without commas between the thousands, such as 1000.00")
    elif re.fullmatch(r"-?[0-9.]+[eE][+-]?[0-9]+", amount):
        why = phrase("write it out, without an exponent")
    elif is_tax:
        return phrase(
            "“%(amount)s” is not an amount of tax such as 1100.00: only digits, one point and up to 2 decimals",
            amount=amount,
        )
    else:
        return phrase(
            "“%(amount)s” is not an amount such as 1100.00: only digits, one point and up to 2 decimals", amount=amount
        )
    if is_tax:
        return phrase("“%(amount)s” is not an amount of tax: %(why)s", amount=amount, why=why)
    return phrase("“%(amount)s” is not an amount: %(why)s", amount=amount, why=why)


def tax_fault(kind: str, amount_minor: int | None, tax: str) -> str:
    """Return why a text is no tax of this amount of this kind; the empty string if it is one."""
    reason = amount_fault(tax, is_tax=True)
    if reason:
        return reason
    tax_minor = minor_of(tax)
    if not tax_minor:
        return ""
    if kind in _KINDS and kind not in _TAXED_KINDS:
        return phrase("a %(kind)s carries no tax; leave tax_amount empty", kind=KIND_WORDS.get(kind, kind))
    if amount_minor and (tax_minor < 0) != (amount_minor < 0):
        return phrase("the tax has the other sign than the amount")
    if amount_minor and abs(tax_minor) > abs(amount_minor):
        return phrase("the tax is larger than the amount that contains it")
    return ""
