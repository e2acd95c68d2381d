"""Balances proved by the worker and kept, for a club may have millions of transactions and a page has 100 ms.

One at a time for a club, and no more than half of the time. A worker that dies leaves a proof that is given up after
a while; a wake-up that is lost is found by the sweep. Beside them stands what Xero has, as it was last read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Count, Exists, Q, QuerySet
from django.utils.translation import gettext

from clubledger.bookkeeping.phrases import counted, phrase
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.errors import CannotProve
from clubledger.delivery.models import BalanceProof, Reading, Sighting
from clubledger.foundation import clock
from clubledger.foundation.wake import wake
from clubledger.ledger.models import Import, Journal, JournalState
from clubledger.ledger.reports import balances
from clubledger.ledger.reports.balances import Balance

GIVEN_UP_AFTER = timedelta(minutes=15)
"""After so long nobody works on a proof any more: whoever did has died."""

LEAST_PAUSE = timedelta(seconds=5)
"""How long a club rests after a proof, at the least; and as long as that proof took."""

MOST_SHOWN = 10
"""How many journals and alarms are named one by one."""

FIELDS = tuple(field.name for field in fields(Balance))
FAILED = phrase("Clubledger could not work it out. Prove it again; if it fails again, tell whoever runs Clubledger.")

log = structlog.get_logger(__name__)


def find(*, club: Club, at: date | None) -> BalanceProof | None:
    """Return what is kept of a day; None where nobody asked yet."""
    rows = BalanceProof.objects.of(club).select_related("asked_by")
    return rows.filter(at=at).first() if at else None


def is_under_way(proof: BalanceProof) -> bool:
    """Whether somebody works on it, or will soon."""
    return proof.ended_at is None and proof.asked_at > clock.now() - GIVEN_UP_AFTER


def rows_of(proof: BalanceProof) -> list[Balance]:
    """Return the balances as they were proved."""
    return [Balance(*row[:2], *map(Decimal, row[2:])) for row in proof.rows]


def is_overtaken(*, club: Club, proof: BalanceProof) -> bool:
    """Whether transactions came in, or journals were sent or recorded, since it was made."""
    since: datetime | None = proof.made_at
    if since is None:
        return False
    imports = Import.objects.of(club).filter(Q(finished_at__gte=since) | Q(state__in=("running", "undoing")))
    moved = Journal.objects.of(club).filter(Q(sent_at__gte=since) | Q(recorded_at__gte=since))
    return Club.objects.filter(Exists(imports) | Exists(moved), pk=club.pk).exists()


@transaction.atomic
def ask(*, club: Club, actor: User, at: date) -> BalanceProof:
    """Have the worker prove the balances at the end of a day; what was proved before stays until it has.

    Raises NotAllowed, and CannotProve while another proof of the club is under way or has only just ended.
    """
    access.require(club=club, actor=actor, permission=Permission.SEE)
    access.lock_club(club)
    now = clock.now()
    last = BalanceProof.objects.of(club).order_by("-asked_at").first()
    if last is not None and is_under_way(last):
        raise CannotProve(gettext("The balances are being proved already. Wait until that has ended."))
    if last is not None and now < _rests_until(last):
        raise CannotProve(gettext("The balances were proved a moment ago. Try again in a minute."))
    fresh = {"asked_by": actor, "asked_at": now, "begun_at": None, "ended_at": None, "failure": ""}
    proof: BalanceProof = BalanceProof.objects.of(club).update_or_create(club=club, at=at, defaults=fresh)[0]
    wake("delivery.prove_balances", proof_id=proof.pk)
    return proof


def _rests_until(last: BalanceProof) -> datetime:
    begun_at, ended_at = last.begun_at or last.asked_at, last.ended_at or last.asked_at
    rests_until: datetime = ended_at + max(LEAST_PAUSE, ended_at - begun_at)
    return rests_until


def run(*, proof_id: int) -> None:
    """Work a proof out and keep it, if nobody has begun yet. What goes wrong is kept with it, and raised."""
    rows = BalanceProof.objects.across_clubs("the worker is told only the proof").filter(pk=proof_id, ended_at=None)
    begun_at = clock.now()
    if not rows.filter(begun_at=None).update(begun_at=begun_at):
        return
    mine = rows.filter(begun_at=begun_at)
    proof = mine.select_related("club", "asked_by").get()
    try:
        found = balances.prove(club=proof.club, up_to_on=proof.at)
        _keep(mine, proof, found, begun_at)
    except Exception:
        mine.update(ended_at=clock.now(), failure=FAILED)
        raise


@transaction.atomic
def _keep(mine: QuerySet[BalanceProof], proof: BalanceProof, found: Sequence[Balance], begun_at: datetime) -> None:
    plain = [[str(getattr(row, name)) for name in FIELDS] for row in found]
    if mine.update(ended_at=clock.now(), made_at=begun_at, rows=plain):
        note_off(club=proof.club, actor=proof.asked_by, at=proof.at, found=found)


def note_off(*, club: Club, actor: User, at: date | None, found: Sequence[Balance]) -> None:
    """Write into the audit trail which account types do not add up; nothing where all do."""
    off = {row.code: str(row.difference) for row in found if row.difference}
    if not off:
        return
    log.error("ledger.balance_off", club=club.pk, at=str(at), off=off)
    audit.note(
        club=club,
        actor=actor,
        action="ledger.balance_off",
        subject=f"balances at {at}" if at else "balances",
        summary=f"The balances do not add up: {counted(len(off), 'account type is', 'account types are')} off.",
        after=off,
    )


def waiting() -> list[int]:
    """Return the proofs that were asked for lately and that nobody has begun."""
    rows = BalanceProof.objects.across_clubs("the sweep looks after all clubs")
    late = rows.filter(begun_at=None, ended_at=None, asked_at__gt=clock.now() - GIVEN_UP_AFTER)
    return list(late.order_by("pk").values_list("pk", flat=True))


def proved_days(*, club: Club, most: int) -> list[date]:
    """Return the days that were proved of late, the last one first."""
    rows = BalanceProof.objects.of(club).exclude(made_at=None).order_by("-made_at")
    return list(rows.values_list("at", flat=True)[:most])


# --- What Xero says of it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many journals Xero has as they were sent, which it has otherwise, and what nobody has accounted for.

    `differing` and `alarms` are the first of `differ_count` and `alarm_count`. `read_at` is None before Xero was read.
    """

    equal_count: int
    differ_count: int
    differing: tuple[Journal, ...]
    alarm_count: int
    alarms: tuple[Sighting, ...]
    read_at: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing in Xero is otherwise than we sent it."""
        return not self.differ_count and not self.alarm_count


def agreement(*, club: Club, at: date | None = None) -> Agreement:
    """Return how the journals up to a day stand in Xero; alarms are those of all days."""
    journals = Journal.objects.of(club)
    if at is not None:
        journals = journals.filter(accounting_date__lte=at)
    states = journals.aggregate(
        equal=Count("pk", filter=Q(state=JournalState.SENT)), differ=Count("pk", filter=Q(state=JournalState.DIFFERS))
    )
    differing = journals.filter(state=JournalState.DIFFERS).order_by("accounting_date", "sequence")
    alarms = Sighting.objects.of(club).filter(settled_at=None)
    first = tuple(alarms.order_by("seen_at", "pk")[: MOST_SHOWN + 1])
    reading = Reading.objects.of(club).first()
    return Agreement(
        states["equal"],
        states["differ"],
        tuple(differing[:MOST_SHOWN]) if states["differ"] else (),
        alarms.count() if len(first) > MOST_SHOWN else len(first),
        first[:MOST_SHOWN],
        reading.read_at if reading else None,
    )
