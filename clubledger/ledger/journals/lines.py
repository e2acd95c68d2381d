"""Totals under the present mapping become lines; a queued journal's lines are frozen. Decides nothing by itself.

What a line is, `bookkeeping.rules` says; here is only the reading of totals and mapping, and the writing of lines.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from clubledger.bookkeeping import rules
from clubledger.bookkeeping.facts import ItemKind, TaxKind
from clubledger.bookkeeping.money import from_minor, to_minor
from clubledger.bookkeeping.rules import (
    AccountMapping,
    AccountRef,
    ItemMapping,
    JobRef,
    Resolution,
    ResolvedLine,
    Total,
    TotalKey,
)
from clubledger.bookkeeping.totals import DIRECTION, Sums
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.journals.totals import legs_of
from clubledger.ledger.models import FinancialItem, JobCode, Journal, JournalLine, JournalTotal, TaxCode

TOTAL_FIELDS = ("journal_id", "item_id", "job", "is_debit", "tax_kind", "amount_minor", "tax_minor", "row_count")
RawTotals = dict[tuple[int, str, bool, str], list[int]]
"""Amount, tax and count by item's id, job, side and what was said of tax."""


def resolve(
    *,
    club: Club,
    journals: Iterable[Journal],
    no_tax_type: str = "BASEXCLUDED",
    with_tax: bool = True,
    items: Mapping[int, FinancialItem] | None = None,
    totals_read: Iterable[Sequence[Any]] | None = None,
    rates: Mapping[str, Decimal] | None = None,
) -> dict[int, Resolution]:
    """Return, by journal id, the lines that its totals become under the present mapping, with what is wrong about it.

    `no_tax_type` goes on control and clearing lines; `with_tax` is false for a club that is not registered. A fixed
    number of queries, however many journals. `items` are the club's, by key, `rates` its tax rates by tax type, and
    `totals_read` the journals' totals as `TOTAL_FIELDS`, where the caller has read them already.
    """
    # Another club's journal is none of this one's business, whoever asks.
    ids = [journal.pk for journal in journals if journal.club_id == club.pk]
    if items is None:
        items = {item.pk: item for item in FinancialItem.objects.of(club).select_related("gl_code", "default_job")}
    mapping = _mapping_of(club, items.values(), rates)
    totals = totals_under_mapping(ids, items, totals_read)
    return {
        journal_id: rules.resolve(
            {key_of(items[raw[0]], raw): _total(total) for raw, total in totals[journal_id].items()},
            mapping,
            no_tax_type=no_tax_type,
            with_tax=with_tax,
        )
        for journal_id in ids
    }


def key_of(item: FinancialItem, raw: tuple[int, str, bool, str]) -> TotalKey:
    """Return the bookkeeping's key of a total of this item."""
    return TotalKey(ItemKind(item.kind), item.code, raw[1], raw[2], TaxKind(raw[3]))


def _total(total: Sequence[int]) -> Total:
    return Total(from_minor(total[0]), from_minor(total[1]), total[2])


def totals_under_mapping(
    journal_ids: Sequence[int], items: Mapping[int, FinancialItem], rows: Iterable[Sequence[Any]] | None = None
) -> dict[int, RawTotals]:
    """Return the totals of journals less what makes no line: rows whose two legs fall on one GL code."""
    totals: dict[int, RawTotals] = defaultdict(dict)
    if rows is None:
        rows = JournalTotal.objects.filter(journal__in=journal_ids).values_list(*TOTAL_FIELDS)
    for journal_id, item_id, job, is_debit, tax_kind, *total in rows:
        if total[2] > 0:
            totals[journal_id][(item_id, job, is_debit, tax_kind)] = total
    pairs = _pairs_on_one_code(items.values())
    if pairs:
        # Each row counts on the item's side; an account type that nets to nil in every transaction has no total.
        present = {raw[0] for of_journal in totals.values() for raw in of_journal}
        pairs = {pair for pair in pairs if pair[1] in present}
    if pairs:
        _take_out(totals, journal_ids, pairs)
    return totals


def _pairs_on_one_code(items: Iterable[FinancialItem]) -> set[tuple[int, int]]:
    by_code: dict[int, list[FinancialItem]] = defaultdict(list)
    for item in items:
        if item.gl_code_id is not None:
            by_code[item.gl_code_id].append(item)
    return {
        (account_type.pk, other.pk)
        for sharing in by_code.values()
        for account_type in sharing
        if account_type.kind == ItemKind.ACCOUNT_TYPE
        for other in sharing
        if other.pk != account_type.pk
    }


def _take_out(totals: dict[int, RawTotals], journal_ids: Sequence[int], pairs: set[tuple[int, int]]) -> None:
    """Take rows of these (account type, item) pairs out, both legs: the control leg, a net, is worked out anew."""
    affected = _transactions_with(journal_ids, pairs)
    if not affected:
        return
    legs = legs_of({transaction_id for _, transaction_id, _, _ in affected})
    sums = Sums()
    for journal_id, transaction_id, sign, legs_kind in affected:
        direction = sign * DIRECTION[legs_kind]
        sums.post(journal_id, direction, legs[transaction_id], times=-1)
        sums.post(journal_id, direction, [leg for leg in legs[transaction_id] if (leg[0], leg[1]) not in pairs])
    for (journal_id, item_id, job, is_debit, tax_kind), change in sums.totals.items():
        key = (item_id, job, is_debit, tax_kind)
        old = totals[journal_id].get(key, [0, 0, 0])
        new = [before + by for before, by in zip(old, change, strict=True)]
        if any(new):
            totals[journal_id][key] = new
        else:
            totals[journal_id].pop(key, None)


def _transactions_with(journal_ids: Sequence[int], pairs: set[tuple[int, int]]) -> list[tuple[int, int, int, str]]:
    either = " OR ".join(["(l.account_type_id = %s AND l.item_id = %s)"] * len(pairs))
    rows = sql.rows_of(
        "SELECT DISTINCT p.id, p.journal_id, p.transaction_id, p.sign, t.legs_kind FROM ledger_posting p "  # noqa: S608
        "JOIN ledger_sourcetransaction t ON t.id = p.transaction_id "
        f"JOIN ledger_sourceline l ON l.transaction_id = t.id WHERE {sql.among('p.journal_id')} AND ({either})",
        [sql.those(journal_ids), *(part for pair in pairs for part in pair)],
    )
    return [(row[1], row[2], row[3], row[4]) for row in rows]


def _mapping_of(club: Club, items: Iterable[FinancialItem], rates: Mapping[str, Decimal] | None) -> AccountMapping:
    if rates is None:
        rates = dict(TaxCode.objects.of(club).values_list("tax_type", "rate"))
    mapped = {}
    for item in items:
        code = item.gl_code
        mapped[(ItemKind(item.kind), item.code)] = ItemMapping(
            AccountRef(code.pk, code.code, code.name, code.account_id) if code else None,
            item.tax_type,
            item.untaxed_tax_type,
            # A tax type not known here is taken to be taxed: the worse error would be to mix untaxed rows under it.
            rates.get(item.tax_type, Decimal(1)) > 0,
            item.default_job.code if item.default_job else "",
            item.name,
        )
    jobs = {job.code: JobRef(job.pk, job.code, job.category_id, job.option_id) for job in JobCode.objects.of(club)}
    return AccountMapping(mapped, jobs)


def freeze(*, journal: Journal, resolution: Resolution) -> list[JournalLine]:
    """Write the lines of a journal that is being queued, and tie each total to its line. In the caller's transaction.

    Raises ValueError for a line without account: such a journal is never valid.
    """
    sql.run("DELETE FROM ledger_journalline WHERE journal_id = %s", [journal.pk])
    lines = JournalLine.objects.bulk_create(
        _frozen(journal, position, line) for position, line in enumerate(resolution.lines, start=1)
    )
    line_of = {key: made for made, line in zip(lines, resolution.lines, strict=True) for key in line.keys}
    total_of = _totals_by_key(journal)
    if missing := [key for key in line_of if key not in total_of]:
        _add_nil_totals(journal, missing)
        total_of = _totals_by_key(journal)
    sql.update_by_id(
        "ledger_journaltotal",
        {"line_id": "bigint"},
        [(total_id, line_of[key].pk if key in line_of else None) for key, total_id in total_of.items()],
    )
    Journal.objects.of(journal.club).filter(pk=journal.pk).update(**figures_of(resolution))
    return lines


def _totals_by_key(journal: Journal) -> dict[TotalKey, int]:
    rows = JournalTotal.objects.filter(journal=journal).values_list(
        "item__kind", "item__code", "job", "is_debit", "tax_kind", "pk"
    )
    return {
        TotalKey(ItemKind(kind), code, job, is_debit, TaxKind(tax_kind)): total_id
        for kind, code, job, is_debit, tax_kind, total_id in rows
    }


def _add_nil_totals(journal: Journal, keys: Collection[TotalKey]) -> None:
    """Add totals of nil where no total leads to a line, so that it opens to its transactions.

    A control leg changes its side where rows that make no line are left out, and then has no total on that side.
    """
    found = FinancialItem.objects.of(journal.club).filter(code__in={key.code for key in keys})
    item_ids = {(ItemKind(item.kind), item.code): item.pk for item in found}
    JournalTotal.objects.bulk_create(
        JournalTotal(
            journal=journal,
            item_id=item_ids[key.item_kind, key.code],
            job=key.job,
            is_debit=key.is_debit,
            tax_kind=str(key.tax_kind),
            amount_minor=0,
        )
        for key in keys
    )


def figures_of(resolution: Resolution) -> dict[str, int]:
    """Return the fields of a journal that say how much it is under this mapping: its lines and their debits."""
    debit = sum(line.amount for line in resolution.lines if line.amount > 0)
    return {"line_count": len(resolution.lines), "debit_minor": to_minor(Decimal(debit))}


def _frozen(journal: Journal, position: int, line: ResolvedLine) -> JournalLine:
    if line.account is None:
        raise ValueError(f"line {position} of {journal} has no account")
    states_tax = any(key.tax_kind is TaxKind.STATED for key in line.keys)
    return JournalLine(
        journal=journal,
        position=position,
        gl_code_id=line.account.gl_code_id,
        account_id=line.account.account_id,
        account_code=line.account.code,
        account_name=line.account.name,
        job_code_id=line.job.job_code_id if line.job else None,
        category_id=line.job.category_id if line.job else "",
        option_id=line.job.option_id if line.job else "",
        tax_type=line.tax_type,
        description=line.description,
        amount_minor=to_minor(line.amount),
        source_tax_minor=to_minor(line.stated_tax) if states_tax else None,
        row_count=line.row_count,
    )
