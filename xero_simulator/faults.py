"""Faults on demand: rules such as "the 3rd PUT of ManualJournals: commit, then drop the connection"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Literal

from xero_simulator.exchange import Answer, Drop, Request, text_answer
from xero_simulator.limits import too_many

Commit = Literal["normal", "never", "late"]
LONG_SECONDS = 120.0


@dataclass(slots=True)
class Fault:
    """What happens to a request that a rule picks.

    `commit`: `normal` carries the request out at once, `never` not at all, `late` some `late_seconds` afterwards.
    `status` and `text` replace the answer, `problem` makes it a 429; `drop`, `delay_seconds`, `mangle` shape delivery.
    """

    commit: Commit = "normal"
    late_seconds: float = 0.0
    status: int | None = None
    text: str = ""
    content_type: str = "text/plain; charset=utf-8"
    problem: str | None = None
    retry_after_seconds: int = 22
    delay_seconds: float = 0.0
    drop: Drop | None = None
    mangle: Literal["truncated", "garbled"] | None = None

    def answer(self) -> Answer | None:
        """Return the answer that replaces the endpoint's own, or None."""
        if self.problem is not None:
            return too_many(self.problem, self.retry_after_seconds)
        if self.status is not None:
            return text_answer(self.status, self.text, self.content_type)
        return None


_SERVER_ERROR = '{"ErrorNumber":0,"Type":"InternalServerException","Message":"An error occurred in Xero."}'
_GATEWAY = "<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>"
_JSON = "application/json; charset=utf-8"
PRESETS: dict[str, Fault] = {
    "timeout-before-commit": Fault(
        "never", delay_seconds=LONG_SECONDS, status=504, text=_GATEWAY, content_type="text/html"
    ),
    "timeout-after-commit": Fault(
        "normal", delay_seconds=LONG_SECONDS, status=504, text=_GATEWAY, content_type="text/html"
    ),
    "drop-before-commit": Fault("never", drop="before"),
    "drop-after-commit": Fault("normal", drop="before"),
    "drop-after-headers": Fault("normal", drop="after-headers"),
    "drop-mid-body": Fault("normal", drop="mid-body"),
    "late-after-drop": Fault("late", late_seconds=30, drop="before"),
    "late-after-500": Fault("late", late_seconds=30, status=500, text=_SERVER_ERROR, content_type=_JSON),
    "429-concurrent": Fault("never", problem="concurrent"),
    "429-minute": Fault("never", problem="minute"),
    "429-day": Fault("never", problem="day", retry_after_seconds=66_975),
    "429-appminute": Fault("never", problem="appminute"),
    "500-before-commit": Fault("never", status=500, text=_SERVER_ERROR, content_type=_JSON),
    "500-after-commit": Fault("normal", status=500, text=_SERVER_ERROR, content_type=_JSON),
    "500-html": Fault("never", status=500, text="<html><body>Server Error</body></html>", content_type="text/html"),
    "503-maintenance": Fault("never", status=503, text="The Xero API is currently offline for maintenance"),
    "503-unavailable": Fault("never", status=503, text="The Xero API is temporarily unavailable"),
    "503-organisation": Fault("never", status=503, text="The Organisation is offline"),
    "slow": Fault("normal", delay_seconds=5.0),
    "truncated-json": Fault("normal", mangle="truncated"),
    "garbled-json": Fault("normal", mangle="garbled"),
}


@dataclass(slots=True)
class Rule:
    """Which requests a fault strikes: those with all the marks, from the `first` on, `times` times (0: always)."""

    rule_id: str
    fault: Fault
    method: str | None = None
    path: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    body_contains: str | None = None
    first: int = 1
    times: int = 1
    matched: int = 0
    struck: int = 0
    _pattern: re.Pattern[str] | None = field(default=None, repr=False)

    def fits(self, request: Request, client_id: str | None) -> bool:
        """Whether a request carries all the marks. `path` is a pattern searched for, in any case."""
        if self._pattern is None:
            self._pattern = re.compile(self.path or "", re.IGNORECASE)
        return (
            self.method in (None, request.method)
            and self._pattern.search(request.path) is not None
            and self.tenant_id in (None, request.header("xero-tenant-id"))
            and self.client_id in (None, client_id)
            and (self.body_contains is None or self.body_contains.encode() in request.body)
        )

    def shown(self) -> dict[str, object]:
        """Return the rule as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__ if not name.startswith("_")}


def make_fault(preset: str | None, changes: dict[str, object]) -> Fault:
    """Return a preset fault with changes; raises ValueError for a name or a field that doesn't exist."""
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"there is no fault {preset}; there are {', '.join(PRESETS)}")
    try:
        return replace(PRESETS[preset] if preset else Fault(), **changes)  # type: ignore[arg-type]
    except TypeError as error:
        raise ValueError(str(error)) from None


class RuleBook:
    """The rules in their order; the first that strikes decides."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._next = 1

    def add(self, fault: str | Fault, **marks: object) -> Rule:
        """Add a rule: a fault (or a preset's name) and the marks of a `Rule`; other names change the fault.

        Raises ValueError for unknown names and patterns that cannot be read.
        """
        known = set(Rule.__slots__)
        changes = {name: marks.pop(name) for name in list(marks) if name not in known}
        made = make_fault(fault, changes) if isinstance(fault, str) else fault
        rule = Rule(f"rule-{self._next}", made, **marks)  # type: ignore[arg-type]
        try:
            re.compile(rule.path or "")
        except re.error as error:
            raise ValueError(f"path: {error}") from None
        self._next += 1
        self.rules.append(rule)
        return rule

    def remove(self, rule_id: str) -> bool:
        """Remove a rule; False when there was none."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.rule_id != rule_id]
        return len(self.rules) < before

    def pick(self, request: Request, client_id: str | None) -> Rule | None:
        """Count a request in every rule that it fits, and give the first one that strikes."""
        chosen: Rule | None = None
        for rule in self.rules:
            if not rule.fits(request, client_id):
                continue
            rule.matched += 1
            is_due = rule.matched >= rule.first and (rule.times == 0 or rule.struck < rule.times)
            if is_due and chosen is None:
                rule.struck += 1
                chosen = rule
        return chosen


def deliver(answer: Answer, fault: Fault) -> Answer:
    """Shape an answer's delivery: delay, drop, truncated or garbled body."""
    answer.delay_seconds += fault.delay_seconds
    answer.drop = fault.drop
    if fault.mangle == "truncated":
        answer.body = answer.body[: max(1, len(answer.body) * 2 // 3)]
    elif fault.mangle == "garbled":
        answer.body = answer.body.replace(b'"', b"'").replace(b":", b"=") + b"\x00\xfe"
    return answer
