"""The permission table, word for word, and the walls between clubs."""

import pytest
from django.db.models import QuerySet

from clubledger.clubs import access
from clubledger.clubs.access import PERMISSIONS, ClubNotFound, NotAllowed, Permission
from clubledger.clubs.models import Membership, Role
from clubledger.clubs.scoping import UnscopedQuery
from clubledger.ledger.models import GLCode, Journal
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db

TABLE = {
    Permission.SEE: {"owner", "administrator", "accounts", "viewer"},
    Permission.IMPORT: {"owner", "accounts"},
    Permission.CONFIGURE: {"owner", "administrator"},
    Permission.GET_GL_CODES: {"owner", "administrator", "accounts"},
    Permission.AUTHORISE: {"owner", "administrator", "accounts"},
    Permission.SEND: {"owner", "accounts"},
    Permission.UNDO: {"owner"},
    Permission.PEOPLE: {"owner", "administrator"},
}


def test_it_allows_each_role_what_the_table_says_and_nothing_else() -> None:
    assert {permission: {r for r in Role.values if permission in PERMISSIONS[r]} for permission in Permission} == TABLE


def test_a_club_does_not_exist_for_an_outsider() -> None:
    club = make_club()
    add_member(club, Role.OWNER)
    outsider = make_user("out@elsewhere.example")
    for slug in (club.slug, "no-such-club"):
        with pytest.raises(ClubNotFound):
            access.open_club(outsider, slug)


@pytest.mark.parametrize("what", ["membership", "user", "club"])
def test_whoever_is_switched_off_is_an_outsider(what: str) -> None:
    club = make_club()
    user = add_member(club, Role.ACCOUNTS)
    assert access.open_club(user, club.slug).may(Permission.SEND)
    target = {"membership": Membership.objects.get(user=user), "user": user, "club": club}[what]
    target.is_active = False
    target.save()
    with pytest.raises(ClubNotFound):
        access.open_club(user, club.slug)
    if what != "club":
        assert not access.may(user, club, Permission.SEND)


def test_a_viewer_may_not_send_and_is_told_why() -> None:
    club = make_club()
    with pytest.raises(NotAllowed, match="does not allow you to validate, send, record"):
        access.require(club=club, actor=add_member(club, Role.VIEWER), permission=Permission.SEND)


def test_an_unscoped_query_raises() -> None:
    club, other = make_club(), make_club("other", "Other Club")
    GLCode.objects.of(club).create(club=club, code="200", name="Sales")
    GLCode.objects.of(other).create(club=other, code="200", name="Sales")
    for ask in (GLCode.objects.all, GLCode.objects.count, lambda: GLCode.objects.filter(code="200")):
        with pytest.raises(UnscopedQuery):
            ask()
    with pytest.raises(UnscopedQuery):
        GLCode.objects.across_clubs("")
    assert isinstance(GLCode.objects.of(club), QuerySet)
    assert [row.club for row in GLCode.objects.of(club)] == [club]
    assert [row.club for row in club.gl_codes.all()] == [club]
    assert Journal.objects.of(club).count() == 0
