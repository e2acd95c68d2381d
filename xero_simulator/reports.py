"""The trial balance: what was posted, by account, so that debits and credits agree."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from xero_simulator.call import Call
from xero_simulator.charts import CLASS_OF_TYPE, ChartBook
from xero_simulator.errors import QueryParse
from xero_simulator.model import Account, ManualJournal, Organisation
from xero_simulator.money import text_of
from xero_simulator.rules import today_of
from xero_simulator.wire import ms_instant, read_day

SECTIONS = (
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
)


def postings(book: ChartBook, journal: ManualJournal) -> dict[str, int]:
    """Return what a journal puts on each account, in cents by account id: lines without tax, and the tax account."""
    sums: dict[str, int] = defaultdict(int)
    tax_account = book.account_of_system("GST")
    for line in journal.lines:
        inclusive = journal.line_amount_types == "Inclusive"
        sums[line.account_id] += line.amount_cents - (line.tax_cents if inclusive else 0)
        if line.tax_cents and tax_account is not None:
            sums[tax_account.account_id] += line.tax_cents
    return sums


def year_start(organisation: Organisation, day: date) -> date:
    """Return the first day of the financial year that a day lies in."""
    month, last = organisation.financial_year_end_month, organisation.financial_year_end_day
    for year in (day.year, day.year - 1):
        end = date(year, month, min(last, 28))
        while end.month == month and end.day < last and (end + timedelta(days=1)).month == month:
            end += timedelta(days=1)
        if end < day:
            return end + timedelta(days=1)
    return date(day.year - 1, 1, 1)


def balances(
    book: ChartBook, journals: list[ManualJournal], organisation: Organisation, day: date
) -> dict[str, tuple[int, int]]:
    """Return (movement of the month, balance of the year) per account id, in cents, at the end of a day.

    Income and expenses start afresh each financial year; what came before is in retained earnings.
    """
    starts, month = year_start(organisation, day), day.replace(day=1)
    retained = book.account_of_system("RETAINEDEARNINGS")
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for journal in journals:
        if journal.status != "POSTED" or journal.dated_on > day:
            continue
        for account_id, cents in postings(book, journal).items():
            account = book.by_id.get(account_id)
            target = account_id
            is_result = account is not None and CLASS_OF_TYPE[account.type] in {"REVENUE", "EXPENSE"}
            if is_result and journal.dated_on < starts and retained is not None:
                target = retained.account_id
            sums[target][1] += cents
            if journal.dated_on >= month:
                sums[target][0] += cents
    return {key: (moved, total) for key, (moved, total) in sums.items()}


def _columns(moved: int, total: int, *, is_debit: bool) -> list[str]:
    def pair(cents: int) -> list[str]:
        debit = cents > 0 or (cents == 0 and is_debit)
        return [text_of(cents), ""] if debit else ["", text_of(-cents)]

    return pair(moved) + pair(total)


def _account_row(account: Account, sums: tuple[int, int]) -> dict[str, object]:
    label = f"{account.name} ({account.code})" if account.code else account.name
    is_debit = CLASS_OF_TYPE[account.type] in {"ASSET", "EXPENSE"}
    cells = [label, *_columns(*sums, is_debit=is_debit)]
    attributes = [{"Value": account.account_id, "Id": "account"}]
    return {"RowType": "Row", "Cells": [{"Value": text, "Attributes": attributes} for text in cells]}


def trial_balance(call: Call) -> dict[str, object]:
    """Answer `GET /Reports/TrialBalance?date=YYYY-MM-DD&paymentsOnly=false`."""
    organisation, book = call.caller.organisation, call.book
    text = call.request.params.get("date")
    day = read_day(text) if text else today_of(call.world, organisation)
    if day is None or day.year < 1900:
        raise QueryParse("The date parameter must have the form YYYY-MM-DD")
    journals = list(call.world.store.journals.of(call.tenant_id).values())
    if call.request.params.get("paymentsOnly", "").lower() == "true":
        journals = [journal for journal in journals if journal.show_on_cash_basis]
    sums = balances(book, journals, organisation, day)
    titles = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
    rows: list[dict[str, object]] = [{"RowType": "Header", "Cells": [{"Value": title} for title in titles]}]
    totals = [0, 0, 0, 0]
    for title, name in SECTIONS:
        accounts = [
            item for item in book.chart.accounts if CLASS_OF_TYPE[item.type] == name and item.account_id in sums
        ]
        if not accounts:
            continue
        for account in accounts:
            moved, total = sums[account.account_id]
            for place, cents in enumerate((max(moved, 0), max(-moved, 0), max(total, 0), max(-total, 0))):
                totals[place] += cents
        shown = [_account_row(account, sums[account.account_id]) for account in accounts]
        rows.append({"RowType": "Section", "Title": title, "Rows": shown})
    cells = [{"Value": "Total"}, *[{"Value": text_of(cents)} for cents in totals]]
    rows.append({"RowType": "Section", "Title": "", "Rows": [{"RowType": "SummaryRow", "Cells": cells}]})
    shown_day = f"{day.day} {day:%B %Y}"
    report = {
        "ReportID": "TrialBalance",
        "ReportName": "Trial Balance",
        "ReportType": "TrialBalance",
        "ReportTitles": ["Trial Balance", organisation.name, f"As at {shown_day}"],
        "ReportDate": shown_day,
        "UpdatedDateUTC": ms_instant(call.world.now()),
        "Fields": [],
        "Rows": rows,
    }
    return {"Reports": [report]}
