"""Retrieving GL codes and categories from Xero: what is different there is shown before anything changes here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.delivery import preflight
from clubledger.frame import exports, formats
from clubledger.frame.lists import Column, List
from clubledger.ledger.mapping import codes
from clubledger.ledger.mapping.chart import Changes
from clubledger.ledger.models import GLCode
from clubledger.web.chart.lists import TYPES, crumbs, users_of
from clubledger.web.page import club_page, link_to, show
from clubledger.web.xero_errors import tell
from clubledger.xero.errors import XeroError

KINDS = (
    ("gone", "rejected", gettext_lazy("Gone from Xero")),
    ("archived", "locked", gettext_lazy("Archived in Xero")),
    ("changed", "queued", gettext_lazy("Changed")),
    ("renamed", "queued", gettext_lazy("Renamed")),
    ("restored", "valid", gettext_lazy("In use again")),
    ("confirmed", "valid", gettext_lazy("Known in Xero now")),
    ("new", "valid", gettext_lazy("New")),
    ("taxes", "queued", gettext_lazy("Tax rate")),
)
"""Every part of what is different, those that hold journals back first: its icon and its word."""
COMPARED_SECONDS = 86_400
"""How long a comparison that was shown can be had as a file."""
HOLDS_BACK = ("gone", "archived")

Uses = Callable[[str], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the comparison: what it is, what it was here, and what uses it here."""

    icon: str
    word: str
    before: str
    after: str
    uses: list[tuple[str, str]]
    holds_back: bool


COMPARISON = List(
    name="compared",
    page="get-gl-codes",
    columns=(
        Column(key="what", title=gettext_lazy("What"), cell=attrgetter("word")),
        Column(key="here", title=gettext_lazy("Here"), cell=attrgetter("before")),
        Column(key="in_xero", title=gettext_lazy("In Xero"), cell=attrgetter("after")),
        Column(
            key="used", title=gettext_lazy("Used by"), cell=lambda one: ", ".join(words for words, _link in one.uses)
        ),
    ),
)  # fmt: skip


@require_POST
@club_page(Permission.GET_GL_CODES)
def get_gl_codes(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Fetch accounts and tax rates; show what would change, or change it when told to."""
    is_first = not codes.has_gl_codes_of_xero(club=access.club)
    return _retrieve(request, access, preflight.get_gl_codes, back="gl-codes", is_first=is_first)


@require_POST
@club_page(Permission.GET_GL_CODES)
def get_categories(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Fetch tracking options; show what would change, or change it when told to."""
    is_first = not codes.has_job_codes_of_xero(club=access.club)
    return _retrieve(request, access, preflight.get_categories, back="job-codes", is_first=is_first)


def _retrieve(request: HttpRequest, access: ClubAccess, fetch: Any, *, back: str, is_first: bool) -> HttpResponseBase:
    if request.POST.get("format") in exports.FORMATS:
        return _as_file(request, access, back)
    apply = is_first or request.POST.get("apply") == "1"
    try:
        changes = fetch(club=access.club, actor=access.user, apply=apply, or_if_same=True)
    except XeroError as error:
        tell(request, access, error)
        return redirect(link_to(access, back))
    if apply or not changes.count:
        told = ngettext("%(count)s change was taken over.", "%(count)s changes were taken over.", changes.count)
        counted = told % {"count": formats.count(changes.count)}
        words = counted if changes.count else _("Nothing has changed there since.")
        messages.success(request, _("Xero answered.") + " " + words)
        return redirect(link_to(access, back))
    is_accounts = back == "gl-codes"
    uses = _uses_of_accounts(access) if is_accounts else _uses_of_jobs(access)
    rows = _differences(changes, uses)
    with in_english():
        compared = list(COMPARISON.cells(_differences(changes, uses)))
    leaf = _("GL Code") if is_accounts else _("Job#")
    title = _("Retrieve GL Codes from Xero") if is_accounts else _("Retrieve Categories from Xero")
    return show(
        request,
        access,
        "web/chart/retrieved.html",
        crumbs=crumbs(access, (leaf, link_to(access, back)), (title, "")),
        title=title,
        listing=COMPARISON.asked(request),
        rows=rows,
        compared=signing.dumps(compared, salt=_salt(access, back), compress=True),
        total=changes.count,
        holding=sum(row.holds_back for row in rows),
        back=link_to(access, back),
    )


def in_english() -> translation.override:
    """Speak English for a while: files do, whoever has them (docs/translating.md)."""
    return translation.override(settings.LANGUAGE_CODE)


def _salt(access: ClubAccess, back: str) -> str:
    return f"clubledger.compared.{access.club.pk}.{back}"


def _as_file(request: HttpRequest, access: ClubAccess, back: str) -> HttpResponseBase:
    """Return the comparison as it was shown: the page brings it along, signed, so that Xero is not asked again."""
    try:
        cells = signing.loads(request.POST.get("compared", ""), salt=_salt(access, back), max_age=COMPARED_SECONDS)
    except signing.BadSignature:
        messages.error(request, _("What was compared is too old by now. Retrieve it again."))
        return redirect(link_to(access, back))
    with in_english():
        header = COMPARISON.header
    name = f"{back}-compared-{access.club.slug}"
    return exports.download(file_format=request.POST["format"], name=name, header=header, rows=cells)


def _differences(changes: Changes, uses: Uses) -> list[Difference]:
    return [
        _difference(part, (icon, str(word)), one, uses, changes.tax_names)
        for part, icon, word in KINDS
        for one in getattr(changes, part)
    ]


def _difference(part: str, sign: tuple[str, str], one: Any, uses: Uses, taxes: Mapping[str, str]) -> Difference:
    icon, word = sign
    if part == "taxes":
        return Difference(icon, word, one[0], one[1], [], holds_back=False)
    if part == "changed":
        name, before, after = one
        return Difference(
            icon, word, f"{name}: {_kind(before, taxes)}", _kind(after, taxes), uses(name), holds_back=False
        )
    if part == "renamed":
        before, after = one
    else:
        before, after = "" if part == "new" else str(one), "" if part == "gone" else str(one)
    used = uses(before)
    return Difference(icon, word, before, after, used, part in HOLDS_BACK and bool(used))


def _kind(text: str, taxes: Mapping[str, str]) -> str:
    """Say an account's type as Xero's screens call it, and its tax type by its name there."""
    kind, comma, tax = text.partition(", ")
    # An account without a type has its tax type alone.
    return f"{TYPES.get(kind) or taxes.get(kind, kind)}{comma}{taxes.get(tax, tax)}"


def _uses_of_accounts(access: ClubAccess) -> Uses:
    known: dict[str, GLCode] = {}
    for row in codes.used_gl_codes(club=access.club):
        known[row.code] = known[str(row)] = row

    def uses(shown: str) -> list[tuple[str, str]]:
        row = known.get(shown) or known.get(shown.partition(" ")[0])
        return users_of(access, row) if row else []

    return uses


def _uses_of_jobs(access: ClubAccess) -> Uses:
    known = {
        name: count
        for row, count in codes.used_job_codes(club=access.club)
        for name in (row.code, row.option_name)
        if name
    }

    def uses(shown: str) -> list[tuple[str, str]]:
        if shown not in known:
            return []
        words = ngettext("%(count)s charge", "%(count)s charges", known[shown])
        return [(words % {"count": formats.count(known[shown])}, link_to(access, "charges"))]

    return uses
