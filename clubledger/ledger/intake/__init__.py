"""Bringing in: a file or rows of the API become versions of transactions."""
