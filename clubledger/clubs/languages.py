"""In which language a person reads: their own choice, or else that of the club that writes to them."""

from django.conf import settings
from django.db import transaction
from django.utils import translation

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User

CODES = frozenset(code for code, _name in settings.LANGUAGES)


def of_letter(*, reader: User | None, club: Club | None) -> str:
    """Return the language of an e-mail: the reader's, else the club's, else the installation's."""
    for code in (reader.language if reader else "", club.language if club else ""):
        if code in CODES:
            return code
    return settings.LANGUAGE_CODE


def choose(*, person: User, language: str) -> None:
    """Keep the language that a person chose. Raises ValueError if there is no such language."""
    if language not in CODES:
        raise ValueError(language)
    User.objects.filter(pk=person.pk).update(language=language)
    person.language = language


@transaction.atomic
def set_of_club(*, club: Club, actor: User, language: str) -> None:
    """Write to the club's people in this language where they have chosen none. Raises NotAllowed, or ValueError."""
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    if language not in CODES:
        raise ValueError(language)
    found = access.locked_club(club)
    if found.language == language:
        return
    Club.objects.filter(pk=club.pk).update(language=language)
    audit.note(
        club=club,
        actor=actor,
        action="club.language_changed",
        subject=club.slug,
        summary=f"E-mails of the club are now in {dict(settings.LANGUAGES)[language]}.",
        before={"language": found.language},
        after={"language": language},
    )


def now() -> str:
    """Return the language that is spoken at this moment; empty if it is none of ours."""
    code = translation.get_language() or ""
    return code if code in CODES else ""
