"""Whose turn it is: clubs with something due, one worker a club at a time, each within Xero's limits.

The rows are the queue. A wake-up that is lost, late or doubled changes nothing.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q, Subquery

from clubledger.clubs import access
from clubledger.clubs.models import Club
from clubledger.delivery.models import AppPause, Delivery, Reading, Turn
from clubledger.foundation import clock
from clubledger.foundation.wake import wake
from clubledger.ledger import sql
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalState
from clubledger.xero.models import Authorisation

HOLD_SECONDS = 300
"""How long a worker may be silent before another takes the club's turn."""

REST_SECONDS = 60
"""How long a club rests whose turn ended in a way that nobody foresaw: it would end so again and again."""

LONGEST_WAIT = timedelta(days=1, hours=1)
"""Longer than anything makes a journal wait (Xero's limits end within a day)."""

MOST_READINGS_A_SWEEP = 100
"""Readings of idle clubs are spread: they are the least urgent thing there is."""

WHY = "the queue goes across clubs: it knows only who is due"


def make_due(club: Club, at: datetime | None = None, *, now_if_later: bool = True, wakes: bool = True) -> None:
    """See to it that the club is served at `at` (now by default) or sooner, and wake a worker for it.

    Call it in the database transaction that makes the work, with the club locked.
    """
    at = at or clock.now()
    # One statement, for every night of every club comes here: a turn that is due sooner stays, unless told otherwise.
    sql.run(
        "INSERT INTO delivery_turn (club_id, due_at, holder, limit_problem) VALUES (%s, %s, '', '') "  # noqa: S608
        "ON CONFLICT (club_id) DO UPDATE SET due_at = excluded.due_at "
        "WHERE delivery_turn.due_at IS NULL" + (" OR delivery_turn.due_at > excluded.due_at" if now_if_later else ""),
        [club.pk, sql.stored(at)],
    )
    if wakes:
        delay = max(0.0, (at - clock.now()).total_seconds())
        wake("delivery.serve_club", delay_seconds=delay, club_id=club.pk)


def due_club_ids(limit: int = 1000) -> list[int]:
    """Return the clubs whose turn has come and which no worker serves, longest due first: fair to all."""
    at = clock.now()
    free = Q(held_until=None) | Q(held_until__lt=at)
    turns = Turn.objects.across_clubs(WHY).filter(free, due_at__lte=at, club__is_active=True).order_by("due_at", "pk")
    return list(turns.values_list("club_id", flat=True)[:limit])


def take(club_id: int, holder: str) -> bool:
    """Take the club's turn if it is due and free. Of any number of workers exactly one gets True."""
    at = clock.now()
    free = Q(held_until=None) | Q(held_until__lt=at)
    # Not as a join: that would make the guard a subquery, which PostgreSQL does not look at again after waiting.
    is_open = Exists(Club.objects.filter(pk=OuterRef("club_id"), is_active=True))
    taken = (
        Turn.objects.across_clubs(WHY)
        .filter(free, is_open, club_id=club_id, due_at__lte=at)
        .update(holder=holder, held_until=at + timedelta(seconds=HOLD_SECONDS))
    )
    return taken == 1


def keep(club: Club, holder: str, app_id: int) -> bool:
    """Show that the holder lives, and tell whether it may go on.

    False if the turn has gone to another, who must be left alone with it, or if the club or its app is limited now.
    """
    at = clock.now()
    kept = sql.rows_of(
        "UPDATE delivery_turn SET held_until = %s WHERE club_id = %s AND holder = %s "
        "RETURNING limited_until > %s, EXISTS (SELECT 1 FROM delivery_apppause WHERE app_id = %s AND until > %s)",
        [sql.stored(at + timedelta(seconds=HOLD_SECONDS)), club.pk, holder, sql.stored(at), app_id, sql.stored(at)],
    )
    return bool(kept) and not any(kept[0])


@transaction.atomic
def release(club: Club, holder: str, *, rests: bool = False) -> datetime | None:
    """Release the turn and return when the club is due again (None: nothing to do). One that `rests` is so later."""
    access.lock_club(club)
    due_at = next_due_at(club)
    if due_at is not None and rests:
        due_at = max(due_at, clock.now() + timedelta(seconds=REST_SECONDS))
    given = Turn.objects.of(club).filter(holder=holder).update(holder="", held_until=None, due_at=due_at)
    if given and due_at is not None:
        delay = max(0.0, (due_at - clock.now()).total_seconds())
        wake("delivery.serve_club", delay_seconds=delay, club_id=club.pk)
    return due_at


def next_due_at(club: Club) -> datetime | None:
    """Return the instant at which the club's next live delivery is due, not before its limit ends; None without any."""
    at: datetime | None = Delivery.objects.of(club).filter(closed_at=None).aggregate(at=Min("due_at"))["at"]
    turn = Turn.objects.of(club).first() if at is not None else None
    if at is not None and turn is not None and turn.limited_until is not None:
        at = max(at, turn.limited_until)
    return at


def limit(club: Club, *, until: datetime, problem: str, app_id: int | None = None) -> None:
    """Keep the club from asking Xero again before `until`; for the limit of the whole app, all its clubs."""
    Turn.objects.of(club).update(limited_until=until, limit_problem=problem)
    if problem == "appminute" and app_id is not None:
        AppPause.objects.update_or_create(app_id=app_id, defaults={"until": until})


def limited_until(club: Club, app_id: int | None) -> tuple[datetime | None, str]:
    """Return until when the club may not ask Xero and which limit it is; (None, "") if it may."""
    at = clock.now()
    pause = AppPause.objects.filter(app_id=app_id, until__gt=at).values_list("until", flat=True)
    rows = (
        Turn.objects.of(club).annotate(paused=Subquery(pause)).values_list("limited_until", "limit_problem", "paused")
    )
    until, problem, paused = rows.first() or (None, "", pause.first())
    if until is not None and until > at:
        return until, problem
    return (paused, "appminute") if paused else (None, "")


def _unread_for_a_day() -> list[int]:
    """Return the clubs that have nothing to send and whose journals in Xero were last read a day ago or longer.

    What somebody changes in Xero is noticed within a day, not only at the next sending. A club without live
    authorisation can't be read; it is read again when somebody authorises.
    """
    live = Authorisation.objects.across_clubs(WHY).filter(club=OuterRef("club"), ended_at=None)
    unread = Reading.objects.across_clubs(WHY).filter(
        Exists(live),
        club__turn__due_at=None,
        club__is_active=True,
        read_at__lte=clock.now() - timedelta(hours=24),
    )
    return list(unread.order_by("read_at").values_list("club_id", flat=True)[:MOST_READINGS_A_SWEEP])


def _put_off_by_a_wrong_clock() -> list[int]:
    """Make due what waits for longer than anything makes it wait, and give its clubs.

    It was put off by a machine whose clock was ahead, and has been set right since.
    """
    at = clock.now()
    far = Q(due_at__gt=at + LONGEST_WAIT)
    far |= Q(
        due_at__gt=at + timedelta(minutes=15), journal__wait_reason=WaitReason.CLOCK, journal__state=JournalState.QUEUED
    )
    rows = dict(Delivery.objects.across_clubs(WHY).filter(far, closed_at=None).values_list("pk", "club_id"))
    if rows:
        Delivery.objects.across_clubs(WHY).filter(pk__in=list(rows), closed_at=None).update(due_at=at)
    return list(set(rows.values()))


def sweep() -> int:
    """Find what lost wake-ups left behind, and wake a worker for each club that is due. Returns how many."""
    forgotten = (
        Delivery.objects.across_clubs(WHY)
        .filter(closed_at=None)
        .filter(Q(club__turn=None) | Q(club__turn__due_at=None))
        .values_list("club_id", flat=True)
        .distinct()
    )
    for club in Club.objects.filter(pk__in={*forgotten, *_put_off_by_a_wrong_clock(), *_unread_for_a_day()}):
        with transaction.atomic():
            access.lock_club(club)
            make_due(club)
    due = due_club_ids()
    for club_id in due:
        wake("delivery.serve_club", club_id=club_id)
    return len(due)
