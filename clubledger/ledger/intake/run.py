"""Reads one import from its records to its end, batch by batch, each with its progress in one database transaction."""

import gc
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

from django.db import transaction

from clubledger.bookkeeping.phrases import changed, joined
from clubledger.clubs import access
from clubledger.foundation import clock
from clubledger.ledger import sql
from clubledger.ledger.formats.transactions_v1 import COLUMNS, Fault
from clubledger.ledger.intake import arrivals, reversals
from clubledger.ledger.intake.arrivals import Counts
from clubledger.ledger.intake.csv_file import Records, Scan
from clubledger.ledger.intake.grouping import Incoming, Refused, RefusedLine, group
from clubledger.ledger.intake.versions import Intake, hash_of
from clubledger.ledger.models import Import, ImportState, RefusedRow

BATCH_ROWS = 20_000
"""Rows a batch: large enough that a commit costs little, small enough that memory and locks stay short."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the cyclic garbage collector off: batches hold many small objects in no cycle, which it would walk in vain.

    A quarter of the time of an import. It is one switch for the process; whoever comes last turns it on again.
    """
    global _readers  # noqa: PLW0603 - the collector is one for the process
    with _readers_lock:
        _readers += 1
        gc.disable()
    try:
        yield
    finally:
        with _readers_lock:
            _readers -= 1
            if not _readers:
                gc.enable()


_readers = 0
_readers_lock = threading.Lock()


class ImportTakenOver(Exception):
    """Another reader has claimed this import; whatever this one had in hand is undone."""


@dataclass(slots=True)
class _Batch:
    incoming: list[Incoming] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)
    refused_transactions: int = 0
    rows: int = 0
    last_line: int = 0


class Run:
    """One reading of an import. Steps: all rows but reversals; then reversals, as often as some become possible."""

    def __init__(self, of_import: Import, records: Records, header: list[str], layout: ModuleType) -> None:
        self.of_import = of_import
        self.records = records
        self.header = header
        self.layout = layout
        self.intake = Intake(of_import.club, of_import.source, of_import)
        self.checkpoint: dict[str, Any] = of_import.checkpoint or {"step": "rows", "line": 0}

    def to_the_end(self, scan: Scan) -> None:
        """Read everything that is still to be read. Raises ImportTakenOver."""
        with _uncollected():
            self._to_the_end(scan)

    def _to_the_end(self, scan: Scan) -> None:
        if self.of_import.rows_total != scan.rows:
            self._imports().update(rows_total=scan.rows)
        if self.checkpoint["step"] == "rows":
            self._read_rows(scan)
        if scan.has_reversals:
            self._read_reversals(scan)

    def _read_rows(self, scan: Scan) -> None:
        done = self.checkpoint["line"]
        batch = _Batch()
        for found in self._groups(scan, after_line=done):
            if isinstance(found, Incoming):
                if found.rows[0][1] == "reversal":
                    continue
                batch.incoming.append(found)
                batch.rows += len(found.rows)
                batch.last_line = found.last_line
            else:
                self._refuse(batch, found)
            if batch.rows >= BATCH_ROWS:
                self._take_in(batch)
                batch = _Batch()
        self._take_in(batch)

    def _groups(self, scan: Scan, after_line: int = 0) -> Iterator[Incoming | Refused]:
        records = self.records()
        if after_line:
            records = (record for record in records if record[0] > after_line)
        return group(records, self.header, self.layout, scan.refused)

    @staticmethod
    def _refuse(batch: _Batch, refused: Refused) -> None:
        batch.refused += refused.lines
        batch.refused_transactions += not refused.continues
        batch.rows += len(refused.lines)
        batch.last_line = refused.lines[-1].line

    def _take_in(self, batch: _Batch) -> None:
        if not batch.rows:
            return
        self.checkpoint = {"step": "rows", "line": batch.last_line}
        with transaction.atomic():
            access.lock_club(self.of_import.club)
            counts = arrivals.take_in(self.intake, batch.incoming)
            self._keep_refused(batch.refused)
            self._keep_progress(batch, counts)

    # --- reversals ------------------------------------------------------------------------------------------------

    def _read_reversals(self, scan: Scan) -> None:
        """Mirror what reversals name. Once a whole reading makes no more of them possible, the rest is refused.

        Reading them again from their start is harmless; so that nothing is counted twice after a crash, the counts go
        back to what they were, and those this import has brought in already are counted as what they were then.
        """
        self._begin_reversals()
        pending: array[int] | None = None
        while True:
            still, progress = array("Q"), False
            wanted = None if pending is None else set(pending)
            for batch in self._reversal_batches(scan, wanted):
                held_back = self._mirror(batch, final=False)
                progress |= len(held_back) < len(batch.incoming)
                still.extend(reversal.first_line for reversal, _ in held_back)
            if not still or not progress:
                break
            pending = still
        if still:
            for batch in self._reversal_batches(scan, set(still)):
                self._mirror(batch, final=True)

    def _begin_reversals(self) -> None:
        counted = ["rows_done", "transactions_new", "transactions_already_there", "transactions_amended"]
        counted += ["transactions_corrected", "transactions_refused", "rows_refused"]
        with transaction.atomic():
            access.lock_club(self.of_import.club)
            mine = self._imports().filter(state=ImportState.RUNNING, started_at=self.of_import.started_at)
            if self.checkpoint["step"] == "rows":
                self.checkpoint = {
                    "step": "reversals",
                    "counts": self._imports().values(*counted).get(),
                    "refused": sql.rows_of("SELECT COALESCE(MAX(id), 0) FROM ledger_refusedrow", [])[0][0],
                    "transactions": sql.rows_of("SELECT COALESCE(MAX(id), 0) FROM ledger_sourcetransaction", [])[0][0],
                }
                changed = mine.update(checkpoint=self.checkpoint)
            else:
                changed = mine.update(**self.checkpoint["counts"])
            if not changed:
                raise ImportTakenOver(f"import {self.of_import.pk}")
            refused = RefusedRow.objects.of(self.of_import.club).filter(of_import=self.of_import)
            refused.filter(pk__gt=self.checkpoint["refused"]).delete()

    def _reversal_batches(self, scan: Scan, lines: set[int] | None) -> Iterator[_Batch]:
        batch = _Batch()
        for found in self._groups(scan):
            if not isinstance(found, Incoming) or found.rows[0][1] != "reversal":
                continue
            if lines is not None and found.first_line not in lines:
                continue
            batch.incoming.append(found)
            if len(batch.incoming) >= BATCH_ROWS // 4:
                yield batch
                batch = _Batch()
        if batch.incoming:
            yield batch

    def _mirror(self, batch: _Batch, *, final: bool) -> list[tuple[Incoming, str]]:
        with transaction.atomic():
            access.lock_club(self.of_import.club)
            ours, others = self._brought_in_before_a_crash(batch.incoming)
            outcome = reversals.take_in(self.intake, others)
            counts = outcome.counts
            counts.add(ours)
            done = _Batch(rows=len(batch.incoming) - len(outcome.held_back))
            if final:
                for reversal, reason in outcome.held_back:
                    self._refuse(done, self._refused(reversal, reason))
                self._keep_refused(done.refused)
            self._keep_progress(done, counts)
        return outcome.held_back

    def _brought_in_before_a_crash(self, incoming: list[Incoming]) -> tuple[Counts, list[Incoming]]:
        current = self.intake.current(reversal.first.source_id for reversal in incoming)
        counts, others = Counts(), []
        for reversal in incoming:
            own = current.get(reversal.first.source_id)
            is_ours = (
                own is not None and own.of_import_id == self.of_import.pk and own.id > self.checkpoint["transactions"]
            )
            if own is None or not is_ours or own.content_hash != hash_of(reversal.rows):
                others.append(reversal)
            elif own.version == 1:
                counts.new += 1
            else:
                counts.corrected += 1
        return counts, others

    @staticmethod
    def _refused(reversal: Incoming, reason: str) -> Refused:
        row = reversal.first
        values = row._asdict()
        fields = {name: "" if values.get(name) is None else str(values.get(name)) for name in COLUMNS}
        fields.update(amount="", tax_amount="")
        fault = Fault("reverses", row.reverses, reason)
        return Refused([RefusedLine(reversal.first_line, fields, [fault])])

    # --- what is kept with each batch ---------------------------------------------------------------------------------

    def _keep_refused(self, refused: list[RefusedLine]) -> None:
        rows = []
        for line, fields, faults in refused:
            storable = {name: _storable(value) for name, value in fields.items()}
            first = faults[0]
            rows.append(
                RefusedRow(
                    club=self.of_import.club,
                    of_import=self.of_import,
                    line_number=line,
                    source_id=storable.get("source_id", "")[:200],
                    column=first.column[:40],
                    value=_storable(first.value),
                    reason=changed(joined("; ", [fault.reason for fault in faults]), _storable),
                    fields=storable,
                )
            )
        RefusedRow.objects.of(self.of_import.club).bulk_create(rows, batch_size=1000)

    def _keep_progress(self, batch: _Batch, counts: Counts) -> None:
        """Add to the import's counts, where it is still this reader's. Raises ImportTakenOver."""
        added = asdict(counts) | {"refused": batch.refused_transactions}
        columns = [f"transactions_{name} = transactions_{name} + %s" for name in added]
        changed = sql.run(
            f"UPDATE ledger_import SET {', '.join(columns)}, rows_done = rows_done + %s, "  # noqa: S608
            "rows_refused = rows_refused + %s, seen_at = %s, checkpoint = %s "
            "WHERE id = %s AND state = 'running' AND started_at = %s",
            [
                *added.values(),
                batch.rows,
                len(batch.refused),
                sql.stored(clock.now()),
                sql.stored(self.checkpoint),
                self.of_import.pk,
                sql.stored(self.of_import.started_at),
            ],
        )
        if not changed:
            raise ImportTakenOver(f"import {self.of_import.pk}")

    def _imports(self) -> Any:
        return Import.objects.of(self.of_import.club).filter(pk=self.of_import.pk)


def _storable(text: str) -> str:
    """Put SUBSTITUTE for what a database can't keep; importing refuses that as it would have refused the original."""
    return "".join("\x1a" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
