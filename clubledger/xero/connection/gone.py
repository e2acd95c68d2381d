"""Ending an authorisation on a person's word, where Xero can't be asked: its app was deleted, or its secret is lost."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from clubledger.clubs import audit
from clubledger.clubs.models import User
from clubledger.foundation import clock
from clubledger.xero.models import FORGOTTEN, Authorisation, TokenSet


@transaction.atomic
def note_gone(*, authorisation: Authorisation, actor: User, reason: str = "") -> bool:
    """End an authorisation here without asking Xero, and forget its tokens if nothing else rests on them.

    Whoever calls it has checked who asks. False if it had ended already.
    """
    club, token_set_id = authorisation.club, authorisation.token_set_id
    ended = (
        Authorisation.objects.of(club)
        .filter(pk=authorisation.pk, ended_at=None)
        .update(ended_at=clock.now(), ended_because="disconnected")
    )
    if not ended:
        return False
    audit.note(
        club=club,
        actor=actor,
        action="xero.noted_gone",
        subject=f"authorisation {authorisation.pk}",
        summary=f"{actor} noted that the Xero authorisation of {authorisation.user} for"
        f" {authorisation.organisation_name} is gone in Xero, which was not asked",
        before={"app": str(authorisation.app), "organisation": authorisation.organisation_name},
        after={"reason": reason},
    )
    rests = Authorisation.objects.across_clubs("a Xero user's tokens serve several clubs").filter(
        token_set_id=token_set_id, ended_at=None
    )
    if token_set_id is not None and not rests.exists():
        TokenSet.objects.filter(pk=token_set_id).update(
            **FORGOTTEN, died_at=clock.now(), generation=F("generation") + 1
        )
    return True
