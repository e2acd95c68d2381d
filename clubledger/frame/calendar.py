"""The strip of days that leads GL Integration: a picture (SVG made on the server) and the same thing in words."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clubledger.frame import formats

STEP, LEFT, TOP = 18, 34, 18
WEEKS = 26

WORDS: Mapping[str, object] = {
    "sent": gettext_lazy("Sent"),
    "unsent": gettext_lazy("Not sent"),
    "help": gettext_lazy("Needs your help"),
    "recorded": gettext_lazy("Recorded as manually added"),
    "empty": gettext_lazy("Empty"),
    "locked": gettext_lazy("Locked in Xero"),
    "before_cutover": gettext_lazy("Before cut-over"),
}
"""What each status of a day is called."""

MARKS: Mapping[str, str] = {"help": "!", "recorded": "·"}


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture, its words, its legend, and the days that ask for something (for the table behind it)."""

    svg: SafeString
    summary: str
    legend: list[tuple[str, str]]
    asking: list[tuple[date, str, str]]
    first_on: date
    last_on: date


def monday_of(on: date) -> date:
    """Return the Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def draw(status_by_day: Mapping[date, str], *, last_on: date, link: Callable[[date], str], weeks: int = WEEKS) -> Strip:
    """Draw the weeks that end with the week of `last_on`. A day without status is drawn as nothing happened.

    `link` gives the address a day leads to. The drawing itself is hidden from screen readers and the tab order,
    for hundreds of stops would bury the page; the summary and the table behind it say the same.
    """
    first_on = monday_of(last_on) - timedelta(weeks=weeks - 1)
    # Each word is translated once, not once a day.
    words = {status: escape(str(word)) for status, word in WORDS.items()} | {"": escape(_("Nothing happened"))}
    parts: list[str] = []
    labelled_month = None
    for week in range(weeks):
        monday = first_on + timedelta(weeks=week)
        x = LEFT + week * STEP
        if monday.month != labelled_month and monday.day <= 7:
            parts.append(f'<text x="{x}" y="11">{escape(formats.month(monday))}</text>')
            labelled_month = monday.month
        for weekday in range(7):
            on = monday + timedelta(days=weekday)
            if on > last_on:
                break
            status = status_by_day.get(on, "")
            address = escape(link(on)) if status else ""
            parts.append(_cell(f"{formats.day(on)}: {words[status]}", status, address, x, TOP + weekday * STEP))
    for weekday in (0, 2, 4, 6):
        name = formats.day(first_on + timedelta(days=weekday)).split()[0]
        parts.append(f'<text x="0" y="{TOP + weekday * STEP + 12}">{escape(name)}</text>')
    width, height = LEFT + weeks * STEP, TOP + 7 * STEP
    svg = (
        f'<svg class="cal" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )
    shown = {on: status for on, status in status_by_day.items() if first_on <= on <= last_on and status}
    return Strip(
        svg=mark_safe(svg),  # noqa: S308 - every text in it is escaped above
        summary=_summary(shown, first_on, last_on),
        legend=[(status, str(word)) for status, word in WORDS.items() if status in set(shown.values())],
        asking=[(on, s, str(WORDS[s])) for on, s in sorted(shown.items()) if s in {"help", "unsent"}],
        first_on=first_on,
        last_on=last_on,
    )


def _cell(title: str, status: str, address: str, x: int, y: int) -> str:
    # How large and round it is stands in the stylesheet, and plain words have no quotes: there are hundreds of them.
    # A template would take 85 ms for the days of a year, these words take less than one.
    rect = f"<rect class=c-{status or 'none'} x={x} y={y}><title>{title}</title></rect>"
    if not status:
        return rect
    mark = MARKS.get(status)
    sign = f"<text x={x + 7.5} y={y + 12}>{mark}</text>" if mark else ""
    return f'<a href="{address}" tabindex=-1>{rect}{sign}</a>'


def _summary(shown: Mapping[date, str], first_on: date, last_on: date) -> str:
    tally = Counter(shown.values())
    counts = ", ".join(f"{WORDS[status]}: {formats.count(tally[status])}" for status in WORDS if tally[status])
    return _("Days from %(first)s to %(last)s. %(counts)s.") % {
        "first": formats.short_day(first_on),
        "last": formats.short_day(last_on),
        "counts": counts or _("Nothing happened"),
    }
