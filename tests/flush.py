"""Emptying the tests' SQLite database, whose audit trail refuses to lose a row."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

_triggers = import_module("clubledger.clubs.migrations.0002_audit_is_append_only")


def without_triggers(flush: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Return a flush that takes the triggers away before it and puts them back after it."""

    def sql_flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = flush(self, style, tables, **options)
        if "clubs_auditevent" not in tables:
            return statements
        return [*_triggers.UNDO["sqlite"], *statements, *_triggers.SQLITE]

    return sql_flush
