"""Your security → Sign in with Xero: tying a person's own Xero login to them, and undoing it.

Xero's claims don't say that an e-mail address is verified, so nobody is found by it: the person, signed in, ties it.
"""

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clubledger.clubs import sign_in
from clubledger.clubs.models import User
from clubledger.web.page import person

PROVIDER = "xero"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def xero_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Return what tying means; a POST leaves for Xero, or unties."""
    if not settings.XERO_SIGN_IN:
        raise Http404
    me = person(request)
    if request.method == "POST" and request.POST.get("act") == "untie":
        return _untie(request, me)
    address = ""
    if request.method == "POST":
        sign_in.let_tie(request)
        address = f"{reverse('openid_connect_login', args=[PROVIDER])}?process=connect"
    return render(
        request, "web/sign_in/xero_sign_in.html", {"is_tied": sign_in.is_tied(me, PROVIDER), "address": address}
    )


def _untie(request: HttpRequest, me: User) -> HttpResponseBase:
    if sign_in.untie(me, PROVIDER, "Xero"):
        messages.success(request, _("Your Xero login no longer signs you in here."))
    return redirect("security")
