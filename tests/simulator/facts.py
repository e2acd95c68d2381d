"""Marks a test as the proof of a documented behaviour; `tools/fidelity.py` turns the marks into a document."""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


def fact(section: str, text: str, *, certainty: str) -> Callable[[Test], Test]:
    """Return which behaviour a test shows: its section, the behaviour, how sure it is (spec, docs, seen, inferred)."""
    assert section[0].isdigit(), section
    assert text, section
    assert set(certainty.split(", ")) <= {"spec", "docs", "seen", "inferred"}, certainty

    def keep(test: Test) -> Test:
        return test

    return keep
