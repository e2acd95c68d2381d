"""Findings that totals can't show: rows whose stated tax is off, and documents of an earlier tax period.

One pass of SQL over the rows of the journals asked for, however many they are.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from clubledger.bookkeeping.chart import Chart, TaxRate
from clubledger.bookkeeping.facts import ItemKind
from clubledger.bookkeeping.findings import Finding, Severity
from clubledger.bookkeeping.money import from_minor
from clubledger.bookkeeping.phrases import Amount, Day, phrase
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.models import FinancialItem, Journal
from clubledger.ledger.reports import gst

_RATE_UNITS = 10_000
"""Rates are compared as whole ten-thousandths of a per cent, so that SQL needs no fractions."""

_TAX_OFF = """
SELECT p.journal_id, l.item_id, COUNT(*), SUM(l.tax_minor), SUM(l.amount_minor)
FROM ledger_posting p
JOIN ledger_sourceline l ON l.transaction_id = p.transaction_id
WHERE p.journal_id IN ({journals}) AND l.item_id IN ({items}) AND l.tax_minor IS NOT NULL AND l.tax_minor <> 0
  AND ABS(ABS(l.tax_minor) - (2 * ABS(l.amount_minor) * %s + %s) / (2 * %s)) > 1
GROUP BY p.journal_id, l.item_id
ORDER BY p.journal_id, l.item_id
"""

_EARLIER = f"""
SELECT p.journal_id, COUNT(DISTINCT p.transaction_id), MIN(l.document_date)
FROM ledger_posting p
JOIN ledger_sourceline l ON l.transaction_id = p.transaction_id
WHERE p.journal_id IN ({{journals}}) AND l.document_date < %s AND {gst.TAXED_ROW}
GROUP BY p.journal_id
ORDER BY p.journal_id
"""  # noqa: S608 - our own names

_MOST_AT_ONCE = 500
"""Placeholders in one statement: well under the limit of either database."""


def find(*, club: Club, journals: Sequence[Journal], chart: Chart) -> dict[int, list[Finding]]:
    """Return, by journal id, what its rows tell: tax off by over a cent (faults), earlier documents (warnings)."""
    findings: dict[int, list[Finding]] = {}
    for start in range(0, len(journals), _MOST_AT_ONCE):
        part = journals[start : start + _MOST_AT_ONCE]
        for journal_id, finding in [*_tax_off(club, part, chart), *_earlier_documents(part, chart)]:
            findings.setdefault(journal_id, []).append(finding)
    return findings


def _tax_off(club: Club, journals: Sequence[Journal], chart: Chart) -> Iterable[tuple[int, Finding]]:
    # A club that is not registered sends no tax: the check on the whole entry says so once.
    if not chart.organisation.is_registered_for_tax:
        return
    charges = FinancialItem.objects.of(club).filter(kind=ItemKind.CHARGE).exclude(tax_type="")
    by_rate: dict[TaxRate, dict[int, FinancialItem]] = {}
    for charge in charges:
        rate = chart.rate_by_tax_type.get(charge.tax_type)
        if rate is not None:
            by_rate.setdefault(rate, {})[charge.pk] = charge
    ids = [journal.pk for journal in journals]
    for rate, items in by_rate.items():
        units = int(rate.rate * _RATE_UNITS)
        whole = 100 * _RATE_UNITS + units
        for journal_id, item_id, count, tax, amount in _rows(_TAX_OFF, ids, [*items, units, whole, whole], len(items)):
            charge = items[int(item_id)]
            yield (
                int(journal_id),
                Finding(
                    code="row_tax_off",
                    message=_tax_off_words(charge, rate, int(count), from_minor(int(tax)), from_minor(int(amount))),
                    remedy=phrase("Check the charge's tax type, or correct the transactions at their source."),
                    mends=f"charge:{charge.code}",
                    amount=abs(from_minor(int(tax))),
                    count=int(count),
                ),
            )


def _earlier_documents(journals: Sequence[Journal], chart: Chart) -> Iterable[tuple[int, Finding]]:
    if not chart.organisation.is_registered_for_tax:
        return
    by_start: dict[date, list[int]] = {}
    for journal in journals:
        start = gst.period_of(chart.organisation, journal.accounting_date).first_on
        by_start.setdefault(start, []).append(journal.pk)
    for start, ids in by_start.items():
        for journal_id, count, earliest in _rows(_EARLIER, ids, [sql.stored(start)]):
            yield (
                int(journal_id),
                Finding(
                    code="earlier_tax_period",
                    message=_earlier_words(int(count), date.fromisoformat(str(earliest))),
                    remedy=phrase("Tell your accountant before the return is lodged."),
                    mends="journal",
                    severity=Severity.WARNING,
                    count=int(count),
                ),
            )


def _tax_off_words(charge: FinancialItem, rate: TaxRate, count: int, tax: Decimal, amount: Decimal) -> str:
    values: dict[str, object] = {
        "code": charge.code,
        "name": rate.name,
        "tax_type": rate.tax_type,
        "tax": Amount(abs(tax)),
        "amount": Amount(abs(amount)),
    }
    if count == 1:
        return phrase(
            "Charge %(code)s: 1 row states a tax that %(name)s (%(tax_type)s) does not give: %(tax)s on %(amount)s.",
            **values,
        )
    return phrase(
        "Charge %(code)s: %(count)s rows state a tax that %(name)s (%(tax_type)s) does not give:"
        " %(tax)s on %(amount)s.",
        count=count,
        **values,
    )


def _earlier_words(count: int, document_date: date) -> str:
    oldest = Day(document_date)
    if count == 1:
        return phrase(
            "1 transaction has a document of an earlier tax period, the oldest of %(oldest)s;"
            " its tax may belong there.",
            oldest=oldest,
        )
    return phrase(
        "%(count)s transactions have a document of an earlier tax period, the oldest of %(oldest)s;"
        " its tax may belong there.",
        count=count,
        oldest=oldest,
    )


def _rows(statement: str, journal_ids: list[int], more: Sequence[Any], items: int = 0) -> list[tuple[Any, ...]]:
    """Run a statement over journals; `more` are its other values, the ids of `items` first."""
    if not journal_ids:
        return []
    places = {"journals": ", ".join(["%s"] * len(journal_ids)), "items": ", ".join(["%s"] * items)}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**places), [*journal_ids, *more])
        return list(cursor.fetchall())
