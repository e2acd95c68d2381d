"""A step for all clubs of a wave at once, in a few queries. Clubs for which it does not follow are left alone."""

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from clubledger.bookkeeping.said import said
from clubledger.changeover import notices, staff
from clubledger.changeover.errors import NotPlannable
from clubledger.changeover.models import Cause, Changeover, State, Step, Wave
from clubledger.changeover.standing import FROM
from clubledger.clubs import audit
from clubledger.clubs.models import User
from clubledger.foundation import clock
from clubledger.foundation.wake import wake

WHY = "a wave's step is taken across clubs"

STEPS = ("announce", "switch", "pause", "resume", "remind")


@transaction.atomic
def take_step(*, actor: User, wave_id: int, step: str) -> int:
    """Take a step for every changeover of the wave that it follows for; gives how many. Raises NotStaff, NotPlannable.

    `switch` makes them due now: the worker switches them one by one, so that it goes on if this page is closed.
    """
    staff.require(actor)
    wave = Wave.objects.filter(pk=wave_id).first()
    if wave is None or step not in STEPS:
        raise NotPlannable(_("There is no such wave or step."))
    chosen = Changeover.objects.across_clubs(WHY).filter(wave=wave, state__in=FROM[step]).order_by("pk")
    if step == "remind":
        chosen = chosen.filter(people_done__lt=F("people_total"))
    if connection.features.has_select_for_update:
        chosen = chosen.select_for_update(of=("self",))
    rows = list(chosen.select_related("club"))
    if rows:
        changes, name, words, cause = _meaning(step)
        if changes:
            Changeover.objects.across_clubs(WHY).filter(pk__in=[row.pk for row in rows]).update(**changes)
        _write_down(actor, rows, name, words)
        if cause:
            notices.write(rows, cause)
        if step in {"switch", "resume"}:
            wake("changeover.sweep")
    return len(rows)


def _meaning(step: str) -> tuple[dict[str, Any], str, str, str]:
    """Give what a step changes, its name and words in the log, and the cause of the notice it sends."""
    now = clock.now()
    meanings: dict[str, tuple[dict[str, Any], str, str, str]] = {
        "announce": (
            {"state": State.ANNOUNCED, "announced_at": now, "moved_at": now},
            "announced",
            said("Told the club."),
            Cause.PLANNED,
        ),
        "switch": ({"switch_at": now}, "due", said("To be switched now, with its wave."), ""),
        "pause": (
            {"paused_in": F("state"), "state": State.PAUSED, "moved_at": now},
            "paused",
            said("Paused, with its wave."),
            "",
        ),
        "resume": (
            {"state": F("paused_in"), "paused_in": "", "moved_at": now},
            "resumed",
            said("Resumed, with its wave."),
            "",
        ),
        "remind": ({}, "reminded", said("Reminded those who have still to authorise."), Cause.STILL),
    }
    return meanings[step]


def _write_down(actor: User, rows: list[Changeover], name: str, words: str) -> None:
    at = clock.now()
    Step.objects.across_clubs(WHY).bulk_create(
        (Step(club=row.club, changeover=row, at=at, actor=actor, name=name, words=words) for row in rows),
        batch_size=1000,
    )
    audit.note_each(
        actor=actor,
        notes=[
            audit.Note(club=row.club, action=f"changeover.{name}", subject=f"changeover {row.pk}", summary=words)
            for row in rows
        ],
    )
