"""Console → Xero Apps: registering an app, changing it, rotating its secret with no downtime, how full its tier is."""

from operator import attrgetter
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clubledger.changeover.fleet import health
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.frame import pictures
from clubledger.frame.lists import Column, Holds, List
from clubledger.xero.connection import registration
from clubledger.xero.models import XeroApp

TIERS = [
    ("starter", "Starter (5)"),
    ("core", "Core (50)"),
    ("plus", "Plus (1,000)"),
    ("advanced", "Advanced (10,000)"),
    ("enterprise", "Enterprise"),
]

APPS = List(
    name="xero-apps",
    page="console-apps",
    columns=(
        Column(
            key="app", title=gettext_lazy("App"), cell=attrgetter("app"), order=lambda one: str(one.app).casefold()
        ),
        Column(key="client_id", title=gettext_lazy("Client id"), cell=attrgetter("app.client_id"), is_on_page=False),
        Column(
            key="certified", title=gettext_lazy("Certified"), holds=Holds.WORDS,
            cell=lambda one: _("Certified") if one.app.is_certified else _("Uncertified"),
            order=lambda one: not one.app.is_certified,
        ),
        Column(
            key="tier", title=gettext_lazy("Tier"), cell=lambda one: one.app.tier.capitalize(), holds=Holds.WORDS,
            order=lambda one: one.most or None,
        ),
        Column(
            key="clubs", title=gettext_lazy("Clubs"), cell=attrgetter("clubs"), holds=Holds.NUMBER,
            order=attrgetter("clubs"),
        ),
        Column(
            key="people", title=gettext_lazy("People"), cell=attrgetter("people"), holds=Holds.NUMBER,
            order=attrgetter("people"),
        ),
        Column(
            key="connections", title=gettext_lazy("Connections"), cell=attrgetter("connections"), holds=Holds.NUMBER,
            order=attrgetter("connections"),
        ),
        Column(
            key="most", title=gettext_lazy("Maximum"), cell=attrgetter("most"), holds=Holds.NUMBER, is_on_page=False
        ),
        Column(
            key="state", title=gettext_lazy("State"), holds=Holds.WORDS, order=attrgetter("app.status"),
            cell=lambda one: _("Active") if one.app.status == "active" else _("Retired"),
        ),
    ),
)  # fmt: skip


class AppForm(forms.Form):
    """What is known of an app, without its secret."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    version = forms.CharField(label=gettext_lazy("Version"), max_length=20, required=False)
    scopes = forms.CharField(label=gettext_lazy("Scopes"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier (connections)"), choices=TIERS)
    is_certified = forms.BooleanField(label=gettext_lazy("Certified by Xero"), required=False)
    use_pkce = forms.BooleanField(label=gettext_lazy("Use PKCE"), required=False)


class NewAppForm(AppForm):
    """A new app, with its client id and secret."""

    client_id = forms.CharField(label=gettext_lazy("Client id"), max_length=100)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"), max_length=500, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    field_order = ("name", "version", "client_id", "client_secret", "scopes", "tier", "is_certified", "use_pkce")


@require_safe
@staff_page
def apps(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the apps with what hangs on each, or give the list as a file."""
    listing = APPS.asked(request)
    listed = listing.in_order(health.apps(actor=actor))
    if listing.wants_file:
        return listing.file(listed)
    used = [{"use": one, "picture": pictures.share(one.connections, one.most) if one.most else ""} for one in listed]
    return show(
        request, "console/apps.html", apps=used, redirect_address=registration.redirect_address(), listing=listing
    )


@sensitive_post_parameters("client_secret")
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def new_app(request: HttpRequest, actor: User) -> HttpResponseBase:
    """Register an app."""
    form = NewAppForm(request.POST or None, initial={"scopes": settings.XERO_SCOPES, "use_pkce": True, "tier": "plus"})
    if request.method == "POST" and form.is_valid():
        try:
            made = registration.register_app(actor=actor, **form.cleaned_data)
        except registration.BadApp as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(app)s is registered.") % {"app": made})
            return redirect("console-app", made.pk)
    status = 422 if request.method == "POST" else 200
    return show(
        request, "console/new_app.html", status=status, form=form, redirect_address=registration.redirect_address()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def app(request: HttpRequest, actor: User, app_id: int) -> HttpResponseBase:
    """Show one app, and change it."""
    found = _find(app_id)
    initial = {name: getattr(found, name) for name in AppForm.base_fields}
    form = AppForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and _change(request, actor, found, form, form.cleaned_data):
            return redirect("console-app", app_id)
    use = next(one for one in health.apps(actor=actor) if one.app.pk == found.pk)
    return show(request, "console/app.html", status=status, app=found, form=form, use=use)


def _find(app_id: int) -> XeroApp:
    found = registration.app_with_id(app_id)
    if found is None:
        raise Http404
    return found


def _change(request: HttpRequest, actor: User, found: XeroApp, form: forms.Form, fields: dict[str, Any]) -> bool:
    try:
        registration.change_app(actor=actor, app=found, **fields)
    except registration.BadApp as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Changed."))
    return True


@sensitive_post_parameters("next_secret")
@require_POST
@staff_page
def rotate(request: HttpRequest, actor: User, app_id: int) -> HttpResponseBase:
    """Begin or end the rotation of an app's secret, or retire the app."""
    found = _find(app_id)
    act = request.POST.get("act", "")
    try:
        if act == "begin":
            registration.begin_rotation(actor=actor, app=found, next_secret=request.POST.get("next_secret", ""))
            messages.success(request, _("Both secrets are tried now. Delete the old one at Xero, then press Finish."))
        elif act in {"finish", "forget"}:
            registration.finish_rotation(actor=actor, app=found, keep_new=act == "finish")
            messages.success(request, _("One secret is left."))
        elif act in {"retire", "activate"}:
            status = "retired" if act == "retire" else "active"
            registration.change_app(actor=actor, app=found, status=status)
            messages.success(request, _("Changed."))
    except registration.BadApp as error:
        messages.error(request, str(error))
    return redirect("console-app", app_id)
