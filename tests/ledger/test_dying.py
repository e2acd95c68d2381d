"""An import that dies half-way leaves whole transactions or nothing; run again, it completes as if nothing had been."""

import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from clubledger.foundation import clock
from clubledger.ledger import tasks
from clubledger.ledger.errors import AlreadyRunning
from clubledger.ledger.intake import imports, run, undo
from clubledger.ledger.models import Import
from tests.ledger.oracle import HEADER, SAMPLES, Books

COUNTS = [
    "rows_total", "rows_done", "transactions_new", "transactions_already_there", "transactions_amended",
    "transactions_corrected", "transactions_refused", "rows_refused",
]  # fmt: skip


def mixed_file(folder: Path) -> Path:
    """Write a file with something of everything: good, bad, corrected, reversed out of order, reversed in vain."""
    lines = [HEADER]
    for number in range(40):
        if number % 8 == 3:
            lines.append(f"R-{number},reversal,2026-07-09,,,,,,,,,I-{number + 1 if number % 16 == 3 else 'none'}")
        lines.append(f"I-{number},invoice,2026-07-0{number % 7 + 1},SUBS,FULL7,{number + 1}.00,0.10,,,,,")
        lines.append(
            f"I-{number},invoice,2026-07-0{number % 7 + 1},SUBS,LOYAL,{'x' if number % 9 == 5 else '-0.50'},,,,,,"
        )
    lines.append("R-R,reversal,2026-07-09,,,,,,,,,R-3")
    path = folder / "mixed.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def begin(books: Books, path: Path) -> Import:
    return imports.begin_import(club=books.club, actor=books.owner, path=path, file_name=path.name)


def counts(of_import: Import) -> dict[str, int]:
    return {name: getattr(of_import, name) for name in COUNTS}


class PowerCut(Exception):
    """The lights went out."""


@pytest.mark.parametrize("dies_at", range(1, 14))
def test_it_dies_in_a_batch_and_completes(books: Books, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", 8)
    path = mixed_file(books.folder)
    books.bring("I-6,invoice,2026-07-02,SUBS,FULL7,1.00", "I-7,invoice,2026-07-01,SUBS,FULL7,8.00,0.10", source="clean")
    clean = books.bring_file(path, source="clean")
    expected = books.totals()
    assert (clean.transactions_new, clean.transactions_corrected, clean.transactions_refused) == (38, 2, 6)

    books.bring("I-6,invoice,2026-07-02,SUBS,FULL7,1.00", "I-7,invoice,2026-07-01,SUBS,FULL7,8.00,0.10")
    begun = begin(books, path)
    keep, batches = run.Run._keep_progress, []

    def dying(of_run: run.Run, *arguments: object) -> None:
        batches.append(1)
        keep(of_run, *arguments)  # type: ignore[arg-type]
        if len(batches) == dies_at:
            raise PowerCut

    monkeypatch.setattr(run.Run, "_keep_progress", dying)
    try:
        imports.read_import(import_id=begun.pk)
    except PowerCut:
        assert Import.objects.of(books.club).get(pk=begun.pk).state == "failed"
        books.is_sound()
    monkeypatch.setattr(run.Run, "_keep_progress", keep)
    done = imports.read_import(import_id=begun.pk)
    assert (done.state, counts(done)) == ("done", counts(clean))
    assert [row[:2] for row in books.refusals(done)] == [row[:2] for row in books.refusals(clean)]
    doubled = {key: tuple(2 * part for part in value) for key, value in expected.items()}
    assert books.totals() == doubled
    books.is_sound()


def test_the_same_file_as_another_import_completes_what_died(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", 500)
    begun = begin(books, SAMPLES / "july.csv")
    keep, batches = run.Run._keep_progress, []

    def dying(of_run: run.Run, *arguments: object) -> None:
        batches.append(1)
        if len(batches) == 5:
            raise PowerCut
        keep(of_run, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(run.Run, "_keep_progress", dying)
    with pytest.raises(PowerCut):
        imports.read_import(import_id=begun.pk)
    monkeypatch.setattr(run.Run, "_keep_progress", keep)
    done = books.bring_file(SAMPLES / "july.csv")
    assert done.transactions_new + done.transactions_already_there == 3675
    assert done.transactions_already_there > 1000
    books.is_sound()


def test_what_one_reads_another_leaves_alone_until_it_is_dead(books: Books) -> None:
    begun = begin(books, SAMPLES / "july.csv")
    Import.objects.of(books.club).filter(pk=begun.pk).update(
        state="running", started_at=clock.now(), seen_at=clock.now()
    )
    with pytest.raises(AlreadyRunning):
        imports.read_import(import_id=begun.pk)
    assert imports.unfinished() == []
    long_ago = clock.now() - imports.STALE_AFTER - timedelta(seconds=1)
    Import.objects.of(books.club).filter(pk=begun.pk).update(seen_at=long_ago)
    assert imports.unfinished() == [begun.pk]
    assert imports.read_import(import_id=begun.pk).state == "done"
    assert imports.read_import(import_id=begun.pk).transactions_new == 3675, "finished: left alone"


def test_a_reader_that_was_taken_over_writes_nothing_more(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH_ROWS", 500)
    begun = begin(books, SAMPLES / "july.csv")
    keep, batches = run.Run._keep_progress, []

    def overtaken(of_run: run.Run, *arguments: object) -> None:
        batches.append(1)
        if len(batches) == 3:
            Import.objects.of(books.club).filter(pk=begun.pk).update(started_at=clock.now() + timedelta(seconds=1))
        keep(of_run, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(run.Run, "_keep_progress", overtaken)
    with pytest.raises(AlreadyRunning):
        imports.read_import(import_id=begun.pk)
    assert sum(journal.transaction_count for journal in books.journals()) < 1000
    books.is_sound()


def test_rows_given_by_name_whose_reader_was_killed_do_not_wait_for_ever(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their rows stand in no file that another reader could take up: the import ends as failed, and can be undone."""
    monkeypatch.setattr(run, "BATCH_ROWS", 2)
    line = {"kind": "invoice", "accounting_date": "2026-07-02", "account_type": "SUBS", "item": "FULL7"}
    rows = [{"source_id": f"I-{number}", "amount": "1.00", **line} for number in range(6)]
    keep, batches = run.Run._keep_progress, []

    def killed(of_run: run.Run, *arguments: object) -> None:
        batches.append(1)
        keep(of_run, *arguments)  # type: ignore[arg-type]
        if len(batches) == 2:
            raise KeyboardInterrupt

    time = clock.SettableClock(clock.now())
    with clock.use(time):
        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(run.Run, "_keep_progress", killed)
            imports.import_rows(club=books.club, actor=books.owner, rows=rows, source="pos")
        tasks.sweep()
        assert Import.objects.of(books.club).get().state == "running", "its reader may still be at it"
        time.advance(imports.STALE_AFTER.total_seconds() + 1)
        tasks.sweep()
    failed = Import.objects.of(books.club).get()
    assert (failed.state, failed.transactions_new) == ("failed", 2)
    assert failed.finished_at is not None
    assert undo.undo_import(club=books.club, actor=books.owner, of_import=failed, reason="Again.") == 2
    done = imports.import_rows(club=books.club, actor=books.owner, rows=rows, source="pos")
    assert (done.state, done.transactions_new) == ("done", 6)
    books.is_sound()


PROGRAM = """
import os, sys
import django
django.setup()
from pathlib import Path
from django.core.management import call_command
from clubledger.clubs.models import Club, Membership, User
from clubledger.ledger.intake import imports, run
from clubledger.ledger.models import Import, Journal
run.BATCH_ROWS = 400
sample, dies_at = Path(sys.argv[1]), int(sys.argv[2])
if dies_at:
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("a@club.example", "x", name="A")
    club = Club.objects.create(name="C", slug="c")
    Membership.objects.create(user=user, club=club, role="owner")
    begun = imports.begin_import(club=club, actor=user, path=sample, file_name="july.csv")
    keep, batches = run.Run._keep_progress, []
    def dying(of_run, *arguments):
        batches.append(1)
        keep(of_run, *arguments)
        if len(batches) == dies_at:
            os._exit(9)
    run.Run._keep_progress = dying
    imports.read_import(import_id=begun.pk)
club = Club.objects.get()
begun = Import.objects.of(club).get()
print(begun.state, begun.rows_done)
done = imports.read_import(import_id=begun.pk, take_over=True)
print(done.state, done.transactions_new, done.transactions_already_there, done.rows_done)
print(sum(journal.debit_minor for journal in Journal.objects.of(club)))
"""


@pytest.mark.processes
@pytest.mark.sqlite
def test_a_killed_process_leaves_whole_batches_and_the_next_one_completes(tmp_path: Path) -> None:
    def read(dies_at: int) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'club.db'}",
            "CLUBLEDGER_VAR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(SAMPLES / "july.csv"), str(dies_at)],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    assert read(dies_at=7).returncode == 9
    again = read(dies_at=0)
    assert again.returncode == 0, again.stderr
    before, done, debits = again.stdout.splitlines()
    assert before.startswith("running ")
    assert 0 < int(before.split()[1]) < 6074
    assert done == "done 3675 0 6074"
    assert int(debits) > 0
