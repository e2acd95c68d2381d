"""Figures of the whole fleet for a monitoring system: counts and ages, nothing of any club."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import Count, Min

from clubledger.changeover.models import ENDED, Changeover, Notice, NoticeState
from clubledger.clubs.models import AuditChain
from clubledger.delivery.models import Call, Delivery, Turn
from clubledger.foundation import clock, engine
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.models import TokenSet

WHY = "a monitoring system counts across clubs"
UNFINISHED = [JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN, JournalState.REJECTED, "differs"]
MOST_CALLS = 50_000

log = structlog.get_logger("clubledger.changeover")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure now: `values` by the label's value; the label is empty where there is one figure only."""

    name: str
    about: str
    values: Mapping[str, float]
    label: str = ""


def measure() -> list[Gauge]:
    """Return the figures. Whoever calls it has checked who asks."""
    return [*_journals(), *_work(), *_calls(), *_people()]


def _journals() -> Iterator[Gauge]:
    rows = Journal.objects.across_clubs(WHY).filter(state__in=UNFINISHED)
    counts = dict(rows.values("state").annotate(n=Count("pk")).values_list("state", "n"))
    counts = {str(state): counts.get(state, 0) for state in UNFINISHED}
    yield Gauge("clubledger_journals", "Journals on their way or in need of a person, by state.", counts, "state")
    duties = Delivery.objects.across_clubs(WHY).filter(closed_at=None)
    reasons = duties.filter(journal__state=JournalState.QUEUED).values("journal__wait_reason").annotate(n=Count("pk"))
    waiting = {reason or WaitReason.TURN: n for reason, n in reasons.values_list("journal__wait_reason", "n")}
    yield Gauge("clubledger_journals_waiting", "Queued journals by what they wait for.", waiting, "reason")
    oldest = duties.aggregate(at=Min("queued_at"))["at"]
    yield Gauge("clubledger_oldest_queued_seconds", "Age of the oldest journal that is not sent.", {"": _age(oldest)})


def _work() -> Iterator[Gauge]:
    due = Turn.objects.across_clubs(WHY).filter(due_at__lte=clock.now()).aggregate(n=Count("pk"), since=Min("due_at"))
    yield Gauge("clubledger_clubs_due", "Clubs whose turn it is.", {"": due["n"]})
    yield Gauge(
        "clubledger_longest_due_seconds", "For how long the first of them has waited.", {"": _age(due["since"])}
    )
    try:
        seen_at = engine.worker_seen_at()
    except Exception:
        # The queue is another program's database; that it can't be asked is a fact to report.
        log.exception("metrics.queue_not_asked")
        seen_at = None
    age = _age(seen_at) if seen_at else float("inf")
    yield Gauge("clubledger_worker_seen_seconds", "Time since any worker's sign of life.", {"": age})
    letters = (
        Notice.objects.across_clubs(WHY).filter(state__in=[NoticeState.WAITING, NoticeState.FAILED]).values("state")
    )
    counts = {NoticeState.WAITING.value: 0, NoticeState.FAILED.value: 0} | dict(
        letters.annotate(n=Count("pk")).values_list("state", "n")
    )
    yield Gauge("clubledger_notices", "E-mails about changeovers that wait or could not be sent.", counts, "state")


def _calls() -> Iterator[Gauge]:
    newest = Call.objects.across_clubs(WHY).order_by("-pk").values_list("pk", flat=True).first() or 0
    recent = Call.objects.across_clubs(WHY).filter(
        pk__gt=newest - MOST_CALLS, started_at__gte=clock.now() - timedelta(hours=1)
    )
    counts = dict(recent.values("outcome").annotate(n=Count("pk")).values_list("outcome", "n"))
    by_outcome = {outcome or "open": n for outcome, n in counts.items()}
    yield Gauge("clubledger_calls_last_hour", "Calls that write to Xero in the last hour.", by_outcome, "outcome")


def _people() -> Iterator[Gauge]:
    died = TokenSet.objects.filter(died_at__gt=clock.now() - timedelta(days=1), died_at__isnull=False).count()
    yield Gauge("clubledger_tokens_died_last_day", "Xero logins whose tokens died in the last day.", {"": died})
    moving = Changeover.objects.across_clubs(WHY).exclude(state__in=ENDED).values("state").annotate(n=Count("pk"))
    yield Gauge(
        "clubledger_changeovers", "Changeovers that are not ended.", dict(moving.values_list("state", "n")), "state"
    )
    broken = AuditChain.objects.exclude(verified_faults=[]).exclude(verified_at=None).count()
    yield Gauge("clubledger_audit_trails_broken", "Audit trails whose last check found a fault.", {"": broken})


def _age(since: datetime | None) -> float:
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
