"""Named points at which a process may die. In production they do nothing; chaos runs make them stop the world."""

from collections.abc import Callable

_on_point: Callable[[str], None] | None = None


def point(name: str) -> None:
    """Mark a place between two steps that must not depend on each other, e.g. `delivery.after_claim`."""
    if _on_point is not None:
        _on_point(name)


def use(on_point: Callable[[str], None] | None) -> None:
    """Call `on_point(name)` at every point from now on; None stops that."""
    global _on_point  # noqa: PLW0603 - one hook for the process is the purpose
    _on_point = on_point
