"""The state of the whole fleet: what waits and why, what fails by cause, limits, tokens, workers. Counts only.

Xero's words are shown with every figure taken out of them, because figures are a club's own.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db.models import CharField, Count, Exists, F, Max, Min, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from clubledger.changeover import staff
from clubledger.changeover.models import Notice, NoticeState
from clubledger.clubs.models import User
from clubledger.delivery.models import AppPause, Call, Delivery, Turn
from clubledger.foundation import clock, engine
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import Journal, JournalState
from clubledger.xero.connection.registration import MOST_CONNECTIONS
from clubledger.xero.models import Authorisation, TokenSet, XeroApp, secrets_of

WHY = "the vendor's staff see states across clubs"
DIES_AFTER = timedelta(days=60)
ABOUT_TO_DIE = timedelta(days=40)
"""Tokens are renewed after three weeks of rest; one that has rested for forty days should have been and was not."""

HOURS = 24
MOST_CALLS = 50_000
MOST_FINDINGS = 5_000

log = structlog.get_logger("clubledger.changeover")


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that waits or fails: in words, how many journals, at how many clubs."""

    kind: str
    words: str
    journals: int
    clubs: int


@dataclass(frozen=True, slots=True)
class DyingToken:
    """A Xero user's tokens that die soon or have died, and the clubs they serve."""

    who: str
    app: str
    refreshed_at: datetime
    dies_at: datetime
    died_at: datetime | None
    clubs: list[str]


@dataclass(slots=True)
class Worker:
    """Whether work is being done."""

    seen_at: datetime | None = None
    is_seen_lately: bool = False
    due_clubs: int = 0
    longest_due_at: datetime | None = None
    notices_waiting: int = 0
    notices_failed: int = 0


@dataclass(slots=True)
class Fleet:
    """What the page shows. `calls` are the last 24 hours, oldest first: (hour, accepted, refused, unclear)."""

    waiting: list[Cause] = field(default_factory=list)
    failing: list[Cause] = field(default_factory=list)
    limited: list[tuple[str, int, datetime]] = field(default_factory=list)
    pauses: list[tuple[str, datetime]] = field(default_factory=list)
    calls: list[tuple[datetime, int, int, int]] = field(default_factory=list)
    tokens: list[DyingToken] = field(default_factory=list)
    worker: Worker = field(default_factory=Worker)


def look(*, actor: User) -> Fleet:
    """Return the state of the fleet now. Raises NotStaff."""
    staff.require(actor)
    return Fleet(
        waiting=_waiting(),
        failing=_failing(),
        limited=_limited(),
        pauses=[(str(one.app), one.until) for one in AppPause.objects.filter(until__gt=clock.now())],
        calls=_calls(),
        tokens=_tokens(),
        worker=_worker(),
    )


def _waiting() -> list[Cause]:
    rows = (
        Delivery.objects.across_clubs(WHY)
        .filter(closed_at=None)
        .values("journal__state", "journal__wait_reason")
        .annotate(journals=Count("pk"), clubs=Count("club", distinct=True))
    )
    found: dict[str, Cause] = {}
    for row in rows:
        state = row["journal__state"]
        kind = (row["journal__wait_reason"] or WaitReason.TURN) if state == JournalState.QUEUED else state
        before = found.get(kind, Cause(kind, "", 0, 0))
        found[kind] = Cause(kind, "", before.journals + row["journals"], before.clubs + row["clubs"])
    return sorted(found.values(), key=lambda cause: -cause.journals)


def _failing() -> list[Cause]:
    journals: Counter[tuple[str, str]] = Counter()
    clubs: dict[tuple[str, str], set[int]] = {}
    for kind, words, club_id in [*_refused(), *_found()]:
        key = (kind, words)
        journals[key] += 1
        clubs.setdefault(key, set()).add(club_id)
    return [Cause(kind, words, count, len(clubs[kind, words])) for (kind, words), count in journals.most_common(30)]


def _refused() -> Iterable[tuple[str, str, int]]:
    rows = Journal.objects.across_clubs(WHY).filter(state__in=["rejected", "differs", "uncertain"])
    for state, words, club_id in rows.values_list("state", "xero_words", "club_id")[:MOST_FINDINGS]:
        yield state, without_figures(words.partition("\n")[0]), club_id


def _found() -> Iterable[tuple[str, str, int]]:
    rows = Journal.objects.across_clubs(WHY).filter(state=JournalState.OPEN).exclude(findings=[])
    for findings, club_id in rows.values_list("findings", "club_id")[:MOST_FINDINGS]:
        for code in {one.get("code", "") for one in findings if one.get("severity", "fault") == "fault"}:
            yield "open", code, club_id


def without_figures(words: str) -> str:
    """Return Xero's words with names in quotes, codes and amounts taken out: what is left is the cause."""
    bare = re.sub(r"(['\"“‘]).*?(['\"”’])", "…", words)
    return re.sub(r"[\d][\d.,/:-]*", "#", bare).strip()[:160]


def _limited() -> list[tuple[str, int, datetime]]:
    rows = Turn.objects.across_clubs(WHY).filter(limited_until__gt=clock.now())
    grouped = rows.values("limit_problem").annotate(clubs=Count("pk"), until=Max("limited_until"))
    return [(row["limit_problem"], row["clubs"], row["until"]) for row in grouped]


def _calls() -> list[tuple[datetime, int, int, int]]:
    this_hour = clock.now().replace(minute=0, second=0, microsecond=0)
    first = this_hour - timedelta(hours=HOURS - 1)
    newest = Call.objects.across_clubs(WHY).aggregate(pk=Max("pk"))["pk"] or 0
    recent = Call.objects.across_clubs(WHY).filter(pk__gt=newest - MOST_CALLS, started_at__gte=first)
    counts: Counter[tuple[int, str]] = Counter()
    for started_at, outcome in recent.values_list("started_at", "outcome"):
        kind = {"accepted": "accepted", "rejected": "refused", "not_sent": "refused"}.get(outcome, "unclear")
        counts[int((started_at - first).total_seconds() // 3600), kind] += 1
    return [
        (first + timedelta(hours=hour), counts[hour, "accepted"], counts[hour, "refused"], counts[hour, "unclear"])
        for hour in range(HOURS)
    ]


def _tokens() -> list[DyingToken]:
    now = clock.now()
    rests = Authorisation.objects.across_clubs(WHY).filter(token_set=OuterRef("pk"), ended_at=None)
    lost = Authorisation.objects.across_clubs(WHY).filter(token_set=OuterRef("pk"), ended_because="expired")
    old = Q(died_at=None, refreshed_at__lt=now - ABOUT_TO_DIE) & Exists(rests)
    dead = Q(died_at__gt=now - timedelta(days=14)) & Exists(lost)
    tokens = ("access_token", "refresh_token", "previous_refresh_token")
    rows = TokenSet.objects.filter(old | dead).select_related("app").defer(*tokens, *secrets_of("app"))
    found = list(rows.order_by("refreshed_at")[:100])
    clubs: dict[int, list[str]] = {}
    served = Authorisation.objects.across_clubs(WHY).filter(token_set__in=[one.pk for one in found])
    for token_set_id, name in served.order_by("club__name").values_list("token_set_id", "club__name"):
        clubs.setdefault(token_set_id, []).append(name)
    return [
        DyingToken(
            who=one.name or one.email or "–",
            app=str(one.app),
            refreshed_at=one.refreshed_at,
            dies_at=one.refreshed_at + DIES_AFTER,
            died_at=one.died_at,
            clubs=clubs.get(one.pk, []),
        )
        for one in found
    ]


def _worker() -> Worker:
    now = clock.now()
    due = Turn.objects.across_clubs(WHY).filter(due_at__lte=now).aggregate(clubs=Count("pk"), longest=Min("due_at"))
    notices = Notice.objects.across_clubs(WHY).filter(state__in=[NoticeState.WAITING, NoticeState.FAILED])
    counts = dict(notices.values("state").annotate(count=Count("pk")).values_list("state", "count"))
    worker = Worker(
        due_clubs=due["clubs"],
        longest_due_at=due["longest"],
        notices_waiting=counts.get(NoticeState.WAITING, 0),
        notices_failed=counts.get(NoticeState.FAILED, 0),
    )
    try:
        worker.seen_at = engine.worker_seen_at()
        worker.is_seen_lately = engine.worker_seen_lately()
    except Exception:
        # The queue is another program's database: that it can't be asked is what the page then says.
        log.exception("changeover.queue_not_asked")
    return worker


# --- Apps -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AppUse:
    """An app and what hangs on it. `most` is its tier's maximum of connections, None for no fixed one."""

    app: XeroApp
    clubs: int
    people: int
    connections: int
    most: int | None

    @property
    def is_nearly_full(self) -> bool:
        """Whether nine tenths of the maximum are used."""
        return self.most is not None and self.connections * 10 >= self.most * 9


def apps(*, actor: User) -> list[AppUse]:
    """Return the apps, active ones first, with how many clubs, people and connections hang on each. Raises NotStaff."""
    staff.require(actor)
    live = Authorisation.objects.across_clubs(WHY).filter(ended_at=None, token_set__died_at=None)
    people = dict(live.values("app").annotate(n=Count("user", distinct=True)).values_list("app", "n"))
    # A connection of Xero's is a Xero user's and an organisation's, however many of our people share that login.
    pairs = live.values("app", "token_set", "tenant_id").distinct()
    connections = Counter(pair["app"] for pair in pairs)
    found = XeroApp.objects.annotate(clubs=Count("connections")).order_by(F("status").asc(), "-created_at", "-pk")
    return [
        AppUse(app, app.clubs, people.get(app.pk, 0), connections[app.pk], MOST_CONNECTIONS.get(app.tier))
        for app in found
    ]


@dataclass(frozen=True, slots=True)
class ConnectionsUsed:
    """How many of its tier's maximum of connections an app uses."""

    app_id: int
    name: str
    connections: int
    most: int


def connections_used(*, actor: User) -> list[ConnectionsUsed]:
    """Return, in one query, the apps that have connections and a maximum, the fullest first. Raises NotStaff."""
    staff.require(actor)
    one = Concat(Cast("token_set_id", CharField()), Value(":"), "tenant_id", output_field=CharField())
    live = Authorisation.objects.across_clubs(WHY).filter(ended_at=None, token_set__died_at=None)
    rows = live.values_list("app_id", "app__name", "app__version", "app__tier").annotate(n=Count(one, distinct=True))
    found = [
        ConnectionsUsed(app_id, f"{name} {version}".strip(), count, most)
        for app_id, name, version, tier, count in rows
        if (most := MOST_CONNECTIONS.get(tier))
    ]
    return sorted(found, key=lambda used: -used.connections / used.most)
