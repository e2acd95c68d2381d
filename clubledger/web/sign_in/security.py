"""A person's own security: password, second steps, and where they are signed in. It belongs to no club."""

from operator import attrgetter
from typing import Any, NamedTuple

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from clubledger.clubs import sessions, sign_in
from clubledger.clubs.access import clubs_of
from clubledger.clubs.models import User
from clubledger.frame.lists import Column, Holds, List
from clubledger.web.page import person
from clubledger.web.sign_in import xero

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
MACHINES = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac", "Mac"))
"""What stands in a browser's name for itself, and what people call it; the first that fits counts."""


class SignedInAt(NamedTuple):
    """A session in words."""

    session: UserSession
    device: str
    is_this: bool


SESSIONS = List(
    name="sessions",
    page="security",
    anchor="#sessions",
    columns=(
        Column(
            key="device", title=gettext_lazy("Browser"), cell=attrgetter("device"),
            order=lambda one: one.device.casefold(),
        ),
        Column(
            key="at", title=gettext_lazy("Signed in"), cell=attrgetter("session.created_at"), holds=Holds.INSTANT,
            order=attrgetter("session.created_at"),
        ),
        Column(
            key="from", title=gettext_lazy("From"), cell=attrgetter("session.ip"), order=attrgetter("session.ip")
        ),
    ),
)  # fmt: skip
"""Unless asked, this one stands first, then the newest."""


class RecoveryCodes(NamedTuple):
    """How many recovery codes are left, of how many."""

    left: int
    total: int


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponseBase:
    """Show how the person signs in and where they are signed in."""
    me = person(request)
    steps = sign_in.second_steps_of(me)
    clubs = clubs_of(me)
    listing = SESSIONS.asked(request)
    return render(
        request,
        "web/sign_in/security.html",
        {
            "person": me,
            "app": next((step for step in steps if step.type == Authenticator.Type.TOTP), None),
            "passkeys": [_passkey(step) for step in steps if step.type == Authenticator.Type.WEBAUTHN],
            "codes": _codes(steps),
            "is_needed": sign_in.needs_second_step(me),
            "has_one": any(step.type in sign_in.SECOND_STEPS for step in steps),
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
            "xero_sign_in": settings.XERO_SIGN_IN,
            "xero_is_tied": settings.XERO_SIGN_IN and sign_in.is_tied(me, xero.PROVIDER),
            "listing": listing,
            "sessions": listing.in_order(_sessions(request, me)),
            "zone": clubs[0].club.time_zone if clubs else "UTC",
        },
    )


def _passkey(step: Authenticator) -> dict[str, Any]:
    return {"pk": step.pk, "name": step.wrap().name, "created_at": step.created_at, "last_used_at": step.last_used_at}


def _codes(steps: list[Authenticator]) -> RecoveryCodes | None:
    found = next((step for step in steps if step.type == Authenticator.Type.RECOVERY_CODES), None)
    return RecoveryCodes(len(found.wrap().get_unused_codes()), mfa_settings.RECOVERY_CODE_COUNT) if found else None


def _sessions(request: HttpRequest, me: User) -> list[SignedInAt]:
    found = [
        SignedInAt(session, device_of(session.user_agent), session.session_key == request.session.session_key)
        for session in sessions.of_person(me)
    ]
    found.sort(key=lambda one: not one.is_this)
    return found


def device_of(user_agent: str) -> str:
    """Say in words what browser and machine a User-Agent names, as well as it can be told."""
    browser = next((word for mark, word in BROWSERS if mark in user_agent), "")
    machine = next((word for mark, word in MACHINES if mark in user_agent), "Linux" if "Linux" in user_agent else "")
    if browser and machine:
        return _("%(browser)s on %(machine)s") % {"browser": browser, "machine": machine}
    return browser or machine or _("An unknown browser")


@require_safe
@login_required
def passkeys(request: HttpRequest) -> HttpResponseBase:
    """Lead to the security page, where passkeys are listed; allauth comes here after it removed one."""
    return redirect("security")


@require_POST
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponseBase:
    """Sign the person out on one other machine, or here."""
    found = sessions.one_of(person(request), session_id)
    if found is None:
        raise Http404
    words = _("Signed out: %(device)s.") % {"device": device_of(found.user_agent)}
    return _end(request, [found], words)


@require_POST
@login_required
def end_sessions(request: HttpRequest) -> HttpResponseBase:
    """Sign the person out everywhere: on other machines, and here too if they ask for it."""
    but = None if request.POST.get("here") == "1" else request.session.session_key
    ended = sessions.others_of(person(request), but=but)
    words = ngettext("Signed out in %(count)s place.", "Signed out in %(count)s places.", len(ended))
    return _end(request, ended, words % {"count": len(ended)})


def _end(request: HttpRequest, ended: list[UserSession], words: str) -> HttpResponseBase:
    sessions.end(request, ended, actor=person(request))
    messages.success(request, words)
    return redirect("security" if request.user.is_authenticated else "sign-in")
