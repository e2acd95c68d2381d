"""Amounts as whole cents, and tax on them. No amount is ever a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
LARGEST_CENTS = 999_999_999_999
"""The largest amount of a document, 9,999,999,999.99 (Xero documents it for invoices)."""


def cents_of(amount: Decimal) -> int:
    """Return whole cents, half a cent rounded away from zero."""
    return int(amount.quantize(CENT, ROUND_HALF_UP).scaleb(2))


def text_of(cents: int) -> str:
    """Write cents with two decimals and a leading minus: `-12.30`."""
    sign = "-" if cents < 0 else ""
    cents = abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def tax_within(gross_cents: int, rate_percent: Decimal) -> int:
    """Return the tax contained in a gross amount, in cents: amount − amount / (1 + rate), rounded per line."""
    if not rate_percent or not gross_cents:
        return 0
    gross = Decimal(gross_cents)
    tax = gross - gross * 100 / (100 + rate_percent)
    return int(tax.quantize(Decimal(1), ROUND_HALF_UP))


def tax_on(net_cents: int, rate_percent: Decimal) -> int:
    """Return the tax added to a net amount, in cents, rounded per line."""
    if not rate_percent or not net_cents:
        return 0
    return int((Decimal(net_cents) * rate_percent / 100).quantize(Decimal(1), ROUND_HALF_UP))
