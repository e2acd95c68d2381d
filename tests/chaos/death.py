"""Workers that die at a named crash point or at any SQL statement, as if the power went: what is committed stays."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from clubledger.clubs.models import Club
from clubledger.delivery.sending import turns
from clubledger.foundation import crash


class WorkerDied(BaseException):
    """The process ended here. No handler of the product may see it, nothing may be tidied up after it."""


@contextmanager
def mortal(at_point: Callable[[str], None], at_statement: Callable[[str], None]) -> Iterator[None]:
    """Let a worker run with death at its heels; its turn is given back only if it lives."""
    release = turns.release

    def release_if_alive(club: Club, holder: str, **how: Any) -> Any:
        return None if isinstance(sys.exception(), WorkerDied) else release(club, holder, **how)

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        at_statement(sql)
        return execute(sql, params, many, context)

    crash.use(at_point)
    turns.release = release_if_alive
    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        crash.use(None)
        turns.release = release
