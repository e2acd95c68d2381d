"""Who may call with whose tokens, and what is repeated."""

from datetime import timedelta
from typing import Any

import pytest

from clubledger.foundation import clock
from clubledger.xero import charts
from clubledger.xero.access import access_for_reading, access_for_sending
from clubledger.xero.connection import consent, standing
from clubledger.xero.errors import (
    AuthorisationLost,
    ConnectionMoved,
    Forbidden,
    NeverSent,
    NotAuthorised,
    RateLimited,
    XeroUnavailable,
)
from clubledger.xero.models import Authorisation, Connection, TokenSet
from tests.fixtures_xero import GOLF, NORA, SAM, TESS, ConnectedClub, make_app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clubledger.xero.access.RETRY_PAUSE_SECONDS", 0.001)


def organisation(connected: ConnectedClub, **how: Any) -> Any:
    return access_for_reading(club=connected.club, **how).get("/Organisation")


def calls(connected: ConnectedClub, path: str = "/Organisation") -> int:
    # An organisation that is confirmed is read once, before any test begins.
    before = 1 if path == "/Organisation" else 0
    return len(connected.xero.simulator.requests("GET", path)) - before


def test_reading_uses_any_live_authorisation_sending_only_the_senders_own(connected: ConnectedClub):
    assert access_for_reading(club=connected.club).authorisation == connected.authorisation
    assert access_for_sending(club=connected.club, user=connected.treasurer).tenant_id == connected.xero.tenant_id()
    with pytest.raises(NotAuthorised):
        access_for_sending(club=connected.club, user=connected.owner)


def test_reading_prefers_whom_it_is_told_to(connected: ConnectedClub):
    other = connected.xero.authorise(connected.club, connected.owner, login=SAM)
    for user, row in ((connected.owner, other), (connected.treasurer, connected.authorisation)):
        assert access_for_reading(club=connected.club, prefer=user).authorisation == row


def test_a_club_that_never_authorised_is_not_authorised(connected: ConnectedClub):
    Authorisation.objects.of(connected.club).delete()
    with pytest.raises(NotAuthorised):
        access_for_reading(club=connected.club)


def test_after_a_move_to_another_app_it_is_unauthorized_even_while_waiting_for_xero(connected: ConnectedClub):
    Connection.objects.of(connected.club).update(app=make_app("clubledger-v2"))
    for _ in range(2):
        with pytest.raises(ConnectionMoved):
            access_for_sending(club=connected.club, user=connected.treasurer)
        with pytest.raises(ConnectionMoved):
            access_for_reading(club=connected.club)
        consent.begin_authorisation(club=connected.club, actor=connected.treasurer, base_url="")
    assert access_for_reading(club=connected.club, any_app=True).app_id == connected.app.pk


def test_a_dead_token_set_gives_way_to_the_next_live_authorisation_for_reading(connected: ConnectedClub):
    connected.xero.authorise(connected.club, connected.owner, login=SAM)
    connected.xero.kit("POST", "tokens/expire", {"kind": "refresh", "user": TESS})
    connected.xero.later(minutes=31)
    assert access_for_reading(club=connected.club, prefer=connected.treasurer).authorisation.user == connected.owner
    with pytest.raises(NotAuthorised):
        access_for_sending(club=connected.club, user=connected.treasurer)


def test_an_expired_access_token_is_refreshed_and_the_call_repeated_once(connected: ConnectedClub):
    given = access_for_reading(club=connected.club)
    connected.xero.kit("POST", "tokens/expire", {"kind": "access"})
    assert given.get("/Organisation")
    assert calls(connected) == 2
    assert TokenSet.objects.get().generation == 2


def test_a_second_401_is_not_repeated_again(connected: ConnectedClub):
    connected.xero.simulator.fault(
        "500-html", path="/Organisation", times=0, status=401, text='{"Detail":"AuthenticationUnsuccessful"}'
    )
    with pytest.raises(Forbidden) as refused:
        organisation(connected)
    assert refused.value.problem == "token"
    assert calls(connected) == 2


def test_a_lacking_scope_is_no_reason_to_refresh(connected: ConnectedClub):
    with pytest.raises(Forbidden) as refused:
        access_for_reading(club=connected.club).get("/Reports/TrialBalance")
    assert refused.value.problem == "scope"
    assert TokenSet.objects.get().generation == 1


def test_a_lacking_permission_is_not_a_disconnect(connected: ConnectedClub):
    connected.xero.authorise(connected.club, connected.owner, login=NORA)
    given = access_for_sending(club=connected.club, user=connected.owner)
    with pytest.raises(Forbidden) as refused:
        given.get("/ManualJournals", {"page": "1"})
    assert refused.value.problem == "permission"
    assert standing.standing_of(club=connected.club, user=connected.owner).is_live


def test_a_403_while_connected_is_a_matter_of_permission_not_of_disconnecting(connected: ConnectedClub):
    connected.xero.simulator.fault(
        "500-html", path="/Organisation", status=403, text='{"title":"Forbidden","detail":"AuthenticationUnsuccessful"}'
    )
    with pytest.raises(Forbidden) as refused:
        organisation(connected)
    assert refused.value.problem == "connection"
    assert standing.standing_of(club=connected.club, user=connected.treasurer).is_live


@pytest.mark.parametrize("fault", ["drop-before-commit", "timeout-before-commit", "500-html", "503-maintenance"])
def test_reads_are_tried_again_a_few_times_and_then_given_up(connected: ConnectedClub, fault: str):
    connected.xero.simulator.fault(fault, path="/Organisation", times=0)
    with pytest.raises(XeroUnavailable):
        organisation(connected)
    # Where Xero itself names a wait of minutes, trying again at once would only add to its troubles.
    assert calls(connected) == (1 if fault == "503-maintenance" else 3)


@pytest.mark.parametrize("fault", ["drop-after-commit", "drop-mid-body", "500-html", "truncated-json", "garbled-json"])
def test_a_read_that_fails_once_succeeds(connected: ConnectedClub, fault: str):
    connected.xero.simulator.fault(fault, path="/Organisation")
    assert organisation(connected)
    assert calls(connected) == 2


@pytest.mark.parametrize(
    ("fault", "problem", "wait"),
    [
        ("429-minute", "minute", 22),
        ("429-day", "day", 66_975),
        ("429-concurrent", "concurrent", None),
        ("429-appminute", "appminute", 22),
    ],
)
def test_a_limit_is_told_at_once_and_never_slept_through(
    connected: ConnectedClub, fault: str, problem: str, wait: int | None
):
    connected.xero.simulator.fault(fault, path="/Organisation")
    with pytest.raises(RateLimited) as limited:
        organisation(connected)
    assert (limited.value.problem, limited.value.retry_after_seconds) == (problem, wait)
    assert calls(connected) == 1


def test_the_limits_of_the_last_answer_are_kept(connected: ConnectedClub):
    given = access_for_reading(club=connected.club)
    given.get("/Organisation")
    assert given.limits.minute_remaining is not None
    assert given.limits.day_remaining is not None
    assert given.limits.app_minute_remaining is not None


def test_every_call_names_the_organisation_asks_for_json_and_says_who_it_is(connected: ConnectedClub):
    organisation(connected)
    headers = connected.xero.simulator.requests("GET", "/Organisation")[-1].request.headers
    assert headers["xero-tenant-id"] == connected.xero.tenant_id()
    assert headers["accept"] == "application/json"
    assert headers["user-agent"].startswith("Clubledger/")


def test_use_is_noted_now_and_then_and_not_with_every_call(connected: ConnectedClub):
    access_for_reading(club=connected.club)
    first = Authorisation.objects.of(connected.club).get().last_used_at
    connected.xero.later(minutes=5)
    access_for_reading(club=connected.club)
    assert Authorisation.objects.of(connected.club).get().last_used_at == first == clock.now() - timedelta(minutes=5)


def test_a_disconnect_found_while_xero_is_half_down_does_not_hide_the_refusal(connected: ConnectedClub):
    given = access_for_sending(club=connected.club, user=connected.treasurer)
    connected.xero.kit("POST", "disconnect", {"organisation": GOLF})
    connected.xero.simulator.fault("500-html", method="GET", path="^/connections", times=0)
    reply = given.write(
        "PUT", "/ManualJournals", body=b"{}", idempotency_key="k", deadline_at=clock.now() + timedelta(seconds=60)
    )
    assert reply.status == 403
    assert Authorisation.objects.of(connected.club).get().ended_at is None


def test_after_its_deadline_nothing_is_written(connected: ConnectedClub):
    given = access_for_sending(club=connected.club, user=connected.treasurer)
    with pytest.raises(NeverSent) as never:
        given.write("PUT", "/ManualJournals", body=b"{}", idempotency_key="k", deadline_at=clock.now())
    assert never.value.problem == "deadline"
    assert connected.xero.simulator.requests("PUT") == []


def test_lost_authorisation_reaches_a_reader_of_the_chart(connected: ConnectedClub):
    given = access_for_reading(club=connected.club)
    connected.xero.kit("POST", "tokens/revoke", {"user": TESS})
    with pytest.raises(AuthorisationLost):
        charts.fetch_chart(access=given)
