"""The states that pages show: each has a sign and a word, never colour alone."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

STATES: dict[str, tuple[str, Any]] = {
    "open": ("unsent", _("Not sent")),
    "valid": ("valid", _("Valid")),
    "queued": ("queued", _("Queued")),
    "sending": ("sending", _("Sending")),
    "sent": ("sent", _("Sent")),
    "rejected": ("rejected", _("Rejected by Xero")),
    "uncertain": ("uncertain", _("Checking in Xero")),
    "differs": ("differs", _("Differs in Xero")),
    "recorded": ("recorded", _("Recorded as manually added")),
    "voided": ("voided", _("Voided")),
    "help": ("help", _("Needs your help")),
    "empty": ("empty", _("Empty")),
    "locked": ("locked", _("Locked in Xero")),
    "before_cutover": ("locked", _("Before cut-over")),
    "waiting": ("queued", _("Waiting")),
    "running": ("sending", _("Reading")),
    "done": ("sent", _("Done")),
    "refused": ("rejected", _("Refused")),
    "failed": ("rejected", _("Failed")),
    "undoing": ("sending", _("Being undone")),
    "undone": ("voided", _("Undone")),
    "live": ("sent", _("Connected")),
    "moved": ("help", _("Connection moved")),
    "ended": ("voided", _("Ended")),
    "active": ("sent", _("Active")),
    "archived": ("locked", _("Archived in Xero")),
    "gone": ("rejected", _("Gone from Xero")),
}
"""Icon and word of every state that a page can show."""


def state_word(name: str) -> str:
    """Return the word of a state alone, for a file."""
    return str(STATES[name][1]) if name in STATES else name


def state_shown(name: str, word: str = "") -> SafeString:
    """Return a state's icon and word."""
    # Rows have one each: a template would take two and a half times as long (180 µs and 72 µs).
    drawn, usual = STATES.get(name, ("unsent", name))
    return format_html(
        '<span class="state s-{}"><svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>{}</span>',
        drawn,
        drawn,
        word or usual,
    )
