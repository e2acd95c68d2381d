"""E-mails: to whom, in which words and time, never twice a day for the same cause, and nothing that no longer holds."""

from datetime import datetime
from smtplib import SMTPRecipientsRefused
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from clubledger.changeover import notices
from clubledger.changeover.models import Cause, Notice
from clubledger.changeover.move import old_app, progress, rounds, steps
from clubledger.clubs.mail import AGAIN_AFTER
from clubledger.clubs.models import Club, User
from tests.changeover.conftest import Moving, dying_at
from tests.fixtures_xero import SAM, TESS

pytestmark = pytest.mark.django_db

SYDNEY = ZoneInfo("Australia/Sydney")


def subjects(address: str = "tess@banksiapark.example") -> list[str]:
    return [letter.subject for letter in mail.outbox if letter.to == [address]]


def test_everybody_who_may_authorise_is_told_once_with_one_link_in_the_clubs_time(moving: Moving):
    moving.plan(switch_at=datetime(2026, 11, 30, 14, 0, tzinfo=SYDNEY), contact="Ann, 555 019")
    notices.send_waiting()
    assert len(mail.outbox) == 4
    letter = next(one for one in mail.outbox if one.to == ["tess@banksiapark.example"])
    assert letter.subject == "Banksia Park Golf Club: Xero must be authorised again soon"
    assert "Monday 30 November 2026, 14:00" in letter.body
    assert letter.body.count("http") == 1
    assert "/c/banksia-park/configuration/integration/changeover/" in letter.body
    assert "Ann, 555 019" in letter.body
    assert notices.send_waiting() == 0
    assert len(mail.outbox) == 4


def test_who_chose_no_language_is_told_in_the_clubs(moving: Moving):
    Club.objects.filter(pk=moving.club.pk).update(language="de")
    User.objects.filter(email="sam@banksiapark.example").update(language="en-au")
    moving.plan(switch_at=datetime(2026, 11, 30, 14, 0, tzinfo=SYDNEY))
    notices.send_waiting()
    assert subjects() == ["Banksia Park Golf Club: Xero muss bald neu autorisiert werden"]
    assert subjects("sam@banksiapark.example") == ["Banksia Park Golf Club: Xero must be authorised again soon"]
    letter = next(one for one in mail.outbox if one.to == ["tess@banksiapark.example"])
    assert "Wann: Montag, 30. November 2026, 14:00 (Ortszeit Ihres Clubs)." in letter.body


def test_tomorrow_is_told_once_after_eight_in_the_clubs_morning(moving: Moving):
    moving.plan(switch_at=datetime(2026, 11, 24, 7, 0, tzinfo=SYDNEY))
    notices.send_waiting()
    mail.outbox.clear()
    assert rounds.tell_of_tomorrow() == 0
    moving.xero.later(hours=21)
    assert rounds.tell_of_tomorrow() == 1
    assert rounds.tell_of_tomorrow() == 0
    notices.send_waiting()
    assert subjects() == ["Banksia Park Golf Club: tomorrow Xero must be authorised again"]
    assert "tomorrow at 07:00" in mail.outbox[0].body


def test_the_switch_is_told_and_only_those_missing_are_reminded_some_days_later(moving: Moving):
    moving.switch()
    notices.send_waiting()
    assert subjects()[-1] == "Banksia Park Golf Club: please authorise Xero again"
    moving.xero.authorise(moving.club, moving.tess, login=TESS)
    progress.look(club=moving.club)
    mail.outbox.clear()
    moving.xero.later(hours=22)
    for _minute in range(3):
        rounds.remind_due()
        notices.send_waiting()
    assert [letter.to for letter in mail.outbox] == [["sam@banksiapark.example"]]
    moving.xero.later(days=1)
    rounds.remind_due()
    notices.send_waiting()
    assert len(mail.outbox) == 1
    moving.xero.later(days=1)
    rounds.remind_due()
    notices.send_waiting()
    assert len(mail.outbox) == 2


def test_nobody_is_reminded_twice_a_day_whoever_presses(moving: Moving):
    row = moving.switch()
    for _press in range(3):
        steps.remind(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert Notice.objects.of(moving.club).filter(cause=Cause.STILL).count() == 2


def test_a_reminder_that_no_longer_holds_is_not_sent(moving: Moving):
    row = moving.switch()
    notices.send_waiting()
    mail.outbox.clear()
    steps.remind(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    moving.xero.authorise(moving.club, moving.sam, login=SAM)
    progress.look(club=moving.club)
    notices.send_waiting()
    assert [letter.to for letter in mail.outbox] == [["tess@banksiapark.example"]]
    assert Notice.objects.of(moving.club).get(cause=Cause.STILL, user=moving.sam).state == "moot"


def test_a_sender_that_dies_never_sends_twice(moving: Moving):
    moving.plan()
    with dying_at("changeover.after_notice_sent"):
        notices.send_waiting()
    assert len(mail.outbox) == 1
    notices.send_waiting()
    assert len(mail.outbox) == 4
    assert len({letter.to[0] for letter in mail.outbox}) == 4
    assert Notice.objects.of(moving.club).filter(state="sending").count() == 1


def test_what_keeps_it_is_told_once_a_day_and_forgotten_when_it_is_over(moving: Moving):
    moving.switch(disconnects_itself=True)
    right = moving.old.client_secret
    moving.old.client_secret = "wrong"
    moving.old.save()
    moving.xero.later(minutes=40)
    old_app.go_round()
    assert "invalid_client" in moving.now().trouble
    moving.xero.later(minutes=5)
    old_app.go_round()
    assert Notice.objects.of(moving.club).filter(cause=Cause.FAILING).count() == 4
    moving.old.client_secret = right
    moving.old.save()
    moving.xero.later(minutes=5)
    old_app.go_round()
    assert moving.now().trouble == ""
    notices.send_waiting()
    assert not any("stuck" in subject for subject in subjects())


def test_a_mail_server_that_is_away_loses_nothing(moving: Moving, settings):
    moving.plan()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    assert notices.send_waiting() == 0
    assert Notice.objects.of(moving.club).filter(state="waiting").count() == 4


def test_an_address_that_is_refused_is_told_to_staff_and_not_to_the_log(moving: Moving, monkeypatch, caplog):
    def refuse(message: mail.EmailMessage) -> None:
        raise SMTPRecipientsRefused({message.to[0]: (550, b"nobody here")})

    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    moving.plan()
    assert notices.send_waiting() == 0
    failed = Notice.objects.of(moving.club).get(user__email="tess@banksiapark.example")
    assert (failed.state, "nobody here" in failed.words) == ("failed", True)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "tess@banksiapark.example" not in caplog.text


def refusing(monkeypatch, code: int, *, to: str = "", times: int = 99) -> list[str]:
    """Have the mail server refuse with this code what goes to an address, or everything, so many times."""
    refused: list[str] = []
    sending = mail.EmailMessage.send

    def send(message: mail.EmailMessage) -> int:
        if to in message.to[0] and len(refused) < times:
            refused.append(message.to[0])
            raise SMTPRecipientsRefused({message.to[0]: (code, b"try again later")})
        return sending(message)

    monkeypatch.setattr(mail.EmailMessage, "send", send)
    return refused


def test_an_address_that_is_refused_for_a_time_is_tried_again_and_told_once(moving: Moving, monkeypatch):
    refused = refusing(monkeypatch, 451, to="tess@", times=2)
    moving.plan()
    assert notices.send_waiting() == 3
    assert notices.send_waiting() == 0
    waiting = Notice.objects.of(moving.club).get(user__email="tess@banksiapark.example")
    assert (waiting.state, waiting.tries, "try again later" in waiting.words) == ("waiting", 1, True)
    moving.xero.later(minutes=6)
    assert notices.send_waiting() == 0
    moving.xero.later(minutes=6)
    assert notices.send_waiting() == 0
    moving.xero.later(minutes=10)
    assert notices.send_waiting() == 1
    moving.xero.later(hours=5)
    assert notices.send_waiting() == 0
    assert len(refused) == 2
    assert [letter.to[0] for letter in mail.outbox].count("tess@banksiapark.example") == 1
    assert Notice.objects.of(moving.club).filter(state="sent").count() == 4


def test_what_is_refused_for_a_time_again_and_again_is_given_up(moving: Moving, monkeypatch):
    refused = refusing(monkeypatch, 450, to="tess@")
    moving.plan()
    for _ in range(12):
        notices.send_waiting()
        moving.xero.later(hours=5)
    assert len(refused) == 1 + len(AGAIN_AFTER)
    given_up = Notice.objects.of(moving.club).get(user__email="tess@banksiapark.example")
    assert (given_up.state, "try again later" in given_up.words) == ("failed", True)


def test_a_server_that_sends_everybody_away_for_now_is_left_alone_until_later(moving: Moving, monkeypatch):
    refused = refusing(monkeypatch, 421, times=1)
    moving.plan()
    assert notices.send_waiting() == 0
    assert len(refused) == 1
    assert Notice.objects.of(moving.club).filter(state="waiting").count() == 4
    moving.xero.later(minutes=6)
    assert notices.send_waiting() == 4


def test_a_rolled_back_club_is_told_so_and_no_longer_asked_to_authorise(moving: Moving):
    row = moving.switch()
    steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    notices.send_waiting()
    assert subjects() == ["Banksia Park Golf Club: back to the old Xero app"]
