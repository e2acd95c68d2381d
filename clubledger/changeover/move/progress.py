"""What has become of switched clubs, from our own rows alone: who has authorised, is the old app gone, does it work.

A few queries for any number of clubs; asks Xero nothing (that is `leaving`).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from clubledger.changeover.models import AFTER, Changeover, State, Traveller
from clubledger.changeover.move import steps
from clubledger.changeover.move.state import Facts
from clubledger.clubs.access import Permission, roles_with
from clubledger.clubs.models import Club, Membership
from clubledger.foundation import clock
from clubledger.ledger.models import GLCode
from clubledger.xero.models import Authorisation

WHY = "changeovers are watched across clubs; states only"
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rows say of some clubs."""

    live: dict[tuple[int, int], dict[int, datetime]]
    """For (club, app): when each person authorised it, if that still stands."""
    allowed: set[tuple[int, int]]
    """(club, person) who may authorise now."""
    travellers: dict[int, list[Traveller]]
    retrieved: dict[int, datetime]
    """When GL codes were last retrieved, of clubs where that matters."""


def look(*, club: Club) -> Changeover | None:
    """Bring the club's changeover to where the facts are; returns it if it has moved."""
    rows = _switched().filter(club=club)
    moved = _look(list(rows))
    return moved[0] if moved else None


def look_at_all() -> int:
    """Bring every switched changeover to where the facts are. Returns how many have moved."""
    ids = list(_switched().order_by("pk").values_list("pk", flat=True))
    moved = 0
    for start in range(0, len(ids), AT_A_TIME):
        moved += len(_look(list(_switched().filter(pk__in=ids[start : start + AT_A_TIME]))))
    return moved


def _switched() -> QuerySet[Changeover]:
    rows = Changeover.objects.across_clubs(WHY).select_related("club")
    return rows.filter(Q(state__in=AFTER) | Q(state=State.PAUSED, switched_at__isnull=False))


def _look(rows: Sequence[Changeover]) -> list[Changeover]:
    if not rows:
        return []
    seen = _see(rows)
    moved = []
    for row in rows:
        present = seen.live.get((row.club_id, row.to_app_id), {})
        old = seen.live.get((row.club_id, row.from_app_id), {}) if row.from_app_id else {}
        total, done = _count(row, seen.travellers.get(row.pk, ()), present, seen.allowed)
        disconnected_at = row.disconnected_at or (None if old else clock.now())
        verified_at = row.verified_at or _verified_at(row, present, seen.retrieved.get(row.club_id))
        facts = Facts(
            is_disconnected=disconnected_at is not None,
            is_authorised=bool(present),
            is_verified=verified_at is not None,
            people_total=total,
            people_done=done,
        )
        came = steps.come_to(
            club=row.club,
            changeover_id=row.pk,
            facts=facts,
            disconnected_at=disconnected_at,
            verified_at=verified_at,
            people_total=total,
            people_done=done,
        )
        if came is not None:
            moved.append(came)
    return moved


def _see(rows: Sequence[Changeover]) -> _Seen:
    clubs = [row.club_id for row in rows]
    live: dict[tuple[int, int], dict[int, datetime]] = defaultdict(dict)
    authorised = Authorisation.objects.across_clubs(WHY).filter(
        club__in=clubs, ended_at=None, token_set__isnull=False, token_set__died_at=None
    )
    for club_id, app_id, user_id, at in authorised.values_list("club_id", "app_id", "user_id", "authorised_at"):
        live[club_id, app_id][user_id] = at
    roles = roles_with(Permission.AUTHORISE)
    members = Membership.objects.filter(club__in=clubs, role__in=roles, is_active=True, user__is_active=True)
    travellers: dict[int, list[Traveller]] = defaultdict(list)
    for one in Traveller.objects.across_clubs(WHY).filter(changeover__in=[row.pk for row in rows]):
        travellers[one.changeover_id].append(one)
    unproven = [row.club_id for row in rows if row.verified_at is None and live.get((row.club_id, row.to_app_id))]
    return _Seen(live, set(members.values_list("club_id", "user_id")), travellers, _retrieved(unproven))


def _retrieved(clubs: Collection[int]) -> dict[int, datetime]:
    if not clubs:
        return {}
    codes = GLCode.objects.across_clubs(WHY).filter(club__in=clubs, retrieved_at__isnull=False)
    return dict(codes.values("club_id").annotate(at=Max("retrieved_at")).values_list("club_id", "at"))


def _verified_at(row: Changeover, present: dict[int, datetime], retrieved_at: datetime | None) -> datetime | None:
    """Return when Get GL Codes first worked under the new app: after the switch no other app is used for it."""
    if not present or retrieved_at is None or row.switched_at is None:
        return None
    since = max(row.switched_at, min(present.values()))
    return retrieved_at if retrieved_at >= since else None


def _count(
    row: Changeover, travellers: Sequence[Traveller], present: dict[int, datetime], allowed: set[tuple[int, int]]
) -> tuple[int, int]:
    """Keep who has authorised and who is excused, and give how many must authorise and how many of them have."""
    total = done = 0
    for one in travellers:
        may = (row.club_id, one.user_id) in allowed
        excused_at = None if may else one.excused_at or clock.now()
        authorised_at = present.get(one.user_id)
        if (one.excused_at, one.authorised_at) != (excused_at, authorised_at):
            Traveller.objects.of(row.club).filter(pk=one.pk).update(excused_at=excused_at, authorised_at=authorised_at)
        if excused_at is None:
            total += 1
            done += authorised_at is not None
    return total, done
