"""Version 1 of the API: bring transactions in, read journals and imports. Each call sees the club of its key alone."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import NinjaAPI, Query, Schema
from ninja.errors import HttpError

from clubledger.api.documentation import Documentation
from clubledger.api.guard import Key, PerKey, shape_errors
from clubledger.api.schemas import (
    Batch,
    ClubState,
    Imported,
    Journals,
    JournalWithLines,
    Problem,
    money,
    of_import,
    of_journal,
    of_line,
)
from clubledger.clubs import audit
from clubledger.clubs.models import ApiKey
from clubledger.ledger.errors import BadSourceName
from clubledger.ledger.intake import imports
from clubledger.ledger.journals import drill_down, overview
from clubledger.ledger.models import Import, Journal, JournalState, RefusedRow

MOST_REFUSALS = 1000
PER_PAGE = 100

api = NinjaAPI(
    title="Clubledger",
    version="1",
    description="Push a club's transactions, and read what became of them. Amounts are text, never numbers.",
    urls_namespace="api",
    docs=Documentation(),
    auth=Key(),
    throttle=PerKey(),
)
shape_errors(api)


def _answers(shape: type[Schema], *more: int) -> dict[int, Any]:
    return {200: shape} | dict.fromkeys((401, 429, *more), Problem)


def _key(request: HttpRequest) -> ApiKey:
    key = getattr(request, "auth", None)
    if not isinstance(key, ApiKey):
        raise Http404
    return key


class JournalFilter(Schema):
    """Which journals to list."""

    state: JournalState | None = None
    from_on: date | None = None
    up_to_on: date | None = None
    page: int = 1


@api.get("/club", response=_answers(ClubState), operation_id="read_club", summary="The key's club, and how it stands")
def read_club(request: HttpRequest) -> dict[str, Any]:
    """Return which club the key opens and what of it is not in Xero yet: a good first call."""
    key = _key(request)
    figures = overview.overview(club=key.club)
    return {
        "name": key.club.name,
        "slug": key.club.slug,
        "time_zone": key.club.time_zone,
        "key": key.name,
        "may_import": key.may_import,
        "oldest_unsent_on": figures.oldest_unsent_on,
        "transactions_unposted": figures.transactions_unposted,
        "amount_unposted": money(figures.amount_unposted),
    }


@api.post(
    "/transactions",
    response=_answers(Imported, 400, 403, 413, 422),
    operation_id="import_transactions",
    summary="Bring transactions in",
)
def import_transactions(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """Bring in up to 5,000 rows, with the fields of the transactions file. Sending a row again changes nothing.

    A bad row refuses its whole transaction, with its place and the reason; every other transaction is kept, so look at
    `transactions.refused` even where the status is 200. Refused rows also stand on the club's Import page.
    """
    key = _key(request)
    if not key.may_import:
        raise HttpError(403, "This key only reads. Make one that may import.")
    with audit.through(f"API key {key}"):
        try:
            made = imports.import_rows(club=key.club, actor=key.acts_for, rows=batch.rows, source=batch.source)
        except BadSourceName as error:
            raise HttpError(422, str(error)) from None
    return _import(key, made)


@api.get(
    "/imports/{import_id}",
    response=_answers(Imported, 404, 422),
    operation_id="read_import",
    summary="One import: how far it is, and what came of it",
)
def read_import(request: HttpRequest, import_id: int) -> dict[str, Any]:
    """Return an import, by file or by API, with the first 1,000 refused rows."""
    key = _key(request)
    return _import(key, _one(Import.objects.of(key.club), import_id))


@api.get("/journals", response=_answers(Journals, 422), operation_id="list_journals", summary="Journals, page by page")
def list_journals(request: HttpRequest, asked: Query[JournalFilter]) -> dict[str, Any]:
    """List journals by date and sequence, 100 a page; by state and by accounting date if asked."""
    key = _key(request)
    states = None if asked.state is None else [asked.state]
    rows = overview.select(
        club=key.club, from_on=asked.from_on or date.min, up_to_on=asked.up_to_on or date.max, states=states
    )
    total = rows.count()
    pages = max(1, -(-total // PER_PAGE))
    page = max(1, min(asked.page, pages))
    found = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {"journals": [of_journal(one) for one in found], "page": page, "pages": pages, "total": total}


@api.get(
    "/journals/{journal_id}",
    response=_answers(JournalWithLines, 404, 422),
    operation_id="read_journal",
    summary="One journal with its lines",
)
def read_journal(request: HttpRequest, journal_id: int) -> dict[str, Any]:
    """Return a journal with its lines: as they were sent, or as the present mapping makes them."""
    key = _key(request)
    found: Journal = _one(Journal.objects.of(key.club), journal_id)
    lines = drill_down.lines_of(club=key.club, journal=found)
    return of_journal(found) | {"lines": [of_line(line) for line in lines]}


def _import(key: ApiKey, found: Import) -> dict[str, Any]:
    refused = RefusedRow.objects.of(key.club).filter(of_import=found).order_by("line_number", "pk")[:MOST_REFUSALS]
    return of_import(found, list(refused))


def _one(rows: Any, pk: int) -> Any:
    found = rows.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None:
        raise Http404
    return found
