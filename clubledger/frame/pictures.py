"""Pictures of the console as SVG made on the server; the figures always stand in a table or a list beside them."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clubledger.frame import formats

WIDTH, HEIGHT = 600, 22


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
        title = f"{escape(word)}: {formats.count(count)}"
        drawn.append(
            f'<rect class="p-{escape(name)}" x="{x:.1f}" y="0" width="{max(width, 2):.1f}" height="{HEIGHT}">'
            f"<title>{title}</title></rect>"
        )
        x += width
    return mark_safe(  # noqa: S308 - every text in it is escaped above
        f'<svg class="stackedbar" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )


def hours(calls: Sequence[tuple[datetime, int, int, int]]) -> SafeString:
    """Draw a day's calls hour by hour: accepted, refused and unclear on top of each other."""
    most = max((sum(counts) for _at, *counts in calls), default=0)
    # Above the bars stands the most of an hour, below them the hours.
    over, high, step, under = 22, 90, 25, 24
    base = over + high
    drawn = []
    for place, (at, *counts) in enumerate(calls):
        y = float(base)
        names = ("accepted", "refused", "unclear")
        words = (_("accepted"), _("refused or not sent"), _("unclear"))
        for name, word, count in zip(names, words, counts, strict=True):
            if not count:
                continue
            part = high * count / most
            y -= part
            drawn.append(
                f'<rect class="p-{name}" x="{place * step + 2}" y="{y:.1f}" width="{step - 4}" height="{part:.1f}">'
                f"<title>{at:%H}:00 UTC, {escape(word)}: {formats.count(count)}</title></rect>"
            )
        if place % 6 == 0:
            drawn.append(f'<text x="{place * step + 2}" y="{base + 19}">{at:%H}:00</text>')
    drawn.append(f'<line x1="0" x2="{len(calls) * step}" y1="{base}" y2="{base}"/>')
    if most:
        told = escape(_("at most %(count)s an hour") % {"count": formats.count(most)})
        drawn.append(f'<text x="{len(calls) * step}" y="14" text-anchor="end">{told}</text>')
    return mark_safe(  # noqa: S308 - every text in it is escaped above
        f'<svg class="hourbars" viewBox="0 0 {len(calls) * step} {base + under}" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )


def share(value: int, most: int) -> SafeString:
    """Draw how much of a maximum is used."""
    width = min(100.0, 100 * value / most) if most else 0.0
    name = "unclear" if most and value * 10 >= most * 9 else "accepted"
    return mark_safe(  # noqa: S308 - numbers only
        f'<svg class="sharebar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="p-none" width="100" height="8"/><rect class="p-{name}" width="{width:.1f}" height="8"/></svg>'
    )
