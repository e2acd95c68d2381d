"""A database of each past version comes to this one with nothing lost, and what was brought in then is known still."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Sum
from django.test import Client

from clubledger.cli import main
from clubledger.clubs.models import Club, User
from clubledger.foundation import wake
from clubledger.ledger.models import Import, Journal, JournalLine, JournalTotal, RefusedRow, SourceLine
from clubledger.xero.models import TokenSet, XeroApp
from tests.upgrade import kept

WHY = "an upgrade is looked at across clubs"


@dataclass(frozen=True)
class Past:
    """A version's database, brought to this version, and what it was made with."""

    folder: Path
    facts: dict[str, Any]


@pytest.fixture(scope="module", params=kept.versions())
def past(request, django_db_blocker, tmp_path_factory) -> Iterator[Past]:
    """The database of a version, migrated; for these tests it is the database."""
    folder = kept.HERE / request.param
    with django_db_blocker.unblock(), _another_database(tmp_path_factory.mktemp("past")) as connection:
        kept.load(folder / f"{connection.vendor}.sql.gz")
        call_command("migrate", verbosity=0)
        level = logging.getLogger().level
        yield Past(folder, json.loads((folder / "facts.json").read_text(encoding="utf-8")))
        # Commands that are run in process change the program they run in.
        wake.use_engine(None)
        logging.getLogger().setLevel(level)


class _another_database:  # noqa: N801 - used as a word of the sentence
    """An empty database of its own in place of the one that the other tests use, for this thread."""

    def __init__(self, folder: Path) -> None:
        self.usual, self.folder = connections["default"], folder

    def __enter__(self) -> BaseDatabaseWrapper:
        self.name = str(self.folder / "past.db")
        if self.usual.vendor == "postgresql":
            self.name = f"test_past_{os.getpid()}"
            self._on_the_server(f"DROP DATABASE IF EXISTS {self.name}", f"CREATE DATABASE {self.name}")
        made = connections.create_connection("default")
        made.settings_dict = self.usual.settings_dict | {"NAME": self.name}
        self._change_to(made)
        return made

    def __exit__(self, *_error: object) -> None:
        self._change_to(self.usual)
        if self.usual.vendor == "postgresql":
            self._on_the_server(f"DROP DATABASE {self.name}")

    def _change_to(self, chosen: BaseDatabaseWrapper) -> None:
        present = connections["default"]
        present.close()
        if present.vendor == "postgresql":
            present.close_pool()  # type: ignore[attr-defined]
        connections["default"] = chosen

    def _on_the_server(self, *statements: str) -> None:
        with self.usual._nodb_cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def test_every_migration_applies(past: Past) -> None:
    executor = MigrationExecutor(connections["default"])
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_no_row_is_lost(past: Past) -> None:
    counts = {model._meta.db_table: model._base_manager.count() for model in apps.get_models()}
    assert {table: counts.get(table) for table in past.facts["counts"]} == past.facts["counts"]


def test_every_cent_and_every_state_is_as_it_was(past: Past) -> None:
    journals = Journal.objects.across_clubs(WHY)
    rows = {
        "journals": journals.aggregate(sum=Sum("debit_minor")),
        "lines": JournalLine.objects.filter(amount_minor__gt=0).aggregate(sum=Sum("amount_minor")),
        "totals": JournalTotal.objects.aggregate(sum=Sum("amount_minor")),
        "rows": SourceLine.objects.aggregate(sum=Sum("amount_minor")),
    }
    assert {name: row["sum"] for name, row in rows.items()} == past.facts["sums"]
    states = journals.values_list("state").annotate(n=Count("pk"))
    assert dict(states) == past.facts["states"]
    waits = journals.exclude(wait_reason="").values_list("wait_reason").annotate(n=Count("pk"))
    assert dict(waits) == past.facts["waits"]
    assert sorted({row["code"] for journal in journals for row in journal.findings}) == past.facts["findings"]


def test_every_secret_decrypts(past: Past) -> None:
    tokens = TokenSet.objects.all()
    assert len(tokens) == past.facts["counts"]["xero_tokenset"]
    assert all(row.access_token.startswith("eyJ") and row.refresh_token for row in tokens)
    assert [row.client_secret for row in XeroApp.objects.order_by("pk")] == past.facts["client_secrets"]
    steps = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    assert [TOTP(row).validate_code("000000") for row in steps] == [False]


def test_the_audit_trail_holds(past: Past, capsys) -> None:
    assert main.run(["audit", "verify", "--json"]) == 0
    trails = json.loads(capsys.readouterr().out)
    assert len(trails) == past.facts["counts"]["clubs_auditchain"]
    assert all(trail["holds"] for trail in trails)


PAGES = (
    "gl/runs/", "configuration/audit-trail/", "configuration/users/", "configuration/charges/", "balances/",
    "configuration/chart-of-accounts/gl-codes/", "configuration/integration/general-ledger/", "gst-check/",
)  # fmt: skip


def _pages(past: Past) -> Iterator[str]:
    """A journal of each kind, the imports, and each club's list; of one club what else there is."""
    kinds = set()
    for club in Club.objects.filter(is_active=True).order_by("pk"):
        yield f"/c/{club.slug}/gl/?unsent=1"
        for journal in Journal.objects.of(club).order_by("pk"):
            kind = (journal.state, journal.wait_reason, *sorted({row["code"] for row in journal.findings}))
            if kind not in kinds:
                kinds.add(kind)
                yield f"/c/{club.slug}/gl/journals/{journal.pk}/"
        if club.slug in past.facts["again"]:
            yield f"/c/{club.slug}/import/{Import.objects.of(club).earliest('pk').pk}/"
    yield from (f"/c/{next(iter(past.facts['again']))}/{page}" for page in PAGES)


@pytest.mark.parametrize("language", ["en-au", "de"])
def test_a_journal_of_each_kind_and_the_other_pages_open(past: Past, language: str) -> None:
    owner = User.objects.get(email=past.facts["as"])
    User.objects.filter(pk=owner.pk).update(language=language)
    browser = Client()
    browser.force_login(owner)
    answers = {address: browser.get(address).status_code for address in _pages(past)}
    assert {address: status for address, status in answers.items() if status != 200} == {}
    assert len(answers) > len(past.facts["states"]) + len(past.facts["waits"]) + len(PAGES)


def test_every_reason_of_a_refused_row_is_still_told(past: Past) -> None:
    reasons = RefusedRow.objects.across_clubs(WHY).values_list("reason", flat=True)
    assert len({str(reason) for reason in reasons}) == past.facts["reasons"]


def test_the_files_of_that_time_bring_nothing_new_and_correct_nothing(past: Past, capsys) -> None:
    for club, files in past.facts["again"].items():
        for name in files:
            file = str(past.folder / "files" / name)
            assert main.run(["import", file, "--club", club, "--as", past.facts["as"], "--json"]) == 0
            counts = json.loads(capsys.readouterr().out)
            assert counts["already_there"] > 0
            changed = {key: counts[key] for key in ("new", "corrected", "amended", "refused")}
            assert changed == dict.fromkeys(changed, 0), (club, name)
