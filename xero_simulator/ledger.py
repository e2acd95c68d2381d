"""The Journals endpoint, the general ledger: read only, and only for apps of the Advanced tier and above."""

from __future__ import annotations

from xero_simulator.call import Call
from xero_simulator.charts import CLASS_OF_TYPE
from xero_simulator.connections import Refused, problem
from xero_simulator.errors import NotFound, QueryParse
from xero_simulator.model import ManualJournal
from xero_simulator.reports import postings
from xero_simulator.wire import amount, ms_day, ms_instant
from xero_simulator.world import BULK_TIERS

PAGE_SIZE = 100


def _row(call: Call, journal: ManualJournal) -> dict[str, object]:
    book = call.book
    lines: list[dict[str, object]] = []
    for account_id, cents in postings(book, journal).items():
        account = book.by_id[account_id]
        lines.append(
            {
                "JournalLineID": journal.journal_id[:-4] + f"{len(lines):04x}",
                "AccountID": account_id,
                "AccountCode": account.code,
                "AccountType": account.type if account.type in CLASS_OF_TYPE else "EXPENSE",
                "AccountName": account.name,
                "Description": journal.narration,
                "NetAmount": amount(cents),
                "GrossAmount": amount(cents),
                "TaxAmount": amount(0),
                "TrackingCategories": [],
            }
        )
    return {
        "JournalID": journal.journal_id,
        "JournalDate": ms_day(journal.dated_on),
        "JournalNumber": journal.number,
        "CreatedDateUTC": ms_instant(journal.updated_at),
        "SourceID": journal.journal_id,
        "SourceType": "MANJOURNAL",
        "JournalLines": lines,
    }


def _require_tier(call: Call) -> None:
    if call.caller.app.tier not in BULK_TIERS:
        answer = problem(call.world, 401, "Unauthorized", "AuthorizationUnsuccessful")
        answer.headers.append(("WWW-Authenticate", "insufficient_scope"))
        raise Refused(answer)


def read_one(call: Call) -> dict[str, object]:
    """Answer `GET /Journals/{JournalID}` and `GET /Journals/{JournalNumber}`."""
    _require_tier(call)
    wanted = call.parts["id"].lower()
    for row in call.world.store.journals.of(call.tenant_id).values():
        if row.status == "POSTED" and wanted in {row.journal_id, str(row.number)}:
            return {"Journals": [_row(call, row)]}
    raise NotFound


def list_journals(call: Call) -> dict[str, object]:
    """Answer `GET /Journals?offset=N`: up to 100 journals with a number above the offset."""
    _require_tier(call)
    text = call.request.params.get("offset") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise QueryParse("The offset parameter must be a whole number")
    rows = [
        row
        for row in call.world.store.journals.of(call.tenant_id).values()
        if row.status == "POSTED" and row.number > int(text)
    ]
    rows.sort(key=lambda row: row.number)
    return {"Journals": [_row(call, row) for row in rows[:PAGE_SIZE]]}
