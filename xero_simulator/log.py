"""The journal of requests and answers, as tests and the kit look at it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from xero_simulator.exchange import Answer, Request

LOGGED_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request and its answer."""

    at: datetime
    request: Request
    answer: Answer
    client_id: str | None = None
    tenant_id: str | None = None
    rule_id: str | None = None
    committed: bool = True


@dataclass(slots=True)
class Log:
    """The journal of requests and answers; the oldest go when there are too many or they grow too big."""

    entries: deque[LogEntry] = field(default_factory=deque)
    size: int = 0

    def add(self, entry: LogEntry, most: int) -> None:
        """Add an entry."""
        self.entries.append(entry)
        self.size += len(entry.request.body) + len(entry.answer.body)
        while len(self.entries) > most or (self.size > LOGGED_BYTES and len(self.entries) > 1):
            gone = self.entries.popleft()
            self.size -= len(gone.request.body) + len(gone.answer.body)

    def clear(self) -> None:
        """Forget all entries."""
        self.entries.clear()
        self.size = 0
