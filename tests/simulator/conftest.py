from datetime import UTC, datetime

import httpx2
import pytest

from xero_simulator.app import Simulator
from xero_simulator.clock import Clock

from .driver import BANKSIA, Club, club_of, in_process

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The default scenario at noon of 22 November 2026 in Sydney, its clock standing still."""
    monkeypatch.setenv("CLUBLEDGER_PORT", "8000")
    return Simulator(clock=Clock(NOW))


@pytest.fixture
def http(simulator: Simulator) -> httpx2.Client:
    return in_process(simulator)


@pytest.fixture
def club(simulator: Simulator) -> Club:
    """Tess, adviser, connected to Banksia Park."""
    return club_of(simulator, BANKSIA)
