"""The end of an authorisation here: noted once, in its club's audit trail, and its tokens forgotten with the last one.

Database only: whoever calls it has asked Xero, or has a person's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from clubledger.clubs import audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.xero.models import FORGOTTEN, Authorisation, TokenSet

_WORDS = {"expired": "Xero no longer accepts it", "disconnected": "it was disconnected in Xero"}


def end(
    row: Authorisation,
    *,
    because: str,
    actor: User | None,
    action: str,
    summary: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> bool:
    """End an authorisation and note it for its club. Return whether it was this call that ended it.

    Call it in a database transaction. `before` is noted beside its app and organisation.
    """
    live = Authorisation.objects.of(row.club).filter(pk=row.pk, ended_at=None)
    if not live.update(ended_at=clock.now(), ended_because=because):
        return False
    audit.note(
        club=row.club,
        actor=actor,
        action=action,
        subject=f"authorisation {row.pk}",
        summary=summary,
        before={"app": str(row.app), "organisation": row.organisation_name, **(before or {})},
        after=after,
    )
    return True


def end_all_on(*, token_set_id: int, because: str, tenant_id: str | None = None) -> int:
    """End the live authorisations that rest on a token set (of one organisation, if given). Return how many ended.

    For what Xero tells us, not for what a person asks: the audit trail names Clubledger.
    """
    rows = _live_on(token_set_id)
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    ended = 0
    with transaction.atomic():
        for row in rows.select_related("club", "user", "app"):
            ended += end(
                row,
                because=because,
                actor=None,
                action=f"xero.{because}",
                summary=f"Xero authorisation of {row.user} for {row.organisation_name} ended:"
                f" {_WORDS.get(because, because)}",
                before={"user": str(row.user)},
            )
    return ended


def end_all_of(*, club: Club, because: str) -> None:
    """End every live authorisation of a club, for an act that is noted as a whole."""
    Authorisation.objects.of(club).filter(ended_at=None).update(ended_at=clock.now(), ended_because=because)


def is_needed(token_set_id: int) -> bool:
    """Whether a live authorisation rests on a token set."""
    return _live_on(token_set_id).exists()


def forget_tokens(token_set_id: int, *, generation: int | None = None) -> None:
    """Empty a token set whose last authorisation has ended; with `generation`, only while it is still of that one."""
    rows = TokenSet.objects.filter(pk=token_set_id)
    if generation is not None:
        rows = rows.filter(generation=generation)
    rows.update(**FORGOTTEN, died_at=clock.now(), generation=F("generation") + 1)


def _live_on(token_set_id: int) -> QuerySet[Authorisation]:
    rows: QuerySet[Authorisation] = Authorisation.objects.across_clubs("a Xero user's tokens serve several clubs")
    return rows.filter(token_set_id=token_set_id, ended_at=None)
