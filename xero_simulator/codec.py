"""Turns the simulator's dataclasses into JSON texts for the store, and back."""

from __future__ import annotations

import base64
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import orjson

T = TypeVar("T")
Reader = Callable[[Any], Any]


def _default(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def dump(row: object) -> bytes:
    """Return a dataclass as JSON; decimals and bytes (base64) as texts."""
    return orjson.dumps(row, default=_default)


def load(cls: type[T], text: bytes) -> T:
    """Return the dataclass back."""
    return typing.cast(T, reader_of(typing.cast(Any, cls))(orjson.loads(text)))


def build(cls: type[T], values: dict[str, Any]) -> T:
    """Return a dataclass from plain JSON values; raises ValueError for a field it doesn't have."""
    known = {field.name for field in fields(typing.cast(Any, cls))}
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"{cls.__name__} has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    return typing.cast(T, reader_of(typing.cast(Any, cls))(values))


@cache
def reader_of(kind: Any) -> Reader:
    """Return the function that reads JSON values of a type."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        readers = {field.name: reader_of(hints[field.name]) for field in fields(kind)}
        return _row_reader(typing.cast(Callable[..., Any], kind), readers)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = reader_of(next(part for part in arguments if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is list:
        item = reader_of(arguments[0])
        return lambda values: [item(value) for value in values]
    if origin is dict:
        item = reader_of(arguments[1])
        return lambda values: {key: item(value) for key, value in values.items()}
    if kind is datetime:
        return datetime.fromisoformat
    if kind is date:
        return date.fromisoformat
    if kind is Decimal:
        return Decimal
    if kind is bytes:
        return base64.b64decode
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _row_reader(make: Callable[..., Any], readers: dict[str, Reader]) -> Reader:
    """Return a reader of rows that touches only the fields that need it: a year of journals is read at every start."""
    changing = [(name, reader) for name, reader in readers.items() if reader is not _as_it_is]

    def read(values: dict[str, Any]) -> Any:
        row = {**values}
        for name, reader in changing:
            if name in row:
                row[name] = reader(row[name])
        return make(**row)

    return read
