"""What a person decides about Xero and Clubledger not agreeing: void, accept, put an alarm to rest, confirm a restore.

Each asks for a reason on a page that says what it will do, and is on record with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery import preflight
from clubledger.delivery.decisions import accept, after_restore, difference, void
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.models import Sighting, SightingKind
from clubledger.delivery.reconciliation import sightings
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.frame.query import read_day
from clubledger.frame.reasons import Reason
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.journals import overview
from clubledger.ledger.models import TAKES_IN, Journal
from clubledger.web.page import ask_why, club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.connection import standing
from clubledger.xero.errors import XeroError

LONGEST = 500
"""Characters of a reason that are kept."""

Facts = list[tuple[str, str]]
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What can be decided about a journal or an alarm: who may, what the page says, and what is done with the reason.

    `among` are the states, or the kinds of alarm, in which it can be decided; an alarm of any kind if none is named.
    `lead` of an alarm can name what was `seen`; `done` can name the `sequence` and the `day` of the further journal
    that the room's function returns.
    """

    right: Permission
    title: Promise
    lead: Promise
    facts: Callable[[ClubAccess, Any], Facts]
    button: Promise
    among: Sequence[str]
    room: Callable[..., Any]
    done: Promise


def _about_journal(decision: Decision) -> View:
    """Return the page that asks for a decision about a journal."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @club_page(decision.right)
    def asked(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
        found = overview.find(club=access.club, journal_id=journal_id, states=decision.among)
        if found is None:
            raise Http404

        def act(reason: str) -> str:
            further = decision.room(club=access.club, actor=access.user, journal_id=found.pk, reason=reason)
            if not isinstance(further, Journal):
                return str(decision.done)
            told = {"sequence": further.sequence, "day": formats.day(further.accounting_date)}
            return str(decision.done) % told

        back = link_to(access, "journal", found.pk)
        page = {"lead": decision.lead, "facts": decision.facts(access, found), "back": back}
        return _asking(request, access, decision, page, act)

    return asked


def _about_sighting(decision: Decision) -> View:
    """Return the page that asks for a decision about an alarm: a manual journal in Xero that is not as it should be."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @club_page(decision.right)
    def asked(request: HttpRequest, access: ClubAccess, sighting_id: int) -> HttpResponseBase:
        seen = sightings.find_open(club=access.club, sighting_id=sighting_id, kinds=decision.among)
        if seen is None:
            raise Http404

        def act(reason: str) -> str:
            decision.room(club=access.club, actor=access.user, sighting_id=seen.pk, reason=reason)
            return str(decision.done)

        lead = str(decision.lead) % {"seen": sighting_words(seen)}
        page = {"lead": lead, "facts": decision.facts(access, seen), "back": link_to(access, "gl")}
        return _asking(request, access, decision, page, act)

    return asked


def _asking(
    request: HttpRequest,
    access: ClubAccess,
    decision: Decision,
    page: dict[str, Any],
    act: Callable[[str], str],
) -> HttpResponseBase:
    """Show what will be done and ask why; with a reason, do it. `act` takes the reason and returns what to say."""
    reason = Reason.of(request)
    if not reason.is_given:
        return ask_why(
            request,
            access,
            "web/journals/reasoned.html",
            reason,
            crumbs=[(_("GL Integration"), link_to(access, "gl")), (str(decision.title), "")],
            title=decision.title,
            button=decision.button,
            **page,
        )
    try:
        messages.success(request, act(reason.text[:LONGEST]))
    except XeroError as error:
        tell(request, access, error)
    except (DeliveryError, LedgerError) as error:
        messages.error(request, str(error))
    return redirect(page["back"])


def _what_it_is(access: ClubAccess, found: Journal) -> Facts:
    """Return what tells a journal from others."""
    return [
        (_("Journal"), found.number or _("TBA")),
        (_("Date"), formats.day(found.accounting_date)),
        (_("Total debits"), formats.money(from_minor(found.debit_minor))),
        (_("Transactions"), formats.count(found.transaction_count)),
    ]


def _what_differs(access: ClubAccess, found: Journal) -> Facts:
    return [*_what_it_is(access, found), (_("What differs"), in_readers_words(found.xero_words))]


def _where_xero_is_locked(access: ClubAccess, found: Journal) -> Facts:
    """Return up to which day Xero is locked, and which is the first open one, as last read."""
    facts = _what_it_is(access, found)
    connection = standing.current(club=access.club)
    organisation = connection.organisation if connection else None
    if organisation is None or organisation.locked_until is None or organisation.first_open_day is None:
        return facts
    return [
        *facts,
        (_("Xero is locked up to"), formats.day(organisation.locked_until)),
        (_("First open day"), formats.day(organisation.first_open_day)),
    ]


def _what_was_seen(access: ClubAccess, seen: Sighting) -> Facts:
    return [
        (_("Reference"), seen.reference),
        (_("Seen"), formats.instant(seen.seen_at, access.club.time_zone)),
        (_("Xero's id"), seen.xero_journal_id),
    ]


def _what_stands_in_xero(access: ClubAccess, seen: Sighting) -> Facts:
    lines = [
        (_("GL code %(code)s") % {"code": line["account_code"]}, line["amount"]) for line in seen.found.get("lines", [])
    ]
    return [
        (_("Reference"), seen.reference),
        (_("Date"), seen.found.get("date") or ""),
        *lines,
        (_("Seen"), formats.instant(seen.seen_at, access.club.time_zone)),
    ]


def sighting_words(seen: Sighting) -> str:
    """Return what was seen."""
    return {
        SightingKind.UNKNOWN: _(
            "Xero has a journal with our reference %(reference)s that Clubledger does not know of."
        ),
        SightingKind.DOUBLE: _("Xero has a second journal with our reference %(reference)s."),
        SightingKind.CHANGED: _("The journal %(reference)s was changed in Xero after it was sent."),
    }[SightingKind(seen.kind)] % {"reference": seen.reference}


def _date_on_first_open_day(*, journal_id: int, **asked: Any) -> int:
    return preflight.date_on_first_open_day(journal_ids=[journal_id], **asked)


void_journal = _about_journal(
    Decision(
        right=Permission.UNDO,
        title=gettext_lazy("Void in Xero and reopen"),
        lead=gettext_lazy(
            "The journal is voided in Xero, which can't be taken back there. Its transactions then stand in the date's"
            " next journal."
        ),
        facts=_what_it_is,
        button=gettext_lazy("Void it in Xero"),
        among=("sent", "differs"),
        room=void.void_and_reopen,
        done=gettext_lazy(
            "Voided in Xero. Its transactions stand in journal %(sequence)s of %(day)s, which can be sent."
        ),
    )
)
accept_difference = _about_journal(
    Decision(
        right=Permission.UNDO,
        title=gettext_lazy("Accept it as it is in Xero"),
        lead=gettext_lazy(
            "Clubledger then counts the journal as sent although Xero's is not the same. Nothing changes in Xero."
        ),
        facts=_what_differs,
        button=gettext_lazy("Accept it"),
        among=("differs",),
        room=accept.accept_difference,
        done=gettext_lazy("The journal counts as sent, as it is in Xero."),
    )
)
keep_with_difference = _about_journal(
    Decision(
        right=Permission.UNDO,
        title=gettext_lazy("Keep it in Xero, and send the difference"),
        lead=gettext_lazy(
            "Xero's journal stays as it is. It is read now, and a further journal for the date, sent in your name,"
            " carries exactly what ours has more or less, line by line. The journal counts as sent once that one is in"
            " Xero."
        ),
        facts=_what_differs,
        button=gettext_lazy("Send the difference"),
        among=("differs",),
        room=difference.adopt_with_difference_journal,
        done=gettext_lazy("Kept as it is in Xero. The difference is queued as journal %(sequence)s of %(day)s."),
    )
)
first_open_day = _about_journal(
    Decision(
        right=Permission.SEND,
        title=gettext_lazy("Send it dated on the first open day"),
        lead=gettext_lazy(
            "Xero is locked on this date. The journal keeps its accounting date here and is dated on Xero's first open"
            " day there; both stand in its narration."
        ),
        facts=_where_xero_is_locked,
        button=gettext_lazy("Choose the first open day"),
        among=tuple(str(state) for state in TAKES_IN),
        room=_date_on_first_open_day,
        done=gettext_lazy("Chosen. Validate the journal again: it then says which day it will be dated on in Xero."),
    )
)
settle_sighting = _about_sighting(
    Decision(
        right=Permission.UNDO,
        title=gettext_lazy("Settle what was seen in Xero"),
        lead=gettext_lazy(
            "%(seen)s Settling puts the alarm to rest: nothing changes in Xero, and what waits for it goes out. Look"
            " there first, and say what you found."
        ),
        facts=_what_was_seen,
        button=gettext_lazy("Settle it"),
        among=(),
        room=sightings.settle,
        done=gettext_lazy("Settled; the reason is on record."),
    )
)
void_sighted = _about_sighting(
    Decision(
        right=Permission.UNDO,
        title=gettext_lazy("Void it in Xero"),
        lead=gettext_lazy(
            "%(seen)s It is voided in Xero, which can't be taken back there. If its transactions are still to be"
            " imported, bring them in first: a journal that is sent is compared with it and never sent twice."
        ),
        facts=_what_stands_in_xero,
        button=gettext_lazy("Void it in Xero"),
        among=sightings.VOIDABLE,
        room=void.void_sighted,
        done=gettext_lazy("Voided in Xero; the reason is on record."),
    )
)


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.UNDO)
def confirm_restore(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """After a backup was restored: say which days were recorded by hand since, and let the club send again."""
    confirmation = after_restore.open_confirmation(club=access.club)
    if confirmation is None:
        raise Http404
    if request.method == "POST" and request.POST.get("seen") == "1":
        days = [on for text in request.POST.getlist("day") if (on := read_day(text)) is not None]
        reason = Reason.of(request).text[:LONGEST]
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
