"""A club that could press Send: connected, chart retrieved, everything mapped, transactions brought in."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from clubledger.bookkeeping.facts import ItemKind
from clubledger.clubs.models import Club, User
from clubledger.delivery import preflight, serve
from clubledger.delivery.models import Delivery, SendRun
from clubledger.delivery.sending import queue, turns
from clubledger.ledger.intake import imports
from clubledger.ledger.models import FinancialItem, GLCode, Import, Journal
from tests.fixtures_xero import ConnectedClub, XeroWorld

HEADER = ["source_id", "kind", "accounting_date", "account_type", "item", "amount", "tax_amount", "document_date"]
WORKED_DAY = [
    ["INV-1", "invoice", "2026-11-16", "SUBS", "FULL7", "1100.00", "100.00"],
    ["INV-2", "invoice", "2026-11-16", "SUBS", "SURCH", "11.00", "1.00"],
    ["PAY-1", "payment", "2026-11-16", "SUBS", "CARD", "1111.00", ""],
    ["PRZ-1", "prize", "2026-11-16", "PRIZE", "PRIZES", "50.00", ""],
    ["POS-1", "pos_sale", "2026-11-16", "HOUSE", "POSCLR", "22.00", ""],
]
"""The worked day of the accounting notes, on a Monday before the tests' clock."""

MAPPING = {
    (ItemKind.ACCOUNT_TYPE, "SUBS"): ("611", "", ""),
    (ItemKind.ACCOUNT_TYPE, "HOUSE"): ("811", "", ""),
    (ItemKind.ACCOUNT_TYPE, "PRIZE"): ("812", "", ""),
    (ItemKind.CHARGE, "FULL7"): ("200", "OUTPUT", "EXEMPTOUTPUT"),
    (ItemKind.CHARGE, "SURCH"): ("260", "OUTPUT", "EXEMPTOUTPUT"),
    (ItemKind.CHARGE, "PRIZES"): ("450", "BASEXCLUDED", ""),
    (ItemKind.CHARGE, "POSCLR"): ("616", "BASEXCLUDED", ""),
    (ItemKind.PAYMENT_METHOD, "CARD"): ("615", "", ""),
}


@dataclass
class ReadyClub:
    """A club, its people, and the steps of the main job as functions."""

    club: Club
    owner: User
    treasurer: User
    xero: XeroWorld
    folder: Path

    def bring_in(self, rows: Iterable[Sequence[str]]) -> Import:
        """Import rows of the neutral file."""
        path = self.folder / "transactions.csv"
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            writer.writerows([*row, *[""] * (len(HEADER) - len(row))] for row in rows)
        made = imports.begin_import(club=self.club, actor=self.treasurer, path=path, file_name=path.name)
        return imports.read_import(import_id=made.pk)

    def journals(self) -> list[Journal]:
        """All journals as they stand now."""
        return list(Journal.objects.of(self.club).order_by("accounting_date", "sequence"))

    def journal(self) -> Journal:
        """The one journal there is."""
        [journal] = self.journals()
        return journal

    def validate(self, actor: User | None = None) -> preflight.Validation:
        """Validate everything."""
        ids = [journal.pk for journal in self.journals()]
        return preflight.validate(club=self.club, actor=actor or self.treasurer, journal_ids=ids)

    def press_send(self, actor: User | None = None) -> SendRun:
        """Validate everything and press Send to GL for what is valid."""
        valid = self.validate(actor).valid_ids
        return queue.send_to_gl(club=self.club, actor=actor or self.treasurer, journal_ids=valid)

    def serve(self) -> None:
        """Let a worker do what is due."""
        for club_id in turns.due_club_ids():
            serve.serve_club(club_id)

    def send(self) -> SendRun:
        """Validate, press Send to GL, and let a worker do it."""
        run = self.press_send()
        self.serve()
        return run

    def delivery(self) -> Delivery:
        """The newest delivery."""
        return Delivery.objects.of(self.club).latest("pk")

    def in_xero(self) -> list:  # type: ignore[type-arg]
        """What stands in the organisation's books."""
        return self.xero.simulator.journals(self.xero.tenant_id())


def map_items(club: Club) -> None:
    """Map the worked day's items to the simulator's golf club chart."""
    codes = {gl_code.code: gl_code for gl_code in GLCode.objects.of(club)}
    for (kind, code), (gl_code, tax_type, untaxed) in MAPPING.items():
        FinancialItem.objects.of(club).update_or_create(
            club=club,
            kind=kind,
            code=code,
            defaults={"gl_code": codes[gl_code], "tax_type": tax_type, "untaxed_tax_type": untaxed},
        )


def make_ready(connected: ConnectedClub, folder: Path) -> ReadyClub:
    """Set up the chart and the mapping of a connected club."""
    preflight.get_gl_codes(club=connected.club, actor=connected.owner)
    map_items(connected.club)
    return ReadyClub(connected.club, connected.owner, connected.treasurer, connected.xero, folder)


@pytest.fixture
def ready(connected: ConnectedClub, tmp_path: Path) -> ReadyClub:
    """A club that could press Send, with the worked day brought in."""
    club = make_ready(connected, tmp_path)
    club.bring_in(WORKED_DAY)
    return club
