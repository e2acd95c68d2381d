"""A club with people, and ways to bring transactions in."""

from pathlib import Path

import pytest

from clubledger.clubs.models import Role
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import Books


@pytest.fixture
def books(db: None, tmp_path: Path, settings: object) -> Books:
    club = make_club()
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return Books(club, add_member(club, Role.OWNER), tmp_path)
