"""A journal as a row of a list: its state in a word, what to know about it, and what can be done with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clubledger.bookkeeping.phrases import from_plain
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import TAKES_IN, Journal
from clubledger.web.page import link_to
from clubledger.xero import manual_journals
from clubledger.xero.models import Connection


@dataclass(frozen=True, slots=True)
class Row:
    """What the list shows of a journal."""

    journal: Journal
    link: str
    number: str
    day: str
    further: str
    state: str
    notes: list[str]
    xero_link: str
    can_tick: bool
    is_ticked: bool
    needs_help: bool


def ordinal_words(sequence: int) -> str:
    """Return which journal of its date it is: nothing for the first."""
    if sequence == 1:
        return ""
    words = {2: _("second journal for this date"), 3: _("third journal for this date")}
    return words.get(sequence) or _("journal no. %(sequence)s for this date") % {"sequence": sequence}


WAITS: Mapping[str, Any] = {
    WaitReason.TURN: gettext_lazy("Waits for its turn"),
    WaitReason.LIMIT: gettext_lazy("Waits for Xero's limit"),
    WaitReason.AUTHORISATION: gettext_lazy("Waits for its sender to authorise Xero, or for somebody to take it over"),
    WaitReason.PERMISSION: gettext_lazy(
        "Waits: its sender may no longer send, by their role here or by their Xero login"
    ),
    WaitReason.LOCK: gettext_lazy("Waits: Xero is locked on its date"),
    WaitReason.CHANGEOVER: gettext_lazy("Waits for its sender to authorise the club's new Xero app"),
    WaitReason.SETUP: gettext_lazy("Waits: Clubledger's registration at Xero needs mending"),
    WaitReason.CLOCK: gettext_lazy("Waits: the clock of Clubledger's machine is wrong"),
    WaitReason.OFFLINE: gettext_lazy("Waits: Xero is out of reach"),
    WaitReason.NETWORK: gettext_lazy("Waits: Xero did not answer"),
    WaitReason.CHECK: gettext_lazy("Waits for the check after a restored backup"),
    WaitReason.UNKNOWN: gettext_lazy("Waits: Xero has a journal of this day that nobody has accounted for"),
    WaitReason.FAULT: gettext_lazy("Waits: Clubledger met a fault of its own, which is in its log"),
}
"""Why a queued journal waits, in words."""


def wait_words(journal: Journal, zone: str) -> str:
    """Return why a queued journal waits and when it is tried again."""
    words = str(WAITS.get(journal.wait_reason, journal.wait_reason))
    if words and journal.wait_until:
        until = formats.instant(journal.wait_until, zone)
        return _("%(reason)s; tried again on %(until)s") % {"reason": words, "until": until}
    return words


def state_shown(journal: Journal, access: ClubAccess) -> str:
    """Return the state as people see it: an open journal may be empty, in need of help, or before the cut-over."""
    if journal.state in TAKES_IN:
        post_from = access.club.post_from
        if post_from and journal.accounting_date < post_from:
            return "before_cutover"
        if journal.state == "open" and journal.debit_minor == 0:
            return "empty"
        if journal.state == "open" and has_fault(journal):
            return "help"
    return journal.state


def has_fault(journal: Journal) -> bool:
    """Whether the last validation found something that keeps it back."""
    return any(finding.get("severity", "fault") == "fault" for finding in journal.findings)


def has_chosen_first_open_day(journal: Journal) -> bool:
    """Whether somebody chose the first open day for it since it was last validated: that finds the day itself."""
    return journal.state in TAKES_IN and journal.sent_on == journal.accounting_date


def notes_of(journal: Journal, access: ClubAccess) -> list[str]:
    """Return the sentences under a journal's state: Xero's words, findings, who sent or recorded it and when."""
    zone = access.club.time_zone
    notes = []
    if journal.xero_words and journal.state in {"rejected", "differs", "uncertain", "queued"}:
        # What differs was found by us; anything else is in Xero's own words.
        words = in_readers_words(journal.xero_words) if journal.state == "differs" else journal.xero_words
        notes.append(_("Xero says: %(words)s") % {"words": words})
    if journal.state == "uncertain":
        notes.append(_("No clear answer came. Clubledger looks in Xero first, and never sends it twice."))
    if has_chosen_first_open_day(journal):
        notes.append(_("To be dated on Xero's first open day, as somebody chose. Validate comes next."))
    if journal.state in TAKES_IN:
        messages = [in_readers_words(from_plain(finding["message"])) for finding in journal.findings]
        messages = list(dict.fromkeys(messages))
        notes += messages[:2]
        if len(messages) > 2:
            notes.append(_("and %(count)s more") % {"count": len(messages) - 2})
    if journal.state == "queued":
        notes.append(wait_words(journal, zone))
        if journal.wait_reason == WaitReason.LOCK:
            notes.append(_("Unlock the date in Xero, or withdraw it here, validate it and choose the first open day."))
    if journal.state == "sent" and journal.sent_by:
        when = formats.instant(journal.sent_at, zone)
        notes.append(_("%(person)s, %(when)s") % {"person": journal.sent_by, "when": when})
    if journal.state == "sent" and journal.sent_on and journal.sent_on != journal.accounting_date:
        notes.append(_("dated %(day)s in Xero") % {"day": formats.day(journal.sent_on)})
    if journal.state == "recorded":
        when = formats.instant(journal.recorded_at, zone)
        notes.append(f"{journal.recorded_by}, {when}: {journal.recorded_reason}")
        notes.append(_("Clubledger has not checked Xero."))
    return [note for note in notes if note]


def rows_of(
    found: Iterable[Journal], access: ClubAccess, connection: Connection | None, ticked: str = ""
) -> Iterator[Row]:
    """Return the rows of journals. `ticked` is `all`, `valid` or empty: which rows come ticked."""
    # Addresses and words are made once, not once a row; the address is one from the list on, a third as long.
    before, after = link_to(access, "journal", 0).removeprefix(link_to(access, "gl")).split("/0/")
    not_numbered = _("TBA")
    for journal in found:
        row = _row_of(journal, access, connection, ticked)
        yield replace(row, link=f"{before}/{journal.pk}/{after}", number=journal.number or not_numbered)


def _row_of(journal: Journal, access: ClubAccess, connection: Connection | None, ticked: str) -> Row:
    state = state_shown(journal, access)
    can_tick = _can_tick(journal, access, state)
    return Row(
        journal=journal,
        link="",
        number="",
        day=formats.day(journal.accounting_date),
        further=ordinal_words(journal.sequence),
        state=state,
        notes=notes_of(journal, access),
        xero_link=xero_link(journal, connection),
        can_tick=can_tick,
        is_ticked=can_tick and (ticked == "all" or (ticked == "valid" and journal.state == "valid")),
        needs_help=state in {"help", "rejected", "differs", "uncertain"},
    )


def _can_tick(journal: Journal, access: ClubAccess, state: str) -> bool:
    if journal.state == "recorded":
        return access.may(Permission.UNDO)
    if not access.may(Permission.SEND) or state == "before_cutover":
        return False
    return journal.state in TAKES_IN or journal.state == "queued"


def xero_link(journal: Journal, connection: Any) -> str:
    """Return the address that opens the journal in Xero; empty where it is not there."""
    if not journal.xero_journal_id or connection is None or journal.state not in {"sent", "differs", "voided"}:
        return ""
    return str(manual_journals.deep_link(connection, journal.xero_journal_id))
