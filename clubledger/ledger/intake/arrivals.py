"""Takes transactions in, batch by batch: new ones, those already there, amended ones and corrected ones.

The same content twice is harmless; a correction adds a version and never overwrites one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clubledger.ledger.intake import corrections
from clubledger.ledger.intake.grouping import Incoming
from clubledger.ledger.intake.versions import Current, Intake, Version


@dataclass(slots=True)
class Counts:
    """What came of the transactions of a file or batch."""

    new: int = 0
    already_there: int = 0
    amended: int = 0
    corrected: int = 0

    def add(self, other: "Counts") -> None:
        """Add another batch's counts."""
        self.new += other.new
        self.already_there += other.already_there
        self.amended += other.amended
        self.corrected += other.corrected


def take_in(intake: Intake, transactions: Sequence[Incoming]) -> Counts:
    """Take in a batch of transactions, none of them a reversal and no source id twice. Returns what came of them."""
    current = intake.current([transaction.rows[0][0] for transaction in transactions])
    new: list[Version] = []
    known: list[tuple[Version, Current]] = []
    for transaction in transactions:
        version = intake.version_of(transaction)
        before = current.get(version.source_id)
        if before is None:
            new.append(version)
        else:
            known.append((version, before))
    return take_in_versions(intake, new, known)


def take_in_versions(intake: Intake, new: Sequence[Version], known: Sequence[tuple[Version, Current]]) -> Counts:
    """Take in versions of transactions that are new, and of those that the ledger has already."""
    intake.add_new(new)
    same = [pair for pair in known if pair[0].hash == pair[1].content_hash]
    other = [pair for pair in known if pair[0].hash != pair[1].content_hash]
    amended = corrections.amend(intake, same)
    corrections.correct(intake, other)
    return Counts(len(new), len(same) - amended, amended, len(other))
