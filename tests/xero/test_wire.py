"""What travels: exact amounts both ways, Xero's dates, and error bodies of every shape."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clubledger.xero.http.wire import (
    Limits,
    Unreadable,
    messages_of,
    read_date,
    read_fault,
    read_instant,
    read_json,
    read_limits,
    scrub,
    write_amount,
    write_instant,
    write_json,
)

CENTS = st.integers(-(10**15), 10**15)


@settings(deadline=None)
@given(CENTS)
def test_an_amount_comes_back_to_the_cent(cents: int):
    amount = Decimal(cents).scaleb(-2)
    body = write_json({"LineAmount": amount})
    assert read_json(body) == {"LineAmount": amount}
    assert b"e" not in body.split(b":")[1].lower()


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("1E+3", "1000.00"),
        ("-0.05", "-0.05"),
        ("12345678901234567.89", "12345678901234567.89"),
    ],
)
def test_amounts_are_plain_numbers_with_exactly_two_decimals(amount: str, words: str):
    assert write_amount(Decimal(amount)) == words


@pytest.mark.parametrize("wrong", [Decimal("0.001"), Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_whole_number_of_cents_does_not_go_out(wrong: Decimal):
    with pytest.raises(ValueError):
        write_json([wrong])


def test_a_float_never_goes_out():
    with pytest.raises(TypeError):
        write_json({"LineAmount": 0.1})


def test_the_json_is_what_a_standard_reader_expects():
    value = {
        "Narration": 'Tee "off" – ü\u2028',
        "Lines": [{"A": Decimal("1.10"), "B": None, "C": True, "D": 3}],
        "On": date(2026, 7, 1),
    }
    assert json.loads(write_json(value)) == {
        "Narration": 'Tee "off" – ü\u2028',
        "Lines": [{"A": 1.1, "B": None, "C": True, "D": 3}],
        "On": "2026-07-01",
    }


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"a": NaN}', b'{"a":', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_named_so(body: bytes):
    with pytest.raises(Unreadable):
        read_json(body)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("/Date(1448841600000+0000)/", date(2015, 11, 30)),
        ("/Date(1448841600000)/", date(2015, 11, 30)),
        ("/Date(1448841600000+1300)/", date(2015, 11, 30)),
        ("/Date(-86400000+0000)/", date(1969, 12, 31)),
        ("/Date(0+0000)/", date(1970, 1, 1)),
        ("2026-06-30T00:00:00", date(2026, 6, 30)),
        ("2026-06-30", date(2026, 6, 30)),
        ("", None),
        ("soon", None),
        (None, None),
        ("/Date(99999999999999999999)/", None),
    ],
)
def test_dates_are_read_by_whole_number_arithmetic_in_utc(text: str | None, on: date | None):
    assert read_date(text) == on


def test_instants_of_connections_have_seven_digits_and_no_zone():
    assert read_instant("2019-07-09T23:40:30.1833130") == datetime(2019, 7, 9, 23, 40, 30, 183313, UTC)
    assert read_instant("/Date(1573755038314)/") == datetime(2019, 11, 14, 18, 10, 38, 314000, UTC)
    assert read_instant("2026-01-01T10:00:00+11:00") == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    assert read_instant("never") is None
    assert write_instant(datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC)) == "2026-01-02T03:04:05"


def test_the_limits_come_from_the_headers():
    headers = {
        "x-minlimit-remaining": "0", "x-daylimit-remaining": "4539", "x-appminlimit-remaining": "9938",
        "retry-after": "22", "x-rate-limit-problem": "app-minute",
    }  # fmt: skip
    assert read_limits(headers) == Limits(0, 4539, 9938, 22, "appminute")
    assert read_limits({"retry-after": "soon", "x-minlimit-remaining": "many"}) == Limits()
    assert read_limits({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}).retry_after_seconds == 0


@pytest.mark.parametrize("said", ["999999999999999", "86401", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_header_makes_us_wait_longer_than_a_day(said: str):
    assert read_limits({"retry-after": said}).retry_after_seconds == 86_400


@pytest.mark.parametrize(
    "said", ["1, 2", "22.5", "Mon, 99 Foo 99999999999999999999 99:99:99", "٣٠ minutes", "1e9", ","]
)
def test_a_wait_that_can_not_be_read_is_none(said: str):
    assert read_limits({"retry-after": said}).retry_after_seconds is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("cut \\ud83d", "cut \ufffd"),
        ("\\uDE00 cut", "\ufffd cut"),
        ("\\ud83d\\ud83d\\ude00", "\ufffd\U0001f600"),
        ("whole \\ud83d\\ude00", "whole \U0001f600"),
        ("nil \\u0000", "nil \ufffd"),
        ("a backslash \\\\u0000", "a backslash \\u0000"),
        ("both \\\\\\ud83d", "both \\\ufffd"),
    ],
)
def test_texts_that_no_database_keeps_are_made_whole(sent: str, read: str):
    assert read_json(f'{{"Narration":"{sent}"}}'.encode()) == {"Narration": read}


PROBLEM = {
    "Type": None,
    "Title": "Unauthorized",
    "Status": 401,
    "Detail": "TokenExpired: token expired at 04/09/2023 05:16:59",
    "Instance": "8f2d",
    "Extensions": {},
}
GATEWAY = "<html><head><style>p{}</style></head><body><h1>504 Gateway Time-out</h1></body></html>"
NO_RESOURCE = "The resource you're looking for cannot be found"
BAD_WHERE = '{"ErrorNumber":16,"Type":"QueryParseException","Message":"Unterminated string literal"}'
NAMES = ["Elements", "Message", "Type", "error", "ErrorNumber", "ValidationErrors", "x"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("case", [str, str.lower])
def test_the_problem_shape_is_read_in_both_cases(case):
    fault = read_fault(json.dumps({case(key): value for key, value in PROBLEM.items()}).encode())
    assert (fault.kind, fault.title, fault.instance) == ("problem", "Unauthorized", "8f2d")
    assert fault.detail.startswith("TokenExpired")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (BAD_WHERE, "api", "Unterminated string literal"),
        ('{"error":"invalid_grant"}', "oauth", "invalid_grant"),
        (NO_RESOURCE, "text", NO_RESOURCE),
        ('"The Organisation is offline"', "text", "The Organisation is offline"),
        (GATEWAY, "html", "504 Gateway Time-out"),
        ("", "empty", ""),
        ("   \r\n", "empty", ""),
        ("[1, 2]", "text", "[1, 2]"),
        ('{"Message":"An error has occurred."}', "problem", "An error has occurred."),
        ("no\0JSON", "text", "no\ufffdJSON"),
        ('{"Message":"cut \0', "text", '{"Message":"cut \ufffd'),
    ],
)
def test_error_bodies_of_every_shape_are_read(body: str, kind: str, words: str):
    fault = read_fault(body.encode())
    assert (fault.kind, fault.words) == (kind, words)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_no_error_body_is_too_strange(body: bytes):
    fault = read_fault(body)
    assert fault.kind in {"problem", "api", "oauth", "text", "html", "empty"}
    assert "\0" not in fault.words, "no database keeps it"


@settings(max_examples=60, deadline=None)
@given(ANY_JSON)
def test_no_json_error_is_too_strange(value):
    fault = read_fault(json.dumps(value).encode())
    assert isinstance(fault.words, str)
    for element in fault.elements:
        messages_of(element)


@pytest.mark.parametrize(
    "words",
    [
        "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0 refused",
        "refresh_token=abcdef0123456789&grant_type=x",
        '{"access_token": "abcdef0123456789"}',
        "code=0123456789abcdef0123456789abcdef",
        "Basic Y2xpZW50OnNlY3JldA==",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(words: str):
    clean = scrub(words)
    assert "[removed]" in clean
    for secret in ("eyJ", "abcdef0123456789", "Y2xpZW50"):
        assert secret not in clean


def test_xeros_own_words_are_left_alone():
    words = "Account code '800' is not a valid code for this document. Code: 200"
    assert scrub(words) == words
