"""The reader's language: what a page speaks, who chose it, and that nothing English is left on the main pages."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from clubledger.clubs import invitations, languages
from clubledger.clubs.models import AuditEvent, Club, Role, User
from clubledger.frame import formats
from clubledger.ledger.models import Journal
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-DE,de;q=0.9,en;q=0.5"}
LEFTOVERS = (
    "Journals", "Send to", "Select", "Sign out", "Search", "Save", "Users", "Charges", "Refresh", "not in Xero",
    "Configuration", "Financials", "Validate", "has no GL code", "Payment Methods", "You can", "Nothing", "Skip to",
)  # fmt: skip
"""Words of the English pages that no name in these tests holds."""


@pytest.fixture
def club() -> Club:
    return make_club()


@pytest.fixture
def owner(club: Club) -> User:
    return add_member(club, Role.OWNER)


@pytest.fixture
def reader(owner: User) -> Client:
    signed_in = Client(**GERMAN)
    signed_in.force_login(owner)
    return signed_in


def make_journal(club: Club) -> Journal:
    finding = {"code": "item_unmapped", "message": ["Charge %(code)s has no GL code.", {"code": "LOCKER"}],
               "remedy": ["Choose its GL code."],
               "mends": "charge:LOCKER", "severity": "fault", "amount": "1066.50", "count": 2}  # fmt: skip
    return Journal.objects.of(club).create(
        club=club, accounting_date=date(2026, 11, 9), debit_minor=123_456, transaction_count=1822, line_count=3,
        revision=1, findings=[finding],
    )  # fmt: skip


def page(reader: Client, path: str) -> str:
    answer = reader.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gl/?from=2026-11-01&up_to=2026-11-30", "Hauptbuch-Anbindung"),
        ("transactions/", "Transaktionen"),
        ("import/", "Datei einbringen"),
        ("gst-check/", "GST-Prüfung"),
        ("configuration/charges/", "Gebühren"),
        ("configuration/chart-of-accounts/", "Kontenplan"),
        ("configuration/chart-of-accounts/gl-codes/", "Sachkonten aus Xero abrufen"),
        ("configuration/integration/general-ledger/", "Xero autorisieren"),
        ("configuration/users/", "Was jede Rolle darf"),
        ("configuration/api-keys/", "Schlüssel"),
        ("configuration/audit-trail/", "Prüfprotokoll"),
    ],
)
def test_a_page_is_german_throughout(reader: Client, club: Club, path: str, words: str) -> None:
    make_journal(club)
    shown = page(reader, f"/c/{club.slug}/{path}")
    assert '<html lang="de">' in shown
    assert words in shown
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style|svg).*?</\1>", " ", shown, flags=re.DOTALL))
    assert [word for word in LEFTOVERS if word in text] == []


def test_figures_days_and_findings_are_as_germans_write_them(reader: Client, club: Club) -> None:
    make_journal(club)
    shown = page(reader, f"/c/{club.slug}/gl/?from=2026-11-01&up_to=2026-11-30")
    assert "1.234,56" in shown
    assert "1.822" in shown
    assert "Mo 09.11.2026" in shown
    assert "Gebühr LOCKER hat kein Sachkonto." in shown
    assert "1.066,50" in shown


def test_the_browser_is_asked_until_somebody_chooses(reader: Client, owner: User, club: Club) -> None:
    assert '<html lang="de">' in page(reader, f"/c/{club.slug}/configuration/users/")
    answer = reader.post("/language/", {"language": "en-au", "next": f"/c/{club.slug}/configuration/users/"})
    assert (answer.status_code, answer["Location"]) == (302, f"/c/{club.slug}/configuration/users/")
    assert '<html lang="en-au">' in page(reader, f"/c/{club.slug}/configuration/users/")
    owner.refresh_from_db()
    assert owner.language == "en-au"


def test_the_choice_goes_along_to_another_machine(owner: User, club: Club) -> None:
    languages.choose(person=owner, language="de")
    elsewhere = Client()
    elsewhere.force_login(owner)
    assert '<html lang="de">' in page(elsewhere, f"/c/{club.slug}/configuration/users/")


def test_who_has_not_signed_in_chooses_too(client: Client) -> None:
    assert "Sign in" in page(client, "/sign-in/")
    client.post("/language/", {"language": "de", "next": "/sign-in/"})
    assert "Anmelden" in page(client, "/sign-in/")


def test_no_other_language_and_no_other_site(client: Client) -> None:
    assert client.post("/language/", {"language": "xx", "next": "/sign-in/"})["Location"] == "/"
    sent = client.post("/language/", {"language": "de", "next": "https://elsewhere.example/"})
    assert sent["Location"].startswith("/")
    assert client.get("/language/").status_code == 405


def test_the_api_and_files_speak_english(reader: Client, club: Club) -> None:
    make_journal(club)
    refused = reader.get("/api/v1/journals", headers={"authorization": "Bearer nothing"})
    assert refused.status_code == 401
    assert "Send a live key of the club" in refused.content.decode()
    answer = reader.get(f"/c/{club.slug}/gl/?from=2026-11-01&up_to=2026-11-30&show=all&format=csv")
    head = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert head[0].startswith("Date,")
    assert "1234.56" in head[1]


def test_an_invitation_is_in_the_language_of_the_club(reader: Client, owner: User, club: Club) -> None:
    answer = reader.post(f"/c/{club.slug}/configuration/users/language/", {"language": "de"})
    assert answer.status_code == 302
    club.refresh_from_db()
    assert AuditEvent.objects.of(club).get(action="club.language_changed").after == {"language": "de"}
    with translation.override("en-au"):
        invitations.invite(club=club, actor=owner, email="neu@banksiapark.example", role=Role.VIEWER)
    assert mail.outbox[-1].subject == "Sie sind auf Clubledger zu Banksia Park Golf Club eingeladen"
    # Records have one language, whoever reads or writes them.
    with translation.override("de"):
        invitations.invite(club=club, actor=owner, email="neuer@banksiapark.example", role=Role.VIEWER)
    assert AuditEvent.objects.of(club).filter(summary="neuer@banksiapark.example was invited as Viewer.").exists()


def test_a_letter_is_in_the_readers_own_language_first(club: Club) -> None:
    club.language = "de"
    assert languages.of_letter(reader=make_user(), club=club) == "de"
    assert languages.of_letter(reader=make_user("a@b.example", language="en-au"), club=club) == "en-au"
    assert languages.of_letter(reader=None, club=None) == "en-au"


def test_dates_and_amounts_have_the_form_of_the_language() -> None:
    with translation.override("de"):
        assert formats.day(date(2026, 6, 15)) == "Mo 15.06.2026"
        assert formats.span(date(2026, 11, 9), date(2026, 11, 15)) == "9.–15. November 2026"
        assert formats.instant(datetime(2026, 6, 14, 23, 2, tzinfo=UTC), "Australia/Sydney") == "15.06.2026, 09:02"
        assert formats.money(Decimal("-1234.56")) == "\N{MINUS SIGN}1.234,56"
