"""A mapping brought in as a file: read, held against the club's codes, shown with what it moves, then saved whole."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from clubledger.bookkeeping.facts import ItemKind
from clubledger.clubs.access import ClubAccess, Permission
from clubledger.frame import formats
from clubledger.frame.exports import FORMULA_STARTS
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem
from clubledger.web.mapping.form import Change, Choices, checked, save
from clubledger.web.mapping.grid import GRIDS, TITLES, effects_of
from clubledger.web.page import club_page, link_to, show

COLUMNS = tuple(column.key for column in GRIDS["charge"].filed)
NEEDED = frozenset(COLUMNS[:3])
LARGEST_BYTES = 1_000_000
MOST_ROWS = 5_000


class UnreadableMapping(Exception):
    """The file as a whole is refused; the words say why."""


@require_POST
@club_page(Permission.CONFIGURE)
def mapping_file(request: HttpRequest, access: ClubAccess, page: str) -> HttpResponseBase:
    """Show what a file would change; save it once that was seen. `page` is the grid it was chosen on."""
    kind = next((kind for kind, (_title, name, _plural) in TITLES.items() if name == page), ItemKind.CHARGE.value)
    here = link_to(access, TITLES[kind][1])
    try:
        text = request.POST.get("text") or _text_of(request.FILES.get("file"))
        choices = Choices.of(access.club)
        changes, same = _changes_in(access, text, choices)
    except UnreadableMapping as error:
        messages.error(request, str(error))
        return redirect(here)
    seen = _fingerprint(changes)
    faulty = [change for _line, change in changes if change.error]
    if request.POST.get("seen") == seen and changes and not faulty:
        failed = save(access, [change for _line, change in changes], choices)
        if not failed:
            told = ngettext("%(count)s item saved.", "%(count)s items saved.", len(changes))
            messages.success(request, told % {"count": formats.count(len(changes))})
            return redirect(here)
        changes = [(line, change) for (line, _change), change in zip(changes, failed, strict=True)]
        faulty = [change for change in failed if change.error]
    effects = effects_of(access, [change for _line, change in changes], choices)
    moved = {change.item.pk: (count, amount) for change, count, amount in effects}
    return show(
        request,
        access,
        "web/mapping/mapping_file.html",
        status=422 if faulty else 200,
        crumbs=[(_("Configuration"), ""), (_("Financials"), ""), (TITLES[kind][0], here), (_("From a file"), "")],
        rows=[
            {
                "line": line, "change": change, "before": _words_of(change.item), "after": _words(change),
                "effect": moved.get(change.item.pk),
            }
            for line, change in sorted(changes, key=lambda one: not one[1].error)
        ],
        faulty=len(faulty),
        total=len(changes) - len(faulty),
        same=same,
        text=text,
        seen=seen,
        back=here,
    )  # fmt: skip


def _text_of(file: "UploadedFile[Any] | None") -> str:
    if file is None:
        raise UnreadableMapping(_("Choose a file first."))
    if (file.size or 0) > LARGEST_BYTES:
        raise UnreadableMapping(_("The file is larger than 1 MB: that is no mapping."))
    try:
        text: str = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableMapping(_("The file is not UTF-8 text. Save it as CSV (UTF-8).")) from None
    return text


def _changes_in(access: ClubAccess, text: str, choices: Choices) -> tuple[list[tuple[int, Change]], int]:
    """Return the lines that change something, or can't, each with its number; and how many change nothing."""
    if "\0" in text:
        raise UnreadableMapping(_("The file is not UTF-8 text. Save it as CSV (UTF-8)."))
    reader = _reader(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    found: list[tuple[int, Change]] = []
    same = 0
    try:
        named = [name or "" for name in reader.fieldnames or ()]
        names = set(named)
        if not names >= NEEDED or names - set(COLUMNS) or len(named) != len(names):
            words = _("The columns are %(columns)s; the first three must be there, and no others, each once.")
            raise UnreadableMapping(words % {"columns": ", ".join(COLUMNS)})
        known = {(item.kind, item.code): item for item in items.find_items(club=access.club)}
        lines: dict[tuple[str, str], int] = {}
        for count, row in enumerate(reader, start=1):
            number = reader.line_num
            if count > MOST_ROWS:
                raise UnreadableMapping(
                    _("The file has more than %(count)s rows.") % {"count": formats.count(MOST_ROWS)}
                )
            if _is_blank(row.values()):
                continue  # Spreadsheets leave rows of nothing but commas.
            change = _change_of(row, known, choices, lines, number)
            if change is None:
                same += 1
            else:
                found.append((number, change))
    except csv.Error as error:
        raise UnreadableMapping(_("The file can't be read as CSV: %(why)s.") % {"why": error}) from None
    return found, same


def _reader(text: str) -> "csv.DictReader[str]":
    """Read commas, or the semicolons that spreadsheets write where a comma is the decimal sign."""
    head = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")


def _is_blank(values: Iterable[Any]) -> bool:
    """Whether a row says nothing; what stands beyond its columns is a list."""
    return not any(any(value) if isinstance(value, list) else value and value.strip() for value in values)


def _change_of(
    row: Mapping[str | None, str | None],
    known: Mapping[tuple[str, str], FinancialItem],
    choices: Choices,
    lines: dict[tuple[str, str], int],
    number: int,
) -> Change | None:
    """Return what a row changes, or the error it has; None where it says what is so already."""
    values = {name: _plain(row.get(name) or "") for name in COLUMNS}
    key = (values["kind"], values["code"])
    item = known.get(key)
    if item is not None:
        # A column that the file lacks leaves what was there.
        values |= {name: so_far for name, so_far in _now(item).items() if name not in row}
    typed = (values["gl_code"], values["tax_type"], values["untaxed_tax_type"], values["job"])
    if item is None:
        # It is shown and never saved: a row with an error keeps all others back.
        unknown = FinancialItem(kind=values["kind"][:16], code=values["code"][:100])
        words = _("There is no such item: give the kind (charge, account_type, payment_method) and its code.")
        return Change(unknown, *typed, error=words)
    earlier = lines.setdefault(key, number)
    if earlier != number:
        return Change(item, *typed, error=_("It stands in line %(line)s already.") % {"line": earlier})
    if None in row:
        return Change(item, *typed, error=_("The row has more values than there are columns."))
    if _words(Change(item, *typed)) == _words_of(item):
        return None
    change = checked(Change(item, *typed), choices)
    return None if not change.error and _words(change) == _words_of(item) else change


def _plain(value: str) -> str:
    """Take off the apostrophe that a download puts before what a spreadsheet would take for a formula."""
    value = value.strip()
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value


def _now(item: FinancialItem) -> dict[str, str]:
    """Return what stands in the columns that a file may lack."""
    return {
        "tax_type": item.tax_type,
        "untaxed_tax_type": item.untaxed_tax_type,
        "job": item.default_job.code if item.default_job else "",
    }


def _words(change: Change) -> str:
    parts = (change.gl_code, change.tax_type, change.untaxed_tax_type, change.job)
    return " · ".join(part for part in parts if part)


def _words_of(item: FinancialItem) -> str:
    parts = (
        item.gl_code.code if item.gl_code else "", item.tax_type, item.untaxed_tax_type,
        item.default_job.code if item.default_job else "",
    )  # fmt: skip
    return " · ".join(part for part in parts if part)


def _fingerprint(changes: list[tuple[int, Change]]) -> str:
    """Mark what was shown, so that what is saved is that: another's change in between shows the page again."""
    told = [f"{change.item.kind}:{change.item.code}:{_words_of(change.item)}>{_words(change)}" for _, change in changes]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
