"""Console → API Keys: keys of the vendor's support desk. Making one, shown once, and ending it."""

from operator import attrgetter
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clubledger.changeover import staff
from clubledger.changeover.errors import ChangeoverError
from clubledger.changeover.models import StaffKey
from clubledger.clubs.models import User
from clubledger.console.page import show, staff_page
from clubledger.frame.lists import Column, Holds, List


class Row(NamedTuple):
    """A key, as the list tells of it."""

    key: StaffKey
    works: bool
    state: str


KEYS = List(
    name="vendor-keys",
    page="console-keys",
    columns=(
        Column(
            key="name", title=gettext_lazy("Name"), cell=attrgetter("key.name"),
            order=lambda row: row.key.name.casefold(),
        ),
        Column(key="prefix", title=gettext_lazy("Begins with"), cell=attrgetter("key.prefix")),
        Column(
            key="acts_for", title=gettext_lazy("Acts for"), cell=attrgetter("key.acts_for"),
            order=lambda row: str(row.key.acts_for).casefold(),
        ),
        Column(
            key="made", title=gettext_lazy("Made"), cell=attrgetter("key.created_at"), holds=Holds.INSTANT,
            order=attrgetter("key.created_at"),
        ),
        Column(
            key="used", title=gettext_lazy("Last used"), cell=attrgetter("key.last_used_at"), holds=Holds.INSTANT,
            order=attrgetter("key.last_used_at"),
        ),
        Column(
            key="revoked", title=gettext_lazy("Revoked"), cell=attrgetter("key.revoked_at"), holds=Holds.INSTANT,
            is_on_page=False,
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=attrgetter("state"), holds=Holds.WORDS,
            order=lambda row: (row.key.revoked_at is not None, not row.works),
        ),
    ),
)  # fmt: skip
"""The keys, never their secrets."""


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What will use it, such as Support desk.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def keys(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the keys, or give them as a file; a POST makes one and shows its secret, this once."""
    listing = KEYS.asked(request)
    if request.method != "POST" and listing.wants_file:
        return listing.file(listing.in_order(_rows(actor)))
    form = KeyForm(request.POST or None)
    secret, made = "", None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = staff.create_key(actor=actor, name=form.cleaned_data["name"])
        except ChangeoverError as error:
            form.add_error("name", str(error))
        else:
            form = KeyForm()
    rows = _rows(actor)
    listing = listing.paged(listing.in_order(rows))
    return show(
        request,
        "console/keys.html",
        status=422 if form.errors else 200,
        form=form,
        listing=listing,
        page=listing.page,
        live=sum(1 for row in rows if row.works),
        secret=secret,
        made=made,
    )


def _rows(actor: User) -> list[Row]:
    return [Row(key, staff.key_works(key), _state_of(key)) for key in staff.list_keys(actor=actor)]


def _state_of(key: StaffKey) -> str:
    if key.revoked_at:
        return _("Revoked")
    return _("Active") if staff.key_works(key) else _("Its person is no longer staff")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def revoke_key(request: HttpRequest, actor: User, prefix: str) -> HttpResponseBase:
    """Ask once more, then end a key."""
    found = (key for key in staff.list_keys(actor=actor) if key.prefix == prefix and key.revoked_at is None)
    key = next(found, None)
    if key is None:
        raise Http404
    if request.method == "POST":
        staff.revoke_key(actor=actor, prefix=prefix)
        messages.success(request, _("The key %(name)s opens nothing any more.") % {"name": key.name})
        return redirect("console-keys")
    return show(request, "console/revoke_key.html", key=key)
