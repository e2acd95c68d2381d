"""The club of the changeover's tests, with a browser for its people and for staff."""

from tests.changeover.conftest import moving
from tests.fixtures_xero import xero

__all__ = ["moving", "xero"]
