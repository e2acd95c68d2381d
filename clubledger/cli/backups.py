"""Commands that keep a copy of everything and put it back: backup, restore."""

import argparse
import sys
from pathlib import Path
from typing import Any

from clubledger.cli import output
from clubledger.cli.errors import Failure
from clubledger.clubs.models import Club
from clubledger.delivery.decisions import after_restore
from clubledger.foundation import backups, engine, restores
from clubledger.foundation.backups import Manifest

FOLDERS = ("imports",)
"""Folders under the media folder that go along: files that wait to be read."""


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    backup = commands.add_parser(
        "backup", help="copy everything into one file, while it runs; encryption keys stay out"
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="where to write it; replaced when the copy is complete")
    output.add_json(backup)
    backup.set_defaults(run=run_backup)

    restore = commands.add_parser(
        "restore", help="put a backup back; then nothing is sent until a person has confirmed"
    )
    restore.add_argument("file", type=Path, metavar="FILE", help="what `clubledger backup` wrote")
    restore.add_argument("--yes", action="store_true", help="replace what the database holds without asking")
    restore.add_argument("--while-running", action="store_true", help="even though a worker was seen lately")
    output.add_json(restore)
    restore.set_defaults(run=run_restore)


def run_backup(asked: argparse.Namespace) -> int:
    """Write a backup."""
    manifest = backups.take(asked.file, folders=FOLDERS, facts=_facts)
    size = asked.file.stat().st_size
    row = {
        "file": str(asked.file),
        "megabytes": round(size / 1e6, 1),
        "taken_at": manifest.taken_at,
        "clubs": len(manifest.facts["clubs"]),
        "rows": sum(manifest.counts.values()),
        "files": len(manifest.files),
    }
    output.show(asked, row, [row])
    output.say(
        asked,
        "The encryption keys are not in it: keep CLUBLEDGER_ENCRYPTION_KEYS somewhere else, or every person has to "
        "authorise Xero again.",
    )
    return 0


def _facts() -> dict[str, Any]:
    rows = Club.objects.order_by("name").values("name", "slug", "mark")
    return {"clubs": [dict(row) for row in rows]}


def run_restore(asked: argparse.Namespace) -> int:
    """Put a backup back and hold every club's sending."""
    if not asked.file.is_file():
        raise Failure(f"There is no file {asked.file}.")
    manifest = backups.read_manifest(asked.file)
    if not asked.while_running and _worker_seen():
        raise Failure(
            "A worker was seen within the last half minute. Stop web and workers on every machine first, or say "
            "--while-running if none of them uses this database."
        )
    replace = asked.yes
    if not replace and restores.is_in_use():
        replace = _agrees(asked, manifest)
        if not replace:
            raise Failure("Nothing was changed. Say --yes to replace what the database holds.")
    manifest = restores.put_back(asked.file, replace=replace, then=_hold_all)
    row = {
        "taken_at": manifest.taken_at,
        "version": manifest.version,
        "clubs": len(manifest.facts.get("clubs", [])),
        "rows": sum(manifest.counts.values()),
        "files": len(manifest.files),
    }
    output.show(asked, row, [row])
    output.say(
        asked,
        "Restored. Nothing is sent before an Owner of each club has confirmed what was recorded by hand since the "
        "backup. Import again what came in since: rows that are there already are recognised.",
    )
    return 0


def _worker_seen() -> bool:
    try:
        return engine.worker_seen_lately()
    except Exception:
        # A queue that can't be asked has no worker that listens to it.
        return False


def _agrees(asked: argparse.Namespace, manifest: Manifest) -> bool:
    if not sys.stdin.isatty():
        return False
    clubs = ", ".join(club["name"] for club in manifest.facts.get("clubs", [])[:5])
    output.say(asked, f"The backup was taken at {manifest.taken_at:%Y-%m-%d %H:%M} UTC and holds {clubs or 'no club'}.")
    output.say(asked, "Everything in the database is replaced by it.")
    return input("Type yes to go on: ").strip().lower() == "yes"


def _hold_all(manifest: Manifest) -> None:
    for club in Club.objects.all():
        after_restore.begin_hold(club=club, backup_taken_at=manifest.taken_at)
