"""One run: random things happen, workers die, then everything is mended and every promise is checked."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx2
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import override_settings

from clubledger.clubs.models import Membership
from clubledger.delivery import preflight, serve
from clubledger.delivery.decisions import void
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.models import Delivery, Sighting, Turn
from clubledger.delivery.nightly import schedule
from clubledger.delivery.sending import queue, turns
from clubledger.delivery.sending.calls import CALL_SECONDS
from clubledger.foundation import clock
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero import access
from clubledger.xero.errors import XeroError
from clubledger.xero.oauth import refresh
from tests.chaos import coverage, events, invariants, state
from tests.chaos.death import WorkerDied, mortal
from tests.chaos.world import ChaosClub, World, make_clubs, make_simulator
from tests.fixtures_xero import TESS, talking_to
from xero_simulator.inprocess import SimulatorTransport

STEPS = 50
MOST_TURNS = 60

DEADLY_POINTS: Mapping[str, Sequence[str]] = {
    "voids": ["delivery.after_void_call"],
    "nights": ["delivery.after_night_claim", "delivery.before_night_finished"],
    "replays": ["delivery.after_replay_claim", "delivery.after_replay_answer"],
}
"""Where workers die most in the worlds with this leaning; elsewhere at any one point of the room."""

CONTENDED_POINTS = ["delivery.before_claim", "delivery.after_claim"]
"""Where a worker's machine stops most in the worlds of races: before it has what it chose, and after."""


class InTransaction(AssertionError):
    """The network was used while a database transaction was open."""


class _WatchedTransport(SimulatorTransport):
    """The network: refuses to be used inside a database transaction, and lets others act while a call is under way."""

    play: "_Play"

    def handle_request(self, request):  # type: ignore[no-untyped-def]
        if connection.in_atomic_block:
            raise InTransaction(f"{request.method} {request.url.path}")
        asked_at = clock.now()
        self.play.meanwhile(chance=0.08)
        if clock.now() > asked_at + timedelta(seconds=CALL_SECONDS):
            # As the real transport: of a call whose time passed while its machine stood still, nothing is written.
            raise httpx2.ConnectTimeout("the call's total deadline has passed")
        response = super().handle_request(request)
        self.play.meanwhile(chance=0.08)
        return response


def run(seed: int) -> Counter[str]:
    """Do the run of this seed and give what it hit. Raises Broken (or whatever the product let through)."""
    random = Random(seed)
    state.start_clean()
    count = random.choice([1, 1, 2, 3])
    leaning = random.choice([*sorted(events.LEANINGS), "races"])
    simulator = make_simulator(random, count)
    if leaning == "replays":
        simulator.settings(idempotency_seconds=random.choice([360, 86_400]))
    remembered = simulator.world.settings.idempotency_seconds
    replay = 360 if leaning == "replays" else random.choice([0, remembered and 360])
    transport = _WatchedTransport(simulator)
    with talking_to(simulator, transport) as xero, override_settings(XERO_REPLAY_SECONDS=replay), _awake():
        world = World(random, xero, leaning=leaning)
        transport.play = play = _Play(world)
        make_clubs(world, count)
        for _ in range(STEPS):
            play.step()
            _look(world)
            invariants.check_once(world)
        mend(world)
        send_all(world)
        count_states(world)
        invariants.check(world)
    return world.hits


@contextmanager
def _awake() -> Iterator[None]:
    """Let nobody sleep: what is waited for would not come while this one process stands still."""
    unslept = SimpleNamespace(sleep=lambda seconds: None, monotonic=time.monotonic)
    with (
        patch.object(schedule, "sleep", unslept.sleep),
        patch.object(access, "time", unslept),
        patch.object(refresh, "time", unslept),
        patch.object(refresh, "LOSER_WAIT_SECONDS", 0.0),
    ):
        yield


def count_states(world: World) -> None:
    """Count in which states the run's journals ended."""
    for at in world.clubs:
        for name in Journal.objects.of(at.club).values_list("state", flat=True):
            world.hit(f"state:{name}")


def _look(world: World) -> None:
    """Count the states that journals pass through."""
    for name in Journal.objects.across_clubs("chaos has all clubs").values_list("state", flat=True).distinct():
        world.hit(f"passed:{name}")


class _Play:
    """Lets things happen one after the other, and in half of them lets workers die and others act in between."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        points = DEADLY_POINTS.get(world.leaning) or coverage.crash_points()
        self._deadly = self._random.choice(points)
        is_race = world.leaning == "races"
        self._contended = self._random.choice(CONTENDED_POINTS if is_race else coverage.crash_points())
        self._is_watched = False
        self._depth = 0
        self._statements_left = 0
        self._statements_undisturbed = 0

    def step(self) -> None:
        """One thing happens; if it is a worker's turn or a press of a button, the process may die of it."""
        if self._random.random() < 0.5:
            events.one(self._world)
            return
        self._statements_left = self._random.randrange(0, 400)
        self._statements_undisturbed = self._random.randrange(0, 200)
        self._is_watched = True
        try:
            with mortal(self._at_point, self._at_statement):
                events.one(self._world, but=(events.restore, events.back_up))
        except WorkerDied:
            self._world.hit("died")
        finally:
            self._is_watched = False

    def _at_point(self, name: str) -> None:
        self._world.hit(f"point:{name}")
        if self._depth:
            return  # What happens meanwhile happens in another process, which does not die with this one.
        if self._random.random() < (0.5 if name == self._deadly else 0.1):
            self._world.hit(f"died:{name}")
            raise WorkerDied(name)
        if name == self._contended and self._random.random() < 0.5:
            self._interfere(events.machine_stops)
        else:
            self.meanwhile(chance=0.2)

    def _at_statement(self, sql: str) -> None:
        if self._depth:
            return
        self._statements_left -= 1
        self._statements_undisturbed -= 1
        if self._statements_left == 0:
            self._world.hit("died:at a statement")
            raise WorkerDied(sql)
        if self._statements_undisturbed <= 0 and not connection.in_atomic_block:
            self._statements_undisturbed = 10_000
            self.meanwhile(chance=1)

    def meanwhile(self, *, chance: float) -> None:
        """While a worker is in the middle of something, others act, another worker tries, or its machine stops."""
        if not self._is_watched or self._random.random() > chance:
            return
        what = self._random.random()
        if what < 0.4:
            self._interfere(lambda world: events.one(world, but=(events.restore, events.back_up)))
        else:
            self._interfere(events.serve_now if what < 0.6 else events.machine_stops)

    def _interfere(self, act: Callable[[World], None]) -> None:
        if self._depth or connection.in_atomic_block:
            return
        self._depth += 1
        try:
            self._world.hit("meanwhile")
            _look(self._world)
            with suppress(*events.Refusals):
                act(self._world)
        finally:
            self._depth -= 1


def mend(world: World) -> None:
    """People put everything right again: connections, rights, locks, accounts."""
    world.xero.kit("DELETE", "rules")
    Membership.objects.filter(role="viewer").update(role="accounts")
    for at in world.clubs:
        world.xero.kit("POST", f"organisations/{at.tenant_id}/lock-dates", {"period": None})
        world.xero.kit("POST", f"organisations/{at.tenant_id}/accounts/225", {"status": "ACTIVE"})
        for user, login in [*at.senders, (at.owner, TESS)]:
            world.xero.authorise(at.club, user, login=login, organisation=at.organisation)
        world.bring_in(at)


def send_all(world: World) -> None:
    """Everything that can be sent is sent, as on a quiet week: until nothing moves any more."""
    for turn in range(MOST_TURNS):
        if turn == 1:
            # What somebody did in Xero is noticed within a day even if nothing is left to send.
            world.xero.later(seconds=24.5 * 3600)
        for at in world.clubs:
            if turn:
                _decide(world, at)
            _press_everything(world, at)
        turns.sweep()
        for club_id in turns.due_club_ids():
            serve.serve_club(club_id)
        world.xero.later(seconds=_seconds_to_next(world))
        if turn > 1 and all(_is_quiet(at) for at in world.clubs):
            return
    raise invariants.Broken(f"it does not come to rest: {[_unrest(at) for at in world.clubs]}")


def _seconds_to_next(world: World) -> float:
    """How long until something is due; a day's limit is slept through, an empty queue is looked at again soon."""
    due = Turn.objects.across_clubs("chaos has all clubs").filter(due_at__isnull=False)
    first = due.order_by("due_at").values_list("due_at", flat=True).first()
    return max(400.0, (first - clock.now()).total_seconds() + 1) if first else 400.0


def _decide(world: World, at: ChaosClub) -> None:
    """A person decides, by what the product offers, about all that Xero and the club's journals do not agree on."""
    changed = Sighting.objects.of(at.club).filter(settled_at=None, kind="changed", journal__state=JournalState.SENT)
    to_void = {sighting.journal for sighting in changed}
    to_void |= set(Journal.objects.of(at.club).filter(state=JournalState.DIFFERS))
    for journal in sorted(to_void, key=lambda one: one.pk):
        carrying = Delivery.objects.of(at.club).filter(journal=journal, difference_of__state=JournalState.SENT).first()
        whole = carrying.difference_of if carrying else journal
        _decided(
            world,
            lambda whole=whole: void.void_and_reopen(
                club=at.club, actor=at.owner, journal_id=whole.pk, reason="Ours is right."
            ),
        )
    # What stands in Xero under a name that nothing here bears: its transactions have moved since.
    for sighting in Sighting.objects.of(at.club).filter(settled_at=None, kind="unknown"):
        _decided(
            world,
            lambda sighting=sighting: void.void_sighted(
                club=at.club, actor=at.owner, sighting_id=sighting.pk, reason="Its transactions stand elsewhere."
            ),
        )


def _decided(world: World, act: Callable[[], Any]) -> None:
    try:
        act()
        world.hit("settled by a person")
    except events.Refusals as refusal:
        # Something is on its way still: it is asked again in the next round, and must be possible in the end.
        world.hit(f"refused at the end:{type(refusal).__name__}")


def _press_everything(world: World, at: ChaosClub) -> None:
    sender = at.senders[0][0]
    ids = list(Journal.objects.of(at.club).filter(state__in=["open", "valid", "rejected"]).values_list("pk", flat=True))
    try:
        valid = preflight.validate(club=at.club, actor=sender, journal_ids=ids).valid_ids
        if valid:
            queue.send_to_gl(club=at.club, actor=sender, journal_ids=valid)
        waiting = Journal.objects.of(at.club).filter(state="queued", wait_reason__in=["authorisation", "permission"])
        if waiting:
            queue.take_over(club=at.club, actor=sender, journal_ids=[journal.pk for journal in waiting])
    except (XeroError, DeliveryError) as error:
        world.hit(f"refused at the end:{type(error).__name__}")


def _unrest(at: ChaosClub) -> list[str]:
    left = Journal.objects.of(at.club).exclude(state__in=["sent", "recorded", "voided"])
    told = [f"{one} {one.state} {one.wait_reason} {one.xero_words} {one.findings} {one.debit_minor}" for one in left]
    return told + [f"{seen.kind}: {seen} of {seen.journal}" for seen in _alarms(at)]


def _alarms(at: ChaosClub) -> QuerySet[Sighting]:
    seen = Sighting.objects.of(at.club).filter(settled_at=None)
    return seen.filter(Q(kind="unknown") | Q(kind="changed", journal__state=JournalState.SENT))


def _is_quiet(at: ChaosClub) -> bool:
    """Nothing is under way, nothing waits, and what is left unsent is empty."""
    going = Journal.objects.of(at.club).filter(state__in=["queued", "sending", "uncertain", "differs"])
    unsent = Journal.objects.of(at.club).filter(state__in=["open", "valid", "rejected"], debit_minor__gt=0)
    return not going.exists() and not unsent.exists() and not _alarms(at).exists()
