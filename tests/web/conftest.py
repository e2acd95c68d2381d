"""What most of these tests start from: a club. A file may have its own."""

import pytest

from tests.fixtures_clubs import make_club


@pytest.fixture
def club():
    return make_club()
