"""One run's world: a simulator, one clock, a few clubs with what really happened there, and their people."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from clubledger.bookkeeping.facts import ItemKind
from clubledger.clubs.models import Club, Membership, Role, User
from clubledger.delivery import preflight
from clubledger.ledger.intake import imports
from clubledger.ledger.models import FinancialItem, GLCode
from tests.chaos.truth import ACCOUNT_TYPES, CHARGES, METHODS, PRIZE_CHARGE, Truth
from tests.fixtures_clubs import make_club, make_user
from tests.fixtures_xero import SAM, TESS, XeroWorld, make_app
from xero_simulator.app import Simulator
from xero_simulator.clock import Clock

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
XERO_USERS = [TESS, SAM]


@dataclass
class ChaosClub:
    """A club, its organisation, its truth, and who may send for it."""

    club: Club
    organisation: str
    tenant_id: str
    truth: Truth
    owner: User
    senders: list[tuple[User, str]]


@dataclass
class World:
    """Everything a run plays with. `hits` counts faults, crash points, events and states for the histogram.

    `leaning` names what happens more often in this world than in others (`events.LEANINGS`).
    """

    random: Random
    xero: XeroWorld
    clubs: list[ChaosClub] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    backups: list[Any] = field(default_factory=list)
    leaning: str = ""
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="chaos-")))

    @property
    def simulator(self) -> Simulator:
        return self.xero.simulator

    def hit(self, what: str) -> None:
        self.hits[what] += 1

    def any_club(self) -> ChaosClub:
        return self.random.choice(self.clubs)

    def any_sender(self, at: ChaosClub) -> User:
        return self.random.choice(at.senders)[0]

    def act_in_xero(self, at: ChaosClub, journal_id: str, what: dict[str, Any]) -> None:
        """Change a journal as a person would in Xero, by another app than ours. Xero may refuse it."""
        given = self.xero.kit(
            "POST", "connect", {"user": TESS, "app": "clubledger-bulk", "organisations": at.organisation}
        )
        self.xero.call(
            f"/api.xro/2.0/ManualJournals/{journal_id}",
            {"ManualJournals": [{"ManualJournalID": journal_id, **what}]},
            {"Authorization": f"Bearer {given['access_token']}", "Xero-Tenant-Id": at.tenant_id},
        )

    def bring_in(self, at: ChaosClub) -> None:
        """Import all that the source system knows."""
        path = self.folder / f"{at.club.slug}.csv"
        at.truth.export(path)
        made = imports.begin_import(club=at.club, actor=at.owner, path=path, file_name=path.name)
        imports.read_import(import_id=made.pk)


def scenario_of(random: Random, clubs: int) -> dict[str, Any]:
    """Return a scenario: some organisations, keys remembered for a while, a day or not at all, limits or none."""
    members = {TESS: {"role": "ADVISER"}, SAM: {"role": "STANDARD", "reports": True}}
    names = [{"name": f"Club {number}", "seed": "au_club", "members": members} for number in range(clubs)]
    settings = {"idempotency_seconds": random.choice([0, 360, 86_400]), "limits": random.random() < 0.5}
    return {"extends": "default", "organisations": names, "settings": settings}


def make_simulator(random: Random, clubs: int) -> Simulator:
    scenario = scenario_of(random, clubs)
    return Simulator(clock=Clock(START), seed=random.randrange(2**31), scenario_source=scenario)


def make_clubs(world: World, count: int) -> None:
    """Make clubs that have mapped everything and whose people have authorised Xero."""
    make_app()
    people = [(make_user(f"sender{n}@chaos.example", f"Sender {n}"), login) for n, login in enumerate(XERO_USERS)]
    owner = make_user("owner@chaos.example", "Owner")
    for number in range(count):
        name = f"Club {number}"
        club = make_club(f"club-{number}", name)
        Membership.objects.create(club=club, user=owner, role=Role.OWNER)
        for user, _ in people:
            Membership.objects.create(club=club, user=user, role=Role.ACCOUNTS)
        for user, login in [*people, (owner, TESS)]:
            world.xero.authorise(club, user, login=login, organisation=name)
        at = ChaosClub(club, name, world.xero.tenant_id(name), Truth(world.random), owner, people)
        preflight.get_gl_codes(club=club, actor=owner)
        _map(club)
        world.clubs.append(at)
    # The app that clubs may be moved to; while there is one only, a new club takes it by itself.
    make_app("clubledger-v2")


def _map(club: Club) -> None:
    codes = {gl_code.code: gl_code for gl_code in GLCode.objects.of(club)}
    for kind, items in (
        (ItemKind.ACCOUNT_TYPE, ACCOUNT_TYPES),
        (ItemKind.PAYMENT_METHOD, METHODS),
        (ItemKind.CHARGE, CHARGES),
        (ItemKind.CHARGE, PRIZE_CHARGE),
    ):
        for code, gl_code in items.items():
            tax = {"tax_type": "OUTPUT", "untaxed_tax_type": "EXEMPTOUTPUT"} if code in CHARGES else {}
            tax = {"tax_type": "BASEXCLUDED"} if code in PRIZE_CHARGE else tax
            FinancialItem.objects.of(club).create(club=club, kind=kind, code=code, gl_code=codes[gl_code], **tax)
