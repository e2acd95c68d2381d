"""One journal: its lines by GL and job code, the transactions behind each, and the story of its way into Xero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.decisions import difference
from clubledger.delivery.models import Delivery
from clubledger.frame import exports, formats, paging, query, sorting
from clubledger.ledger.intake import samples
from clubledger.ledger.journals import drill_down
from clubledger.ledger.journals.drill_down import ORDERS, LineView
from clubledger.ledger.models import Journal
from clubledger.web.journals import line_rows
from clubledger.web.journals.list_rows import has_chosen_first_open_day, notes_of, ordinal_words, state_shown, xero_link
from clubledger.web.page import club_page, link_to, show
from clubledger.web.words import KINDS
from clubledger.xero.connection import standing

ZERO = Decimal("0.00")
LINES_PER_PAGE = 100
LINE_ORDERS: sorting.Keys = {
    "code": lambda line: (line.account_code, line.job),
    "job": lambda line: (line.job, line.account_code) if line.job else None,
    "tax_type": lambda line: (line.tax_type, line.account_code) if line.tax_type else None,
    "rows": lambda line: line.row_count,
    "debit": lambda line: line.debit,
    "credit": lambda line: line.credit,
    "cents": lambda line: abs(line.tax_difference) if line.tax_difference else None,
}


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
    sort = sorting.asked(request, LINE_ORDERS)
    lines = sorting.in_order(drill_down.lines_of(club=access.club, journal=found, reading=reading), sort, LINE_ORDERS)
    taxes = {tax_type: name for tax_type, (name, _rate) in reading.taxes.items()}
    if request.GET.get("format") in exports.FORMATS and "line" not in request.GET:
        return _as_file(access, found, lines, taxes, request.GET["format"])
    opened = next((line for line in lines if str(line.key) == request.GET.get("line")), None)
    order = sorting.asked(request, ORDERS, by="order")
    if request.GET.get("format") in exports.FORMATS:
        return _transactions_as_file(access, reading, opened, order, request.GET["format"])
    behind = None
    if opened is not None or request.GET.get("line") == "all":
        found_page = drill_down.transactions_of(
            club=access.club,
            journal=found,
            line_key=opened.key if opened else None,
            page=query.whole_number(request.GET.get("page")),
            per_page=paging.PER_PAGE,
            reading=reading,
            order=order,
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
            access, shown.rows, opened, taxes, side=totals["side"], kept=f"sort={sort}" if sort else ""
        ),
        sort_asked=sort,
        order_asked=order,
        files=urlencode({"sort": sort} if sort else {}),
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
    """Give what a difference journal carries, each line with the way to the line of ours that it corrects."""
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
    """Give the journal and the others of its date, in one query. Raises Http404."""
    its_date = Journal.objects.of(access.club).filter(pk=journal_id).values("accounting_date")
    rows = Journal.objects.of(access.club).filter(accounting_date__in=its_date).select_related("sent_by", "recorded_by")
    of_date = list(rows.annotate(has_sample=Exists(samples.imports(access.club))).order_by("sequence"))
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
    """Give what happened to the journal, oldest first: deliveries, requests to Xero, recordings."""
    events = [Event(found.created_at, _("The first transaction of this date came in."))]
    if found.validated_at:
        events.append(Event(found.validated_at, _("Last checked against Xero's chart of accounts.")))
    events += _on_its_way(access, found)
    noted = AuditEvent.objects.of(access.club).filter(subject__in=[f"journal {found.pk}", str(found)])
    # In the order of the index, or a database may choose to walk the whole trail for the order's sake.
    noted = noted.order_by("subject", "position")
    events += [Event(event.at, _noted(event)) for event in noted[:50]]
    return sorted(events, key=lambda event: event.at)


def _noted(event: AuditEvent) -> str:
    # Many summaries begin with who did it.
    said = event.summary.startswith(event.actor_name)
    return event.summary if said else f"{event.actor_name}: {event.summary}"


def _on_its_way(access: ClubAccess, found: Journal) -> Iterator[Event]:
    """Give what its deliveries and the requests that carried them tell, in one query and without their bodies."""
    call = "call_items__call"
    rows = Delivery.objects.of(access.club).filter(journal=found).order_by("pk", f"{call}__started_at").values(
        "pk", "reference", "queued_at", "closed_at", "closed_because", "sender__name", "sender__email",
        "run__actor__name", "run__actor__email",
        "call_items__outcome", "call_items__words", f"{call}__http_status", f"{call}__correlation_id",
        f"{call}__started_at",
    )  # fmt: skip
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
        status, correlation = row[f"{call}__http_status"], row[f"{call}__correlation_id"]
        parts = (
            _("HTTP %(status)s") % {"status": status} if status else "",
            _("correlation id %(id)s") % {"id": correlation} if correlation else "",
            row["call_items__words"],
        )
        detail = ", ".join(part for part in parts if part)
        yield Event(row[f"{call}__started_at"], _outcome(row["call_items__outcome"]), detail)


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


def _as_file(
    access: ClubAccess, found: Journal, lines: list[LineView], taxes: dict[str, str], file_format: str
) -> HttpResponseBase:
    def rows() -> Iterator[tuple[Any, ...]]:
        for line in lines:
            yield (
                found.accounting_date, line.account_code, line.account_name, line.job, line.tax_type,
                taxes.get(line.tax_type, ""), line.debit, line.credit, line.source_tax, line.xero_tax,
                line.tax_difference, line.row_count,
            )  # fmt: skip

    header = [
        _("Date"), _("GL code"), _("Name"), _("Job code"), _("Tax type"), _("Tax rate"), _("Debit"),
        _("Credit"), _("Tax by the source"), _("Tax by Xero"), _("Tax difference"), _("Rows"),
    ]  # fmt: skip
    name = f"journal-{access.club.slug}-{found.number or found.accounting_date}-{found.sequence}"
    return exports.download(file_format=file_format, name=name, header=header, rows=rows())


def _transactions_as_file(
    access: ClubAccess, reading: drill_down.Reading, opened: LineView | None, order: str, file_format: str
) -> HttpResponseBase:
    """Give the transactions behind a line, or behind the whole journal, as a file."""
    found = reading.journal

    def rows() -> Iterator[tuple[Any, ...]]:
        number, pages = 1, 1
        while number <= pages:
            page = drill_down.transactions_of(
                club=access.club, journal=found, line_key=opened.key if opened else None, page=number, per_page=1000,
                reading=reading, order=order,
            )  # fmt: skip
            number, pages = number + 1, page.pages
            for view in page.rows:
                one = view.transaction
                yield (
                    found.accounting_date, one.source_id, KINDS.get(one.kind, one.kind), one.member, one.description,
                    ", ".join(str(row) for row in view.lines), max(view.amount, ZERO), max(-view.amount, ZERO),
                )  # fmt: skip

    header = [
        _("Date"), _("Transaction"), _("Kind"), _("Member"), _("Description"), _("Its rows"), _("Debit"), _("Credit"),
    ]  # fmt: skip
    what = opened.account_code if opened else "all"
    name = f"journal-{access.club.slug}-{found.number or found.accounting_date}-{found.sequence}-{what}"
    return exports.download(file_format=file_format, name=name, header=header, rows=rows())
