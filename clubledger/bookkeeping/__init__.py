"""Deciding: what a club's facts debit and credit, and what may not be sent.

Pure: no Django, network, clock or database.
"""
