"""What a changeover leaves behind with each step: a line of its own log, an event of the audit trail, and e-mails.

One changeover or two thousand: the number of queries is the same, but for the rows that one query can carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from clubledger.changeover import notices
from clubledger.changeover.models import Cause, Changeover, Step
from clubledger.clubs import audit
from clubledger.clubs.models import User
from clubledger.foundation import clock

WHY = "a step may be taken for many clubs at once"

FOR_WHO_WAS_TOLD = frozenset({Cause.RESCHEDULED, Cause.CALLED_OFF, Cause.ROLLED_BACK})
"""Notices that change what an earlier one said: a club that was never told of its changeover is sent none of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be said of a step of one changeover. `summary` is the audit trail's sentence where it is another."""

    row: Changeover
    words: str
    summary: str = ""
    before: Any = None
    after: Any = None


def write_step(
    entries: Sequence[Entry], *, actor: User | None, name: str, cause: Cause | None = None, is_audited: bool = True
) -> None:
    """Add a step to the log of each changeover and to its club's audit trail, and write the notices of its cause.

    Call it in the database transaction of the step, after the change. `actor` None: the product itself.
    """
    at = clock.now()
    Step.objects.across_clubs(WHY).bulk_create(
        (
            Step(club=one.row.club, changeover=one.row, at=at, actor=actor, name=name, words=one.words)
            for one in entries
        ),
        batch_size=1000,
    )
    if is_audited:
        audit.note_each(
            actor=actor,
            notes=[
                audit.Note(
                    club=one.row.club,
                    action=f"changeover.{name}",
                    subject=f"changeover {one.row.pk}",
                    summary=one.summary or one.words,
                    before=one.before,
                    after=one.after,
                )
                for one in entries
            ],
        )
    if cause is not None:
        rows = [one.row for one in entries]
        told = [row for row in rows if row.announced_at is not None] if cause in FOR_WHO_WAS_TOLD else rows
        if told:
            notices.write(told, cause)


def story_of(row: Changeover) -> QuerySet[Step]:
    """Return what was done in a changeover, the newest first."""
    rows: QuerySet[Step] = Step.objects.of(row.club).filter(changeover=row)
    return rows.select_related("actor").order_by("-at", "-pk")
