"""Accepting an invitation: the address in the e-mail, and the page behind it. Whoever holds it is not signed in yet."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from clubledger.clubs import invitations
from clubledger.clubs.models import Invitation, Role, User

IN_SESSION = "invitation_token"


class AcceptForm(forms.Form):
    """A new person's name and password."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("A password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html,
    )


@require_safe
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take the token out of the address, where browsers and proxies would keep it, and lead on."""
    request.session[IN_SESSION] = token[:200]
    return redirect("accept-invitation")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest) -> HttpResponseBase:
    """Show what the invitation is to, and accept it: as a new person, or as who is signed in."""
    token = request.session.get(IN_SESSION, "")
    try:
        found = invitations.find(token=token)
    except invitations.NotUsable as error:
        return _page(request, None, status=410, words=str(error))
    if invitations.has_account(found):
        return _accept_as_known(request, found, token)
    if request.user.is_authenticated:
        return _page(request, found, other=request.user)
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = invitations.accept_as_new(token=token, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("password", error)
        except invitations.InvitationError as error:
            return _page(request, None, status=410, words=str(error))
        else:
            del request.session[IN_SESSION]
            login = Login(user=made, redirect_url=reverse("gl", args=[found.club.slug]))
            answer: HttpResponseBase = perform_password_login(request, {"email": made.email}, login)
            return answer
    return _page(request, found, form=form, status=422 if form.errors else 200)


def _accept_as_known(request: HttpRequest, found: Invitation, token: str) -> HttpResponseBase:
    """Let somebody accept who signs in here already, once they have."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("accept-invitation"))
    if request.user.email != found.email:
        return _page(request, found, other=request.user)
    if request.method != "POST":
        return _page(request, found)
    try:
        club = invitations.accept_as(token=token, person=request.user)
    except invitations.InvitationError as error:
        return _page(request, None, status=410, words=str(error))
    del request.session[IN_SESSION]
    messages.success(request, _("You belong to %(club)s now.") % {"club": club})
    return redirect("gl", club.slug)


def _page(request: HttpRequest, found: Invitation | None, *, status: int = 200, **more: Any) -> HttpResponseBase:
    role = Role(found.role).label if found else ""
    return render(request, "web/sign_in/accept.html", {"invitation": found, "role": role} | more, status=status)
