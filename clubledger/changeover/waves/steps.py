"""A step for all clubs of a wave at once, in a few queries. Clubs for which it does not follow are left alone."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from clubledger.bookkeeping.phrases import phrase
from clubledger.changeover import staff
from clubledger.changeover.errors import ChangeoverError, NotPlannable
from clubledger.changeover.models import Cause, Changeover, State, Wave
from clubledger.changeover.move import steps, switch
from clubledger.changeover.move.state import FROM
from clubledger.changeover.move.story import Entry, write_step
from clubledger.clubs.models import User
from clubledger.foundation import clock
from clubledger.foundation.wake import wake

WHY = "a wave's step is taken across clubs"

STEPS = ("announce", "switch", "pause", "resume", "remind", "call_off")
"""Steps that are taken for all clubs in one database transaction."""

MOST_SECONDS = 20.0
"""So long clubs are rolled back in one press; the rest is left to the next one."""


def take_step(*, actor: User, wave_id: int, step: str, reason: str = "") -> int:
    """Take a step for each changeover of the wave that it follows for; returns how many. Raises NotStaff, NotPlannable.

    `switch` makes them due now: the worker switches them, so that it goes on if this page is closed.
    """
    staff.require(actor)
    wave = _wave(wave_id)
    if step not in STEPS:
        raise NotPlannable(_("There is no such wave or step."))
    with transaction.atomic():
        chosen = Changeover.objects.across_clubs(WHY).filter(wave=wave, state__in=FROM[step]).order_by("pk")
        if step == "remind":
            chosen = chosen.filter(people_done__lt=F("people_total"))
        if step == "call_off":
            chosen = chosen.filter(switched_at=None)
        switch.lock_clubs(list(chosen.values_list("pk", flat=True)))
        rows = list(chosen.select_related("club"))
        if rows:
            _take(actor, rows, step, reason)
    return len(rows)


def _wave(wave_id: int) -> Wave:
    wave = Wave.objects.filter(pk=wave_id).first()
    if wave is None:
        raise NotPlannable(_("There is no such wave or step."))
    return wave


def _take(actor: User, rows: list[Changeover], step: str, reason: str) -> None:
    changes, name, words, cause = _meaning(step)
    these = Changeover.objects.across_clubs(WHY).filter(pk__in=[row.pk for row in rows])
    if step == "resume":
        # Nobody at a club expects the switch at a time that has passed while it rested: such a one waits for a button.
        missed = Q(switched_at=None, switch_at__lte=clock.now())
        these.filter(missed).update(switch_at=None)
    if changes:
        these.update(**changes)
    words = f"{words} {reason.strip()}".strip()
    write_step([Entry(row, words) for row in rows], actor=actor, name=name, cause=cause)
    if step in {"switch", "resume"}:
        wake("changeover.sweep")


@dataclass(slots=True)
class RolledBack:
    """What came of rolling a wave back: how many clubs, which were refused and why, and how many are still to come."""

    clubs: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0


def roll_back(*, actor: User, wave_id: int, reason: str = "") -> RolledBack:
    """Roll back every club of the wave that can be, each by itself: one that can't be does not keep the others.

    Stops after some seconds with the rest left for another press. Raises NotStaff, NotPlannable.
    """
    staff.require(actor)
    wave = _wave(wave_id)
    chosen = Changeover.objects.across_clubs(WHY).filter(wave=wave, state__in=FROM["roll_back"])
    rows = list(chosen.exclude(switched_at=None).select_related("club").order_by("pk"))
    done, give_up_at = RolledBack(), time.monotonic() + MOST_SECONDS
    for place, row in enumerate(rows):
        if time.monotonic() > give_up_at:
            done.left = len(rows) - place
            break
        try:
            steps.roll_back(club=row.club, actor=actor, changeover_id=row.pk, reason=reason)
        except ChangeoverError as error:
            done.refused.append((row.club.name, str(error)))
        else:
            done.clubs += 1
    return done


def _meaning(step: str) -> tuple[dict[str, Any], str, str, Cause | None]:
    """Return what a step changes, its name and words in the log, and the cause of the notice it sends."""
    now = clock.now()
    meanings: dict[str, tuple[dict[str, Any], str, str, Cause | None]] = {
        "announce": (
            {"state": State.ANNOUNCED, "announced_at": now, "moved_at": now},
            "announced",
            phrase("Told the club."),
            Cause.PLANNED,
        ),
        "switch": ({"switch_at": now}, "due", phrase("To be switched now, with its wave."), None),
        "pause": (
            {"paused_in": F("state"), "state": State.PAUSED, "moved_at": now},
            "paused",
            phrase("Paused, with its wave."),
            None,
        ),
        "resume": (
            {"state": F("paused_in"), "paused_in": "", "moved_at": now},
            "resumed",
            phrase("Resumed, with its wave."),
            None,
        ),
        "remind": ({}, "reminded", phrase("Reminded those who have still to authorise."), Cause.STILL),
        "call_off": (
            {"state": State.CALLED_OFF, "moved_at": now, "ended_at": now},
            "called_off",
            phrase("Called off, with its wave."),
            Cause.CALLED_OFF,
        ),
    }
    return meanings[step]
