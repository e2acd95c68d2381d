"""The mapping grids: what they say to whoever may not map."""

import pytest
from django.test import Client

from clubledger.clubs import people
from clubledger.clubs.models import Club, Role
from clubledger.ledger.models import FinancialItem
from tests.fixtures_clubs import add_member, signed_in

pytestmark = pytest.mark.django_db


def test_whoever_lost_their_access_is_not_named_among_those_who_map(club: Club) -> None:
    FinancialItem.objects.of(club).create(club=club, kind="charge", code="LOCKER")
    owner, former = add_member(club, Role.OWNER), add_member(club, Role.ADMINISTRATOR)
    tess: Client = signed_in(club, Role.ACCOUNTS)
    assert str(former) in tess.get("/c/banksia-park/configuration/charges/").content.decode()
    people.remove(club=club, actor=owner, user=former)
    page = tess.get("/c/banksia-park/configuration/charges/").content.decode()
    assert str(former) not in page
    assert str(owner) in page
