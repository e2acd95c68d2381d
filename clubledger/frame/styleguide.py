"""The living style page, in debug mode only: every token and piece as the stylesheet draws it now."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clubledger.frame import calendar
from clubledger.frame.states import STATES

COLOURS = (
    "ink", "ink-2", "line", "edge", "paper", "ground", "accent", "accent-ink", "accent-soft", "help", "help-soft",
    "warn", "warn-soft", "sent", "rec", "unsent", "locked",
)  # fmt: skip
ICONS = (
    "unsent", "valid", "sent", "queued", "sending", "help", "rejected", "uncertain", "differs", "recorded", "voided",
    "empty", "locked", "menu", "out", "down",
)  # fmt: skip
LAST_ON = date(2026, 11, 15)


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the style page."""
    cycle = ("sent", "sent", "sent", "recorded", "unsent", "help", "empty", "locked", "before_cutover", "")
    status = {LAST_ON - timedelta(days=n): cycle[n * 7 % len(cycle)] for n in range(200)}
    strip = calendar.draw(status, last_on=LAST_ON, link=lambda on: f"?on={on}")
    context = {"colours": COLOURS, "icons": ICONS, "states": sorted(STATES), "strip": strip}
    return render(request, "frame/styleguide.html", context)
