"""Closing a club that leaves: its connections end in Xero too, nobody opens it, and nothing is lost."""

import pytest
from django.utils import timezone

from clubledger.changeover import closure
from clubledger.changeover.errors import ChangeoverError, InFlight, NotStaff
from clubledger.cli.main import run
from clubledger.clubs import access
from clubledger.clubs.models import AuditEvent
from clubledger.delivery.models import Delivery
from clubledger.ledger.models import Journal
from clubledger.xero.connection import standing
from tests.fixtures_clubs import make_user
from tests.fixtures_xero import SAM, ConnectedClub
from tests.fixtures_xero import connected as connected

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_user("staff@vendor.example", is_staff=True)


def connected_at_xero(connected: ConnectedClub) -> int:
    return len(connected.xero.simulator.world.store.connections)


def test_it_disconnects_everybody_and_closes_the_club(connected: ConnectedClub, staff):
    connected.xero.authorise(connected.club, connected.owner, login=SAM)
    assert connected_at_xero(connected) == 2
    assert closure.close_club(club=connected.club, actor=staff, reason="The trial ended") == []
    assert connected_at_xero(connected) == 0
    with pytest.raises(access.ClubNotFound):
        access.open_club(connected.owner, connected.club.slug)
    assert "The trial ended" in AuditEvent.objects.of(connected.club).get(action="club.closed").summary
    closure.open_again(club=connected.club, actor=staff, reason="They came back")
    assert access.open_club(connected.owner, connected.club.slug)
    assert not standing.standing_of(club=connected.club, user=connected.owner).is_live


def test_it_is_for_staff_alone_and_wants_a_reason(connected: ConnectedClub, staff):
    with pytest.raises(NotStaff):
        closure.close_club(club=connected.club, actor=connected.owner, reason="x")
    with pytest.raises(ChangeoverError, match="Give the reason"):
        closure.close_club(club=connected.club, actor=staff, reason=" ")
    assert access.open_club(connected.owner, connected.club.slug)


def test_what_xero_does_not_disconnect_now_is_told_and_tried_again(connected: ConnectedClub, staff):
    connected.xero.transport.is_unreachable = True
    [left] = closure.close_club(club=connected.club, actor=staff, reason="Leaves")
    assert left.user == connected.treasurer
    connected.xero.transport.is_unreachable = False
    assert closure.close_club(club=connected.club, actor=staff, reason="Leaves") == []
    assert connected_at_xero(connected) == 0


def test_nothing_may_be_on_its_way(connected: ConnectedClub, staff):
    club, now = connected.club, timezone.now()
    journal = Journal.objects.of(club).create(club=club, accounting_date="2026-11-09", state="sending")
    Delivery.objects.of(club).create(
        club=club, journal=journal, sender=staff, reference="R", narration="-", dated_on="2026-11-09", payload=b"{}",
        payload_hash="", queued_at=now, due_at=now,
    )  # fmt: skip
    with pytest.raises(InFlight):
        closure.close_club(club=club, actor=staff, reason="x")
    assert standing.standing_of(club=club, user=connected.treasurer).is_live


def test_it_is_a_command(connected: ConnectedClub, staff, capsys):
    arguments = ["close-club", connected.club.slug, "--reason", "Leaves", "--as", staff.email]
    assert run(arguments) == 0
    assert connected_at_xero(connected) == 0
    assert run([*arguments, "--open-again"]) == 0
    assert access.open_club(connected.owner, connected.club.slug)
    assert run(["close-club", "nowhere", "--reason", "x", "--as", staff.email]) == 1
    assert "no club 'nowhere'" in capsys.readouterr().err
