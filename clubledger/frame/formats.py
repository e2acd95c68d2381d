"""How dates, instants, amounts and counts are written on screen, in the reader's language and the club's time zone.

Two decimals always, a minus sign and never parentheses for what is negative.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from clubledger.bookkeeping.money import from_minor

MINUS = "\N{MINUS SIGN}"
# Each language writes dates its own way: these patterns (Django's) are translated like any other text.
PATTERNS = {
    "day": pgettext_lazy("date pattern", "D j M Y"),
    "short day": pgettext_lazy("date pattern", "j M Y"),
    "long day": pgettext_lazy("date pattern", "j F Y"),
    "day of year": pgettext_lazy("date pattern", "j F"),
    "month": pgettext_lazy("date pattern", "M"),
}


@lru_cache(maxsize=32)
def _separators(language: str) -> tuple[str, str]:
    """Return the thousands and the decimal separator of a language."""
    if language.startswith("en"):
        return ",", "."
    return (
        str(formats.get_format("THOUSAND_SEPARATOR", lang=language)),
        str(formats.get_format("DECIMAL_SEPARATOR", lang=language)),
    )


def _localised(plain: str) -> str:
    thousands, decimal = _separators(translation.get_language() or "en-au")
    if (thousands, decimal) != (",", "."):
        plain = plain.translate({ord(","): thousands, ord("."): decimal})
    return plain


def money(amount: Decimal | int | None) -> str:
    """Write an amount with two decimals and thousands separators: 14,087.60. None gives the empty string."""
    if amount is None:
        return ""
    written = _localised(f"{abs(amount):,.2f}")
    return f"{MINUS}{written}" if amount < 0 else written


def minor(amount_minor: int | None) -> str:
    """Write whole minor units (cents) as an amount."""
    return "" if amount_minor is None else money(from_minor(amount_minor))


def count(number: int | None) -> str:
    """Write a whole number with thousands separators: 1,822."""
    return "" if number is None else _localised(f"{number:,}")


@lru_cache(maxsize=8192)
def _day(on: date, language: str, pattern: str) -> str:
    with translation.override(language):
        return formats.date_format(on, str(PATTERNS[pattern]))


def _written(on: date, pattern: str) -> str:
    return _day(on, translation.get_language() or "en-au", pattern)


def day(on: date | None) -> str:
    """Write a date with its weekday: Wed 11 Nov 2026."""
    return "" if on is None else _written(on, "day")


def short_day(on: date | None) -> str:
    """Write a date: 11 Nov 2026."""
    return "" if on is None else _written(on, "short day")


def month(on: date) -> str:
    """Write a month's short name: Nov."""
    return _written(on, "month")


def month_and_year(on: date) -> str:
    """Write a month with its year: November 2026."""
    return formats.date_format(on, "F Y")


def span(from_on: date, up_to_on: date) -> str:
    """Write a range of days as briefly as it is clear: 9–15 November 2026; 30 Nov 2026 – 2 Jan 2027."""
    if from_on == up_to_on:
        return day(from_on)
    if (from_on.year, from_on.month) == (up_to_on.year, up_to_on.month):
        return _("%(first)s–%(last)s") % {"first": from_on.day, "last": _written(up_to_on, "long day")}
    if from_on.year == up_to_on.year:
        return _("%(first)s to %(last)s") % {
            "first": _written(from_on, "day of year"),
            "last": _written(up_to_on, "long day"),
        }
    return _("%(first)s to %(last)s") % {"first": short_day(from_on), "last": short_day(up_to_on)}


def instant(at: datetime | None, zone: str = "UTC") -> str:
    """Write an instant in the time zone `zone`: 11 Nov 2026, 10:02 am."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return f"{short_day(local.date())}, {clock_time(at, zone)}"


def clock_time(at: datetime | None, zone: str = "UTC") -> str:
    """Write the time of day of an instant in the time zone `zone`: 10:02 am."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    if (translation.get_language() or "en").startswith("en"):
        return f"{local.hour % 12 or 12}:{local.minute:02d} {'am' if local.hour < 12 else 'pm'}"
    return f"{local.hour:02d}:{local.minute:02d}"


def seconds(remaining: float | None) -> str:
    """Write how long something will still take, roughly: less than a minute, about 3 minutes."""
    if remaining is None:
        return ""
    if remaining < 60:
        return _("less than a minute left")
    minutes = round(remaining / 60)
    return _("about a minute left") if minutes <= 1 else _("about %(minutes)s minutes left") % {"minutes": minutes}
