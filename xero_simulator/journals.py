"""The ManualJournals endpoints: create, update, void, list and read."""

from __future__ import annotations

from typing import Any

from xero_simulator.attachments import attachment_row
from xero_simulator.call import Call, pagination
from xero_simulator.charts import ChartBook
from xero_simulator.errors import UNKNOWN_ID_TEXT, HighVolume, PostDataInvalid, ValidationError
from xero_simulator.filters import Getter, read_where, sort_rows
from xero_simulator.history import record
from xero_simulator.model import JournalLine, ManualJournal
from xero_simulator.rules import Verdict, judge
from xero_simulator.submissions import SubmittedJournal, read_elements, read_journal
from xero_simulator.wire import ZERO_GUID, Raw, amount, json_text, ms_day, ms_instant

FIELDS: dict[str, Getter] = {
    "ManualJournalID": lambda row: row.journal_id,
    "Narration": lambda row: row.narration,
    "Date": lambda row: row.dated_on,
    "Status": lambda row: row.status,
    "LineAmountTypes": lambda row: row.line_amount_types,
    "UpdatedDateUTC": lambda row: row.updated_at,
    "ShowOnCashBasisReports": lambda row: row.show_on_cash_basis,
    "HasAttachments": lambda row: bool(row.attachment_ids),
    "Url": lambda row: row.url,
}
ID_GIVEN_TEXT = "ManualJournalID cannot be given when a manual journal is created with PUT."


def line_row(book: ChartBook, line: JournalLine) -> dict[str, object]:
    """Return a line as the API shows it: the account's code as it is now, all four tracking fields."""
    row: dict[str, object] = {}
    if line.description is not None:
        row["Description"] = line.description
    row |= {"TaxType": line.tax_type, "TaxAmount": amount(line.tax_cents), "LineAmount": amount(line.amount_cents)}
    account = book.by_id.get(line.account_id)
    if account is not None:
        row["AccountCode"] = account.code
    tracking = []
    for ref in line.tracking:
        found = book.options.get(ref.option_id)
        if found is not None:
            category, option = found
            tracking.append(
                {
                    "Name": category.name,
                    "Option": option.name,
                    "TrackingCategoryID": ref.category_id,
                    "TrackingOptionID": ref.option_id,
                }
            )
    row["Tracking"] = tracking
    if account is not None:
        row["AccountID"] = account.account_id
    row["IsBlank"] = False
    return row


def _line_text(book: ChartBook, line: JournalLine, cache: dict[str, str]) -> str:
    """Return a line's JSON as it stands inside a list of journals. Written by hand: a batch's time goes into it."""
    if line.tracking:
        return json_text(line_row(book, line), "        ")
    inner = "          "
    description = ""
    if line.description is not None:
        description = f'{inner}"Description": {json_text(line.description)},\r\n'
    ends = cache.get(line.account_id)
    if ends is None:
        account = book.by_id.get(line.account_id)
        code = f'{inner}"AccountCode": {json_text(account.code)},\r\n' if account else ""
        identity = f'{inner}"AccountID": "{account.account_id}",\r\n' if account else ""
        ends = cache[line.account_id] = (
            f'{code}{inner}"Tracking": [],\r\n{identity}{inner}"IsBlank": false\r\n        }}'
        )
    return (
        f'{{\r\n{description}{inner}"TaxType": "{line.tax_type}",\r\n{inner}"TaxAmount": {amount(line.tax_cents)},\r\n'
        f'{inner}"LineAmount": {amount(line.amount_cents)},\r\n{ends}'
    )


def journal_row(call: Call, journal: ManualJournal, *, with_lines: bool) -> dict[str, object]:
    """Return a journal as the API shows it."""
    lines: object = []
    if with_lines and journal.lines:
        book = call.book
        if call.wants_json:
            cache: dict[str, str] = {}
            texts = ",\r\n        ".join([_line_text(book, line, cache) for line in journal.lines])
            lines = Raw(f"[\r\n        {texts}\r\n      ]")
        else:
            lines = [line_row(book, line) for line in journal.lines]
    row: dict[str, object] = {
        "Date": ms_day(journal.dated_on),
        "Status": journal.status,
        "LineAmountTypes": journal.line_amount_types,
        "UpdatedDateUTC": ms_instant(journal.updated_at),
        "ManualJournalID": journal.journal_id or ZERO_GUID,
        "Narration": journal.narration,
        "JournalLines": lines,
        "ShowOnCashBasisReports": journal.show_on_cash_basis,
        "HasAttachments": bool(journal.attachment_ids),
    }
    if journal.url:
        row["Url"] = journal.url
    return row


def list_journals(call: Call) -> dict[str, object]:
    """Answer `GET /ManualJournals`: without `page` the journals come without their lines."""
    rows = list(call.world.store.journals.of(call.tenant_id).values())
    since = call.modified_since()
    if since is not None:
        rows = [row for row in rows if row.updated_at > since]
    where = call.request.params.get("where")
    settings = call.world.settings
    if where:
        chosen = read_where(where, FIELDS, "ManualJournal", ignore_case=settings.where_ignores_case)
        if len(rows) > settings.high_volume_records and ("narration", "==") not in chosen.compared:
            raise HighVolume("The filter is not optimised and would go through too many records")
        rows = [row for row in rows if chosen.accepts(row)]
    rows = sort_rows(rows, call.request.params.get("order") or "UpdatedDateUTC ASC", FIELDS, "ManualJournal")
    paging = call.page()
    payload: dict[str, object] = {}
    if paging is not None:
        page, size = paging
        payload["pagination"] = pagination(page, size, len(rows))
        rows = rows[(page - 1) * size : page * size]
    elif settings.pagination_without_page:
        payload["pagination"] = pagination(1, max(len(rows), 1), len(rows))
    payload["ManualJournals"] = [journal_row(call, row, with_lines=paging is not None) for row in rows]
    return payload


def read_one(call: Call) -> dict[str, object]:
    """Answer `GET /ManualJournals/{id}`, always with lines and attachments."""
    journal = call.journal()
    row = journal_row(call, journal, with_lines=True)
    attachments = call.world.store.attachments
    row["Attachments"] = [attachment_row(call, attachments[key]) for key in journal.attachment_ids]
    return {"ManualJournals": [row]}


def create(call: Call) -> dict[str, object]:
    """Answer `PUT /ManualJournals`, which only creates."""
    return _save(call, updates=False)


def create_or_update(call: Call) -> dict[str, object]:
    """Answer `POST /ManualJournals`, which updates where an id is given."""
    return _save(call, updates=True)


def update_one(call: Call) -> dict[str, object]:
    """Answer `POST /ManualJournals/{id}`."""
    journal = call.journal()
    elements = read_elements(call.request.body, "ManualJournals", "ManualJournal")
    if len(elements) != 1:
        raise PostDataInvalid("Only one ManualJournal can be updated at this address.", [])
    given = read_journal(elements[0], "ManualJournals[0]")
    verdict = judge(call.world, call.caller, call.book, given, journal)
    if given.journal_id not in {None, journal.journal_id}:
        verdict.errors.append("The ManualJournalID does not match the one in the address.")
    if verdict.errors:
        raise ValidationError([_echo(call, verdict)])
    row = journal_row(call, _keep(call, verdict, journal), with_lines=True) | _warnings(verdict)
    return {"ManualJournals": [row | {"Attachments": []}]}


def _save(call: Call, *, updates: bool) -> dict[str, object]:
    elements = read_elements(call.request.body, "ManualJournals", "ManualJournal")
    # Everything is read before anything is kept, so that an unreadable element leaves no half of the batch behind.
    submitted = [read_journal(item, f"ManualJournals[{place}]") for place, item in enumerate(elements)]
    existing = call.world.store.journals.of(call.tenant_id)
    named = [given.journal_id for given in submitted if given.journal_id]
    summarize = call.summarize_errors()
    verdicts = []
    for given in submitted:
        before = existing.get(given.journal_id or "") if updates else None
        verdict = judge(call.world, call.caller, call.book, given, before)
        _refine(verdict, given, updates=updates, is_repeated=named.count(given.journal_id or "") > 1)
        verdicts.append((verdict, before))
    if summarize:
        bad = [_echo(call, verdict) for verdict, _ in verdicts if verdict.errors]
        if bad:
            raise ValidationError(bad)
    rows = []
    for verdict, before in verdicts:
        if verdict.errors:
            rows.append({"StatusAttributeString": "ERROR"} | _echo(call, verdict))
            continue
        row = journal_row(call, _keep(call, verdict, before), with_lines=True) | _warnings(verdict)
        if not summarize:
            row = {"StatusAttributeString": "WARNING" if verdict.warnings else "OK"} | row
        rows.append(row)
    return {"ManualJournals": rows}


def _refine(verdict: Verdict, given: SubmittedJournal, *, updates: bool, is_repeated: bool) -> None:
    if not updates and given.journal_id:
        verdict.errors = [ID_GIVEN_TEXT if text == UNKNOWN_ID_TEXT else text for text in verdict.errors]
    elif is_repeated:
        verdict.errors.append("The same ManualJournalID is given more than once in this request.")


def _warnings(verdict: Verdict) -> dict[str, object]:
    return {"Warnings": [{"Message": text} for text in verdict.warnings]} if verdict.warnings else {}


def _echo(call: Call, verdict: Verdict) -> dict[str, object]:
    """Return a refused journal as it was submitted, defaults filled in; a new one has the zero GUID."""
    row: dict[str, Any] = journal_row(call, verdict.journal, with_lines=False)
    row["ManualJournalID"] = verdict.given.journal_id or row["ManualJournalID"]
    rows = [line_row(call.book, line) for line in verdict.journal.lines]
    for shown, line in zip(rows, verdict.given.lines or [], strict=False):
        if "AccountID" not in shown:
            shown.update({"AccountCode": line.account_code} if line.account_code else {})
            shown.update({"AccountID": line.account_id} if line.account_id else {})
        if line.tax_type and shown["TaxType"] == "NONE":
            shown["TaxType"] = line.tax_type
    row["JournalLines"] = rows
    row["ValidationErrors"] = [{"Message": text} for text in verdict.errors]
    return row | _warnings(verdict)


def _keep(call: Call, verdict: Verdict, before: ManualJournal | None) -> ManualJournal:
    world, journal = call.world, verdict.journal
    journal.updated_at = world.now()
    if verdict.is_new:
        journal.journal_id = world.guid()
    if journal.status == "POSTED":
        # The number that Xero's screens show belongs to posted journals and changes with every edit.
        journal.number = world.store.journals.next_number(call.tenant_id)
    world.store.journals.put(journal.journal_id, journal)
    changes = "Created" if before is None else "Edited"
    if before is not None and before.status != journal.status:
        changes = {"POSTED": "Approved", "VOIDED": "Voided", "DELETED": "Deleted"}[journal.status]
    record(world, journal.journal_id, changes, f"{changes} through the Xero API using {call.caller.app.name}")
    return journal
