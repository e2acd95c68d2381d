"""The way from the front door to a club."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clubledger.clubs.access import PERMISSIONS, ClubAccess, Permission, clubs_of
from clubledger.clubs.models import Role, User
from clubledger.frame import exports, sorting
from clubledger.ledger.journals import overview
from clubledger.web.page import person
from clubledger.xero.connection import revocation

SIGNS = {
    "live": ("live", gettext_lazy("Connected")),
    "unauthorized": ("moved", gettext_lazy("Connection moved")),
    "not_authorised": ("help", gettext_lazy("Not authorised by you")),
    "nobody": ("help", gettext_lazy("Nobody has authorised")),
    "none": ("ended", gettext_lazy("Not connected")),
}
"""The icon and the words of each sign that a club's connection gives the person."""
ORDERS: sorting.Keys = {
    "club": lambda entry: entry["club"].name.casefold(),
    "role": lambda entry: list(PERMISSIONS).index(entry["role_code"]),
    "organisation": lambda entry: entry["organisation"].casefold() or None,
    "state": lambda entry: list(SIGNS).index(entry["sign"][0]),
    "oldest": lambda entry: entry["oldest"],
    "unsent": lambda entry: entry["unsent"],
    "helped": lambda entry: entry["helped"],
}


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Lead to the person's club, or let them choose; or give their clubs as a file."""
    user = person(request)
    clubs = clubs_of(user)
    if user.is_staff and not clubs:
        return redirect("console")
    if len(clubs) == 1:
        return redirect("gl", clubs[0].club.slug)
    sort = sorting.asked(request, ORDERS)
    entries = sorting.in_order(_entries(user, clubs), sort, ORDERS)
    if entries and request.GET.get("format") in exports.FORMATS:
        return _as_file(entries, request.GET["format"])
    context = {
        "entries": entries, "helped": sum(entry["helped"] for entry in entries), "is_staff": user.is_staff,
        "sort_asked": sort,
    }  # fmt: skip
    return render(request, "web/sign_in/home.html", context)


def _as_file(entries: Sequence[dict[str, Any]], file_format: str) -> HttpResponseBase:
    cells = (
        (
            one["club"].name, one["role"], one["organisation"], str(one["sign"][2]), one["oldest"], one["unsent"],
            one["helped"],
        )
        for one in entries
    )  # fmt: skip
    header = [
        _("Club"), _("Role"), _("Organisation in Xero"), _("State"), _("Oldest journal not sent"), _("Not in Xero"),
        _("Needs your help"),
    ]  # fmt: skip
    return exports.download(file_format=file_format, name="your-clubs", header=header, rows=cells)


def _entries(user: User, clubs: Sequence[ClubAccess]) -> list[dict[str, Any]]:
    """Give each club with how it stands, in as many queries for fifty as for two."""
    unsent = overview.unsent_at(clubs=[access.club for access in clubs])
    signs = revocation.signs_for(user=user, needs_own={access.club.pk: access.may(Permission.SEND) for access in clubs})
    entries = []
    for access in clubs:
        oldest, count, helped = unsent.get(access.club.pk, (None, 0, 0))
        connection, sign = signs.get(access.club.pk, (None, "none"))
        entries.append(
            {
                "club": access.club,
                "role_code": access.role,
                "role": str(Role(access.role).label),
                "organisation": connection.organisation_name if connection else "",
                "sign": (sign, *SIGNS[sign]),
                "oldest": oldest,
                "unsent": count,
                "helped": helped,
            }
        )
    return entries
