"""A step of one club's changeover by its name, as the doors ask for it."""

from typing import Any

from django.utils.translation import gettext as _

from clubledger.changeover import times
from clubledger.changeover.errors import WrongStep
from clubledger.changeover.move import old_app, steps
from clubledger.clubs.models import Club, User

PLAIN = ("announce", "switch", "resume", "remind")
WITH_REASON = ("pause", "call_off", "roll_back")
STEPS = (*PLAIN, *WITH_REASON, "reschedule", "disconnect", "note_gone")


def take(step: str, *, club: Club, actor: User, changeover_id: int, reason: str = "", at: str = "") -> int:
    """Take a step; `at` is for `reschedule`, by the club's clock. Gives how many connections it ended.

    Raises NotStaff, WrongStep, and what the step itself raises.
    """
    told: dict[str, Any] = {"club": club, "actor": actor, "changeover_id": changeover_id}
    if step == "disconnect":
        return old_app.disconnect_old(**told)
    if step == "note_gone":
        return old_app.note_gone(**told, reason=reason)
    if step == "reschedule":
        steps.reschedule(**told, switch_at=times.read_local(at, club.time_zone))
    elif step in WITH_REASON:
        getattr(steps, step)(**told, reason=reason)
    elif step in PLAIN:
        getattr(steps, step)(**told)
    else:
        raise WrongStep(_("There is no step %(step)s.") % {"step": step})
    return 0
