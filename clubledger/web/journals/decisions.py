"""What a person decides about Xero and Clubledger not agreeing: void, accept, put an alarm to rest, confirm a restore.

Each asks for a reason on a page that says what it will do, and is on record with it.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery import preflight
from clubledger.delivery.decisions import accept, after_restore, difference, void
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.models import Sighting
from clubledger.delivery.reconciliation import sightings
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.frame.query import read_day
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.journals import overview
from clubledger.ledger.models import TAKES_IN, Journal
from clubledger.web.page import club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.connection import standing
from clubledger.xero.errors import XeroError

Act = Callable[[str], str]


def _asking(request: HttpRequest, access: ClubAccess, page: dict[str, Any], act: Act, back: str) -> HttpResponseBase:
    """Show what will be done and ask why; with a reason, do it. `act` takes the reason and gives what to say."""
    reason = request.POST.get("reason", "").strip()[:500]
    if request.method != "POST" or not reason:
        page |= {"crumbs": [(_("GL Integration"), link_to(access, "gl")), (page["title"], "")]}
        page |= {"is_missing": request.method == "POST", "back": back, "reason": ""}
        return show(
            request, access, "web/journals/reasoned.html", status=422 if request.method == "POST" else 200, **page
        )
    try:
        messages.success(request, act(reason))
    except XeroError as error:
        tell(request, access, error)
    except (DeliveryError, LedgerError) as error:
        messages.error(request, str(error))
    return redirect(back)


def _journal(access: ClubAccess, journal_id: int, states: tuple[str, ...]) -> Journal:
    found = overview.find(club=access.club, journal_id=journal_id, states=states)
    if found is None:
        raise Http404
    return found


def _facts(found: Journal) -> list[tuple[str, str]]:
    return [
        (_("Journal"), found.number or _("TBA")),
        (_("Date"), formats.day(found.accounting_date)),
        (_("Total debits"), formats.money(from_minor(found.debit_minor))),
        (_("Transactions"), formats.count(found.transaction_count)),
    ]


def _lock_of(access: ClubAccess) -> list[tuple[str, str]]:
    """Say up to which day Xero is locked and which is the first open one, as last read."""
    connection = standing.current(club=access.club)
    organisation = connection.organisation if connection else None
    if organisation is None or organisation.locked_until is None or organisation.first_open_day is None:
        return []
    return [
        (_("Xero is locked up to"), formats.day(organisation.locked_until)),
        (_("First open day"), formats.day(organisation.first_open_day)),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def void_journal(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
    """Void in Xero and reopen."""
    found = _journal(access, journal_id, ("sent", "differs"))

    def act(reason: str) -> str:
        further = void.void_and_reopen(club=access.club, actor=access.user, journal_id=found.pk, reason=reason)
        return _("Voided in Xero. Its transactions stand in journal %(sequence)s of %(day)s, which can be sent.") % {
            "sequence": further.sequence,
            "day": formats.day(further.accounting_date),
        }

    page = {
        "title": _("Void in Xero and reopen"),
        "lead": _(
            "The journal is voided in Xero, which can't be taken back there. Its transactions then stand in the date's"
            " next journal."
        ),
        "facts": _facts(found),
        "button": _("Void it in Xero"),
    }
    return _asking(request, access, page, act, link_to(access, "journal", found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def accept_difference(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
    """Take a journal that differs as sent, by the person's word."""
    found = _journal(access, journal_id, ("differs",))

    def act(reason: str) -> str:
        accept.accept_difference(club=access.club, actor=access.user, journal_id=found.pk, reason=reason)
        return _("The journal counts as sent, as it is in Xero.")

    page = {
        "title": _("Accept it as it is in Xero"),
        "lead": _(
            "Clubledger then counts the journal as sent although Xero's is not the same. Nothing changes in Xero."
        ),
        "facts": [*_facts(found), (_("What differs"), in_readers_words(found.xero_words))],
        "button": _("Accept it"),
    }
    return _asking(request, access, page, act, link_to(access, "journal", found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def keep_with_difference(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
    """Keep a journal that differs as it is in Xero, and send what is missing there as a further journal."""
    found = _journal(access, journal_id, ("differs",))

    def act(reason: str) -> str:
        further = difference.adopt_with_difference_journal(
            club=access.club, actor=access.user, journal_id=found.pk, reason=reason
        )
        return _("Kept as it is in Xero. The difference is queued as journal %(sequence)s of %(day)s.") % {
            "sequence": further.sequence,
            "day": formats.day(further.accounting_date),
        }

    page = {
        "title": _("Keep it in Xero, and send the difference"),
        "lead": _(
            "Xero's journal stays as it is. It is read now, and a further journal for the date, sent in your name,"
            " carries exactly what ours has more or less, line by line. The journal counts as sent once that one is in"
            " Xero."
        ),
        "facts": [*_facts(found), (_("What differs"), in_readers_words(found.xero_words))],
        "button": _("Send the difference"),
    }
    return _asking(request, access, page, act, link_to(access, "journal", found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.SEND)
def first_open_day(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
    """Choose that a journal on a locked date is sent dated on the first open day."""
    found = _journal(access, journal_id, tuple(str(state) for state in TAKES_IN))

    def act(reason: str) -> str:
        preflight.date_on_first_open_day(club=access.club, actor=access.user, journal_ids=[found.pk], reason=reason)
        return _("Chosen. Validate the journal again: it then says which day it will be dated on in Xero.")

    page = {
        "title": _("Send it dated on the first open day"),
        "lead": _(
            "Xero is locked on this date. The journal keeps its accounting date here and is dated on Xero's first open"
            " day there; both stand in its narration."
        ),
        "facts": [*_facts(found), *_lock_of(access)],
        "button": _("Choose the first open day"),
    }
    return _asking(request, access, page, act, link_to(access, "journal", found.pk))


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def settle_sighting(request: HttpRequest, access: ClubAccess, sighting_id: int) -> HttpResponseBase:
    """Put an alarm about a manual journal in Xero to rest."""
    seen = sightings.find_open(club=access.club, sighting_id=sighting_id)
    if seen is None:
        raise Http404

    def act(reason: str) -> str:
        sightings.settle(club=access.club, actor=access.user, sighting_id=seen.pk, reason=reason)
        return _("Settled; the reason is on record.")

    page = {
        "title": _("Settle what was seen in Xero"),
        "lead": _(
            "%(seen)s Settling puts the alarm to rest: nothing changes in Xero, and what waits for it goes out. Look"
            " there first, and say what you found."
        )
        % {"seen": sighting_words(seen)},
        "facts": [
            (_("Reference"), seen.reference),
            (_("Seen"), formats.instant(seen.seen_at, access.club.time_zone)),
            (_("Xero's id"), seen.xero_journal_id),
        ],
        "button": _("Settle it"),
    }
    return _asking(request, access, page, act, link_to(access, "gl"))


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def void_sighted(request: HttpRequest, access: ClubAccess, sighting_id: int) -> HttpResponseBase:
    """Void a manual journal in Xero that bears our reference and that nothing here accounts for."""
    seen = sightings.find_open(club=access.club, sighting_id=sighting_id, kinds=sightings.VOIDABLE)
    if seen is None:
        raise Http404

    def act(reason: str) -> str:
        void.void_sighted(club=access.club, actor=access.user, sighting_id=seen.pk, reason=reason)
        return _("Voided in Xero; the reason is on record.")

    page = {
        "title": _("Void it in Xero"),
        "lead": _(
            "%(seen)s It is voided in Xero, which can't be taken back there. If its transactions are still to be"
            " imported, bring them in first: a journal that is sent is compared with it and never sent twice."
        )
        % {"seen": sighting_words(seen)},
        "facts": [
            (_("Reference"), seen.reference),
            (_("Date"), seen.found.get("date") or ""),
            *[
                (_("GL code %(code)s") % {"code": line["account_code"]}, line["amount"])
                for line in seen.found.get("lines", [])
            ],
            (_("Seen"), formats.instant(seen.seen_at, access.club.time_zone)),
        ],
        "button": _("Void it in Xero"),
    }
    return _asking(request, access, page, act, link_to(access, "gl"))


def sighting_words(seen: Sighting) -> str:
    """Say what was seen."""
    return {
        "unknown": _("Xero has a journal with our reference %(reference)s that Clubledger does not know of."),
        "double": _("Xero has a second journal with our reference %(reference)s."),
        "changed": _("The journal %(reference)s was changed in Xero after it was sent."),
    }[seen.kind] % {"reference": seen.reference}


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def confirm_restore(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """After a backup was restored: say which days were recorded by hand since, and let the club send again."""
    confirmation = after_restore.open_confirmation(club=access.club)
    if confirmation is None:
        raise Http404
    if request.method == "POST" and request.POST.get("seen") == "1":
        days = [on for text in request.POST.getlist("day") if (on := read_day(text)) is not None]
        reason = request.POST.get("reason", "").strip()[:500]
        try:
            after_restore.confirm(club=access.club, actor=access.user, recorded_on=days, reason=reason)
        except (DeliveryError, LedgerError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Confirmed. Journals go out again."))
            return redirect(link_to(access, "gl"))
    return show(
        request,
        access,
        "web/journals/confirm_restore.html",
        confirmation=confirmation,
        is_missing=request.method == "POST",
        status=422 if request.method == "POST" else 200,
    )
