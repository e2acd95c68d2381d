"""Manual journals in Xero: create, void, read, list what changed, find by narration. Repeats no write.

The bytes of a request are made once, with `write_payload` and `join`, and kept by the caller: a replay sends the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from clubledger.foundation import clock
from clubledger.xero.access import XeroAccess
from clubledger.xero.errors import AnswerUnreadable, NotFoundInXero, XeroError
from clubledger.xero.http.answers import (
    Answer,
    ManualJournal,
    answer_to_failure,
    answer_to_write,
    read_journal,
)
from clubledger.xero.http.wire import Unreadable, elements, field, read_json, text, write_json
from clubledger.xero.models import Authorisation, Connection

MAX_JOURNALS = 50
MAX_BODY_BYTES = 3_500_000
PAGE_SIZE = 500
MAX_PAGES = 400
PAGING_TRIES = 3
_PATH = "/ManualJournals"
_EXPLICIT = {"summarizeErrors": "false"}


# --- Writing ----------------------------------------------------------------------------------------------------------


def write_payload(journal: Mapping[str, Any]) -> bytes:
    """Return one journal's JSON as it stands in a request; amounts (Decimal) become numbers with exactly two decimals.

    Raises ValueError for fractions of a cent, TypeError for a float.
    """
    return write_json(journal)


def join(payloads: Sequence[bytes]) -> bytes:
    """Return the body of one request from the payloads of its journals, byte for byte, in order.

    Raises ValueError beyond 50 journals or 3.5 MB (xero-facts 3.5).
    """
    body = b'{"ManualJournals":[' + b",".join(payloads) + b"]}"
    if not 0 < len(payloads) <= MAX_JOURNALS or len(body) > MAX_BODY_BYTES:
        raise ValueError(f"a request holds 1 to {MAX_JOURNALS} journals in {MAX_BODY_BYTES} bytes")
    return body


def create(*, access: XeroAccess, body: bytes, idempotency_key: str, deadline_at: datetime) -> Answer:
    """Create the journals in `body` (made by `join`) with one PUT and say what is known of each afterwards.

    Never raises for what Xero or the network did: that is in the Answer. Nothing is written after `deadline_at`.
    """
    answer = _write(
        access, "PUT", _PATH, body=body, idempotency_key=idempotency_key, deadline_at=deadline_at, wanted_status=""
    )
    if answer.outcome == "accepted":
        rows = Authorisation.objects.of(access.club).filter(pk=access.authorisation.pk)
        rows.update(last_sent_at=clock.now())
    return answer


def void(*, access: XeroAccess, journal_id: str, narration: str, idempotency_key: str, deadline_at: datetime) -> Answer:
    """Void a posted journal. `narration` is the one it has, or a new one; accepted means that Xero says VOIDED."""
    journal = {"ManualJournalID": journal_id, "Narration": narration, "Status": "VOIDED"}
    return _write(
        access,
        "POST",
        f"{_PATH}/{quote(journal_id, safe='')}",
        body=join([write_json(journal)]),
        idempotency_key=idempotency_key,
        deadline_at=deadline_at,
        wanted_status="VOIDED",
    )


def _write(
    access: XeroAccess,
    method: str,
    path: str,
    *,
    body: bytes,
    idempotency_key: str,
    deadline_at: datetime,
    wanted_status: str,
) -> Answer:
    narrations = [text(journal, "Narration") for journal in elements(read_json(body), "ManualJournals")]
    if not narrations:
        raise ValueError("the body holds no journal")
    try:
        reply = access.write(
            method, path, body=body, idempotency_key=idempotency_key, deadline_at=deadline_at, params=_EXPLICIT
        )
    except XeroError as error:
        return answer_to_failure(error, len(narrations))
    return answer_to_write(reply, narrations, wanted_status=wanted_status)


# --- Reading ----------------------------------------------------------------------------------------------------------


def list_changed(*, access: XeroAccess, since: datetime | None) -> list[ManualJournal]:
    """Return every manual journal that changed at or after `since` (None: all), with its lines, oldest change first.

    Pages by id, which never moves: by time of change, a journal edited meanwhile would push another one over a page's
    edge, unseen. One that appears while pages are read may be missing, so store the instant *before* the call as the
    next `since`. Raises what `XeroAccess.get` raises.
    """
    found = _pages(access, {"order": "ManualJournalID ASC"}, since)
    return sorted(found, key=lambda one: (one.updated_at is not None, one.updated_at, one.journal_id))


def find_by_narration(*, access: XeroAccess, narration: str) -> list[ManualJournal]:
    """Return the manual journals that Xero finds under exactly this narration, voided and deleted ones too, with lines.

    Xero's equality may ignore case and outer blanks: compare again. Raises ValueError for a narration that can't be
    asked for safely (quotation marks, backslashes, control characters).
    """
    if not narration.strip() or any(mark in narration for mark in '"\\') or not narration.isprintable():
        raise ValueError("this narration can't be looked up")
    return _pages(access, {"where": f'Narration=="{narration}"', "order": "ManualJournalID ASC"}, None)


def read(*, access: XeroAccess, journal_id: str) -> ManualJournal | None:
    """Return one manual journal with its lines; None if Xero knows none of this id."""
    try:
        found = access.get(f"{_PATH}/{quote(journal_id, safe='')}")
    except NotFoundInXero:
        return None
    journals = _read_all(found)
    return journals[0] if journals else None


def _pages(access: XeroAccess, params: Mapping[str, str], since: datetime | None) -> list[ManualJournal]:
    """Read page by page; without `page` Xero leaves the lines out (xero-facts 3.4).

    What leaves the list meanwhile pulls another one over a page's edge, unseen: then all pages are read again.
    """
    for _ in range(PAGING_TRIES):
        found = _pages_once(access, params, since)
        if found is not None:
            return found
    raise AnswerUnreadable("Xero's list of manual journals went on changing while it was read")


def _pages_once(access: XeroAccess, params: Mapping[str, str], since: datetime | None) -> list[ManualJournal] | None:
    found: dict[str, ManualJournal] = {}
    counted = 0
    for page in range(1, MAX_PAGES + 1):
        answer = access.get(_PATH, {**params, "page": str(page), "pageSize": str(PAGE_SIZE)}, modified_since=since)
        journals = _read_all(answer)
        found.update((journal.journal_id, journal) for journal in journals)
        pagination = field(answer, "pagination")
        count, pages = field(pagination, "itemCount"), field(pagination, "pageCount")
        if isinstance(count, int):
            if count < counted:
                return None
            counted = count
        if not journals or (isinstance(pages, int) and page >= pages):
            return list(found.values())
    raise AnswerUnreadable(f"Xero has more than {MAX_PAGES} pages of manual journals")


def _read_all(answer: Any) -> list[ManualJournal]:
    if field(answer, "ManualJournals") is None:
        raise AnswerUnreadable("Xero's answer holds no manual journals")
    try:
        return [read_journal(entry) for entry in elements(answer, "ManualJournals")]
    except Unreadable as error:
        raise AnswerUnreadable(f"a manual journal in Xero's answer can't be read: {error}") from None


def deep_link(connection: Connection, xero_journal_id: str) -> str:
    """Return the address that opens a manual journal in Xero, in the club's organisation where its short code is known.

    xero-facts 5.8; the parameter really is `invoiceID`.
    """
    page = f"/Journal/View.aspx?invoiceID={quote(xero_journal_id, safe='-')}"
    if not connection.short_code:
        return f"{settings.XERO_GO_URL}{page}"
    short_code = quote(connection.short_code, safe="")
    return f"{settings.XERO_GO_URL}/organisationlogin/default.aspx?shortcode={short_code}&redirecturl={page}"
