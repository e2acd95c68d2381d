"""Section 3: requests, envelope, dates, lists, errors."""

import json
import re
from datetime import UTC, datetime

import pytest

from xero_simulator.app import Simulator

from .driver import ADMIN, BANKSIA, HEATHER, KAURI, WATTLE, Club, club_of, journal, line, messages
from .facts import fact


@fact("3.1", "Without `Accept: application/json` the answer is XML", certainty="docs")
@pytest.mark.parametrize("accept", ["*/*", "text/xml", ""])
def test_without_json_accepted_the_answer_is_xml(club: Club, accept: str) -> None:
    club.made(narration="A & B")
    answer = club.get("ManualJournals", params={"page": 1}, Accept=accept)
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.text.startswith("<Response ")
    assert "<Narration>A &amp; B</Narration>" in answer.text
    assert "<Date>2026-11-20T00:00:00</Date>" in answer.text
    assert "<LineAmount>110.00</LineAmount>" in answer.text
    assert "<ApiException " in club.get("ManualJournals", params={"where": "("}, Accept=accept).text


@fact("3.1", "Bodies are `application/json` in UTF-8", certainty="spec, docs")
@pytest.mark.parametrize(
    "kind", ["text/xml", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", ""]
)
def test_a_body_that_is_not_called_json_is_refused_loudly(club: Club, kind: str) -> None:
    body = json.dumps(journal()).encode()
    assert club.call("PUT", "ManualJournals", body=body, Content_Type=kind).status_code == 415
    good = club.call("PUT", "ManualJournals", body=body, Content_Type="application/json; charset=utf-8")
    assert good.status_code == 200


@fact("3.1", "`PUT` creates only; `POST` creates or updates", certainty="docs")
def test_put_creates_only(club: Club) -> None:
    made = club.made()
    again = journal("Changed", ManualJournalID=made["ManualJournalID"])
    assert club.put(again).status_code == 400
    answer = club.post(again, journal("New"))
    assert [row["Narration"] for row in answer.json()["ManualJournals"]] == ["Changed", "New"]
    assert answer.json()["ManualJournals"][0]["ManualJournalID"] == made["ManualJournalID"]
    assert len(club.get("ManualJournals").json()["ManualJournals"]) == 2


@fact("3.2", "The envelope: Id, Status, ProviderName, DateTimeUTC; pretty-printed with CRLF", certainty="seen")
@fact("3.2", "Slashes in dates are escaped; amounts are numbers with two decimals", certainty="seen")
@fact("3.2", "`Id` equals the header `Xero-Correlation-Id`", certainty="seen")
def test_the_envelope(club: Club) -> None:
    answer = club.put(journal())
    text = answer.text
    assert text.startswith('{\r\n  "Id": "')
    assert "\n" not in text.replace("\r\n", "")
    assert '"Date": "\\/Date(1795132800000+0000)\\/"' in text
    assert '"LineAmount": 110.00,' in text
    assert '"TaxAmount": -10.00,' in text
    body = answer.json()
    assert (body["Status"], body["ProviderName"]) == ("OK", "Clubledger V2")
    assert re.fullmatch(r"/Date\(\d+\)/", body["DateTimeUTC"])
    assert answer.headers["Xero-Correlation-Id"] == body["Id"]


@fact(
    "3.2", "Every accounting answer carries the remaining limits and `Cache-Control: no-store`", certainty="docs, seen"
)
def test_every_answer_carries_the_limits(club: Club) -> None:
    first, second = club.get("Organisation"), club.get("ManualJournals/nothing")
    for name in ("X-DayLimit-Remaining", "X-MinLimit-Remaining", "X-AppMinLimit-Remaining"):
        assert int(second.headers[name]) == int(first.headers[name]) - 1
    assert "no-store" in second.headers["Cache-Control"]
    assert second.headers["Xero-Correlation-Id"]


@fact("3.3", "Dates go out as milliseconds of UTC midnight, time stamps as `/Date(ms+0000)/`", certainty="spec")
@fact("3.3", "Dates come in as `YYYY-MM-DD` or `/Date(ms)/`", certainty="docs")
@pytest.mark.parametrize(
    "given", ["2026-11-20", "/Date(1795132800000)/", "/Date(1795132800000+0000)/", "2026-11-20T00:00:00"]
)
def test_dates(club: Club, given: str) -> None:
    made = club.made(Date=given)
    assert made["Date"] == "/Date(1795132800000+0000)/"
    assert re.fullmatch(r"/Date\(\d+\+0000\)/", made["UpdatedDateUTC"])


def test_dates_before_1970_have_negative_milliseconds(club: Club) -> None:
    assert club.made(Date="1969-12-31")["Date"] == "/Date(-86400000+0000)/"


@fact("3.3", "An omitted date is today in the organisation's time zone", certainty="docs")
@pytest.mark.parametrize(("organisation", "day"), [(BANKSIA, 22), (WATTLE, 21), (KAURI, 22), (HEATHER, 21)])
def test_an_omitted_date_is_today_over_there(simulator: Simulator, organisation: str, day: int) -> None:
    simulator.clock.set(datetime(2026, 11, 21, 14, 30, tzinfo=UTC))
    club = club_of(simulator, organisation, ADMIN)
    answer = club.put(journal(Date=None, LineAmountTypes="NoTax", lines=[line("1", "615"), line("-1", "200")]))
    expected = datetime(2026, 11, day, tzinfo=UTC)
    assert answer.json()["ManualJournals"][0]["Date"] == f"/Date({int(expected.timestamp())}000+0000)/"


@fact("3.4", "`page` starts at 1, `pageSize` is 100 by default and clamped to 1,000", certainty="docs")
@fact("3.2", "The pagination object: page, pageSize, pageCount, itemCount", certainty="seen")
@fact(
    "3.4",
    "Without `page` journals come with empty lines, with `page` and by id with lines",
    certainty="spec, docs, seen",
)
def test_paging_and_lines(simulator: Simulator, club: Club) -> None:
    simulator.settings(limits=False)
    for part in range(3):
        club.put(*[journal(f"J {part * 40 + place}") for place in range(40)])
    bare = club.get("ManualJournals").json()
    assert "pagination" not in bare
    assert len(bare["ManualJournals"]) == 120
    assert {len(row["JournalLines"]) for row in bare["ManualJournals"]} == {0}
    first = club.get("ManualJournals", params={"page": 1}).json()
    assert first["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 2, "itemCount": 120}
    assert len(first["ManualJournals"]) == 100
    assert {len(row["JournalLines"]) for row in first["ManualJournals"]} == {2}
    assert len(club.get("ManualJournals", params={"page": 2}).json()["ManualJournals"]) == 20
    assert club.get("ManualJournals", params={"page": 3}).json()["ManualJournals"] == []
    huge = club.get("ManualJournals", params={"page": 1, "pageSize": 5000}).json()["pagination"]
    assert huge == {"page": 1, "pageSize": 1000, "pageCount": 1, "itemCount": 120}
    one = club.get(f"ManualJournals/{first['ManualJournals'][0]['ManualJournalID']}").json()
    assert len(one["ManualJournals"][0]["JournalLines"]) == 2
    for bad in ("0", "-1", "x", "1.5"):
        assert club.get("ManualJournals", params={"page": bad}).status_code == 400


@fact("3.1", "`If-Modified-Since` in UTC with the precision of a second", certainty="docs")
def test_if_modified_since(simulator: Simulator, club: Club) -> None:
    old = club.made(narration="Old")
    simulator.later(minutes=10)
    club.made(narration="New")

    def since(text: str) -> list[str]:
        rows = club.get("ManualJournals", If_Modified_Since=text).json()["ManualJournals"]
        return [row["Narration"] for row in rows]

    assert since("2026-11-22T01:05:00") == ["New"]
    assert since("2026-11-22T01:05:00Z") == ["New"]
    assert since("Sun, 22 Nov 2026 01:05:00 GMT") == ["New"]
    assert since("2026-11-22T00:59:59") == ["Old", "New"]
    simulator.later(minutes=1)
    club.post({"ManualJournalID": old["ManualJournalID"], "Narration": "Old, edited"})
    assert since("2026-11-22T01:05:00") == ["New", "Old, edited"]
    assert club.get("Accounts", If_Modified_Since="2026-11-22T01:05:00").json()["Accounts"] == []


@fact("3.7", "412 for a conditional header that cannot be read", certainty="docs")
def test_an_unreadable_conditional_header(club: Club) -> None:
    for text in ("yesterday", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00"):
        assert club.get("ManualJournals", If_Modified_Since=text).status_code == 412


@fact("3.4", "`where`: comparisons, AND/OR, DateTime, Guid, Contains, StartsWith, null checks", certainty="docs")
@fact("4.6", '`where=Narration=="…"` finds the exact narration', certainty="docs")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Narration=="First"', "F"),
        ('Narration != "First"', "ST"),
        ('Narration.Contains("ir")', "FT"),
        ('Narration.StartsWith("Sec") OR Narration=="First"', "FS"),
        ('Narration.StartsWith("Sec") || Narration=="First"', "FS"),
        ('Status=="POSTED" AND Narration.Contains("ir")', "F"),
        ('Status=="POSTED" && Narration.Contains("ir")', "F"),
        ('Status=="DRAFT" AND (Narration=="First" OR Narration=="Third")', "T"),
        ("Date==DateTime(2026,11,02)", "S"),
        ("Date>=DateTime(2026, 11, 2)", "ST"),
        ("Date > DateTime(2026,11,01) AND Date < DateTime(2026,11,03)", "S"),
        ('Date < DateTime.Parse("2026-11-02")', "F"),
        ("Url==null", "ST"),
        ('Url!=null AND Url.Contains("club")', "F"),
        ("HasAttachments==false", "FST"),
        ("ShowOnCashBasisReports", "FST"),
        ("!(ShowOnCashBasisReports)", ""),
        ('Narration.ToLower()=="first"', "F"),
        ("UpdatedDateUTC>=DateTime(2026,11,22,1,0,0)", "FST"),
        ('UpdatedDateUTC > DateTime.Parse("2026-11-22T00:59:59")', "FST"),
        ('UpdatedDateUTC > DateTime.Parse("2026-11-22T01:00:30")', ""),
    ],
)
def test_where(club: Club, where: str, found: str) -> None:
    club.put(
        journal("First", Date="2026-11-01", Url="https://club.example/1"),
        journal("Second", Date="2026-11-02"),
        journal("Third", Date="2026-11-03", Status="DRAFT"),
    )
    answer = club.get("ManualJournals", params={"where": where, "page": 1, "order": "Date"})
    assert answer.status_code == 200, answer.text
    assert "".join(row["Narration"][0] for row in answer.json()["ManualJournals"]) == found


@pytest.mark.parametrize(
    "where", [r'Narration.Contains("\"best\"")', r'Narration.EndsWith("C:\\")', r'Narration=="The \"best\" of C:\\"']
)
def test_where_with_quotation_marks_and_backslashes(club: Club, where: str) -> None:
    club.put(journal('The "best" of C:\\'), journal("The best"))
    rows = club.get("ManualJournals", params={"where": where}).json()["ManualJournals"]
    assert [row["Narration"] for row in rows] == ['The "best" of C:\\']


def test_where_by_id(club: Club) -> None:
    made = club.made()
    club.made()
    key = made["ManualJournalID"].upper()
    for where in (f'ManualJournalID==Guid("{key}")', f'Guid("{{{key}}}") = ManualJournalID'):
        assert len(club.get("ManualJournals", params={"where": where}).json()["ManualJournals"]) == 1


@fact("3.5", "A bad `where`: ErrorNumber 16, QueryParseException", certainty="seen")
@fact("3.4", "A nullable field wants a null guard, else QueryParseException", certainty="seen")
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ('Narration=="open', "Unterminated string literal"),
        ('Reference=="x"', "No property or field 'Reference' exists in type 'ManualJournal'"),
        ('Url.Contains("club")', "may be null"),
        ("Narration==", "Expression expected"),
        ("(Narration==null", "')' expected"),
        ("Narration", "Boolean"),
        ("Date==3", "incompatible"),
        ('Date=="2026-11-20"', "'DateTime' and 'String'"),
        ('ManualJournalID=="4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"', "'Guid' and 'String'"),
        ('ManualJournalID==Guid("x")', "32 digits"),
        ('Date.Contains("2026")', "No applicable method"),
        ('UpdatedDateUTC>DateTime.Parse("yesterday")', "DateTime"),
        ("Narration @ 3", "Syntax error"),
        ("Date==DateTime(2026,13,01)", "DateTime"),
        ("((((" * 50, "nested too deeply"),
    ],
)
def test_a_bad_where(club: Club, where: str, message: str) -> None:
    if "null" in message:
        club.made()
    # Everything else is wrong for every row, so for none as well.
    answer = club.get("ManualJournals", params={"where": where})
    assert answer.status_code == 400
    assert (answer.json()["ErrorNumber"], answer.json()["Type"]) == (16, "QueryParseException")
    assert message in answer.json()["Message"]


@fact("3.4", "An unoptimised filter over too many records: 400, ErrorNumber 51, HighVolumeException", certainty="docs")
@fact("4.6", "Equality on Narration is the optimised filter", certainty="docs")
def test_high_volume(simulator: Simulator, club: Club) -> None:
    club.put(*[journal(f"J {place}") for place in range(5)])
    simulator.settings(high_volume_records=4)
    answer = club.get("ManualJournals", params={"where": 'Narration.Contains("J")'})
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 51)
    assert answer.json()["Type"] == "HighVolumeException"
    assert club.get("ManualJournals", params={"where": 'Narration=="J 3"'}).status_code == 200


@fact("3.4", "`order`: a field and ASC or DESC", certainty="docs")
@fact("4.6", "The default order is UpdatedDateUTC ascending", certainty="docs")
def test_order(simulator: Simulator, club: Club) -> None:
    for name, day in (("B", 3), ("C", 1), ("A", 2)):
        club.made(narration=name, Date=f"2026-11-0{day}")
        simulator.later(seconds=1)

    def ordered(**params: str) -> str:
        return "".join(row["Narration"] for row in club.get("ManualJournals", params=params).json()["ManualJournals"])

    assert ordered() == "BCA"
    assert ordered(order="UpdatedDateUTC DESC") == "ACB"
    assert ordered(order="Narration") == "ABC"
    assert ordered(order="Date ASC") == "CAB"
    assert club.get("ManualJournals", params={"order": "Nothing"}).json()["ErrorNumber"] == 16


GOOD, BAD = journal("Good"), journal("Bad", lines=[line("100.00", "615"), line("-10.00", "200")])
UNBALANCED = "The total debits (100.00) must equal total credits (-10.00)"


@fact(
    "3.5", "summarizeErrors=true (the documented default): one bad element fails the request with 400", certainty="docs"
)
@fact("3.5", "The 400 shape: ErrorNumber 10, ValidationException, Elements with ValidationErrors", certainty="spec")
@pytest.mark.parametrize("params", [None, {"summarizeErrors": "true"}])
def test_one_bad_element_fails_the_request(club: Club, params: dict[str, str] | None) -> None:
    answer = club.put(GOOD, BAD, params=params)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["ErrorNumber"], body["Type"]) == (10, "ValidationException")
    assert body["Message"] == "A validation exception occurred"
    assert messages(answer) == [UNBALANCED]
    assert body["Elements"][0]["Narration"] == "Bad"
    assert body["Elements"][0]["ManualJournalID"] == "00000000-0000-0000-0000-000000000000"
    assert club.get("ManualJournals").json()["ManualJournals"] == []


@fact(
    "3.5", "summarizeErrors=false: 200, each element OK, WARNING or ERROR; good ones are saved", certainty="docs, seen"
)
def test_elements_are_judged_one_by_one(club: Club) -> None:
    warned = journal("Warned", Status="DRAFT", lines=[line("1", "476"), line("-1", "200")])
    answer = club.put(GOOD, BAD, warned, params={"summarizeErrors": "false"})
    assert answer.status_code == 200
    good, bad, warning = answer.json()["ManualJournals"]
    assert [row["StatusAttributeString"] for row in (good, bad, warning)] == ["OK", "ERROR", "WARNING"]
    assert bad["ValidationErrors"] == [{"Message": UNBALANCED}]
    assert warning["Warnings"]
    saved = club.get("ManualJournals").json()["ManualJournals"]
    assert [row["Narration"] for row in saved] == ["Good", "Warned"]


def test_the_default_of_summarize_errors_is_a_setting(simulator: Simulator, club: Club) -> None:
    simulator.settings(summarize_errors_default=False)
    assert club.put(GOOD, BAD).status_code == 200


@fact("3.5", "A body that cannot be read: ErrorNumber 14, PostDataInvalidException, with the path", certainty="seen")
@fact("4.4", "A wrong enum text: 400 with ErrorNumber 14", certainty="seen")
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"ManualJournals": [{"Narration": "x", "LineAmountTypes": "NO_TAX"}]},
            "Error converting value \"NO_TAX\" to type 'Xero.API.Library..LineAmountType'. "
            "Path 'ManualJournals[0].LineAmountTypes'.",
        ),
        ({"ManualJournals": [{"Status": "SENT"}]}, "Path 'ManualJournals[0].Status'"),
        ({"ManualJournals": [{"Date": "20/11/2026"}]}, "Path 'ManualJournals[0].Date'"),
        ({"ManualJournals": [{"JournalLines": [{"LineAmount": "ten"}]}]}, "JournalLines[0].LineAmount"),
        ({"ManualJournals": [{"JournalLines": [{"AccountID": "x"}]}]}, "System.Guid"),
        ({"ManualJournals": ["x"]}, "ManualJournals[0]"),
        ({"ManualJournals": [{"JournalLines": "x"}]}, "JournalLines"),
        (b'{"ManualJournals": [', "cannot be read as JSON"),
        (b'{"ManualJournals": [{"JournalLines": [{"LineAmount": NaN}]}]}', "cannot be read as JSON"),
    ],
)
def test_unreadable_bodies(club: Club, body: object, message: str) -> None:
    answer = club.call("PUT", "ManualJournals", body=body, Content_Type="application/json")
    assert answer.status_code == 400
    assert (answer.json()["ErrorNumber"], answer.json()["Type"]) == (14, "PostDataInvalidException")
    assert message in answer.json()["Message"]


@fact("3.5", "An empty body: NoDataProcessedException", certainty="inferred")
@pytest.mark.parametrize("body", [b"", b"{}", b'{"ManualJournals":[]}', b"[]"])
def test_empty_bodies(club: Club, body: bytes) -> None:
    answer = club.call("PUT", "ManualJournals", body=body, Content_Type="application/json")
    assert (answer.status_code, answer.json()["Type"]) == (400, "NoDataProcessedException")


@fact("3.5", "A body is at most 10 MB", certainty="docs")
def test_a_huge_body_is_refused(club: Club) -> None:
    assert club.call("PUT", "ManualJournals", body=b" " * 10_000_001).status_code == 413


@fact("3.7", "404: plain text, or JSON", certainty="seen, docs")
def test_unknown_ids(simulator: Simulator, club: Club) -> None:
    unknown = "ManualJournals/4f6e1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11"
    for path in (unknown, "ManualJournals/nonsense", f"{unknown}/History", "Nothing"):
        answer = club.get(path)
        assert (answer.status_code, answer.text) == (404, "The resource you're looking for cannot be found")
        assert answer.headers["Content-Type"].startswith("text/plain")
    simulator.settings(not_found_as_json=True)
    answer = club.get(unknown)
    assert (answer.status_code, messages(answer)) == (
        404,
        ["The document with the supplied id was not found for this endpoint."],
    )


@fact("3.7", "501 for a wrong verb: ErrorNumber 20, ApiMethodNotImplementedException", certainty="docs")
@fact("4.1", "No DELETE verb: delete and void are status updates", certainty="spec")
def test_a_wrong_verb(club: Club) -> None:
    made = club.made()
    for method, path in (("DELETE", f"ManualJournals/{made['ManualJournalID']}"), ("PATCH", "Accounts")):
        answer = club.call(method, path)
        assert answer.status_code == 501
        assert answer.json() == {
            "ErrorNumber": 20,
            "Type": "ApiMethodNotImplementedException",
            "Message": "The Api Method called is not implemented",
        }


def test_an_endpoint_that_is_not_simulated_says_so(club: Club) -> None:
    answer = club.get("Invoices")
    assert (answer.status_code, answer.headers["X-Simulator"]) == (501, "this endpoint of Xero is not simulated")
