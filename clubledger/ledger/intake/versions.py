"""Writes versions of transactions with their rows and postings, and finds the versions that stand now.

Works on whole batches inside the caller's database transaction, with the club locked, and uses no model objects where
rows come by the thousand. What becomes of a transaction that comes again, `arrivals` and `corrections` decide.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from clubledger.bookkeeping.facts import ItemKind
from clubledger.bookkeeping.totals import DIRECTION, ITEM_KIND, Sums
from clubledger.clubs.models import Club
from clubledger.ledger import sql
from clubledger.ledger.formats.transactions_v1 import CheckedRow
from clubledger.ledger.intake.grouping import Incoming
from clubledger.ledger.journals import totals
from clubledger.ledger.journals.states import journals_taking_in
from clubledger.ledger.models import FinancialItem, Import, JobCode


class Current(NamedTuple):
    """The current version of a transaction as it stands in the ledger."""

    id: int
    source_id: str
    version: int
    content_hash: str
    kind: str
    legs_kind: str
    accounting_date: str
    reverses: str
    member: str
    description: str
    document_date: str | None
    of_import_id: int | None


@dataclass(slots=True)
class Version:
    """A version about to be written. `hash` is of what the source said; each row is a leg row with its three texts."""

    source_id: str
    kind: str
    legs_kind: str
    accounting_date: str
    reverses: str
    hash: str
    rows: Sequence[tuple[Any, ...]]
    number: int = 1


class _Items(dict[str, int]):
    """Ids of financial items of one kind by code; a code never seen before becomes an item without mapping."""

    def __init__(self, club: Club, kind: str) -> None:
        super().__init__(FinancialItem.objects.of(club).filter(kind=kind).values_list("code", "id"))
        self.club = club
        self.kind = kind

    def __missing__(self, code: str) -> int:
        item, _ = FinancialItem.objects.of(self.club).get_or_create(club=self.club, kind=self.kind, code=code)
        self[code] = item.pk
        return int(item.pk)


class _Jobs(dict[str, str]):
    """Job codes known; one never seen before becomes a job code without tracking option."""

    def __init__(self, club: Club) -> None:
        super().__init__({code: code for code in JobCode.objects.of(club).values_list("code", flat=True)} | {"": ""})
        self.club = club

    def __missing__(self, code: str) -> str:
        JobCode.objects.of(self.club).get_or_create(club=self.club, code=code)
        self[code] = code
        return code


def hash_of(rows: Sequence[CheckedRow]) -> str:
    """Hash the accounting fields in canonical form: amounts in cents, the order of rows without meaning.

    A reversal's rows are those of what it reverses, so its own content is its date and what it names.
    """
    first = rows[0]
    parts = [f"{row[4]}\x1f{row[5]}\x1f{row[6]}\x1f{'' if row[7] is None else row[7]}\x1f{row[8]}" for row in rows]
    if len(parts) > 1:
        parts.sort()
    reverses = first[3] if first[1] == "reversal" else ""
    text = f"{first[1]}\x1e{first[2]}\x1e{reverses}\x1e" + "\x1e".join(parts)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Intake:
    """Takes batches in for one club and source. One for each run: it remembers ids that its transactions made."""

    club: Club
    source: str
    of_import: Import
    items: dict[str, _Items] = field(init=False)
    jobs: _Jobs = field(init=False)
    _account_types: _Items = field(init=False)
    _items_of: dict[str, _Items] = field(init=False)

    def __post_init__(self) -> None:
        self.items = {str(kind): _Items(self.club, kind) for kind in ItemKind}
        self.jobs = _Jobs(self.club)
        self._account_types = self.items[ItemKind.ACCOUNT_TYPE]
        self._items_of = {kind: self.items[item_kind] for kind, item_kind in ITEM_KIND.items()}

    def current(self, source_ids: Iterable[str]) -> dict[str, Current]:
        """Return the current versions of these source ids, as far as there are any."""
        rows = sql.rows_of(
            "SELECT id, source_id, version, content_hash, kind, legs_kind, accounting_date, reverses, member, "  # noqa: S608
            "description, document_date, of_import_id FROM ledger_sourcetransaction "
            f"WHERE club_id = %s AND source = %s AND is_current AND {sql.among('source_id')}",
            [self.club.pk, self.source, sql.those(source_ids)],
        )
        return {row[1]: Current._make(_dates_as_text(row)) for row in rows}

    def version_of(self, transaction: Incoming) -> Version:
        """Return the incoming transaction with its items found or made."""
        rows = transaction.rows
        first = rows[0]
        account_types, items, jobs = self._account_types, self._items_of[first[1]], self.jobs
        return Version(
            first[0],
            first[1],
            first[1],
            first[2],
            first[3] if len(rows) == 1 else next((row[3] for row in rows if row[3]), ""),
            hash_of(rows),
            [
                (account_types[row[4]], items[row[5]], jobs[row[8]], row[6], row[7], row[9], row[10], row[11])
                for row in rows
            ],
        )

    def add_versions(self, versions: Sequence[Version], journals: dict[str, int], sums: Sums) -> None:
        """Write versions with their rows, and post each to the journal of its date."""
        club_id, source, import_id = self.club.pk, self.source, self.of_import.pk
        heads, lines, postings = [], [], []
        ids = sql.next_ids("ledger_sourcetransaction", len(versions))
        for version_id, version in zip(ids, versions, strict=True):
            on, rows = version.accounting_date, version.rows
            journal_id = journals[on]
            sums.post(journal_id, DIRECTION[version.legs_kind], rows)
            gross, first = 0, rows[0]
            for position, row in enumerate(rows, start=1):
                gross += row[3]
                lines.append((*row, version_id, position))
            heads.append((
                version_id, club_id, source, version.source_id, version.number, True, version.kind, version.legs_kind,
                on, version.hash, version.reverses, first[5], first[6], first[7], gross, import_id,
            ))  # fmt: skip
            postings.append((version_id, journal_id, 1))
        sql.insert("ledger_sourcetransaction", sql.TRANSACTION_COLUMNS, heads)
        sql.insert("ledger_sourceline", sql.LINE_COLUMNS, lines)
        sql.insert("ledger_posting", sql.POSTING_COLUMNS, postings)

    def add_new(self, versions: Sequence[Version]) -> None:
        """Write versions of transactions that are new, each posted to the journal of its date that takes them in."""
        if not versions:
            return
        journals = journals_taking_in(self.club, {version.accounting_date for version in versions})
        sums = Sums()
        self.add_versions(versions, journals, sums)
        totals.write(sums)


def _dates_as_text(row: tuple[object, ...]) -> list[object]:
    values = list(row)
    for position in (6, 10):
        values[position] = None if values[position] is None else str(values[position])
    return values
