"""What Xero's answers mean, by recorded shapes: for reading a named error, for writing an outcome for each journal."""

import json
from typing import Any

import pytest

from clubledger.xero.errors import (
    AnswerLost,
    AnswerUnreadable,
    AppMisconfigured,
    AuthorisationLost,
    Forbidden,
    NeverSent,
    NotFoundInXero,
    RateLimited,
    Refused,
    XeroUnavailable,
)
from clubledger.xero.http.answers import Answer, answer_to_failure, answer_to_write, raise_for
from clubledger.xero.http.client import Reply

SENT = ["Daily journal A", "Daily journal B"]
GUID = "0b2d9bfb-4c7e-4c1d-9f63-2a3fcd63a7f1"
ZERO = "00000000-0000-0000-0000-000000000000"
REPORTING = "You are not permitted to access this resource without the reporting role or higher privileges."
NOT_FOUND = "The document with the supplied id was not found for this endpoint."
NO_RESOURCE = "The resource you're looking for cannot be found"
NO_METHOD = "The Api Method called is not implemented"


def problem_of(status: int, detail: str) -> dict[str, Any]:
    return {"Title": "Unauthorized", "Status": status, "Detail": detail}


def reply(status: int, body: Any = b"", **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def journal(narration: str, **fields: Any) -> dict[str, Any]:
    return {
        "ManualJournalID": GUID,
        "Narration": narration,
        "Date": "/Date(1782777600000+0000)/",
        "Status": "POSTED",
        "StatusAttributeString": "OK",
        "JournalLines": [{"LineAmount": 1.00, "AccountCode": "200"}],
    } | fields


def envelope(*journals: dict[str, Any]) -> dict[str, Any]:
    return {"Id": GUID, "Status": "OK", "ManualJournals": list(journals)}


def outcomes(answer: Answer) -> list[str]:
    return [item.outcome for item in answer.items]


# --- 200 ------------------------------------------------------------------------------------------------------------


def test_good_journals_are_accepted_in_their_order():
    answer = answer_to_write(reply(200, envelope(*map(journal, SENT)), xero_correlation_id="c-1"), SENT)
    assert (answer.outcome, answer.correlation_id, outcomes(answer)) == ("accepted", "c-1", ["accepted", "accepted"])
    assert answer.items[0].journal is not None
    assert str(answer.items[0].journal.date) == "2026-06-30"


def test_one_answer_holds_good_and_bad_journals():
    bad = journal(
        SENT[1],
        ManualJournalID=ZERO,
        StatusAttributeString="ERROR",
        ValidationErrors=[{"Message": "The total debits (100.00) must equal total credits (-10.00)"}],
    )
    answer = answer_to_write(reply(200, envelope(journal(SENT[0]), bad)), SENT)
    assert (answer.outcome, outcomes(answer)) == ("accepted", ["accepted", "rejected"])
    assert answer.items[1].messages == ("The total debits (100.00) must equal total credits (-10.00)",)
    assert answer.words == "The total debits (100.00) must equal total credits (-10.00)"


def test_a_warning_is_accepted_and_told():
    warned = journal(
        SENT[0],
        StatusAttributeString="WARNING",
        Warnings=[{"Message": "Account code '476' has been removed as it does not match a recognised account."}],
    )
    answer = answer_to_write(reply(200, envelope(warned)), SENT[:1])
    assert outcomes(answer) == ["accepted"]
    assert "476" in answer.items[0].warnings[0]


def test_an_unknown_status_word_is_unknown():
    answer = answer_to_write(reply(200, envelope(journal(SENT[0], StatusAttributeString="PENDING"))), SENT[:1])
    assert outcomes(answer) == ["unknown"]


def test_another_narration_in_the_same_place_is_unknown():
    answer = answer_to_write(reply(200, envelope(journal(SENT[1]), journal(SENT[0]))), SENT)
    assert (answer.outcome, outcomes(answer)) == ("unknown", ["unknown", "unknown"])


def test_another_number_of_journals_is_unknown_as_a_whole():
    answer = answer_to_write(reply(200, envelope(journal(SENT[0]))), SENT)
    assert outcomes(answer) == ["unknown", "unknown"]


def test_an_accepted_journal_without_an_id_is_unknown():
    answer = answer_to_write(reply(200, envelope(journal(SENT[0], ManualJournalID=ZERO))), SENT[:1])
    assert outcomes(answer) == ["unknown"]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>ok</html>", b'{"Manual', b"{'ManualJournals'=[]}\x00\xfe", "[]", "null", '{"ManualJournals":{}}'],
)
def test_a_success_that_makes_no_sense_is_unknown(body: Any):
    assert outcomes(answer_to_write(reply(200, body), SENT)) == ["unknown", "unknown"]


def test_a_void_is_accepted_only_when_xero_says_voided():
    for status, outcome in (("VOIDED", "accepted"), ("POSTED", "unknown")):
        answer = answer_to_write(
            reply(200, envelope(journal(SENT[0], Status=status))), SENT[:1], wanted_status="VOIDED"
        )
        assert outcomes(answer) == [outcome]


# --- 400 ------------------------------------------------------------------------------------------------------------


def validation(*elements: dict[str, Any], number: int = 10, message: str = "A validation exception occurred") -> Reply:
    return reply(
        400, {"ErrorNumber": number, "Type": "ValidationException", "Message": message, "Elements": list(elements)}
    )


def test_a_validation_exception_rejects_the_bad_and_did_not_save_the_good():
    good = journal(SENT[0], ManualJournalID=ZERO)
    bad = journal(SENT[1], ManualJournalID=ZERO, ValidationErrors=[{"Message": "Bad account"}])
    answer = answer_to_write(validation(good, bad), SENT)
    assert (answer.outcome, outcomes(answer)) == ("rejected", ["not_sent", "rejected"])
    assert answer.words == "Bad account"


def test_a_good_one_with_an_id_in_a_validation_exception_is_unknown():
    bad = journal(SENT[1], ManualJournalID=ZERO, ValidationErrors=[{"Message": "Bad account"}])
    assert outcomes(answer_to_write(validation(journal(SENT[0]), bad), SENT)) == ["unknown", "rejected"]


def test_elements_that_do_not_match_what_was_sent_are_unknown():
    bad = journal("Something else", ManualJournalID=ZERO, ValidationErrors=[{"Message": "Bad account"}])
    assert outcomes(answer_to_write(validation(bad), SENT)) == ["unknown", "unknown"]
    assert outcomes(answer_to_write(validation(bad), SENT[:1])) == ["unknown"]


def test_a_body_that_xero_could_not_parse_is_rejected_in_its_words():
    words = "Error converting value \"NO_TAX\" to type 'Xero.API.Library..LineAmountType'."
    answer = answer_to_write(
        reply(400, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": words}), SENT
    )
    assert (outcomes(answer), answer.words) == (["rejected", "rejected"], words)


@pytest.mark.parametrize("where", ["top", "elements"])
def test_a_key_used_with_another_request_is_unknown(where: str):
    words = "Idempotency Key: abc is used with a different request."
    if where == "top":
        given = validation(number=17, message=words)
    else:
        given = validation(journal(SENT[0], ValidationErrors=[{"Message": words}]), journal(SENT[1]))
    assert outcomes(answer_to_write(given, SENT)) == ["unknown", "unknown"]


@pytest.mark.parametrize("body", ["", "Bad Request", "<html><body><h1>400 Bad Request</h1></body></html>", '{"Mess'])
def test_a_400_without_xeros_shape_is_unknown(body: str):
    assert answer_to_write(reply(400, body), SENT).outcome == "unknown"


# --- other statuses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (401, problem_of(401, "TokenExpired: token expired at 04/09/2023 05:16:59"), "token"),
        (401, problem_of(401, "AuthenticationUnsuccessful"), "token"),
        (401, problem_of(401, "AuthorizationUnsuccessful"), "scope"),
        (403, {"title": "Forbidden", "status": 403, "detail": "AuthenticationUnsuccessful"}, "connection"),
        (403, {"Title": "Forbidden", "Detail": REPORTING}, "permission"),
        (403, "", "area"),
        (403, "You are not permitted", "permission"),
    ],
)
def test_401_and_403_were_not_executed_and_say_why(status: int, body: Any, problem: str):
    answer = answer_to_write(reply(status, body), SENT)
    assert (answer.outcome, answer.problem) == ("not_sent", problem)
    with pytest.raises(Forbidden) as raised:
        raise_for(reply(status, body))
    assert raised.value.problem == problem


@pytest.mark.parametrize("spelt", ["insufficient_scope", "insufficent_scope"])
def test_a_lacking_scope_is_told_by_the_header_however_it_is_spelt(spelt: str):
    given = reply(401, "", www_authenticate=f'Bearer error="{spelt}"')
    assert answer_to_write(given, SENT).problem == "scope"


@pytest.mark.parametrize("body", ["", "Too many requests"])
def test_429_was_not_executed_and_says_which_limit(body: str):
    given = reply(429, body, x_rate_limit_problem="minute", retry_after="22", x_daylimit_remaining="4539")
    answer = answer_to_write(given, SENT)
    assert (answer.outcome, answer.limit_problem, answer.retry_after_seconds) == ("not_sent", "minute", 22)
    assert answer.limits.day_remaining == 4539
    with pytest.raises(RateLimited) as raised:
        raise_for(given)
    assert (raised.value.problem, raised.value.retry_after_seconds) == ("minute", 22)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({}, "concurrent"),
        ({"retry_after": "9"}, "minute"),
        ({"x_daylimit_remaining": "0", "retry_after": "70000"}, "day"),
        ({"x_appminlimit_remaining": "0"}, "appminute"),
        ({"x_rate_limit_problem": "app-minute"}, "appminute"),
    ],
)
def test_a_429_that_does_not_say_which_limit_is_guessed_by_what_is_used_up(headers: dict[str, str], problem: str):
    assert answer_to_write(reply(429, "", **headers), SENT).limit_problem == problem


@pytest.mark.parametrize(
    "words",
    [
        "The Xero API is currently offline for maintenance",
        "The Xero API is temporarily unavailable",
        "The Organisation is offline",
    ],
)
def test_the_maintenance_texts_ask_for_five_minutes_and_leave_a_write_unknown(words: str):
    answer = answer_to_write(reply(503, words), SENT)
    assert (answer.outcome, answer.retry_after_seconds, answer.words) == ("unknown", 300, words)
    with pytest.raises(XeroUnavailable) as raised:
        raise_for(reply(503, words))
    assert raised.value.retry_after_seconds == 300


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409, 302])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><body>Server Error</body></html>",
        '{"ErrorNumber":0,"Type":"InternalServerException","Message":"x"}',
    ],
)
def test_what_tells_nothing_is_unknown(status: int, body: str):
    assert outcomes(answer_to_write(reply(status, body), SENT)) == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, NO_RESOURCE, NO_RESOURCE),
        (
            404,
            {
                "ErrorNumber": 10,
                "Type": "ValidationException",
                "Message": "A validation exception occurred",
                "Elements": [{"ValidationErrors": [{"Message": NOT_FOUND}]}],
            },
            NOT_FOUND,
        ),
        (412, "Precondition failed", "Precondition failed"),
        (501, {"ErrorNumber": 20, "Type": "ApiMethodNotImplementedException", "Message": NO_METHOD}, NO_METHOD),
    ],
)
def test_what_can_not_have_been_carried_out_is_rejected(status: int, body: Any, words: str):
    answer = answer_to_write(reply(status, body), SENT)
    assert (outcomes(answer), answer.words) == (["rejected", "rejected"], words)
    with pytest.raises(NotFoundInXero if status == 404 else Refused):
        raise_for(reply(status, body))


def test_reading_raises_xeros_messages():
    with pytest.raises(Refused) as raised:
        raise_for(reply(400, {"ErrorNumber": 51, "Type": "HighVolumeException", "Message": "Too many"}))
    assert raised.value.messages == ("Too many",)
    with pytest.raises(AnswerUnreadable):
        raise_for(reply(302, ""))
    raise_for(reply(204))


def test_no_answer_is_unknown_unless_nothing_was_sent():
    lost = answer_to_failure(AnswerLost("x"), 2)
    assert (outcomes(lost), lost.problem) == (["unknown", "unknown"], "")
    unreadable = answer_to_failure(AnswerUnreadable("x"), 1)
    assert unreadable.outcome == "unknown"
    for error, problem in (
        (NeverSent("x", retry_after_seconds=7), "network"),
        (NeverSent("x", problem="deadline"), "deadline"),
        (AuthorisationLost("x", because="expired"), "authorisation"),
        (AppMisconfigured("x"), "app"),
    ):
        answer = answer_to_failure(error, 1)
        assert (answer.outcome, answer.problem) == ("not_sent", problem)


def test_no_repr_shows_a_body():
    assert "secret" not in repr(reply(200, "secret", x="secret"))
