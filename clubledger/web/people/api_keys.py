"""Configuration → Security → API Keys: making a key, shown once, and ending it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clubledger.clubs import api_keys
from clubledger.clubs.access import ClubAccess, Permission, roles_at
from clubledger.clubs.models import ApiKey
from clubledger.frame import exports, paging, sorting
from clubledger.web.page import club_page, link_to, show

ORDERS: sorting.Keys = {
    "name": lambda row: row["key"].name.casefold(),
    "may": lambda row: row["key"].may_import,
    "acts_for": lambda row: str(row["key"].acts_for).casefold(),
    "made": lambda row: row["key"].created_at,
    "used": lambda row: row["key"].last_used_at,
    "state": lambda row: (not row["is_live"], not row["works"]),
}


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The system that will use it, such as Clubhouse POS."),
    )
    may_import = forms.BooleanField(label=gettext_lazy("It may import transactions, not only read"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@club_page()
def keys(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List the club's keys; a POST makes one and shows its secret, this once."""
    if request.method != "POST" and request.GET.get("format") in exports.FORMATS:
        return _as_file(request, access, request.GET["format"])
    form = _form(access, request.POST or None)
    secret, made = "", None
    if request.method == "POST":
        access.require(Permission.CONFIGURE)
        if form.is_valid():
            try:
                made, secret = api_keys.create(club=access.club, actor=access.user, **form.cleaned_data)
            except api_keys.TooManyKeys as error:
                form.add_error("name", str(error))
            else:
                form = _form(access, None)
    rows = _rows(request, access)
    return show(
        request,
        access,
        "web/people/api_keys.html",
        crumbs=[(_("Configuration"), ""), (_("Security"), "")],
        form=form,
        page=paging.page_of(request, rows, total=len(rows)),
        sort_asked=sorting.asked(request, ORDERS),
        live=sum(1 for row in rows if row["is_live"]),
        secret=secret,
        made=made,
        status=422 if form.errors else 200,
    )


def _rows(request: HttpRequest, access: ClubAccess) -> list[dict[str, Any]]:
    roles = roles_at(access.club)
    rows = [_shown(access, key, roles) for key in api_keys.of_club(club=access.club)]
    return sorting.in_order(rows, sorting.asked(request, ORDERS), ORDERS)


def _as_file(request: HttpRequest, access: ClubAccess, file_format: str) -> HttpResponseBase:
    """Give the keys, never their secrets."""
    cells = (
        (
            row["key"].name, row["key"].prefix, row["may"], str(row["key"].acts_for), row["key"].created_at,
            row["key"].last_used_at, row["key"].revoked_at, row["state"],
        )
        for row in _rows(request, access)
    )  # fmt: skip
    header = [
        _("Name"), _("Begins with"), _("May"), _("Acts for"), _("Made"), _("Last used"), _("Revoked"), _("State"),
    ]  # fmt: skip
    return exports.download(file_format=file_format, name=f"api-keys-{access.club.slug}", header=header, rows=cells)


def _state_of(key: ApiKey, roles: Mapping[int, str]) -> str:
    if key.revoked_at:
        return _("Revoked")
    return _("Active") if api_keys.works(key, roles) else _("Its person lost the right")


def _form(access: ClubAccess, given: QueryDict | None) -> KeyForm:
    form = KeyForm(given)
    if not access.may(Permission.IMPORT):
        form.fields["may_import"].disabled = True
        form.fields["may_import"].help_text = _("An Owner can make a key that imports.")
    return form


def _shown(access: ClubAccess, key: ApiKey, roles: Mapping[int, str]) -> dict[str, Any]:
    works = api_keys.works(key, roles)
    may_act = access.may(Permission.IMPORT) if key.may_import else True
    return {
        "key": key,
        "may": _("import and read") if key.may_import else _("read"),
        "state": _state_of(key, roles),
        "is_live": key.revoked_at is None,
        "works": works,
        "can_take_over": access.may(Permission.CONFIGURE) and may_act and key.revoked_at is None and not works,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.CONFIGURE)
def revoke(request: HttpRequest, access: ClubAccess, key_id: int) -> HttpResponseBase:
    """Ask once more, then end a key."""
    key = _key(access, key_id)
    if request.method == "POST":
        api_keys.revoke(club=access.club, actor=access.user, key_id=key.pk)
        messages.success(request, _("The key %(name)s opens nothing any more.") % {"name": key.name})
        return redirect(link_to(access, "api-keys"))
    crumbs = [(_("Configuration"), ""), (_("Security"), ""), (_("API Keys"), link_to(access, "api-keys"))]
    return show(request, access, "web/people/revoke_api_key.html", crumbs=[*crumbs, (key.name, "")], key=key)


@require_POST
@club_page(Permission.CONFIGURE)
def take_over(request: HttpRequest, access: ClubAccess, key_id: int) -> HttpResponseBase:
    """Let a key act for the person who asks, because its own person lost the right."""
    key = _key(access, key_id)
    api_keys.take_over(club=access.club, actor=access.user, key_id=key.pk)
    messages.success(request, _("The key %(name)s acts for you from now on.") % {"name": key.name})
    return redirect(link_to(access, "api-keys"))


def _key(access: ClubAccess, key_id: int) -> ApiKey:
    key = api_keys.live_key(club=access.club, key_id=key_id)
    if key is None:
        raise Http404
    return key
