"""The lists of the journals' pages: journals, a journal's lines, and the transactions behind a line."""

from operator import attrgetter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clubledger.bookkeeping.money import from_minor
from clubledger.frame.lists import Column, Holds, List
from clubledger.web.words import KINDS

BY_DAY = ("accounting_date", "sequence")
"""Day and sequence make every order of journals a whole one, so that no page repeats a row."""

JOURNALS = List(
    name="journals",
    page="gl",
    columns=(
        Column(
            key="date", title=gettext_lazy("Date"), cell=attrgetter("accounting_date"), holds=Holds.DAY, order=BY_DAY,
        ),
        Column(key="sequence", title=gettext_lazy("Sequence"), cell=attrgetter("sequence"), is_on_page=False),
        Column(
            key="number", title=gettext_lazy("Journal"), cell=lambda one: one.number or _("TBA"),
            holds=Holds.WORDS, order=("number~", *BY_DAY),
        ),
        Column(
            key="transactions", title=gettext_lazy("Transactions"), cell=attrgetter("transaction_count"),
            holds=Holds.NUMBER, order=("transaction_count", *BY_DAY),
        ),
        Column(
            key="lines", title=gettext_lazy("Lines"), cell=attrgetter("line_count"), holds=Holds.NUMBER,
            order=("line_count", *BY_DAY),
        ),
        Column(
            key="debit", title=gettext_lazy("Debit"), cell=lambda one: from_minor(one.debit_minor), holds=Holds.MONEY,
            order=("debit_minor", *BY_DAY),
        ),
        Column(
            key="credit", title=gettext_lazy("Credit"), cell=lambda one: from_minor(one.debit_minor),
            holds=Holds.MONEY,
        ),
        Column(
            key="state", title=gettext_lazy("State"), cell=attrgetter("state"), holds=Holds.STATE,
            order=("state", *BY_DAY),
        ),
        Column(
            key="words", title=gettext_lazy("Xero's words"), cell=attrgetter("xero_words"), is_on_page=False,
        ),
    ),
)  # fmt: skip

LINES = List(
    name="journal",
    page="journal",
    paged_by="lines",
    in_file=(
        "date", "code", "name", "job", "tax_code", "tax_type", "debit", "credit", "source_tax", "xero_tax", "cents",
        "rows",
    ),
    columns=(
        Column(key="date", title=gettext_lazy("Date"), cell=attrgetter("on"), holds=Holds.DAY, is_on_page=False),
        Column(
            key="code", title=gettext_lazy("GL code"), cell=attrgetter("line.account_code"),
            order=lambda one: (one.line.account_code, one.line.job),
        ),
        Column(key="name", title=gettext_lazy("Name"), cell=attrgetter("line.account_name"), is_on_page=False),
        Column(
            key="job", title=gettext_lazy("Job code"), cell=attrgetter("line.job"),
            order=lambda one: (one.line.job, one.line.account_code) if one.line.job else None,
        ),
        Column(key="tax_code", title=gettext_lazy("Tax type"), cell=attrgetter("line.tax_type"), is_on_page=False),
        Column(
            key="tax_type", title=gettext_lazy("Tax type"), file_title=gettext_lazy("Tax rate"),
            cell=attrgetter("tax_name"), holds=Holds.WORDS,
            order=lambda one: (one.line.tax_type, one.line.account_code) if one.line.tax_type else None,
        ),
        Column(
            key="rows", title=gettext_lazy("Rows"), cell=attrgetter("line.row_count"), holds=Holds.NUMBER,
            order=attrgetter("line.row_count"),
        ),
        Column(
            key="debit", title=gettext_lazy("Debit"), cell=attrgetter("line.debit"), holds=Holds.MONEY,
            order=attrgetter("line.debit"),
        ),
        Column(
            key="credit", title=gettext_lazy("Credit"), cell=attrgetter("line.credit"), holds=Holds.MONEY,
            order=attrgetter("line.credit"),
        ),
        Column(
            key="source_tax", title=gettext_lazy("Tax by the source"), cell=attrgetter("line.source_tax"),
            holds=Holds.MONEY,
        ),
        Column(key="xero_tax", title=gettext_lazy("Tax by Xero"), cell=attrgetter("line.xero_tax"), holds=Holds.MONEY),
        Column(
            key="cents", title=gettext_lazy("Tax difference"), cell=attrgetter("line.tax_difference"),
            holds=Holds.MONEY, order=lambda one: abs(one.line.tax_difference) if one.line.tax_difference else None,
        ),
    ),
)  # fmt: skip

BEHIND = List(
    name="journal",
    page="journal",
    by="order",
    anchor="#behind",
    columns=(
        Column(key="date", title=gettext_lazy("Date"), cell=attrgetter("on"), holds=Holds.DAY, is_on_page=False),
        Column(
            key="transaction", title=gettext_lazy("Transaction"), cell=attrgetter("transaction.source_id"),
            order=("source_id",),
        ),
        Column(
            key="kind", title=gettext_lazy("Kind"),
            cell=lambda one: KINDS.get(one.transaction.kind, one.transaction.kind), holds=Holds.WORDS, order=("kind",),
        ),
        Column(
            key="member", title=gettext_lazy("Member"), cell=attrgetter("transaction.member"), order=("member",),
        ),
        Column(key="description", title=gettext_lazy("Description"), cell=attrgetter("transaction.description")),
        Column(key="rows", title=gettext_lazy("Its rows"), cell=lambda one: ", ".join(map(str, one.lines))),
        Column(
            key="amount", title=gettext_lazy("Debit"), cell=attrgetter("debit"), holds=Holds.MONEY, order=("amount",),
        ),
        Column(key="credit", title=gettext_lazy("Credit"), cell=attrgetter("credit"), holds=Holds.MONEY),
    ),
)  # fmt: skip
"""Put into order by the drill-down itself, which joins what it needs."""
