"""The letter about a night: what was found in English is told each reader in their language."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import people
from clubledger.clubs.mail import AGAIN_AFTER
from clubledger.clubs.models import Role
from clubledger.delivery.decisions import after_restore
from clubledger.delivery.models import NightLetter
from clubledger.delivery.nightly import letters
from clubledger.delivery.nightly.night import Left, Night
from clubledger.foundation import clock
from clubledger.foundation.wake import run
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db

NO_GL_CODE = phrase("Charge %(code)s has no GL code.", code="LOCKER")
NIGHT = Night(
    "2026-11-15",
    sent=1,
    left=(
        Left(NO_GL_CODE, phrase("Choose its GL code."), 2, "2026-11-09", "2026-11-12"),
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


# --- A mail server that refuses for a time ----------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch):
    """Let time pass."""
    passed = timedelta()
    now = clock.now

    def move(**by):
        nonlocal passed
        passed += timedelta(**by)

    monkeypatch.setattr(clock, "now", lambda: now() + passed)
    return move


def failing(monkeypatch, failures):
    """Have sending fail with these, one after the other, and work from then on."""
    sending, left = mail.EmailMessage.send, list(failures)

    def send(message):
        if left:
            failure = left.pop(0)
            if failure is not None:
                raise failure
        return sending(message)

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    return left


def refused(code):
    return SMTPRecipientsRefused({"somebody": (code, b"not now")})


def test_a_letter_refused_for_a_time_is_tried_again_and_comes_once(monkeypatch, later):
    club = make_club()
    owner, tess = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    failing(monkeypatch, [refused(451), None, SMTPDataError(450, b"greylisted")])
    assert letters.tell_of_night(club, owner, NIGHT) == 1
    kept = NightLetter.objects.of(club).get()
    assert letters.tell_again() == 0
    later(minutes=6)
    run("delivery.nightly.sweep")
    assert NightLetter.objects.of(club).get().tries == 2
    later(minutes=16)
    assert letters.tell_again() == 1
    later(hours=9)
    assert letters.tell_again() == 0
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([owner.email, tess.email])
    assert mail.outbox[0].subject == mail.outbox[1].subject
    assert not NightLetter.objects.of(club).exists()
    assert kept.tries == 1


@pytest.mark.parametrize("failure", [refused(550), SMTPServerDisconnected("gone"), ValueError("no such thing")])
def test_what_was_refused_for_good_or_may_have_gone_out_is_not_tried_again(monkeypatch, later, failure):
    club = make_club()
    owner = add_member(club, Role.OWNER)
    failing(monkeypatch, [failure])
    assert letters.tell_of_night(club, owner, NIGHT) == 0
    later(hours=9)
    assert letters.tell_again() == 0
    assert mail.outbox == []


@pytest.mark.parametrize(("failure", "kept"), [(refused(421), 3), (SMTPServerDisconnected("gone"), 2)])
def test_when_the_server_hangs_up_those_it_never_heard_of_are_tried_again(monkeypatch, later, failure, kept):
    club = make_club()
    owner = add_member(club, Role.OWNER)
    for name in ("tess", "sam"):
        add_member(club, Role.ACCOUNTS, f"{name}@club.example")
    failing(monkeypatch, [failure])
    assert letters.tell_of_night(club, owner, NIGHT) == 0
    assert NightLetter.objects.of(club).count() == kept
    later(minutes=6)
    assert letters.tell_again() == kept
    assert len({letter.to[0] for letter in mail.outbox}) == len(mail.outbox) == kept


def test_a_worker_that_dies_takes_no_letter_along_but_the_one_it_was_at(monkeypatch, later):
    club = make_club()
    owner = add_member(club, Role.OWNER)
    for name in ("tess", "sam"):
        add_member(club, Role.ACCOUNTS, f"{name}@club.example")
    failing(monkeypatch, [refused(451), refused(451), refused(451), None, KeyboardInterrupt()])
    assert letters.tell_of_night(club, owner, NIGHT) == 0
    later(minutes=6)
    with pytest.raises(KeyboardInterrupt):
        letters.tell_again()
    assert NightLetter.objects.of(club).count() == 1
    assert letters.tell_again() == 1
    assert len({letter.to[0] for letter in mail.outbox}) == len(mail.outbox) == 2


def test_it_is_given_up_in_the_end(monkeypatch, later):
    club = make_club()
    owner = add_member(club, Role.OWNER)
    left = failing(monkeypatch, [refused(451)] * 20)
    letters.tell_of_night(club, owner, NIGHT)
    for _ in range(12):
        later(hours=5)
        letters.tell_again()
    assert 20 - len(left) == 1 + len(AGAIN_AFTER)
    assert not NightLetter.objects.of(club).exists()


def test_a_mail_server_that_is_away_is_asked_again(settings, later):
    club = make_club()
    owner, there = add_member(club, Role.OWNER), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    assert letters.tell_of_night(club, owner, NIGHT) == 0
    settings.EMAIL_BACKEND = there
    later(minutes=6)
    assert letters.tell_again() == 1


def test_who_has_left_meanwhile_is_not_told_nor_anybody_after_a_restored_backup(monkeypatch, later):
    club = make_club()
    owner, tess = add_member(club, Role.OWNER), add_member(club, Role.ACCOUNTS)
    failing(monkeypatch, [refused(451)] * 2)
    letters.tell_of_night(club, owner, NIGHT)
    people.remove(club=club, actor=owner, user=tess)
    later(minutes=6)
    assert letters.tell_again() == 1
    assert mail.outbox[0].to == [owner.email]
    failing(monkeypatch, [refused(451)])
    letters.tell_of_night(club, owner, NIGHT)
    after_restore.begin_hold(club=club, backup_taken_at=clock.now())
    later(minutes=6)
    assert letters.tell_again() == 0
