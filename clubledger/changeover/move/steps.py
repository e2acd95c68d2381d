"""The steps of a changeover, each one database transaction with the club locked, taken once by a guarded UPDATE.

Two presses, or a press and the clock, do a step once: the second is told WrongStep. What asks Xero is in `old_app`.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from clubledger.bookkeeping.phrases import joined, phrase
from clubledger.changeover import staff, times
from clubledger.changeover.errors import NothingToReturnTo, WrongStep
from clubledger.changeover.models import ENDED, Cause, Changeover, State, Traveller
from clubledger.changeover.move import fence
from clubledger.changeover.move.state import FROM, Facts, allows, state_after
from clubledger.changeover.move.story import Entry, write_step
from clubledger.clubs import access
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock, crash
from clubledger.foundation.wake import wake
from clubledger.xero.models import Authorisation, Connection


def live_of(*, club: Club) -> Changeover | None:
    """Return the club's changeover that is not ended, if there is one."""
    rows = Changeover.objects.of(club).select_related("from_app", "to_app", "wave", "planned_by", "club")
    found: Changeover | None = rows.exclude(state__in=ENDED).first()
    return found


def newest_of(*, club: Club) -> Changeover | None:
    """Return the club's newest changeover, ended or not."""
    rows = Changeover.objects.of(club).select_related("from_app", "to_app", "wave", "planned_by", "club")
    found: Changeover | None = rows.order_by("-pk").first()
    return found


def travellers_of(row: Changeover, *, with_excused: bool = False) -> list[Traveller]:
    """Return who has to authorise again in a changeover, by name; with whoever was excused, if asked for."""
    rows = Traveller.objects.of(row.club).filter(changeover=row)
    rows = rows if with_excused else rows.filter(excused_at=None)
    return list(rows.select_related("user").order_by("user__name"))


@transaction.atomic
def announce(*, club: Club, actor: User, changeover_id: int) -> Changeover:
    """Tell the club's people, by e-mail and on their pages. Raises NotStaff, WrongStep."""
    staff.require(actor)
    row = _take(_find(club, changeover_id, "announce"), "announce", State.ANNOUNCED, announced_at=clock.now())
    write_step([Entry(row, phrase("Told the club."))], actor=actor, name="announced", cause=Cause.PLANNED)
    return row


@transaction.atomic
def reschedule(*, club: Club, actor: User, changeover_id: int, switch_at: datetime | None) -> Changeover:
    """Reschedule a changeover, or leave it without a time (by a button); who was told is told anew.

    Raises NotStaff, WrongStep, and NotPlannable for a time that can't be.
    """
    staff.require(actor)
    if switch_at is not None:
        times.check_instant(switch_at)
    row = _find(club, changeover_id, "reschedule")
    before = row.switch_at
    row = _take(row, "reschedule", row.state, switch_at=switch_at, moved_at=row.moved_at)
    entry = Entry(row, phrase("Gave it another time."), before={"at": before}, after={"at": switch_at})
    write_step([entry], actor=actor, name="rescheduled", cause=Cause.RESCHEDULED)
    return row


@transaction.atomic
def pause(*, club: Club, actor: User, changeover_id: int, reason: str = "") -> Changeover:
    """Let a changeover rest: it does not switch by itself, disconnect or remind. Raises NotStaff, WrongStep."""
    staff.require(actor)
    row = _find(club, changeover_id, "pause")
    row = _take(row, "pause", State.PAUSED, paused_in=row.state)
    write_step([Entry(row, _because(phrase("Paused."), reason))], actor=actor, name="paused")
    return row


@transaction.atomic
def resume(*, club: Club, actor: User, changeover_id: int) -> Changeover:
    """Let a paused changeover go on from where it was. Raises NotStaff, WrongStep.

    One whose time to switch has passed meanwhile waits for the button: nobody at the club expects it now.
    """
    staff.require(actor)
    row = _find(club, changeover_id, "resume")
    is_missed = row.is_before and row.switch_at is not None and row.switch_at <= clock.now()
    fields: dict[str, Any] = {"switch_at": None} if is_missed else {}
    row = _take(row, "resume", row.paused_in, paused_in="", **fields)
    words = phrase("Resumed. Its time had passed: it waits for Switch now.") if is_missed else phrase("Resumed.")
    write_step([Entry(row, words)], actor=actor, name="resumed")
    wake("changeover.look", club_id=club.pk)
    return row


@transaction.atomic
def call_off(*, club: Club, actor: User, changeover_id: int, reason: str = "") -> Changeover:
    """End a changeover that has not switched; nothing of the club has changed. Raises NotStaff, WrongStep."""
    staff.require(actor)
    row = _take(_find(club, changeover_id, "call_off"), "call_off", State.CALLED_OFF, ended_at=clock.now())
    entry = Entry(row, _because(phrase("Called off."), reason))
    write_step([entry], actor=actor, name="called_off", cause=Cause.CALLED_OFF)
    return row


@transaction.atomic
def roll_back(*, club: Club, actor: User, changeover_id: int, reason: str = "") -> Changeover:
    """Set the club's app back to the old one, and let everything waiting go on under it.

    Raises NotStaff, WrongStep, and NothingToReturnTo where the old authorisations of those who had one have all ended.
    """
    staff.require(actor)
    row = _find(club, changeover_id, "roll_back")
    if row.from_app_id is None:
        raise NothingToReturnTo(_("The club used no app before."))
    if row.from_app is not None and row.from_app.status != "active":
        raise NothingToReturnTo(_("%(app)s is retired. Use it again under Xero Apps first.") % {"app": row.from_app})
    old = Authorisation.objects.of(club).filter(app_id=row.from_app_id, ended_at=None, token_set__died_at=None)
    if row.people_total and not old.exists():
        raise NothingToReturnTo(
            _("Every authorisation of %(app)s has ended, so the club could not send with it either.")
            % {"app": row.from_app}
        )
    row = _take(row, "roll_back", State.ROLLED_BACK, ended_at=clock.now())
    Connection.objects.of(club).filter(app_id=row.to_app_id).update(app_id=row.from_app_id)
    fence.go_on(club)
    crash.point("changeover.in_roll_back")
    words = phrase("Rolled back to %(app)s.", app=row.from_app)
    entry = Entry(row, _because(words, reason), before={"app": str(row.to_app)})
    write_step([entry], actor=actor, name="rolled_back", cause=Cause.ROLLED_BACK)
    return row


@transaction.atomic
def remind(*, club: Club, actor: User | None, changeover_id: int) -> Changeover:
    """Remind who has still to authorise; nobody twice a day. `actor` None: by itself. Raises NotStaff, WrongStep."""
    if actor is not None:
        staff.require(actor)
    row = _find(club, changeover_id, "remind")
    words = phrase("Reminded those who have still to authorise.")
    write_step([Entry(row, words)], actor=actor, name="reminded", cause=Cause.STILL, is_audited=False)
    return row


@transaction.atomic
def come_to(*, club: Club, changeover_id: int, facts: Facts, **fields: Any) -> Changeover | None:
    """Bring a switched changeover to the state that follows from the facts. None where nothing has changed.

    `fields` are the facts to keep. A paused one keeps its facts and stays paused.
    """
    access.lock_club(club)
    row = _row(club, changeover_id)
    if row is None or row.switched_at is None or not row.is_live:
        return None
    came, was = state_after(facts), row.paused_in if row.state == State.PAUSED else row.state
    changes = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if came != was:
        at = clock.now()
        changes |= {"paused_in": came} if row.state == State.PAUSED else {"state": came, "moved_at": at}
        if came == State.DONE:
            changes |= {"state": State.DONE, "paused_in": "", "moved_at": at, "ended_at": at}
            changes |= {"trouble": "", "trouble_at": None}
    if not changes or not Changeover.objects.of(club).filter(pk=row.pk, state=row.state).update(**changes):
        return None
    for name, value in changes.items():
        setattr(row, name, value)
    if came != was:
        cause = Cause.DONE if came == State.DONE else None
        write_step([Entry(row, _label(came))], actor=None, name=str(came), cause=cause)
    return row


@transaction.atomic
def set_trouble(*, club: Club, changeover_id: int, words: str) -> None:
    """Keep, in words, what keeps a changeover from going on, and tell the club once a day; the empty string ends it."""
    access.lock_club(club)
    row = _row(club, changeover_id)
    if row is None or not row.is_live or row.trouble == words:
        return
    row.trouble, row.trouble_at = words, clock.now() if words else None
    Changeover.objects.of(club).filter(pk=row.pk).update(trouble=row.trouble, trouble_at=row.trouble_at)
    if words:
        write_step([Entry(row, words)], actor=None, name="trouble", cause=Cause.FAILING, is_audited=False)


def _label(state: str) -> str:
    """Return what a state is called, as a phrase: pages have its translation already."""
    with translation.override("en"):
        return phrase(str(State(state).label))


def _because(words: str, reason: str) -> str:
    return joined(" ", [words, reason.strip()]) if reason.strip() else words


def _row(club: Club, changeover_id: int) -> Changeover | None:
    rows = Changeover.objects.of(club).select_related("club", "from_app", "to_app")
    found: Changeover | None = rows.filter(pk=changeover_id).first()
    return found


def _find(club: Club, changeover_id: int, step: str) -> Changeover:
    """Return the row, the club locked, if the step follows from where it stands. Raises WrongStep."""
    access.lock_club(club)
    row = _row(club, changeover_id)
    if row is None or not allows(row, step):
        where = row.get_state_display() if row else "–"
        raise WrongStep(_("This can't be done now: the changeover is “%(state)s”.") % {"state": where})
    return row


def _take(row: Changeover, step: str, to_state: str, **fields: Any) -> Changeover:
    """Move a row that `_find` gave by a guarded UPDATE: of two who try at once, one gets it. Raises WrongStep."""
    fields.setdefault("moved_at", clock.now())
    taken = (
        Changeover.objects.of(row.club)
        .filter(pk=row.pk, state__in=FROM[step])
        .filter(state=row.state)
        .update(state=to_state, **fields)
    )
    if not taken:
        raise WrongStep(_("Somebody else has just taken this step."))
    row.state = to_state
    for name, value in fields.items():
        setattr(row, name, value)
    return row
