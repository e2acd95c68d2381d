"""Charges, Account Types and Payment Methods."""
