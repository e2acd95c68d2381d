"""Configuration → Security → API Keys: making a key, shown once, and ending it."""

from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clubledger.clubs import api_keys
from clubledger.clubs.access import ClubAccess, Permission, roles_at
from clubledger.clubs.models import ApiKey
from clubledger.frame.lists import Column, Holds, List
from clubledger.web.page import club_page, link_to, show


class Row(NamedTuple):
    """A key, as the list tells of it."""

    key: ApiKey
    may: str
    state: str
    is_live: bool
    works: bool
    can_take_over: bool


KEYS = List(
    name="api-keys",
    page="api-keys",
    columns=(
        Column(
            key="name", title=gettext_lazy("Name"), cell=attrgetter("key.name"),
            order=lambda row: row.key.name.casefold(),
        ),
        Column(key="prefix", title=gettext_lazy("Begins with"), cell=attrgetter("key.prefix"), is_on_page=False),
        Column(
            key="may", title=pgettext_lazy("what a key may do", "May"), cell=attrgetter("may"), holds=Holds.WORDS,
            order=attrgetter("key.may_import"),
        ),
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
            order=lambda row: (not row.is_live, not row.works),
        ),
    ),
)  # fmt: skip
"""The keys, never their secrets."""


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
    listing = KEYS.asked(request)
    if request.method != "POST" and listing.wants_file:
        return listing.file(listing.in_order(_rows(access)))
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
    rows = _rows(access)
    listing = listing.paged(listing.in_order(rows), zone=access.club.time_zone)
    return show(
        request,
        access,
        "web/people/api_keys.html",
        crumbs=[(_("Configuration"), ""), (_("Security"), "")],
        form=form,
        listing=listing,
        page=listing.page,
        live=sum(1 for row in rows if row.is_live),
        secret=secret,
        made=made,
        status=422 if form.errors else 200,
    )


def _rows(access: ClubAccess) -> list[Row]:
    roles = roles_at(access.club)
    return [_shown(access, key, roles) for key in api_keys.of_club(club=access.club)]


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


def _shown(access: ClubAccess, key: ApiKey, roles: Mapping[int, str]) -> Row:
    works = api_keys.works(key, roles)
    may_act = access.may(Permission.IMPORT) if key.may_import else True
    return Row(
        key=key,
        may=_("import and read") if key.may_import else _("read"),
        state=_state_of(key, roles),
        is_live=key.revoked_at is None,
        works=works,
        can_take_over=access.may(Permission.CONFIGURE) and may_act and key.revoked_at is None and not works,
    )


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
