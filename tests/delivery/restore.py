"""A backup put back, knowingly and not, for the tests of restoring and of differences."""

from datetime import timedelta
from pathlib import Path

import pytest

from clubledger.clubs.models import Club
from clubledger.delivery.decisions import after_restore
from clubledger.foundation import backups, restores
from tests.fixtures_delivery import ReadyClub

DAY_TWO = [
    ["INV-5", "invoice", "2026-11-17", "SUBS", "FULL7", "220.00", "20.00"],
    ["PAY-5", "payment", "2026-11-17", "SUBS", "CARD", "220.00", ""],
]
LATE = [["INV-6", "invoice", "2026-11-17", "SUBS", "SURCH", "11.00", "1.00"]]
WAIT = timedelta(minutes=18)


@pytest.fixture
def backup(ready: ReadyClub, tmp_path: Path) -> Path:
    """A backup that knows of the worked day, sent, and of nothing else."""
    ready.send()
    path = tmp_path / "clubledger.backup"
    backups.take(path)
    return path


def put_back(ready: ReadyClub, path: Path, *, knowingly: bool) -> None:
    """Put the backup back as the command does, or as somebody does who copies files or disks."""

    def hold_all(manifest: backups.Manifest) -> None:
        for club in Club.objects.all():
            after_restore.begin_hold(club=club, backup_taken_at=manifest.taken_at)

    restores.put_back(path, replace=True, then=hold_all if knowingly else None)


def each_once(ready: ReadyClub) -> None:
    """Every reference stands in Xero at most once, and the books there are the file's."""
    narrations = [one.narration for one in ready.in_xero() if one.status == "POSTED"]
    assert len(narrations) == len(set(narrations)), narrations


def balances(ready: ReadyClub) -> dict[str, int]:
    """What Xero has by account, in cents, without its own tax account."""
    found: dict[str, int] = {}
    for _, _, code, amount in ready.xero.simulator.journal_entries(ready.xero.tenant_id()):
        if code != "820":
            found[code] = found.get(code, 0) + amount
    return {code: amount for code, amount in found.items() if amount}


def later(ready: ReadyClub, wait: timedelta = WAIT) -> None:
    ready.xero.later(seconds=wait.total_seconds())
