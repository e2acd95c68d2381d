"""The tax of a period as the documents state it, beside the tax that Xero worked out of the journals sent. Reads only.

A journal counts in the period of its date in Xero, for that is the one its tax is reported in. Money is in whole minor
units; tax is positive where it is collected (sales) or where it is paid (purchases).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clubledger.bookkeeping.chart import Organisation
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.models import TaxCode

LENGTHS = {"month": 1, "two_months": 2, "quarter": 3, "half_year": 6, "year": 12}
"""How many months a tax period of each length has."""

WITHOUT_TAX = frozenset({"BASEXCLUDED", "NONE"})
"""Tax types of control and clearing lines, which stay out of the return."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A tax period: its first and its last day."""

    first_on: date
    last_on: date

    @classmethod
    def holding(cls, on: date, length: str, *, ends_in: int = 6) -> "Period":
        """Return the period of this length that `on` lies in.

        Months and quarters are the calendar's; of longer ones, and of two months, one ends in the month `ends_in`.
        """
        months = LENGTHS[length]
        month = on.year * 12 + on.month - 1
        return cls._of_months(month - (month - (0 if length == "quarter" else ends_in)) % months, months)

    @classmethod
    def _of_months(cls, first: int, months: int) -> "Period":
        """Return the period of so many months from this one on, counted from the year nought."""
        beyond = first + months
        return cls(
            date(first // 12, first % 12 + 1, 1), date(beyond // 12, beyond % 12 + 1, 1) - timedelta(days=1)
        )  # fmt: skip

    def before(self, length: str) -> "Period":
        """Return the period before this one, of this length."""
        return self._moved(-LENGTHS[length], LENGTHS[length])

    def after(self, length: str) -> "Period":
        """Return the period after this one, of this length."""
        return self._moved(LENGTHS[length], LENGTHS[length])

    def _moved(self, by: int, months: int) -> "Period":
        return self._of_months(self.first_on.year * 12 + self.first_on.month - 1 + by, months)

    def holds(self, on: date) -> bool:
        """Whether the day lies in it."""
        return self.first_on <= on <= self.last_on


@dataclass(slots=True)
class Tax:
    """What documents and Xero say of one thing: a journal's tax type, a tax type, or a whole period.

    `stated` is the documents' tax of what is in Xero and `xero` what Xero worked out of it; `unstated` is the part of
    Xero's that falls to rows whose documents state no tax. `tolerance` is what rounding explains of the difference, in
    half units. `unsent` and `recorded` are the documents' tax of journals that are not in Xero, or added by hand;
    `silent` is the amount, with tax, of unsent rows of which only Xero will say the tax.
    """

    gross: int = 0
    stated: int = 0
    xero: int = 0
    unstated: int = 0
    tolerance: int = 0
    unread: int = 0
    unsent: int = 0
    recorded: int = 0
    silent: int = 0

    @property
    def documents(self) -> int:
        """The documents' tax of the whole period, wherever its journals are."""
        return self.stated + self.unsent + self.recorded

    @property
    def difference(self) -> int:
        """Xero's tax less the documents', on the rows that state one."""
        return self.xero - self.unstated - self.stated

    @property
    def is_rounding(self) -> bool:
        """Whether rounding per line explains the difference: half a cent for each row, and one half more a line."""
        return 2 * abs(self.difference) <= self.tolerance

    def add(self, other: "Tax") -> None:
        """Add another's figures to these."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class TaxType:
    """A tax type: its name in Xero, and whether its tax is paid on purchases rather than collected on sales."""

    code: str
    name: str
    is_purchase: bool


@dataclass(frozen=True, slots=True)
class JournalTax:
    """What one journal has under one tax type; `dated_on` is its date in Xero."""

    journal_id: int
    number: str
    accounting_date: date
    dated_on: date
    state: str
    tax_type: TaxType
    tax: Tax


@dataclass(frozen=True, slots=True)
class Document:
    """A transaction with tax whose document is dated before the period that its accounting date lies in.

    `tax` is None where the document states none, and Xero works it out.
    """

    transaction_id: int
    source_id: str
    kind: str
    member: str
    document_date: date
    accounting_date: date
    tax: int | None


def length_of(organisation: Organisation) -> str:
    """Return the length of the periods that an organisation reports tax for."""
    return next(name for name, months in LENGTHS.items() if months == organisation.tax_period_months)


def period_of(organisation: Organisation, on: date) -> Period:
    """Return the tax period of an organisation that a day lies in."""
    return Period.holding(on, length_of(organisation), ends_in=organisation.tax_year_end_month)


def journals_between(*, club: Club, first_on: date, last_on: date) -> list[JournalTax]:
    """Return what journals dated in these days, in Xero, have under each tax type, by date, sequence and tax type.

    Days before the club's Post from date are left out unless they are in Xero. One pass over lines of what is in Xero,
    one over totals of what is not; no transaction is read.
    """
    types = _tax_types(club)
    found = [*_in_xero(club, types, first_on, last_on), *_elsewhere(club, types, first_on, last_on)]
    return sorted(found, key=lambda row: (row.dated_on, row.accounting_date, row.journal_id, row.tax_type.code))


def sum_up(rows: Iterable[JournalTax]) -> dict[TaxType, Tax]:
    """Add up by tax type: sales before purchases, the larger amounts first."""
    found: dict[TaxType, Tax] = {}
    for row in rows:
        found.setdefault(row.tax_type, Tax()).add(row.tax)
    order = sorted(found, key=lambda one: (one.is_purchase, -abs(found[one].documents), one.code))
    return {one: found[one] for one in order}


_DATED_ON = "COALESCE(j.sent_on, j.accounting_date)"
_BETWEEN = f"j.club_id = %s AND j.accounting_date <= %s AND {_DATED_ON} BETWEEN %s AND %s"
"""A journal is dated later than its day or on it, never earlier: the first condition lets an index help."""

# Xero's tax of a line falls to the rows that state no tax in proportion to their amount, rounded half away from nought.
# The cast keeps it a division of whole numbers: PostgreSQL's sum of them is none.
_UNSTATED = (
    "(SELECT CAST(COALESCE(SUM(x.amount_minor), 0) AS bigint) FROM ledger_journaltotal x"
    " WHERE x.line_id = l.id AND x.tax_kind = 'unstated')"
)
_SHARE = (
    "CASE WHEN l.xero_tax_minor IS NULL OR l.xero_tax_minor = 0 OR l.amount_minor = 0 THEN 0 ELSE"
    " (CASE WHEN l.xero_tax_minor < 0 THEN -1 ELSE 1 END)"
    f" * ((2 * ABS(l.xero_tax_minor) * {_UNSTATED} + ABS(l.amount_minor)) / (2 * ABS(l.amount_minor))) END"
)


def _in_xero(club: Club, types: "_Types", first_on: date, last_on: date) -> Iterable[JournalTax]:
    rows = sql.rows_of(
        f"SELECT j.id, j.number, j.accounting_date, {_DATED_ON}, j.state, l.tax_type, SUM(l.amount_minor), "  # noqa: S608
        "SUM(CASE WHEN l.xero_tax_minor IS NULL THEN 0 ELSE COALESCE(l.source_tax_minor, 0) END), "
        f"SUM(COALESCE(l.xero_tax_minor, 0)), SUM({_SHARE}), SUM(l.row_count + 1), "
        "SUM(CASE WHEN l.xero_tax_minor IS NULL THEN COALESCE(l.source_tax_minor, 0) ELSE 0 END), "
        "SUM(CASE WHEN l.xero_tax_minor IS NULL THEN 1 ELSE 0 END) "
        "FROM ledger_journal j JOIN ledger_journalline l ON l.journal_id = j.id "
        f"WHERE {_BETWEEN} AND j.state IN ('sent', 'differs') "
        "AND (l.tax_type NOT IN ('BASEXCLUDED', 'NONE') OR COALESCE(l.source_tax_minor, 0) <> 0"
        " OR COALESCE(l.xero_tax_minor, 0) <> 0) "
        "GROUP BY j.id, j.number, j.accounting_date, j.sent_on, j.state, l.tax_type",
        _values(club, first_on, last_on),
    )
    for pk, number, on, dated_on, state, tax_type, *figures in rows:
        of = types.named(tax_type)
        gross, stated, xero, unstated, tolerance, unread_tax, unread = map(int, figures)
        sign = 1 if of.is_purchase else -1
        # What Xero has not been read back of is compared with nothing; its documents' tax counts as not there yet.
        tax = Tax(
            sign * gross, sign * stated, sign * xero, sign * unstated, tolerance, unread, unsent=sign * unread_tax
        )
        yield JournalTax(pk, number, _day(on), _day(dated_on), state, of, tax)


# The amounts of an item in a journal by what its rows say of tax: stated, nothing, nil. Grouped in the order of the
# index on totals, so that tens of thousands of them need no sorting.
_SIGN = "CASE WHEN x.is_debit THEN 1 ELSE -1 END"
_OF_ITEMS = (
    "SELECT x.journal_id, x.item_id, "  # noqa: S608 - our own names
    + ", ".join(
        f"SUM(CASE WHEN x.tax_kind = '{kind}' THEN {_SIGN} * x.amount_minor ELSE 0 END) AS {kind}"
        for kind in ("stated", "unstated", "nil")
    )
    + f", SUM({_SIGN} * x.tax_minor) AS tax FROM ledger_journaltotal x WHERE x.journal_id IN "  # noqa: S608
    f"(SELECT j.id FROM ledger_journal j WHERE {_BETWEEN} AND j.state NOT IN ('sent', 'differs', 'voided')"
)


def _elsewhere(club: Club, types: "_Types", first_on: date, last_on: date) -> Iterable[JournalTax]:
    later = " AND (j.state = 'recorded' OR j.accounting_date >= %s)" if club.post_from else ""
    rows = sql.rows_of(
        f"SELECT j.id, j.number, j.accounting_date, {_DATED_ON}, j.state, i.tax_type, i.untaxed_tax_type, "  # noqa: S608
        f"SUM(y.stated), SUM(y.unstated), SUM(y.nil), SUM(y.tax) FROM ({_OF_ITEMS}{later}) "
        "GROUP BY x.journal_id, x.item_id) y JOIN ledger_financialitem i ON i.id = y.item_id "
        "JOIN ledger_journal j ON j.id = y.journal_id WHERE i.kind = 'charge' "
        "GROUP BY j.id, j.number, j.accounting_date, j.sent_on, j.state, i.tax_type, i.untaxed_tax_type",
        [*_values(club, first_on, last_on), *([sql.stored(club.post_from)] if club.post_from else [])],
    )
    found: dict[tuple[int, str], JournalTax] = {}
    for pk, number, on, dated_on, state, tax_type, untaxed, *figures in rows:
        for code, gross, tax_minor, silent in _by_type(types, tax_type, untaxed, [int(figure) for figure in figures]):
            if not gross and not tax_minor:
                continue
            of = types.named(code)
            sign = 1 if of.is_purchase else -1
            tax = Tax(gross=sign * gross)
            if state == "recorded":
                tax.recorded = sign * tax_minor
            else:
                tax.unsent, tax.silent = sign * tax_minor, sign * silent
            row = JournalTax(pk, number, _day(on), _day(dated_on), state, of, tax)
            already = found.setdefault((pk, of.code), row)
            if already is not row:
                already.tax.add(tax)
    return found.values()


def _by_type(
    types: "_Types", tax_type: str, untaxed: str, figures: Sequence[int]
) -> Iterable[tuple[str, int, int, int]]:
    """Return (tax type, amount, tax, amount whose tax nobody states).

    Figures: amounts with tax stated, not stated, and nil; and the tax. Rows of nil tax go under the untaxed type; where
    a type reports no tax, only rows that state some count.
    """
    stated, unstated, nil, tax = figures
    if tax_type in WITHOUT_TAX:
        yield tax_type, stated, tax, 0
        return
    is_taxed = types.is_taxed(tax_type)
    yield tax_type, stated + unstated, tax, unstated if is_taxed and tax_type else 0
    yield (untaxed if untaxed and is_taxed else tax_type), nil, 0, 0


TAXED_ROW = (
    "(l.tax_minor <> 0 OR (l.tax_minor IS NULL AND EXISTS (SELECT 1 FROM ledger_financialitem i"
    " JOIN ledger_taxcode x ON x.club_id = i.club_id AND x.tax_type = i.tax_type"
    " WHERE i.id = l.item_id AND i.kind = 'charge' AND x.rate > 0)))"
)
"""A row that states a tax, or states nothing and stands on a charge of a taxed type, so that Xero works its tax out."""


def earlier_documents(*, club: Club, period: Period, limit: int | None = None) -> tuple[list[Document], int, int]:
    """Return the transactions of the period whose (first) document is dated before it, with their number and their tax.

    Their tax may belong to the return of an earlier period. Oldest first, at most `limit` of them. A small index holds
    just the transactions whose document is older than their accounting date.
    """
    tax = "SUM(CASE WHEN t.legs_kind IN ('invoice', 'pos_sale') THEN l.tax_minor ELSE -l.tax_minor END)"
    rows = sql.rows_of(
        f"SELECT t.id, t.source_id, t.kind, t.member, t.document_date, t.accounting_date, {tax} "  # noqa: S608 - our own names
        "FROM ledger_sourcetransaction t JOIN ledger_sourceline l ON l.transaction_id = t.id "
        "WHERE t.club_id = %s AND t.document_date < t.accounting_date AND t.accounting_date BETWEEN %s AND %s "
        f"AND t.document_date < %s AND t.is_current AND {TAXED_ROW} "
        "GROUP BY t.id, t.source_id, t.kind, t.member, t.document_date, t.accounting_date "
        "ORDER BY t.document_date, t.id",
        [club.pk, *(sql.stored(on) for on in (period.first_on, period.last_on, period.first_on))],
    )
    total = sum(int(row[6] or 0) for row in rows)
    shown = rows if limit is None else rows[:limit]
    found = [
        Document(
            pk, source_id, kind, member, _day(document_on), _day(on), None if tax_minor is None else int(tax_minor)
        )
        for pk, source_id, kind, member, document_on, on, tax_minor in shown
    ]
    return found, len(rows), total


class _Types:
    """The club's tax types by code, made as they are met."""

    def __init__(self, codes: Sequence[TaxCode]) -> None:
        self._codes: Mapping[str, TaxCode] = {code.tax_type: code for code in codes}
        self._made: dict[str, TaxType] = {}

    def named(self, tax_type: str) -> TaxType:
        """Return a tax type. It is one of purchases if Xero allows it on expenses and not on income."""
        if tax_type not in self._made:
            code = self._codes.get(tax_type)
            allowed = set(code.applies_to) if code else set()
            bare = tax_type.startswith(("INPUT", "CAPEX", "EXEMPTEXPENSES", "EXEMPTCAPITAL", "GSTONCAPIMPORTS"))
            is_purchase = "EXPENSE" in allowed and "REVENUE" not in allowed if allowed else bare
            self._made[tax_type] = TaxType(tax_type, code.name if code else tax_type, is_purchase)
        return self._made[tax_type]

    def is_taxed(self, tax_type: str) -> bool:
        """Whether its rate is above nought; one not known here is taken to be taxed."""
        code = self._codes.get(tax_type)
        return code is None or code.rate > 0


def _tax_types(club: Club) -> _Types:
    return _Types(list(TaxCode.objects.of(club)))


def _values(club: Club, first_on: date, last_on: date) -> list[Any]:
    return [club.pk, *(sql.stored(on) for on in (last_on, first_on, last_on))]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
