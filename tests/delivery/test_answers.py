"""Answers that no good service gives, and what they do to a club's turn: each ends in a state with words."""

import json
from datetime import timedelta

import httpx2
import pytest
from django.test import override_settings

from clubledger.clubs.models import Role
from clubledger.delivery import preflight
from clubledger.delivery.models import AppPause, Sighting
from clubledger.foundation import clock, crash
from clubledger.ledger.journals.states import WaitReason
from clubledger.ledger.models import JournalLine, JournalState
from clubledger.xero import manual_journals
from clubledger.xero.http.wire import ZERO_GUID
from clubledger.xero.models import Authorisation
from tests.delivery.hostile import answers, edit_in_xero, go_on, in_xeros_place, instead, is_list
from tests.delivery.restore import DAY_TWO
from tests.fixtures_clubs import add_member
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import SAM, TESS

pytestmark = pytest.mark.django_db(transaction=True)

NO_REPORTS = {
    "Title": "Forbidden",
    "Status": 403,
    "Detail": "You are not permitted to access this resource without the reporting role or higher privileges.",
}


@pytest.mark.parametrize("method", ["PUT", "GET"])
@pytest.mark.parametrize("said", ["999999999999999", "31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "-5", "soon", "22.5"])
def test_whatever_retry_after_says_the_club_waits_a_day_at_most(ready: ReadyClub, method: str, said: str) -> None:
    ready.press_send()

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.method != method or answer.status_code != 429:
            return None
        return httpx2.Response(429, headers={"Retry-After": said, "X-Rate-Limit-Problem": "minute"})

    ready.xero.simulator.fault("429-minute", method=method, path="ManualJournals")
    with answers(ready, alter):
        ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, "limit")
    assert clock.now() < journal.wait_until <= clock.now() + timedelta(days=1)
    ready.xero.later(days=1, minutes=1)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


def test_xero_that_is_away_and_wants_to_be_asked_at_once_is_asked_after_a_pause(ready: ReadyClub) -> None:
    ready.press_send()

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return httpx2.Response(503, headers={"Retry-After": "0"}) if is_list(request) else None

    with answers(ready, alter):
        ready.serve()
    assert ready.journal().wait_reason == WaitReason.NETWORK
    assert ready.delivery().due_at >= clock.now() + timedelta(seconds=30)


def test_the_apps_limit_met_while_reading_keeps_its_other_clubs_from_asking(ready: ReadyClub) -> None:
    ready.press_send()
    ready.xero.simulator.fault("429-appminute", method="GET", path="ManualJournals")
    ready.serve()
    assert AppPause.objects.get().until > clock.now()


def test_what_xero_warned_of_when_it_took_a_journal_is_not_forgotten(ready: ReadyClub) -> None:
    """Its lists say nothing of it."""
    ready.press_send()

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if request.method != "PUT":
            return None
        body = json.loads(answer.content)
        warning = {"StatusAttributeString": "WARNING", "Warnings": [{"Message": "A tax rate was exchanged."}]}
        body["ManualJournals"][0] |= warning
        return instead(answer, body)

    with answers(ready, alter):
        ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.xero_words) == (JournalState.DIFFERS, "Xero warned: A tax rate was exchanged.")


def test_fractions_of_a_cent_of_tax_are_rounded_and_those_of_an_amount_differ(ready: ReadyClub) -> None:
    ready.press_send()
    field = ["TaxAmount"]

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if not is_list(request):
            return None
        body = json.loads(answer.content)
        for line in [line for one in body["ManualJournals"] for line in one["JournalLines"]]:
            line[field[0]] = line[field[0]] + 0.0045
        return instead(answer, body)

    with answers(ready, alter):
        ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert JournalLine.objects.get(journal=ready.journal(), account_code="200").xero_tax_minor == -10_000
    field[0] = "LineAmount"
    ready.bring_in(DAY_TWO)
    ready.press_send()
    with answers(ready, alter):
        ready.serve()
    assert ready.journals()[1].state == JournalState.DIFFERS


def test_a_reader_who_may_no_longer_look_leaves_it_to_another(ready: ReadyClub) -> None:
    sam = add_member(ready.club, Role.ACCOUNTS, "sam@club.example")
    ready.xero.authorise(ready.club, sam, login=SAM)
    ready.press_send()
    Authorisation.objects.of(ready.club).filter(user=sam).update(last_used_at=clock.now() + timedelta(seconds=1))
    _let_look(ready, SAM, may=False)
    ready.serve()
    assert ready.journal().state == JournalState.SENT


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [(NO_REPORTS, "permission"), ({"Title": "Forbidden", "Detail": "AuthorizationUnsuccessful"}, "setup")],
)
def test_where_nobody_may_look_it_says_why(ready: ReadyClub, refusal: dict[str, object], reason: str) -> None:
    ready.press_send()

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return httpx2.Response(403, json=refusal) if is_list(request) else None

    with answers(ready, alter):
        ready.serve()
    journal = ready.journal()
    assert (journal.state, journal.wait_reason) == (JournalState.QUEUED, reason)
    assert str(refusal["Detail"]) in journal.xero_words


def test_a_refusal_of_the_person_that_xero_remembers_does_not_outlive_its_cause(ready: ReadyClub) -> None:
    ready.xero.simulator.settings(idempotency_seconds=86_400)
    ready.press_send()
    crash.use(lambda point: _let_look(ready, TESS, may=False) if point == "delivery.before_claim" else None)
    ready.serve()
    crash.use(None)
    assert (ready.journal().state, ready.journal().wait_reason) == (JournalState.QUEUED, "permission")
    _let_look(ready, TESS, may=True)
    go_on(ready, 17)
    assert ready.journal().state == JournalState.SENT


def test_a_key_that_is_still_in_use_says_nothing_of_its_journal(ready: ReadyClub) -> None:
    """Else a replay would free a journal whose first request is carried out a minute later."""
    words = "Idempotency Key: 0a is used by a request that is still running."
    refusal = {"ErrorNumber": 10, "Type": "ValidationException", "Message": words}

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        is_running = request.method == "PUT" and answer.status_code == 409
        return httpx2.Response(400, json=refusal) if is_running else None

    ready.xero.simulator.fault("late-after-drop", method="PUT", path="ManualJournals", times=1, late_seconds=300)
    with override_settings(XERO_REPLAY_SECONDS=360), answers(ready, alter):
        ready.send()
        go_on(ready)
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


@pytest.mark.parametrize("status", [404, 413, 501])
def test_a_request_refused_without_a_word_fails_for_its_culprit_alone_and_says_what_it_can(
    ready: ReadyClub, status: int
) -> None:
    ready.bring_in(DAY_TWO)
    ready.press_send()

    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        is_refused = request.method == "PUT" and b"20261116-1" in request.content
        return httpx2.Response(status) if is_refused else None

    with in_xeros_place(ready, refuse):
        ready.serve()
    first, second = ready.journals()
    assert (first.state, second.state) == (JournalState.REJECTED, JournalState.SENT)
    assert str(status) in first.xero_words


def test_a_refusal_that_names_no_journal_is_not_repeated_for_ever(ready: ReadyClub) -> None:
    """Each would be queued again at once, with no reason shown, as a good one of a refused request is."""
    ready.bring_in(DAY_TWO)
    ready.press_send()
    refusal = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    asked = []

    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        if request.method != "PUT":
            return None
        asked.append(request)
        assert len(asked) < 9, "it is sent again and again"
        sent = json.loads(request.content)["ManualJournals"]
        echo = [{"Narration": one["Narration"], "ManualJournalID": ZERO_GUID} for one in sent]
        return httpx2.Response(400, json={**refusal, "Elements": echo})

    with in_xeros_place(ready, refuse):
        ready.serve()
    assert [one.state for one in ready.journals()] == [JournalState.REJECTED, JournalState.REJECTED]
    assert {one.xero_words for one in ready.journals()} == {"A validation exception occurred"}
    assert len(asked) == 3


def test_a_text_cut_through_an_emoji_does_not_stop_the_club(ready: ReadyClub) -> None:
    ready.send()
    [there] = ready.in_xero()
    edit_in_xero(ready, there.journal_id, Narration=f"{there.narration} and more", Status="VOIDED")
    ready.bring_in(DAY_TWO)
    ready.press_send()

    def alter(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        content = answer.content.replace(b"and more", b"and \\ud83d\\u0000")
        return httpx2.Response(200, headers=answer.headers, content=content) if is_list(request) else None

    with answers(ready, alter):
        ready.serve()
    assert ready.journals()[1].state == JournalState.SENT
    assert Sighting.objects.of(ready.club).get().found["narration"].endswith("and \ufffd\ufffd")


def test_a_journal_too_large_for_a_request_is_a_finding_and_stops_no_other(
    ready: ReadyClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.bring_in(DAY_TWO)
    monkeypatch.setattr(manual_journals, "MAX_BODY_BYTES", preflight.ENVELOPE_BYTES + 800)
    found = ready.validate()
    assert [(journal_id, finding.code) for journal_id, finding in found.findings] == [
        (ready.journals()[0].pk, "too_large")
    ]
    ready.send()
    assert [one.state for one in ready.journals()] == [JournalState.OPEN, JournalState.SENT]


def _let_look(ready: ReadyClub, login: str, *, may: bool) -> None:
    """Grant a Xero user the permission that manual journals need, or take it away."""
    member = {"role": "STANDARD", "reports": may}
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/members/{login}", member)
