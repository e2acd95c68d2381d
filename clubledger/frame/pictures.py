"""Pictures as SVG made on the server; the figures always stand in a table or a list beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clubledger.frame import formats

WIDTH, HEIGHT = 600, 22
SMALL_STEP, SMALL_HIGH = 6, 22
"""Of a small picture: the space of a week, and its height."""


def stacked(parts: Sequence[tuple[str, str, int]]) -> SafeString:
    """Draw one bar of (name, word, count) parts side by side, each as wide as its share; nothing for no count."""
    total = sum(count for _name, _word, count in parts)
    if not total:
        return mark_safe("")
    drawn, x = [], 0.0
    for name, word, count in parts:
        if not count:
            continue
        width = WIDTH * count / total
        title = f"{word}: {formats.count(count)}"
        drawn.append({"name": name, "x": f"{x:.1f}", "wide": f"{max(width, 2):.1f}", "title": title})
        x += width
    return render_to_string("frame/pictures/stacked.html", {"wide": WIDTH, "high": HEIGHT, "parts": drawn})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: the class that colours it, how much it stands for, and what is read of it."""

    name: str
    amount: int
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar above the line and below it, each of parts on top of each other, and the words under it."""

    above: Sequence[Part]
    below: Sequence[Part] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """The sizes of a picture of bars: the space of each, its width, and what stands over and under them all."""

    step: int
    wide: int
    high: int
    over: int
    under: int
    least: int = 0
    """How tall a part is at least, however little it stands for."""
    centred: bool = False
    """Whether the words stand under the middle of a bar, and the picture keeps to the left."""

    @property
    def foot(self) -> int:
        """Where the picture ends."""
        return self.over + self.high + self.under


HOURS = Measures(step=25, wide=21, high=90, over=22, under=24)
MONTHS = Measures(step=50, wide=34, high=130, over=6, under=22, least=1, centred=True)


def bars(drawn: Sequence[Bar], sizes: Measures, note: str = "") -> SafeString:
    """Draw bars side by side above and below one line; `note` stands over them, at the end."""
    above = max((sum(part.amount for part in bar.above) for bar in drawn), default=0)
    below = max((sum(part.amount for part in bar.below) for bar in drawn), default=0)
    # Each side has the space that it needs: where nothing stands above the line none is left empty there.
    scale = sizes.high / (above + below or 1)
    is_two_sided = any(bar.below for bar in drawn)
    base = sizes.over + (scale * above if is_two_sided else sizes.high)
    context = {
        "wide": str(len(drawn) * sizes.step),
        "high": sizes.foot,
        "is_centred": sizes.centred,
        "bars": [_bar(bar, place, sizes, scale=scale, base=base) for place, bar in enumerate(drawn)],
        "label_y": sizes.foot - 5,
        "base": f"{base:.1f}",
        "note": note,
    }
    return render_to_string("frame/pictures/bars.html", context)


def _bar(bar: Bar, place: int, sizes: Measures, *, scale: float, base: float) -> dict[str, Any]:
    # Numbers are text already: a template would write them as the reader's language does.
    x = place * sizes.step + (sizes.step - sizes.wide) // 2
    parts = []
    for side, is_down in ((bar.above, False), (bar.below, True)):
        reached = 0.0
        for part in side:
            tall = scale * part.amount
            y = base + reached if is_down else base - reached - tall
            reached += tall
            if part.amount:
                high = f"{max(tall, sizes.least):.1f}"
                parts.append({"name": part.name, "y": f"{y:.1f}", "high": high, "title": part.title})
    label_x = f"{x + sizes.wide / 2:.0f}" if sizes.centred else str(x)
    return {"parts": parts, "x": str(x), "wide": sizes.wide, "label": bar.label, "label_x": label_x}


def hours(calls: Sequence[tuple[datetime, int, int, int]]) -> SafeString:
    """Draw a day's calls hour by hour: accepted, refused and unclear on top of each other."""
    words = (("accepted", _("accepted")), ("refused", _("refused or not sent")), ("unclear", _("unclear")))
    drawn = [
        Bar(
            [
                Part(f"p-{name}", count, f"{at:%H}:00 UTC, {word}: {formats.count(count)}")
                for (name, word), count in zip(words, counts, strict=True)
            ],
            label=f"{at:%H}:00" if place % 6 == 0 else "",
        )
        for place, (at, *counts) in enumerate(calls)
    ]
    most = max((sum(counts) for _at, *counts in calls), default=0)
    at_most = _("at most %(count)s an hour") % {"count": formats.count(most)}
    return bars(drawn, HOURS, at_most if most else "")


def weeks(amounts: Sequence[int]) -> SafeString:
    """Draw a small picture of amounts, week by week: above the line what is positive, below it what is negative."""
    # A list has hundreds of them: a template would take eight times as long as these words (80 µs and 10 µs).
    most = max((abs(amount) for amount in amounts), default=0)
    base = SMALL_HIGH // 2
    path = "".join(
        f"M{place * SMALL_STEP} {base}h{SMALL_STEP - 1}v{-(amount * (base - 1)) // most}h{1 - SMALL_STEP}z"
        for place, amount in enumerate(amounts)
        if amount
    )
    return mark_safe(  # noqa: S308 - numbers only
        f'<svg class=spark viewBox="0 0 {len(amounts) * SMALL_STEP} {SMALL_HIGH}" aria-hidden=true>'
        f'<path class=axis d="M0 {base}h{len(amounts) * SMALL_STEP}"/><path d="{path}"/></svg>'
    )


def share(value: int, most: int) -> SafeString:
    """Draw how much of a maximum is used."""
    width = min(100.0, 100 * value / most) if most else 0.0
    name = "unclear" if most and value * 10 >= most * 9 else "accepted"
    return render_to_string("frame/pictures/share.html", {"name": name, "wide": f"{width:.1f}"})
