"""What must hold when the dust has settled, looked up in the simulator's books and computed apart from the product."""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs import audit
from clubledger.delivery.models import Delivery, Sighting
from clubledger.delivery.reference import reference_in, reference_of
from clubledger.ledger.models import Journal, JournalLine, JournalState, JournalTotal
from tests.chaos.world import ChaosClub, World
from xero_simulator.model import ManualJournal

ENDED = {
    JournalState.SENT,
    JournalState.RECORDED,
    JournalState.VOIDED,
    JournalState.OPEN,
    JournalState.REJECTED,
    JournalState.VALID,
}


class Broken(AssertionError):
    """A promise was broken."""


def check_once(world: World) -> None:
    """Raise Broken if a journal is in Xero twice now. Looked at all the time: what is doubled may be voided later."""
    for at in world.clubs:
        _once(_by_reference(world, at))


def check(world: World) -> None:
    """Raise Broken, naming the promise, if any does not hold for any club of the run."""
    for at in world.clubs:
        in_xero = _by_reference(world, at)
        _once(in_xero)
        _sent_is_there_and_equal(at, in_xero)
        _nothing_in_limbo(at)
        _to_the_cent(at)
        _xero_holds_what_was_sent(world, at)
        doubled = Sighting.objects.of(at.club).filter(kind="double").values_list("reference", flat=True)
        _must(not doubled, f"it was seen twice in Xero: {list(doubled)}")
        broken = list(audit.broken_links(at.club))
        _must(not broken, f"the audit trail is broken: {broken}")


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


def _by_reference(world: World, at: ChaosClub) -> dict[str, list[ManualJournal]]:
    found: dict[str, list[ManualJournal]] = defaultdict(list)
    for journal in world.simulator.journals(at.tenant_id):
        found[reference_in(journal.narration, at.club.mark)].append(journal)
    return found


def _once(in_xero: dict[str, list[ManualJournal]]) -> None:
    for reference, group in in_xero.items():
        _must(len(group) == 1, f"{reference} is in Xero {len(group)} times")


def _sent_is_there_and_equal(at: ChaosClub, in_xero: dict[str, list[ManualJournal]]) -> None:
    for journal in Journal.objects.of(at.club).filter(state=JournalState.SENT):
        reference = reference_of(at.club.mark, journal.accounting_date, journal.sequence)
        there = in_xero.get(reference, [])
        _must(len(there) == 1, f"{reference} is sent, and in Xero {len(there)} times")
        _must(there[0].journal_id == journal.xero_journal_id, f"{reference} has another id in Xero")
        delivery = Delivery.objects.of(at.club).filter(journal=journal).latest("pk")
        if delivery.found_in_xero is not None:
            continue  # A person accepted how it differs.
        asked = json.loads(bytes(delivery.payload), parse_float=Decimal)
        wanted = sorted(line["LineAmount"] for line in asked["JournalLines"])
        stands = sorted(Decimal(line.amount_cents).scaleb(-2) for line in there[0].lines)
        _must(wanted == stands, f"{reference} is not in Xero what it was sent as")
        _must(asked["Date"] == there[0].dated_on.isoformat(), f"{reference} bears another date in Xero")


def _nothing_in_limbo(at: ChaosClub) -> None:
    for journal in Journal.objects.of(at.club).exclude(state__in=ENDED):
        raise Broken(f"{journal} is left {journal.state} ({journal.wait_reason}: {journal.xero_words})")
    _must(not Delivery.objects.of(at.club).filter(closed_at=None).exists(), "a delivery is left over")


def _to_the_cent(at: ChaosClub) -> None:
    """Subledger = sent + recorded + not sent, and the subledger is what really happened."""
    stands: dict[str, Decimal] = defaultdict(Decimal)
    live = JournalTotal.objects.filter(journal__club=at.club, item__kind="account_type")
    for code, is_debit, minor in live.exclude(journal__state=JournalState.VOIDED).values_list(
        "item__code", "is_debit", "amount_minor"
    ):
        stands[code] += from_minor(minor) if is_debit else -from_minor(minor)
    truth = at.truth.control_balances()
    ours = {code: total for code, total in stands.items() if total}
    _must(ours == truth, f"the subledger says {ours}, the truth is {truth}")


def _xero_holds_what_was_sent(world: World, at: ChaosClub) -> None:
    """Xero's balances are those of the journals that we call sent, account by account.

    Where a person accepted how a journal differs, it counts as it is in Xero; with a further journal that carries the
    difference, the two together are what ours says.
    """
    in_xero = {journal.journal_id: journal for journal in world.simulator.journals(at.tenant_id)}
    theirs: dict[str, int] = defaultdict(int)
    for there in in_xero.values():
        for line in there.lines:
            theirs[line.account_id] += line.amount_cents
    ours: dict[str, int] = defaultdict(int)
    sent = Journal.objects.of(at.club).filter(state=JournalState.SENT)
    for journal in sent:
        delivery = Delivery.objects.of(at.club).filter(journal=journal).latest("pk")
        carriers = sent.filter(deliveries__difference_of=journal)
        if delivery.found_in_xero is not None and not carriers:
            for line in in_xero[journal.xero_journal_id].lines:
                ours[line.account_id] += line.amount_cents
            continue
        for account_id, minor in _lines([journal]):
            ours[account_id] += minor
        for account_id, minor in _lines(carriers):
            ours[account_id] -= minor
    differ = {key for key in {*ours, *theirs} if ours[key] != theirs[key]}
    told = [f"{theirs[key]} instead of {ours[key]} on {key}" for key in sorted(differ)]
    _must(not differ, f"Xero's accounts are not what was sent: {told}")


def _lines(journals: Iterable[Journal]) -> Iterable[tuple[str, int]]:
    rows = JournalLine.objects.filter(journal__in=list(journals))
    return rows.values_list("account_id", "amount_minor")
