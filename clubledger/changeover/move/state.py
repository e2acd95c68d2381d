"""Where a changeover stands: the state that follows from what is known, which steps it allows, and whether it is stuck.

Decides only; what changes something is in `steps`, what looks at the world in `watching`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clubledger.changeover.models import AFTER, BEFORE, Changeover, State
from clubledger.foundation.phrasebook import in_readers_words

STUCK_AFTER = timedelta(hours=24)
"""A club that has not come on for a day wants a telephone call."""

LATE_AFTER = timedelta(minutes=15)
"""A switch that has not happened by itself a quarter of an hour after its time: no worker runs."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a club after the switch."""

    is_disconnected: bool
    is_authorised: bool
    is_verified: bool
    people_total: int
    people_done: int


def state_after(facts: Facts) -> State:
    """Return the state of a switched club from what is known. The order in which people do things does not matter."""
    is_everybody_there = facts.people_done >= facts.people_total
    if facts.is_verified and facts.is_disconnected and is_everybody_there:
        return State.DONE
    if facts.is_verified:
        return State.VERIFIED
    if facts.is_authorised or facts.people_done:
        return State.REAUTHORISING
    return State.DISCONNECTED if facts.is_disconnected else State.SWITCHED


FROM: dict[str, tuple[str, ...]] = {
    "announce": (State.PLANNED,),
    "reschedule": (*BEFORE, State.PAUSED),
    "switch": BEFORE,
    "call_off": (*BEFORE, State.PAUSED),
    "pause": (*BEFORE, *AFTER),
    "resume": (State.PAUSED,),
    "disconnect": (*AFTER, State.PAUSED),
    "note_gone": (*AFTER, State.PAUSED),
    "remind": AFTER,
    "roll_back": (*AFTER, State.PAUSED),
}
"""From which states each step may be taken."""


def allows(changeover: Changeover, step: str) -> bool:
    """Whether a step follows from where the changeover stands."""
    if changeover.state not in FROM[step]:
        return False
    if step in {"disconnect", "note_gone"} and changeover.disconnected_at is not None:
        return False
    if changeover.state == State.PAUSED:
        wants_before = step in {"reschedule", "call_off"}
        wants_after = step in {"disconnect", "note_gone", "roll_back"}
        return changeover.is_before if wants_before else (not changeover.is_before or not wants_after)
    return True


def is_late(changeover: Changeover, now: datetime) -> bool:
    """Whether its time to switch has passed without a switch."""
    return changeover.state in BEFORE and changeover.switch_at is not None and changeover.switch_at < now - LATE_AFTER


def is_stuck(changeover: Changeover, now: datetime) -> bool:
    """Whether a person should look: it is late, has a trouble, or has not come on for a day after the switch."""
    if not changeover.is_live or changeover.state == State.PAUSED:
        return False
    if is_late(changeover, now) or changeover.trouble:
        return True
    return changeover.state in AFTER and changeover.moved_at < now - STUCK_AFTER


def words_of(changeover: Changeover, now: datetime) -> str:
    """Return what a changeover waits for, in one sentence for staff."""
    if changeover.trouble:
        return in_readers_words(changeover.trouble)
    if is_late(changeover, now):
        return _("Its time to switch has passed and nothing has happened. Is a worker running?")
    left = max(0, changeover.people_total - changeover.people_done)
    people = ngettext("%(count)s person has still to authorise.", "%(count)s people have still to authorise.", left) % {
        "count": left
    }
    if changeover.state == State.PAUSED:
        if changeover.is_before and changeover.switch_at is not None and changeover.switch_at <= now:
            return _("It rests. Its time has passed: once resumed it waits for Switch now.")
        return _("It rests until somebody presses Resume.")
    if changeover.state == State.PLANNED:
        return _("The club has not been told yet.")
    if changeover.state == State.ANNOUNCED:
        if changeover.switch_at is None:
            return _("Waits for somebody to press Switch now.")
        return _("Switches by itself at its time.")
    if changeover.state == State.SWITCHED:
        return _("The old app is still connected in Xero.")
    if changeover.state == State.DISCONNECTED:
        return people if left else _("Nobody has authorised the new app yet.")
    if changeover.state == State.REAUTHORISING:
        return _("Get GL Codes has not been pressed yet.") if not left else people
    if changeover.state == State.VERIFIED:
        return people if left else _("It works. The old app is still connected in Xero.")
    return _end_of(changeover)


def _end_of(changeover: Changeover) -> str:
    """Return how it ended."""
    if changeover.state == State.DONE:
        return _("The club sends with %(app)s.") % {"app": changeover.to_app}
    if changeover.from_app is None:
        return ""
    if changeover.state == State.ROLLED_BACK:
        return _("The club is back on %(app)s.") % {"app": changeover.from_app}
    return _("The club stays on %(app)s.") % {"app": changeover.from_app}
