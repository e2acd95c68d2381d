"""One HTTP exchange without a network: the request as it came in, the answer with instructions for its delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

import orjson

Drop = Literal["before", "after-headers", "mid-body"]


def _no_action() -> None:
    return None


@dataclass(slots=True)
class Request:
    """A request as an adapter hands it over. `path` is percent-decoded, `query` is raw, header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    _params: dict[str, str] | None = None

    def header(self, name: str) -> str | None:
        """Return the value of a header by its lower-case name, or None."""
        return self.headers.get(name)

    @property
    def params(self) -> dict[str, str]:
        """The query parameters; of a repeated one the last."""
        if self._params is None:
            self._params = dict(parse_qsl(self.query, keep_blank_values=True)) if self.query else {}
        return self._params

    def form(self) -> dict[str, str]:
        """Return the fields of a form-encoded body; empty when the body is something else."""
        if not (self.header("content-type") or "").lower().startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def form_list(self, name: str) -> list[str]:
        """Return every value of one field of a form-encoded body."""
        pairs = parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return [value for key, value in pairs if key == name]

    def cookie(self, name: str) -> str | None:
        """Return one cookie's value, or None."""
        for part in (self.header("cookie") or "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Answer:
    """An answer and how to deliver it: after `delay_seconds`, whole or with the connection dropped at `drop`."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    delay_seconds: float = 0.0
    drop: Drop | None = None
    finish: Callable[[], None] = _no_action

    def header(self, name: str) -> str | None:
        """Return a header's value whatever its case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def json(self) -> object:
        """Return the body parsed as JSON, for quick looks; numbers come as floats, so read no money from it."""
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


def text_answer(status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Answer:
    """Return an answer with a short text."""
    return Answer(status, text.encode(), [("Content-Type", content_type)])


def json_answer(status: int, value: object) -> Answer:
    """Return a compact JSON answer, as the identity server and the fault kit write them."""
    return Answer(status, orjson.dumps(value), [("Content-Type", "application/json; charset=utf-8")])


def html_answer(text: str, status: int = 200) -> Answer:
    """Return a page."""
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
    return Answer(status, text.encode(), headers)


def redirect(location: str, status: int = 302) -> Answer:
    """Send the browser elsewhere."""
    return Answer(status, b"", [("Location", location), ("Cache-Control", "no-store")])
