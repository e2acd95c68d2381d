"""A club with one of everything, and another club with the same, for every address to be tried on."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from clubledger.clubs import api_keys, invitations
from clubledger.clubs.models import Club, Membership, Role, User
from clubledger.delivery.models import SendRun, Sighting
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
    return SimpleNamespace(
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
