"""How people sign in: what allauth asks of us. Nobody signs up by themself; secrets of second steps are encrypted.

Knows nothing of pages. What happens at sign-in is put on record in `sign_in_records`.
"""

import time
from collections.abc import Iterable
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa import signals as mfa
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clubledger.clubs import access, mail, sign_in_records
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Membership, User
from clubledger.foundation import crypto, rotation

log = structlog.get_logger(__name__)
FRESH_FOR_SECONDS = 300
BY_ADDRESS = "company"
"""The provider that the operator chose for their people. Anybody can have a login at Xero, with whatever address."""
MAY_TIE_UNTIL = "may_tie_until"
SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
ENCRYPTED_PARTS = ("secret", "seed")
"""What of a second step is a secret: the app's, and that of the recovery codes. A passkey's stays on its device."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Signs people in by e-mail address and password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("E-mail address and password do not match. Both may be mistyped; capitals count."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
        "rate_limited": _("Too many attempts. Wait five minutes, then try again."),
        "incorrect_code": _("This code is not right, or no longer. Enter the newest one."),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Nobody signs up: people are invited."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Put a refused sign-in on record."""
        sign_in_records.note_refused(request, str(credentials.get("email") or credentials.get("username") or ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Log when the limit of attempts is reached; the attempts themselves are on record."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log.warning("sign_in.limited")
            raise

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again before anything sensitive, unless the person signed in a moment ago."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - record["at"] < FRESH_FOR_SECONDS for record in records)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to this installation, whatever host the request named: somebody else may have made it."""
        uid, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return f"{settings.CLUBLEDGER_BASE_URL}{path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the background: how long it takes must not tell whether an address is known."""
        message: EmailMessage = self.render_mail(template_prefix, email, {"email": email, **context})
        mail.send_soon(message)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of second steps encrypted at rest."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def encrypt(self, text: str) -> str:
        """Encrypt under the installation's key."""
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what `encrypt` was given."""
        return crypto.decrypt(encrypted_text)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's word
        """Suggest a name for a new passkey."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def _get_site_name(self) -> str:
        return "Clubledger"


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets the provider that the settings name vouch for people who exist here."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Nobody signs up: people are invited."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """At the first time, tie the provider's account to the person with the same e-mail address, if it is verified.

        allauth's own way (SOCIALACCOUNT_EMAIL_AUTHENTICATION) would wipe the person's password. A provider that
        does not say whether an address is verified, as Xero's, is tied by the person themself, who is signed in.
        """
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            # A link to the provider must not tie its account to whoever follows it: the press of our button is noted.
            if request.session.pop(MAY_TIE_UNTIL, 0) < time.time():
                raise ImmediateHttpResponse(redirect("security"))
            return
        if sociallogin.is_existing or sociallogin.account.provider != BY_ADDRESS:
            return
        verified = [address.email.lower() for address in sociallogin.email_addresses if address.verified is True]
        person = User.objects.filter(email__in=verified, is_active=True).first() if verified else None
        if person is None:
            return
        sociallogin.connect(request, person)
        sign_in_records.note_tied(person, sociallogin.account.get_provider().name)

    def get_connect_redirect_url(self, _request: HttpRequest, _account: SocialAccount) -> str:
        """Lead back to where the person pressed the button."""
        return reverse("security")


def let_tie(request: HttpRequest) -> None:
    """Note that the person wants to tie an account of a provider, now."""
    request.session[MAY_TIE_UNTIL] = time.time() + FRESH_FOR_SECONDS


def is_tied(person: User, provider: str) -> bool:
    """Whether an account at the provider signs this person in."""
    return bool(SocialAccount.objects.filter(user=person, provider=provider).exists())


@transaction.atomic
def untie(person: User, provider: str, name: str) -> bool:
    """Let no account at the provider, called `name` in the records, sign the person in; returns whether one did."""
    gone, _by_model = SocialAccount.objects.filter(user=person, provider=provider).delete()
    if gone:
        sign_in_records.note_untied(person, name)
    return bool(gone)


def needs_second_step(person: User) -> bool:
    """Whether the person may send or authorise at any club, or is staff, and the installation asks MFA of them."""
    if not settings.REQUIRE_MFA:
        return False
    roles = [r for r, allowed in access.PERMISSIONS.items() if allowed & {Permission.SEND, Permission.AUTHORISE}]
    return person.is_staff or Membership.objects.filter(user=person, is_active=True, role__in=roles).exists()


def has_second_step(request: HttpRequest, person: User) -> bool:
    """Whether the person passed one in this session, came by single sign-on, or has set one up meanwhile."""
    methods = {record.get("method") for record in get_authentication_records(request, person)}
    return bool(methods & {"mfa", "socialaccount"}) or has_set_up(person)


@receiver(mfa.authenticator_added)
def end_sessions_without_second_step(request: HttpRequest, user: User, authenticator: Any, **_rest: Any) -> None:
    """With the first second step, whoever is signed in elsewhere signs in anew: they only ever gave the password."""
    if authenticator.type in SECOND_STEPS and not _others_of(user, authenticator).exists():
        end_sessions(user, but=request.session.session_key)


@receiver(mfa.authenticator_removed)
def end_sessions_with_lost_second_step(request: HttpRequest, user: User, authenticator: Any, **_rest: Any) -> None:
    """Without the last one, no session counts any more as one that passed it."""
    if authenticator.type not in SECOND_STEPS or _others_of(user, authenticator).exists():
        return
    end_sessions(user, but=request.session.session_key)
    records = get_authentication_records(request, user)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [one for one in records if one.get("method") != "mfa"]


def end_sessions(person: User, *, but: str | None = None) -> None:
    """Sign a person out everywhere; `but` is the key of a session that goes on."""
    for session in UserSession.objects.filter(user=person).exclude(session_key=but or ""):
        session.end()


def _others_of(person: User, step: Authenticator) -> Any:
    return Authenticator.objects.filter(user=person, type__in=SECOND_STEPS).exclude(pk=step.pk)


def has_set_up(person: User) -> bool:
    """Whether the person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=person, type__in=SECOND_STEPS).exists())


def second_steps_of(person: User) -> list[Authenticator]:
    """Return the person's second steps and recovery codes, the oldest first."""
    return list(Authenticator.objects.filter(user=person).order_by("created_at"))


def who_have_set_up(person_ids: Iterable[int]) -> set[int]:
    """Return those of these people who have an authenticator app or a passkey."""
    rows = Authenticator.objects.filter(user_id__in=list(person_ids), type__in=SECOND_STEPS)
    return set(rows.values_list("user_id", flat=True))


@rotation.also_rotates
def rotate_second_steps() -> int:
    """Encrypt the secrets of all second steps anew under the first key; returns how many."""
    rotated = 0
    for found in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).iterator(chunk_size=500):
        before = dict(found.data)
        fresh = {name: crypto.rotate(before[name]) for name in ENCRYPTED_PARTS if name in before}
        # A recovery code used meanwhile changes the row: it is left for the next run rather than undone.
        rows = Authenticator.objects.filter(pk=found.pk, data=before)
        rotated += rows.update(data=before | fresh) if fresh else 0
    return rotated
