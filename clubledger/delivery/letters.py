"""E-mails of this room, in plain words and the reader's language, with one link. Never a token, never to outsiders."""

from datetime import date

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from clubledger.bookkeeping.said import said
from clubledger.clubs import access, languages
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.delivery.nights import Left, Night
from clubledger.foundation.told import told

NEEDS_A_PERSON = frozenset({"authorisation", "changeover", "permission", "lock", "setup", "clock", "check", "unknown"})
"""Reasons to wait for which nothing happens until somebody does something."""

log = structlog.get_logger(__name__)


def no_answer_words() -> str:
    """Say that Xero was asked all night in vain."""
    return said("Xero did not answer all night. Nothing was lost; the next night goes on.")


def refused_words(words: str) -> str:
    """Say that Xero refused a journal, in its own words."""
    return said("Xero refused it: %(words)s", words=words)


def differs_words(words: str) -> str:
    """Say that a journal stands in Xero otherwise than it was sent."""
    return said("It is in Xero, but not as it was sent: %(words)s", words=words)


def held_words(reason: str, words: str) -> str:
    """Say why a queued journal waits for a person."""
    known = {
        "authorisation": said("It waits: the person who sends it has to authorise Xero again."),
        "changeover": said("It waits: the club's connection to Xero was moved, and Xero has to be authorised again."),
        "permission": said("It waits: the person who sends it may no longer send, here or in Xero."),
        "lock": said("It waits: the day is locked in Xero."),
        "setup": said("It waits: the Xero app is not set up as it should be."),
        "clock": said("It waits: the clock of the machine that Clubledger runs on is wrong."),
        "check": said("It waits until somebody has confirmed what was recorded by hand since the backup."),
        "unknown": said("It waits: Xero has a journal of its day that nobody has accounted for."),
    }
    return f"{known.get(reason, '')} {words}".strip()


def tell_of_night(club: Club, user: User, night: Night) -> int:
    """Write to the person whose night it is and to all who may send. Gives how many letters went out.

    Whoever has left the club is not told of its affairs. A letter that can't be sent is logged and not tried again:
    the page says the same.
    """
    readers = {one.pk: one for one in access.people_who_may(club, Permission.SEND)}
    if access.may(user, club, Permission.SEE):
        readers[user.pk] = user
    went = 0
    if readers:
        connection = get_connection()
        for reader in readers.values():
            letter = night_letter(club, user, night, reader)
            letter.connection = connection
            try:
                went += letter.send()
            except Exception as error:
                # One bad address must not keep the others from being told.
                log.warning("nightly.letter_failed", club=club.slug, error=type(error).__name__)
    return went


def night_letter(club: Club, user: User, night: Night, reader: User) -> EmailMessage:
    """Give the letter about a night for one reader: plain text, days as they are written there, one link."""
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
        context |= {"trouble": told(night.trouble), "causes": [_as_told(cause) for cause in night.left]}
        text = render_to_string("delivery/night.txt", context)
    subject, _line, body = text.strip().partition("\n")
    return EmailMessage(subject=subject.strip(), body=body.strip() + "\n", to=[reader.email])


def _as_told(cause: Left) -> dict[str, object]:
    return {
        "message": told(cause.message),
        "remedy": told(cause.remedy),
        "journals": cause.journals,
        "first_on": date.fromisoformat(cause.first_on),
        "last_on": date.fromisoformat(cause.last_on),
    }
