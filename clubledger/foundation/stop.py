"""Whether this program has been told to stop, so that long work ends at its next safe point with nothing claimed."""

import threading

_asked = threading.Event()


def ask() -> None:
    """Tell every thread that the program is to stop."""
    _asked.set()


def is_asked() -> bool:
    """Whether the program is to stop. Long tasks look here between two steps and return early."""
    return _asked.is_set()


def forget() -> None:
    """Take the request back; for tests, which share one program."""
    _asked.clear()
