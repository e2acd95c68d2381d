"""Backups put back, knowingly and not: what was sent since is found in Xero, a person confirms the rest."""

import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.decisions import after_restore
from clubledger.delivery.errors import CannotDecide
from clubledger.delivery.models import RestoreHold, Sighting
from clubledger.foundation import backups, clock, restores
from clubledger.ledger.models import JournalState
from tests.delivery.restore import DAY_TWO, balances, each_once, later, put_back
from tests.delivery.restore import backup as backup
from tests.fixtures_delivery import WORKED_DAY, ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)


# --- Knowingly --------------------------------------------------------------------------------------------------------


def test_after_a_restore_nothing_goes_out_until_a_person_has_confirmed(ready: ReadyClub, backup: Path) -> None:
    ready.bring_in(DAY_TWO)
    put_back(ready, backup, knowingly=True)
    ready.bring_in(WORKED_DAY + DAY_TWO)
    ready.send()
    later(ready)
    ready.serve()
    first, second = ready.journals()
    assert (first.state, second.state, second.wait_reason) == ("sent", "queued", "check")
    assert len(ready.in_xero()) == 1
    after_restore.confirm(club=ready.club, actor=ready.owner, reason="Nothing was keyed in by hand.")
    ready.serve()
    assert ready.journals()[1].state == JournalState.SENT
    each_once(ready)
    events = AuditEvent.objects.of(ready.club).filter(action__startswith="backup.").order_by("position")
    assert [(event.action, event.user) for event in events] == [
        ("backup.restored", None),
        ("backup.confirmed", ready.owner),
    ]


def test_even_confirmed_it_waits_for_what_the_machine_before_had_under_way(ready: ReadyClub, backup: Path) -> None:
    put_back(ready, backup, knowingly=True)
    ready.bring_in(DAY_TWO)
    ready.press_send()
    after_restore.confirm(club=ready.club, actor=ready.owner)
    ready.serve()
    assert ready.journals()[1].state == JournalState.QUEUED
    assert len(ready.in_xero()) == 1
    later(ready)
    ready.serve()
    assert ready.journals()[1].state == JournalState.SENT


def test_what_was_recorded_by_hand_since_is_recorded_again_and_never_sent(ready: ReadyClub, backup: Path) -> None:
    put_back(ready, backup, knowingly=True)
    with pytest.raises(CannotDecide, match="17/11/2026"):
        after_restore.confirm(club=ready.club, actor=ready.owner, recorded_on=[date(2026, 11, 17)])
    ready.bring_in(DAY_TWO)
    standing = after_restore.open_confirmation(club=ready.club)
    assert standing is not None
    assert standing.unsent_days == [date(2026, 11, 17)]
    count = after_restore.confirm(
        club=ready.club, actor=ready.owner, recorded_on=[date(2026, 11, 17)], reason="Keyed in."
    )
    assert count == 1
    assert ready.journals()[1].state == JournalState.RECORDED
    assert after_restore.open_confirmation(club=ready.club) is None
    with pytest.raises(CannotDecide):
        after_restore.confirm(club=ready.club, actor=ready.owner)


def test_only_who_may_undo_can_confirm(ready: ReadyClub, backup: Path) -> None:
    put_back(ready, backup, knowingly=True)
    with pytest.raises(NotAllowed):
        after_restore.confirm(club=ready.club, actor=ready.treasurer)
    assert after_restore.open_hold(club=ready.club) is not None


def test_a_second_restore_renews_the_hold_and_keeps_the_older_time(ready: ReadyClub, backup: Path) -> None:
    put_back(ready, backup, knowingly=True)
    earlier = clock.now() - timedelta(days=9)
    after_restore.begin_hold(club=ready.club, backup_taken_at=earlier)
    [hold] = RestoreHold.objects.of(ready.club)
    assert hold.backup_taken_at == earlier


# --- What was sent since ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knowingly", [True, False])
def test_journals_sent_after_the_backup_are_adopted_and_never_sent_again(
    ready: ReadyClub, backup: Path, knowingly: bool
) -> None:
    ready.bring_in(DAY_TWO)
    ready.send()
    assert len(ready.in_xero()) == 2
    before = balances(ready)
    later(ready, timedelta(hours=3))
    put_back(ready, backup, knowingly=knowingly)
    assert [journal.state for journal in ready.journals()] == ["sent"]
    ready.bring_in(WORKED_DAY + DAY_TWO)
    ready.send()
    if knowingly:
        after_restore.confirm(club=ready.club, actor=ready.owner)
    later(ready)
    ready.serve()
    adopted = ready.journals()[1]
    assert (adopted.state, adopted.number) == (JournalState.SENT, "J-000002")
    assert len(ready.in_xero()) == 2
    assert balances(ready) == before
    assert len(ready.xero.simulator.requests("PUT", "ManualJournals")) == 2


@pytest.mark.parametrize("knowingly", [True, False])
def test_what_is_seen_before_the_transactions_are_back_is_shown_and_then_adopted(
    ready: ReadyClub, backup: Path, knowingly: bool
) -> None:
    ready.bring_in(DAY_TWO)
    ready.send()
    later(ready, timedelta(hours=3))
    put_back(ready, backup, knowingly=knowingly)
    # Another day's journal makes Clubledger read Xero before the sent day is known here again.
    ready.bring_in([["PAY-8", "payment", "2026-11-18", "SUBS", "CARD", "8.00", ""]])
    ready.send()
    [seen] = Sighting.objects.of(ready.club).filter(kind="unknown", settled_at=None)
    assert seen.reference.endswith("-20261117-1")
    if knowingly:
        assert after_restore.open_confirmation(club=ready.club).found_in_xero == [seen.reference]
        after_restore.confirm(club=ready.club, actor=ready.owner)
    ready.bring_in(DAY_TWO)
    later(ready)
    ready.send()
    assert {journal.state for journal in ready.journals()} == {JournalState.SENT}
    assert len(ready.in_xero()) == 3
    each_once(ready)
    assert not Sighting.objects.of(ready.club).filter(settled_at=None).exists()


def test_a_journal_that_was_queued_in_the_backup_and_sent_after_it_is_adopted(ready: ReadyClub, tmp_path: Path) -> None:
    ready.press_send()
    path = tmp_path / "queued.backup"
    backups.take(path)
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    later(ready, timedelta(hours=1))
    put_back(ready, path, knowingly=False)
    assert ready.journal().state == JournalState.QUEUED
    ready.serve()
    assert ready.journal().state == JournalState.SENT
    assert len(ready.in_xero()) == 1


# --- The file ---------------------------------------------------------------------------------------------------------


def test_a_backup_of_another_kind_of_database_is_refused(ready: ReadyClub, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.backup"
    kind = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    _with_manifest(backup, other, database=kind)
    with pytest.raises(backups.OtherDatabase, match=kind):
        restores.put_back(other, replace=True)
    newer = tmp_path / "newer.backup"
    _with_manifest(backup, newer, migrations=[["clubs", "9999_the_future"]])
    with pytest.raises(backups.NewerBackup, match="9999"):
        restores.put_back(newer, replace=True)
    broken = tmp_path / "broken.backup"
    broken.write_bytes(backup.read_bytes()[:2000])
    with pytest.raises(backups.NotABackup):
        restores.put_back(broken, replace=True)
    with pytest.raises(backups.DatabaseInUse):
        restores.put_back(backup)
    assert len(ready.journals()) == 1


def test_a_restore_that_fails_half_way_leaves_everything_as_it_was(ready: ReadyClub, backup: Path) -> None:
    ready.bring_in(DAY_TWO)

    def fail(_manifest: backups.Manifest) -> None:
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        restores.put_back(backup, replace=True, then=fail)
    assert len(ready.journals()) == 2
    restores.put_back(backup, replace=True)
    assert len(ready.journals()) == 1


def _with_manifest(source: Path, target: Path, **changes: object) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == backups.MANIFEST:
                content = json.dumps({**json.loads(content), **changes}).encode()
            new.writestr(name, content)
