"""A wave as a CSV file: one club a line, when, and how. A bad line is refused with its number, the others are kept."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from clubledger.changeover.errors import NotPlannable
from clubledger.changeover.times import read_time
from clubledger.changeover.waves.plan import Refusal, Wish

COLUMNS = ("club", "date", "time", "contact", "notes", "disconnect")
REQUIRED_COLUMNS = ("club",)
YES = {"yes", "y", "true", "1", "auto"}
NO = {"", "no", "n", "false", "0"}


def read_csv(content: bytes) -> tuple[list[Wish], list[Refusal]]:
    """Read wishes from a CSV file: columns club, date, time, contact, notes, disconnect in any order, at least `club`.

    Comma, semicolon or tab; dates YYYY-MM-DD, times HH:MM in the club's own zone (09:00 where left out). Bad rows are
    refused with their line number. Raises NotPlannable for a file that is none.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotPlannable(_("The file is not text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")) from None
    head = text.partition("\n")[0]
    # newline="": a line break within quotes is the field's own.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    wishes: list[Wish] = []
    refusals: list[Refusal] = []
    try:
        names = _without_empty_end([name.strip().lower() for name in next(lines, [])])
        _check_header(names)
        line = _("line")
        for number, cells in _numbered(lines):
            label = f"{line} {number}"
            try:
                wishes.append(_wish(_by_name(names, cells), label))
            except _BadCell as error:
                refusals.append(Refusal(label, str(error)))
    except csv.Error as error:
        words = _("The file is no CSV from line %(line)s on: %(words)s")
        raise NotPlannable(words % {"line": lines.line_num, "words": error}) from None
    return wishes, refusals


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Return each line that says anything, with the number of the line it begins on."""
    begins = lines.line_num + 1
    for cells in lines:
        if any(cell.strip() for cell in cells):
            yield begins, [cell.strip() for cell in cells]
        begins = lines.line_num + 1


def _without_empty_end(cells: list[str]) -> list[str]:
    # Spreadsheets write the empty columns to the right of a table as well.
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _by_name(names: Sequence[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(names):
        cells = _without_empty_end(cells)
    if len(cells) != len(names):
        raise _BadCell(_("It has %(count)s fields.") % {"count": len(cells)})
    if any(letter < " " and letter not in "\r\n\t" for cell in cells for letter in cell):
        raise _BadCell(_("It holds a character that is no text."))
    return dict(zip(names, cells, strict=True))


class _BadCell(ValueError):
    pass


def _check_header(names: Sequence[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown or len(set(names)) != len(names):
        raise NotPlannable(
            _("The first line must name columns out of %(known)s, with at least %(needed)s. It names %(found)s.")
            % {"known": ", ".join(COLUMNS), "needed": ", ".join(REQUIRED_COLUMNS), "found": ", ".join(names) or "–"}
        )


def _wish(cells: Mapping[str, str], line: str) -> Wish:
    slug = cells["club"].lower()
    if not slug:
        raise _BadCell(_("It names no club."))
    wants = cells.get("disconnect", "").lower()
    if wants not in YES | NO:
        raise _BadCell(_("disconnect is %(value)r: write yes or no.") % {"value": wants})
    on, at = cells.get("date", ""), cells.get("time", "")
    try:
        switch_on = date.fromisoformat(on) if on else None
        switch_time = read_time(at)
    except ValueError:
        raise _BadCell(_("date and time must be like 2026-11-30 and 14:00.")) from None
    return Wish(
        slug, switch_on, switch_time, cells.get("contact", ""), cells.get("notes", ""), wants in YES, f"{line}: {slug}"
    )
