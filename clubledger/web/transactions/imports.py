"""Import: choose a file, see its first rows, bring it in with progress, get the refused rows back to mend."""

import re
import secrets
import time
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clubledger.bookkeeping.facts import Kind
from clubledger.bookkeeping.phrases import text_of
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import formats
from clubledger.frame.lists import Column, Holds, List
from clubledger.frame.query import stands_at
from clubledger.frame.reasons import Reason
from clubledger.ledger.errors import LedgerError
from clubledger.ledger.formats.transactions_v1 import REQUIRED_COLUMNS
from clubledger.ledger.intake import past, undo
from clubledger.ledger.intake.imports import begin_import, preview, refused_rows_csv
from clubledger.ledger.models import Import
from clubledger.web.page import ask_why, club_page, link_to, show

IMPORTS = List(
    name="imports",
    page="imports",
    preset="-at",
    columns=(
        Column(
            key="at", title=gettext_lazy("When"), cell=attrgetter("created_at"), holds=Holds.INSTANT, order=("pk",),
            css="nowrap", link="import",
        ),
        Column(
            key="file", title=gettext_lazy("File"), cell=attrgetter("file_name"), order=("file_name~", "-pk"),
            shown=lambda one: one.file_name or one.source, css="wrap",
        ),
        Column(key="source", title=gettext_lazy("Source system"), cell=attrgetter("source"), is_on_page=False),
        Column(key="by", title=gettext_lazy("By"), cell=attrgetter("actor"), order=("actor__name~", "-pk")),
        Column(
            key="new", title=gettext_lazy("New"), cell=attrgetter("transactions_new"), holds=Holds.NUMBER,
            order=("transactions_new", "-pk"),
        ),
        Column(
            key="already", title=gettext_lazy("Already there"), cell=attrgetter("transactions_already_there"),
            holds=Holds.NUMBER, order=("transactions_already_there", "-pk"),
        ),
        Column(
            key="corrected", title=gettext_lazy("Corrected"), cell=attrgetter("transactions_corrected"),
            holds=Holds.NUMBER, order=("transactions_corrected", "-pk"),
        ),
        Column(
            key="amended", title=gettext_lazy("Amended"), cell=attrgetter("transactions_amended"),
            holds=Holds.NUMBER, is_on_page=False,
        ),
        Column(
            key="refused", title=gettext_lazy("Refused"), cell=attrgetter("transactions_refused"),
            holds=Holds.NUMBER, order=("transactions_refused", "-pk"),
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=attrgetter("state"), holds=Holds.STATE,
            order=("state", "-pk"),
        ),
    ),
)  # fmt: skip
REFUSED_ROWS = List(
    name="refused-list",
    page="import",
    preset="line",
    anchor="#refused",
    columns=(
        Column(
            key="line", title=gettext_lazy("Line"), cell=attrgetter("line_number"), holds=Holds.NUMBER,
            order=("line_number", "pk"),
        ),
        Column(
            key="transaction", title=gettext_lazy("Transaction"), cell=attrgetter("source_id"),
            order=("source_id", "line_number", "pk"),
        ),
        Column(
            key="column", title=gettext_lazy("Column"), cell=attrgetter("column"),
            order=("column~", "line_number", "pk"),
        ),
        Column(key="value", title=gettext_lazy("Value"), cell=attrgetter("value")),
        Column(
            key="reason", title=gettext_lazy("Reason"), cell=lambda one: in_readers_words(one.reason),
            order=("reason", "line_number", "pk"),
        ),
    ),
)  # fmt: skip
"""The refused rows as they are shown, for reading; the file to mend and import again is `refused_rows`."""
MOST_SORTED = 20_000
"""Refused rows that are sorted by more than their line; a file of which more are bad is bad as a whole."""
KEPT_SECONDS = 86_400
MOST_KEPT = 5
"""How long, and how many, files of a club wait between the look at them and bringing them in."""
FILE_COLUMNS = (
    ("source_id", gettext_lazy("Its id in the source system; rows of one id are one transaction and stand together.")),
    ("kind", gettext_lazy("Invoice, payment and so on, by the names below.")),
    ("accounting_date", gettext_lazy("The day of its journal, such as 2026-07-01.")),
    ("account_type", gettext_lazy("Code of the member account type, such as SUBS.")),
    ("item", gettext_lazy("Code of the charge or payment method; in a transfer, of the account type that receives.")),
    ("amount", gettext_lazy("With tax, such as 1100.00. Negative only for a discount row of an invoice.")),
    ("tax_amount", gettext_lazy("The tax contained in it; blank where it is not stated.")),
    ("job", gettext_lazy("Job code; blank for the charge's own.")),
    ("member", gettext_lazy("Member number.")),
    ("description", gettext_lazy("Up to 200 characters.")),
    ("document_date", gettext_lazy("The document's own date, if it is another.")),
    ("reverses", gettext_lazy("The source_id of the transaction that this one is about.")),
)
"""The columns of the transactions file, in words for whoever exports it."""

if TYPE_CHECKING:
    Upload = UploadedFile[Any]
else:
    Upload = UploadedFile


class ImportForm(forms.Form):
    """A file and the name of the system it comes from. How big a file may be says the middleware of `uploads`."""

    source = forms.RegexField(r"^[\w .\-]{1,60}$", label=gettext_lazy("Source system"), initial="file")
    file = forms.FileField(label=gettext_lazy("Transactions file"), max_length=200)


@require_http_methods(["GET", "HEAD"])
@club_page()
def imports(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Show the form and past imports, or give those as a file."""
    listing = IMPORTS.asked(request)
    if listing.wants_file:
        return listing.file(past.imports_of(club=access.club, order=listing.order))
    return _page(request, access, ImportForm())


def _page(request: HttpRequest, access: ClubAccess, form: ImportForm, status: int = 200) -> HttpResponseBase:
    stands_at(request, link_to(access, "imports"))
    listing = IMPORTS.asked(request)
    listing = listing.paged(past.imports_of(club=access.club, order=listing.order), zone=access.club.time_zone)
    return show(
        request,
        access,
        "web/transactions/imports.html",
        form=form,
        listing=listing,
        page=listing.page,
        newest=past.newest_of(club=access.club),
        columns=[(name, name in REQUIRED_COLUMNS, words) for name, words in FILE_COLUMNS],
        kinds=[str(kind) for kind in Kind],
        status=status,
    )


@require_POST
@club_page(Permission.IMPORT)
def preview_import(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Keep the uploaded file and show its first rows before anything is brought in."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, access, form, status=422)
    file: Upload = form.cleaned_data["file"]
    name = f"{access.club.pk}-{secrets.token_hex(16)}.csv"
    path = _kept(access, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget_old(access, path.parent)
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    seen = preview(path, limit=12)
    return show(
        request,
        access,
        "web/transactions/import_preview.html",
        crumbs=[(_("Import"), link_to(access, "imports")), (_("Preview"), "")],
        preview=seen,
        rows=[list(zip(seen.header, values, strict=False)) for values in seen.rows],
        amounts=("amount", "tax_amount"),
        kept=name,
        file_name=file.name,
        size=file.size,
        source=form.cleaned_data["source"],
        status=422 if seen.refusal else 200,
    )


def _forget_old(access: ClubAccess, folder: Path) -> None:
    """Remove the club's files that were looked at and never brought in: after a day, and all but the newest few."""
    waiting = sorted(folder.glob(f"{access.club.pk}-*.csv"), key=_age_seconds)
    for number, path in enumerate(waiting, start=1):
        if number >= MOST_KEPT or _age_seconds(path) > KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _kept(access: ClubAccess, name: str) -> Path:
    """Return the path of an uploaded file. Raises Http404 for a name that is not one of this club's."""
    if not re.fullmatch(rf"{access.club.pk}-[0-9a-f]{{32}}\.csv", name):
        raise Http404
    return Path(settings.MEDIA_ROOT) / "uploads" / name


@require_POST
@club_page(Permission.IMPORT)
def start_import(request: HttpRequest, access: ClubAccess) -> HttpResponseBase:
    """Bring the previewed file in; the worker reads it."""
    path = _kept(access, request.POST.get("kept", ""))
    if not path.exists():
        messages.error(request, _("The uploaded file is no longer here. Choose it again."))
        return redirect(link_to(access, "imports"))
    try:
        begun = begin_import(
            club=access.club,
            actor=access.user,
            path=path,
            file_name=request.POST.get("file_name", "")[:255],
            source=request.POST.get("source", "file")[:60] or "file",
        )
    except LedgerError as error:
        messages.error(request, str(error))
        return redirect(link_to(access, "imports"))
    # The ledger has made its own copy.
    path.unlink(missing_ok=True)
    return redirect(link_to(access, "import", begun.pk))


@require_safe
@club_page()
def one_import(request: HttpRequest, access: ClubAccess, import_id: int) -> HttpResponseBase:
    """Show an import: its progress while it runs, then what came of it and the refused rows."""
    found = _found(access, import_id)
    is_long = found.rows_refused > MOST_SORTED
    listing = REFUSED_ROWS.asked(request).fixed("line") if is_long else REFUSED_ROWS.asked(request)
    rows = past.refused_of(club=access.club, of_import=found, order=listing.order)
    if listing.wants_file:
        return listing.file(rows, name=f"refused-list-{access.club.slug}-{found.pk}")
    listing = listing.paged(rows, total=found.rows_refused)
    return show(
        request,
        access,
        "web/transactions/import.html",
        crumbs=[(_("Import"), link_to(access, "imports")), (found.file_name or found.source, "")],
        found=found,
        is_over=found.finished_at is not None,
        seconds_left=_seconds_left(found),
        can_undo=access.may(Permission.IMPORT) and found.state in undo.UNDOABLE,
        listing=listing,
        page=listing.page,
        is_long=is_long,
        most_sorted=MOST_SORTED,
    )


@require_safe
@club_page()
def import_progress(request: HttpRequest, access: ClubAccess, import_id: int) -> HttpResponseBase:
    """Return the progress of an import as a part of the page."""
    found = _found(access, import_id)
    context = {"found": found, "is_over": found.finished_at is not None, "seconds_left": _seconds_left(found)}
    return render(request, "web/transactions/import_progress.html", context)


def _seconds_left(found: Import) -> float | None:
    """Return how long the rest of the file will take at the pace so far; None where that is not known yet."""
    if not (found.started_at and found.seen_at and found.rows_done) or found.rows_total <= found.rows_done:
        return None
    taken = (found.seen_at - found.started_at).total_seconds()
    return taken / found.rows_done * (found.rows_total - found.rows_done)


@require_safe
@club_page()
def refused_rows(request: HttpRequest, access: ClubAccess, import_id: int) -> HttpResponseBase:
    """Return the refused rows as a file of the same format with the reason, to mend and import again."""
    found = _found(access, import_id)
    answer = StreamingHttpResponse(
        refused_rows_csv(club=access.club, of_import=found), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="refused-rows-{found.pk}.csv"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@club_page(Permission.IMPORT)
def undo_import(request: HttpRequest, access: ClubAccess, import_id: int) -> HttpResponseBase:
    """Show what undoing an import takes back, or why it can't be; then undo it with a reason."""
    found = _found(access, import_id)
    foresight = undo.foresee(club=access.club, of_import=found)
    reason = Reason.of(request)
    if reason.is_given and not foresight.obstacles:
        try:
            is_undone = undo.begin_undoing(club=access.club, actor=access.user, of_import=found, reason=reason.text)
        except LedgerError as error:
            messages.error(request, in_readers_words(text_of(error)))
        else:
            words_for = ngettext(
                "%(count)s transaction is gone.", "%(count)s transactions are gone.", foresight.transactions
            )
            words = _("The import was undone.") + " " + words_for % {"count": formats.count(foresight.transactions)}
            messages.success(request, words if is_undone else _("The import is being undone. You may leave this page."))
        return redirect(link_to(access, "import", found.pk))
    return ask_why(
        request,
        access,
        "web/transactions/undo_import.html",
        reason,
        crumbs=[
            (_("Import"), link_to(access, "imports")),
            (found.file_name or found.source, link_to(access, "import", found.pk)),
            (_("Undo the import"), ""),
        ],
        found=found,
        foresight=foresight,
    )


def _found(access: ClubAccess, import_id: int) -> Import:
    found = past.find(club=access.club, import_id=import_id)
    if found is None:
        raise Http404
    return found
