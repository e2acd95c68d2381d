"""Sending by schedule each night, and the letter about it."""
