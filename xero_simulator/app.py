"""The simulator's core: a request in, an answer out. Synchronous, without a network, safe to call from many threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from xero_simulator import connections, consent, idempotency, identity, kit, scenario, screens
from xero_simulator.api import answer_call, execute_late
from xero_simulator.clock import Clock
from xero_simulator.connections import Refused
from xero_simulator.exchange import Answer, Request, text_answer
from xero_simulator.faults import Fault, Rule, RuleBook, deliver
from xero_simulator.limits import Limits
from xero_simulator.log import Log, LogEntry
from xero_simulator.model import LateCommit, ManualJournal
from xero_simulator.reports import postings
from xero_simulator.store import Store
from xero_simulator.world import World

DEFAULT_ORIGIN = "http://localhost:8900"
logger = logging.getLogger(__name__)
API_PREFIX = "/api.xro/2.0/"


class Simulator:
    """The stand-in as a whole. `respond` is the one way in; the rest is for tests that hold it in their hands."""

    def __init__(
        self,
        store: Store | None = None,
        clock: Clock | None = None,
        *,
        origin: str = DEFAULT_ORIGIN,
        seed: int | None = None,
        scenario_source: dict[str, Any] | str | Path | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.world = World(store or Store(), clock or Clock(), origin, seed)
        self.rules = RuleBook()
        self.limits = Limits()
        self.log = Log()
        self._start_source = scenario_source
        if not self.world.store.was_loaded:
            self._load(scenario_source)
        elif scenario_source is None:
            scenario.follow_product(self.world)
            self.world.store.commit()

    @classmethod
    def from_scenario(cls, source: dict[str, Any] | str | Path, **options: Any) -> Simulator:
        """Return a simulator with a scenario: a dict, or the path of a JSON file."""
        return cls(scenario_source=source, **options)

    @property
    def clock(self) -> Clock:
        """The clock, to be set and moved."""
        return self.world.clock

    def _load(self, source: dict[str, Any] | str | Path | None) -> None:
        scenario.load(self.world, scenario.default() if source is None else source, self.rules)
        self.world.store.commit()

    def reset(self) -> None:
        """Forget everything and start again from the first scenario."""
        with self.lock:
            self.world.store.clear()
            self.world.charts.clear()
            self.rules = RuleBook()
            self.limits = Limits()
            self.log.clear()
            self._load(self._start_source)

    # Requests

    def respond(self, request: Request) -> Answer:
        """Return the answer to a request, with how it is to be delivered. Call its `finish` when it has been."""
        with self.lock:
            self.carry_out_late()
            try:
                is_kit = request.path == "/_sim" or request.path.startswith("/_sim/")
                answer = kit.answer(self, request) if is_kit else self._struck(request)
            except Exception:
                # A defect of the simulator itself must never pass for a failure of Xero: the header tells them apart.
                logger.exception("defect while answering %s %s", request.method, request.path)
                answer = text_answer(500, "The simulator has a defect; see its error output.")
                answer.headers.append(("X-Simulator-Defect", "true"))
            self.world.store.commit()
            return answer

    def _struck(self, request: Request) -> Answer:
        client_id = self._client_of(request)
        rule = self.rules.pick(request, client_id)
        fault = rule.fault if rule else Fault()
        is_api = request.path.lower().startswith(API_PREFIX)
        if is_api:
            answer = answer_call(self, request, fault)
        else:
            answer = self._routed(request) if fault.commit == "normal" else Answer(200)
            answer = fault.answer() or answer
        if rule is not None:
            answer = deliver(answer, fault)
        if not request.path.startswith("/static/"):
            entry = LogEntry(
                self.world.now(),
                request,
                answer,
                client_id,
                request.header("xero-tenant-id"),
                rule.rule_id if rule else None,
                fault.commit == "normal",
            )
            self.log.add(entry, self.world.settings.log_entries)
        return answer

    def _client_of(self, request: Request) -> str | None:
        kind, _, given = (request.header("authorization") or "").partition(" ")
        row = self.world.store.access_tokens.get(given.strip()) if kind.lower() == "bearer" else None
        return row.client_id if row else None

    def _routed(self, request: Request) -> Answer:
        path = request.path.lower().rstrip("/") or "/"
        world = self.world
        try:
            if path == "/connections":
                return connections.connections(world, request, None)
            if path.startswith("/connections/"):
                return connections.connections(world, request, request.path.rstrip("/").rpartition("/")[2])
        except Refused as refused:
            return refused.answer
        screen = _SCREENS.get(path)
        if screen is not None:
            return screen(world, request)
        return screens.answer(world, request, path) or text_answer(404, "Not Found")

    # Late commits

    def carry_out_late(self) -> None:
        """Carry out the requests whose time has come, as of the instant they were due."""
        store = self.world.store
        if not store.late_commits:
            return
        due = sorted((row.due_at, key) for key, row in store.late_commits.rows.items())
        for due_at, key in due:
            if due_at > self.world.clock.now():
                break
            row = store.late_commits[key]
            store.late_commits.delete(key)
            self._carry_out(row)

    def _carry_out(self, row: LateCommit) -> None:
        self.world.pinned_now = row.due_at
        try:
            answer = execute_late(self.world, row)
        finally:
            self.world.pinned_now = None
        headers = {"idempotency-key": row.idempotency_key} if row.idempotency_key else {}
        request = Request(row.method, row.path, row.query, headers | {"xero-tenant-id": row.tenant_id}, row.body)
        idempotency.complete(self.world, row.client_id, request, answer)
        self.log.add(
            LogEntry(row.due_at, request, answer, row.client_id, row.tenant_id, "late"),
            self.world.settings.log_entries,
        )

    def commit_later(self, row: LateCommit) -> None:
        """Keep a request that will be carried out later."""
        self.world.store.late_commits.put(self.world.guid(), row)

    # For tests that hold the simulator in their hands

    def journals(self, tenant_id: str, *, live_only: bool = True) -> list[ManualJournal]:
        """Return an organisation's manual journals as they stand; `live_only` leaves out voided and deleted ones."""
        with self.lock:
            self.carry_out_late()
            rows = list(self.world.store.journals.of(tenant_id).values())
            return [row for row in rows if not live_only or row.status in {"DRAFT", "POSTED"}]

    def journal_entries(self, tenant_id: str) -> list[tuple[str, str, str, int]]:
        """Return what is posted: (journal id, date, account code, cents), debit positive, tax on its own account."""
        book = self.world.charts.book(tenant_id)
        return [
            (journal.journal_id, journal.dated_on.isoformat(), book.by_id[account_id].code, cents)
            for journal in self.journals(tenant_id)
            if journal.status == "POSTED"
            for account_id, cents in postings(book, journal).items()
        ]

    def requests(self, method: str | None = None, path: str = "") -> list[LogEntry]:
        """Return the logged requests of a method whose path contains a text (any case), oldest first."""
        with self.lock:
            return [
                entry
                for entry in self.log.entries
                if method in (None, entry.request.method) and path.lower() in entry.request.path.lower()
            ]

    def fault(self, preset: str | Fault, **marks: Any) -> Rule:
        """Add a rule, such as `fault("drop-after-commit", method="PUT", path="ManualJournals", first=3)`."""
        with self.lock:
            return self.rules.add(preset, **marks)

    def settings(self, **values: Any) -> None:
        """Change switches, such as `settings(idempotency_seconds=86_400)`; raises ValueError for unknown ones."""
        with self.lock:
            scenario.change_settings(self.world, values)

    def tenant_id(self, name: str) -> str:
        """Return an organisation's tenant id by its name or short code; raises ValueError when there is none."""
        organisation = self.world.find_organisation(name)
        if organisation is None:
            raise ValueError(f"there is no organisation {name}")
        return organisation.tenant_id

    def connect(
        self, user: str, client_id: str, organisations: str | Iterable[str], scopes: str | None = None
    ) -> dict[str, object]:
        """Connect organisations without pages, and give the token endpoint's answer: for tests about something else."""
        with self.lock:
            given = scenario.connect(self.world, user, client_id, organisations, scopes)
            self.world.store.commit()
            return given

    def authorise(
        self,
        address: str,
        user: str,
        organisations: str | Iterable[str] = (),
        *,
        cancel: bool = False,
    ) -> str:
        """Do what a person does with an authorise address, and give the callback address that the browser ends on.

        `organisations` is a name, short code or tenant id, or several for an app with bulk connections. Raises
        ValueError with the page's text when the browser is not sent back.
        """
        with self.lock:
            return scenario.authorise(self, address, user, organisations, cancel=cancel)

    def later(self, **time: float) -> None:
        """Move the clock, such as `later(minutes=31)`, and carry out what became due."""
        with self.lock:
            self.clock.advance(timedelta(**time).total_seconds())
            self.carry_out_late()
            self.world.store.commit()


_Screen = Callable[[World, Request], Answer]
_SCREENS: dict[str, _Screen] = {
    consent.AUTHORIZE_PATH: consent.authorize,
    "/identity/error": lambda world, request: consent.error_page(request),
    "/login": consent.login,
    "/logout": consent.logout,
    "/consent": consent.consent,
    "/.well-known/openid-configuration": lambda world, request: identity.discovery(world),
    "/.well-known/openid-configuration/jwks": lambda world, request: identity.jwks(world),
    "/connect/token": identity.token,
    "/connect/revocation": identity.revocation,
    "/connect/userinfo": identity.userinfo,
}
