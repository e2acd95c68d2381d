"""Remembering: what happened at the club, and the journals made of it. Never speaks to Xero."""
