"""The letter about a night: what was found in English is told each reader in their language."""

import pytest

from clubledger.clubs.models import Role
from clubledger.delivery import letters
from clubledger.delivery.nights import Left, Night
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db

NIGHT = Night(
    "2026-11-15",
    sent=1,
    left=(
        Left("Charge LOCKER has no GL code.", "Choose its GL code.", 2, "2026-11-09", "2026-11-12"),
        Left(letters.refused_words("Account code '230' is archived."), "", 1, "2026-11-13", "2026-11-13"),
    ),
)


def test_each_reader_has_their_own_language():
    club = make_club(language="de")
    owner, other = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    other.language = "en-au"
    german = letters.night_letter(club, owner, NIGHT, owner)
    assert german.subject == "Banksia Park Golf Club: 3 Journale blieben letzte Nacht liegen"
    assert "- Gebühr LOCKER hat kein Sachkonto. Wählen Sie das Sachkonto." in german.body
    assert "2 Journale, 09.11.2026 – 12.11.2026" in german.body
    assert "- Xero hat es abgelehnt: Account code '230' is archived." in german.body
    english = letters.night_letter(club, owner, NIGHT, other)
    assert english.subject == "Banksia Park Golf Club: 3 journals were left last night"
    assert "- Charge LOCKER has no GL code. Choose its GL code." in english.body
    assert "2 journals, 09/11/2026 – 12/11/2026" in english.body


def test_why_nothing_went_is_told_too():
    club = make_club(language="de")
    owner = add_member(club, Role.OWNER)
    letter = letters.night_letter(club, owner, Night("2026-11-15", trouble=letters.no_answer_words()), owner)
    assert letter.subject == "Banksia Park Golf Club: Letzte Nacht konnte nichts an Xero gesendet werden"
    assert "Xero hat die ganze Nacht nicht geantwortet." in letter.body
