"""What the world does to a delivery: workers that die, people who act in Xero itself, answers that are altered."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from clubledger.foundation import crash
from clubledger.xero.http import client
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import GOLF, TESS


class WorkerDied(BaseException):
    """The worker's process ended at a crash point."""


@contextmanager
def dying_at(point: str) -> Iterator[None]:
    """Let the worker inside the `with` block die at a named crash point."""

    def on_point(name: str) -> None:
        if name == point:
            raise WorkerDied(name)

    crash.use(on_point)
    try:
        with pytest.raises(WorkerDied):  # Fails where nobody comes by that point.
            yield
    finally:
        crash.use(None)


def edit_in_xero(ready: ReadyClub, journal_id: str, **fields: Any) -> None:
    """Change a journal as a person would in Xero's own screens."""
    [there] = [one for one in ready.in_xero() if one.journal_id == journal_id]
    _tell_xero(ready, f"/{journal_id}", {"ManualJournalID": journal_id, "Narration": there.narration, **fields})


def make_in_xero(ready: ReadyClub, journal: dict[str, Any]) -> None:
    """Make a journal as a person would in Xero's own screens."""
    _tell_xero(ready, "", journal)


def _tell_xero(ready: ReadyClub, path: str, journal: dict[str, Any]) -> None:
    given = ready.xero.kit("POST", "connect", {"user": TESS, "app": "clubledger-bulk", "organisations": GOLF})
    ready.xero.call(
        f"/api.xro/2.0/ManualJournals{path}",
        {"ManualJournals": [journal]},
        {"Authorization": f"Bearer {given['access_token']}", "Xero-Tenant-Id": ready.xero.tenant_id()},
    )


def doubled(there: Any) -> list[dict[str, str]]:
    """Return the lines of a journal in Xero with twice their amounts."""
    return [
        {
            "AccountID": line.account_id,
            "LineAmount": f"{Decimal(2 * line.amount_cents).scaleb(-2):.2f}",
            "TaxType": line.tax_type,
        }
        for line in there.lines
    ]


def go_on(ready: ReadyClub, minutes: int = 25) -> None:
    """Let workers do what is due, a minute at a time."""
    for _ in range(minutes):
        ready.xero.later(seconds=60)
        ready.serve()


class _Altered(httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport, alter: Callable[[httpx2.Request, httpx2.Response], Any]) -> None:
        self._inner, self._alter = inner, alter

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._inner.handle_request(request)
        answer.read()
        return self._alter(request, answer) or answer


@contextmanager
def answers(
    ready: ReadyClub, alter: Callable[[httpx2.Request, httpx2.Response], httpx2.Response | None]
) -> Iterator[None]:
    """Let `alter` replace Xero's answers inside the `with` block; None leaves one as it is."""
    with client.use_transport(_Altered(ready.xero.transport, alter)):
        yield


class _Unasked(httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport, answer: Callable[[httpx2.Request], Any]) -> None:
        self._inner, self._answer = inner, answer

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        return self._answer(request) or self._inner.handle_request(request)


@contextmanager
def in_xeros_place(ready: ReadyClub, answer: Callable[[httpx2.Request], httpx2.Response | None]) -> Iterator[None]:
    """Let `answer` answer inside the `with` block, and Xero hear nothing of it; None asks Xero."""
    with client.use_transport(_Unasked(ready.xero.transport, answer)):
        yield


def instead(answer: httpx2.Response, body: Any) -> httpx2.Response:
    """Return an answer with another body (JSON values)."""
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return httpx2.Response(answer.status_code, headers=kept, content=json.dumps(body).encode())


def is_list(request: httpx2.Request) -> bool:
    """Whether a request reads the list of manual journals."""
    return request.method == "GET" and request.url.path.endswith("/ManualJournals")
