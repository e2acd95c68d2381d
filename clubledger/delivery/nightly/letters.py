"""E-mails of this room, in plain words and the reader's language, with one link. Never a token, never to outsiders."""

import itertools
from collections.abc import Iterator
from datetime import date

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from clubledger.bookkeeping.phrases import joined, phrase
from clubledger.clubs import access, languages, mail
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.models import NightLetter
from clubledger.delivery.nightly.night import Left, Night
from clubledger.foundation import clock
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.ledger.journals.states import WaitReason

NEEDS_A_PERSON = frozenset(
    {
        WaitReason.AUTHORISATION,
        WaitReason.CHANGEOVER,
        WaitReason.PERMISSION,
        WaitReason.LOCK,
        WaitReason.SETUP,
        WaitReason.CLOCK,
        WaitReason.CHECK,
        WaitReason.UNKNOWN,
    }
)
"""Reasons to wait for which nothing happens until somebody does something."""

MOST_AGAIN = 200
"""Letters that are tried again in one go; the rest in the next minute."""

log = structlog.get_logger(__name__)


def no_answer_words() -> str:
    """Say that Xero was asked all night in vain."""
    return phrase("Xero did not answer all night. Nothing was lost; the next night goes on.")


def refused_words(words: str) -> str:
    """Say that Xero refused a journal, in its own words."""
    return phrase("Xero refused it: %(words)s", words=words)


def differs_words(words: str) -> str:
    """Say that a journal stands in Xero otherwise than it was sent."""
    return phrase("It is in Xero, but not as it was sent: %(words)s", words=words)


def held_words(reason: str, words: str) -> str:
    """Return why a queued journal waits for a person."""
    known: dict[str, str] = {
        WaitReason.AUTHORISATION: phrase("It waits: the person who sends it has to authorise Xero again."),
        WaitReason.CHANGEOVER: phrase(
            "It waits: the club's connection to Xero was moved, and Xero has to be authorised again."
        ),
        WaitReason.PERMISSION: phrase("It waits: the person who sends it may no longer send, here or in Xero."),
        WaitReason.LOCK: phrase("It waits: the day is locked in Xero."),
        WaitReason.SETUP: phrase("It waits: the Xero app is not set up as it should be."),
        WaitReason.CLOCK: phrase("It waits: the clock of the machine that Clubledger runs on is wrong."),
        WaitReason.CHECK: phrase("It waits until somebody has confirmed what was recorded by hand since the backup."),
        WaitReason.UNKNOWN: phrase("It waits: Xero has a journal of its day that nobody has accounted for."),
    }
    said = [part for part in (known.get(reason, ""), phrase(words)) if part]
    return joined(" ", said) if said else ""


def tell_of_night(club: Club, user: User, night: Night) -> int:
    """Write to the person whose night it is and to all who may send. Returns how many letters went out.

    Whoever has left the club is not told of its affairs. A letter that the mail server refused for a time is kept and
    tried again (`tell_again`); any other that can't be sent is logged: the page says the same.
    """
    readers = {one.pk: one for one in access.people_who_may(club, Permission.SEND)}
    if access.may(user, club, Permission.SEE):
        readers[user.pk] = user
    told_on = night.as_plain()
    return _send(NightLetter(club=club, sender=user, reader=one, night=told_on) for one in readers.values())


def tell_again() -> int:
    """Try the letters again that were refused for a time, by any worker. Returns how many went out.

    Deleting its row claims a letter: of several workers one sends it, and one that dies meanwhile loses it at most.
    """
    return _send(_claimed())


def _claimed() -> Iterator[NightLetter]:
    """Return the letters that are due, each claimed when it is its turn."""
    rows = NightLetter.objects.across_clubs("letters go out in the order in which they are due, whatever the club")
    due = rows.filter(due_at__lte=clock.now(), club__is_active=True).select_related("club", "sender", "reader")
    for letter in list(due.order_by("due_at", "pk")[:MOST_AGAIN]):
        permission = Permission.SEE if letter.reader_id == letter.sender_id else Permission.SEND
        is_ours = NightLetter.objects.of(letter.club).filter(pk=letter.pk).delete()[0]
        if is_ours and access.may(letter.reader, letter.club, permission):
            yield letter


def _send(letters: Iterator[NightLetter]) -> int:
    """Send them on one connection to the mail server, and keep what it did not take for now. Returns how many went."""
    first = next(letters, None)
    if first is None:
        return 0
    waiting = itertools.chain([first], letters)
    went, refused = 0, []
    post = get_connection()
    try:
        post.open()
        for one in waiting:
            letter = night_letter(one.club, one.sender, Night.from_plain(one.night), one.reader)
            letter.connection = post
            try:
                went += letter.send()
            except Exception as error:
                # One bad address must not keep the others from being told.
                log.warning("nightly.letter_failed", club=one.club.slug, error=type(error).__name__)
                if mail.is_temporary(error):
                    refused.append(one)
                if mail.is_gone(error):
                    break
    except OSError as error:
        log.warning("nightly.mail_server_unreachable", error=type(error).__name__)
    finally:
        post.close()
    # Those not reached yet were certainly not sent either.
    for one in (*refused, *waiting):
        if one.tries < len(mail.AGAIN_AFTER):
            due_at = clock.now() + mail.AGAIN_AFTER[one.tries]
            NightLetter.objects.of(one.club).create(
                club=one.club, sender=one.sender, reader=one.reader, night=one.night, tries=one.tries + 1, due_at=due_at
            )
    return went


def night_letter(club: Club, user: User, night: Night, reader: User) -> EmailMessage:
    """Return the letter about a night for one reader: plain text, days as they are written there, one link."""
    context = {
        "club": club,
        "sender": user,
        "is_sender": reader.pk == user.pk,
        "reader": reader,
        "night": night,
        "link": f"{settings.CLUBLEDGER_BASE_URL}/c/{club.slug}/gl/",
    }
    with translation.override(languages.of_letter(reader=reader, club=club)):
        # What was found was said in English, and is told each reader in their language.
        context |= {"trouble": in_readers_words(night.trouble), "causes": [_as_told(cause) for cause in night.left]}
        text = render_to_string("delivery/night.txt", context)
    subject, _line, body = text.strip().partition("\n")
    return EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[reader.email])


def _as_told(cause: Left) -> dict[str, object]:
    return {
        "message": in_readers_words(cause.message),
        "remedy": in_readers_words(cause.remedy),
        "journals": cause.journals,
        "first_on": date.fromisoformat(cause.first_on),
        "last_on": date.fromisoformat(cause.last_on),
    }
