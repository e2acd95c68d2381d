"""Step 3, validate: a chart fetched now, every check, every fault of every journal at once. Also Xero's lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from clubledger.bookkeeping.chart import Chart
from clubledger.bookkeeping.checks import check
from clubledger.bookkeeping.entry import BadEntry, Entry, entry_of
from clubledger.bookkeeping.findings import Finding, Severity
from clubledger.bookkeeping.phrases import Day, counted, phrase
from clubledger.bookkeeping.rules import Resolution
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery import payload
from clubledger.foundation import clock
from clubledger.foundation.wake import wake
from clubledger.ledger.intake import samples
from clubledger.ledger.journals import lines, states
from clubledger.ledger.mapping.chart import (
    Changes,
    apply_accounts,
    apply_tracking,
    compare_accounts,
    compare_tracking,
)
from clubledger.ledger.models import TAKES_IN, JobCode, Journal, JournalState
from clubledger.ledger.reports import row_checks
from clubledger.xero import charts, manual_journals
from clubledger.xero.access import access_for_reading

MOST_LINE_BYTES = 4_000
"""More than a line takes in a request, however long its description."""

ENVELOPE_BYTES = 2_000
"""More than what stands around the lines: narration, address, and the request itself."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What came of validating a selection. `findings` are pairs of journal id and finding, warnings among them."""

    valid_ids: list[int] = field(default_factory=list)
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    fetched_at: datetime | None = None
    resolved: list[tuple[Journal, Resolution]] = field(default_factory=list, repr=False)
    """The valid journals with the lines they were found valid with, for who queues them while the club is locked."""

    @property
    def by_cause(self) -> list[tuple[Finding, list[int]]]:
        """The findings with the journals each concerns: faults first, then those that concern most journals."""
        causes: dict[tuple[str, str, str], tuple[Finding, list[int]]] = {}
        for journal_id, finding in self.findings:
            cause = causes.setdefault((finding.code, finding.mends, finding.message), (finding, []))
            cause[1].append(journal_id)
        return sorted(causes.values(), key=lambda cause: (not cause[0].is_fault, -len(cause[1]), cause[0].message))


def validate(*, club: Club, actor: User, journal_ids: Iterable[int]) -> Validation:
    """Check journals against a chart of accounts fetched now; those without fault become valid at their revision.

    Asks Xero before any database transaction. Raises NotAllowed, or the errors of `xero` (AuthorisationNeeded,
    XeroUnavailable …), in which case nothing has changed.
    """
    chart = fetch_chart(club=club, actor=actor)
    return validate_against(club=club, actor=actor, journal_ids=journal_ids, chart=chart)


def fetch_chart(*, club: Club, actor: User) -> Chart:
    """Return the chart as it is in Xero now. Raises NotAllowed or the errors of `xero`."""
    access.require(club=club, actor=actor, permission=Permission.SEND)
    reading = access_for_reading(club=club)
    # Options stand on lines by job codes alone: a club that links none is spared the call.
    with_tracking = JobCode.objects.of(club).exclude(option_id="").exists()
    return charts.fetch_chart(access=reading, with_tracking=with_tracking)


@transaction.atomic(savepoint=False)
def validate_against(*, club: Club, actor: User, journal_ids: Iterable[int], chart: Chart) -> Validation:
    """Check journals against this chart. `validate` fetches one; so does a night, which queues them at once."""
    access.require(club=club, actor=actor, permission=Permission.SEND)
    club = access.locked_club(club)
    chosen = list(Journal.objects.of(club).filter(pk__in=list(journal_ids), state__in=TAKES_IN))
    with_tax = chart.organisation.is_registered_for_tax
    resolutions = lines.resolve(
        club=club, journals=chosen, no_tax_type=chart.organisation.no_tax_type, with_tax=with_tax
    )
    by_row = row_checks.find(club=club, journals=chosen, chart=chart)
    samples_in = samples.journals_holding(club=club, journal_ids=[journal.pk for journal in chosen])
    result = Validation(fetched_at=clock.now())
    for journal in chosen:
        dated_on = day_to_date_on(club, journal, chart)
        findings = list(_findings_of(club, journal, resolutions[journal.pk], chart, dated_on))
        findings += by_row.get(journal.pk, [])
        if journal.pk in samples_in:
            findings.append(_SAMPLE)
        result.findings.extend((journal.pk, finding) for finding in findings)
        if _keep_findings(club, journal, findings, dated_on, resolutions[journal.pk]):
            result.valid_ids.append(journal.pk)
            result.resolved.append((journal, resolutions[journal.pk]))
    audit.note(
        club=club,
        actor=actor,
        action="journals.validated",
        subject=counted(len(chosen), "journal", "journals"),
        summary=f"{len(result.valid_ids):,} of {counted(len(chosen), 'journal is', 'journals are')} valid.",
        after={"valid": result.valid_ids},
    )
    return result


_SAMPLE = Finding(
    code="sample",
    message=phrase("The journal holds sample data, which is never sent."),
    remedy=phrase("Take the sample data away; then only the club's own transactions are left."),
    mends="sample",
)


def day_to_date_on(club: Club, journal: Journal, chart: Chart) -> date:
    """Return the date the journal would bear in Xero: its own, or by a person's choice the first open day."""
    locked_until = chart.organisation.locked_until
    if locked_until is None or journal.accounting_date > locked_until:
        return journal.accounting_date
    first_open = chart.organisation.first_open_day
    if first_open is not None and (club.locked_day_choice == "first_open" or journal.sent_on is not None):
        return first_open
    return journal.accounting_date


def _findings_of(
    club: Club, journal: Journal, resolution: Resolution, chart: Chart, dated_on: date
) -> Iterable[Finding]:
    if club.post_from is not None and journal.accounting_date < club.post_from:
        yield Finding(
            code="before_cutover",
            message=phrase(
                "The day is before %(post_from)s, from which this club posts.", post_from=Day(club.post_from)
            ),
            remedy=phrase("It is kept for balances and never sent."),
            mends="journal",
        )
    yield from resolution.findings
    if chart.organisation.base_currency not in {"", club.currency}:
        yield Finding(
            code="currency",
            message=phrase(
                "The club keeps its books in %(ours)s, but the base currency of %(organisation)s in Xero is"
                " %(theirs)s.",
                ours=club.currency,
                organisation=chart.organisation.name,
                theirs=chart.organisation.base_currency,
            ),
            remedy=phrase("An Owner says under General Ledger which it is. Clubledger converts nothing."),
            mends="organisation",
        )
    if not resolution.lines:
        yield Finding(
            code="empty",
            message=phrase("The journal is empty: it has no line, or every line is nil."),
            remedy=phrase("Record it as manually added; that changes nothing in Xero."),
            mends="journal",
        )
        return
    if dated_on != journal.accounting_date:
        yield Finding(
            code="dated_on_first_open_day",
            message=phrase(
                "Xero is locked on %(accounting_date)s; it will be dated %(dated_on)s.",
                accounting_date=Day(journal.accounting_date),
                dated_on=Day(dated_on),
            ),
            mends="journal",
            severity=Severity.WARNING,
        )
    if any(line.account is None for line in resolution.lines):
        return
    try:
        entry = entry_of(dated_on, resolution.lines, with_tax=chart.organisation.is_registered_for_tax)
    except BadEntry as error:
        yield Finding(
            code="bad_entry", message=phrase("The journal can't be sent: %(error)s.", error=error), mends="journal"
        )
        return
    if not _fits_a_request(entry):
        yield Finding(
            code="too_large",
            message=phrase(
                "The journal has %(count)s lines, more than one request to Xero can carry.", count=len(entry.lines)
            ),
            remedy=phrase("Map its items to fewer GL codes, or give fewer of them job codes of their own."),
            mends="journal",
        )
    yield from check(entry, chart)


def _fits_a_request(entry: Entry) -> bool:
    """Whether Xero's advice for the size of a request lets the journal be sent by itself."""
    if len(entry.lines) * MOST_LINE_BYTES <= manual_journals.MAX_BODY_BYTES:
        return True
    return len(payload.render(entry, narration="", url="")) <= manual_journals.MAX_BODY_BYTES - ENVELOPE_BYTES


def _keep_findings(
    club: Club, journal: Journal, findings: list[Finding], dated_on: date, resolution: Resolution
) -> bool:
    """Store the findings, and move the journal to valid or back to open. The club is locked: the revision holds.

    What was checked is also how much the journal is said to be: the lines and debits of this mapping.
    """
    has_fault = any(finding.is_fault for finding in findings)
    to_state = JournalState.OPEN if has_fault else JournalState.VALID
    journal.sent_on = dated_on if dated_on != journal.accounting_date else None
    figures = lines.figures_of(resolution)
    moved = states.move(
        club=club,
        journal_ids=[journal.pk],
        from_states=list(TAKES_IN),
        to_state=to_state,
        findings=[finding.as_plain() for finding in findings],
        validated_revision=None if has_fault else journal.revision,
        validated_at=clock.now(),
        sent_on=journal.sent_on,
        line_count=figures["line_count"],
        debit_minor=figures["debit_minor"],
    )
    return bool(moved) and not has_fault


@transaction.atomic
def date_on_first_open_day(*, club: Club, actor: User, journal_ids: Iterable[int], reason: str) -> int:
    """Choose, for journals on locked days, to send them dated on the first open day. Validate them again afterwards.

    Both dates are kept: the accounting date stays, the date in Xero is set when the journal is validated. That the day
    is locked is no fault from here on; until it is validated again, the journal says that the choice is made.
    """
    access.require(club=club, actor=actor, permission=Permission.SEND)
    access.lock_club(club)
    chosen = Journal.objects.of(club).filter(pk__in=list(journal_ids), state__in=TAKES_IN)
    ids = list(chosen.values_list("pk", flat=True))
    for journal in chosen:
        # Any date says "the choice was made"; validation replaces it with the first open day of the chart it fetches.
        states.move(
            club=club,
            journal_ids=[journal.pk],
            from_states=list(TAKES_IN),
            to_state=JournalState.OPEN,
            sent_on=journal.accounting_date,
            findings=[finding for finding in journal.findings if finding.get("code") != "locked"],
        )
    audit.note(
        club=club,
        actor=actor,
        action="journals.first_open_day_chosen",
        # The story of a journal finds it by its subject.
        subject=f"journal {ids[0]}" if len(ids) == 1 else counted(len(ids), "journal", "journals"),
        summary=f"To be sent dated on the first open day, its own being locked: {reason}"
        if len(ids) == 1
        else f"{len(ids):,} journals on locked days are to be dated on the first open day: {reason}",
        after={"journals": ids, "reason": reason},
    )
    return len(ids)


def get_gl_codes(*, club: Club, actor: User, apply: bool = True, or_if_same: bool = False) -> Changes:
    """Fetch accounts and tax rates from Xero, say what is different there, and apply it if so told.

    `or_if_same` applies where nothing is different too: what was retrieved then is of now. It is also the test of the
    connection. Raises NotAllowed or the errors of `xero`.
    """
    access.require(club=club, actor=actor, permission=Permission.GET_GL_CODES)
    chart = charts.fetch_chart(access=access_for_reading(club=club), with_tracking=False)
    if not apply:
        changes = compare_accounts(club=club, accounts=chart.accounts, tax_rates=chart.tax_rates)
        if changes.count or not or_if_same:
            return changes
    changes = apply_accounts(club=club, actor=actor, accounts=chart.accounts, tax_rates=chart.tax_rates)
    wake("changeover.look", club_id=club.pk)
    return changes


def get_categories(*, club: Club, actor: User, apply: bool = True, or_if_same: bool = False) -> Changes:
    """Fetch tracking options from Xero and say what is different there; the rest as for `get_gl_codes`."""
    access.require(club=club, actor=actor, permission=Permission.GET_GL_CODES)
    options = charts.fetch_tracking(access=access_for_reading(club=club))
    if not apply:
        changes = compare_tracking(club=club, options=options)
        if changes.count or not or_if_same:
            return changes
    return apply_tracking(club=club, actor=actor, options=options)
