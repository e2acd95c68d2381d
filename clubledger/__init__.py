"""Clubledger: a membership club's transactions become balanced daily journals, sent to its Xero exactly once."""

__version__ = "0.1.0"
