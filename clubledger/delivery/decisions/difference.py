"""Adopting a journal as it stands in Xero, with a further journal that carries exactly ours minus theirs.

The transactions stay in the journal that differs, which counts as sent only once the other has arrived; the other holds
lines and no transactions. So the subledger adds up to the cent at every moment, Xero ends with what ours says, and each
cent of a difference opens to the line of ours that it corrects, and so to its transactions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from clubledger.bookkeeping.chart import Account, Chart
from clubledger.bookkeeping.checks import check
from clubledger.bookkeeping.entry import BadEntry, Entry, Line
from clubledger.bookkeeping.money import from_minor, to_minor
from clubledger.bookkeeping.phrases import text_of
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery import payload, preflight
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import Delivery, SendRun
from clubledger.delivery.reconciliation.comparison import plain
from clubledger.delivery.reference import narration_of, reference_of
from clubledger.delivery.sending import carriers, queue, turns
from clubledger.foundation import clock
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.ledger.journals import states
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import GLCode, JobCode, Journal, JournalLine, JournalState
from clubledger.xero import charts, manual_journals
from clubledger.xero.access import access_for_reading
from clubledger.xero.http.answers import ManualJournal, ManualJournalLine

_Key = tuple[str, str, str]
"""Xero's account id, tax type, and tracking option's id: what a line is told apart by."""


@dataclass(slots=True)
class _Pair:
    """What we have and what Xero has on one account, tax type and option, in minor units, debit positive."""

    account: Account
    ours: int = 0
    theirs: int = 0
    line_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line of a difference journal: `ours` less `theirs`. `line_keys` name the lines of ours that it corrects."""

    account_code: str
    account_name: str
    tax_type: str
    option: str
    ours: Decimal
    theirs: Decimal
    line_keys: tuple[str, ...]

    @property
    def amount(self) -> Decimal:
        """What it carries, debit positive."""
        return self.ours - self.theirs


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which journal a difference journal belongs to, and line by line what it corrects."""

    of_journal: Journal
    lines: tuple[ExplainedLine, ...]


def explain(*, club: Club, journal: Journal) -> Explanation | None:
    """Return what a difference journal carries and why; None for any other journal.

    A line's `line_keys` are those of `of_journal` that `drill_down.transactions_of` opens.
    """
    delivery = (
        Delivery.objects.of(club)
        .filter(journal=journal)
        .exclude(difference_of=None)
        .select_related("difference_of")
        .order_by("-pk")
        .first()
    )
    if delivery is None:
        return None
    lines = tuple(
        ExplainedLine(
            account_code=line["account_code"],
            account_name=line["account_name"],
            tax_type=line["tax_type"],
            option=line["option"],
            ours=Decimal(line["ours"]),
            theirs=Decimal(line["theirs"]),
            line_keys=tuple(f"line-{pk}" for pk in line["line_ids"]),
        )
        for line in delivery.difference
    )
    return Explanation(delivery.difference_of, lines)


def adopt_with_difference_journal(*, club: Club, actor: User, journal_id: int, reason: str) -> Journal:
    """Keep what Xero has for a journal that differs, and queue a further journal for the date with ours minus theirs.

    Gives the further journal. Xero is read now, so that the difference is that of this moment, and asked for the chart,
    so that it can be posted. Raises NotAllowed, CannotDecide with what stands in the way, NotAuthorised or
    ConnectionMoved, or the errors of `xero`; then nothing has changed.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    access.require(club=club, actor=actor, permission=Permission.SEND)
    if not reason.strip():
        raise CannotDecide(gettext("Give a reason, for whoever asks later why the two are not the same."))
    queue.require_live_authorisation(club, actor)
    journal = _differing(club, journal_id)
    xero = access_for_reading(club=club, prefer=actor)
    found = manual_journals.read(access=xero, journal_id=journal.xero_journal_id)
    if found is None:
        raise CannotDecide(
            gettext("Xero no longer knows this journal. Void it here and its transactions are sent anew.")
        )
    chart = charts.fetch_chart(access=xero)
    with transaction.atomic():
        access.lock_club(club)
        club.refresh_from_db()
        return _queue(club, actor, _differing(club, journal_id), found, chart=chart, reason=reason.strip())


def _differing(club: Club, journal_id: int) -> Journal:
    rows = Journal.objects.of(club).filter(pk=journal_id, state=JournalState.DIFFERS).exclude(xero_journal_id="")
    journal: Journal | None = rows.first()
    if journal is None:
        raise CannotDecide(gettext("This journal does not differ from Xero's."))
    if carriers.carriers_of(club, journal):
        raise CannotDecide(gettext("Its difference is on its way already."))
    return journal


def _queue(club: Club, actor: User, journal: Journal, found: ManualJournal, *, chart: Chart, reason: str) -> Journal:
    if journal.xero_journal_id != found.journal_id:
        raise CannotDecide(gettext("Somebody else has settled this journal in the meantime."))
    _refuse_what_no_amount_mends(journal, found)
    pairs = _compare(journal, found, chart)
    entry = _entry_of(club, journal, pairs, chart)
    further = _make_journal(club, journal, entry)
    _make_lines(club, further, entry, pairs, chart)
    delivery = _make_delivery(actor, journal, further, entry, list(_explained(pairs, chart)))
    kept = Delivery.objects.of(club).filter(journal=journal, xero_journal_id=found.journal_id)
    kept.update(found_in_xero=plain(found))
    audit.note(
        club=club,
        actor=actor,
        action="journal.adopted_with_difference",
        subject=str(journal),
        summary=f"{actor} kept the journal as it is in Xero, with the difference as {delivery.reference}: {reason}",
        before={"differences": journal.xero_words},
        after={"further_journal": further.pk, "reference": delivery.reference, "difference": delivery.difference},
    )
    turns.make_due(club)
    return further


def _refuse_what_no_amount_mends(journal: Journal, found: ManualJournal) -> None:
    if found.status != "POSTED":
        raise CannotDecide(
            gettext("The journal is %(status)s in Xero, so it is not in its books. Void it and send ours.")
            % {"status": found.status}
        )
    dated_on = journal.sent_on or journal.accounting_date
    if found.date != dated_on:
        raise CannotDecide(
            gettext(
                "In Xero it is dated %(date)s, here %(dated_on)s: no further journal mends that. Void it and send ours."
            )
            % {"date": found.date, "dated_on": f"{dated_on:%d/%m/%Y}"}
        )


# --- Ours minus theirs ------------------------------------------------------------------------------------------------


def _compare(journal: Journal, found: ManualJournal, chart: Chart) -> dict[_Key, _Pair]:
    """Return what both have, by account, tax type and option, where they are not the same. Amounts are gross."""
    with_tax = chart.organisation.is_registered_for_tax
    no_tax_type = chart.organisation.no_tax_type
    pairs: dict[_Key, _Pair] = {}
    for line in JournalLine.objects.filter(journal=journal).order_by("position"):
        account = _account(chart, line.account_id, line.account_code)
        key = (account.account_id, line.tax_type if with_tax else no_tax_type, line.option_id.lower())
        pair = pairs.setdefault(key, _Pair(account))
        pair.ours += line.amount_minor
        pair.line_ids.append(line.pk)
    for there in found.lines:
        account = _account(chart, there.account_id, there.account_code)
        tax_type = there.tax_type if with_tax and not _is(found, "NoTax") else no_tax_type
        key = (account.account_id, tax_type, _option_of(there))
        pairs.setdefault(key, _Pair(account)).theirs += _gross(found, there)
    if sum(pair.ours for pair in pairs.values()) or sum(pair.theirs for pair in pairs.values()):
        raise CannotDecide(gettext("One of the two does not balance as it was read. Void it and send ours."))
    different = {key: pair for key, pair in pairs.items() if pair.ours != pair.theirs}
    if not different:
        raise CannotDecide(gettext("The amounts are the same. Accept the difference instead."))
    return dict(sorted(different.items(), key=lambda one: (one[1].account.code, one[1].ours < one[1].theirs, one[0])))


def _account(chart: Chart, account_id: str, code: str) -> Account:
    account = chart.account_by_id.get(account_id.lower()) or chart.account_by_code.get(code)
    if account is None:
        raise CannotDecide(
            gettext("GL code %(code)s is not in Xero's chart of accounts. Void it and send ours.")
            % {"code": code or account_id}
        )
    return account


def _is(found: ManualJournal, line_amount_types: str) -> bool:
    return found.line_amount_types.casefold() == line_amount_types.casefold()


def _gross(found: ManualJournal, line: ManualJournalLine) -> int:
    return to_minor(line.amount + line.tax_amount if _is(found, "Exclusive") else line.amount)


def _option_of(line: ManualJournalLine) -> str:
    if len(line.tracking) > 1:
        raise CannotDecide(
            gettext(
                "In Xero the line on GL code %(account_code)s has two tracking options, which Clubledger "
                "can't send. Void it and send ours."
            )
            % {"account_code": line.account_code}
        )
    return line.tracking[0].lower() if line.tracking else ""


# --- The further journal ----------------------------------------------------------------------------------------------


def _entry_of(club: Club, journal: Journal, pairs: Mapping[_Key, _Pair], chart: Chart) -> Entry:
    """Return the checked entry. Raises CannotDecide with every fault."""
    dated_on = preflight.day_to_date_on(club, journal, chart)
    lines = []
    for (account_id, tax_type, option_id), pair in pairs.items():
        option = chart.option_by_id.get(option_id)
        lines.append(
            Line(
                account_id=account_id,
                account_code=pair.account.code,
                amount=from_minor(pair.ours - pair.theirs),
                tax_type=tax_type,
                description=_words(journal, pair),
                category_id=option.category_id if option else "",
                option_id=option_id,
            )
        )
    try:
        entry = Entry(dated_on, tuple(lines), "Inclusive" if chart.organisation.is_registered_for_tax else "NoTax")
    except BadEntry as error:
        raise CannotDecide(
            gettext("The difference can't be sent as a journal: %(error)s. Void it and send ours.")
            % {"error": in_readers_words(text_of(error))}
        ) from None
    faults = [
        f"{in_readers_words(one.message)} {in_readers_words(one.remedy)}".strip()
        for one in check(entry, chart)
        if one.is_fault
    ]
    if faults:
        raise CannotDecide(" ".join([gettext("The difference can't be sent."), *faults]))
    return entry


def _words(journal: Journal, pair: _Pair) -> str:
    day = f"{journal.accounting_date:%d/%m/%Y}"
    return f"{day}, {pair.account.name}: {_amount(pair.ours)} less {_amount(pair.theirs)} already in Xero"


def _amount(minor: int) -> str:
    return f"{from_minor(abs(minor)):,.2f}{' Cr' if minor < 0 else ' Dr' if minor else ''}"


def _make_journal(club: Club, journal: Journal, entry: Entry) -> Journal:
    of_day = Journal.objects.of(club).filter(accounting_date=journal.accounting_date)
    last: int = of_day.aggregate(last=Max("sequence"))["last"]
    further: Journal = Journal.objects.of(club).create(
        club=club,
        accounting_date=journal.accounting_date,
        sequence=last + 1,
        state=JournalState.VALID,
        revision=1,
        validated_revision=1,
        validated_at=clock.now(),
        line_count=len(entry.lines),
        debit_minor=to_minor(entry.total_debits),
        sent_on=_other_day(entry.dated_on, journal.accounting_date),
    )
    states.move(
        club=club,
        journal_ids=[further.pk],
        from_states=[JournalState.VALID],
        to_state=JournalState.QUEUED,
        wait_reason=WaitReason.TURN,
        wait_until=None,
    )
    further.refresh_from_db()
    return further


def _other_day(dated_on: date, accounting_date: date) -> date | None:
    return dated_on if dated_on != accounting_date else None


def _make_lines(club: Club, further: Journal, entry: Entry, pairs: Mapping[_Key, _Pair], chart: Chart) -> None:
    codes = list(GLCode.objects.of(club))
    by_id = {code.account_id: code for code in codes if code.account_id}
    by_code = {code.code: code for code in codes}
    jobs = {job.option_id.lower(): job for job in JobCode.objects.of(club).exclude(option_id="")}
    made = []
    for position, (line, pair) in enumerate(zip(entry.lines, pairs.values(), strict=True), start=1):
        gl_code = by_id.get(pair.account.account_id) or by_code.get(pair.account.code)
        if gl_code is None:
            raise CannotDecide(
                gettext("GL code %(code)s %(name)s is not known here. Get GL Codes first.")
                % {"code": pair.account.code, "name": pair.account.name}
            )
        made.append(
            JournalLine(
                journal=further,
                position=position,
                gl_code=gl_code,
                account_id=line.account_id,
                account_code=line.account_code,
                account_name=pair.account.name,
                job_code=jobs.get(line.option_id),
                category_id=line.category_id,
                option_id=line.option_id,
                tax_type=line.tax_type,
                description=line.description,
                amount_minor=to_minor(line.amount),
            )
        )
    JournalLine.objects.bulk_create(made)


def _make_delivery(
    actor: User, journal: Journal, further: Journal, entry: Entry, explained: list[dict[str, Any]]
) -> Delivery:
    club = further.club
    at = clock.now()
    narration = narration_of(club.mark, further, entry.dated_on)
    content = payload.render(entry, narration=narration, url=queue.address_of(club, further))
    delivery: Delivery = Delivery.objects.of(club).create(
        club=club,
        journal=further,
        run=SendRun.objects.of(club).create(club=club, actor=actor, created_at=at),
        sender=actor,
        reference=reference_of(club.mark, further.accounting_date, further.sequence),
        narration=narration,
        dated_on=entry.dated_on,
        payload=content,
        payload_hash=payload.hash_of(content),
        queued_at=at,
        due_at=at,
        difference_of=journal,
        difference=explained,
    )
    return delivery


def _explained(pairs: Mapping[_Key, _Pair], chart: Chart) -> Iterable[dict[str, Any]]:
    for (_, tax_type, option_id), pair in pairs.items():
        option = chart.option_by_id.get(option_id)
        yield {
            "account_code": pair.account.code,
            "account_name": pair.account.name,
            "tax_type": tax_type,
            "option": option.name if option else option_id,
            "ours": str(from_minor(pair.ours)),
            "theirs": str(from_minor(pair.theirs)),
            "line_ids": pair.line_ids,
        }
