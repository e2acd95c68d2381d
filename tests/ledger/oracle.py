"""How tests bring transactions in, and an independent recomputation of what must stand (csv and Decimal only)."""

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from clubledger.bookkeeping.money import from_minor
from clubledger.clubs.models import Club, User
from clubledger.ledger.intake import imports
from clubledger.ledger.models import FinancialItem, Import, Journal, JournalState, JournalTotal, RefusedRow

HEADER = (
    "source_id,kind,accounting_date,account_type,item,amount,tax_amount,job,member,description,document_date,reverses"
)
SAMPLES = Path(os.environ.get("CLUBLEDGER_SAMPLES", Path(__file__).parent.parent / "samples"))


@dataclass
class Books:
    """A club and its owner, who brings things in."""

    club: Club
    owner: User
    folder: Path

    def bring_text(self, text: str | bytes, source: str = "file") -> Import:
        """Import a whole file."""
        path = self.folder / "in.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.bring_file(path, source)

    def bring_file(self, path: Path, source: str = "file") -> Import:
        """Import the file at a path."""
        begun = imports.begin_import(club=self.club, actor=self.owner, path=path, file_name=path.name, source=source)
        return imports.read_import(import_id=begun.pk)

    def bring(self, *lines: str, source: str = "file") -> Import:
        """Import lines under the full header; missing values at the end of a line are filled in."""
        return self.bring_text("\n".join([HEADER, *(padded(line) for line in lines)]) + "\n", source)

    def refusals(self, of_import: Import) -> list[tuple[int, str, str, str]]:
        """Return line, column, value and reason of each refused row, in file order."""
        rows = RefusedRow.objects.of(self.club).filter(of_import=of_import).order_by("line_number", "pk")
        return [(row.line_number, row.column, row.value, row.reason) for row in rows]

    def journals(self) -> list[Journal]:
        """Return all journals by date and sequence."""
        return list(Journal.objects.of(self.club).order_by("accounting_date", "sequence"))

    def net_by_code(self) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """Return debit minus credit, and tax where the charge is credited, per accounting date and item code."""
        found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal("0.00"), Decimal("0.00")])
        rows = JournalTotal.objects.filter(journal__club=self.club).exclude(journal__state=JournalState.VOIDED)
        for total in rows.select_related("journal", "item"):
            pile = found[(str(total.journal.accounting_date), total.item.code)]
            sign = 1 if total.is_debit else -1
            pile[0] += sign * from_minor(total.amount_minor)
            pile[1] -= sign * from_minor(total.tax_minor)
        return {key: (net, tax) for key, (net, tax) in found.items() if net or tax}

    def totals(self) -> dict[tuple[str, int, str, str, str, bool, str], tuple[int, int, int]]:
        """Return every total there is, by date, sequence, kind and code of item, job, side and tax kind."""
        rows = JournalTotal.objects.filter(journal__club=self.club).select_related("journal", "item")
        return {
            (
                str(row.journal.accounting_date), row.journal.sequence, row.item.kind, row.item.code, row.job,
                row.is_debit, row.tax_kind,
            ): (row.amount_minor, row.tax_minor, row.row_count)
            for row in rows
        }  # fmt: skip

    def is_sound(self) -> None:
        """Assert what holds for every journal whatever happened: balanced, counted, no empty total, of its own date."""
        for journal in self.journals():
            dates = journal.postings.values_list("transaction__accounting_date", flat=True)
            assert set(dates) <= {journal.accounting_date}
            totals = list(JournalTotal.objects.filter(journal=journal))
            debit = sum(total.amount_minor for total in totals if total.is_debit)
            credit = sum(total.amount_minor for total in totals if not total.is_debit)
            assert debit == credit == journal.debit_minor
            assert journal.transaction_count == journal.postings.count()
            assert all(total.row_count > 0 and total.amount_minor > 0 and total.tax_minor >= 0 for total in totals)

    def item(self, kind: str, code: str) -> FinancialItem:
        """Return a financial item."""
        return FinancialItem.objects.of(self.club).get(kind=kind, code=code)


def padded(line: str) -> str:
    values = next(csv.reader([line]))
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([*values, *[""] * (HEADER.count(",") + 1 - len(values))])
    return out.getvalue()


DEBITS = {"invoice", "refund", "dishonour", "transfer", "pos_sale"}


def recompute(rows: Iterable[Sequence[str]]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Work out what `Books.net_by_code` must give, straight from rows of the file (none of them a reversal)."""
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal("0.00"), Decimal("0.00")])
    for _, kind, on, account_type, item, amount, tax, *_ in rows:
        sign = 1 if kind in DEBITS else -1
        found[(on, account_type)][0] += sign * Decimal(amount)
        found[(on, item)][0] -= sign * Decimal(amount)
        found[(on, item)][1] += sign * Decimal(tax or "0.00")
    return {key: (net, tax) for key, (net, tax) in found.items() if net or tax}
