"""Makes the clubs of test_changeover_mishaps.py: each on the old app, with a journal in the queue when it is moved.

Run as a program, with the settings of an installation whose simulator runs and whose worker does not yet, so that
nothing is sent meanwhile. It says how each club was left.
"""

import json
import os
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import django

STAFF, TESS, SAM = "stan@vendor.example", "tess@banksiapark.example", "sam@banksiapark.example"
HEADER = "source_id,kind,accounting_date,account_type,item,amount\n"


@dataclass(frozen=True)
class Plan:
    """How a club is to be left: who sends there, to which app it moves, and what has happened already."""

    slug: str
    name: str
    has_sam: bool = False
    to_app: str = "clubledger-v3"
    is_switched: bool = True
    has_bar_till: bool = False
    is_cut_off: bool = False

    @property
    def organisation(self) -> str:
        return f"{self.name} Inc"


PLANS = (
    Plan("two-senders", "Two Senders Golf Club", has_sam=True),
    Plan("wrong-door", "Wrong Door Bowls Club"),
    Plan("second-thoughts", "Second Thoughts Club"),
    Plan("error-page", "Error Page Golf Club", to_app="clubledger-v4"),
    Plan("third-app", "Third App Tennis Club", to_app="clubledger-starter", has_bar_till=True),
    Plan("early-bird", "Early Bird Golf Club", is_switched=False, is_cut_off=True),
    Plan("never-left", "Never Left Croquet Club"),
    Plan("there-and-back", "There and Back Club", has_sam=True),
)


def kit(path: str, body: dict[str, Any]) -> Any:
    """Use the simulator's fault kit."""
    address = f"http://localhost:{os.environ['SIMULATOR_PORT']}/_sim/{path}"
    asked = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.loads(answer.read())


def make(folder: Path, password: str, base_url: str) -> None:
    """Make people, apps and clubs."""
    from django.contrib.auth.hashers import make_password

    from clubledger.clubs.models import User
    from clubledger.xero.models import XeroApp

    hashed = make_password(password)
    people = {
        email: User.objects.create(email=email, password=hashed, name=name, is_staff=email == STAFF)
        for email, name in ((STAFF, "Stan Staff"), (TESS, "Tess Okafor"), (SAM, "Sam Lindqvist"))
    }
    kit("apps/clubledger-v2", {"connection_limit": 100})
    apps = {}
    for client_id in ("clubledger-v2", "clubledger-v3", "clubledger-v4", "clubledger-starter"):
        if client_id != "clubledger-v4":
            kit(f"apps/{client_id}", {"redirect_uris": [f"{base_url}/xero/callback"]})
        apps[client_id] = XeroApp.objects.create(
            client_id=client_id,
            client_secret=f"{client_id}-secret",
            name="Clubledger",
            version=client_id.rpartition("-")[2].capitalize(),
            redirect_uri=f"{base_url}/xero/callback",
            scopes="openid profile email offline_access accounting.manualjournals accounting.settings.read",
            is_certified=client_id in {"clubledger-v3", "clubledger-v4"},
        )
    for planned in PLANS:
        make_club(planned, people, apps, folder)


def make_club(planned: Plan, people: dict[str, Any], apps: dict[str, Any], folder: Path) -> None:
    """Make one club and leave it as planned."""
    from clubledger.changeover.move import switch
    from clubledger.changeover.waves import plan
    from clubledger.clubs.people import create_club, set_role
    from clubledger.delivery import preflight, serve
    from clubledger.delivery.sending import queue
    from clubledger.ledger.intake import imports
    from clubledger.ledger.models import FinancialItem, GLCode, Journal
    from clubledger.xero.models import Connection

    tess = people[TESS]
    members = dict.fromkeys((TESS, SAM), "ADVISER")
    kit("organisations", {"name": planned.organisation, "seed": "au_club", "members": members})
    club = create_club(name=planned.name, slug=planned.slug, owner=tess)
    Connection.objects.of(club).create(club=club, app=apps["clubledger-v2"])
    authorise(club, tess, planned.organisation)
    if planned.has_sam:
        set_role(club=club, actor=tess, user=people[SAM], role="accounts")
        authorise(club, people[SAM], planned.organisation)
    if planned.has_bar_till:
        kit("connect", {"user": SAM, "app": "bar-till", "organisations": [planned.organisation]})
    preflight.get_gl_codes(club=club, actor=tess)
    codes = {code.code: code for code in GLCode.objects.of(club)}
    FinancialItem.objects.of(club).create(club=club, kind="account_type", code="SUBS", gl_code=codes["611"])
    FinancialItem.objects.of(club).create(
        club=club, kind="charge", code="FULL7", gl_code=codes["210"], tax_type="OUTPUT",
        untaxed_tax_type="EXEMPTOUTPUT",
    )  # fmt: skip
    file = folder / f"{planned.slug}.csv"
    file.write_text(f"{HEADER}INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00\n", encoding="utf-8")
    imports.read_import(
        import_id=imports.begin_import(club=club, actor=tess, path=file, file_name=file.name).pk,
    )
    journal = Journal.objects.of(club).get()
    preflight.validate(club=club, actor=tess, journal_ids=[journal.pk])
    queue.send_to_gl(club=club, actor=tess, journal_ids=[journal.pk])
    if planned.is_cut_off:
        kit("disconnect", {"app": "clubledger-v2", "organisation": planned.organisation})
        serve.serve_club(club.pk)
    row = plan.plan(club=club, actor=people[STAFF], to_app=apps[planned.to_app])
    if planned.is_switched:
        switch.switch(club=club, actor=people[STAFF], changeover_id=row.pk)
    journal.refresh_from_db()
    print(f"{planned.slug}: journal {journal.state}, waits for {journal.wait_reason or 'nothing'}")


def authorise(club: Any, person: Any, organisation: str) -> None:
    """Go through Xero's consent and confirm the organisation."""
    from clubledger.xero.connection import consent

    address = consent.begin_authorisation(club=club, actor=person, base_url=os.environ["CLUBLEDGER_BASE_URL"])
    back = kit("authorise", {"address": address, "user": person.email, "organisations": [organisation]})["location"]
    outcome = consent.finish_authorisation(actor=person, params=dict(parse_qsl(urlsplit(back).query)))
    if outcome.kind == "connected":
        return
    assert outcome.request_id is not None, outcome
    consent.confirm_organisation(
        club=club, actor=person, request_id=outcome.request_id, tenant_id=outcome.choices[0].tenant_id
    )


def path_of(organisation: str) -> str:
    """Return the kit's path of an organisation's journals."""
    return f"organisations/{quote(organisation)}/journals"


if __name__ == "__main__":
    django.setup()
    make(Path(os.environ["CLUBLEDGER_VAR"]), os.environ["CLUBLEDGER_PASSWORD"], os.environ["CLUBLEDGER_BASE_URL"])
