"""Console → API Keys: keys of the vendor's support desk. Making one, shown once, and ending it."""

from typing import Any

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
from clubledger.frame import exports, paging, sorting

ORDERS: sorting.Keys = {
    "name": lambda row: row["key"].name.casefold(),
    "acts_for": lambda row: str(row["key"].acts_for).casefold(),
    "made": lambda row: row["key"].created_at,
    "used": lambda row: row["key"].last_used_at,
    "state": lambda row: (row["key"].revoked_at is not None, not row["works"]),
}


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What will use it, such as Support desk.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def keys(request: HttpRequest, actor: User) -> HttpResponseBase:
    """List the keys, or give them as a file; a POST makes one and shows its secret, this once."""
    if request.method != "POST" and request.GET.get("format") in exports.FORMATS:
        return _as_file(_rows(request, actor), request.GET["format"])
    form = KeyForm(request.POST or None)
    secret, made = "", None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = staff.create_key(actor=actor, name=form.cleaned_data["name"])
        except ChangeoverError as error:
            form.add_error("name", str(error))
        else:
            form = KeyForm()
    rows = _rows(request, actor)
    return show(
        request,
        "console/keys.html",
        status=422 if form.errors else 200,
        form=form,
        page=paging.page_of(request, rows, total=len(rows)),
        sort_asked=sorting.asked(request, ORDERS),
        live=sum(1 for row in rows if row["works"]),
        secret=secret,
        made=made,
    )


def _rows(request: HttpRequest, actor: User) -> list[dict[str, Any]]:
    rows = [
        {"key": key, "works": staff.key_works(key), "state": _state_of(key)} for key in staff.list_keys(actor=actor)
    ]
    return sorting.in_order(rows, sorting.asked(request, ORDERS), ORDERS)


def _state_of(key: StaffKey) -> str:
    if key.revoked_at:
        return _("Revoked")
    return _("Active") if staff.key_works(key) else _("Its person is no longer staff")


def _as_file(rows: list[dict[str, Any]], file_format: str) -> HttpResponseBase:
    """Give the keys, never their secrets."""
    cells = (
        (
            row["key"].name, row["key"].prefix, str(row["key"].acts_for), row["key"].created_at,
            row["key"].last_used_at, row["key"].revoked_at, row["state"],
        )
        for row in rows
    )  # fmt: skip
    header = [_("Name"), _("Begins with"), _("Acts for"), _("Made"), _("Last used"), _("Revoked"), _("State")]
    return exports.download(file_format=file_format, name="vendor-keys", header=header, rows=cells)


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
