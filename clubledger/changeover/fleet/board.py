"""The board of changeovers: how many stand where, how a wave comes on, who is stuck and since when. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, OrderBy, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from clubledger.changeover import staff
from clubledger.changeover.models import AFTER, BEFORE, ENDED, Changeover, State, Traveller, Wave
from clubledger.changeover.move.state import LATE_AFTER, STUCK_AFTER, is_stuck, words_of
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.xero.models import AuthorisationRequest, secrets_of

WHY = "the vendor's staff see changeovers across clubs; states only"

COLUMNS = (
    State.PLANNED,
    State.ANNOUNCED,
    State.SWITCHED,
    State.DISCONNECTED,
    State.REAUTHORISING,
    State.VERIFIED,
    State.DONE,
    State.PAUSED,
    State.ROLLED_BACK,
    State.CALLED_OFF,
)

RANK = Case(
    When(state__in=AFTER, then=Value(1)),
    When(state=State.PAUSED, then=Value(2)),
    When(state=State.PLANNED, then=Value(3)),
    When(state=State.ANNOUNCED, then=Value(4)),
    default=Value(5),
    output_field=IntegerField(),
)
"""What to look at first, after what is stuck: clubs in the middle, then those to come, then those that are over."""

STEP = Case(*(When(state=state, then=Value(step)) for step, state in enumerate(COLUMNS)), output_field=IntegerField())
"""How far a changeover has come, so that states can be sorted."""

SORTS: dict[str, tuple[str | OrderBy, str]] = {
    "since": ("moved_at", "pk"),
    "-since": ("-moved_at", "pk"),
    "club": (Lower("club__name").asc(), "pk"),
    "-club": (Lower("club__name").desc(), "pk"),
    "state": (STEP.asc(), "pk"),
    "-state": (STEP.desc(), "pk"),
    "authorised": ("people_done", "pk"),
    "-authorised": ("-people_done", "pk"),
    "at": (F("switch_at").asc(nulls_last=True), "pk"),
    "-at": (F("switch_at").desc(nulls_last=True), "pk"),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many changeovers stand in each state, and how many are stuck."""

    by_state: dict[str, int]
    stuck: int

    @property
    def total(self) -> int:
        """All of them, without those called off."""
        return sum(count for state, count in self.by_state.items() if state != State.CALLED_OFF)

    @property
    def between(self) -> int:
        """How many have switched and are not done."""
        return sum(self.by_state.get(state, 0) for state in AFTER)

    @property
    def done(self) -> int:
        """How many are done."""
        return self.by_state.get(State.DONE, 0)


def find(
    *, actor: User, wave_id: int | None = None, state: str = "", text: str = "", stuck: bool = False, sort: str = ""
) -> QuerySet[Changeover]:
    """Return changeovers of a wave, in a state (`live`: not ended), with the text in the club's name, or stuck ones.

    Stuck ones first, then the one that has stood longest. Raises NotStaff.
    """
    staff.require(actor)
    rows = Changeover.objects.across_clubs(WHY)
    if wave_id:
        rows = rows.filter(wave_id=wave_id)
    if state == "live":
        rows = rows.exclude(state__in=ENDED)
    elif state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(Q(club__name__icontains=text) | Q(club__slug__icontains=text))
    if stuck:
        rows = rows.filter(stuck_now())
    rows = rows.select_related("club", "wave", "from_app", "to_app")
    rows = rows.defer(*secrets_of("from_app"), *secrets_of("to_app"))
    if sort in SORTS:
        return rows.order_by(*SORTS[sort])
    rank = Case(When(stuck_now(), then=Value(0)), default=RANK, output_field=IntegerField())
    return rows.order_by(rank, "moved_at", "pk")


def one(*, actor: User, changeover_id: int) -> Changeover | None:
    """Return one changeover. Raises NotStaff."""
    staff.require(actor)
    rows = Changeover.objects.across_clubs(WHY)
    rows = rows.select_related("club", "wave", "from_app", "to_app", "planned_by")
    found: Changeover | None = rows.filter(pk=changeover_id).first()
    return found


def of_club(*, actor: User, club: Club) -> list[Changeover]:
    """Return a club's changeovers, the newest first. Raises NotStaff."""
    staff.require(actor)
    return list(Changeover.objects.of(club).select_related("from_app", "to_app").order_by("-pk"))


def stuck_now() -> Q:
    """Return the condition of `state.is_stuck` as the database can tell it."""
    now = clock.now()
    late = Q(state__in=BEFORE, switch_at__lt=now - LATE_AFTER)
    slow = Q(state__in=AFTER, moved_at__lt=now - STUCK_AFTER)
    troubled = ~Q(trouble="") & ~Q(state__in=[*ENDED, State.PAUSED])
    return late | slow | troubled


def tally(*, actor: User, wave_id: int | None = None) -> Tally:
    """Count the changeovers by state. Raises NotStaff."""
    staff.require(actor)
    rows = Changeover.objects.across_clubs(WHY)
    if wave_id:
        rows = rows.filter(wave_id=wave_id)
    by_state = dict(rows.values("state").annotate(count=Count("pk")).values_list("state", "count"))
    return Tally({state: by_state[state] for state in COLUMNS if state in by_state}, rows.filter(stuck_now()).count())


def waves(*, actor: User) -> list[tuple[Wave, Tally]]:
    """Return the waves, the newest first, each with its tally, in two queries. Raises NotStaff."""
    staff.require(actor)
    counts: dict[int, dict[str, int]] = {}
    grouped = Changeover.objects.across_clubs(WHY).filter(wave__isnull=False).values("wave_id", "state")
    for wave_id, state, count in grouped.annotate(count=Count("pk")).values_list("wave_id", "state", "count"):
        counts.setdefault(wave_id, {})[state] = count
    stuck = dict(
        Changeover.objects.across_clubs(WHY)
        .filter(stuck_now(), wave__isnull=False)
        .values("wave_id")
        .annotate(count=Count("pk"))
        .values_list("wave_id", "count")
    )
    found = Wave.objects.select_related("to_app", "planned_by").defer(*secrets_of("to_app"))
    found = found.order_by("-planned_at", "-pk")
    return [
        (wave, Tally({s: counts[wave.pk][s] for s in COLUMNS if s in counts.get(wave.pk, {})}, stuck.get(wave.pk, 0)))
        for wave in found
    ]


def missing_people(changeovers: Iterable[Changeover]) -> dict[int, list[User]]:
    """Return, by changeover, the people who have still to authorise."""
    missing: dict[int, list[User]] = {}
    rows = Traveller.objects.across_clubs(WHY).filter(
        changeover__in=[one.pk for one in changeovers if one.is_live], authorised_at=None, excused_at=None
    )
    for one in rows.select_related("user").order_by("user__name", "user_id"):
        missing.setdefault(one.changeover_id, []).append(one.user)
    return missing


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's last try to authorise the new app: when they left for Xero, and how it ended (empty: not yet)."""

    at: datetime
    outcome: str


def last_attempts(row: Changeover) -> dict[int, Attempt]:
    """Return, by person, their last try to authorise the new app since the switch; who calls has checked who asks."""
    rows = AuthorisationRequest.objects.of(row.club).filter(app=row.to_app_id, created_at__gte=row.switched_at)
    tries = rows.order_by("created_at", "pk").values_list("user_id", "created_at", "outcome")
    return {user_id: Attempt(at, outcome) for user_id, at, outcome in tries}


def as_value(row: Changeover, missing: Iterable[User] = (), now: datetime | None = None) -> dict[str, Any]:
    """Return a changeover as plain values, for the API, the commands and downloads."""
    now = now or clock.now()
    return {
        "id": row.pk,
        "club": row.club.slug,
        "club_name": row.club.name,
        "time_zone": row.club.time_zone,
        "wave": row.wave.name if row.wave else "",
        "from_app": str(row.from_app) if row.from_app else "",
        "to_app": str(row.to_app),
        "state": row.state,
        "since": row.moved_at,
        "stuck": is_stuck(row, now),
        "waits_for": words_of(row, now),
        "switch_at": row.switch_at,
        "switched_at": row.switched_at,
        "disconnected_at": row.disconnected_at,
        "verified_at": row.verified_at,
        "ended_at": row.ended_at,
        "people_total": row.people_total,
        "people_done": row.people_done,
        "still_to_authorise": [one.email for one in missing],
        "contact": row.contact,
    }
