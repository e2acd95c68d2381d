"""Rate limits: calls at once, fixed windows per minute and day for an app and organisation, a minute for an app."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from xero_simulator.connections import Caller
from xero_simulator.exchange import Answer
from xero_simulator.model import Settings
from xero_simulator.wire import EPOCH

MINUTE_SECONDS = 60
DAY_SECONDS = 86_400
RAPID_SYNC = timedelta(minutes=30)
RAPID_TIERS = {"PLUS", "ADVANCED", "ENTERPRISE"}
DAY_LIMIT = {"STARTER": 1_000}
USUAL_DAY_LIMIT = 5_000
NO_LIMIT = 1_000_000_000


@dataclass(slots=True)
class _Window:
    number: int = -1
    used: int = 0


@dataclass(slots=True)
class Limits:
    """The counters. They live in memory only: a restart forgets them."""

    windows: dict[tuple[str, ...], _Window] = field(default_factory=dict)
    in_flight: dict[tuple[str, str], int] = field(default_factory=dict)

    def admit(self, settings: Settings, caller: Caller, now: datetime) -> tuple[Answer | None, list[tuple[str, str]]]:
        """Count a call; give a 429 when a limit is used up, and the headers that every answer carries."""
        app, organisation = caller.app, caller.organisation
        place = (app.client_id, organisation.tenant_id)
        minute_limit = min(app.minute_limit, organisation.minute_limit or NO_LIMIT)
        if organisation.minute_limit is None:
            minute_limit = NO_LIMIT
        day_limit = app.day_limit or organisation.day_limit or DAY_LIMIT.get(app.tier, USUAL_DAY_LIMIT)
        if organisation.minute_limit is None and organisation.day_limit is None:
            day_limit = NO_LIMIT
        counted = (
            ("minute", MINUTE_SECONDS, minute_limit, (*place, "minute")),
            ("day", DAY_SECONDS, day_limit, (*place, "day")),
            ("appminute", MINUTE_SECONDS, app.app_minute_limit, (app.client_id, "appminute")),
        )
        seconds = (now - EPOCH).total_seconds()
        is_rapid = settings.rapid_sync and self._is_rapid(caller, now)
        windows = []
        problem: tuple[str, int] | None = None
        for name, length, limit, key in counted:
            window, wait = self._window(key, length, seconds)
            windows.append((name, window, limit))
            is_lifted = is_rapid and name != "appminute"
            if settings.limits and not is_lifted and window.used >= limit:
                problem = (name, wait)
        if settings.limits and self.in_flight.get(place, 0) >= app.concurrent_limit:
            problem = ("concurrent", 0)
        if problem is None:
            for name, window, _ in windows:
                if not is_rapid or name == "appminute":
                    window.used += 1
        headers = [
            (header, str(max(limit - window.used, 0)))
            for header, (_, window, limit) in zip(
                ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining"), windows, strict=True
            )
        ]
        if problem is None:
            return None, headers
        return too_many(*problem), headers

    def _window(self, key: tuple[str, ...], length: int, seconds: float) -> tuple[_Window, int]:
        # Windows are fixed, and each app and organisation has its own starting moment.
        shifted = seconds + zlib.crc32("/".join(key).encode()) % length
        number = int(shifted // length)
        window = self.windows.setdefault(key, _Window())
        if window.number != number:
            window.number, window.used = number, 0
        return window, max(1, int((number + 1) * length - shifted + 0.999))

    @staticmethod
    def _is_rapid(caller: Caller, now: datetime) -> bool:
        connection = caller.connection
        return caller.app.tier in RAPID_TIERS and connection is not None and now < connection.created_at + RAPID_SYNC

    def enter(self, place: tuple[str, str]) -> None:
        """Note that a call is under way."""
        self.in_flight[place] = self.in_flight.get(place, 0) + 1

    def leave(self, place: tuple[str, str]) -> None:
        """Note that a call is over."""
        self.in_flight[place] = max(self.in_flight.get(place, 0) - 1, 0)


def too_many(problem: str, wait_seconds: int = 22) -> Answer:
    """Return a 429: an empty body, the headers say which limit and how long to wait (never for `concurrent`)."""
    headers = [("X-Rate-Limit-Problem", problem)]
    if problem != "concurrent":
        headers.append(("Retry-After", str(wait_seconds)))
    return Answer(429, b"", headers)
