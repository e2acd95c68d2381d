"""Where a person is signed in, and signing them out there, on record."""

from collections.abc import Sequence

from allauth.usersessions.internal.flows import sessions as session_flows
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import HttpRequest

from clubledger.clubs import audit
from clubledger.clubs.models import User


def of_person(person: User) -> list[UserSession]:
    """Return the person's sessions that still last, the newest first; what has ended is cleared away."""
    found = list(UserSession.objects.purge_and_list(person))
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def one_of(person: User, session_id: int) -> UserSession | None:
    """Return one session of the person."""
    return UserSession.objects.filter(user=person, pk=session_id).first()


def others_of(person: User, *, but: str | None = None) -> list[UserSession]:
    """Return the person's sessions; `but` is the key of one that is left out."""
    return list(UserSession.objects.filter(user=person).exclude(session_key=but or ""))


@transaction.atomic
def end(request: HttpRequest, ended: Sequence[UserSession], *, actor: User) -> None:
    """Sign `actor` out where these sessions of theirs are; it stands in the audit trail of their clubs."""
    session_flows.end_sessions(request, ended)
    audit.note_at_clubs_of(
        actor,
        actor=actor,
        action="security.sessions_ended",
        subject=actor.email,
        summary=f"{actor} signed out elsewhere.",
        after={"sessions": len(ended)},
    )
