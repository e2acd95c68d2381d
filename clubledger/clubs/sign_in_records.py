"""Puts on record who signed in, from where and how, what was refused, and how people changed their own security."""

from typing import Any

import structlog
from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.signals import social_account_added
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from clubledger.clubs import audit
from clubledger.clubs.models import User
from clubledger.foundation import clock

log = structlog.get_logger(__name__)
METHODS = {"password": "password", "socialaccount": "single sign-on"}
STEPS = {"totp": "authenticator app", "webauthn": "passkey", "recovery_codes": "recovery codes"}


def _from(request: HttpRequest) -> dict[str, str]:
    try:
        ip = str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        ip = ""
    return {"ip": ip, "browser": request.headers.get("User-Agent", "")[:200]}


def note_refused(request: HttpRequest, email: str) -> None:
    """Put a refused password on record: at the clubs of whoever has the address; else at the installation, without it.

    The address itself is left out where nobody has it: people type passwords into the wrong field.
    """
    person = User.objects.filter(email=email.strip().lower()).first()
    log.warning("sign_in.refused", known=person is not None)
    if person is not None:
        _note(person, "sign_in.refused", f"A sign-in as {person} was refused: wrong password.", _from(request))
        return
    with transaction.atomic():
        audit.note(
            club=None,
            actor=None,
            action="sign_in.refused",
            subject="nobody",
            summary="A sign-in with an address that nobody has was refused.",
            after=_from(request),
        )


@receiver(account.user_logged_in)
def note_signed_in(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Put a sign-in on record, with the steps it took; and clear away sessions that ended by themselves."""
    records = get_authentication_records(request, user)
    steps = [METHODS.get(record.get("method", "")) or STEPS.get(record.get("type", ""), "") for record in records]
    words = ", ".join(dict.fromkeys(step for step in steps if step))
    _note(user, "sign_in.done", f"{user} signed in ({words or 'by other means'}).", _from(request), actor=user)
    Session.objects.filter(expire_date__lt=clock.now()).delete()


@receiver(mfa.authentication_failed)
def note_second_step_refused(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Put a wrong code on record."""
    words = f"A sign-in as {user} was refused at the second step: wrong code."
    _note(user, "sign_in.second_step_refused", words, _from(request))


@receiver(account.password_changed)
@receiver(account.password_reset)
@receiver(account.password_set)
def note_password(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Put a new password on record; never the password."""
    _note(user, "security.password_changed", f"{user} has a new password.", _from(request), actor=user)


@receiver(mfa.authenticator_added)
def note_step_added(request: HttpRequest, user: User, authenticator: Any, **_rest: Any) -> None:
    """Put a new second step on record."""
    words = f"{user} set up a second step: {STEPS[authenticator.type]}."
    _note(user, "security.second_step_added", words, _from(request), actor=user)


@receiver(mfa.authenticator_removed)
def note_step_removed(request: HttpRequest, user: User, authenticator: Any, **_rest: Any) -> None:
    """Put the end of a second step on record."""
    words = f"{user} removed a second step: {STEPS[authenticator.type]}."
    _note(user, "security.second_step_removed", words, _from(request), actor=user)


@receiver(mfa.authenticator_reset)
def note_step_reset(request: HttpRequest, user: User, authenticator: Any, **_rest: Any) -> None:
    """Put new recovery codes on record."""
    words = f"{user} has new {STEPS[authenticator.type]}."
    _note(user, "security.second_step_renewed", words, _from(request), actor=user)


def note_tied(person: User, provider: str) -> None:
    """Put on record that the person's account at a provider of single sign-on signs them in from now on."""
    words = f"{person} signs in with {provider} from now on, too."
    _note(person, "sign_in.single_sign_on_tied", words, {"provider": provider}, actor=person)


def note_untied(person: User, provider: str) -> None:
    """Put on record that it no longer does."""
    words = f"{person} no longer signs in with {provider}."
    _note(person, "sign_in.single_sign_on_untied", words, {"provider": provider}, actor=person)


@receiver(social_account_added)
def note_tied_by_themself(sociallogin: Any, **_rest: Any) -> None:
    """Put on record what a person tied on their security page; `signing_in` notes what it ties itself."""
    if sociallogin.state.get("process") == AuthProcess.CONNECT:
        note_tied(sociallogin.user, sociallogin.account.get_provider().name)


def _note(person: User, action: str, summary: str, after: dict[str, str], actor: User | None = None) -> None:
    audit.note_at_clubs_of(person, actor=actor, action=action, subject=person.email, summary=summary, after=after)
