"""A journal found in Xero against the one we sent: equal becomes `sent`, anything else `differs`, for a person."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Sum

from clubledger.bookkeeping.facts import TaxKind
from clubledger.bookkeeping.money import CENT, from_minor, to_minor
from clubledger.bookkeeping.phrases import Amount, joined, phrase
from clubledger.clubs import audit
from clubledger.clubs.models import Club
from clubledger.delivery.models import CallItem, Delivery
from clubledger.delivery.payload import differences
from clubledger.delivery.sending import carriers
from clubledger.delivery.sending.queue import close
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.ledger.journals import reopen, states
from clubledger.ledger.models import JournalLine, JournalState, JournalTotal
from clubledger.xero.http.answers import ManualJournal, ManualJournalLine

GOING_ON = [JournalState.SENDING, JournalState.UNCERTAIN]

GONE = frozenset({"VOIDED", "DELETED"})
"""The statuses of what is no longer in Xero's books."""


def choose(delivery: Delivery, group: Sequence[ManualJournal]) -> ManualJournal | None:
    """Choose, among the manual journals that bear the delivery's reference, the one that is it; None for no candidate.

    By Xero's id if it gave one; else an equal one, the oldest first; else one in the books; else whatever is there.
    """
    for found in group:
        if delivery.xero_journal_id and found.journal_id == delivery.xero_journal_id:
            return found
    by_age = sorted(group, key=lambda found: (found.updated_at is None, found.updated_at, found.journal_id))
    equal = [found for found in by_age if not differences(delivery.payload, found)]
    live = [found for found in by_age if found.status not in GONE]
    return next(iter([*equal, *live, *by_age]), None)


def record_found(club: Club, delivery: Delivery, found: ManualJournal) -> None:
    """Move the journal to `sent` or `differs`, with Xero's id and its tax beside ours.

    The club is locked, and the delivery's journal was read since.
    """
    pairs = _paired(delivery, found)
    told = [*differences(delivery.payload, found), *tax_differences(pairs), *_warned(delivery, found)]
    if delivery.journal.state == JournalState.QUEUED:
        # It is already there (a restored backup), and goes the way of any other, through `sending`.
        states.move(
            club=club,
            journal_ids=[delivery.journal_id],
            from_states=[JournalState.QUEUED],
            to_state=JournalState.SENDING,
            wait_reason="",
            wait_until=None,
        )
    fields: dict[str, Any] = {
        "xero_journal_id": found.journal_id,
        "xero_words": joined("\n", told),
        "wait_reason": "",
        "wait_until": None,
    }
    if not told:
        fields |= {"sent_at": clock.now(), "sent_by": delivery.sender, "number": reopen.next_number(club=club)}
    moved = states.move(
        club=club,
        journal_ids=[delivery.journal_id],
        from_states=GOING_ON,
        to_state=JournalState.DIFFERS if told else JournalState.SENT,
        **fields,
    )
    if not moved:
        return
    _keep_xero_tax(pairs)
    close(
        club,
        moved,
        "differs" if told else "sent",
        xero_journal_id=found.journal_id,
        found_in_xero=plain(found) if told else None,
    )
    if not told:
        carriers.arrived(club, delivery)
    words = (
        phrase("It is in Xero but %(differences)s.", differences=joined("; ", told))
        if told
        else phrase("It is in Xero and was read back equal.")
    )
    audit.note(
        club=club,
        actor=delivery.sender,
        action="journal.differs" if told else "journal.sent",
        subject=delivery.reference,
        summary=words,
        after={"xero_journal_id": found.journal_id},
    )


def _warned(delivery: Delivery, found: ManualJournal) -> list[str]:
    """Return what Xero warned of when it took the journal: its lists don't repeat that."""
    items = CallItem.objects.filter(delivery=delivery, xero_journal_id=found.journal_id).exclude(words="")
    words = [line for item in items for line in item.words.splitlines() if line not in found.warnings]
    return [phrase("Xero warned: %(warning)s", warning=line) for line in dict.fromkeys(words)]


def look_again(club: Club, delivery: Delivery, found: ManualJournal) -> None:
    """Show a journal that differs as it stands in Xero by now. The club is locked.

    It goes on differing, even if somebody has made it equal there: only a person takes it as sent.
    """
    told = [*differences(delivery.payload, found), *tax_differences(_paired(delivery, found))]
    states.move(
        club=club,
        journal_ids=[delivery.journal_id],
        from_states=[JournalState.DIFFERS],
        to_state=JournalState.DIFFERS,
        xero_words=joined("\n", told) or phrase("it was changed in Xero since, and is now as it was sent"),
    )
    Delivery.objects.of(club).filter(pk=delivery.pk).update(found_in_xero=plain(found))


def tax_differences(pairs: Sequence[tuple[JournalLine, ManualJournalLine]]) -> list[str]:
    """Return where Xero's tax is further from the source's than rounding per row explains: half a cent x (rows + 1).

    Rows that state no tax may share the line: only the part of Xero's tax that falls to the others is compared.
    """
    told: list[str] = []
    taxed = [(line, line.source_tax_minor, there) for line, there in pairs if line.source_tax_minor is not None]
    stated = _stated_amounts([line for line, _, _ in taxed])
    for line, source_tax_minor, there in taxed:
        share = Decimal(stated.get(line.pk, 0)) / abs(line.amount_minor)
        difference = abs(_cents(there.tax_amount) * share - source_tax_minor)
        if 2 * difference > line.row_count + 1:
            told.append(
                phrase(
                    "Xero's tax on %(account_code)s is %(tax_amount)s, the source's %(source_tax)s",
                    account_code=line.account_code,
                    tax_amount=Amount(there.tax_amount),
                    source_tax=Amount(from_minor(source_tax_minor)),
                )
            )
    return told


def _stated_amounts(lines: Sequence[JournalLine]) -> dict[int, int]:
    """Return, by line, the amount (minor units) of its rows that state a tax."""
    if not lines:
        return {}
    totals = JournalTotal.objects.filter(line__in=lines, tax_kind=TaxKind.STATED)
    return dict(totals.values("line").annotate(amount=Sum("amount_minor")).values_list("line", "amount"))


def _keep_xero_tax(pairs: Sequence[tuple[JournalLine, ManualJournalLine]]) -> None:
    sql.update_by_id(
        "ledger_journalline",
        {"xero_tax_minor": "bigint"},
        [(line.pk, _cents(there.tax_amount)) for line, there in pairs],
    )


def _cents(amount: Decimal) -> int:
    """Return the nearest whole cents of a tax as Xero shows it, which need not be whole."""
    return to_minor(amount.quantize(CENT, rounding=ROUND_HALF_UP))


def _paired(delivery: Delivery, found: ManualJournal) -> list[tuple[JournalLine, ManualJournalLine]]:
    """Pair our frozen lines with Xero's: by account, amount, tax type and option, since Xero gives lines no id."""
    rest = list(found.lines)
    pairs = []
    for line in JournalLine.objects.filter(journal_id=delivery.journal_id).order_by("position"):
        for there in rest:
            account = line.account_id.lower() == there.account_id if line.account_id else False
            account = account or line.account_code == there.account_code
            options = {line.option_id.lower()} - {""}
            if account and from_minor(line.amount_minor) == there.amount and options == set(there.tracking):
                pairs.append((line, there))
                rest.remove(there)
                break
    return pairs


def plain(found: ManualJournal) -> dict[str, Any]:
    """Return a manual journal as JSON values for the page that shows both: amounts as text."""
    return {
        "journal_id": found.journal_id,
        "narration": found.narration,
        "status": found.status,
        "date": found.date.isoformat() if found.date else None,
        "line_amount_types": found.line_amount_types,
        "updated_at": found.updated_at.isoformat() if found.updated_at else None,
        "lines": [
            {
                "account_code": line.account_code,
                "amount": f"{line.amount:.2f}",
                "tax_type": line.tax_type,
                "tax_amount": f"{line.tax_amount:.2f}",
                "description": line.description,
            }
            for line in found.lines
        ],
    }
