"""Charges, Account Types and Payment Methods: one grid each that says where an item goes in the general ledger.

Unmapped items come first, each with a guess to confirm. What a change moves among open journals is said before it is
saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from clubledger.clubs.access import ClubAccess, Permission, people_who_may
from clubledger.frame import formats, paging
from clubledger.frame.lists import Column, List, Listing
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem, TaxCode
from clubledger.web.mapping.form import Change, Choices, changes_in, save
from clubledger.web.page import ClubPage, club_page, link_to, show

TITLES = {
    "charge": (gettext_lazy("Charges"), "charges", gettext_lazy("charges")),
    "account_type": (gettext_lazy("Account Types"), "account-types", gettext_lazy("account types")),
    "payment_method": (gettext_lazy("Payment Methods"), "payment-methods", gettext_lazy("payment methods")),
}
PER_PAGE = 40
PRESET = ("is_mapped", "code")
"""What is not mapped stands first, unless another order is asked for."""
COLUMNS = (
    Column(key="kind", title="kind", cell=attrgetter("kind"), is_on_page=False),
    Column(key="code", title=gettext_lazy("Code"), file_title="code", cell=attrgetter("code"), order=("code",)),
    Column(
        key="gl_code", title=gettext_lazy("GL code"), file_title="gl_code", order=("gl_code__code?", "code"),
        cell=lambda item: item.gl_code.code if item.gl_code else "",
    ),
    Column(
        key="tax_type", title=gettext_lazy("Tax type"), file_title="tax_type", order=("tax_type~", "code"),
        cell=attrgetter("tax_type"), shown=attrgetter("tax_name"),
    ),
    Column(
        key="untaxed_tax_type", title=gettext_lazy("Where stated untaxed"), file_title="untaxed_tax_type",
        cell=attrgetter("untaxed_tax_type"), shown=attrgetter("untaxed_name"),
    ),
    Column(
        key="job", title=gettext_lazy("Default job code"), file_title="job", order=("default_job__code?", "code"),
        cell=lambda item: item.default_job.code if item.default_job else "",
    ),
)  # fmt: skip
"""A file has the same columns that `clubledger map --csv` reads, in no language."""
GRIDS = {kind: List(name=name, page=name, columns=COLUMNS) for kind, (_title, name, _plural) in TITLES.items()}
KEPT = ("q", "gl_code", "tax_type", "unmapped", "sort", "page")
"""What of the address stays after saving, so that a search is worked off without being made again."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row of the grid: the item, what was typed if it could not be saved, and the guess."""

    item: FinancialItem
    gl_code: str
    gl_name: str
    tax_type: str
    untaxed_tax_type: str
    job: str
    was: str
    guess: str
    guess_name: str
    is_asked: bool
    error: str
    taxes: Sequence[TaxCode]
    tax_name: str
    untaxed_name: str


def _grid(kind: str) -> ClubPage[[]]:
    def view(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
        if request.method == "POST":
            access.require(Permission.CONFIGURE)
            return _save(request, access, kind)
        listing = GRIDS[kind].asked(request)
        if listing.wants_file:
            # Searched and sorted as shown; rows that are left out stay as they are when it comes back in.
            return listing.file(_items(listing, access, kind))
        return _show(request, access, kind, [])

    view.__name__ = TITLES[kind][1].replace("-", "_")
    return view


charges = require_http_methods(["GET", "HEAD", "POST"])(club_page()(_grid("charge")))
account_types = require_http_methods(["GET", "HEAD", "POST"])(club_page()(_grid("account_type")))
payment_methods = require_http_methods(["GET", "HEAD", "POST"])(club_page()(_grid("payment_method")))


def _items(listing: Listing, access: ClubAccess, kind: str) -> Any:
    asked = listing.request.GET
    rows = items.find_items(
        club=access.club,
        kind=kind,
        text=asked.get("q", "").strip()[:100],
        gl_code=asked.get("gl_code", ""),
        tax_type=asked.get("tax_type", ""),
        unmapped=bool(asked.get("unmapped")),
    )
    return rows.order_by(*(listing.order if listing.sort else PRESET))


def _show(
    request: HttpRequest, access: ClubAccess, kind: str, tried: Sequence[Change], status: int = 200
) -> HttpResponseBase:
    title, name, plural = TITLES[kind]
    listing = GRIDS[kind].asked(request)
    rows = _items(listing, access, kind)
    total, unmapped = items.count_items(club=access.club, kind=kind)
    page = paging.page_of(request, rows, total=rows.count(), per_page=PER_PAGE)
    choices = Choices.of(access.club)
    asked = request.GET.get("item", "")
    shown = list(page.rows)
    if asked and all(item.code != asked for item in shown):
        shown = [*items.find_items(club=access.club, kind=kind, code=asked), *shown]
    shown.sort(key=lambda item: item.code != asked)
    by_item = {change.item.pk: change for change in tried}
    failed = [change.item.pk for change in tried if change.error]
    has_tax = kind == "charge" and bool(choices.tax_codes)
    has_jobs = kind == "charge" and bool(choices.jobs)
    return show(
        request,
        access,
        "web/mapping/mapping.html",
        status=status,
        crumbs=[(_("Configuration"), ""), (_("Financials"), "")],
        title=title,
        kind=kind,
        plural=plural,
        name=name,
        page=page,
        rows=[_row(item, choices, asked, by_item.get(item.pk)) for item in shown],
        failed=len(failed),
        first_failed=next((item.pk for item in shown if item.pk in failed), None),
        total=total,
        unmapped=unmapped,
        choices=choices,
        listing=listing.without(
            *(() if has_tax else ("tax_type", "untaxed_tax_type")), *(() if has_jobs else ("job",))
        ),
        has_tax=has_tax,
        has_jobs=has_jobs,
        who_maps=_who_maps(access) if unmapped and not access.may(Permission.CONFIGURE) else [],
        history=f"{link_to(access, 'audit-trail')}?{urlencode({'area': 'mapping.'})}",
        asked={key: request.GET.get(key, "") for key in ("q", "gl_code", "tax_type", "unmapped")},
    )


def _who_maps(access: ClubAccess) -> list[str]:
    """Return the names of those who may map, for whoever may not."""
    return [str(one) for one in people_who_may(access.club, Permission.CONFIGURE)[:5]]


def _row(item: FinancialItem, choices: Choices, asked: str, tried: Change | None) -> GridRow:
    gl_code = item.gl_code.code if item.gl_code else ""
    job = item.default_job.code if item.default_job else ""
    guess = choices.guess(item) if item.gl_code is None else None
    shown = tried or Change(item, gl_code, item.tax_type, item.untaxed_tax_type, job)
    return GridRow(
        item=item,
        gl_code=shown.gl_code,
        gl_name=choices.name_of(shown.gl_code),
        tax_type=shown.tax_type,
        untaxed_tax_type=shown.untaxed_tax_type,
        job=shown.job,
        was="|".join((gl_code, item.tax_type, item.untaxed_tax_type, job)),
        guess=guess.code if guess else "",
        guess_name=guess.name if guess else "",
        is_asked=bool(asked) and item.code == asked,
        error=tried.error if tried else "",
        taxes=choices.taxes_for(shown.gl_code or (guess.code if guess else ""), shown.tax_type, shown.untaxed_tax_type)
        if item.kind == "charge"
        else (),
        tax_name=choices.tax_name(shown.tax_type),
        untaxed_name=choices.tax_name(shown.untaxed_tax_type),
    )


def _save(request: HttpRequest, access: ClubAccess, kind: str) -> HttpResponseBase:
    """Save the rows that were changed; what would move open journals is shown first."""
    choices = Choices.of(access.club)
    changes = changes_in(request.POST, access.club, kind, choices)
    here = link_to(access, TITLES[kind][1])
    if not changes:
        messages.warning(request, _("Nothing was changed."))
        return redirect(here)
    if any(change.error for change in changes):
        return _show(request, access, kind, changes, status=422)
    moved = [] if request.POST.get("confirmed") == "1" else [change for change in changes if change.item.gl_code]
    effects = effects_of(access, moved, choices)
    if effects:
        return show(
            request,
            access,
            "web/mapping/mapping_effect.html",
            crumbs=[(_("Configuration"), ""), (_("Financials"), ""), (TITLES[kind][0], here)],
            effects=[
                (change, journals, amount, choices.name_of(change.gl_code), _besides(change, choices))
                for change, journals, amount in effects
            ],
            changes=changes,
            back=here,
        )
    failed = save(access, changes, choices)
    if failed:
        return _show(request, access, kind, failed, status=422)
    told = ngettext("%(count)s item saved.", "%(count)s items saved.", len(changes))
    messages.success(request, told % {"count": formats.count(len(changes))})
    kept = {name: request.GET[name] for name in KEPT if request.GET.get(name)}
    return redirect(f"{here}?{urlencode(kept)}" if kept else here)


def _besides(change: Change, choices: Choices) -> tuple[str, str]:
    """Return the tax types and the job code that change too, before and after; both empty where they stay."""
    item = change.item
    pairs = (
        (choices.tax_name(item.tax_type), choices.tax_name(change.tax_type)),
        (choices.tax_name(item.untaxed_tax_type), choices.tax_name(change.untaxed_tax_type)),
        (item.default_job.code if item.default_job else "", change.job),
    )
    moved = [pair for pair in pairs if pair[0] != pair[1]]
    return ", ".join(before or "–" for before, _after in moved), ", ".join(after or "–" for _before, after in moved)


def effects_of(access: ClubAccess, changes: Sequence[Change], choices: Choices) -> list[tuple[Change, int, Decimal]]:
    """Return those of the changes that move open journals, with how many and by what amount."""
    wanted = [choices.wanted(change) for change in changes if not change.error]
    found = items.effects_of(club=access.club, wanted=wanted)
    return [(change, *found[change.item.pk]) for change in changes if change.item.pk in found]
