"""Reads a CSV file of transactions record by record in constant memory. Knows the file, not what its values mean."""

import codecs
import csv
from array import array
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from clubledger.bookkeeping.phrases import phrase
from clubledger.ledger.formats.transactions_v1 import MAX_ROWS_PER_TRANSACTION, read_apostrophe

Record = tuple[int, list[str], str]
"""The line it begins on, its values as they stand in the file, and what is wrong with its quoting (empty: nothing)."""

Records = Callable[[], Iterator[Record]]
"""Begins reading the records after the header from the first one, again and again."""


class UnreadableFile(Exception):
    """The file as a whole can't be read; the words say why."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one quick reading of a file tells: how many rows, any reversals, and why some source ids are bad."""

    rows: int
    has_reversals: bool
    refused: Mapping[str, str]


def read_header(path: Path, layout: ModuleType) -> list[str]:
    """Return the header of the file. Raises UnreadableFile where the file as a whole is to be refused."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableFile(phrase("The file is not UTF-8 but UTF-16. Save it as “CSV UTF-8” and import it again."))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header: list[str] = next((values for _, values, _ in read_records(file) if values), [])
    except UnicodeDecodeError as error:
        raise UnreadableFile(_not_utf8(path)) from error
    refusal = layout.check_header(header)
    if refusal:
        raise UnreadableFile(refusal)
    return header


def records_of(path: Path) -> Records:
    """Return a reader of the file's records after its header. Blank lines are passed over."""

    def read() -> Iterator[Record]:
        with path.open(encoding="utf-8-sig", newline="", buffering=1 << 18) as file:
            records = read_records(file)
            next(records, None)
            try:
                yield from records
            except UnicodeDecodeError as error:
                raise UnreadableFile(_not_utf8(path)) from error

    return read


def read_records(lines: Iterable[str]) -> Iterator[Record]:
    """Return the records of CSV text (RFC 4180), header among them.

    A record whose quoting is broken costs only its first line: reading goes on with the next, so that one stray
    quotation mark does not swallow the rest of the file. The first record says how many values each should have.
    """
    source = iter(lines)
    pushed: deque[str] = deque()
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while True:
            while pushed:
                taken.append(pushed.popleft())
                yield taken[-1]
            line = next(source, None)
            if line is None:
                return
            taken.append(line)
            yield line

    line_number, width = 1, 0
    while True:
        reader = csv.reader(feed(), strict=True)
        try:
            for values in reader:
                if len(taken) > 1 and width and len(values) != width:
                    pushed.extendleft(reversed(taken[1:]))
                    del taken[1:]
                    yield line_number, _split_roughly(taken[0]), phrase("a quotation mark is not closed")
                elif values:
                    width = width or len(values)
                    yield line_number, values, ""
                line_number += len(taken)
                taken.clear()
            return
        except csv.Error as error:
            pushed.extendleft(reversed(taken[1:]))
            del taken[1:]
            line = taken[0] if taken else ""
            yield line_number, _split_roughly(line), _words_for(error, line)
            line_number += 1
            taken.clear()


def scan(records: Records, source_id_at: int, kind_at: int) -> Scan:
    """Read all records once, quickly. Memory: eight bytes a transaction.

    A source id stands apart where rows of it begin twice. Only 64-bit hashes of where rows begin are kept; those that
    occur twice are then verified by a second reading that looks at the ids themselves.
    """
    return _scan_ids(_ids_of(records, source_id_at, kind_at), lambda: _ids_of(records, source_id_at, kind_at))


def scan_file(path: Path, records: Records, source_id_at: int, kind_at: int) -> Scan:
    """Scan a file, by its plain text where that is enough: a third of the time of reading it as CSV.

    It is enough as long as the source id is the first column and every line is a record of its own. Raises
    UnreadableFile where it is not UTF-8.
    """
    if source_id_at == 0:
        try:
            return _scan_ids(_ids_of_lines(path, kind_at), lambda: _ids_of(records, source_id_at, kind_at))
        except _NotPlain:
            return scan(records, source_id_at, kind_at)
        except UnicodeDecodeError as error:
            raise UnreadableFile(_not_utf8(path)) from error
    return scan(records, source_id_at, kind_at)


class _NotPlain(Exception):
    """A line of the file is not a record of its own."""


def _ids_of(records: Records, source_id_at: int, kind_at: int) -> Iterator[tuple[str, bool]]:
    for _, values, _ in records():
        is_reversal = len(values) > kind_at and values[kind_at] == "reversal"
        yield values[source_id_at] if len(values) > source_id_at else "", is_reversal


def _ids_of_lines(path: Path, kind_at: int) -> Iterator[tuple[str, bool]]:
    with path.open(encoding="utf-8-sig", newline="", buffering=1 << 18) as file:
        is_header = True
        for line in file:
            if '"' in line:
                try:
                    values = next(csv.reader([line], strict=True), [])
                except csv.Error as error:
                    raise _NotPlain from error
                source_id, is_reversal = values[0], len(values) > kind_at and values[kind_at] == "reversal"
            else:
                source_id, _, rest = line.partition(",")
                is_reversal = ",reversal," in line
                if not rest and not line.strip("\r\n"):
                    continue
            if is_header:
                is_header = False
                continue
            yield source_id, is_reversal


def _scan_ids(ids: Iterator[tuple[str, bool]], again: Callable[[], Iterator[tuple[str, bool]]]) -> Scan:
    rows, has_reversals, previous, begun_at = 0, False, "", 0
    beginnings: array[int] = array("q")
    refused: dict[str, str] = {}
    for source_id, is_reversal in ids:
        if source_id != previous:
            if rows - begun_at > MAX_ROWS_PER_TRANSACTION:
                _refuse_as_too_long(previous, refused)
            previous, begun_at = source_id, rows
            beginnings.append(hash(read_apostrophe(source_id) if source_id[:1] == "'" else source_id))
        rows += 1
        has_reversals = has_reversals or is_reversal
    if rows - begun_at > MAX_ROWS_PER_TRANSACTION:
        _refuse_as_too_long(previous, refused)
    suspects = _occurring_twice(beginnings)
    for source_id in _standing_apart(again(), suspects) if suspects else ():
        refused[source_id] = phrase(
            "rows of “%(source_id)s” stand apart in the file; put them together", source_id=source_id
        )
    return Scan(rows, has_reversals, refused)


def _refuse_as_too_long(source_id: str, refused: dict[str, str]) -> None:
    # Rows without any source id are refused one by one for that, however many.
    if source_id:
        refused[read_apostrophe(source_id)] = phrase(
            "the transaction has more than %(max_rows_per_transaction)s rows",
            max_rows_per_transaction=f"{MAX_ROWS_PER_TRANSACTION:,}",
        )


def _occurring_twice(hashes: "array[int]") -> set[int]:
    # In parts, so that the set of those seen stays small however many there are.
    parts = len(hashes) // 100_000 + 1
    twice: set[int] = set()
    for part in range(parts):
        mine = hashes if parts == 1 else [value for value in hashes if value % parts == part]
        seen: set[int] = set(mine)
        if len(seen) != len(mine):
            twice.update(value for value, count in Counter(mine).items() if count > 1)
    return twice


def _standing_apart(ids: Iterator[tuple[str, bool]], suspects: set[int]) -> list[str]:
    begun: Counter[str] = Counter()
    previous = None
    for named, _ in ids:
        source_id = read_apostrophe(named)
        if source_id != previous:
            previous = source_id
            if hash(source_id) in suspects:
                begun[source_id] += 1
    # Rows without any source id are no transaction that could stand apart.
    return [source_id for source_id, count in begun.items() if count > 1 and source_id]


def _split_roughly(line: str) -> list[str]:
    return [value.strip('"') for value in line.rstrip("\r\n").split(",")]


def _words_for(error: csv.Error, line: str) -> str:
    if "field larger" in str(error) and '"' not in line:
        return phrase("a value has more than %(most)s characters", most=f"{csv.field_size_limit():,}")
    if "field larger" in str(error) or "end of data" in str(error):
        return phrase("a quotation mark is not closed")
    return phrase("a quotation mark stands where none may; write it twice inside quotation marks")


def _not_utf8(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        for raw in file:
            try:
                decoder.decode(raw)
            except UnicodeDecodeError as error:
                byte = raw[min(error.start, len(raw) - 1)]
                return phrase(
                    "The file is not UTF-8: line %(line)s has a byte (0x%(byte)s) that can't be read. Save it "
                    "as “CSV UTF-8” and import it again.",
                    line=line,
                    byte=f"{byte:02X}",
                )
            line += 1
    return phrase("The file is not UTF-8: its last character is cut off. Save it as “CSV UTF-8” and import it again.")
