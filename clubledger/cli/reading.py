"""The command that brings transactions in: import. It reads the file itself, so no worker has to run."""

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from clubledger.cli import asking, printing
from clubledger.cli.failing import Failure
from clubledger.ledger import importing
from clubledger.ledger.models import Import

COUNTS = ("new", "already_there", "amended", "corrected", "refused")


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    parser = commands.add_parser("import", help="bring a file of transactions in")
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", default="file", help="the name of the system it comes from (default: %(default)s)")
    parser.add_argument("--format", default="transactions_v1", help="the file's format (default: %(default)s)")
    parser.add_argument("--refused", type=Path, metavar="FILE", help="write refused rows there, each with its reason")
    asking.add_club(parser)
    printing.add_json(parser)
    parser.set_defaults(run=run_import)


def run_import(asked: argparse.Namespace) -> int:
    """Bring a file in; 1 if the file or any row was refused, so that a script sees it."""
    if not asked.file.is_file():
        raise Failure(f"There is no file {asked.file}.")
    door = asking.club_and_actor(asked)
    begun = importing.begin_import(
        club=door.club,
        actor=door.user,
        path=asked.file,
        file_name=asked.file.name,
        source=asked.source,
        format=asked.format,
    )
    with _progress(begun, shown=sys.stderr.isatty() and not asked.json):
        done = importing.read_import(import_id=begun.pk)
    if done.state != "done":
        raise Failure(f"{asked.file.name} was not taken in: {done.refusal or done.state}")
    value = {"id": done.pk, "file": done.file_name, "rows": done.rows_done}
    value |= {count: getattr(done, f"transactions_{count}") for count in COUNTS} | {"rows_refused": done.rows_refused}
    printing.show(asked, value, [value])
    if not done.rows_refused:
        return 0
    if asked.refused:
        lines = importing.refused_rows_csv(club=door.club, of_import=done)
        with asked.refused.open("w", encoding="utf-8", newline="") as out:
            out.writelines(lines)
    where = f"They are in {asked.refused}" if asked.refused else "Write them to a file with --refused FILE"
    print(f"clubledger: {done.rows_refused} rows were refused. {where}, mend them and import that.", file=sys.stderr)
    return 1


@contextmanager
def _progress(begun: Import, *, shown: bool) -> Iterator[None]:
    """Tell on the terminal how far the reading is, from the row that it keeps up to date."""
    over = threading.Event()

    def tell() -> None:
        while not over.wait(0.5):
            row = Import.objects.across_clubs("one import, by its key").filter(pk=begun.pk).first()
            if row is not None and row.rows_total:
                print(f"\r{row.rows_done:,} of {row.rows_total:,} rows", end="", file=sys.stderr, flush=True)
        connections.close_all()
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True) if shown else None
    if teller:
        teller.start()
    try:
        yield
    finally:
        over.set()
        if teller:
            teller.join(timeout=2)
