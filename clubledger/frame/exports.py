"""Tables as files: CSV and XLSX of what a page shows, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the full-width ones, which spreadsheets in East Asian languages read alike."""
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a file or another system may bring and a spreadsheet's XML can't hold (XML 1.0, 2.2)."""
NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
"""What no file's name may hold on one system or another; a code of the club's may."""
FORMATS = ("csv", "xlsx")

Row = Sequence[Any]


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before =, +, -, @, tab and line ends.

    Source: OWASP, CSV Injection. Numbers are written as numbers and never pass through here.
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date | int):
        return str(value)
    return safe_text(str(value))


class _Echo:
    """A file that gives back what is written, so that rows leave as they are made."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def csv_lines(header: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Return the lines of a CSV file (RFC 4180, with the byte order mark that spreadsheets want)."""
    writer = csv.writer(_Echo())
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + str(writer.writerow([str(title) for title in header]))
    for row in rows:
        yield str(writer.writerow([_csv_cell(value) for value in row]))


def _xlsx(header: Sequence[str], rows: Iterable[Row]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    titles = []
    for title in header:
        cell = WriteOnlyCell(sheet, value=str(title))
        cell.font = Font(bold=True)
        titles.append(cell)
    sheet.append(titles)
    for row in rows:
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(sheet)
        cell.value = value
        cell.number_format = "#,##0.00"
        return cell
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if value is None or isinstance(value, date | int):
        return value
    return safe_text(NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(value)))


def download(
    *, file_format: str, name: str, header: Sequence[str], rows: Iterable[Row]
) -> HttpResponse | StreamingHttpResponse:
    """Return the table as a file called `name` with the ending of its format, `csv` or `xlsx`."""
    response: HttpResponse | StreamingHttpResponse
    if file_format == "xlsx":
        response = HttpResponse(
            _xlsx(header, rows), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
    else:
        response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    ending = "xlsx" if file_format == "xlsx" else "csv"
    response["Content-Disposition"] = str(content_disposition_header(True, f"{NOT_IN_A_NAME.sub('-', name)}.{ending}"))
    response["X-Content-Type-Options"] = "nosniff"
    return response
