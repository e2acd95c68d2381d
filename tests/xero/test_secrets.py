"""No token, code or secret in a log line, an error's text, a repr or the database's plain columns."""

import io
import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from clubledger.clubs.models import AuditEvent
from clubledger.foundation import clock
from clubledger.xero import charts, manual_journals
from clubledger.xero.access import access_for_reading
from clubledger.xero.connection import consent, revocation
from clubledger.xero.errors import XeroError
from clubledger.xero.models import AuthorisationRequest, TokenSet, XeroApp
from clubledger.xero.oauth import refresh
from tests.fixtures_xero import BOWLS, GOLF, SAM, ConnectedClub

pytestmark = pytest.mark.django_db


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged at any level, by anybody."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in ("httpx2", "httpcore2", "authlib", "clubledger.xero"))]
    before = [(one, one.level) for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for one, level in before:
        one.setLevel(level)


def secrets_of(connected: ConnectedClub) -> set[str]:
    """Return every secret that the simulator ever saw or gave."""
    found = {app.client_secret for app in XeroApp.objects.all()}
    for entry in connected.xero.simulator.requests():
        if "/connect/token" in entry.request.path:
            found |= {
                value for name, value in entry.request.form().items() if name not in {"grant_type", "redirect_uri"}
            }
            if entry.answer.status == 200 and entry.answer.body:
                given = json.loads(entry.answer.body)
                found |= {given[name] for name in ("access_token", "refresh_token", "id_token") if name in given}
        authorization = entry.request.headers.get("authorization", "")
        found.add(authorization.partition(" ")[2])
    return {secret for secret in found if len(secret) > 8}


def exercise(connected: ConnectedClub) -> list[XeroError]:
    """Go through much that can happen, and give the errors on the way."""
    club, user, xero = connected.club, connected.treasurer, connected.xero
    errors: list[XeroError] = []

    def attempt(act: Any) -> None:
        try:
            act()
        except XeroError as error:
            errors.append(error)

    access = access_for_reading(club=club)
    charts.fetch_chart(access=access)
    xero.consent(club, connected.owner, login=SAM, organisations=BOWLS)
    xero.consent(club, connected.owner, login=SAM, cancel=True)
    params = xero.return_from_xero(club, connected.owner, login=SAM)
    XeroApp.objects.update(client_secret="a-wrong-client-secret")
    consent.finish_authorisation(actor=connected.owner, params=params)
    xero.later(minutes=31)
    attempt(lambda: refresh.fresh(TokenSet.objects.order_by("pk")[0].pk))
    XeroApp.objects.update(client_secret="clubledger-v3-secret")
    xero.simulator.fault("drop-after-commit", path="/connect/token")
    refresh.fresh(TokenSet.objects.order_by("pk")[0].pk)
    echo = '{"Title":"Unauthorized","Detail":"AuthenticationUnsuccessful Bearer eyJhbGciOiJSUzI1NiJ9.eyJ4IjoxfQ.c2ln"}'
    xero.simulator.fault("500-html", path="/Organisation", times=2, status=401, text=echo)
    attempt(lambda: access.get("/Organisation"))
    xero.simulator.fault("timeout-before-commit", path="/Organisation", times=0)
    attempt(lambda: access.get("/Organisation"))
    xero.simulator.rules.rules.clear()
    manual_journals.create(
        access=access,
        body=manual_journals.join([b'{"Narration":"A"}']),
        idempotency_key="k",
        deadline_at=clock.now() + timedelta(seconds=60),
    )
    xero.kit("POST", "disconnect", {"organisation": GOLF})
    attempt(lambda: access.get("/Organisation"))
    connected.xero.authorise(club, user)
    revocation.revoke(club=club, actor=user)
    return errors


def test_no_secret_is_ever_logged(connected: ConnectedClub, written: io.StringIO):
    exercise(connected)
    lines = written.getvalue()
    assert "xero.call" in lines
    assert [secret for secret in secrets_of(connected) if secret in lines] == []
    assert not re.search(r"(?i)bearer\s+\S{8}|authorization:", lines)


def test_no_error_holds_a_secret_not_even_in_its_chain(connected: ConnectedClub):
    errors = exercise(connected)
    assert len(errors) >= 4
    known = secrets_of(connected)
    for error in errors:
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert [secret for secret in known if secret in told] == []
        chained = error.__cause__ or error.__context__
        assert chained is None or isinstance(chained, XeroError), "the library's error holds the request and its token"


def test_no_repr_and_no_text_of_a_row_holds_a_secret(connected: ConnectedClub):
    access = access_for_reading(club=connected.club)
    rows: list[Any] = [*TokenSet.objects.all(), *XeroApp.objects.all(), connected.authorisation, access]
    told = " ".join(repr(row) + str(row) for row in rows)
    assert [secret for secret in secrets_of(connected) if secret in told] == []


def test_the_database_holds_them_encrypted_only(connected: ConnectedClub):
    connected.xero.return_from_xero(connected.club, connected.owner)
    refresh.fresh(TokenSet.objects.get().pk, refused_generation=1)
    found = []
    with connection.cursor() as cursor:
        for model in (TokenSet, XeroApp, AuthorisationRequest, AuditEvent):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found.append(repr(cursor.fetchall()))
    stored = " ".join(found)
    assert [secret for secret in secrets_of(connected) if secret in stored] == []


def test_the_audit_trail_names_no_secret(connected: ConnectedClub):
    exercise(connected)
    trail = " ".join(
        f"{event.summary} {event.subject} {event.before} {event.after}"
        for event in AuditEvent.objects.of(connected.club)
    )
    assert [secret for secret in secrets_of(connected) if secret in trail] == []
