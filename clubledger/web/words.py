"""What pages call the kinds of transactions."""

from typing import Any

from django.utils.translation import gettext_lazy

from clubledger.bookkeeping.facts import Kind

KINDS: dict[str, Any] = {
    Kind.INVOICE: gettext_lazy("Invoice"),
    Kind.CREDIT_NOTE: gettext_lazy("Credit note"),
    Kind.PAYMENT: gettext_lazy("Payment"),
    Kind.REFUND: gettext_lazy("Refund"),
    Kind.DISHONOUR: gettext_lazy("Dishonour"),
    Kind.TRANSFER: gettext_lazy("Transfer"),
    Kind.PRIZE: gettext_lazy("Prize"),
    Kind.POS_SALE: gettext_lazy("POS sale"),
    Kind.REVERSAL: gettext_lazy("Reversal"),
}
