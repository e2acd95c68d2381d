"""What the console calls states and reasons, and which sign stands beside each."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from clubledger.changeover.models import State
from clubledger.ledger.journals.states import WaitReason

SIGNS: Mapping[str, str] = {
    State.PLANNED: "unsent",
    State.ANNOUNCED: "queued",
    State.SWITCHED: "sending",
    State.DISCONNECTED: "voided",
    State.REAUTHORISING: "recorded",
    State.VERIFIED: "valid",
    State.DONE: "sent",
    State.PAUSED: "locked",
    State.ROLLED_BACK: "rejected",
    State.CALLED_OFF: "empty",
}
"""The icon of each state of a changeover."""

REASONS: Mapping[str, Any] = {
    WaitReason.TURN: _("their turn"),
    WaitReason.LIMIT: _("Xero's limit"),
    WaitReason.AUTHORISATION: _("an authorisation"),
    WaitReason.CHANGEOVER: _("the changeover"),
    WaitReason.PERMISSION: _("a permission of the sender"),
    WaitReason.LOCK: _("a locked day in Xero"),
    WaitReason.SETUP: _("the app's registration"),
    WaitReason.CLOCK: _("the machine's clock"),
    WaitReason.OFFLINE: _("Xero, which is offline"),
    WaitReason.NETWORK: _("the network"),
    WaitReason.CHECK: _("a check after a restore"),
    WaitReason.UNKNOWN: _("a journal in Xero that nobody has accounted for"),
    WaitReason.FAULT: _("a fault of Clubledger's own (see the log)"),
    "sending": _("Xero's answer"),
    "uncertain": _("a look in Xero"),
}
"""What journals wait for."""

FAILURES: Mapping[str, Any] = {
    "rejected": _("Rejected by Xero"),
    "differs": _("Differs in Xero"),
    "uncertain": _("Checking in Xero"),
    "open": _("Fault found by validation"),
}
"""How journals fail."""

FAULTS: Mapping[str, Any] = {
    "account_unknown": _("A GL code is not in Xero's chart"),
    "account_unusable": _("A GL code can't be used on a journal"),
    "amount_too_large": _("An amount is larger than Xero takes"),
    "bad_entry": _("The journal does not hold together"),
    "before_cutover": _("The day is before the club posts from"),
    "cash_basis": _("The organisation reports tax on a cash basis"),
    "currency": _("Club and organisation have different currencies"),
    "earlier_tax_period": _("A document belongs to an earlier tax period"),
    "empty": _("The journal is empty"),
    "item_unmapped": _("A charge, account type or payment method goes to no GL code"),
    "job_unmapped": _("A job code goes to no tracking option"),
    "job_unusable": _("A job code's tracking option is archived or gone"),
    "locked": _("The day is locked in Xero"),
    "row_tax_off": _("A row's tax does not fit its tax type"),
    "sample": _("The journal holds sample data, which is never sent."),
    "tax_differs": _("The source's tax differs from Xero's"),
    "tax_type_missing": _("A charge has no tax type"),
    "too_large": _("A journal has more lines than a request to Xero can carry"),
    "untaxed_tax_type_missing": _("A charge has no tax type for its rows without tax"),
    "tax_type_not_for_class": _("A tax type can't stand on that kind of account"),
    "tax_type_unknown": _("A tax type is not in use in Xero"),
}
"""What validation finds, without any figure of the club; the codes are those of findings."""

LIMITS: Mapping[str, Any] = {
    "minute": _("a minute's calls of an organisation"),
    "day": _("a day's calls of an organisation"),
    "concurrent": _("calls at a time"),
    "appminute": _("a minute's calls of the app"),
    "offline": _("Xero is offline"),
}
"""Xero's limits."""

ATTEMPTS: Mapping[str, Any] = {
    "": _("left for Xero and has not come back"),
    "confirm": _("has not confirmed the organisation"),
    "choose": _("has not chosen the organisation"),
    "cancelled": _("cancelled at Xero"),
    "expired": _("came back from Xero too late"),
    "wrong_organisation": _("chose another organisation"),
    "no_organisation": _("connected no organisation"),
    "failed": _("came back from Xero with an error"),
}
"""How a person's last try to authorise ended."""
