"""Chart of Accounts: the lists GL Code and Job#, what uses each code, and adding to them by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats, query
from clubledger.frame.lists import Column, Holds, List, Words
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.mapping import codes, items, job_options
from clubledger.ledger.reports import movements
from clubledger.web.chart import months
from clubledger.web.page import club_page, link_to, show

TYPES = {
    "BANK": gettext_lazy("Bank"), "CURRENT": gettext_lazy("Current asset"),
    "CURRLIAB": gettext_lazy("Current liability"), "DEPRECIATN": gettext_lazy("Depreciation"),
    "DIRECTCOSTS": gettext_lazy("Direct costs"), "EQUITY": gettext_lazy("Equity"),
    "EXPENSE": gettext_lazy("Expense"), "FIXED": gettext_lazy("Fixed asset"), "INVENTORY": gettext_lazy("Inventory"),
    "LIABILITY": gettext_lazy("Liability"), "NONCURRENT": gettext_lazy("Non-current asset"),
    "OTHERINCOME": gettext_lazy("Other income"), "OVERHEADS": gettext_lazy("Overhead"),
    "PREPAYMENT": gettext_lazy("Prepayment"), "REVENUE": gettext_lazy("Revenue"), "SALES": gettext_lazy("Sales"),
    "TERMLIAB": gettext_lazy("Non-current liability"),
}  # fmt: skip
"""Xero's account types as its own screens call them."""

USERS = (("charges", "charges"), ("account_types", "account-types"), ("payment_methods", "payment-methods"))
"""What may use an account: the count of it, and the grid it stands in."""
USABLE = {"usable": True, "unusable": False}
"""What GL codes may be narrowed to."""
STATUSES = {
    "ACTIVE": gettext_lazy("In use"), "ARCHIVED": gettext_lazy("Archived in Xero"),
    "GONE": gettext_lazy("Gone from Xero"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A code of either list, with what it moved, what uses it and how Xero's screens call its tax."""

    code: Any
    key: Any
    all_moved: months.Quarter
    is_asked: bool
    users: Sequence[tuple[str, str]] = ()
    tax: str = ""
    can_be_linked: bool = False

    @property
    def quarter(self) -> months.OfOne | None:
        """What it moved, with the picture of it; None if nothing moved."""
        return self.all_moved.of(self.key)

    @property
    def debit(self) -> Decimal | None:
        """What was debited; None if nothing moved."""
        return self.all_moved.amounts_of(self.key)[0]

    @property
    def credit(self) -> Decimal | None:
        """What was credited; None if nothing moved."""
        return self.all_moved.amounts_of(self.key)[1]

    @property
    def state(self) -> str:
        """The name of the sign that it stands under."""
        return str(self.code.status).lower()

    @property
    def status(self) -> str:
        """How it stands in Xero, in words."""
        return str(STATUSES.get(self.code.status, self.code.status))

    @property
    def is_by_hand(self) -> bool:
        """Whether an account was entered by hand."""
        return not self.code.account_id

    @property
    def type(self) -> str:
        """The type of an account as Xero's screens call it."""
        return str(TYPES.get(self.code.account_type, self.code.account_type.title()))


MOVED = (
    Column(key="weeks", title=gettext_lazy("Last 13 weeks")),
    Column(
        key="debit", title=gettext_lazy("Debit"), file_title=gettext_lazy("Debit, last 13 weeks"),
        cell=attrgetter("debit"), holds=Holds.MONEY, order=attrgetter("debit"),
    ),
    Column(
        key="credit", title=gettext_lazy("Credit"), file_title=gettext_lazy("Credit, last 13 weeks"),
        cell=attrgetter("credit"), holds=Holds.MONEY, order=attrgetter("credit"),
    ),
)  # fmt: skip
"""What both lists tell of a code. The database has no such columns: rows are put into their order here."""
GL_CODES = List(
    name="gl-codes",
    page="gl-codes",
    in_file=(
        "code", "name", "type", "class", "tax", "status", "because", "used", "debit", "credit",
    ),
    columns=(
        Column(key="code", title=gettext_lazy("Code"), cell=attrgetter("code.code"), order=("code",)),
        Column(key="name", title=gettext_lazy("Name"), cell=attrgetter("code.name"), order=("name~", "code")),
        Column(key="type", title=gettext_lazy("Type"), cell=attrgetter("type"), is_on_page=False),
        Column(key="class", title=gettext_lazy("Class"), cell=attrgetter("code.account_class"), is_on_page=False),
        Column(key="tax", title=gettext_lazy("Default tax type"), cell=attrgetter("tax"), is_on_page=False),
        Column(
            key="used", title=gettext_lazy("Used by"), holds=Holds.WORDS, order=("used", "code"),
            cell=lambda line: ", ".join(words for words, _link in line.users),
        ),
        *MOVED,
        Column(key="state", title=gettext_lazy("For journals"), order=("is_unusable", "status", "code")),
        Column(key="status", title=gettext_lazy("Status"), cell=attrgetter("status"), is_on_page=False),
        Column(
            key="because", title=gettext_lazy("Not usable because"), is_on_page=False,
            cell=lambda line: in_readers_words(line.code.unusable_because),
        ),
    ),
)  # fmt: skip
JOB_CODES = List(
    name="job-codes",
    page="job-codes",
    in_file=("code", "name", "category", "option", "state", "charges", "debit", "credit"),
    columns=(
        Column(key="code", title=gettext_lazy("Code"), cell=attrgetter("code.code"), order=("code",)),
        Column(key="name", title=gettext_lazy("Name"), cell=attrgetter("code.name"), is_on_page=False),
        Column(
            key="category", title=gettext_lazy("Tracking category"), cell=attrgetter("code.category_name"),
            order=("category_name~", "code"),
        ),
        Column(
            key="option", title=gettext_lazy("Option in Xero"), file_title=gettext_lazy("Option"),
            cell=attrgetter("code.option_name"), order=("option_name~", "code"),
        ),
        Column(
            key="charges", title=gettext_lazy("Default of"), cell=attrgetter("code.charges"),
            order=("charges", "code"),
        ),
        *MOVED,
        Column(
            key="state", title=gettext_lazy("State"), file_title=gettext_lazy("Status"),
            cell=lambda line: line.status if line.code.option_id else _("Not known in Xero"), holds=Holds.WORDS,
            order=("status", "code"),
        ),
    ),
)  # fmt: skip


class GLCodeForm(forms.Form):
    """A GL code entered by hand."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=10)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)


class JobCodeForm(forms.Form):
    """A job code entered by hand."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=100)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)


def crumbs(access: ClubAccess, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return where a page of the chart stands."""
    trail = [(_("Configuration"), ""), (_("Financials"), "")]
    return [*trail, (_("Chart of Accounts"), link_to(access, "chart-of-accounts")), *more]


@require_safe
@club_page()
def chart_of_accounts(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the two lists that make up the chart: GL Code and Job#."""
    return show(
        request,
        access,
        "web/chart/chart.html",
        crumbs=crumbs(access)[:-1],
        gl_codes=codes.gl_code_counts(club=access.club),
        job_codes=codes.job_code_counts(club=access.club),
        zone=access.club.time_zone,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a page of codes shows: the rows, what makes a line of one, and what it says besides."""

    rows: Any
    line_of: Callable[[Any], Line]
    besides: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two lists: its form, how a code is added and found, and what moved by."""

    listing: List
    title: Words
    form: type[forms.Form]
    add: Callable[..., Any]
    added: Words
    find: Callable[[HttpRequest, ClubAccess, months.Quarter], Found]
    by: movements.By
    template: str


@require_http_methods(["GET", "HEAD", "POST"])
@club_page()
def gl_codes(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List GL codes; a POST adds one."""
    return _list(request, access, OF_ACCOUNTS)


@require_http_methods(["GET", "HEAD", "POST"])
@club_page()
def job_codes(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List job codes; a POST adds one."""
    return _list(request, access, OF_JOBS)


def _list(request: HttpRequest, access: ClubAccess, kind: Kind) -> HttpResponseBase:
    form = kind.form(request.POST or None)
    if request.method == "POST":
        access.require(Permission.CONFIGURE)
        if form.is_valid():
            try:
                kind.add(club=access.club, actor=access.user, **form.cleaned_data)
            except LedgerError as error:
                form.add_error("code", str(error))
            else:
                messages.success(request, str(kind.added) % {"code": form.cleaned_data["code"]})
                return redirect(link_to(access, kind.listing.page))
    all_moved = months.Quarter.of_club(access.club, kind.by)
    found = kind.find(request, access, all_moved)
    listing = kind.listing.asked(request)
    if callable(kind.listing.orders.get(listing.sort.removeprefix("-"))):
        # By what they moved: then all of them have to be read.
        lines = listing.in_order(found.line_of(row) for row in found.rows.order_by("code"))
        ordered: Any = [line.code for line in lines]
    else:
        ordered = found.rows.order_by(*listing.order)
    if listing.wants_file:
        return listing.file(found.line_of(row) for row in ordered)
    listing = listing.paged(ordered, total=found.rows.count(), zone=access.club.time_zone)
    return show(
        request,
        access,
        kind.template,
        crumbs=crumbs(access, (str(kind.title), "")),
        listing=listing,
        page=listing.page,
        rows=[found.line_of(row) for row in listing.rows],
        form=form,
        quarter=all_moved.total(),
        q=request.GET.get("q", ""),
        status=422 if form.errors else 200,
        **found.besides,
    )


def _find_accounts(request: HttpRequest, access: ClubAccess, all_moved: months.Quarter) -> Found:
    counts = codes.gl_code_counts(club=access.club)
    wanted = request.GET.get("show", "") if request.GET.get("show") in USABLE else ""
    taxes = codes.tax_names(club=access.club)
    asked = request.GET.get("code", "")

    def line_of(row: Any) -> Line:
        tax = taxes.get(row.default_tax_type, row.default_tax_type)
        return Line(row, row.pk, all_moved, row.code == asked, users=users_of(access, row), tax=tax)

    chips = [
        (title, number, query.address_with(request, show=name or None, page=None, code=None), name == wanted)
        for name, title, number in (
            ("", _("All"), counts.all),
            ("usable", _("Usable"), counts.usable),
            ("unusable", _("Not usable"), counts.unusable),
        )
    ]
    return Found(
        codes.find_gl_codes(club=access.club, text=_text(request), usable=USABLE.get(wanted)),
        line_of,
        {"counts": counts, "chips": chips, "unmapped": all_moved.of(None)},
    )


def _find_jobs(request: HttpRequest, access: ClubAccess, all_moved: months.Quarter) -> Found:
    options = job_options.options_of(club=access.club) if access.may(Permission.CONFIGURE) else []
    asked = request.GET.get("code", "")

    def line_of(row: Any) -> Line:
        is_asked = bool(asked) and asked in {row.code, row.option_name}
        can_be_linked = bool(options) and job_options.can_be_linked(row, options)
        return Line(row, row.code, all_moved, is_asked, can_be_linked=can_be_linked)

    return Found(
        codes.find_job_codes(club=access.club, text=_text(request)),
        line_of,
        {"options": options, "counts": codes.job_code_counts(club=access.club)},
    )


def _text(request: HttpRequest) -> str:
    """Return what is searched for."""
    return request.GET.get("q", "").strip()[:100]


OF_ACCOUNTS = Kind(
    listing=GL_CODES, title=gettext_lazy("GL Code"), form=GLCodeForm, add=items.add_gl_code,
    added=gettext_lazy("GL code %(code)s was added."), find=_find_accounts, by="gl_code",
    template="web/chart/gl_codes.html",
)  # fmt: skip
OF_JOBS = Kind(
    listing=JOB_CODES, title=gettext_lazy("Job#"), form=JobCodeForm, add=items.add_job_code,
    added=gettext_lazy("Job code %(code)s was added."), find=_find_jobs, by="job",
    template="web/chart/job_codes.html",
)  # fmt: skip


def users_of(access: ClubAccess, row: Any) -> list[tuple[str, str]]:
    """Return the words and the address of each grid where items use the account."""
    words = {
        "charges": lambda number: ngettext("%(count)s charge", "%(count)s charges", number),
        "account_types": lambda number: ngettext("%(count)s account type", "%(count)s account types", number),
        "payment_methods": lambda number: ngettext("%(count)s payment method", "%(count)s payment methods", number),
    }
    return [
        (
            words[name](number) % {"count": formats.count(number)},
            f"{link_to(access, grid)}?{urlencode({'gl_code': row.code})}",
        )
        for name, grid in USERS
        if (number := getattr(row, name))
    ]
