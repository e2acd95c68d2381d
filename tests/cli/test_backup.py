"""A backup taken while the product runs, and put back: by commands alone, in real programs."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.cli.programs import clubledger, free_port, own_settings, wait_for

pytestmark = pytest.mark.processes

IS_POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
OWNER = "olga@club.example"
AS = ["--as", OWNER, "--club", "links"]


@contextmanager
def a_database(folder: Path) -> Iterator[str]:
    """Return the address of an empty database of the kind that the tests run on."""
    if not IS_POSTGRESQL:
        yield f"sqlite:///{folder / f'{secrets.token_hex(4)}.db'}"
        return
    server = settings.DATABASE_URL.rpartition("/")[0]
    name = f"test_backup_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    made = own_settings(tmp_path / "var", free_port(), free_port())
    with a_database(tmp_path) as url:
        made["DATABASE_URL"] = url
        clubledger(made, "migrate")
        clubledger(made, "create-user", OWNER, "--name", "Olga", "--password-stdin", given="correct horse battery 9\n")
        clubledger(made, "create-club", "links", "--name", "Links", "--owner", OWNER)
        clubledger(made, "import", str(rows(tmp_path / "first.csv", range(1, 4))), *AS)
        yield made


def rows(path: Path, days: range, per_day: int = 3) -> Path:
    with path.open("w", encoding="utf-8") as out:
        print("source_id,kind,accounting_date,account_type,item,amount", file=out)
        for day in days:
            for number in range(per_day):
                amount = f"{day + number}.{number % 100:02d}"
                print(f"P-{day}-{number},payment,2026-07-{day:02d},SUBS,CARD,{amount}", file=out)
    return path


def journals_of(environment: dict[str, str]) -> list[tuple[str, str]]:
    listed = clubledger(environment, "journals", "--from", "2026-07-01", "--up-to", "2026-07-31", *AS, "--json").stdout
    return [(one["date"], one["debit"]) for one in json.loads(listed)]


def test_what_was_backed_up_comes_back_and_nothing_is_replaced_unasked(environment, tmp_path):
    waiting = Path(environment["CLUBLEDGER_VAR"]) / "media" / "imports" / "1" / "waiting.csv"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.write_text("a file that waits to be read")
    before = journals_of(environment)
    assert len(before) == 3
    target = tmp_path / "night" / "clubledger.backup"
    told = clubledger(environment, "backup", str(target))
    assert "encryption keys are not in it" in told.stdout
    assert target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert not any(
            environment["CLUBLEDGER_ENCRYPTION_KEYS"].encode() in archive.read(n) for n in archive.namelist()
        )
    assert manifest["facts"]["clubs"][0]["slug"] == "links"
    assert len(manifest["facts"]["clubs"][0]["mark"]) == 6
    assert manifest["counts"]["ledger_journal"] == 3
    assert manifest["files"] == ["imports/1/waiting.csv"]

    clubledger(environment, "import", str(rows(tmp_path / "second.csv", range(4, 6))), *AS)
    waiting.unlink()
    refused = clubledger(environment, "restore", str(target), status=1)
    assert "--yes" in refused.stderr
    assert len(journals_of(environment)) == 5
    restored = clubledger(environment, "restore", str(target), "--yes")
    assert "Nothing is sent before" in restored.stdout
    assert journals_of(environment) == before
    assert waiting.read_text() == "a file that waits to be read"
    assert clubledger(environment, "audit", "verify").returncode == 0

    with a_database(tmp_path) as empty:
        elsewhere = environment | {"DATABASE_URL": empty, "CLUBLEDGER_VAR": str(tmp_path / "other")}
        clubledger(elsewhere, "restore", str(target))
        assert journals_of(elsewhere) == before
        again = clubledger(elsewhere, "import", str(rows(tmp_path / "third.csv", range(1, 6))), *AS, "--json").stdout
        assert json.loads(again)["already_there"] == 9
        assert len(journals_of(elsewhere)) == 5


def test_a_backup_taken_while_a_file_is_read_holds_whole_transactions(environment, tmp_path):
    big = rows(tmp_path / "big.csv", range(6, 29), per_day=1500)
    log = (tmp_path / "import.log").open("wb")
    command = [sys.executable, "-m", "clubledger", "import", str(big), *AS]
    with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as reader:
        wait_for(lambda: (count(environment) or 0) > 9 or reader.poll() is not None, "rows")
        targets = []
        while reader.poll() is None:
            targets.append(tmp_path / f"{len(targets)}.backup")
            clubledger(environment, "backup", str(targets[-1]))
        assert reader.returncode == 0, (tmp_path / "import.log").read_text()
    assert targets
    with a_database(tmp_path) as empty:
        elsewhere = environment | {"DATABASE_URL": empty, "CLUBLEDGER_VAR": str(tmp_path / "other")}
        clubledger(elsewhere, "restore", str(targets[0]))
        # The totals of its journals are those of its transactions, to the cent: no half batch came along.
        sums = query(elsewhere, "SELECT SUM(debit_minor) FROM ledger_journal")
        assert sums == query(elsewhere, "SELECT SUM(gross_minor) FROM ledger_sourcetransaction")
        assert count(elsewhere) <= 9 + 23 * 1500


def count(environment: dict[str, str]) -> int | None:
    return query(environment, "SELECT COUNT(*) FROM ledger_sourcetransaction")


def query(environment: dict[str, str], statement: str) -> int | None:
    if IS_POSTGRESQL:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            return int(connection.execute(statement).fetchone()[0])
    connection = sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"), timeout=30)
    try:
        return connection.execute(statement).fetchone()[0]
    finally:
        connection.close()


def test_a_file_that_is_no_backup_is_refused(environment, tmp_path):
    nothing = tmp_path / "nothing.backup"
    nothing.write_text("hello")
    told = clubledger(environment, "restore", str(nothing), "--yes", status=1)
    assert "is not a backup" in told.stderr
    told = clubledger(environment, "restore", str(tmp_path / "missing"), "--yes", status=1)
    assert "no file" in told.stderr
    assert len(journals_of(environment)) == 3
