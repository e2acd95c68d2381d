"""A step of one club's changeover by its name, as the doors ask for it."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from clubledger.changeover import times
from clubledger.changeover.errors import WrongStep
from clubledger.changeover.move import old_app, steps, switch
from clubledger.clubs.models import Club, User

PLAIN: dict[str, Callable[..., Any]] = {
    "announce": steps.announce,
    "switch": switch.switch,
    "resume": steps.resume,
    "remind": steps.remind,
}
WITH_REASON: dict[str, Callable[..., Any]] = {
    "pause": steps.pause,
    "call_off": steps.call_off,
    "roll_back": steps.roll_back,
}
STEPS = (*PLAIN, *WITH_REASON, "reschedule", "disconnect", "note_gone")


def take(step: str, *, club: Club, actor: User, changeover_id: int, reason: str = "", at: str = "") -> int:
    """Take a step; `at` is for `reschedule`, by the club's clock. Returns how many connections it ended.

    Raises NotStaff, WrongStep, and what the step itself raises.
    """
    asked: dict[str, Any] = {"club": club, "actor": actor, "changeover_id": changeover_id}
    if step == "disconnect":
        return old_app.disconnect_old(**asked)
    if step == "note_gone":
        return old_app.note_gone(**asked, reason=reason)
    if step == "reschedule":
        steps.reschedule(**asked, switch_at=times.read_local(at, club.time_zone))
    elif step in WITH_REASON:
        WITH_REASON[step](**asked, reason=reason)
    elif step in PLAIN:
        PLAIN[step](**asked)
    else:
        raise WrongStep(_("There is no step %(step)s.") % {"step": step})
    return 0
