"""Roles are given by those who may, and a club never loses its last Owner."""

import pytest

from clubledger.clubs import access, people
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db


def test_an_owner_gives_a_role_and_it_is_on_record_with_what_was_before() -> None:
    owner = make_user("o@club.example", name="Olive Owner")
    club = people.create_club(name="Club", slug="club", owner=owner)
    tess = make_user()
    people.set_role(club=club, actor=owner, user=tess, role=Role.VIEWER)
    people.set_role(club=club, actor=owner, user=tess, role=Role.ACCOUNTS)
    assert access.open_club(tess, "club").role == Role.ACCOUNTS
    event = AuditEvent.objects.of(club).latest("position")
    assert (event.action, event.before["role"], event.after["role"]) == ("people.role_set", "viewer", "accounts")


def test_an_administrator_manages_everybody_but_owners() -> None:
    club = make_club()
    owner, admin = add_member(club, Role.OWNER), add_member(club, Role.ADMINISTRATOR)
    viewer = add_member(club, Role.VIEWER)
    people.set_role(club=club, actor=admin, user=viewer, role=Role.ACCOUNTS)
    for user, role in ((viewer, Role.OWNER), (owner, Role.VIEWER)):
        with pytest.raises(people.OnlyOwnersMayChangeOwners):
            people.set_role(club=club, actor=admin, user=user, role=role)
    with pytest.raises(people.OnlyOwnersMayChangeOwners):
        people.remove(club=club, actor=admin, user=owner)


def test_the_last_owner_stays() -> None:
    club = make_club()
    owner = add_member(club, Role.OWNER)
    for act in (
        lambda: people.set_role(club=club, actor=owner, user=owner, role=Role.VIEWER),
        lambda: people.remove(club=club, actor=owner, user=owner),
    ):
        with pytest.raises(people.LastOwner):
            act()


def test_accounts_and_viewers_manage_nobody() -> None:
    club = make_club()
    owner = add_member(club, Role.OWNER)
    for role in (Role.ACCOUNTS, Role.VIEWER):
        with pytest.raises(NotAllowed):
            people.set_role(club=club, actor=add_member(club, role), user=owner, role=Role.VIEWER)
