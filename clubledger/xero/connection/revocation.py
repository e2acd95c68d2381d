"""The end of authorisations and of the club's connection: by a person's wish, in Xero and here, or on their word."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.xero.connection import binding, standing, tenants
from clubledger.xero.errors import AuthorisationNeeded, NotAuthorised, XeroError
from clubledger.xero.models import Authorisation, Connection, TokenSet
from clubledger.xero.oauth import authorisations, flow

log = structlog.get_logger("clubledger.xero")


def revoke(*, club: Club, actor: User) -> None:
    """Disconnect the actor's own authorisation of the club, in Xero and here; nobody else's is touched.

    Raises NotAllowed, NotAuthorised if there is none, and XeroUnavailable or AppMisconfigured with nothing changed.
    """
    access.require(club=club, actor=actor, permission=Permission.AUTHORISE)
    connection = standing.current(club=club)
    rows = [row for row in standing.authorisations(club=club) if row.user_id == actor.pk and row.is_live]
    rows.sort(key=lambda row: connection is None or row.app_id != connection.app_id)
    if not rows:
        raise NotAuthorised(standing.not_authorised_message())
    _end_in_xero(rows[0], actor)


def disconnect(*, club: Club, actor: User | None, authorisation_id: int) -> None:
    """Disconnect one authorisation of the club, whosever it is: for leaving an old app behind, and for people who left.

    Permission CONFIGURE, or the vendor's staff; None is Clubledger itself, doing what staff have planned. Raises
    NotAllowed, NotAuthorised, XeroUnavailable, AppMisconfigured.
    """
    if actor is not None and not (actor.is_staff and actor.is_active):
        access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    row = next((one for one in standing.authorisations(club=club) if one.pk == authorisation_id and one.is_live), None)
    if row is None:
        raise NotAuthorised(standing.not_authorised_message())
    _end_in_xero(row, actor)


def _end_in_xero(row: Authorisation, actor: User | None) -> None:
    """Remove the connection in Xero, then note it here: in the other order a failure would leave it there for good."""
    token_set_id, by = row.token_set_id, actor or "Clubledger"
    is_shared = token_set_id is not None and binding.is_used(
        token_set_id=token_set_id, tenant_id=row.tenant_id, except_row=row.pk
    )
    if token_set_id is not None and not is_shared:
        try:
            _remove_connection(row, token_set_id)
        except AuthorisationNeeded:
            log.info("xero.connection_already_gone", authorisation=row.pk)
    with transaction.atomic():
        authorisations.end(
            row,
            because="revoked",
            actor=actor,
            action="xero.revoked",
            summary=f"{by} disconnected the Xero authorisation of {row.user} for {row.organisation_name}",
            after={"connection_removed_in_xero": not is_shared},
        )
    if token_set_id is not None and not authorisations.is_needed(token_set_id):
        _forget_tokens(token_set_id)


def _remove_connection(row: Authorisation, token_set_id: int) -> None:
    if row.connection_id and tenants.disconnect(token_set_id, row.connection_id):
        return
    # A reconnection may have given it another id.
    for one in tenants.list_tenants(token_set_id):
        if one.tenant_id == row.tenant_id:
            tenants.disconnect(token_set_id, one.connection_id)


@sensitive_variables("tokens")
def _forget_tokens(token_set_id: int) -> None:
    """Revoke and forget the tokens of a Xero user whose last authorisation has ended (xero-facts 1.7)."""
    tokens = TokenSet.objects.select_related("app").get(pk=token_set_id)
    if tokens.refresh_token and tokens.died_at is None:
        try:
            flow.revoke(tokens.app, refresh_token=tokens.refresh_token)
        except XeroError as error:
            # The connection is gone already; what is left of the token dies of itself.
            log.warning("xero.token_not_revoked", set_id=token_set_id, words=error.words)
    authorisations.forget_tokens(token_set_id, generation=tokens.generation)


@transaction.atomic
def note_gone(*, authorisation: Authorisation, actor: User, reason: str = "") -> bool:
    """End an authorisation on a person's word that it is gone in Xero, which is not asked. False if it had ended.

    Because its app was deleted there, or its secret is lost. Whoever calls it has checked who asks.
    """
    token_set_id = authorisation.token_set_id
    has_ended = authorisations.end(
        authorisation,
        because="disconnected",
        actor=actor,
        action="xero.noted_gone",
        summary=f"{actor} noted that the Xero authorisation of {authorisation.user} for"
        f" {authorisation.organisation_name} is gone in Xero, which was not asked",
        after={"reason": reason},
    )
    if has_ended and token_set_id is not None and not authorisations.is_needed(token_set_id):
        authorisations.forget_tokens(token_set_id)
    return has_ended


def release_organisation(*, club: Club, actor: User, reason: str) -> None:
    """Let go of the club's organisation, so that another can be confirmed: the Owner's act, audited.

    Ends every authorisation of the club here (Xero's connections stay until disconnected). The caller must have made
    sure that nothing is in flight, and asks for the mapping again. Raises NotAllowed.
    """
    access.require(club=club, actor=actor, permission=Permission.UNDO)
    with transaction.atomic():
        access.lock_club(club)
        connection = standing.current(club=club)
        if connection is None or not connection.tenant_id:
            return
        Connection.objects.of(club).filter(pk=connection.pk).update(
            tenant_id="", organisation_name="", short_code="", confirmed_at=None, organisation_read_at=None
        )
        authorisations.end_all_of(club=club, because="replaced")
        audit.note(
            club=club,
            actor=actor,
            action="xero.organisation_released",
            subject=f"organisation {connection.tenant_id}",
            summary=f"{actor} let go of the organisation {connection.organisation_name}: {reason}",
            before={"organisation": connection.organisation_name, "tenant_id": connection.tenant_id},
        )
