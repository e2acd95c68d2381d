"""Amounts: exact decimals in the code, whole minor units (cents) where they are stored. Never a float."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_minor(amount: Decimal) -> int:
    """Return whole minor units. Raises ValueError for an amount that is not a whole number of cents."""
    minor = amount.scaleb(2)
    whole = int(minor)
    if whole != minor:
        raise ValueError(f"{amount} is not a whole number of cents")
    return whole


def from_minor(minor: int) -> Decimal:
    """Return the amount with two decimals."""
    return Decimal(minor).scaleb(-2)


def tax_within(gross: Decimal, rate: Decimal) -> Decimal:
    """Return the tax contained in a gross amount at `rate` per cent, rounded half up to the cent as Xero does per line.

    Xero: tax = amount - amount / (1 + rate). The sign follows the amount.
    """
    net = gross * 100 / (100 + rate)
    return (gross - net).quantize(CENT, rounding=ROUND_HALF_UP)
