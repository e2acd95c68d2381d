"""Commands of the configuration: map, get-gl-codes, get-categories."""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clubledger.bookkeeping.facts import ItemKind
from clubledger.cli import arguments, output
from clubledger.cli.errors import Failure
from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Club
from clubledger.delivery import preflight
from clubledger.ledger.mapping import items
from clubledger.ledger.mapping.chart import PARTS
from clubledger.ledger.models import FinancialItem, GLCode, JobCode

COLUMNS = ("kind", "code", "gl_code", "tax_type", "untaxed_tax_type", "job")


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    parser = commands.add_parser(
        "map",
        help="say which GL code a charge, account type or payment method goes to",
        description="Without an item or a file it lists all items and where they go.",
    )
    parser.add_argument("--item", metavar="KIND:CODE", help=f"KIND is one of {', '.join(ItemKind)}")
    parser.add_argument("--gl-code", metavar="CODE")
    parser.add_argument("--tax-type", default="", help="charges: for rows whose tax is stated, or not said")
    parser.add_argument("--untaxed-tax-type", default="", help="charges: for rows stated to carry no tax")
    parser.add_argument("--job", default="", metavar="CODE", help="charges: the default job code")
    parser.add_argument("--csv", type=Path, metavar="FILE", help=f"many at once; columns {', '.join(COLUMNS)}")
    parser.add_argument("--unmapped", action="store_true", help="list only items without a GL code")
    parser.set_defaults(run=run_map)
    accounts = commands.add_parser("get-gl-codes", help="retrieve the GL codes from Xero")
    accounts.set_defaults(run=run_get_gl_codes)
    categories = commands.add_parser("get-categories", help="retrieve the tracking categories (job codes) from Xero")
    categories.set_defaults(run=run_get_categories)
    for command in (accounts, categories):
        command.add_argument("--dry-run", action="store_true", help="only say what would change")
    for command in (parser, accounts, categories):
        arguments.add_club(command)
        output.add_json(command)


def run_map(asked: argparse.Namespace) -> int:
    """Map one item, or those of a file, or list where items go."""
    door = arguments.club_and_actor(asked)
    if asked.item:
        kind, _, code = asked.item.partition(":")
        if not code or not asked.gl_code:
            raise Failure("Give --item KIND:CODE together with --gl-code CODE.")
        wanted = [
            {
                "kind": kind, "code": code, "gl_code": asked.gl_code, "tax_type": asked.tax_type,
                "untaxed_tax_type": asked.untaxed_tax_type, "job": asked.job,
            }
        ]  # fmt: skip
        _map_all(door, [("--item", row) for row in wanted])
    elif asked.csv:
        _map_all(door, list(_rows_of(asked.csv)))
    listed = items.unmapped(club=door.club) if asked.unmapped else _items(door.club)
    rows = [
        {"kind": item.kind, "code": item.code, "gl_code": item.gl_code.code if item.gl_code else ""} | _as_it_is(item)
        for item in listed
    ]
    output.show(asked, rows, empty="Every item is mapped." if asked.unmapped else "No item yet: import transactions.")
    return 0


def run_get_gl_codes(asked: argparse.Namespace) -> int:
    """Retrieve accounts and tax rates; also the test of the connection."""
    door = arguments.club_and_actor(asked)
    changes = preflight.get_gl_codes(club=door.club, actor=door.user, apply=not asked.dry_run)
    return _show_changes(asked, changes)


def run_get_categories(asked: argparse.Namespace) -> int:
    """Retrieve the options of the tracking categories."""
    door = arguments.club_and_actor(asked)
    changes = preflight.get_categories(club=door.club, actor=door.user, apply=not asked.dry_run)
    return _show_changes(asked, changes)


def _map_all(door: ClubAccess, wanted: list[tuple[str, dict[str, str]]]) -> None:
    """Map all or nothing, so that a file with a mistake in its last line changes nothing."""
    by_name = {(item.kind, item.code): item for item in _items(door.club)}
    gl_codes = dict(GLCode.objects.of(door.club).values_list("code", "pk"))
    jobs = dict(JobCode.objects.of(door.club).values_list("code", "pk"))
    found = []
    for place, said in wanted:
        item = by_name.get((said["kind"], said["code"]))
        if item is None:
            raise Failure(f"{place}: no item {said['kind']}:{said['code']}. See `clubledger map`.")
        if not said["gl_code"] and item.gl_code is None:
            continue  # A list of all items names those, too, that nobody has mapped yet.
        row = _as_it_is(item) | said
        if row["gl_code"] not in gl_codes:
            raise Failure(f"{place}: no GL code {row['gl_code']}. Run `clubledger get-gl-codes` first.")
        if row["job"] and row["job"] not in jobs:
            raise Failure(f"{place}: no job code {row['job']}. Run `clubledger get-categories` first.")
        found.append(
            items.Wanted(
                item_id=item.pk,
                gl_code_id=gl_codes[row["gl_code"]],
                tax_type=row["tax_type"],
                untaxed_tax_type=row["untaxed_tax_type"],
                default_job_id=jobs.get(row["job"]),
            )
        )
    items.map_items(club=door.club, actor=door.user, wanted=found)


def _rows_of(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        unknown = sorted(set(reader.fieldnames or ()) - set(COLUMNS))
        if unknown or not {"kind", "code", "gl_code"} <= set(reader.fieldnames or ()):
            raise Failure(f"{path}: the columns are {', '.join(COLUMNS)}; the first three must be there.")
        for number, row in enumerate(reader, 2):
            # A column that the file lacks leaves what was there.
            yield f"{path}, line {number}", {column: (row[column] or "").strip() for column in COLUMNS if column in row}


def _as_it_is(item: FinancialItem) -> dict[str, str]:
    return {
        "tax_type": item.tax_type,
        "untaxed_tax_type": item.untaxed_tax_type,
        "job": item.default_job.code if item.default_job else "",
    }


def _items(club: Club) -> Any:
    return FinancialItem.objects.of(club).select_related("gl_code", "default_job").order_by("kind", "code")


def _show_changes(asked: argparse.Namespace, changes: Any) -> int:
    parts = (*PARTS, "unchanged")
    counts = {part: len(found) if hasattr(found := getattr(changes, part), "__len__") else found for part in parts}
    output.show(asked, changes, [counts])
    return 0
