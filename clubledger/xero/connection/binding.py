"""Binding a consent to a club: one organisation a club, one active club an organisation, one row a user, club and app.

Database only: whoever calls it has talked to Xero before.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, Membership, User
from clubledger.foundation import clock
from clubledger.xero.errors import OrganisationTaken, RequestUnusable, WrongOrganisation
from clubledger.xero.models import Authorisation, AuthorisationRequest, Connection, TokenSet


def bind(*, request: AuthorisationRequest, token_set: TokenSet, choice: dict[str, str]) -> Authorisation:
    """Make or renew the authorisation of the request's user for the organisation in `choice`.

    The first one binds club and organisation. Another user's authorisation is never touched. Raises WrongOrganisation,
    OrganisationTaken, RequestUnusable.
    """
    club: Club = request.club
    with transaction.atomic():
        access.lock_club(club)
        taken = (
            AuthorisationRequest.objects.of(club)
            .filter(pk=request.pk)
            .exclude(outcome="connected")
            .update(outcome="connected", code_verifier="", nonce="")
        )
        if not taken:
            raise RequestUnusable(phrase("This request was used before. Please authorise Xero again."))
        _bind_organisation(request, choice)
        return _authorise(request, token_set, choice)


def _bind_organisation(request: AuthorisationRequest, choice: dict[str, str]) -> None:
    club: Club = request.club
    connection, _created = Connection.objects.of(club).get_or_create(club=club)
    if connection.app_id not in {None, request.app_id}:
        raise RequestUnusable(phrase("The club's Xero app was changed meanwhile. Please authorise Xero again."))
    name = choice["name"][:200]
    if connection.tenant_id:
        if connection.tenant_id != choice["tenant_id"]:
            raise WrongOrganisation(
                phrase(
                    "This club belongs to the organisation %(bound)s. You chose %(offered)s.",
                    bound=connection.organisation_name,
                    offered=name,
                ),
                bound_name=connection.organisation_name,
                offered_name=name,
            )
        Connection.objects.of(club).filter(pk=connection.pk).update(organisation_name=name, app_id=request.app_id)
        return
    other = taken_by(club=club, tenant_id=choice["tenant_id"])
    if other is not None:
        raise _taken(name, name_for(request.user, other))
    _release_inactive(choice["tenant_id"])
    try:
        with transaction.atomic():
            Connection.objects.of(club).filter(pk=connection.pk).update(
                tenant_id=choice["tenant_id"],
                organisation_name=name,
                app_id=request.app_id,
                confirmed_at=clock.now(),
                organisation_read_at=None,
            )
    except IntegrityError:
        # Another club bound it between the look and the write.
        raise _taken(name, "") from None
    audit.note(
        club=club,
        actor=request.user,
        action="xero.organisation_confirmed",
        subject=f"organisation {choice['tenant_id']}",
        summary=f"{request.user} confirmed {name} as the club's organisation in Xero",
        before={"organisation": ""},
        after={"organisation": name, "tenant_id": choice["tenant_id"]},
    )


def _authorise(request: AuthorisationRequest, token_set: TokenSet, choice: dict[str, str]) -> Authorisation:
    club: Club = request.club
    key: dict[str, Any] = {"user": request.user, "club": club, "app": request.app}
    before = Authorisation.objects.of(club).filter(**key).first()
    row: Authorisation
    row, _created = Authorisation.objects.of(club).update_or_create(
        **key,
        defaults={
            "token_set": token_set,
            "tenant_id": choice["tenant_id"],
            "organisation_name": choice["name"][:200],
            "connection_id": choice["connection_id"],
            "auth_event_id": choice["auth_event_id"],
            "authorised_at": clock.now(),
            "ended_at": None,
            "ended_because": "",
        },
    )
    audit.note(
        club=club,
        actor=request.user,
        action="xero.authorised",
        subject=f"authorisation {row.pk}",
        summary=f"{request.user} authorised {request.app} for {row.organisation_name}",
        before={"xero_user": before.token_set_id, "ended_at": before.ended_at} if before else None,
        after={"xero_user": token_set.email or token_set.xero_user_id, "organisation": row.organisation_name},
    )
    return row


def taken_by(*, club: Club, tenant_id: str) -> Club | None:
    """Return the other active club that an organisation serves already, if any."""
    row = (
        Connection.objects.across_clubs("an organisation serves one active club only")
        .select_related("club")
        .filter(tenant_id=tenant_id, club__is_active=True)
        .exclude(club=club)
        .first()
    )
    if row is None:
        return None
    other: Club = row.club
    return other


def name_for(user: User, club: Club | None) -> str:
    """Return a club's name if the user belongs to it; nobody learns here of other clubs."""
    if club is None or not Membership.objects.filter(user=user, club=club, is_active=True).exists():
        return ""
    return club.name


def is_used(*, token_set_id: int, tenant_id: str, except_row: int | None = None) -> bool:
    """Whether a live authorisation rests on this Xero user's connection to an organisation."""
    rows = Authorisation.objects.across_clubs("a Xero user's connections serve several people").filter(
        token_set_id=token_set_id, tenant_id=tenant_id, ended_at=None
    )
    return bool(rows.exclude(pk=except_row).exists())


def _taken(organisation: str, club_name: str) -> OrganisationTaken:
    words = phrase("The organisation %(name)s serves another club here already.", name=organisation)
    return OrganisationTaken(words, organisation_name=organisation, club_name=club_name)


def _release_inactive(tenant_id: str) -> None:
    """Let go of an organisation that a club which is no longer active had."""
    rows = Connection.objects.across_clubs("a club that left gives its organisation free").select_related("club")
    for row in rows.filter(tenant_id=tenant_id, club__is_active=False):
        Connection.objects.of(row.club).filter(pk=row.pk).update(tenant_id="", confirmed_at=None)
        audit.note(
            club=row.club,
            actor=None,
            action="xero.organisation_released",
            subject=f"organisation {tenant_id}",
            summary=f"{row.organisation_name} was released: the club is no longer active",
            before={"tenant_id": tenant_id},
        )
