"""What can be wrong with what a person asks of delivery.

DeliveryError
├── NothingToSend          no journal of the selection is valid and unchanged
├── CannotWithdraw         it is on its way already, or was never queued
├── CannotTakeOver         nothing of the selection waits for its sender
├── CannotDecide           the journal, or what was seen in Xero, is in no state for this decision
├── VoidFailed             Xero did not void the journal; its words are kept
└── CannotProve            balances are being proved already, or were a moment ago
"""


class DeliveryError(Exception):
    """Root of the errors of this room. The text is for people."""


class NothingToSend(DeliveryError):
    """No journal of the selection is valid and unchanged since it was validated."""


class CannotWithdraw(DeliveryError):
    """None of the journals waits in the queue."""


class CannotTakeOver(DeliveryError):
    """None of the journals waits for its sender."""


class CannotDecide(DeliveryError):
    """The journal, or what was seen in Xero, is in no state for a person's decision."""


class VoidFailed(DeliveryError):
    """Xero did not void the journal. The text has its words."""


class CannotProve(DeliveryError):
    """The club's balances are being proved already, or were a moment ago."""
