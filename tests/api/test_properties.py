"""Whatever is sent, an API answers as its own OpenAPI description says, and never with a status of 500 or more.

Schemathesis makes requests from the description, fitting and unfitting ones; they go to the product in this process.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from ninja import NinjaAPI
from schemathesis.specs.openapi import checks as conforming

from clubledger.api import v1, vendor
from clubledger.changeover import staff
from clubledger.wsgi import application
from tests.api.conftest import INVOICE, Caller
from tests.changeover.conftest import Moving, moving
from tests.fixtures_xero import xero

__all__ = ["moving", "xero"]

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

EXAMPLES = 15
CHECKS = [
    schemathesis.checks.not_a_server_error,
    conforming.status_code_conformance,
    conforming.content_type_conformance,
    conforming.response_schema_conformance,
]
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
CLUBS, VENDORS = "/api/v1/openapi.json", "/api/vendor/v1/openapi.json"


def product(environ: dict[str, Any], start_response: Any) -> Any:
    """The product, asked from this machine."""
    return application(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)


def operations_of(api: NinjaAPI) -> list[tuple[str, str]]:
    return [(method, path) for path, found in api.get_openapi_schema()["paths"].items() for method in found]


@dataclass(frozen=True)
class Asking:
    """Whom to ask: an API by the address of its description, with a key; `known` exists there."""

    address: str
    secret: str
    known: dict[str, Any]

    def hold(self, method: str, path: str, mode: Any) -> int:
        """Send requests of the mode to an operation; what is known goes into half of the addresses.

        Gives how many answers were held against the description. Raises schemathesis' failures for one that departs.
        """
        with keeping_its_connection():
            return self._hold(schemathesis.openapi.from_wsgi(self.address, product)[path][method], mode)

    def _hold(self, operation: Any, mode: Any) -> int:
        turn = itertools.count()

        @given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis_settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def holds(case: Any) -> None:
            if next(turn) % 2:
                parts = case.path_parameters or {}
                case.path_parameters = {name: self.known.get(name, value) for name, value in parts.items()}
            case.headers = {"Authorization": f"Bearer {self.secret}"}
            case.validate_response(case.call(), checks=CHECKS)

        holds()
        return next(turn)


@contextmanager
def keeping_its_connection() -> Iterator[None]:
    """Keep the test's database transaction over a request's end, as Django's own test client does."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _as_often_as_it_likes(settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.ALLOWED_HOSTS = ["*"]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), operations_of(v1.api))
def test_the_clubs_api_answers_as_described(pos: Caller, method: str, path: str, mode: Any) -> None:
    told = pos.push(INVOICE)
    known = {"import_id": told["id"], "journal_id": pos.get("/journals").json()["journals"][0]["id"]}
    assert Asking(CLUBS, pos.secret, known).hold(method, path, mode) > 0


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), operations_of(vendor.api))
def test_the_vendors_api_answers_as_described(moving: Moving, method: str, path: str, mode: Any) -> None:
    moving.plan()
    _key, secret = staff.create_key(actor=moving.staff, name="Desk")
    assert Asking(VENDORS, secret, {"slug": moving.club.slug}).hold(method, path, mode) > 0


def test_a_wave_with_a_name_that_cannot_be_stored_is_refused_in_the_one_shape(moving: Moving) -> None:
    _key, secret = staff.create_key(actor=moving.staff, name="Desk")
    wave = {"wave": "a\x00", "to_app": "clubledger-v3", "clubs": [{"club": "banksia-park"}]}
    answer = Client(headers={"authorization": f"Bearer {secret}"}).post(
        "/api/vendor/v1/changeovers", json.dumps(wave), content_type="application/json"
    )
    # SQLite stores it, PostgreSQL does not.
    assert answer.status_code == (200 if connection.vendor == "sqlite" else 422)


@pytest.mark.parametrize("step", ["announce", "switch", "pause", "resume", "call_off", "remind", "disconnect", "fly"])
def test_every_step_answers_as_described(moving: Moving, step: str) -> None:
    moving.plan()
    _key, secret = staff.create_key(actor=moving.staff, name="Desk")
    known = {"slug": moving.club.slug, "step": step}
    assert Asking(VENDORS, secret, known).hold("post", "/api/vendor/v1/clubs/{slug}/{step}", MODES[0]) > 0
