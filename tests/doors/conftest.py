"""A club with one of everything, and another club with the same, for every address to be tried on."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from clubledger.changeover import staff
from clubledger.changeover.models import Changeover
from clubledger.clubs import api_keys, invitations
from clubledger.clubs.models import Club, Membership, Role, User
from clubledger.delivery.models import SendRun, Sighting
from clubledger.foundation import clock
from clubledger.ledger.models import GLCode, Import, JobCode, Journal, SourceTransaction
from clubledger.xero.models import AuthorisationRequest, XeroApp
from tests.fixtures_clubs import add_member, make_club, make_user


def _furnish(club: Club, actor: User) -> SimpleNamespace:
    imported = Import.objects.of(club).create(
        club=club, actor=actor, file_name="july.csv", state="done", finished_at=timezone.now()
    )
    return SimpleNamespace(
        invitation=invitations.invite(club=club, actor=actor, email="new@elsewhere.example", role=Role.VIEWER),
        key=api_keys.create(club=club, actor=actor, name="Reporting", may_import=False)[0],
        journal=Journal.objects.of(club).create(club=club, accounting_date="2026-11-09"),
        sent=Journal.objects.of(club).create(club=club, accounting_date="2026-11-08", state="sent"),
        differing=Journal.objects.of(club).create(club=club, accounting_date="2026-11-07", state="differs"),
        sighting=Sighting.objects.of(club).create(
            club=club, reference="R", kind="double", xero_journal_id="x", found={}, seen_at=timezone.now()
        ),
        run=SendRun.objects.of(club).create(club=club, actor=actor, created_at=timezone.now()),
        imported=imported,
        gl_code=GLCode.objects.of(club).create(club=club, code="100", name="Income", account_type="REVENUE"),
        job_code=JobCode.objects.of(club).create(club=club, code="Golf"),
        transaction=SourceTransaction.objects.of(club).create(
            club=club, source="file", source_id="INV-1", kind="invoice", accounting_date="2026-11-09",
            content_hash="0", gross_minor=100, of_import=imported,
        ),
    )  # fmt: skip


def _asked(club: Club, user: User, app: XeroApp) -> Any:
    return AuthorisationRequest.objects.of(club).create(
        club=club, user=user, app=app, state_hash=f"{user.pk}", nonce="n", created_at=timezone.now(),
        outcome="confirm", choices=[{"tenant_id": "t", "name": "Some Organisation"}],
    )  # fmt: skip


def _examples_of(
    found: SimpleNamespace, member: Membership, request: Callable[[], Any]
) -> dict[str, Callable[[], Any]]:
    """Return what fills in the addresses of a club, by the names of `tools.addresses`."""
    return {
        "run": lambda: found.run.pk,
        "sighting": lambda: found.sighting.pk,
        "journal": lambda: found.journal.pk,
        "journal_sent": lambda: found.sent.pk,
        "journal_differs": lambda: found.differing.pk,
        "journal_rejected": lambda: found.journal.pk,
        "transaction": lambda: found.transaction.pk,
        "import": lambda: found.imported.pk,
        "code": lambda: found.gl_code.pk,
        "job": lambda: found.job_code.pk,
        "membership": lambda: member.pk,
        "invitation": lambda: found.invitation.pk,
        "key": lambda: found.key.pk,
        "request": lambda: request().pk,
    }


def _changeover(world: SimpleNamespace) -> Changeover:
    found = Changeover.objects.of(world.club).first()
    now = clock.now()
    made: Changeover = found or Changeover.objects.of(world.club).create(
        club=world.club, to_app=world.app, planned_by=world.people["staff"], planned_at=now, moved_at=now
    )
    return made


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Two clubs, their people by name, and what belongs to each."""
    club = make_club()
    people: dict[str, User | None] = {str(role): add_member(club, role) for role in Role.values}
    other = make_club("wattle-creek", "Wattle Creek Bowling Club")
    people["stranger"] = add_member(other, Role.OWNER)
    people["staff"] = make_user("staff@vendor.example", "Sam Staff", is_staff=True)
    people["nobody"] = None
    owner, stranger = people["owner"], people["stranger"]
    assert owner is not None
    assert stranger is not None
    here, there = _furnish(club, owner), _furnish(other, stranger)
    app = XeroApp.objects.create(name="App", client_id="id", redirect_uri="http://localhost/xero/callback", scopes="")
    request_of = {
        who: _asked(other if who == "stranger" else club, user, app) for who, user in people.items() if user is not None
    }
    request_of["nobody"] = request_of["owner"]
    made = SimpleNamespace(
        club=club,
        people=people,
        who="owner",
        app=app,
        request_of=request_of,
        member=Membership.objects.get(club=club, role=Role.VIEWER),
        other_member=Membership.objects.get(club=other),
        **vars(here),
        **{f"other_{name.removeprefix('imported') or 'import'}": value for name, value in vars(there).items()},
    )
    made.examples = _examples_of(here, made.member, lambda: request_of[made.who]) | {
        "slug": lambda: club.slug,
        "app": lambda: app.pk,
        "changeover": lambda: _changeover(made).pk,
        "prefix": lambda: staff.create_key(actor=people["staff"], name="Desk")[0].prefix,
    }
    made.other_examples = _examples_of(there, made.other_member, lambda: request_of["stranger"])
    return made
