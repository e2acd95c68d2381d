"""What the API, the kit and scenarios take of the simulator that runs them: its parts, and the one way in."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from xero_simulator.clock import Clock
from xero_simulator.exchange import Answer, Request
from xero_simulator.faults import RuleBook
from xero_simulator.limits import Limits
from xero_simulator.log import Log, LogEntry
from xero_simulator.model import LateCommit, ManualJournal
from xero_simulator.world import World


class Running(Protocol):
    """The simulator as a whole, seen from what it is made of."""

    lock: threading.RLock
    world: World
    rules: RuleBook
    limits: Limits
    log: Log

    @property
    def clock(self) -> Clock:
        """The clock, to be set and moved."""

    def respond(self, request: Request) -> Answer:
        """Answer a request."""

    def reset(self) -> None:
        """Forget everything and start again from the first scenario."""

    def carry_out_late(self) -> None:
        """Carry out what was put off and is due."""

    def commit_later(self, row: LateCommit) -> None:
        """Put off what is to be committed."""

    def journals(self, tenant_id: str, *, live_only: bool = True) -> list[ManualJournal]:
        """Return what stands in an organisation's books."""

    def journal_entries(self, tenant_id: str) -> list[tuple[str, str, str, int]]:
        """Return the postings of an organisation."""

    def requests(self, method: str | None = None, path: str = "") -> list[LogEntry]:
        """Return what was asked."""

    def authorise(
        self, address: str, user: str, organisations: str | Iterable[str] = (), *, cancel: bool = False
    ) -> str:
        """Consent as a person does, and return the callback address."""
