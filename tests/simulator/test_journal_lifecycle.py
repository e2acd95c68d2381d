"""Sections 4.5 to 4.7: the status machine, editing and voiding, history and attachments."""

from decimal import Decimal
from typing import Any

import pytest

from xero_simulator.app import Simulator

from .driver import ADMIN, KAURI, TESS, Club, club_of, exact, journal, line, messages
from .facts import fact


@fact(
    "4.5", "The status machine: DRAFT to POSTED or DELETED, POSTED to VOIDED; nothing else", certainty="docs, inferred"
)
@fact("4.5", "POSTED cannot become DELETED", certainty="docs")
@pytest.mark.parametrize(
    ("path", "fits"),
    [
        (["DRAFT"], True),
        (["POSTED"], True),
        (["VOIDED"], False),
        (["DELETED"], False),
        (["ARCHIVED"], False),
        (["DRAFT", "POSTED"], True),
        (["DRAFT", "DELETED"], True),
        (["DRAFT", "VOIDED"], False),
        (["DRAFT", "DRAFT"], True),
        (["POSTED", "POSTED"], True),
        (["POSTED", "VOIDED"], True),
        (["POSTED", "DELETED"], False),
        (["POSTED", "DRAFT"], False),
        (["POSTED", "ARCHIVED"], False),
        (["POSTED", "VOIDED", "POSTED"], False),
        (["POSTED", "VOIDED", "VOIDED"], False),
        (["DRAFT", "DELETED", "DRAFT"], False),
    ],
)
def test_status_machine(club: Club, path: list[str], fits: bool) -> None:
    *before, last = path
    made: dict[str, Any] = {}
    for status in before:
        change = journal(Status=status) | ({"ManualJournalID": made["ManualJournalID"]} if made else {})
        made = club.post(change).json()["ManualJournals"][0]
        assert made["Status"] == status
    change = journal(Status=last) | ({"ManualJournalID": made["ManualJournalID"]} if made else {})
    answer = club.post(change)
    assert (answer.status_code == 200) is fits, answer.text
    if not fits and made:
        shown = club.get(f"ManualJournals/{made['ManualJournalID']}").json()["ManualJournals"][0]
        assert shown["Status"] == before[-1]


@fact("4.5", "DRAFT to POSTED is validated as a posting", certainty="docs")
def test_posting_a_draft_is_validated(club: Club) -> None:
    made = club.made(Status="DRAFT")
    club.http.post(f"/_sim/organisations/{club.tenant_id}/accounts/615", json={"status": "ARCHIVED"})
    answer = club.post({"ManualJournalID": made["ManualJournalID"], "Narration": "Takings", "Status": "POSTED"})
    assert "archived" in messages(answer)[0]


@fact("4.5", "A posted journal can be edited in place, lines included, under the same id", certainty="docs, seen")
@fact("4.3", "An update replaces the complete set of lines", certainty="inferred")
@fact("4.5", "The number in Xero's screens changes with every edit", certainty="docs, seen")
def test_editing_a_posted_journal(simulator: Simulator, club: Club) -> None:
    made = club.made()
    key = made["ManualJournalID"]
    numbers = [simulator.world.store.journals[key].number]
    lines = [line("5", "615", "BASEXCLUDED"), line("-3", "811", "BASEXCLUDED"), line("-2", "812", "BASEXCLUDED")]
    edited = exact(club.post(journal("New", ManualJournalID=key, Date="2026-11-21", lines=lines)))["ManualJournals"][0]
    numbers.append(simulator.world.store.journals[key].number)
    assert (edited["ManualJournalID"], edited["Narration"], len(edited["JournalLines"])) == (key, "New", 3)
    assert len(set(numbers)) == 2
    assert [row[3] for row in simulator.journal_entries(club.tenant_id)] == [500, -300, -200]


@fact("4.5", "POSTED to VOIDED together with a new narration, lines sent along", certainty="seen")
@fact("4.5", "A voided journal can still be read by id", certainty="inferred")
def test_voiding_with_a_new_narration(simulator: Simulator, club: Club) -> None:
    made = club.made()
    change = journal("Voided: Takings", ManualJournalID=made["ManualJournalID"], Status="VOIDED")
    assert club.post(change).status_code == 200
    shown = club.get(f"ManualJournals/{made['ManualJournalID']}").json()["ManualJournals"][0]
    assert (shown["Status"], shown["Narration"]) == ("VOIDED", "Voided: Takings")
    assert simulator.journal_entries(club.tenant_id) == []


def test_voiding_works_although_an_account_was_archived(club: Club) -> None:
    made = club.made()
    club.http.post(f"/_sim/organisations/{club.tenant_id}/accounts/615", json={"status": "ARCHIVED"})
    change = {"ManualJournalID": made["ManualJournalID"], "Narration": "Takings", "Status": "VOIDED"}
    assert club.post(change).status_code == 200


@fact("4.6", "Neither narration nor Url is unique: the same journal can stand twice", certainty="docs, inferred")
def test_duplicates_are_accepted(simulator: Simulator, club: Club) -> None:
    for _ in range(2):
        club.made(Url="https://club.example/1")
    assert len(simulator.journals(club.tenant_id)) == 2


@fact("4.7", "Notes: PUT …/History, up to 2,500 characters, no update or delete", certainty="spec, docs")
@fact("4.7", "Reading gives Changes, DateUTC, DateUTCString, User and Details", certainty="spec, docs")
def test_history(club: Club) -> None:
    place = f"ManualJournals/{club.made()['ManualJournalID']}/History"
    answer = club.call("PUT", place, body={"HistoryRecords": [{"Details": "Sent by the club"}]})
    (note,) = answer.json()["HistoryRecords"]
    assert set(note) == {"DateUTCString", "DateUTC", "Details", "ValidationErrors"}
    assert (note["DateUTCString"], note["Details"]) == ("2026-11-22 01:00:00", "Sent by the club")
    rows = club.get(place).json()["HistoryRecords"]
    assert [row["Changes"] for row in rows] == ["Note", "Created"]
    assert set(rows[0]) == {"Changes", "DateUTCString", "DateUTC", "User", "Details"}
    assert rows[0]["User"] == "System Generated"
    long = club.call("PUT", place, body={"HistoryRecords": [{"Details": "x" * 2501}]})
    assert "2500" in messages(long)[0]
    assert club.call("PUT", place, body={"HistoryRecords": [{"Details": "x" * 2500}]}).status_code == 200
    assert club.call("POST", place, body={}).status_code == 501
    assert club.call("DELETE", place).status_code == 501


@fact("4.1", "Attachments: list, read by name or id, add by PUT or POST", certainty="spec")
@fact(
    "4.7",
    "Attachments are a raw body with the file's Content-Type; POST replaces one of the same name",
    certainty="docs",
)
@fact("4.2", "HasAttachments, and Attachments on one journal", certainty="spec")
def test_attachments(club: Club) -> None:
    journal_id = club.made()["ManualJournalID"]
    place = f"ManualJournals/{journal_id}/Attachments"
    answer = club.call("PUT", f"{place}/daily report.pdf", body=b"%PDF", Content_Type="application/pdf")
    (made,) = answer.json()["Attachments"]
    assert set(made) == {"AttachmentID", "FileName", "Url", "MimeType", "ContentLength"}
    assert (made["FileName"], made["MimeType"], made["ContentLength"]) == ("daily report.pdf", "application/pdf", 4)
    for name in ("daily report.pdf", made["AttachmentID"]):
        read = club.get(f"{place}/{name}", Accept="application/octet-stream")
        assert (read.content, read.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    again = club.call("POST", f"{place}/daily report.pdf", body=b"%PDF-2").json()["Attachments"][0]
    assert (again["AttachmentID"], again["ContentLength"]) == (made["AttachmentID"], 6)
    assert len(club.get(place).json()["Attachments"]) == 1
    shown = club.get(f"ManualJournals/{journal_id}").json()["ManualJournals"][0]
    assert shown["HasAttachments"] is True
    assert [row["FileName"] for row in shown["Attachments"]] == ["daily report.pdf"]


@fact("4.7", "Attachment addresses need the bearer token", certainty="spec")
@fact("4.7", 'At most 10 files a document; file names without < > : " / \\ | ? * +', certainty="docs")
def test_attachment_limits(club: Club) -> None:
    place = f"ManualJournals/{club.made()['ManualJournalID']}/Attachments"
    for number in range(10):
        assert club.call("PUT", f"{place}/{number}.txt", body=b"x").status_code == 200
    assert "at most 10" in messages(club.call("PUT", f"{place}/10.txt", body=b"x"))[0]
    for letter in ("%3C", "%3E", "%3A", "%22", "%2F", "%5C", "%7C", "%3F", "*", "%2B"):
        assert "not allowed" in messages(club.call("PUT", f"{place}/a{letter}b.txt", body=b"x"))[0]
    url = club.get(place).json()["Attachments"][0]["Url"]
    assert club.http.get(url).status_code == 401


def test_the_worked_day_of_a_club(simulator: Simulator, club: Club) -> None:
    lines = [
        line("1111.00", "611", "BASEXCLUDED"),
        line("-1111.00", "611", "BASEXCLUDED"),
        line("-1100.00", "200", "OUTPUT"),
        line("-11.00", "260", "OUTPUT"),
        line("1111.00", "615", "BASEXCLUDED"),
        line("50.00", "450", "BASEXCLUDED"),
        line("-50.00", "812", "BASEXCLUDED"),
        line("22.00", "811", "BASEXCLUDED"),
        line("-22.00", "616", "BASEXCLUDED"),
    ]
    made = club.made(lines=lines)
    assert sum(row["TaxAmount"] for row in made["JournalLines"]) == Decimal("-101.00")
    sums: dict[str, int] = {}
    for _, _, code, cents in simulator.journal_entries(club.tenant_id):
        sums[code] = sums.get(code, 0) + cents
    expected = {"611": 0, "200": -100000, "260": -1000, "820": -10100, "615": 111100, "450": 5000}
    assert sums == expected | {"812": -5000, "811": 2200, "616": -2200}
    assert sum(sums.values()) == 0


def test_a_batch_with_the_same_id_twice_is_refused(club: Club) -> None:
    key = club.made()["ManualJournalID"]
    answer = club.post(journal("A", ManualJournalID=key), journal("B", ManualJournalID=key))
    assert answer.status_code == 400
    assert club.get(f"ManualJournals/{key}").json()["ManualJournals"][0]["Narration"] == "Takings"


def test_an_outsider_sees_nothing(simulator: Simulator, club: Club) -> None:
    key = club.made()["ManualJournalID"]
    other = club_of(simulator, KAURI, ADMIN)
    assert other.get(f"ManualJournals/{key}").status_code == 404
    assert other.post(journal("x", ManualJournalID=key)).status_code == 400
    assert TESS not in other.get("Users").text
