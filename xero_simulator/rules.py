"""The rules a manual journal must obey, with Xero's own words where they are known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from xero_simulator.charts import CLASS_OF_TYPE, LETTER_OF_CLASS, ChartBook
from xero_simulator.connections import Caller
from xero_simulator.errors import UNKNOWN_ID_TEXT
from xero_simulator.model import Account, JournalLine, ManualJournal, Organisation, TrackingRef
from xero_simulator.money import LARGEST_CENTS, tax_on, tax_within, text_of
from xero_simulator.submissions import SubmittedJournal, SubmittedLine, SubmittedTracking
from xero_simulator.world import World

FORBIDDEN_TYPES = {"BANK", "INVENTORY"}
FORBIDDEN_SYSTEM_ACCOUNTS = {"DEBTORS", "CREDITORS", "RETAINEDEARNINGS", "WAGEPAYABLES"}
MAXIMUM_TRACKING = 2
MAXIMUM_TEXT = 4_000
TRANSITIONS = {
    None: {"DRAFT", "POSTED"},
    "DRAFT": {"DRAFT", "POSTED", "DELETED"},
    "POSTED": {"POSTED", "VOIDED"},
}
ZONES = {
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "CENAUSTRALIASTANDARDTIME": "Australia/Adelaide",
    "AUSCENTRALSTANDARDTIME": "Australia/Darwin",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "TASMANIASTANDARDTIME": "Australia/Hobart",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "GMTSTANDARDTIME": "Europe/London",
    "UTC": "UTC",
}


@dataclass(slots=True)
class Verdict:
    """What became of a submitted journal: the journal as it would stand, the errors and the warnings."""

    journal: ManualJournal
    is_new: bool
    given: SubmittedJournal
    pays_tax: bool
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def today_of(world: World, organisation: Organisation) -> date:
    """Return today's date in the organisation's time zone."""
    return world.now().astimezone(ZoneInfo(ZONES.get(organisation.timezone, "UTC"))).date()


def lock_error(organisation: Organisation, caller: Caller, dated_on: date) -> str | None:
    """Return the message for a date on or before a lock date. The period lock doesn't bind advisers; the other does."""
    year_end, period = organisation.year_end_lock_on, organisation.period_lock_on
    if year_end is not None and dated_on <= year_end:
        return f"The document date cannot be before the end of year lock date, currently set at {year_end:%d-%b-%Y}"
    is_adviser = caller.member is not None and caller.member.role == "ADVISER"
    if period is not None and dated_on <= period and not is_adviser:
        return f"The document date cannot be before the period lock date, currently set at {period:%d-%b-%Y}"
    return None


def judge(
    world: World, caller: Caller, book: ChartBook, given: SubmittedJournal, existing: ManualJournal | None
) -> Verdict:
    """Return the journal that a submission leads to, with every rule that it breaks. Changes nothing."""
    journal = _merged(world, caller.organisation, given, existing)
    verdict = Verdict(journal, existing is None, given, caller.organisation.pays_tax)
    errors = verdict.errors
    if given.journal_id and existing is None:
        errors.append(UNKNOWN_ID_TEXT)
    _check_status(errors, existing, journal)
    # The contract requires it of every submitted journal, so of an update as well.
    if not (given.narration or "").strip():
        errors.append("Narration is required.")
    if len(journal.narration) > MAXIMUM_TEXT:
        errors.append(f"Narration cannot be more than {MAXIMUM_TEXT} characters.")
    _check_url(errors, given.url)
    lines_count = given.lines is not None or existing is None
    becomes_posted = journal.status == "POSTED" and (existing is None or existing.status != "POSTED")
    tax_moves = existing is not None and existing.line_amount_types != journal.line_amount_types
    if lines_count or ((becomes_posted or tax_moves) and journal.status in {"DRAFT", "POSTED"}):
        lines = given.lines if given.lines is not None else _as_submitted(existing)
        _check_lines(world, verdict, book, lines)
    if journal.status != "DELETED":
        days = {journal.dated_on} | ({existing.dated_on} if existing and existing.status == "POSTED" else set())
        locked = [text for day in sorted(days) if (text := lock_error(caller.organisation, caller, day))]
        errors.extend(locked[:1])
    return verdict


def _merged(
    world: World, organisation: Organisation, given: SubmittedJournal, existing: ManualJournal | None
) -> ManualJournal:
    if existing is None:
        return ManualJournal(
            "",
            organisation.tenant_id,
            given.narration or "",
            given.dated_on or today_of(world, organisation),
            given.status or "DRAFT",
            given.line_amount_types or "NoTax",
            True if given.show_on_cash_basis is None else given.show_on_cash_basis,
            given.url or None,
            [],
            world.now(),
        )
    return ManualJournal(
        existing.journal_id,
        existing.tenant_id,
        existing.narration if given.narration is None else given.narration,
        given.dated_on or existing.dated_on,
        given.status or existing.status,
        given.line_amount_types or existing.line_amount_types,
        existing.show_on_cash_basis if given.show_on_cash_basis is None else given.show_on_cash_basis,
        existing.url if given.url is None else given.url or None,
        existing.lines,
        world.now(),
        existing.number,
        existing.attachment_ids,
    )


def _as_submitted(existing: ManualJournal | None) -> list[SubmittedLine]:
    return [
        SubmittedLine(
            line.amount_cents,
            None,
            line.account_id or None,
            line.description,
            None if line.tax_type == "NONE" else line.tax_type,
            [SubmittedTracking(None, None, ref.category_id, ref.option_id) for ref in line.tracking],
        )
        for line in (existing.lines if existing else [])
    ]


def _check_status(errors: list[str], existing: ManualJournal | None, journal: ManualJournal) -> None:
    before = existing.status if existing else None
    if before is not None and before not in TRANSITIONS:
        errors.append(f"Manual journals with status {before} cannot be modified.")
    elif journal.status not in TRANSITIONS[before]:
        start = f"from {before} " if before else ""
        errors.append(f"Invalid status change {start}to {journal.status} for a manual journal.")


def _check_url(errors: list[str], url: str | None) -> None:
    if not url:
        return
    if not re.match(r"https?://[^/?#\s]+\S*$", url, re.IGNORECASE):
        errors.append("Url must be an absolute http or https address.")
    elif "xero" in url.lower():
        errors.append("Url must not contain the word xero.")


def _check_lines(world: World, verdict: Verdict, book: ChartBook, lines: list[SubmittedLine] | None) -> None:
    journal, errors = verdict.journal, verdict.errors
    lines = lines or []
    if len(lines) < 2:
        errors.append("At least two journal lines are required for a manual journal.")
    debited = credited = 0
    seen: set[str] = set()
    built: list[JournalLine] = []
    for line in lines:
        made, message = _line(world, verdict, book, line)
        built.append(made)
        if message and message not in seen:
            seen.add(message)
            errors.append(message)
        gross = made.amount_cents + (made.tax_cents if journal.line_amount_types == "Exclusive" else 0)
        if gross > 0:
            debited += gross
        else:
            credited += gross
    if debited + credited and not any(line.amount_cents is None for line in lines):
        errors.append(f"The total debits ({text_of(debited)}) must equal total credits ({text_of(credited)})")
    journal.lines = built


def _line(world: World, verdict: Verdict, book: ChartBook, line: SubmittedLine) -> tuple[JournalLine, str | None]:
    """Return a line as Xero would keep it, and the first rule that it breaks."""
    made = JournalLine(line.amount_cents or 0, description=line.description or None)
    message: str | None = None
    if line.amount_cents is None:
        message = "The LineAmount field is mandatory"
    elif abs(line.amount_cents) > LARGEST_CENTS:
        message = f"LineAmount cannot be more than {text_of(LARGEST_CENTS)}."
    elif line.amount_cents == 0 and world.settings.refuse_zero_lines:
        message = "LineAmount cannot be zero."
    if line.description is not None and len(line.description) > MAXIMUM_TEXT:
        message = message or f"Description cannot be more than {MAXIMUM_TEXT} characters."
    account, account_message = _account(verdict, book, line)
    message = message or account_message
    if account is not None:
        made.account_id = account.account_id
    if verdict.journal.line_amount_types != "NoTax":
        message = _set_tax(verdict, book, line, account, made) or message
    message = _set_tracking(book, line, made) or message
    return made, message


def _account(verdict: Verdict, book: ChartBook, line: SubmittedLine) -> tuple[Account | None, str | None]:
    if line.account_id:
        account = book.by_id.get(line.account_id)
        shown = account.code if account else line.account_id
    else:
        shown = (line.account_code or "").strip()
        account = book.by_code.get(shown.upper())
    given_code = (line.account_code or "").strip()
    if account is not None and line.account_id and given_code.upper() not in {"", account.code.upper()}:
        return account, f"Account code '{given_code}' is not a valid code for this document."
    if account is None:
        if verdict.journal.status != "DRAFT":
            return None, f"Account code '{shown}' is not a valid code for this document."
        if shown:
            text = f"Account code '{shown}' has been removed as it does not match a recognised account."
            if text not in verdict.warnings:
                verdict.warnings.append(text)
        return None, None
    if account.status != "ACTIVE":
        return account, (
            f"Account code '{shown}' has been archived, or has been deleted. "
            "Each line item must reference a valid account."
        )
    if account.type in FORBIDDEN_TYPES or account.system_account in FORBIDDEN_SYSTEM_ACCOUNTS:
        return account, f"Account code '{shown}' is not a valid code for this document."
    return account, None


def _set_tax(
    verdict: Verdict, book: ChartBook, line: SubmittedLine, account: Account | None, made: JournalLine
) -> str | None:
    asked = (line.tax_type or "").strip() or (account.tax_type if account else "")
    rate = book.rates.get(asked.upper())
    percent = book.percents.get(asked.upper())
    # An organisation that isn't registered for the tax can only use the rates of nothing.
    if rate is None or rate.status != "ACTIVE" or (percent and not verdict.pays_tax):
        if not asked:
            return None
        return f"The TaxType code '{asked}' does not exist or cannot be used for this type of transaction."
    made.tax_type = rate.tax_type
    if percent:
        inclusive = verdict.journal.line_amount_types == "Inclusive"
        made.tax_cents = (tax_within if inclusive else tax_on)(made.amount_cents, percent)
    if account is not None and LETTER_OF_CLASS[CLASS_OF_TYPE[account.type]] not in rate.classes:
        return f"The TaxType code '{rate.tax_type}' cannot be used with account code '{account.code}'."
    return None


def _set_tracking(book: ChartBook, line: SubmittedLine, made: JournalLine) -> str | None:
    if not line.tracking:
        return None
    if len(line.tracking) > MAXIMUM_TRACKING:
        return f"A line can have at most {MAXIMUM_TRACKING} tracking categories."
    for entry in line.tracking:
        if entry.category_id:
            category = book.categories.get(entry.category_id)
        else:
            category = book.category_by_name(entry.name or "")
        shown = f"'{entry.name or entry.category_id or ''}', '{entry.option or entry.option_id or ''}'"
        unknown = f"The tracking category and option ({shown}) do not exist or are not active."
        if category is None and entry.option_id in book.options:
            category = book.options[entry.option_id][0]
        if category is None or category.status != "ACTIVE":
            return unknown
        if entry.category_id and entry.name and entry.name.strip().lower() != category.name.lower():
            return unknown
        wanted = (entry.option or "").strip().lower()
        option = next(
            (
                item
                for item in category.options
                if (item.option_id == entry.option_id if entry.option_id else item.name.lower() == wanted)
            ),
            None,
        )
        if option is None or option.status != "ACTIVE" or wanted not in {"", option.name.lower()}:
            return unknown
        if any(ref.category_id == category.category_id for ref in made.tracking):
            return f"The tracking category '{category.name}' can be used only once on a line."
        made.tracking.append(TrackingRef(category.category_id, option.option_id))
    return None
