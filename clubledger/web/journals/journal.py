"""One journal: its lines by GL and job code, the transactions behind each, and the story of its way into Xero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clubledger.clubs import audit
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.decisions import difference
from clubledger.delivery.sending import runs
from clubledger.frame import formats, paging, query
from clubledger.ledger.intake import samples
from clubledger.ledger.journals import drill_down
from clubledger.ledger.journals.drill_down import LineView, RowView
from clubledger.ledger.models import Journal, SourceTransaction
from clubledger.web.journals import line_rows
from clubledger.web.journals.columns import BEHIND, LINES
from clubledger.web.journals.list_rows import has_chosen_first_open_day, notes_of, ordinal_words, state_shown, xero_link
from clubledger.web.page import club_page, link_to, show
from clubledger.web.words import KINDS
from clubledger.xero.connection import standing

ZERO = Decimal("0.00")
LINES_PER_PAGE = 100
MOST_NOTED = 50
"""Events of the audit trail that the story of a journal tells."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a row of its list: with the journal's date, and its tax type by name."""

    line: LineView
    on: date
    tax_name: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A transaction behind a line as a row of its list."""

    transaction: SourceTransaction
    on: date
    lines: tuple[RowView, ...]
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Event:
    """A moment in the story of a journal."""

    at: datetime
    words: str
    detail: str = ""


@require_safe
@club_page()
def journal(request: HttpRequest, access: ClubAccess, journal_id: int) -> HttpResponseBase:
    """Show a journal, one of its lines opened to its transactions if asked; or its lines as a file."""
    found, others = _with_others(access, journal_id)
    reading = drill_down.Reading(access.club, found)
    taxes = {tax_type: name for tax_type, (name, _rate) in reading.taxes.items()}
    listing = LINES.asked(request)
    rows = listing.in_order(
        Line(line, found.accounting_date, taxes.get(line.tax_type, ""))
        for line in drill_down.lines_of(club=access.club, journal=found, reading=reading)
    )
    lines = [row.line for row in rows]
    name = f"journal-{access.club.slug}-{found.number or found.accounting_date}-{found.sequence}"
    if listing.wants_file and "line" not in request.GET:
        return listing.file(rows, name=name)
    opened = next((line for line in lines if str(line.key) == request.GET.get("line")), None)
    listing_behind = BEHIND.asked(request) if opened else BEHIND.asked(request).with_fixed("amount")
    if listing_behind.wants_file:
        found_behind = _all_behind(access, reading, opened, listing_behind.sort)
        return listing_behind.file(found_behind, name=f"{name}-{opened.account_code if opened else 'all'}")
    behind = None
    if opened is not None or request.GET.get("line") == "all":
        found_page = drill_down.transactions_of(
            club=access.club,
            journal=found,
            line_key=opened.key if opened else None,
            page=query.whole_number(request.GET.get("page")),
            per_page=paging.PER_PAGE,
            reading=reading,
            order=listing_behind.sort,
        )
        behind = paging.page_made(request, found_page.rows, number=found_page.number, total=found_page.total)
    connection = standing.current(club=access.club)
    totals = _totals(lines)
    shown = _page_of_lines(request, lines, opened)
    return show(
        request,
        access,
        "web/journals/journal.html",
        crumbs=[(_("GL Integration"), link_to(access, "gl")), (formats.day(found.accounting_date), "")],
        journal=found,
        state=state_shown(found, access),
        notes=notes_of(found, access),
        further=ordinal_words(found.sequence),
        lines=shown,
        line_rows=line_rows.draw_lines(
            access, shown.rows, opened, taxes, side=totals["side"], kept=f"sort={listing.sort}" if listing.sort else ""
        ),
        listing=listing,
        listing_behind=listing_behind,
        sort_asked=listing.sort,
        order_asked=listing_behind.sort,
        files=urlencode({"sort": listing.sort} if listing.sort else {}),
        connection=connection,
        totals=totals,
        opened=opened,
        behind=behind,
        transaction_rows=line_rows.draw_transactions(access, behind.rows, KINDS) if behind else "",
        xero_link=xero_link(found, connection),
        story=_story(access, found),
        siblings=_siblings(access, others),
        has_sample=getattr(found, "has_sample", False),
        validate_link=f"{link_to(access, 'gl')}?on={found.accounting_date}"
        if access.may(Permission.SEND) and (found.state == "rejected" or has_chosen_first_open_day(found))
        else "",
        can_move_date=access.may(Permission.SEND) and any(one.get("code") == "locked" for one in found.findings),
        carries=_carries(access, found, taxes) if lines and not found.transaction_count else None,
    )


def _carries(access: ClubAccess, found: Journal, taxes: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what a difference journal carries, each line with the way to the line of ours that it corrects."""
    explained = difference.explain(club=access.club, journal=found)
    if explained is None:
        return None
    ours = link_to(access, "journal", explained.of_journal.pk)
    lines = [
        {
            "account_code": line.account_code, "account_name": line.account_name, "option": line.option,
            "tax": taxes.get(line.tax_type, line.tax_type), "ours": line.ours, "theirs": line.theirs,
            "amount": line.amount, "link": f"{ours}?line={line.line_keys[0]}#behind" if line.line_keys else "",
        }
        for line in explained.lines
    ]  # fmt: skip
    return {"of_journal": explained.of_journal, "lines": lines}


def _totals(lines: list[LineView]) -> dict[str, Any]:
    """Add the lines up. Taxes are signed like their lines, debit positive; `side` (1 or -1) turns them for the page.

    There the side that most of the tax stands on has no sign and the other one a minus, so that the columns add up.
    """
    debit = sum((line.debit or ZERO for line in lines), ZERO)
    credit = sum((line.credit or ZERO for line in lines), ZERO)
    source = [line.source_tax for line in lines if line.source_tax is not None]
    xero = [line.xero_tax for line in lines if line.xero_tax is not None]
    unstated = [line.xero_tax for line in lines if line.source_tax is None and line.xero_tax]
    side = -1 if sum(xero or source, ZERO) < 0 else 1
    return {
        "debit": debit,
        "credit": credit,
        "side": side,
        "source_tax": side * sum(source, ZERO) if source else None,
        "xero_tax": side * sum(xero, ZERO) if xero else None,
        "tax_difference": side * sum((line.tax_difference or ZERO for line in lines), ZERO),
        "tax_unstated": side * sum(unstated, ZERO),
        "is_balanced": debit == credit,
    }


def _with_others(access: ClubAccess, journal_id: int) -> tuple[Journal, list[Journal]]:
    """Return the journal and the others of its date, in one query. Raises Http404."""
    of_date = samples.of_one_date(club=access.club, journal_id=journal_id)
    found = next((one for one in of_date if one.pk == journal_id), None)
    if found is None:
        raise Http404
    return found, [one for one in of_date if one.pk != journal_id]


def _siblings(access: ClubAccess, others: list[Journal]) -> list[tuple[str, str]]:
    tba = _("TBA")
    return [(other.number or f"{tba} ({other.sequence})", link_to(access, "journal", other.pk)) for other in others]


def _page_of_lines(request: HttpRequest, lines: list[LineView], opened: LineView | None) -> paging.Page:
    """Cut out a page of the lines: the one asked for, else the one with the line that is opened."""
    last = max(1, -(-len(lines) // LINES_PER_PAGE))
    where = lines.index(opened) // LINES_PER_PAGE + 1 if opened is not None else 1
    number = min(query.whole_number(request.GET.get("lines"), where), last)
    return paging.Page(
        rows=lines[(number - 1) * LINES_PER_PAGE : number * LINES_PER_PAGE],
        number=number,
        total=len(lines),
        per_page=LINES_PER_PAGE,
        previous_link=query.address_with(request, lines=number - 1) if number > 1 else "",
        next_link=query.address_with(request, lines=number + 1) if number < last else "",
    )


def _story(access: ClubAccess, found: Journal) -> list[Event]:
    """Return what happened to the journal, oldest first: deliveries, requests to Xero, recordings."""
    events = [Event(found.created_at, _("The first transaction of this date came in."))]
    if found.validated_at:
        events.append(Event(found.validated_at, _("Last checked against Xero's chart of accounts.")))
    events += _on_its_way(access, found)
    noted = audit.about(club=access.club, subjects=[f"journal {found.pk}", str(found)], most=MOST_NOTED)
    events += [Event(event.at, _noted(event)) for event in noted]
    return sorted(events, key=lambda event: event.at)


def _noted(event: AuditEvent) -> str:
    # Many summaries begin with who did it.
    said = event.summary.startswith(event.actor_name)
    return event.summary if said else f"{event.actor_name}: {event.summary}"


def _on_its_way(access: ClubAccess, found: Journal) -> Iterator[Event]:
    """Return what its deliveries and the requests that carried them tell, in one query and without their bodies."""
    rows = runs.steps_of(club=access.club, journal=found)
    told = set()
    for row in rows:
        if row["pk"] not in told:
            told.add(row["pk"])
            sender = row["sender__name"] or row["sender__email"]
            presser = row["run__actor__name"] or row["run__actor__email"] or sender
            detail = _("Reference %(reference)s") % {"reference": row["reference"]}
            if sender != presser:
                taken_over = _("taken over by %(person)s") % {"person": sender}
                detail = f"{detail}, {taken_over}"
            yield Event(row["queued_at"], _("%(person)s pressed Send to GL.") % {"person": presser}, detail)
            if row["closed_at"] and row["closed_because"]:
                yield Event(row["closed_at"], _closed(row["closed_because"]))
        if row["call_items__outcome"] is None:
            continue
        status, correlation = row["call_items__call__http_status"], row["call_items__call__correlation_id"]
        parts = (
            _("HTTP %(status)s") % {"status": status} if status else "",
            _("correlation id %(id)s") % {"id": correlation} if correlation else "",
            row["call_items__words"],
        )
        detail = ", ".join(part for part in parts if part)
        yield Event(row["call_items__call__started_at"], _outcome(row["call_items__outcome"]), detail)


def _closed(because: str) -> str:
    return {
        "sent": _("In Xero and read back equal."),
        "rejected": _("Refused by Xero."),
        "withdrawn": _("Withdrawn before it was sent."),
        "voided": _("Voided in Xero."),
        "differs": _("Differs in Xero"),
    }.get(because, because)


def _outcome(outcome: str) -> str:
    return {
        "pending": _("Asked Xero; no answer yet."),
        "accepted": _("Asked Xero, which accepted it."),
        "rejected": _("Asked Xero, which refused it."),
        "unknown": _("Asked Xero; the answer was lost. Clubledger looks there before anything else."),
        "not_sent": _("Could not reach Xero; certainly nothing was posted."),
    }.get(outcome, outcome)


def _all_behind(
    access: ClubAccess, reading: drill_down.Reading, opened: LineView | None, order: str
) -> Iterator[Behind]:
    """Return all the transactions behind a line, or behind the whole journal, a thousand at a time."""
    found = reading.journal
    number, pages = 1, 1
    while number <= pages:
        page = drill_down.transactions_of(
            club=access.club, journal=found, line_key=opened.key if opened else None, page=number, per_page=1000,
            reading=reading, order=order,
        )  # fmt: skip
        number, pages = number + 1, page.pages
        for view in page.rows:
            debit, credit = max(view.amount, ZERO), max(-view.amount, ZERO)
            yield Behind(view.transaction, found.accounting_date, view.lines, debit, credit)
