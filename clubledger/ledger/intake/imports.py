"""Brings a file of transactions in: in batches, with progress; dying half-way and running again is harmless.

Each batch is one database transaction that also keeps how far the file is read. Knows nothing of pages or of Xero.
"""

import csv
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clubledger.bookkeeping.phrases import joined, phrase, text_of
from clubledger.clubs import access, audit
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.foundation.wake import wake
from clubledger.ledger.errors import AlreadyRunning, BadSourceName, UnknownFormat
from clubledger.ledger.formats import FORMATS
from clubledger.ledger.formats.transactions_v1 import COLUMNS, REASON_COLUMN, mapping_faults, shield
from clubledger.ledger.intake import csv_file
from clubledger.ledger.intake.csv_file import Record, Records, UnreadableFile
from clubledger.ledger.intake.grouping import Refused, group
from clubledger.ledger.intake.run import ImportTakenOver, Run
from clubledger.ledger.models import Import, ImportState, RefusedRow

STALE_AFTER = timedelta(seconds=120)
"""Without a sign of life for so long, whoever was reading a file is taken to have died."""

MOST_OF_A_SOURCE = 60
OURS = "Clubledger:"
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file: its header, its first rows, what is wrong with them, or why it would be refused."""

    header: list[str]
    rows: list[list[str]]
    refusal: str
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def preview(path: Path, limit: int = 20, format: str = "transactions_v1") -> Preview:  # noqa: A002 - the word of the model
    """Return the header and the first `limit` rows, with the faults found in them as (line, column, reason)."""
    layout = FORMATS[format]
    try:
        header = csv_file.read_header(path, layout)
        records = list(islice(csv_file.records_of(path)(), limit))
    except UnreadableFile as error:
        return Preview([], [], text_of(error))
    faults = [
        (line.line, fault.column, fault.reason)
        for refused in group(iter(records), header, layout, {})
        if isinstance(refused, Refused)
        for line in refused.lines
        for fault in line.faults
    ]
    return Preview(header, [values for _, values, _ in records], "", faults)


def begin_import(
    *,
    club: Club,
    actor: User,
    path: Path,
    file_name: str,
    source: str = "file",
    format: str = "transactions_v1",  # noqa: A002 - the word of the model
) -> Import:
    """Keep a copy of the file and ask for it to be read. Returns the import.

    Raises NotAllowed, UnknownFormat, BadSourceName.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    if format not in FORMATS:
        raise UnknownFormat(f"There is no format “{format}”. There is: {', '.join(FORMATS)}.")
    source = source_name(source)
    stored = f"imports/{club.pk}/{secrets.token_hex(16)}.csv"
    target = Path(settings.MEDIA_ROOT) / stored
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("rb") as source_file,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy,
    ):
        shutil.copyfileobj(source_file, copy, 1 << 20)
    with transaction.atomic():
        made = Import.objects.of(club).create(
            club=club, actor=actor, source=source, format=format, file_name=file_name[:255], stored_file=stored
        )
        audit.note(
            club=club,
            actor=actor,
            action="import.begun",
            subject=f"import {made.pk}",
            summary=f"Began to import {file_name or 'a file'} from source {source}",
        )
        wake("ledger.read_import", import_id=made.pk)
    return made  # type: ignore[no-any-return]


def source_name(source: str, *, is_ours: bool = False) -> str:
    """Return the name of a source system as it is kept: a blank at either end would make another system of it.

    Names that begin with ours are for what we make up ourselves: a club's own transactions under one would be taken for
    sample data, and never be sent. Raises BadSourceName.
    """
    name = source.strip()
    if name.casefold().startswith(OURS.casefold()) and not is_ours:
        raise BadSourceName(
            f"Names that begin with “{OURS}” are Clubledger's own. Name the system that the file is from."
        )
    if not 1 <= len(name) <= MOST_OF_A_SOURCE or _UNWRITABLE(name):
        raise BadSourceName(
            f"The name of the source system must have 1 to {MOST_OF_A_SOURCE} characters and no control character."
        )
    return name


def read_import(*, import_id: int, take_over: bool = False) -> Import:
    """Read the import's file to its end, going on where an earlier reader stopped. Returns the import as it then is.

    Harmless when run again: a finished import is left alone. Raises AlreadyRunning while another reader shows signs of
    life, unless `take_over` says that it is known to be dead. Whatever else breaks is kept on the import, which is then
    `failed`, and raised.
    """
    of_import = _claim(import_id, take_over)
    if of_import is None:
        return _import(import_id)
    path = Path(settings.MEDIA_ROOT) / of_import.stored_file
    layout = FORMATS[of_import.format]
    try:
        header = csv_file.read_header(path, layout)
        records = csv_file.records_of(path)
        run = Run(of_import, records, header, layout)
        run.to_the_end(csv_file.scan_file(path, records, header.index("source_id"), header.index("kind")))
    except UnreadableFile as error:
        _finish(of_import, state=ImportState.REFUSED, refusal=text_of(error))
        path.unlink(missing_ok=True)
    except ImportTakenOver:
        raise AlreadyRunning(f"import {import_id} was taken over") from None
    except Exception as error:
        _finish(
            of_import,
            state=ImportState.FAILED,
            refusal=_stopped(error),
        )
        raise
    else:
        _finish(of_import, state=ImportState.DONE)
        path.unlink(missing_ok=True)
    return _import(import_id)


def import_rows(
    *,
    club: Club,
    actor: User,
    rows: Sequence[Mapping[str, Any]],
    source: str,
    file_name: str = "",
    is_ours: bool = False,
) -> Import:
    """Bring in rows given by column name, as the API takes them, here and now. Returns the finished import.

    The same checks as for a file; a row's line number is its place in the list, from 1. `is_ours` tells that we made
    them up. Raises NotAllowed, BadSourceName.
    """
    access.require(club=club, actor=actor, permission=access.Permission.IMPORT)
    source = source_name(source, is_ours=is_ours)
    layout = FORMATS["transactions_v1"]
    made = Import.objects.of(club).create(
        club=club,
        actor=actor,
        source=source,
        file_name=file_name[:255],
        state=ImportState.RUNNING,
        started_at=clock.now(),
    )
    records = _records_of_rows(rows)
    try:
        Run(made, records, list(COLUMNS), layout).to_the_end(csv_file.scan(records, 0, 1))
    except Exception as error:
        _finish(
            made,
            state=ImportState.FAILED,
            refusal=_stopped(error),
        )
        raise
    _finish(made, state=ImportState.DONE)
    return _import(made.pk)


def refused_rows_csv(*, club: Club, of_import: Import) -> Iterator[str]:
    """Return the refused rows, in file order, as a file in the same format with a `reason` column, piece by piece.

    Text that spreadsheets would take for a formula is marked as text with an apostrophe, which importing takes off.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*COLUMNS, REASON_COLUMN])
    rows = RefusedRow.objects.of(club).filter(of_import=of_import).order_by("line_number", "id")
    for row in rows.iterator(chunk_size=2000):
        values = [shield(name, row.fields.get(name, "")) for name in COLUMNS]
        surplus = row.fields.get("")
        writer.writerow(
            [*values, shield("", f"line {row.line_number}: {row.reason}"), *([shield("", surplus)] if surplus else [])]
        )
        if buffer.tell() > 32_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def unfinished() -> list[int]:
    """Return the ids of imports that wait to be read, or whose reader died, for the sweep to wake again."""
    stale = clock.now() - STALE_AFTER
    imports = Import.objects.across_clubs("the sweep looks after every club's imports")
    waiting = Q(state=ImportState.WAITING) | Q(state=ImportState.RUNNING, seen_at__lt=stale)
    return list(imports.filter(waiting).exclude(stored_file="").values_list("pk", flat=True))


def end_abandoned() -> int:
    """End as failed the imports of rows given by name whose reader died: no file tells how to go on. Returns how many.

    What came in stays, and is recognised when it comes again. A reader that lives after all is taken over from.
    """
    stale = clock.now() - STALE_AFTER
    silent = Q(seen_at__lt=stale) | Q(seen_at=None, started_at__lt=stale)
    rows = Import.objects.across_clubs("the sweep looks after every club's imports").select_related("club", "actor")
    found = list(rows.filter(silent, state=ImportState.RUNNING, stored_file=""))
    for one in found:
        _finish(one, state=ImportState.FAILED, refusal=phrase("The import was cut off. Bring the same rows in again."))
    return len(found)


def _import(import_id: int) -> Import:
    imports = Import.objects.across_clubs("an import is found by its own key").select_related("club", "actor")
    found: Import = imports.get(pk=import_id)
    return found


def _claim(import_id: int, take_over: bool) -> Import | None:
    """Make the import ours by a guarded UPDATE. None where it is finished."""
    imports = Import.objects.across_clubs("an import is found by its own key")
    now = clock.now()
    free = Q(state__in=[ImportState.WAITING, ImportState.FAILED]) | Q(
        state=ImportState.RUNNING, seen_at__lt=now - STALE_AFTER
    )
    if take_over:
        free |= Q(state=ImportState.RUNNING)
    claimed = imports.filter(free, pk=import_id).update(
        state=ImportState.RUNNING, refusal="", started_at=now, seen_at=now, finished_at=None
    )
    found = _import(import_id)
    if claimed:
        return found
    if found.state == ImportState.RUNNING:
        raise AlreadyRunning(f"import {import_id} is being read, last seen at {found.seen_at}")
    return None


def _finish(of_import: Import, *, state: str, refusal: str = "") -> None:
    """Keep how the import ended, if it is still ours, with an audit event that says what came of it."""
    with transaction.atomic():
        mine = Import.objects.of(of_import.club).filter(
            pk=of_import.pk, state=ImportState.RUNNING, started_at=of_import.started_at
        )
        if not mine.update(state=state, refusal=refusal, finished_at=clock.now()):
            return
        done = _import(of_import.pk)
        counts = {
            name: getattr(done, f"transactions_{name}")
            for name in ("new", "already_there", "amended", "corrected", "refused")
        }
        words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        audit.note(
            club=of_import.club,
            actor=of_import.actor,
            action=f"import.{state}",
            subject=f"import {of_import.pk}",
            summary=f"Import of {of_import.file_name or of_import.source}: {refusal or words}",
            after=counts,
        )


def _stopped(error: Exception) -> str:
    """Return what broke, without more of it than anybody reads."""
    return phrase("The import stopped: %(name__)s: %(error)s", name__=type(error).__name__, error=str(error)[:1900])


def _records_of_rows(rows: Sequence[Mapping[str, Any]]) -> Records:
    def read() -> Iterator[Record]:
        for number, row in enumerate(rows, start=1):
            faults = mapping_faults(row)
            trouble = joined("; ", [fault.reason for fault in faults])
            yield number, [_text(row.get(name)) for name in COLUMNS], trouble

    return read


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
