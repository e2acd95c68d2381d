"""The lists of GST check and of Balances."""

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clubledger.bookkeeping.money import from_minor
from clubledger.frame.lists import Column, Holds, List
from clubledger.ledger.reports.gst import TaxType
from clubledger.web.words import KINDS

FIGURES = (
    "gross", "documents", "stated", "xero", "unstated", "difference", "unsent", "recorded", "silent",
)  # fmt: skip
"""The figures of tax in a file."""


def _minor(name: str) -> Callable[[Any], Decimal | None]:
    """Return what gives an amount in minor units of a row as money."""
    amount_of = attrgetter(name)

    def money_of(row: Any) -> Decimal | None:
        minor = amount_of(row)
        return None if minor is None else from_minor(minor)

    return money_of


def _figure(key: str, title: str | Promise, file_title: str | Promise = "", *, is_on_page: bool = True,
            is_ordered: bool = True) -> Column:  # fmt: skip
    """Return the column of a figure of tax, of rows that have a `tax`."""
    name = f"tax.{key}"
    return Column(
        key=key, title=title, file_title=file_title, cell=_minor(name), holds=Holds.MONEY,
        order=attrgetter(name) if is_ordered else None, is_on_page=is_on_page,
    )  # fmt: skip


def side_of(tax_type: TaxType) -> str:
    """Return which side of the BAS a tax type belongs to."""
    return _("Purchases") if tax_type.is_purchase else _("Sales")


_UNSTATED = _figure("unstated", gettext_lazy("of which documents state none"), is_on_page=False, is_ordered=False)
_SILENT = _figure(
    "silent", gettext_lazy("Amount not sent whose documents state no tax"), is_on_page=False, is_ordered=False
)
_SIDE = Column(
    key="side", title=gettext_lazy("Side"), cell=lambda row: side_of(row.tax_type), holds=Holds.WORDS, is_on_page=False
)
_CODE = Column(key="code", title=gettext_lazy("Tax type"), cell=attrgetter("tax_type.code"), is_on_page=False)

TAX_TYPES = List(
    name="gst-check",
    page="gst-check",
    by="types",
    anchor="#types",
    in_file=("side", "code", "type", *FIGURES),
    columns=(
        _SIDE,
        _CODE,
        Column(
            key="type", title=gettext_lazy("Tax type"), file_title=gettext_lazy("Name"),
            cell=attrgetter("tax_type.name"), order=lambda row: row.tax_type.name.casefold() or None,
        ),
        _figure("gross", gettext_lazy("Amount with tax")),
        _figure("documents", gettext_lazy("Documents’ tax"), gettext_lazy("Documents' tax")),
        _figure("unsent", gettext_lazy("Not sent yet")),
        _figure("recorded", gettext_lazy("Recorded by hand")),
        _figure(
            "stated", gettext_lazy("Sent, by documents"), gettext_lazy("Documents' tax in Xero's journals")
        ),
        _figure("xero", gettext_lazy("Xero’s tax"), gettext_lazy("Xero's tax")),
        _UNSTATED,
        _figure("difference", gettext_lazy("Difference")),
        _SILENT,
    ),
)  # fmt: skip

DOCUMENTS = List(
    name="gst-check",
    page="gst-check",
    by="documents",
    table="documents",
    anchor="#documents",
    columns=(
        Column(
            key="transaction", title=gettext_lazy("Transaction"), cell=attrgetter("source_id"),
            order=attrgetter("source_id"),
        ),
        Column(
            key="kind", title=gettext_lazy("Kind"), cell=lambda row: KINDS.get(row.kind, row.kind), holds=Holds.WORDS,
            is_on_page=False,
        ),
        Column(
            key="member", title=gettext_lazy("Member"), cell=attrgetter("member"),
            order=lambda row: row.member.casefold() or None,
        ),
        Column(
            key="dated", title=gettext_lazy("Document dated"), cell=attrgetter("document_date"), holds=Holds.DAY,
            order=attrgetter("document_date"),
        ),
        Column(
            key="on", title=gettext_lazy("Accounting date"), cell=attrgetter("accounting_date"), holds=Holds.DAY,
            order=attrgetter("accounting_date"),
        ),
        Column(
            key="tax", title=gettext_lazy("Tax"), cell=_minor("tax"), holds=Holds.MONEY, order=attrgetter("tax"),
        ),
    ),
)  # fmt: skip

JOURNALS = List(
    name="gst-check",
    page="gst-check",
    table="journals",
    anchor="#journals",
    in_file=("date", "dated", "journal", "state", "side", "code", "tax_type", *FIGURES, "tolerance"),
    columns=(
        Column(
            key="date", title=gettext_lazy("Date"), cell=attrgetter("accounting_date"), holds=Holds.DAY,
            order=attrgetter("accounting_date"),
        ),
        Column(
            key="dated", title=gettext_lazy("Date in Xero"), cell=attrgetter("dated_on"), holds=Holds.DAY,
            is_on_page=False,
        ),
        Column(
            key="journal", title=gettext_lazy("Journal"), cell=lambda row: row.number or _("TBA"), holds=Holds.WORDS,
            order=lambda row: row.number or None,
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=attrgetter("state"), holds=Holds.STATE, is_on_page=False,
        ),
        _SIDE,
        _CODE,
        Column(
            key="tax_type", title=gettext_lazy("Tax type"), file_title=gettext_lazy("Name"),
            cell=attrgetter("tax_type.name"), order=lambda row: row.tax_type.name.casefold() or None,
        ),
        _figure("gross", gettext_lazy("Amount with tax"), is_on_page=False, is_ordered=False),
        _figure("documents", gettext_lazy("Documents' tax"), is_on_page=False, is_ordered=False),
        _figure("stated", gettext_lazy("Documents’ tax"), gettext_lazy("Documents' tax in Xero's journals")),
        _figure("xero", gettext_lazy("Xero’s tax"), gettext_lazy("Xero's tax")),
        _UNSTATED,
        _figure("difference", gettext_lazy("Difference")),
        Column(key="why", title=gettext_lazy("Why")),
        _figure("unsent", gettext_lazy("Not sent yet"), is_on_page=False, is_ordered=False),
        _figure("recorded", gettext_lazy("Recorded by hand"), is_on_page=False, is_ordered=False),
        _SILENT,
        Column(
            key="tolerance", title=gettext_lazy("Rounding explains up to"),
            cell=lambda row: from_minor(row.tax.tolerance // 2), holds=Holds.MONEY, is_on_page=False,
        ),
    ),
)  # fmt: skip
"""Unless asked otherwise, what rounding does not explain stands first."""

PERIODS = List(
    name="gst-check",
    page="gst-check",
    table="periods",
    in_file=("from", "up_to", "collected", "collected_xero", "paid", "paid_xero", "difference", "unsent"),
    columns=(
        Column(key="period", title=gettext_lazy("Period")),
        Column(
            key="from", title=gettext_lazy("From"), cell=attrgetter("period.first_on"), holds=Holds.DAY,
            is_on_page=False,
        ),
        Column(
            key="up_to", title=gettext_lazy("Up To"), cell=attrgetter("period.last_on"), holds=Holds.DAY,
            is_on_page=False,
        ),
        Column(
            key="collected", title=gettext_lazy("Collected, documents"), cell=_minor("collected.documents"),
            holds=Holds.MONEY,
        ),
        Column(
            key="collected_xero", title=gettext_lazy("Collected, Xero"), cell=_minor("collected.xero"),
            holds=Holds.MONEY,
        ),
        Column(
            key="paid", title=gettext_lazy("Paid, documents"), cell=_minor("paid.documents"), holds=Holds.MONEY,
            is_on_page=False,
        ),
        Column(key="paid_xero", title=gettext_lazy("Paid, Xero"), cell=_minor("paid.xero"), holds=Holds.MONEY),
        Column(
            key="difference", title=gettext_lazy("Difference"), cell=_minor("both.difference"), holds=Holds.MONEY,
        ),
        Column(key="unsent", title=gettext_lazy("Not sent yet"), cell=_minor("both.unsent"), holds=Holds.MONEY),
    ),
)  # fmt: skip
"""Two to four periods, one after the other: nothing orders them."""


def _balance(key: str, title: str | Promise) -> Column:
    """Return the column of a figure of an account type."""
    return Column(key=key, title=title, cell=attrgetter(key), holds=Holds.MONEY, order=attrgetter(key))


BALANCES = List(
    name="balances",
    page="balances",
    anchor="#table",
    columns=(
        Column(
            key="code", title=gettext_lazy("Account type"), file_title=gettext_lazy("Code"), cell=attrgetter("code"),
            order=lambda row: row.code.casefold(),
        ),
        Column(key="name", title=gettext_lazy("Name"), cell=attrgetter("name"), is_on_page=False),
        _balance("opening", gettext_lazy("Opening balance")),
        _balance("transactions", gettext_lazy("Transactions")),
        _balance("closing", gettext_lazy("Closing balance")),
        _balance("sent", gettext_lazy("Sent")),
        _balance("recorded", gettext_lazy("Recorded")),
        _balance("not_sent", gettext_lazy("Not sent")),
        _balance("before_cutover", gettext_lazy("Before cut-over")),
        _balance("difference", gettext_lazy("Difference")),
    ),
)  # fmt: skip
