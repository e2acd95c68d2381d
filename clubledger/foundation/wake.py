"""Waking a task by its name, so that a lower room never imports the room above it that does the work.

A wake-up is a hint and nothing more: the rows in the database are the truth, and a sweep finds what a lost one left.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

Task = Callable[..., Any]

_tasks: dict[str, Task] = {}
_deferred: Callable[[str, dict[str, Any], float], None] | None = None


class UnknownTask(Exception):
    """No room has registered a task of this name."""


def task(name: str) -> Callable[[Task], Task]:
    """Register the decorated function as the task called `name`, e.g. `delivery.send_due`."""

    def register(function: Task) -> Task:
        _tasks[name] = function
        return function

    return register


def use_engine(enqueue: Callable[[str, dict[str, Any], float], None] | None) -> None:
    """Hand wake-ups to `enqueue(name, arguments, delay_seconds)`; None drops them, as a lost wake-up would."""
    global _deferred  # noqa: PLW0603 - one engine for the process is the purpose
    _deferred = enqueue


def wake(name: str, /, *, delay_seconds: float = 0, **arguments: Any) -> None:
    """Ask for the task `name` to run soon, once the present database transaction has committed.

    Arguments must be plain values (numbers, text). Nothing is promised: it may run late, twice or never.
    """
    transaction.on_commit(lambda: _enqueue(name, arguments, delay_seconds))


def _enqueue(name: str, arguments: dict[str, Any], delay_seconds: float) -> None:
    if _deferred is not None:
        _deferred(name, arguments, delay_seconds)


def run(name: str, /, **arguments: Any) -> Any:
    """Run the task `name` here and now. Raises UnknownTask."""
    try:
        function = _tasks[name]
    except KeyError:
        raise UnknownTask(name) from None
    return function(**arguments)


def names() -> list[str]:
    """Return the names of all registered tasks."""
    return sorted(_tasks)
