"""Faults grouped by their cause, each with the one place that mends it. It only arranges what validation found."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from clubledger.bookkeeping.phrases import from_plain
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.web.page import link_to


@dataclass(slots=True)
class Cause:
    """One cause, the journals that suffer from it, and the way out."""

    message: str
    remedy: str
    is_fault: bool
    journals: int = 0
    count: int = 0
    amount: Decimal | None = None
    label: str = ""
    link: str = ""


PAGES = {"charge": "charges", "account_type": "account-types", "payment_method": "payment-methods"}


def place(access: ClubAccess, mends: str, journal_id: int | None = None) -> tuple[str, str]:
    """Return label and address of the place that mends; both empty where this person can do nothing about it."""
    kind, _colon, what = mends.partition(":")
    if kind in PAGES:
        link = f"{link_to(access, PAGES[kind])}?{urlencode({'item': what})}"
        label = _("Map %(code)s") if access.may(Permission.CONFIGURE) else _("See %(code)s")
        return label % {"code": what}, link
    if kind == "account":
        # Any kind of item may go to an account: the list of GL codes says what does, and leads to each grid.
        return _("See what uses %(code)s") % {"code": what}, f"{link_to(access, 'gl-codes')}?{urlencode({'q': what})}"
    if kind == "gl_code":
        return _("See what uses %(code)s") % {
            "code": what
        }, f"{link_to(access, 'charges')}?{urlencode({'gl_code': what})}"
    if kind == "job":
        label = _("Choose its option") if access.may(Permission.CONFIGURE) else _("See job code")
        return label, f"{link_to(access, 'job-codes')}?{urlencode({'q': what, 'code': what})}#item"
    if kind == "tax_type":
        return _("See what uses it"), f"{link_to(access, 'charges')}?{urlencode({'tax_type': what})}"
    if kind in {"organisation", "settings"}:
        return _("Open General Ledger"), link_to(access, "general-ledger")
    if kind == "sample":
        return _("Take it away"), f"{link_to(access, 'gl')}#sample"
    if kind == "journal" and journal_id is not None:
        return _("Open the journal"), link_to(access, "journal", journal_id)
    return "", ""


def causes_of(access: ClubAccess, found: Iterable[tuple[int, list[dict[str, Any]]]]) -> list[Cause]:
    """Group findings (journal id, its findings as stored) by cause: faults first, then those of most journals."""
    grouped: dict[tuple[str, str, str], Cause] = {}
    for journal_id, findings in found:
        for finding in findings:
            mends = finding.get("mends", "")
            key = (finding["code"], mends, "" if mends and mends != "journal" else from_plain(finding["message"]))
            cause = grouped.get(key)
            if cause is None:
                label, link = place(access, mends, journal_id)
                is_fault = finding.get("severity", "fault") == "fault"
                cause = Cause(
                    in_readers_words(from_plain(finding["message"])),
                    in_readers_words(from_plain(finding.get("remedy", ""))),
                    is_fault,
                    label=label,
                    link=link,
                )
                grouped[key] = cause
            cause.journals += 1
            cause.count += finding.get("count") or 0
            if finding.get("amount") is not None:
                cause.amount = (cause.amount or Decimal(0)) + Decimal(finding["amount"])
    return sorted(grouped.values(), key=lambda cause: (not cause.is_fault, -cause.journals, cause.message))
