"""Transactions and how they come in."""
