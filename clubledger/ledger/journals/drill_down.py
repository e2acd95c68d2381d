"""A journal opened: its lines by account and job, and the transactions behind each line. Reads only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from clubledger.bookkeeping.facts import ItemKind, TaxKind
from clubledger.bookkeeping.money import from_minor
from clubledger.bookkeeping.rules import Resolution, ResolvedLine
from clubledger.bookkeeping.totals import DIRECTION, tax_kind_of
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.journals.lines import TOTAL_FIELDS, resolve
from clubledger.ledger.journals.totals import DEBITING_SQL
from clubledger.ledger.models import (
    FinancialItem,
    Journal,
    JournalLine,
    JournalTotal,
    SourceLine,
    SourceTransaction,
    TaxCode,
)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as it is shown. Debit or credit is None; `problems` are words; `key` names it for `transactions_of`.

    `source_tax` and `xero_tax` have the sign of the line, debit positive; None where not stated or not read back.
    """

    account_code: str
    account_name: str
    job: str
    tax_type: str
    debit: Decimal | None
    credit: Decimal | None
    source_tax: Decimal | None
    xero_tax: Decimal | None
    row_count: int
    problems: tuple[str, ...]
    key: str
    description: str = ""
    mends: tuple[str, ...] = ()

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Return each problem with what mends it, as findings name it."""
        return list(zip(self.problems, self.mends, strict=True))

    @property
    def tax_difference(self) -> Decimal | None:
        """Xero's tax less the source's, signed as they are; None where either says nothing."""
        if self.xero_tax is None or self.source_tax is None:
            return None
        return self.xero_tax - self.source_tax


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of a transaction as far as it stands in a line."""

    line: SourceLine
    amount: Decimal

    def __str__(self) -> str:
        job = f" ({self.line.job})" if self.line.job else ""
        return f"{self.line.item.code}{job} {abs(self.amount):,.2f}"


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A transaction behind a line: its rows there and what they come to, debit positive."""

    transaction: SourceTransaction
    lines: tuple[RowView, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """One page of the transactions behind a line."""

    rows: list[TransactionView]
    number: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.per_page))


class Reading:
    """What reading one journal needs of the club, read once: hand it to `lines_of` and `transactions_of` alike."""

    def __init__(self, club: Club, journal: Journal) -> None:
        self.club = club
        self.journal = journal

    @cached_property
    def items(self) -> dict[int, FinancialItem]:
        """The club's financial items by key."""
        rows = FinancialItem.objects.of(self.club).select_related("gl_code", "default_job")
        return {item.pk: item for item in rows}

    @cached_property
    def taxes(self) -> dict[str, tuple[str, Decimal]]:
        """The name and the rate of each tax type of the club's organisation, as last retrieved."""
        rows = TaxCode.objects.of(self.club).values_list("tax_type", "name", "rate")
        return {tax_type: (name, rate) for tax_type, name, rate in rows}

    @cached_property
    def totals(self) -> list[tuple[Any, ...]]:
        """The journal's totals as `TOTAL_FIELDS`, each with the key of its frozen line and of that line's GL code."""
        rows = JournalTotal.objects.filter(journal=self.journal, journal__club=self.club)
        return list(rows.values_list(*TOTAL_FIELDS, "line_id", "line__gl_code_id"))

    @cached_property
    def resolution(self) -> Resolution:
        """The lines that the present mapping makes of the totals."""
        read = [row[: len(TOTAL_FIELDS)] for row in self.totals]
        rates = {tax_type: rate for tax_type, (_name, rate) in self.taxes.items()}
        found = resolve(club=self.club, journals=[self.journal], items=self.items, totals_read=read, rates=rates)
        return found[self.journal.pk]


def lines_of(*, club: Club, journal: Journal, reading: Reading | None = None) -> list[LineView]:
    """Return the journal's lines: as frozen once it was queued, else as the present mapping makes them."""
    if journal.club_id != club.pk:
        return []
    frozen = list(
        JournalLine.objects.filter(journal=journal, journal__club=club).select_related("job_code").order_by("position")
    )
    if frozen:
        return [_view_of_frozen(line) for line in frozen]
    resolution = (reading or Reading(club, journal)).resolution
    problems: dict[str, list[str]] = {}
    for finding in resolution.findings:
        problems.setdefault(finding.mends, []).append(finding.message)
    return [_view_of_resolved(line, problems) for line in resolution.lines]


def _view_of_frozen(line: JournalLine) -> LineView:
    amount = from_minor(line.amount_minor)
    return LineView(
        line.account_code,
        line.account_name,
        line.job_code.code if line.job_code else "",
        line.tax_type,
        amount if amount > 0 else None,
        -amount if amount < 0 else None,
        None if line.source_tax_minor is None else from_minor(line.source_tax_minor),
        None if line.xero_tax_minor is None else from_minor(line.xero_tax_minor),
        line.row_count,
        (),
        f"line-{line.pk}",
        line.description,
    )


def _view_of_resolved(line: ResolvedLine, problems: dict[str, list[str]]) -> LineView:
    mends = {f"{key.item_kind}:{key.code}" for key in line.keys}
    if line.job is not None:
        mends.add(f"job:{line.job.code}")
    states_tax = any(key.tax_kind is TaxKind.STATED for key in line.keys)
    faults = [(words, place) for place in sorted(mends) for words in problems.get(place, [])]
    return LineView(
        line.account.code if line.account else "",
        line.account.name if line.account else line.description,
        line.job.code if line.job else "",
        line.tax_type,
        line.amount if line.amount > 0 else None,
        -line.amount if line.amount < 0 else None,
        line.stated_tax if states_tax else None,
        None,
        line.row_count,
        tuple(words for words, _place in faults),
        _key_of(line),
        line.description,
        tuple(place for _words, place in faults),
    )


def _key_of(line: ResolvedLine) -> str:
    account = line.account.code if line.account else f"~{line.keys[0].item_kind}:{line.keys[0].code}"
    side = "debit" if line.amount > 0 else "credit"
    return "|".join((account, line.job.code if line.job else "", line.tax_type, side))


def transactions_of(
    *,
    club: Club,
    journal: Journal,
    line_key: str | None = None,
    page: int = 1,
    per_page: int = 100,
    reading: Reading | None = None,
    order: str = "",
) -> TransactionPage:
    """Return a page of the transactions behind a line (None: behind the whole journal), with their rows in it.

    The amounts of all pages add up to the line; for the whole journal each amount is the transaction's debits. An
    unknown key, or another club's journal, gives an empty page. `order` is one of `ORDERS`, turned round by a minus;
    without it they stand as they came in. The whole journal has no order by amount.
    """
    if journal.club_id != club.pk:
        return TransactionPage([], 1, per_page, 0)
    reading = reading or Reading(club, journal)
    chosen, excluded = (None, set()) if line_key is None else _totals_behind(reading, line_key)
    if line_key is not None and not chosen:
        return TransactionPage([], 1, per_page, 0)
    found = _postings_behind(journal, chosen, excluded, order, limit=per_page, offset=(page - 1) * per_page)
    total = found[0][3] if found else 0
    return TransactionPage(_views(found, chosen, excluded, reading.items), page, per_page, total)


Raw = tuple[int, str, bool, str]
Pair = tuple[int, int]


def _totals_behind(reading: Reading, line_key: str) -> tuple[list[Raw], set[Pair]]:
    """Return the totals that a line is made of, and the (account type, item) pairs on one GL code: no line."""
    items = reading.items
    # Each total by what names it, with the keys of its frozen line and of that line's GL code.
    totals: list[tuple[Raw, int | None, int | None]] = [(row[1:5], row[-2], row[-1]) for row in reading.totals]
    if any(line_id for _, line_id, _ in totals):
        chosen = [raw for raw, line_id, _ in totals if f"line-{line_id}" == line_key]
        code_of: dict[int, int | None] = {raw[0]: None for raw, _, _ in totals}
        code_of.update({raw[0]: gl_code_id for raw, line_id, gl_code_id in totals if line_id is not None})
    else:
        wanted = [key for line in reading.resolution.lines if _key_of(line) == line_key for key in line.keys]
        # By the keys, not by the totals: a control leg may stand on a side that has none (see `resolving.freeze`).
        id_of = {(ItemKind(item.kind), item.code): item.pk for item in items.values()}
        chosen = [
            (id_of[key.item_kind, key.code], key.job, key.is_debit, str(key.tax_kind)) for key in dict.fromkeys(wanted)
        ]
        code_of = {item_id: items[item_id].gl_code_id for item_id, _, _, _ in [*(raw for raw, _, _ in totals), *chosen]}
        # Without GL codes nothing is known to fall on one: such items are kept apart by a code of their own.
        code_of = {item_id: code or -item_id for item_id, code in code_of.items()}
    account_types = [item_id for item_id in code_of if items[item_id].kind == "account_type"]
    pairs = {(one, other) for one in account_types for other in code_of if _on_one_code(one, other, code_of)}
    return chosen, pairs


def _on_one_code(one: int, other: int, code_of: dict[int, int | None]) -> bool:
    # A total of a frozen journal that is in no line was taken out as a whole, so whatever it pairs with was too. A
    # transfer from an account type to itself makes no line whatever the mapping.
    return one == other or code_of[one] == code_of[other] or code_of[other] is None or code_of[one] is None


_SIGNED = f"(CASE WHEN t.legs_kind IN ({DEBITING_SQL}) THEN 1 ELSE -1 END * p.sign * l.amount_minor)"
_TAX_KIND = "(CASE WHEN l.tax_minor IS NULL THEN 'unstated' WHEN l.tax_minor = 0 THEN 'nil' ELSE 'stated' END)"
_FROM = (
    "FROM ledger_posting p JOIN ledger_sourcetransaction t ON t.id = p.transaction_id "
    "JOIN ledger_sourceline l ON l.transaction_id = t.id WHERE p.journal_id = %s"
)


ORDERS = {"transaction": "t.source_id", "kind": "t.kind", "member": "t.member", "amount": "g.amount"}
"""What transactions behind a line can be ordered by."""


def _postings_behind(
    journal: Journal, chosen: Sequence[Raw] | None, excluded: Collection[Pair], order: str, *, limit: int, offset: int
) -> list[tuple[Any, ...]]:
    """Return (transaction id, sign, amount, total number of them) of one page of postings.

    Of the whole journal the amounts are left to `_views`, which has the rows of the page: None.
    """
    if chosen is None:
        columns, of, values = "NULL AS amount", "ledger_posting WHERE journal_id = %s", [journal.pk]
    else:
        parts, values = _leg_queries(journal, chosen, excluded)
        columns = "SUM(amount) AS amount"
        of = f"({' UNION ALL '.join(parts)}) legs GROUP BY posting, transaction_id, sign"
    statement = f"SELECT transaction_id, sign, {columns}, COUNT(*) OVER () AS number FROM {of}"  # noqa: S608
    column = ORDERS.get(order.removeprefix("-"), "")
    if not column or (chosen is None and column == ORDERS["amount"]):
        statement += " ORDER BY transaction_id, sign"
    else:
        way = "DESC" if order.startswith("-") else "ASC"
        statement = (
            f"SELECT g.transaction_id, g.sign, g.amount, g.number FROM ({statement}) g "  # noqa: S608 - our own names
            f"JOIN ledger_sourcetransaction t ON t.id = g.transaction_id ORDER BY {column} {way}, t.id, g.sign"
        )
    return sql.rows_of(f"{statement} LIMIT %s OFFSET %s", [*values, limit, offset])


def _leg_queries(journal: Journal, chosen: Sequence[Raw], excluded: Collection[Pair]) -> tuple[list[str], list[Any]]:
    """Return a statement for the legs on items, and one for the control legs if any is wanted: each reads rows once."""
    without = " AND NOT (l.account_type_id = %s AND l.item_id = %s)" * len(excluded)
    outside = [part for pair in sorted(excluded) for part in pair]
    on_items, of_items, on_control, of_control = [], [], [], []
    for item_id, job, is_debit, tax_kind in chosen:
        side = "<" if is_debit else ">"
        on_items.append(f"(l.item_id = %s AND l.job = %s AND {_SIGNED} {side} 0 AND {_TAX_KIND} = %s)")
        of_items += [item_id, job, tax_kind]
        if not job and tax_kind == "unstated":
            over = ">" if is_debit else "<"
            on_control.append(f"(l.account_type_id = %s AND SUM({_SIGNED}) {over} 0)")
            of_control.append(item_id)
    parts = [
        f"SELECT p.id AS posting, t.id AS transaction_id, p.sign AS sign, -{_SIGNED} AS amount {_FROM}{without} "
        f"AND ({' OR '.join(on_items)})"
    ]
    values: list[Any] = [journal.pk, *outside, *of_items]
    if on_control:
        places = ", ".join(["%s"] * len(of_control))
        parts.append(
            f"SELECT p.id AS posting, t.id AS transaction_id, p.sign AS sign, SUM({_SIGNED}) AS amount {_FROM} "
            f"{without} AND l.account_type_id IN ({places}) GROUP BY p.id, t.id, p.sign, l.account_type_id "
            f"HAVING {' OR '.join(on_control)}"
        )
        values += [journal.pk, *outside, *of_control, *of_control]
    return parts, values


def _views(
    found: Iterable[tuple[Any, ...]], chosen: Sequence[Raw] | None, excluded: Collection[Pair], items: dict[int, Any]
) -> list[TransactionView]:
    found = list(found)
    lines: dict[int, list[SourceLine]] = {}
    # The ids come from postings of the club's own journal.
    rows = SourceLine.objects.filter(transaction__in={row[0] for row in found}).select_related("transaction")
    for line in rows.order_by("transaction", "position"):
        line.item, line.account_type = items[line.item_id], items[line.account_type_id]
        lines.setdefault(line.transaction_id, []).append(line)
    views = []
    for transaction_id, sign, amount, _ in found:
        of_transaction = lines.get(transaction_id)
        if not of_transaction:
            continue
        transaction = of_transaction[0].transaction
        shown = _rows_in(transaction, sign, of_transaction, chosen, excluded)
        minor = _debits_of(transaction, sign, of_transaction) if amount is None else int(amount)
        views.append(TransactionView(transaction, tuple(shown), from_minor(minor)))
    return views


def _debits_of(transaction: SourceTransaction, sign: int, lines: Iterable[SourceLine]) -> int:
    """Return what a transaction debits: its net per account type where positive, and each row that debits its item."""
    direction = sign * DIRECTION[transaction.legs_kind]
    net: dict[int, int] = {}
    debits = 0
    for line in lines:
        signed = direction * line.amount_minor
        net[line.account_type_id] = net.get(line.account_type_id, 0) + signed
        debits += max(0, -signed)
    return debits + sum(max(0, amount) for amount in net.values())


def _rows_in(
    transaction: SourceTransaction,
    sign: int,
    lines: Sequence[SourceLine],
    chosen: Sequence[Raw] | None,
    excluded: Collection[Pair],
) -> Iterable[RowView]:
    direction = sign * DIRECTION[transaction.legs_kind]
    for line in lines:
        signed = direction * line.amount_minor
        if chosen is None:
            yield RowView(line, from_minor(-signed))
            continue
        if (line.account_type_id, line.item_id) in excluded:
            continue
        if (line.item_id, line.job, signed < 0, tax_kind_of(line.tax_minor)) in chosen:
            yield RowView(line, from_minor(-signed))
        elif any(raw[0] == line.account_type_id for raw in chosen):
            yield RowView(line, from_minor(signed))
