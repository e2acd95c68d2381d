"""What this room does unasked, every minute: switches what is due, watches, leaves old apps, reminds, sends e-mails.

Each part finds its work in the rows; a lost, late or doubled wake-up changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from clubledger.bookkeeping.phrases import phrase
from clubledger.changeover import notices
from clubledger.changeover.models import AFTER, BEFORE, Cause, Changeover, Notice, State
from clubledger.changeover.move import old_app, progress, steps, switch
from clubledger.foundation import clock, stop

WHY = "the minute's round goes across clubs; states only"
REMIND_ON_DAYS = (1, 3, 7, 14, 28)
"""Days after the switch on which those who have still to authorise are reminded, after eight in the morning."""
FIRST_HOUR = 8
AT_A_TIME = 100
"""Clubs that are switched in one database transaction: a third of a second, in which their other work waits."""

log = structlog.get_logger("clubledger.changeover")


def go() -> None:
    """Do what is due now. What one part meets does not keep the others from theirs."""
    parts: tuple[Callable[[], int], ...] = (
        switch_due,
        progress.look_at_all,
        old_app.go_round,
        tell_of_tomorrow,
        remind_due,
        notices.send_waiting,
    )
    for part in parts:
        if stop.is_asked():
            return
        try:
            part()
        except Exception:
            log.exception("changeover.round_failed", part=part.__name__)


def switch_due() -> int:
    """Switch every club whose time has come, longest due first, a hundred at a time. Returns how many."""
    due = Changeover.objects.across_clubs(WHY).filter(state__in=BEFORE, switch_at__lte=clock.now())
    ids = list(due.filter(to_app__status="active").order_by("switch_at", "pk").values_list("pk", flat=True))
    switched = 0
    for start in range(0, len(ids), AT_A_TIME):
        if stop.is_asked():
            return switched
        switched += _switch_together(ids[start : start + AT_A_TIME])
    for row in due.exclude(to_app__status="active").select_related("club"):
        words = phrase("The new app is retired: register another, or call this off.")
        steps.set_trouble(club=row.club, changeover_id=row.pk, words=words)
    return switched


def _switch_together(ids: list[int]) -> int:
    try:
        return len(switch.switch_many(ids, actor=None))
    except Exception:
        if len(ids) == 1:
            log.exception("changeover.not_switched", changeover=ids[0])
            return 0
        # One that can't be switched must not keep the others: each for itself.
        return sum(_switch_together([one]) for one in ids)


def tell_of_tomorrow() -> int:
    """Write to the clubs that switch tomorrow by their own calendar, after eight in their morning. Returns how many."""
    now = clock.now()
    told = Notice.objects.across_clubs(WHY).filter(
        changeover=OuterRef("pk"), cause=Cause.TOMORROW, on__gte=(now - timedelta(days=1)).date()
    )
    rows = (
        Changeover.objects.across_clubs(WHY)
        .filter(~Exists(told), state=State.ANNOUNCED, switch_at__gt=now, switch_at__lt=now + timedelta(hours=40))
        .select_related("club")
    )
    due = []
    for row in rows:
        here, there = _local(row, now), _local(row, row.switch_at)
        if here.hour >= FIRST_HOUR and there.date() == here.date() + timedelta(days=1):
            due.append(row)
    with transaction.atomic():
        notices.write(due, Cause.TOMORROW)
    return len(due)


def remind_due() -> int:
    """Remind those who have still to authorise, some days after the switch. Returns how many clubs."""
    now = clock.now()
    today = Notice.objects.across_clubs(WHY).filter(
        changeover=OuterRef("pk"), cause=Cause.STILL, on__gte=(now - timedelta(hours=20)).date()
    )
    rows = (
        Changeover.objects.across_clubs(WHY)
        .filter(~Exists(today), state__in=AFTER, switched_at__lt=now - timedelta(hours=8))
        .filter(people_done__lt=F("people_total"))
        .select_related("club")
    )
    due = []
    for row in rows:
        here = _local(row, now)
        days = (here.date() - _local(row, row.switched_at).date()).days
        if here.hour >= FIRST_HOUR and days in REMIND_ON_DAYS:
            due.append(row)
    with transaction.atomic():
        notices.write(due, Cause.STILL)
    return len(due)


def _local(row: Changeover, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(row.club.time_zone))
