"""Commands about what came in: import, imports, undo-import, sample-data. No worker has to run."""

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.ledger.intake import imports, samples, undo
from clubledger.ledger.models import Import

COUNTS = ("new", "already_there", "amended", "corrected", "refused")


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    parser = commands.add_parser("import", help="bring a file of transactions in")
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", default="file", help="the name of the system it comes from (default: %(default)s)")
    parser.add_argument("--format", default="transactions_v1", help="the file's format (default: %(default)s)")
    parser.add_argument("--refused", type=Path, metavar="FILE", help="write refused rows there, each with its reason")

    listing = commands.add_parser("imports", help="list past imports, newest first")
    listing.add_argument("--most", type=int, default=25, metavar="N", help="how many (default: %(default)s)")

    taking_back = commands.add_parser(
        "undo-import", help="take a whole import back while nothing of it was queued or sent"
    )
    taking_back.add_argument("id", type=int, help="as listed by `imports`")
    wish = taking_back.add_mutually_exclusive_group(required=True)
    wish.add_argument("--reason", help="why, for the audit trail")
    wish.add_argument("--dry-run", action="store_true", help="only say what it would take back, or why it can't be")

    sample = commands.add_parser("sample-data", help="try made-up transactions in a new club, or take them away")
    sample.add_argument("what", choices=["try", "remove"])

    for command, run in (
        (parser, run_import), (listing, run_imports), (taking_back, run_undo_import), (sample, run_sample_data),
    ):  # fmt: skip
        arguments.add_club(command)
        output.add_json(command)
        command.set_defaults(run=run)


def run_import(asked: argparse.Namespace) -> int:
    """Bring a file in; 1 if the file or any row was refused, so that a script sees it."""
    if not asked.file.is_file():
        raise Failure(f"There is no file {asked.file}.")
    door = arguments.club_and_actor(asked)
    begun = imports.begin_import(
        club=door.club,
        actor=door.user,
        path=asked.file,
        file_name=asked.file.name,
        source=asked.source,
        format=asked.format,
    )
    with _progress(begun, shown=sys.stderr.isatty() and not asked.json):
        done = imports.read_import(import_id=begun.pk)
    if done.state != "done":
        raise Failure(f"{asked.file.name} was not taken in: {done.refusal or done.state}")
    value = _row_of(done)
    output.show(asked, value, [value])
    if not done.rows_refused:
        return 0
    if asked.refused:
        lines = imports.refused_rows_csv(club=door.club, of_import=done)
        with asked.refused.open("w", encoding="utf-8", newline="") as out:
            out.writelines(lines)
    where = f"They are in {asked.refused}" if asked.refused else "Write them to a file with --refused FILE"
    print(f"clubledger: {done.rows_refused} rows were refused. {where}, mend them and import that.", file=sys.stderr)
    return 1


def _row_of(one: Import) -> dict[str, Any]:
    counts = {count: getattr(one, f"transactions_{count}") for count in COUNTS}
    return {"id": one.pk, "file": one.file_name, "rows": one.rows_done, **counts, "rows_refused": one.rows_refused}


def run_imports(asked: argparse.Namespace) -> int:
    """List past imports."""
    club = arguments.club_and_actor(asked).club
    found = Import.objects.of(club).select_related("actor").order_by("-pk")[: max(1, asked.most)]
    fields = ("source", "state", "refusal")
    rows = [
        _row_of(one) | {field: getattr(one, field) for field in fields} | {"by": one.actor.email, "at": one.created_at}
        for one in found
    ]
    shown = [{field: row[field] for field in ("id", "at", "file", "by", *COUNTS, "state")} for row in rows]
    output.show(asked, rows, shown, empty="Nothing was imported yet.")
    return 0


def run_undo_import(asked: argparse.Namespace) -> int:
    """Take an import back, or say what that would do; 1 if it can't be."""
    door = arguments.club_and_actor(asked)
    found = Import.objects.of(door.club).filter(pk=asked.id).first()
    if found is None:
        raise Failure(f"{door.club.name} has no import {asked.id}. See `clubledger imports`.")
    seen = undo.foresee(club=door.club, of_import=found)
    if seen.obstacles:
        raise Failure(f"Import {asked.id} can't be undone. {' '.join(seen.obstacles)}")
    value = {
        "id": found.pk,
        "transactions": seen.transactions,
        "amount": output.amount(seen.amount_minor),
        "journals": seen.journals,
        "first_on": seen.first_on,
        "last_on": seen.last_on,
    }
    if not asked.dry_run:
        undo.undo_import(club=door.club, actor=door.user, of_import=found, reason=asked.reason)
    output.show(asked, value | {"undone": not asked.dry_run}, [value])
    output.say(asked, "Nothing was changed." if asked.dry_run else "Taken back. Nothing of it was in Xero.")
    return 0


def run_sample_data(asked: argparse.Namespace) -> int:
    """Bring sample data in, or take it away."""
    door = arguments.club_and_actor(asked)
    if asked.what == "try":
        value = _row_of(samples.bring_sample(club=door.club, actor=door.user))
        words = "Nothing of it can be sent. Take it away with `clubledger sample-data remove`."
    else:
        value = {"transactions": samples.remove_sample(club=door.club, actor=door.user)}
        words = "The sample data is gone."
    output.show(asked, value, [value])
    output.say(asked, words)
    return 0


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
