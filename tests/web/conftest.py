"""What most of these tests start from: a club and people of it. A file may have its own."""

import pytest
from django.core.cache import cache

from clubledger.clubs.models import Club, Role, User
from tests.fixtures_clubs import add_member, make_club


@pytest.fixture
def club() -> Club:
    """A club, for whose people no limit of attempts is used up."""
    cache.clear()
    return make_club()


@pytest.fixture
def owner(club: Club) -> User:
    return add_member(club, Role.OWNER)


@pytest.fixture
def tess(club: Club) -> User:
    """The treasurer."""
    return add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")
