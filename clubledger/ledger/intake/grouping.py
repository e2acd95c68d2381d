"""Puts checked rows of one source id together as one incoming transaction, or refuses them together."""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import NamedTuple

from clubledger.bookkeeping.phrases import phrase
from clubledger.ledger.formats.transactions_v1 import (
    COLUMNS,
    MAX_ROWS_PER_TRANSACTION,
    CheckedRow,
    Fault,
    read_apostrophe,
)
from clubledger.ledger.intake.csv_file import Record


class Incoming:
    """One transaction as a source gave it, all its rows good, and the lines of the file it began and ended on."""

    __slots__ = ("first_line", "last_line", "rows")

    def __init__(self, rows: list[CheckedRow], first_line: int, last_line: int) -> None:
        self.rows = rows
        self.first_line = first_line
        self.last_line = last_line

    @property
    def first(self) -> CheckedRow:
        """Its first row, which speaks for the transaction as a whole."""
        return self.rows[0]


class RefusedLine(NamedTuple):
    """A row that is refused: where it stands, its values by column (surplus ones under the empty name), and why."""

    line: int
    fields: dict[str, str]
    faults: list[Fault]


class Refused(NamedTuple):
    """The rows of one refused transaction. `continues` is true for further rows of one that was told of before."""

    lines: list[RefusedLine]
    continues: bool = False


def group(
    records: Iterator[Record], header: list[str], layout: ModuleType, known_bad: Mapping[str, str]
) -> Iterator[Incoming | Refused]:
    """Return the transactions of a file in order, each either incoming or refused with every reason.

    `known_bad` holds source ids that a scan of the whole file has found bad, with the reason.
    """
    arrange, check, width = layout.arrange(header), layout.row_checker(), len(header)
    source_id_at = header.index("source_id")
    told: set[str] = set()
    now = _Group()
    rows, raw, source_id = now.rows, now.raw, ""
    for record in records:
        line, values, trouble = record
        checked: CheckedRow | list[Fault]
        if trouble or len(values) != width:
            checked = [_shape_fault(values, width, trouble)]
        else:
            checked = check(arrange(values) if arrange else values)
        named = checked[0] if isinstance(checked, CheckedRow) else _named(values, source_id_at)
        if named != source_id or not named:
            if raw:
                yield now.close(header, known_bad)
            now = _Group(named, continues=named in told)
            if named in known_bad:
                # Its rows may stand apart: one transaction all the same, refused once.
                told.add(named)
            rows, raw, source_id = now.rows, now.raw, named
        elif len(raw) >= MAX_ROWS_PER_TRANSACTION:
            # A scan has found it too long: refused piece by piece, so that memory stays bounded.
            yield now.close(header, known_bad)
            now = _Group(named, continues=True)
            rows, raw = now.rows, now.raw
        raw.append(record)
        if not isinstance(checked, CheckedRow):
            now.faulty[line] = checked
            continue
        rows.append(checked)
        first = rows[0]
        if checked[1] != first[1] or checked[2] != first[2] or (first[1] == "reversal" and checked is not first):
            now.faulty[line] = _disagreement(checked, first, raw[0][0])
    if raw:
        yield now.close(header, known_bad)


class _Group:
    """Rows of one source id on their way to be a transaction."""

    __slots__ = ("continues", "faulty", "raw", "rows", "source_id")

    def __init__(self, source_id: str = "", *, continues: bool = False) -> None:
        self.source_id = source_id
        self.continues = continues
        self.rows: list[CheckedRow] = []
        self.raw: list[Record] = []
        self.faulty: dict[int, list[Fault]] = {}

    def close(self, header: list[str], known_bad: Mapping[str, str]) -> Incoming | Refused:
        if not self.faulty and self.source_id not in known_bad:
            # The text of good rows is let go at once: a batch holds thousands of them.
            return Incoming(self.rows, self.raw[0][0], self.raw[-1][0])
        reason = known_bad.get(self.source_id)
        return _refusal(header, self, [Fault("source_id", self.source_id, reason)] if reason else [])


def _named(values: list[str], source_id_at: int) -> str:
    return read_apostrophe(values[source_id_at]) if len(values) > source_id_at else ""


def _disagreement(row: CheckedRow, first: CheckedRow, first_line: int) -> list[Fault]:
    faults = [
        Fault(
            column,
            getattr(row, column),
            phrase(
                "%(column)s differs from line %(first_line)s of the same transaction",
                column=column,
                first_line=first_line,
            ),
        )
        for column in ("kind", "accounting_date")
        if getattr(row, column) != getattr(first, column)
    ]
    return faults or [Fault("source_id", row.source_id, phrase("a reversal has one row only"))]


def _refusal(header: list[str], group: _Group, common: list[Fault]) -> Refused:
    """Refuse rows together. Each tells its own faults and those of all; one without tells of the first row that has."""
    others = common
    if not common:
        line = min(group.faulty)
        others = [
            Fault(
                "",
                "",
                phrase(
                    "refused together with line %(line)s: %(reason)s", line=line, reason=group.faulty[line][0].reason
                ),
            )
        ]
    lines = []
    for line, values, _ in group.raw:
        own = group.faulty.get(line)
        lines.append(RefusedLine(line, fields_of(header, values), [*own, *common] if own else others))
    return Refused(lines, group.continues)


def fields_of(header: list[str], values: list[str]) -> dict[str, str]:
    """Return a row's values by column as they are read; those beyond the header stand together under the empty name."""
    fields = {name: read_apostrophe(value) for name, value in zip(header, values, strict=False) if name in COLUMNS}
    if len(values) > len(header):
        fields[""] = ",".join(values[len(header) :])
    return fields


def _shape_fault(values: list[str], width: int, trouble: str) -> Fault:
    if trouble:
        return Fault("", "", trouble)
    if len(values) == 1:
        return Fault("", "", phrase("the row has 1 value; the header names %(width)s", width=width))
    return Fault(
        "", "", phrase("the row has %(count)s values; the header names %(width)s", count=len(values), width=width)
    )
