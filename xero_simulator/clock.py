"""The simulator's clock: real time, shifted, or standing still, as a test wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Gives the time in UTC. Real time unless `start` is given; then it stands still there unless `runs` is true."""

    def __init__(self, start: datetime | None = None, *, runs: bool = False) -> None:
        self._offset = timedelta(0)
        self._frozen_at: datetime | None = None
        if start is not None:
            self.set(start)
            if not runs:
                self.freeze()

    @property
    def is_frozen(self) -> bool:
        """True when the clock only moves on request; delays are then not really slept."""
        return self._frozen_at is not None

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        if self._frozen_at is not None:
            return self._frozen_at
        return datetime.now(UTC) + self._offset

    def set(self, instant: datetime) -> None:
        """Move to an instant; a running clock runs on from there."""
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        if self._frozen_at is not None:
            self._frozen_at = instant
        else:
            self._offset = instant - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move forward (or back, with a negative number) by seconds."""
        self.set(self.now() + timedelta(seconds=seconds))

    def freeze(self) -> None:
        """Stand still from now on."""
        self._frozen_at = self.now()

    def run(self) -> None:
        """Run again from the instant shown."""
        if self._frozen_at is not None:
            instant, self._frozen_at = self._frozen_at, None
            self.set(instant)
