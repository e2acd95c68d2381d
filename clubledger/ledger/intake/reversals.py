"""Takes in transactions of kind `reversal`, after the other rows of a file: each mirrors one that must be known."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clubledger.bookkeeping.phrases import phrase
from clubledger.bookkeeping.totals import mirrored
from clubledger.ledger.intake import arrivals, corrections
from clubledger.ledger.intake.arrivals import Counts
from clubledger.ledger.intake.grouping import Incoming
from clubledger.ledger.intake.versions import Current, Intake, Version, hash_of
from clubledger.ledger.journals.totals import legs_of


@dataclass(slots=True)
class Outcome:
    """What came of a batch of reversals; those held back may be possible once others have come."""

    counts: Counts = field(default_factory=Counts)
    held_back: list[tuple[Incoming, str]] = field(default_factory=list)


def take_in(intake: Intake, reversals: Sequence[Incoming]) -> Outcome:
    """Take in a batch of reversals, in whatever order they depend on each other.

    Held back, with the reason in words: what names a transaction that is not known, or one that another reversal
    already reverses, or would go round in a circle.
    """
    outcome = Outcome()
    waiting = list(reversals)
    while waiting:
        ready, held_back = _sort_out(intake, waiting)
        if not ready:
            outcome.held_back = held_back
            break
        _write(intake, ready, outcome.counts)
        waiting = [reversal for reversal, _ in held_back]
    return outcome


Ready = list[tuple[Incoming, Current, Current | None]]
"""A reversal, the transaction it reverses, and its own earlier version if there is one."""


def _sort_out(intake: Intake, reversals: Sequence[Incoming]) -> tuple[Ready, list[tuple[Incoming, str]]]:
    names = {reversal.first.source_id for reversal in reversals} | {reversal.first.reverses for reversal in reversals}
    current = intake.current(names)
    reversed_by = {found.reverses: found.source_id for found in corrections.live_reversals(intake, names)}
    ready: Ready = []
    held_back: list[tuple[Incoming, str]] = []
    naming: dict[str, str] = {}
    for reversal in reversals:
        first = reversal.first
        target, other = current.get(first.reverses), reversed_by.get(first.reverses)
        if target is None:
            held_back.append(
                (reversal, phrase("“%(reverses)s”, which it reverses, is not known", reverses=first.reverses))
            )
        elif other not in {None, first.source_id}:
            held_back.append(
                (
                    reversal,
                    phrase("“%(reverses)s” is already reversed by “%(other)s”", reverses=first.reverses, other=other),
                )
            )
        elif _goes_round(intake, first.source_id, target, naming):
            held_back.append(
                (
                    reversal,
                    phrase("“%(reverses)s” is itself a reversal that depends on this one", reverses=first.reverses),
                )
            )
        else:
            reversed_by[first.reverses] = first.source_id
            naming[first.source_id] = first.reverses
            ready.append((reversal, target, current.get(first.source_id)))
    return ready, held_back


def _goes_round(intake: Intake, source_id: str, target: Current, naming: dict[str, str]) -> bool:
    """Follow what the target reverses, by what this batch says of it (`naming`) or else by the ledger."""
    seen: set[str] = set()
    name = target.source_id
    while name not in seen:
        if name == source_id:
            return True
        seen.add(name)
        step = naming.get(name)
        if step is None:
            found = target if name == target.source_id else intake.current([name]).get(name)
            if found is None or found.kind != "reversal":
                return False
            step = found.reverses
        name = step
    return False


def _write(intake: Intake, ready: Ready, counts: Counts) -> None:
    legs = legs_of({target.id for _, target, _ in ready})
    new: list[Version] = []
    known: list[tuple[Version, Current]] = []
    for reversal, target, own in ready:
        first = reversal.first
        text = (first.member, first.description, first.document_date)
        version = Version(
            first.source_id,
            first.kind,
            target.legs_kind,
            first.accounting_date,
            first.reverses,
            hash_of(reversal.rows),
            [(*row, *text) for row in mirrored(legs[target.id])],
        )
        if own is None:
            new.append(version)
        else:
            known.append((version, own))
    counts.add(arrivals.take_in_versions(intake, new, known))
