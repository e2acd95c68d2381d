"""Tables as files: what a spreadsheet opens is what the page showed, and nothing in it runs."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from clubledger.frame import exports

HEADER = ["Date", "Member", "Amount"]
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", '=HYPERLINK("http://x")', "\uff1d1+1", "\uff20x"]


def read_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("text", EVIL)
def test_what_a_spreadsheet_would_run_is_kept_as_text(text):
    assert exports.safe_text(text) == f"'{text}"


def test_ordinary_text_stays_as_it_is():
    assert exports.safe_text("Saturday Stableford") == "Saturday Stableford"


def test_csv_holds_the_rows_with_plain_numbers_and_dates():
    rows = [(date(2026, 11, 9), "=cmd", Decimal("-1234.5"))]
    response = exports.download(file_format="csv", name="journals", header=HEADER, rows=rows)
    assert response["Content-Disposition"] == 'attachment; filename="journals.csv"'
    assert read_csv(response) == [HEADER, ["2026-11-09", "'=cmd", "-1234.50"]]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ('gl-code-a"b;c', 'filename="gl-code-a-b;c.csv"'),
        ("gl-code-4/1\\2", 'filename="gl-code-4-1-2.csv"'),
        ("gl-code-1\r\nSet-Cookie: x", 'filename="gl-code-1-Set-Cookie- x.csv"'),
        ("gl-code-Ä1", "filename*=utf-8''gl-code-%C3%841.csv"),
    ],
)
def test_a_codes_own_signs_break_no_files_name(name, told):
    response = exports.download(file_format="csv", name=name, header=HEADER, rows=[])
    assert response["Content-Disposition"] == f"attachment; {told}"


def test_xlsx_holds_numbers_as_numbers_and_formulas_as_text():
    rows = [(date(2026, 11, 9), "=cmd", Decimal("1234.50"))]
    response = exports.download(file_format="xlsx", name="journals", header=HEADER, rows=rows)
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert [cell.value for cell in sheet[1]] == HEADER
    assert sheet["B2"].value == "'=cmd"
    assert sheet["B2"].data_type == "s"
    assert sheet["C2"].value == pytest.approx(1234.5)
    assert sheet["C2"].number_format == "#,##0.00"


@pytest.mark.parametrize("text", ["a\x0bb", "\x1b[31mred", "x\ufffe", "x\uffff", "\x1f=1+1"])
def test_xlsx_is_made_although_a_text_holds_what_its_xml_can_not(text):
    response = exports.download(file_format="xlsx", name="rows", header=["Text"], rows=[[text], ["after it"]])
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert "\N{REPLACEMENT CHARACTER}" in sheet["A2"].value
    assert sheet["A3"].value == "after it"
