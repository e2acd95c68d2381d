"""The switch, for one club or a hundred in one database transaction: the club's app changes, the fence goes up.

From then on sending answers *unauthorized*; what is queued waits, what is on its way under the old app is finished or
looked up, and everybody who had authorised the old app is written down as who must come along.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from clubledger.bookkeeping.phrases import phrase
from clubledger.changeover import staff
from clubledger.changeover.errors import NotPlannable, WrongStep
from clubledger.changeover.models import BEFORE, Cause, Changeover, State, Traveller
from clubledger.changeover.move import fence
from clubledger.changeover.move.story import Entry, write_step
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock, crash
from clubledger.foundation.wake import wake
from clubledger.xero.models import Authorisation, Connection

WHY = "clubs are switched many at a time"


def switch(*, club: Club, actor: User | None, changeover_id: int) -> Changeover:
    """Set the club's Xero app to the new one. `actor` None: by itself, at its time. Raises NotStaff, WrongStep.

    Raises NotPlannable where the new app was retired meanwhile.
    """
    if actor is not None:
        staff.require(actor)
    row = Changeover.objects.of(club).select_related("to_app").filter(pk=changeover_id).first()
    if row is not None and row.to_app.status != "active":
        raise NotPlannable(_("The new app is retired: register another, or call this off."))
    switched = switch_many([changeover_id], actor=actor) if row is not None else []
    if not switched:
        where = row.get_state_display() if row else "–"
        raise WrongStep(_("This can't be done now: the changeover is “%(state)s”.") % {"state": where})
    wake("changeover.look", club_id=club.pk)
    return switched[0]


@transaction.atomic
def switch_many(changeover_ids: Collection[int], *, actor: User | None) -> list[Changeover]:
    """Switch those of these changeovers that have not been, all or none, and give them. The clubs are locked meanwhile.

    Of two who try at once one switches a club. What goes to a retired app is left as it is.
    """
    lock_clubs(changeover_ids)
    waiting = Changeover.objects.across_clubs(WHY).filter(pk__in=list(changeover_ids), state__in=BEFORE)
    rows = list(waiting.filter(to_app__status="active").select_related("club", "to_app", "wave").order_by("pk"))
    if not rows:
        return []
    at = clock.now()
    fields = {"state": State.SWITCHED, "moved_at": at, "switched_at": at, "trouble": "", "trouble_at": None}
    taken = waiting.filter(pk__in=[row.pk for row in rows]).update(**fields)
    if taken != len(rows):
        raise WrongStep(_("Somebody else has just taken this step."))
    before = _set_apps(rows)
    travellers = _write_travellers(rows, before)
    for row in rows:
        row.from_app_id, row.people_total = before[row.club_id], travellers[row.pk]
        for name, value in fields.items():
            setattr(row, name, value)
    Changeover.objects.across_clubs(WHY).bulk_update(rows, ["from_app", "people_total"], batch_size=500)
    held = fence.hold_queued_of([row.club for row in rows])
    crash.point("changeover.in_switch")
    entries = [
        Entry(
            row,
            phrase("Switched to %(app)s.", app=row.to_app),
            after={"waiting_journals": held.get(row.club_id, 0), "people": travellers[row.pk]},
        )
        for row in rows
    ]
    write_step(entries, actor=actor, name="switched", cause=Cause.SWITCHED)
    return rows


def lock_clubs(changeover_ids: Collection[int]) -> None:
    """Lock the clubs of changeovers, always in the same order: two who lock several never wait for each other.

    Every step locks the club before it touches its changeover.
    """
    clubs = Changeover.objects.across_clubs(WHY).filter(pk__in=list(changeover_ids)).values("club_id")
    rows = Club.objects.filter(pk__in=clubs).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def _set_apps(rows: Sequence[Changeover]) -> dict[int, int | None]:
    """Set each club's app to its new one; give, by club, the one it used until this moment."""
    clubs = [row.club_id for row in rows]
    connections = Connection.objects.across_clubs(WHY).filter(club__in=clubs)
    used: Mapping[int, int | None] = dict(connections.values_list("club_id", "app_id"))
    missing = [Connection(club_id=club_id) for club_id in clubs if club_id not in used]
    Connection.objects.across_clubs(WHY).bulk_create(missing, ignore_conflicts=True)
    by_app: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_app[row.to_app_id].append(row.club_id)
    for app_id, chosen in by_app.items():
        Connection.objects.across_clubs(WHY).filter(club__in=chosen).update(app_id=app_id)
    # What a club uses at this moment counts, not what it used when this was planned.
    return {
        row.club_id: row.from_app_id if used.get(row.club_id) == row.to_app_id else used.get(row.club_id)
        for row in rows
    }


def _write_travellers(rows: Sequence[Changeover], before: Mapping[int, int | None]) -> dict[int, int]:
    """Write down who had authorised the app that each club used, and give their number by changeover.

    Who may no longer authorise is excused at the next look.
    """
    by_club = {row.club_id: row for row in rows}
    # Who was disconnected too early, after the move was planned, has to come along as well.
    earliest = min(row.planned_at for row in rows)
    lost = Q(ended_at__gte=earliest, ended_because__in=["disconnected", "expired", "revoked"])
    known = Authorisation.objects.across_clubs(WHY).filter(Q(ended_at=None) | lost, club__in=list(by_club))
    counts = dict.fromkeys((row.pk for row in rows), 0)
    going = []
    for club_id, app_id, user_id, ended_at in known.order_by("pk").values_list(
        "club_id", "app_id", "user_id", "ended_at"
    ):
        row = by_club[club_id]
        if app_id == before[club_id] and (ended_at is None or ended_at >= row.planned_at):
            counts[row.pk] += 1
            going.append(Traveller(club_id=club_id, changeover=row, user_id=user_id))
    Traveller.objects.across_clubs(WHY).bulk_create(going, batch_size=1000)
    return counts
