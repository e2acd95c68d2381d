"""What the making of this version's database takes: its commands, and a club with the steps of its main job."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from clubledger.cli import main

FILES = Path(__file__).resolve().parent / "files"
OLIVE, TESS, GRETA, STAN = (
    "olive@banksiapark.example", "tess@banksiapark.example", "greta@banksiapark.example", "stan@vendor.example",
)  # fmt: skip
PASSWORD = "correct horse battery staple"
CLUBS = (
    ("wattle-creek", "Wattle Creek Bowling Club", "Australia/Perth", "AUD", "Wattle Creek Bowling Club Ltd"),
    ("kauri-point", "Kauri Point Golf Club", "Pacific/Auckland", "NZD", "Kauri Point Golf Club"),
    ("heatherfield", "Heatherfield Golf Club", "Europe/London", "GBP", "Heatherfield Golf Club"),
    ("ironbark", "Ironbark Social Club", "Australia/Sydney", "AUD", "Ironbark Social Club"),
    ("saltbush", "Saltbush Country Club", "Australia/Adelaide", "AUD", "Saltbush Country Club"),
    ("coolibah", "Coolibah Tennis Club", "Australia/Sydney", "AUD", "Coolibah Tennis Club"),
)
ABROAD = {"kauri-point", "heatherfield"}
LONG = {"late_seconds": 3_600}


def command(*arguments: str, given: str = "", fails: bool = False) -> dict | list | None:
    """Run a command and give what it says as JSON."""
    asked = list(map(str, arguments))
    with patch("sys.stdin", StringIO(given)), patch("sys.stdout", StringIO()) as out:
        status = main.run([*asked, "--json"] if asked[0] not in {"migrate"} else asked)
    if (status != 0) != fails:
        raise SystemExit(f"{asked} ended with {status}: {out.getvalue()}")
    text = out.getvalue().strip()
    return json.loads(text) if text.startswith(("{", "[")) else None


class Work:
    """A club and the steps of its main job."""

    def __init__(self, xero, slug: str, organisation: str) -> None:  # type: ignore[no-untyped-def]
        from clubledger.clubs.models import Club, User

        self.xero, self.slug, self.organisation = xero, slug, organisation
        self.club = Club.objects.get(slug=slug)
        self.olive, self.tess = User.objects.get(email=OLIVE), User.objects.get(email=TESS)

    def command(self, *arguments: str, actor: str = TESS, fails: bool = False):  # type: ignore[no-untyped-def]
        return command(*arguments, "--club", self.slug, "--as", actor, fails=fails)

    def authorise(self, actor: str = TESS, login: str = "admin@ledgerpartners.example") -> None:
        address = self.command("authorise", actor=actor)["address"]
        back = self.xero.simulator.authorise(address, login, self.organisation)
        named = ["--organisation", self.organisation] if self.club.xero_connection.tenant_id == "" else []
        self.command("authorise", "--callback", back, *named, actor=actor)
        self.club.refresh_from_db()

    def connect(self, mapping: str = "mapping.csv") -> None:
        self.authorise()
        self.authorise(
            OLIVE, "sam@banksiapark.example" if self.slug == "banksia-park" else "admin@ledgerpartners.example"
        )
        self.command("get-gl-codes")
        self.command("get-categories")
        self.command("map", "--csv", FILES / mapping, actor=OLIVE)

    def journal(self, day: int):  # type: ignore[no-untyped-def]
        from clubledger.ledger.models import Journal

        return Journal.objects.of(self.club).filter(accounting_date=date(2026, 11, day)).latest("sequence")

    def queue(self, *days: int) -> None:
        ids = [str(self.journal(day).pk) for day in days]
        self.command("validate", *ids)
        self.command("send", *ids, "--no-wait")

    def serve(self) -> None:
        from clubledger.delivery import serve, turns

        for club_id in turns.due_club_ids():
            if club_id == self.club.pk:
                serve.serve_club(club_id)

    def send(self, *days: int, fault: str = "", **marks: object) -> None:
        self.queue(*days)
        if fault:
            self.xero.simulator.fault(fault, method="PUT", path="ManualJournals", times=1, **marks)
        self.serve()

    def ready(self) -> SimpleNamespace:
        """What the tests' hostile world takes for a club."""
        tenant_id = self.xero.tenant_id(self.organisation)
        return SimpleNamespace(xero=self.xero, in_xero=lambda: self.xero.simulator.journals(tenant_id))
