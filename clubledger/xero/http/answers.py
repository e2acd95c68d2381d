"""What Xero's answers mean: named errors for reading; accepted, rejected, unknown or not sent for writing.

Decided by status and headers first; the body only adds words and per-journal results (xero-facts 3.7). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from clubledger.xero.errors import (
    AnswerUnreadable,
    AuthorisationNeeded,
    Forbidden,
    NeverSent,
    NotFoundInXero,
    RateLimited,
    Refused,
    XeroError,
    XeroUnavailable,
)
from clubledger.xero.http.client import Reply
from clubledger.xero.http.wire import (
    ZERO_GUID,
    Fault,
    Limits,
    Unreadable,
    amount,
    elements,
    messages_of,
    read_date,
    read_instant,
    read_json,
    text,
)

Outcome = Literal["accepted", "rejected", "unknown", "not_sent"]

MAINTENANCE_SECONDS = 300
_MAINTENANCE = ("currently offline for maintenance", "temporarily unavailable", "organisation is offline")
# These say that the request was not carried out because of what it is. 408 and 409 say no such thing.
_REFUSING = {404, 405, 406, 410, 411, 412, 413, 414, 415, 431, 501}


# --- Reading ----------------------------------------------------------------------------------------------------------


def raise_for(reply: Reply) -> None:
    """Raise the named error that a reply stands for; nothing for a success.

    403 AuthenticationUnsuccessful is Forbidden with problem "connection" here: only `/connections` can tell whether the
    organisation is still connected.
    """
    if reply.is_success:
        return
    facts: dict[str, Any] = {"http_status": reply.status, "correlation_id": reply.correlation_id}
    fault = reply.fault
    words = fault.words or f"Xero answered {reply.status}"
    if reply.status == 429:
        raise RateLimited(
            words, problem=problem_of_limit(reply.limits), retry_after_seconds=reply.limits.retry_after_seconds, **facts
        )
    if reply.status in {401, 403}:
        raise Forbidden(words, problem=problem_of_refusal(reply), **facts)
    if reply.status == 404:
        raise NotFoundInXero(words, **facts)
    if reply.status >= 500 and reply.status != 501:
        raise XeroUnavailable(words, retry_after_seconds=wait_of(reply), **facts)
    if 400 <= reply.status < 500 or reply.status == 501:
        raise Refused(words, messages=_all_messages(fault), **facts)
    raise AnswerUnreadable(words, **facts)


def problem_of_refusal(reply: Reply) -> str:
    """Return what a 401 or 403 is about: scope, token, connection, area (an empty 403) or permission."""
    if lacks_scope(reply):
        return "scope"
    if reply.status == 401:
        return "token"
    if reply.fault.detail.startswith("AuthenticationUnsuccessful"):
        return "connection"
    return "area" if reply.fault.kind == "empty" else "permission"


def lacks_scope(reply: Reply) -> bool:
    """Whether a 401 or 403 says that the app's scopes do not reach this far (xero-facts 2.4, both spellings)."""
    challenge = reply.headers.get("www-authenticate", "").lower()
    is_challenged = "insufficient_scope" in challenge or "insufficent_scope" in challenge
    return is_challenged or reply.fault.detail.startswith("AuthorizationUnsuccessful")


def problem_of_limit(limits: Limits) -> str:
    """Return which limit a 429 is about; by what is used up where Xero does not say."""
    if limits.problem:
        return limits.problem
    for name, left in (
        ("day", limits.day_remaining),
        ("minute", limits.minute_remaining),
        ("appminute", limits.app_minute_remaining),
    ):
        if left is not None and left <= 0:
            return name
    return "minute" if limits.retry_after_seconds else "concurrent"


def wait_of(reply: Reply) -> int | None:
    """Return the seconds to wait after a 5xx: Xero's wish, or five minutes for the known maintenance texts."""
    if reply.limits.retry_after_seconds is not None:
        return reply.limits.retry_after_seconds
    said = reply.fault.detail.lower()
    return MAINTENANCE_SECONDS if reply.status == 503 and any(words in said for words in _MAINTENANCE) else None


def _all_messages(fault: Fault) -> tuple[str, ...]:
    found = [message for element in fault.elements for message in messages_of(element)]
    return tuple(dict.fromkeys(found)) or ((fault.words,) if fault.words else ())


# --- Manual journals as Xero gives them -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ManualJournalLine:
    """A line as Xero gives it; amounts debit positive. `tracking` holds option ids."""

    account_id: str
    account_code: str
    amount: Decimal
    tax_type: str
    tax_amount: Decimal
    tracking: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class ManualJournal:
    """A manual journal as Xero gives it. `raw` is the whole element, `date` a plain calendar date."""

    journal_id: str
    narration: str
    status: str
    date: date | None
    line_amount_types: str
    url: str
    updated_at: datetime | None
    lines: tuple[ManualJournalLine, ...]
    warnings: tuple[str, ...]
    raw: Any = field(repr=False)


def read_journal(element: Any) -> ManualJournal:
    """Read one element of `ManualJournals`. Raises Unreadable if an amount is no number."""
    return ManualJournal(
        journal_id=text(element, "ManualJournalID").lower(),
        narration=text(element, "Narration"),
        status=text(element, "Status").upper(),
        date=read_date(text(element, "Date")),
        line_amount_types=text(element, "LineAmountTypes"),
        url=text(element, "Url"),
        updated_at=read_instant(text(element, "UpdatedDateUTC")),
        lines=tuple(_read_line(line) for line in elements(element, "JournalLines")),
        warnings=messages_of(element, "Warnings"),
        raw=element,
    )


def _read_line(line: Any) -> ManualJournalLine:
    return ManualJournalLine(
        account_id=text(line, "AccountID").lower(),
        account_code=text(line, "AccountCode"),
        amount=amount(line, "LineAmount"),
        tax_type=text(line, "TaxType"),
        tax_amount=amount(line, "TaxAmount"),
        tracking=tuple(
            option for entry in elements(line, "Tracking") if (option := text(entry, "TrackingOptionID").lower())
        ),
        description=text(line, "Description"),
    )


# --- Writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What an answer said of one journal of the request."""

    outcome: Outcome
    journal: ManualJournal | None = None
    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known after a write. `items` are in the order of the request, one for each journal in it.

    `problem` says why it was not sent or not allowed: network, limit, scope, token, connection, permission, area,
    authorisation, app, deadline; empty otherwise. `limit_problem` is concurrent, minute, day or appminute.
    """

    outcome: Outcome
    http_status: int | None
    correlation_id: str
    words: str
    retry_after_seconds: int | None = None
    limit_problem: str = ""
    items: list[ItemAnswer] = field(default_factory=list)
    problem: str = ""
    limits: Limits = field(default_factory=Limits)


def answer_to_failure(error: XeroError, count: int) -> Answer:
    """Return the answer where no reply came: not sent if that is certain, else unknown."""
    problem = ""
    if isinstance(error, NeverSent):
        problem = error.problem
    elif isinstance(error, AuthorisationNeeded):
        problem = "authorisation"
    elif not isinstance(error, XeroUnavailable):
        problem = "app"
    outcome: Outcome = "not_sent" if problem else "unknown"
    return Answer(
        outcome=outcome,
        http_status=error.http_status,
        correlation_id=error.correlation_id,
        words=error.words,
        retry_after_seconds=getattr(error, "retry_after_seconds", None),
        items=[ItemAnswer(outcome) for _ in range(count)],
        problem=problem,
    )


def answer_to_write(reply: Reply, narrations: Sequence[str], *, wanted_status: str = "") -> Answer:
    """Return what a reply to a write means for each journal that was sent, known by its place and its narration.

    `wanted_status` is the status that an accepted journal must have, for a void. Anything unclear is unknown.
    """
    status = reply.status
    if status == 429:
        return _whole(reply, narrations, "not_sent", problem="limit", limit_problem=problem_of_limit(reply.limits))
    if status in {401, 403}:
        return _whole(reply, narrations, "not_sent", problem=problem_of_refusal(reply))
    if status == 400:
        return _answer_to_400(reply, narrations)
    if status in _REFUSING:
        messages = _all_messages(reply.fault) or (f"Xero answered {status}",)
        return _whole(reply, narrations, "rejected", messages=messages)
    if not reply.is_success:
        return _whole(reply, narrations, "unknown", retry_after_seconds=wait_of(reply))
    try:
        found = elements(read_json(reply.body), "ManualJournals")
        if len(found) != len(narrations):
            raise Unreadable("not the journals that were sent")
        items = [_item_of_200(element, sent, wanted_status) for element, sent in zip(found, narrations, strict=True)]
    except Unreadable:
        return _whole(reply, narrations, "unknown", words="Xero's answer does not match what was sent")
    words = "; ".join(dict.fromkeys(message for item in items for message in (*item.messages, *item.warnings)))
    return _from(reply, items, words)


def _item_of_200(element: Any, narration: str, wanted_status: str) -> ItemAnswer:
    try:
        journal = read_journal(element)
    except Unreadable:
        return ItemAnswer("unknown")
    messages = messages_of(element)
    if not _is_same(journal.narration, narration):
        return ItemAnswer("unknown", messages=messages)
    verdict = text(element, "StatusAttributeString").upper()
    if verdict == "ERROR" or (messages and not _has_id(journal)):
        if any(is_key_conflict(message) for message in messages):
            return ItemAnswer("unknown", messages=messages)
        return ItemAnswer("rejected", messages=messages or ("Xero refused it without saying why",))
    is_accepted = verdict in {"OK", "WARNING", ""} and _has_id(journal) and not messages
    if not is_accepted or (wanted_status and journal.status != wanted_status):
        return ItemAnswer("unknown", journal=journal, messages=messages, warnings=journal.warnings)
    return ItemAnswer("accepted", journal=journal, warnings=journal.warnings)


def _answer_to_400(reply: Reply, narrations: Sequence[str]) -> Answer:
    fault = reply.fault
    said = (*_all_messages(fault), fault.words)
    if any(is_key_conflict(words) for words in said) or not fault.is_refusal:
        return _whole(reply, narrations, "unknown", messages=_all_messages(fault))
    if not fault.elements:
        # Not even read (wrong enum, empty body, bad JSON), or refused as a whole: Xero says so in its own shape.
        return _whole(reply, narrations, "rejected", messages=_all_messages(fault))
    if len(fault.elements) != len(narrations):
        return _whole(reply, narrations, "unknown", messages=_all_messages(fault))
    items = [_item_of_400(element, sent) for element, sent in zip(fault.elements, narrations, strict=True)]
    if all(item.outcome == "not_sent" for item in items):
        # It names none that is at fault: then it is the request.
        return _whole(reply, narrations, "rejected", messages=_all_messages(fault) or ("Xero answered 400",))
    return _from(reply, items, "; ".join(_all_messages(fault)) or fault.words)


def _item_of_400(element: Any, narration: str) -> ItemAnswer:
    """One bad journal fails the whole request: the good ones, echoed without an id, were not saved either."""
    messages = messages_of(element)
    warnings = messages_of(element, "Warnings")
    journal_id = text(element, "ManualJournalID")
    if not _is_same(text(element, "Narration"), narration):
        return ItemAnswer("unknown", messages=messages, warnings=warnings)
    if messages:
        return ItemAnswer("rejected", messages=messages, warnings=warnings)
    is_unsaved = journal_id in {"", ZERO_GUID}
    return ItemAnswer("not_sent" if is_unsaved else "unknown", warnings=warnings)


def is_key_conflict(words: str) -> bool:
    """Whether Xero's words are about the idempotency key and not the journal: a first request may have passed.

    It was used with other bytes, or its request is still running.
    """
    return "idempotency" in words.lower()


def _is_same(found: str, sent: str) -> bool:
    return found.strip() == sent.strip()


def _has_id(journal: ManualJournal) -> bool:
    return journal.journal_id not in {"", ZERO_GUID}


def _whole(
    reply: Reply,
    narrations: Sequence[str],
    outcome: Outcome,
    *,
    messages: tuple[str, ...] = (),
    words: str = "",
    problem: str = "",
    limit_problem: str = "",
    retry_after_seconds: int | None = None,
) -> Answer:
    items = [ItemAnswer(outcome, messages=messages) for _ in narrations]
    wait = reply.limits.retry_after_seconds if retry_after_seconds is None else retry_after_seconds
    return Answer(
        outcome=outcome,
        http_status=reply.status,
        correlation_id=reply.correlation_id,
        words=words or "; ".join(messages) or reply.fault.words,
        retry_after_seconds=wait,
        limit_problem=limit_problem,
        items=items,
        problem=problem,
        limits=reply.limits,
    )


def _from(reply: Reply, items: list[ItemAnswer], words: str) -> Answer:
    """Sum up the items: the request is unknown if any is, rejected if all the others of it were refused."""
    outcomes = {item.outcome for item in items}
    order: tuple[Outcome, ...] = ("unknown", "accepted", "rejected", "not_sent")
    return Answer(
        outcome=next((one for one in order if one in outcomes), "unknown"),
        http_status=reply.status,
        correlation_id=reply.correlation_id,
        words=words,
        retry_after_seconds=reply.limits.retry_after_seconds,
        items=items,
        limits=reply.limits,
    )
