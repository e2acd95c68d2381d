"""The instant of a switch from a day and a time on the club's own clock, which twice a year jumps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clubledger.changeover.errors import NotPlannable
from clubledger.foundation import clock

USUAL_TIME = time(9, 0)
LONGEST_AHEAD = timedelta(days=2 * 366)
"""Whoever plans further ahead has most likely mistyped the year."""


def instant_of(on: date, at: time | None, zone: str) -> datetime:
    """Return the instant, in UTC, of a day and time (09:00) in a time zone; of an hour that comes twice, the first.

    Raises NotPlannable for what is past or too far ahead, for a time of another zone, and for one that the clocks jump
    over.
    """
    local = datetime.combine(on, at or USUAL_TIME)
    if local.tzinfo is not None:
        raise NotPlannable(_("Write the time without a zone: it is by the club's own clock."))
    today = clock.today_in(zone)
    if on < today:
        raise NotPlannable(_("Its time to switch is in the past."))
    check_day(on, today)
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise NotPlannable(
            _("On that day the club's clocks are put forward and there is no %(time)s.") % {"time": f"{local:%H:%M}"}
        )
    check_instant(instant)
    return instant


def check_day(on: date, today: date) -> None:
    """Raise NotPlannable for a day that is too far ahead."""
    if on - today > LONGEST_AHEAD:
        raise NotPlannable(_("Its time to switch is more than two years ahead."))


def check_instant(instant: datetime) -> None:
    """Raise NotPlannable for an instant that is past or too far ahead."""
    now = clock.now()
    if instant <= now:
        raise NotPlannable(_("Its time to switch is in the past."))
    if instant - now > LONGEST_AHEAD:
        raise NotPlannable(_("Its time to switch is more than two years ahead."))


def read_local(text: str, zone: str) -> datetime | None:
    """Read a date and time such as 2026-11-30T14:00 by a zone's clock; None for nothing. Raises NotPlannable."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotPlannable(_("Write date and time like 2026-11-30T14:00.")) from None
    return instant_of(local.date(), local.timetz(), zone)


def read_time(text: str) -> time | None:
    """Read a time of a file: 14:00, or 9:00 as spreadsheets write it; None for nothing. Raises ValueError."""
    text = text.strip()
    if text[1:2] == ":":
        text = f"0{text}"
    return time.fromisoformat(text) if text else None
