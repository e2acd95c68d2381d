"""A person's consent, from pressing Authorize Xero to an authorisation of the club that they have confirmed by name.

Each request is used once and lives for ten minutes. The club's organisation is bound once; afterwards only the same one
is accepted. Returns that make no sense end in an `Outcome`, never in an error page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from clubledger.bookkeeping.phrases import phrase
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock, wake
from clubledger.xero.connection import binding, registration, tenants
from clubledger.xero.connection.outcomes import NOT_ACCEPTED, Choice, Kind, Outcome, refused
from clubledger.xero.connection.standing import REQUEST_LIFE, current
from clubledger.xero.errors import (
    AppMisconfigured,
    BindingRefused,
    CurrencyDiffers,
    GrantRefused,
    IdentityUnproven,
    RequestUnusable,
    WrongOrganisation,
    XeroError,
)
from clubledger.xero.http.wire import scrub
from clubledger.xero.models import Authorisation, AuthorisationRequest, TokenSet
from clubledger.xero.oauth import flow

CONFIRM_WITHIN = timedelta(hours=1)

log = structlog.get_logger("clubledger.xero")


# --- Leaving ----------------------------------------------------------------------------------------------------------


def begin_authorisation(*, club: Club, actor: User, base_url: str) -> str:
    """Return the address at Xero that the actor's browser is to be sent to, and remember what must come back.

    `base_url` (scheme and host of this page) serves where the app's registration names no redirect address. Raises
    NotAllowed, AppMisconfigured.
    """
    access.require(club=club, actor=actor, permission=Permission.AUTHORISE)
    app = registration.app_for(club)
    state, nonce = flow.new_state(), flow.new_state()
    verifier = flow.new_verifier() if app.use_pkce else ""
    redirect_uri = app.redirect_uri or f"{base_url.rstrip('/')}{registration.CALLBACK_PATH}"
    with transaction.atomic():
        AuthorisationRequest.objects.of(club).create(
            club=club,
            user=actor,
            app=app,
            state_hash=_hash(state),
            nonce=nonce,
            code_verifier=verifier,
            redirect_uri=redirect_uri,
            created_at=clock.now(),
        )
        audit.note(
            club=club,
            actor=actor,
            action="xero.authorisation_begun",
            subject=f"xero app {app.client_id}",
            summary=f"{actor} left for Xero to authorise {app}",
        )
    return flow.consent_address(app, redirect_uri=redirect_uri, state=state, nonce=nonce, verifier=verifier)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


# --- Coming back ------------------------------------------------------------------------------------------------------


@sensitive_variables("params", "code", "state")
def finish_authorisation(*, actor: User, params: Mapping[str, str]) -> Outcome:
    """Take a return from Xero: match it to its request, exchange the code, find the consent's organisation.

    Unknown parameters are ignored. Nothing is bound to a club for the first time here: that needs
    `confirm_organisation`. Raises NotAllowed if the actor may no longer authorise; everything else is an Outcome.
    """
    state, code = params.get("state", ""), params.get("code", "")
    found: AuthorisationRequest | None = (
        AuthorisationRequest.objects.across_clubs("the return names no club, only the state")
        .select_related("club", "app", "user")
        .filter(state_hash=_hash(state))
        .first()
    )
    if not state or found is None or found.user_id != actor.pk:
        return Outcome("tampered", words=phrase("This return from Xero does not belong to a request of yours."))
    club: Club = found.club
    access.require(club=club, actor=actor, permission=Permission.AUTHORISE)
    now = clock.now()
    took = AuthorisationRequest.objects.of(club).filter(pk=found.pk, used_at=None).update(used_at=now)
    if not took:
        return Outcome("replayed", club, phrase("This return from Xero was used before."))
    verifier = str(found.code_verifier)
    if now >= found.created_at + REQUEST_LIFE:
        return _end(found, Outcome("expired", club, phrase("The request to Xero was older than ten minutes.")))
    if params.get("error") == "access_denied":
        return _end(found, Outcome("cancelled", club, phrase("You cancelled at Xero. Nothing was changed.")))
    if params.get("error") or not code:
        return _end(found, refused(club, scrub(params.get("error", "")), scrub(params.get("error_description", ""))))
    outcome = _exchange(found, code, verifier)
    return outcome if outcome.kind == "connected" else _end(found, outcome)


def _end(request: AuthorisationRequest, outcome: Outcome) -> Outcome:
    """Keep how a request ended, without the secrets that it needed, and note it in the trail."""
    with transaction.atomic():
        AuthorisationRequest.objects.of(request.club).filter(pk=request.pk).update(
            outcome=outcome.kind, code_verifier="", nonce=""
        )
        audit.note(
            club=request.club,
            actor=request.user,
            action=f"xero.authorisation_{outcome.kind}",
            subject=f"xero app {request.app.client_id}",
            summary=outcome.words or f"Return from Xero: {outcome.kind}",
            after={"offered": list(outcome.offered_names) or [one.name for one in outcome.choices]}
            | ({"xero_says": outcome.xero_words} if outcome.xero_words else {}),
        )
    return outcome


@sensitive_variables("code", "verifier", "consent")
def _exchange(request: AuthorisationRequest, code: str, verifier: str) -> Outcome:
    club = request.club
    try:
        consent = flow.exchange_code(
            request.app, code=code, redirect_uri=request.redirect_uri, verifier=verifier, nonce=request.nonce
        )
        tokens = _keep(request, consent)
        found = tenants.list_tenants(tokens.pk)
    except GrantRefused:
        return Outcome(
            "failed", club, phrase("Xero no longer accepts this return: it is good once and for five minutes.")
        )
    except IdentityUnproven as error:
        log.warning("xero.identity_unproven", words=error.words)
        return Outcome("failed", club, phrase("Xero's answer did not prove who authorised. Nothing was changed."))
    except AppMisconfigured as error:
        return Outcome("failed", club, NOT_ACCEPTED, xero_words=error.words)
    except XeroError as error:
        log.warning("xero.authorisation_failed", words=error.words, failure=type(error).__name__)
        return Outcome("failed", club, phrase("Xero could not be reached. Nothing was changed; please try again."))
    offered = tenants.of_consent(
        found, auth_event_id=consent.auth_event_id, begun_at=request.created_at, ended_at=clock.now()
    )
    return _match(request, tokens, offered, everything=found)


def _keep(request: AuthorisationRequest, consent: flow.Consent) -> TokenSet:
    """Store the consent's tokens for its Xero user and app. A refresh under way loses by the generation."""
    now = clock.now()
    values: dict[str, Any] = {
        "email": consent.email,
        "name": consent.name,
        "access_token": consent.tokens.access_token,
        "refresh_token": consent.tokens.refresh_token,
        "previous_refresh_token": "",
        "previous_replaced_at": None,
        "scopes": consent.tokens.scopes,
        "access_expires_at": now + timedelta(seconds=consent.tokens.expires_in_seconds),
        "refreshed_at": now,
        "lease_holder": "",
        "lease_until": None,
        "died_at": None,
    }
    key = {"app": request.app, "xero_user_id": consent.xero_user_id}
    with transaction.atomic():
        changed = TokenSet.objects.filter(**key).update(generation=F("generation") + 1, **values)
        if not changed:
            try:
                with transaction.atomic():
                    TokenSet.objects.create(**key, **values)
            except IntegrityError:
                TokenSet.objects.filter(**key).update(generation=F("generation") + 1, **values)
        tokens = TokenSet.objects.get(**key)
        AuthorisationRequest.objects.of(request.club).filter(pk=request.pk).update(token_set=tokens)
    return tokens


def _match(
    request: AuthorisationRequest,
    tokens: TokenSet,
    offered: Sequence[tenants.Tenant],
    everything: Sequence[tenants.Tenant],
) -> Outcome:
    """Decide what a consent means for the club: its own organisation again, one to confirm, or none that fits."""
    club = request.club
    if not offered:
        return Outcome("no_organisation", club, phrase("Xero says that no organisation was connected."))
    connection = current(club=club)
    bound_id = connection.tenant_id if connection else ""
    names = tuple(one.name for one in offered)
    if bound_id and connection is not None:
        same = next((one for one in offered if one.tenant_id == bound_id), None)
        if same is None:
            _leave(request, tokens, offered)
            words = phrase(
                "This club belongs to the organisation %(bound)s. You chose %(offered)s.",
                bound=connection.organisation_name,
                offered=", ".join(names),
            )
            return Outcome(
                "wrong_organisation", club, words, bound_name=connection.organisation_name, offered_names=names
            )
        return _bind(request, tokens, same)
    free = [one for one in offered if binding.taken_by(club=club, tenant_id=one.tenant_id) is None]
    if not free:
        taken_by = binding.name_for(request.user, binding.taken_by(club=club, tenant_id=offered[0].tenant_id))
        _leave(request, tokens, offered)
        words = phrase("The organisation %(name)s serves another club here already.", name=offered[0].name)
        return Outcome("wrong_organisation", club, words, offered_names=names, taken_by=taken_by)
    AuthorisationRequest.objects.of(club).filter(pk=request.pk).update(choices=[_as_choice(one) for one in free])
    kind: Kind = "confirm" if len(free) == 1 else "choose"
    choices = tuple(Choice(one.tenant_id, one.name) for one in free)
    return Outcome(kind, club, request_id=request.pk, choices=choices, offered_names=names)


def _as_choice(tenant: tenants.Tenant) -> dict[str, str]:
    return {
        "tenant_id": tenant.tenant_id,
        "name": tenant.name,
        "connection_id": tenant.connection_id,
        "auth_event_id": tenant.auth_event_id,
        "created_at": tenant.created_at.isoformat() if tenant.created_at else "",
    }


def _bind(request: AuthorisationRequest, tokens: TokenSet, tenant: tenants.Tenant) -> Outcome:
    choice = _as_choice(tenant)
    try:
        row = binding.bind(request=request, token_set=tokens, choice=choice)
    except WrongOrganisation as error:
        _leave(request, tokens, [tenant])
        return Outcome(
            "wrong_organisation",
            request.club,
            error.words,
            bound_name=error.bound_name,
            offered_names=(error.offered_name,),
        )
    except BindingRefused as error:
        _leave(request, tokens, [tenant])  # The club's app was changed meanwhile: nobody else would disconnect it.
        return Outcome("failed", request.club, error.words)
    _tell_rooms(row.club_id)
    return Outcome("connected", request.club, authorisation=row, offered_names=(tenant.name,))


def _leave(request: AuthorisationRequest, tokens: TokenSet, offered: Sequence[tenants.Tenant]) -> None:
    """Disconnect again what this consent has just connected for nothing: it would take up the organisation's slots."""
    for one in offered:
        _disconnect_if_new(request, tokens, one.tenant_id, one.connection_id, one.created_at)


def _disconnect_if_new(
    request: AuthorisationRequest, tokens: TokenSet, tenant_id: str, connection_id: str, created_at: datetime | None
) -> None:
    is_new = created_at is not None and created_at >= request.created_at - timedelta(seconds=30)
    if not is_new or binding.is_used(token_set_id=tokens.pk, tenant_id=tenant_id):
        return
    try:
        tenants.disconnect(tokens.pk, connection_id)
    except XeroError as error:
        log.warning("xero.unwanted_connection_left", words=error.words)


# --- Confirming -------------------------------------------------------------------------------------------------------


def confirm_organisation(*, club: Club, actor: User, request_id: int, tenant_id: str) -> Authorisation:
    """Bind the club and the organisation that the actor has seen by name, and give the authorisation.

    Raises NotAllowed, RequestUnusable, WrongOrganisation, OrganisationTaken, CurrencyDiffers.
    """
    access.require(club=club, actor=actor, permission=Permission.AUTHORISE)
    request, choices = _open_request(club, actor, request_id)
    choice = choices.get(tenant_id)
    if choice is None:
        raise RequestUnusable(phrase("This organisation was not among those that you may choose."))
    _check_currency(request, choices, choice)
    try:
        row = binding.bind(request=request, token_set=request.token_set, choice=choice)
    except BindingRefused:
        _let_go(request, choices)
        raise
    _tell_rooms(club.pk)
    return row


def _check_currency(request: Any, choices: dict[str, dict[str, str]], choice: dict[str, str]) -> None:
    """Refuse an organisation with another base currency than the club's books; what was newly connected is let go.

    Where Xero can't say now, nobody is kept waiting: each validation checks it again.
    """
    club: Club = request.club
    try:
        base = tenants.base_currency(request.token_set.pk, choice["tenant_id"])
    except XeroError as error:
        log.warning("xero.currency_not_read", club=club.slug, failure=type(error).__name__, words=error.words)
        return
    if base in {"", club.currency}:
        return
    words = phrase(
        "%(club)s keeps its books in %(currency)s. The base currency of %(organisation)s in Xero is %(base)s.",
        club=club.name,
        currency=club.currency,
        organisation=choice["name"],
        base=base,
    )
    _end(request, Outcome("failed", club, words))
    _let_go(request, choices)
    raise CurrencyDiffers(words)


def _tell_rooms(club_id: int) -> None:
    """Wake whoever waits for an authorisation of this club."""
    for task in ("xero.read_organisation", "delivery.go_on", "changeover.look"):
        wake.wake(task, club_id=club_id)


def decline_organisation(*, club: Club, actor: User, request_id: int) -> None:
    """Take the actor's "not this one": what the consent newly connected is disconnected again, nothing is bound.

    Raises NotAllowed, RequestUnusable.
    """
    access.require(club=club, actor=actor, permission=Permission.AUTHORISE)
    request, choices = _open_request(club, actor, request_id)
    _end(request, Outcome("cancelled", club, phrase("The organisation was not confirmed. Nothing was changed.")))
    _let_go(request, choices)


def _let_go(request: Any, choices: dict[str, dict[str, str]]) -> None:
    """Disconnect again what a consent has newly connected."""
    for tenant_id, one in choices.items():
        created_at = datetime.fromisoformat(one["created_at"]) if one["created_at"] else None
        _disconnect_if_new(request, request.token_set, tenant_id, one["connection_id"], created_at)


def request_of(*, club: Club, user: User, request_id: int) -> AuthorisationRequest | None:
    """Return a request of this person at the club, answered or not."""
    found: AuthorisationRequest | None = AuthorisationRequest.objects.of(club).filter(pk=request_id, user=user).first()
    return found


def _open_request(club: Club, actor: User, request_id: int) -> tuple[Any, dict[str, dict[str, str]]]:
    found = (
        AuthorisationRequest.objects.of(club)
        .select_related("club", "app", "user", "token_set")
        .filter(pk=request_id, user=actor, outcome__in=["confirm", "choose"], token_set__isnull=False)
        .first()
    )
    if found is None or clock.now() >= found.created_at + CONFIRM_WITHIN:
        raise RequestUnusable(phrase("This request can't be used any more. Please authorise Xero again."))
    return found, {one["tenant_id"]: one for one in found.choices}
