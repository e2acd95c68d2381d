"""The one source of "now", so that tests and chaos runs can set it and waits of minutes cost none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Anything that tells the present instant in UTC."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self._now += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        """Move to `instant`, which must be aware."""
        self._now = instant.astimezone(UTC)


_clock: Clock = SystemClock()


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _clock.now()


def today_in(zone: str) -> date:
    """Return today's date in the IANA time zone `zone`."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def use(clock: Clock) -> Iterator[None]:
    """Tell time by `clock` inside the `with` block, in every thread."""
    global _clock  # noqa: PLW0603 - one clock for the process is the purpose
    before = _clock
    _clock = clock
    try:
        yield
    finally:
        _clock = before
