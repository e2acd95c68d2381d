"""The vendor's API: changeovers as JSON for a support desk's scripts. Opened by staff keys; states, no club's books."""

from datetime import date, datetime, time
from typing import Any

from django.http import Http404, HttpRequest
from ninja import NinjaAPI, Query, Schema
from ninja.errors import HttpError, Throttled
from ninja.security import HttpBearer
from pydantic import Field

from clubledger.api.documentation import Documentation
from clubledger.api.guard import guesses_left, note_guess, shape_errors
from clubledger.api.schemas import Problem
from clubledger.changeover import staff
from clubledger.changeover.errors import ChangeoverError, NotAllDisconnected, NotPlannable
from clubledger.changeover.fleet import board
from clubledger.changeover.models import Changeover, StaffKey, State, Wave
from clubledger.changeover.move import named_steps, steps
from clubledger.changeover.waves import capacity, plan
from clubledger.clubs import audit
from clubledger.clubs.models import Club, User
from clubledger.xero.errors import XeroError
from clubledger.xero.models import XeroApp

PER_PAGE = 200


class StaffBearer(HttpBearer):
    """Opens the vendor's API with a staff key."""

    def authenticate(self, request: HttpRequest, token: str) -> StaffKey | None:
        """Return the key, or None for one that opens nothing. Raises Throttled where many wrong ones came before."""
        if not guesses_left(request):
            raise Throttled(wait=60)
        try:
            return staff.open_with_key(token.strip())
        except staff.UnknownKey:
            note_guess(request)
            return None


api = NinjaAPI(
    title="Clubledger for vendors",
    version="1",
    description=(
        "Plan, list, switch and roll back changeovers. "
        "Make a key in the console under API Keys, or with `clubledger staff-key`."
    ),
    urls_namespace="vendor-api",
    docs=Documentation(for_vendor=True),
    auth=StaffBearer(),
)
shape_errors(api)


class ChangeoverState(Schema):
    """Where one club's changeover stands."""

    id: int
    club: str
    club_name: str
    time_zone: str
    wave: str
    from_app: str
    to_app: str
    state: str
    since: datetime
    stuck: bool
    waits_for: str
    switch_at: datetime | None
    switched_at: datetime | None
    disconnected_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime | None
    people_total: int
    people_done: int
    still_to_authorise: list[str]
    contact: str


class Changeovers(Schema):
    """A page of changeovers."""

    changeovers: list[ChangeoverState]
    page: int
    pages: int
    total: int


class Status(Schema):
    """How many stand where."""

    by_state: dict[str, int]
    stuck: int
    done: int
    total: int


class WishIn(Schema):
    """One club's changeover. Date and time are the club's own; without a date it waits for a switch by hand."""

    club: str = Field(max_length=60)
    switch_on: date | None = None
    switch_time: time | None = None
    contact: str = Field("", max_length=200)
    notes: str = Field("", max_length=5000)
    disconnect: bool = False


class PlanIn(Schema):
    """A wave to plan."""

    wave: str = Field(min_length=1, max_length=100)
    to_app: str = Field(description="The new app's client id.", max_length=100)
    announce: bool = True
    clubs: list[WishIn] = Field(min_length=1, max_length=plan.MOST_ROWS)


class RefusalOut(Schema):
    """What was not planned, and why."""

    club: str
    reason: str


class PlannedOut(Schema):
    """What came of planning."""

    planned: int
    refused: list[RefusalOut]
    warning: str = Field("", description="That the new app's tier will not hold all connections to come.")


class Asked(Schema):
    """Which changeovers to list."""

    state: State | None = None
    wave: str = ""
    stuck: bool = False
    live: bool = False
    page: int = 1


class Because(Schema):
    """Why a step is taken."""

    reason: str = Field("", max_length=300)
    switch_at: str = Field(
        "", max_length=40, description="For reschedule, by the club's clock: 2026-11-30T14:00. Empty: by the button."
    )


def _actor(request: HttpRequest) -> User:
    key = getattr(request, "auth", None)
    if not isinstance(key, StaffKey):
        raise Http404
    return key.acts_for


def _wave_id(name: str) -> int | None:
    if not name:
        return None
    wave = Wave.objects.filter(name=name).first()
    if wave is None:
        raise HttpError(404, f"There is no wave {name!r}.")
    return wave.pk


def _shown(rows: list[Changeover]) -> list[dict[str, Any]]:
    missing = board.missing_people(rows)
    return [board.as_value(row, missing.get(row.pk, [])) for row in rows]


_answers: dict[Any, Any] = dict.fromkeys((400, 401, 404, 409, 422, 429, 502), Problem)


@api.get("/status", response={200: Status} | _answers, operation_id="status", summary="How many clubs stand where")
def status(request: HttpRequest, wave: str = "") -> dict[str, Any]:
    """Count the changeovers by state, of all or of one wave."""
    tally = board.tally(actor=_actor(request), wave_id=_wave_id(wave))
    return {"by_state": tally.by_state, "stuck": tally.stuck, "done": tally.done, "total": tally.total}


@api.get("/changeovers", response={200: Changeovers} | _answers, operation_id="list_changeovers", summary="Changeovers")
def list_changeovers(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """List changeovers, 200 a page, what is stuck first."""
    rows = board.find(
        actor=_actor(request),
        wave_id=_wave_id(asked.wave),
        state=asked.state or ("live" if asked.live else ""),
        stuck=asked.stuck,
    )
    total = rows.count()
    pages = max(1, -(-total // PER_PAGE))
    page = max(1, min(asked.page, pages))
    found = list(rows[(page - 1) * PER_PAGE : page * PER_PAGE])
    return {"changeovers": _shown(found), "page": page, "pages": pages, "total": total}


@api.post("/changeovers", response={200: PlannedOut} | _answers, operation_id="plan", summary="Plan a wave")
def plan_wave(request: HttpRequest, asked: PlanIn) -> dict[str, Any]:
    """Plan changeovers under a wave's name. What does not fit is refused with its reason, the rest is planned."""
    app = XeroApp.objects.filter(client_id=asked.to_app).first()
    if app is None:
        raise HttpError(404, "No app with this client id is registered.")
    wishes = [
        plan.Wish(one.club, one.switch_on, one.switch_time, one.contact, one.notes, one.disconnect, label=one.club)
        for one in asked.clubs
    ]
    try:
        with _through(request):
            made = plan.plan_wave(
                actor=_actor(request), to_app=app, name=asked.wave, wishes=wishes, announce=asked.announce
            )
    except ChangeoverError as error:
        raise HttpError(422, str(error)) from None
    refused = [{"club": one.label, "reason": one.reason} for one in made.refusals]
    return {"planned": len(made.changeovers), "refused": refused, "warning": capacity.warning(to_app=app)}


@api.get(
    "/clubs/{slug}", response={200: ChangeoverState} | _answers, operation_id="read_changeover", summary="One club's"
)
def read_changeover(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Return the newest changeover of a club."""
    _actor(request)
    return _shown([_newest(slug)])[0]


@api.post(
    "/clubs/{slug}/{step}",
    response={200: ChangeoverState} | _answers,
    operation_id="take_step",
    summary=f"{', '.join(named_steps.STEPS[:-1])} or {named_steps.STEPS[-1]}",
)
def take_step(request: HttpRequest, slug: str, step: str, asked: Because) -> dict[str, Any]:
    """Take a step of a club's live changeover. 409 says why it does not follow from where that stands."""
    row = _newest(slug)
    if step not in named_steps.STEPS:
        raise HttpError(404, f"There is no step {step!r}.")
    actor = _actor(request)
    try:
        with _through(request):
            named_steps.take(
                step, club=row.club, actor=actor, changeover_id=row.pk, reason=asked.reason, at=asked.switch_at
            )
    except NotPlannable as error:
        raise HttpError(422, str(error)) from None
    except NotAllDisconnected as error:
        raise HttpError(502, str(error)) from None
    except ChangeoverError as error:
        raise HttpError(409, str(error)) from None
    except XeroError as error:
        raise HttpError(502, f"Xero could not be asked: {error.words}") from None
    return _shown([_newest(slug)])[0]


def _through(request: HttpRequest) -> Any:
    return audit.through(f"staff key {getattr(request, 'auth', '')}")


def _newest(slug: str) -> Changeover:
    club = Club.objects.filter(slug=slug).first()
    row = steps.newest_of(club=club) if club else None
    if row is None:
        raise HttpError(404, f"There is no changeover of a club {slug!r}.")
    return row
