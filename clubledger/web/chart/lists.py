"""Chart of Accounts: the lists GL Code and Job#, what uses each code, and adding to them by hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
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
from clubledger.frame import exports, formats, paging, query, sorting
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.mapping import codes, items, job_options
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
GL_CODE_ORDERS = {
    "code": ("code",), "name": ("name~", "code"), "used": ("used", "code"), "state": ("is_unusable", "status", "code"),
}  # fmt: skip
JOB_CODE_ORDERS = {
    "code": ("code",), "category": ("category_name~", "code"), "option": ("option_name~", "code"),
    "charges": ("charges", "code"), "state": ("status", "code"),
}  # fmt: skip
"""The columns that the lists can be ordered by; the first is what they are ordered by unless asked."""
USABLE = {"usable": True, "unusable": False}
"""What GL codes may be narrowed to."""
MOVED = ("debit", "credit")
"""The columns that the database does not have: rows are put into their order here."""
STATUSES = {
    "ACTIVE": gettext_lazy("In use"), "ARCHIVED": gettext_lazy("Archived in Xero"),
    "GONE": gettext_lazy("Gone from Xero"),
}  # fmt: skip


class GLCodeForm(forms.Form):
    """A GL code entered by hand."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=10)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)


class JobCodeForm(forms.Form):
    """A job code entered by hand."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=100)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False)


def crumbs(access: ClubAccess, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Give where a page of the chart stands."""
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


@require_http_methods(["GET", "HEAD", "POST"])
@club_page()
def gl_codes(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List GL codes; a POST adds one."""
    form = GLCodeForm(request.POST or None)
    if request.method == "POST":
        access.require(Permission.CONFIGURE)
        if form.is_valid():
            try:
                items.add_gl_code(club=access.club, actor=access.user, **form.cleaned_data)
            except LedgerError as error:
                form.add_error("code", str(error))
            else:
                messages.success(request, _("GL code %(code)s was added.") % {"code": form.cleaned_data["code"]})
                return redirect(link_to(access, "gl-codes"))
    counts = codes.gl_code_counts(club=access.club)
    wanted = request.GET.get("show", "") if request.GET.get("show") in USABLE else ""
    rows = codes.find_gl_codes(club=access.club, text=_text(request), usable=USABLE.get(wanted))
    quarter = months.Quarter.of_club(access.club, "gl_code")
    ordered = _ordered(request, rows, GL_CODE_ORDERS, lambda row: quarter.amounts_of(row.pk))
    taxes = codes.tax_names(club=access.club)
    if request.GET.get("format") in exports.FORMATS:
        return _gl_codes_as_file(access, ordered, quarter, taxes, request.GET["format"])
    page = paging.page_of(request, ordered, total=rows.count())
    asked = request.GET.get("code", "")
    return show(
        request,
        access,
        "web/chart/gl_codes.html",
        counts=counts,
        chips=[
            (title, number, query.address_with(request, show=name or None, page=None, code=None), name == wanted)
            for name, title, number in (
                ("", _("All"), counts.all),
                ("usable", _("Usable"), counts.usable),
                ("unusable", _("Not usable"), counts.unusable),
            )
        ],
        crumbs=crumbs(access, (_("GL Code"), "")),
        page=page,
        rows=[
            {
                "code": row,
                "state": row.status.lower(),
                "is_asked": row.code == asked,
                "is_by_hand": not row.account_id,
                "type": TYPES.get(row.account_type, row.account_type.title()),
                "tax": taxes.get(row.default_tax_type, row.default_tax_type),
                "users": users_of(access, row),
                "quarter": quarter.of(row.pk),
            }
            for row in page.rows
        ],
        form=form,
        quarter=quarter.total(),
        unmapped=quarter.of(None),
        q=request.GET.get("q", ""),
        status=422 if form.errors else 200,
    )


def users_of(access: ClubAccess, row: Any) -> list[tuple[str, str]]:
    """Give the words and the address of each grid where items use the account."""
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


def _text(request: HttpRequest) -> str:
    """Return what is searched for."""
    return request.GET.get("q", "").strip()[:100]


@require_http_methods(["GET", "HEAD", "POST"])
@club_page()
def job_codes(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """List job codes; a POST adds one."""
    form = JobCodeForm(request.POST or None)
    if request.method == "POST":
        access.require(Permission.CONFIGURE)
        if form.is_valid():
            try:
                items.add_job_code(club=access.club, actor=access.user, **form.cleaned_data)
            except LedgerError as error:
                form.add_error("code", str(error))
            else:
                messages.success(request, _("Job code %(code)s was added.") % {"code": form.cleaned_data["code"]})
                return redirect(link_to(access, "job-codes"))
    rows = codes.find_job_codes(club=access.club, text=_text(request))
    quarter = months.Quarter.of_club(access.club, "job")
    ordered = _ordered(request, rows, JOB_CODE_ORDERS, lambda row: quarter.amounts_of(row.code))
    if request.GET.get("format") in exports.FORMATS:
        return _job_codes_as_file(access, ordered, quarter, request.GET["format"])
    page = paging.page_of(request, ordered, total=rows.count())
    asked = request.GET.get("code", "")
    options = job_options.options_of(club=access.club) if access.may(Permission.CONFIGURE) else []
    return show(
        request,
        access,
        "web/chart/job_codes.html",
        options=options,
        counts=codes.job_code_counts(club=access.club),
        crumbs=crumbs(access, (_("Job#"), "")),
        page=page,
        rows=[
            {
                "code": row,
                "is_asked": asked in {row.code, row.option_name} and bool(asked),
                "quarter": quarter.of(row.code),
                "can_be_linked": bool(options) and job_options.can_be_linked(row, options),
            }
            for row in page.rows
        ],
        form=form,
        quarter=quarter.total(),
        q=request.GET.get("q", ""),
        status=422 if form.errors else 200,
    )


def _ordered(
    request: HttpRequest,
    rows: Any,
    orders: Mapping[str, tuple[str, ...]],
    amounts_of: Callable[[Any], tuple[Decimal | None, Decimal | None]],
) -> Any:
    """Put codes into the order asked for; by what they moved only where that is asked, for then all have to be read."""
    wanted = sorting.asked(request, MOVED)
    if not wanted:
        return rows.order_by(*sorting.order_asked(request, orders))
    keys: sorting.Keys = {"debit": lambda row: amounts_of(row)[0], "credit": lambda row: amounts_of(row)[1]}
    return sorting.in_order(rows.order_by("code"), wanted, keys)


def _gl_codes_as_file(
    access: ClubAccess, rows: Iterable[Any], quarter: months.Quarter, taxes: Mapping[str, str], file_format: str
) -> HttpResponseBase:
    def cells() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            users = ", ".join(words for words, _link in users_of(access, row))
            yield (
                row.code, row.name, str(TYPES.get(row.account_type, row.account_type.title())), row.account_class,
                taxes.get(row.default_tax_type, row.default_tax_type), str(STATUSES.get(row.status, row.status)),
                in_readers_words(row.unusable_because), users, *quarter.amounts_of(row.pk),
            )  # fmt: skip

    header = [
        _("Code"), _("Name"), _("Type"), _("Class"), _("Default tax type"), _("Status"), _("Not usable because"),
        _("Used by"), _("Debit, last 13 weeks"), _("Credit, last 13 weeks"),
    ]  # fmt: skip
    return exports.download(file_format=file_format, name=f"gl-codes-{access.club.slug}", header=header, rows=cells())


def _job_codes_as_file(
    access: ClubAccess, rows: Iterable[Any], quarter: months.Quarter, file_format: str
) -> HttpResponseBase:
    def cells() -> Iterator[tuple[Any, ...]]:
        for row in rows:
            status = str(STATUSES.get(row.status, row.status)) if row.option_id else _("Not known in Xero")
            category = (row.category_name, row.option_name, status, row.charges)
            yield row.code, row.name, *category, *quarter.amounts_of(row.code)

    header = [
        _("Code"), _("Name"), _("Tracking category"), _("Option"), _("Status"), _("Default of"),
        _("Debit, last 13 weeks"), _("Credit, last 13 weeks"),
    ]  # fmt: skip
    return exports.download(file_format=file_format, name=f"job-codes-{access.club.slug}", header=header, rows=cells())
