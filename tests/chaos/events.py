"""What people, Xero and the machines do in a run, one thing at a time. A refusal with a reason is as good."""

from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal

from django.conf import settings

from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.move import steps, switch
from clubledger.changeover.waves import plan
from clubledger.clubs.access import AccessError
from clubledger.clubs.models import Membership, User
from clubledger.delivery import preflight, serve
from clubledger.delivery.decisions import accept, difference, void
from clubledger.delivery.errors import DeliveryError
from clubledger.delivery.models import Sighting, Turn
from clubledger.delivery.nightly import schedule
from clubledger.delivery.sending import queue, turns
from clubledger.foundation import clock
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.journals import recording
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.connection import revocation
from clubledger.xero.errors import XeroError
from clubledger.xero.models import Connection, XeroApp
from tests.chaos import state
from tests.chaos.world import ChaosClub, World
from xero_simulator.faults import PRESETS

Refusals = (AccessError, DeliveryError, XeroError, LedgerError, ChangeoverError)


STRUCK = [
    ("PUT", "ManualJournals"),
    ("PUT", "ManualJournals"),
    ("GET", "ManualJournals"),
    (None, "connect/token"),
    (None, ""),
]
"""Which requests trouble strikes; writes most often."""


MACHINE_IS_BACK_SECONDS = settings.XERO_COMMIT_WINDOW_SECONDS + 120


def happen(world: World) -> None:
    """Something happened at a club and its system exported it."""
    at = world.any_club()
    at.truth.happen(world.random.randrange(1, 6))
    world.bring_in(at)


def validate(world: World) -> None:
    at = world.any_club()
    ids = list(Journal.objects.of(at.club).values_list("pk", flat=True))
    preflight.validate(club=at.club, actor=world.any_sender(at), journal_ids=ids)


def press_send(world: World) -> None:
    at = world.any_club()
    ids = list(Journal.objects.of(at.club).filter(state=JournalState.VALID).values_list("pk", flat=True))
    queue.send_to_gl(club=at.club, actor=world.any_sender(at), journal_ids=ids)


def validate_and_send(world: World) -> None:
    validate(world)
    press_send(world)


def record_manually(world: World) -> None:
    at = world.any_club()
    chosen = _some(world, at, JournalState.OPEN, JournalState.VALID, JournalState.REJECTED)
    recording.record_manually(club=at.club, actor=world.any_sender(at), journal_ids=chosen, reason="By hand.")


def undo_recording(world: World) -> None:
    at = world.any_club()
    chosen = _some(world, at, JournalState.RECORDED)
    recording.undo_recording(club=at.club, actor=at.owner, journal_ids=chosen, reason="It was not.")


def withdraw(world: World) -> None:
    at = world.any_club()
    queue.withdraw(club=at.club, actor=world.any_sender(at), journal_ids=_some(world, at, JournalState.QUEUED))


def take_over(world: World) -> None:
    at = world.any_club()
    queue.take_over(club=at.club, actor=world.any_sender(at), journal_ids=_some(world, at, JournalState.QUEUED))


def send_with_an_account_archived(world: World) -> None:
    """Somebody archives an account between Validate and Send: Xero refuses what stands on it."""
    at = world.any_club()
    sender = world.any_sender(at)
    ids = list(Journal.objects.of(at.club).values_list("pk", flat=True))
    valid = preflight.validate(club=at.club, actor=sender, journal_ids=ids).valid_ids
    world.xero.kit("POST", f"organisations/{at.tenant_id}/accounts/225", {"status": "ARCHIVED"})
    queue.send_to_gl(club=at.club, actor=sender, journal_ids=valid)


def void_journal(world: World) -> None:
    at = world.any_club()
    for journal_id in _some(world, at, JournalState.SENT, JournalState.DIFFERS)[:1]:
        void.void_and_reopen(club=at.club, actor=at.owner, journal_id=journal_id, reason="It was wrong.")


def accept_journal(world: World) -> None:
    at = world.any_club()
    for journal_id in _some(world, at, JournalState.DIFFERS)[:1]:
        accept.accept_difference(club=at.club, actor=at.owner, journal_id=journal_id, reason="It is right so.")


def adopt_with_difference(world: World) -> None:
    at = world.any_club()
    for journal_id in _some(world, at, JournalState.DIFFERS)[:1]:
        difference.adopt_with_difference_journal(
            club=at.club, actor=world.any_sender(at), journal_id=journal_id, reason="Theirs may stay."
        )


def void_sighted(world: World) -> None:
    """Somebody voids what is in Xero under our name, rightly or rashly."""
    at = world.any_club()
    seen = Sighting.objects.of(at.club).filter(settled_at=None, kind="unknown").order_by("pk").first()
    if seen is not None:
        void.void_sighted(club=at.club, actor=at.owner, sighting_id=seen.pk, reason="Nobody knows it.")


def serve_due(world: World) -> None:
    """A worker wakes up, mostly when something is due, and does it."""
    next_due = Turn.objects.across_clubs("chaos has all clubs").filter(due_at__isnull=False).order_by("due_at").first()
    if next_due is not None and next_due.due_at is not None and world.random.random() < 0.6:
        world.xero.later(seconds=max(0.0, (next_due.due_at - clock.now()).total_seconds() + 1))
    serve_now(world)


def serve_now(world: World) -> None:
    """A worker does what is due now."""
    del world
    for club_id in turns.due_club_ids():
        serve.serve_club(club_id)


def busy_day(world: World) -> None:
    """Something happened, somebody sends it, and a worker is there."""
    happen(world)
    validate_and_send(world)
    serve_now(world)


def machine_stops(world: World) -> None:
    """Whoever was at work stands still for minutes, and another worker goes on in their place."""
    world.xero.later(seconds=world.random.choice([200, 400, 400, 1000]))
    serve_now(world)


def night(world: World) -> None:
    """It is the hour at which a club sends by itself."""
    at = world.any_club()
    schedule.switch_on(club=at.club, actor=world.any_sender(at), at=time(world.random.randrange(24), 0))
    world.xero.later(seconds=86_400)
    schedule.sweep()
    schedule.run(at.club.pk)


def change_app(world: World) -> None:
    """The vendor moves a club to its other app, or takes it back."""
    at = world.any_club()
    staff, _ = User.objects.get_or_create(email="staff@chaos.example", defaults={"name": "Staff", "is_staff": True})
    going = steps.live_of(club=at.club)
    if going is not None:
        steps.roll_back(club=at.club, actor=staff, changeover_id=going.pk, reason="Not today.")
        return
    present = Connection.objects.of(at.club).get().app_id
    other = XeroApp.objects.exclude(pk=present).order_by("pk")[0]
    planned = plan.plan(club=at.club, actor=staff, to_app=other)
    switch.switch(club=at.club, actor=staff, changeover_id=planned.pk)


def somebody_voids_in_xero(world: World) -> None:
    """A person in Xero voids a journal that we sent, without a word to us."""
    at = world.any_club()
    posted = [journal for journal in world.simulator.journals(at.tenant_id) if journal.status == "POSTED"]
    if posted:
        chosen = world.random.choice(posted)
        world.act_in_xero(at, chosen.journal_id, {"Narration": chosen.narration, "Status": "VOIDED"})


def somebody_edits_in_xero(world: World) -> None:
    """A person in Xero changes the amounts of a journal that we sent, without a word to us."""
    at = world.any_club()
    posted = [journal for journal in world.simulator.journals(at.tenant_id) if journal.status == "POSTED"]
    if not posted:
        return
    chosen = world.random.choice(posted)
    lines = [
        {
            "AccountID": line.account_id,
            "LineAmount": f"{Decimal(2 * line.amount_cents).scaleb(-2):.2f}",
            "TaxType": line.tax_type,
        }
        for line in chosen.lines
    ]
    world.act_in_xero(at, chosen.journal_id, {"Narration": chosen.narration, "JournalLines": lines})


def sweep(world: World) -> None:
    turns.sweep()


def time_passes(world: World) -> None:
    world.xero.later(seconds=world.random.choice([1, 10, 61, 200, 400, 1000, 1900]))


def trouble(world: World) -> None:
    """Something goes wrong with one of Xero's next answers."""
    # What is committed late is the hardest to get right: it comes more often than its share.
    late_ones = [name for name in PRESETS if name.startswith("late")]
    name = world.random.choice(late_ones if world.random.random() < 0.3 else sorted(PRESETS))
    method, path = world.random.choice(STRUCK)
    late = {"late_seconds": world.random.choice([5, 100, 800])} if name.startswith("late") else {}
    world.simulator.fault(name, method=method, path=path, times=world.random.randrange(1, 3), **late)
    world.hit(f"fault:{name}")


def lock_or_unlock(world: World) -> None:
    at = world.any_club()
    day = world.random.choice([None, "2026-11-16", "2026-11-18"])
    world.xero.kit("POST", f"organisations/{at.tenant_id}/lock-dates", {"period": day})


def archive_or_restore(world: World) -> None:
    at = world.any_club()
    status = world.random.choice(["ACTIVE", "ARCHIVED"])
    world.xero.kit("POST", f"organisations/{at.tenant_id}/accounts/225", {"status": status})


def tokens_die(world: World) -> None:
    what, kind = world.random.choice(
        [("expire", "access"), ("expire", "access"), ("expire", "refresh"), ("revoke", "")]
    )
    user = world.random.choice(world.clubs[0].senders)[1]
    world.xero.kit("POST", f"tokens/{what}", {"user": user} | ({"kind": kind} if kind else {}))


def disconnect(world: World) -> None:
    at = world.any_club()
    world.xero.kit("POST", "disconnect", {"organisation": at.organisation, "user": world.random.choice(at.senders)[1]})


def authorise_again(world: World) -> None:
    at = world.any_club()
    user, login = world.random.choice(at.senders)
    try:
        world.xero.authorise(at.club, user, login=login, organisation=at.organisation)
    except (AssertionError, ValueError) as refusal:
        world.hit(f"not authorised again:{str(refusal)[:40]}")


def lose_or_get_the_right(world: World) -> None:
    at = world.any_club()
    role = world.random.choice(["accounts", "viewer"])
    Membership.objects.filter(club=at.club, user=world.any_sender(at)).update(role=role)


def revoke(world: World) -> None:
    at = world.any_club()
    revocation.revoke(club=at.club, actor=world.any_sender(at))


def back_up(world: World) -> None:
    world.backups = [state.take_backup()]


def restore(world: World) -> None:
    """The machine is put back to an earlier day, without anybody's knowing; tokens are from then, too.

    That takes longer than Xero may take for what the machine before had asked last: nothing could know of that.
    """
    if world.backups:
        world.xero.later(seconds=MACHINE_IS_BACK_SECONDS)
        state.put_back(world.backups.pop())
        world.hit("restored")


EVENTS: list[tuple[Callable[[World], None], int]] = [
    (happen, 10),
    (busy_day, 16),
    (validate_and_send, 14),
    (press_send, 4),
    (serve_due, 30),
    (time_passes, 8),
    (trouble, 10),
    (sweep, 2),
    (night, 4),
    (change_app, 3),
    (somebody_voids_in_xero, 2),
    (somebody_edits_in_xero, 2),
    (send_with_an_account_archived, 2),
    (record_manually, 2),
    (undo_recording, 1),
    (withdraw, 2),
    (take_over, 3),
    (void_journal, 2),
    (accept_journal, 1),
    (adopt_with_difference, 2),
    (void_sighted, 1),
    (machine_stops, 1),
    (lock_or_unlock, 2),
    (archive_or_restore, 2),
    (tokens_die, 2),
    (disconnect, 1),
    (revoke, 1),
    (authorise_again, 4),
    (lose_or_get_the_right, 2),
    (back_up, 4),
    (restore, 4),
]


LEANINGS: Mapping[str, Mapping[Callable[[World], None], float]] = {
    "": {},
    "refusals": {send_with_an_account_archived: 8, archive_or_restore: 2, restore: 0},
    "differences": {
        somebody_edits_in_xero: 4,
        restore: 3,
        back_up: 3,
        happen: 2,
        adopt_with_difference: 4,
        accept_journal: 4,
    },
    "voids": {void_journal: 8, somebody_voids_in_xero: 2, void_sighted: 4},
    "nights": {night: 6, happen: 2},
    "races": {
        busy_day: 4,
        machine_stops: 3,
        change_app: 0,
        revoke: 0,
        disconnect: 0,
        tokens_die: 0,
        lose_or_get_the_right: 0,
        lock_or_unlock: 0,
    },
    "replays": {
        trouble: 3,
        busy_day: 3,
        time_passes: 0.2,
        machine_stops: 0,
        night: 0.2,
        restore: 0.2,
        change_app: 0,
        revoke: 0,
        disconnect: 0,
        tokens_die: 0,
        lose_or_get_the_right: 0,
        lock_or_unlock: 0,
    },
}
"""What some worlds have more of than others (times its weight), so that the rare comes often enough to be tried."""


def one(world: World, *, but: tuple[Callable[[World], None], ...] = ()) -> None:
    """Let one thing happen, by weight. A refusal is counted; anything else that is raised is a fault of the product."""
    leaning = LEANINGS[world.leaning]
    possible = [(event, weight * leaning.get(event, 1)) for event, weight in EVENTS if event not in but]
    [event] = world.random.choices([event for event, _ in possible], [weight for _, weight in possible])
    world.hit(f"event:{event.__name__}")
    try:
        event(world)
    except Refusals as refusal:
        world.hit(f"refused:{type(refusal).__name__}")


def _some(world: World, at: ChaosClub, *states: JournalState) -> list[int]:
    ids = list(Journal.objects.of(at.club).filter(state__in=states).order_by("pk").values_list("pk", flat=True))
    return world.random.sample(ids, world.random.randrange(0, len(ids) + 1))
