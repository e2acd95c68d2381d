"""Planning changeovers: for one club, for all that a filter finds, or for the rows of a file, thousands at a time.

Nothing here touches a club's connection; that is the switch (`steps`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clubledger.bookkeeping.phrases import counted, phrase
from clubledger.changeover import staff, times
from clubledger.changeover.errors import NotPlannable
from clubledger.changeover.models import ENDED, Cause, Changeover, State, Wave
from clubledger.changeover.move.story import Entry, write_step
from clubledger.clubs import audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.xero.models import Connection, XeroApp

WHY = "a wave is planned across clubs"
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Wish:
    """One club's changeover as asked for. `label` names it in a refusal: `line 7: hill-end`."""

    slug: str
    switch_on: date | None = None
    switch_time: time | None = None
    contact: str = ""
    notes: str = ""
    disconnects_itself: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was not planned, and why."""

    label: str
    reason: str


@dataclass(slots=True)
class Planned:
    """What came of planning: the wave, how many were planned, and what was refused."""

    wave: Wave | None = None
    changeovers: list[Changeover] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


@transaction.atomic
def plan(
    *,
    club: Club,
    actor: User,
    to_app: XeroApp,
    switch_at: datetime | None = None,
    contact: str = "",
    notes: str = "",
    disconnects_itself: bool = False,
    announce: bool = True,
) -> Changeover:
    """Plan one club's changeover; `switch_at` is an instant, None waits for a button. Raises NotStaff, NotPlannable."""
    staff.require(actor)
    local = switch_at.astimezone(ZoneInfo(club.time_zone)) if switch_at else None
    wish = Wish(
        club.slug,
        local.date() if local else None,
        local.time() if local else None,
        contact,
        notes,
        disconnects_itself,
        label=club.slug,
    )
    made = _write(actor=actor, to_app=to_app, wishes=[wish], wave=None, announce=announce)
    if made.refusals:
        raise NotPlannable(made.refusals[0].reason)
    return made.changeovers[0]


@transaction.atomic
def plan_wave(
    *,
    actor: User,
    to_app: XeroApp,
    name: str,
    wishes: Iterable[Wish],
    announce: bool = True,
    refused: Sequence[Refusal] = (),
) -> Planned:
    """Plan many changeovers at once under a wave's name. What does not fit is refused with its reason, the rest kept.

    `refused` are lines of a file that could not be read; they stand first among the refusals. Raises NotStaff, and
    NotPlannable where nothing at all can be planned or the name is taken.
    """
    staff.require(actor)
    asked = list(wishes)
    if not name.strip():
        raise NotPlannable(_("Give the wave a name."))
    if len(asked) > MOST_ROWS:
        raise NotPlannable(_("At most %(most)s clubs in one wave.") % {"most": MOST_ROWS})
    if Wave.objects.filter(name=name.strip()).exists():
        raise NotPlannable(_("There is a wave called %(name)s already.") % {"name": name.strip()})
    wave = Wave.objects.create(name=name.strip()[:100], to_app=to_app, planned_by=actor, planned_at=clock.now())
    made = _write(actor=actor, to_app=to_app, wishes=asked, wave=wave, announce=announce)
    made.refusals = [*refused, *made.refusals]
    if not made.changeovers:
        reasons = "; ".join(f"{one.label}: {one.reason}" for one in made.refusals[:5])
        raise NotPlannable(_("None of these clubs can be planned. %(reasons)s") % {"reasons": reasons})
    audit.note(
        club=None,
        actor=actor,
        action="changeover.wave_planned",
        subject=wave.name,
        summary=f"{counted(len(made.changeovers), 'club is', 'clubs are')} to move to {to_app}.",
        after={"refused": len(made.refusals)},
    )
    made.wave = wave
    return made


def _write(*, actor: User, to_app: XeroApp, wishes: Sequence[Wish], wave: Wave | None, announce: bool) -> Planned:
    made, at = Planned(), clock.now()
    if to_app.status != "active":
        raise NotPlannable(_("%(app)s is retired.") % {"app": to_app})
    slugs = {wish.slug for wish in wishes}
    clubs = {club.slug: club for club in Club.objects.filter(slug__in=slugs)}
    ids = [club.pk for club in clubs.values()]
    apps: Mapping[int, int] = dict(
        Connection.objects.across_clubs(WHY).filter(club__in=ids).values_list("club_id", "app_id")
    )
    moving = set(
        Changeover.objects.across_clubs(WHY)
        .filter(club__in=ids)
        .exclude(state__in=ENDED)
        .values_list("club_id", flat=True)
    )
    rows: dict[int, Changeover] = {}
    for wish in wishes:
        club = clubs.get(wish.slug)
        reason = _reason_against(wish, club, apps, moving, to_app)
        switch_at = None
        if club is not None and club.pk in rows:
            reason = _("This club is named twice; its first line counts.")
        elif not reason and club is not None and wish.switch_on is not None:
            try:
                switch_at = times.instant_of(wish.switch_on, wish.switch_time, club.time_zone)
            except NotPlannable as error:
                reason = str(error)
        if reason or club is None:
            made.refusals.append(Refusal(wish.label or wish.slug, reason))
            continue
        rows[club.pk] = Changeover(
            club=club,
            wave=wave,
            from_app_id=apps.get(club.pk),
            to_app=to_app,
            state=State.ANNOUNCED if announce else State.PLANNED,
            moved_at=at,
            switch_at=switch_at,
            disconnects_itself=wish.disconnects_itself,
            contact=wish.contact[:200],
            notes=wish.notes,
            planned_by=actor,
            planned_at=at,
            announced_at=at if announce else None,
        )
    try:
        with transaction.atomic():
            made.changeovers = Changeover.objects.across_clubs(WHY).bulk_create(list(rows.values()), batch_size=500)
    except IntegrityError:
        raise NotPlannable(_("Somebody else has just planned one of these clubs. Try again.")) from None
    _tell(made.changeovers, actor, announce=announce)
    return made


def _reason_against(
    wish: Wish, club: Club | None, apps: Mapping[int, int | None], moving: set[int], to_app: XeroApp
) -> str:
    if club is None:
        return _("There is no club %(slug)s.") % {"slug": wish.slug or "–"}
    if not club.is_active:
        return _("This club is no longer active.")
    if club.pk in moving:
        return _("This club has a changeover already.")
    if apps.get(club.pk) == to_app.pk:
        return _("This club uses %(app)s already.") % {"app": to_app}
    return ""


def _tell(changeovers: Sequence[Changeover], actor: User, *, announce: bool) -> None:
    planned = [
        Entry(
            one,
            phrase("Planned the move to %(app)s.", app=one.to_app),
            summary=f"The club is to move to {one.to_app}.",
            after={"switch_at": one.switch_at, "app": str(one.to_app), "announced": announce},
        )
        for one in changeovers
    ]
    write_step(planned, actor=actor, name="planned")
    if announce:
        told = [Entry(one, phrase("Told the club.")) for one in changeovers]
        write_step(told, actor=actor, name="announced", cause=Cause.PLANNED, is_audited=False)


# --- Whom to plan -----------------------------------------------------------------------------------------------------


def wishes_for(
    clubs: Iterable[Club],
    *,
    switch_on: date | None,
    switch_time: time | None = None,
    per_hour: int | None = None,
    contact: str = "",
    notes: str = "",
    disconnects_itself: bool = False,
) -> Iterator[Wish]:
    """Return a wish for each club: all at the same local time, or spread out so that `per_hour` clubs switch an hour.

    Raises NotPlannable for a day that is too far ahead.
    """
    if switch_on:
        times.check_day(switch_on, clock.now().date())
    start = datetime.combine(switch_on, switch_time or times.USUAL_TIME) if switch_on else None
    for place, club in enumerate(clubs):
        at = start + timedelta(hours=1) * (place // per_hour) if start and per_hour else start
        yield Wish(
            club.slug,
            at.date() if at else None,
            at.time() if at else None,
            contact,
            notes,
            disconnects_itself,
            label=club.slug,
        )


def clubs_to_move(*, actor: User, to_app: XeroApp, from_app: XeroApp | None = None, text: str = "") -> list[Club]:
    """Return the active clubs, by name, that use `from_app` (any but the new one if None) and have no live changeover.

    `text` must be in their name or slug. Raises NotStaff.
    """
    staff.require(actor)
    rows = Club.objects.filter(is_active=True, xero_connection__app__isnull=False)
    rows = rows.exclude(xero_connection__app=to_app)
    if from_app is not None:
        rows = rows.filter(xero_connection__app=from_app)
    if text:
        rows = rows.filter(name__icontains=text) | rows.filter(slug__icontains=text)
    live = Changeover.objects.across_clubs(WHY).exclude(state__in=ENDED).values("club_id")
    return list(rows.exclude(pk__in=live).order_by("name", "pk").distinct())
