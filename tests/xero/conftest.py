"""Fixtures of this room's tests."""

from tests.fixtures_xero import connected, xero

__all__ = ["connected", "xero"]
