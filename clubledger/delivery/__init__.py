"""Joining ledger and Xero: one journal reaches one organisation, once, whatever breaks on the way."""
