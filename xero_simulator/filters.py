"""The `where` and `order` parameters: a small C#-like language, read into predicates over named fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from xero_simulator.errors import QueryParse
from xero_simulator.wire import midnight, read_day

T = TypeVar("T")
Getter = Callable[[Any], Any]
Predicate = Callable[[Any], Any]
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<sign>==|!=|>=|<=|&&|\|\||=|>|<|!|\(|\)|,|\.))"
)
_SIGNS = {"==", "!=", ">", "<", ">=", "<=", "="}
MAXIMUM_LENGTH = 4_000
MAXIMUM_DEPTH = 40


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(source: str) -> list[_Token]:
    found, position = [], 0
    while source[position:].strip():
        match = _TOKEN.match(source, position)
        if match is None:
            if source[position:].lstrip().startswith('"'):
                raise QueryParse("Unterminated string literal")
            raise QueryParse(f"Syntax error '{source[position:].strip()[0]}'")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    """A recursive-descent parser that builds closures; every value is a function of the row."""

    def __init__(self, source: str, fields: Mapping[str, Getter], type_name: str, *, ignore_case: bool) -> None:
        if len(source) > MAXIMUM_LENGTH:
            raise QueryParse("The where clause is too long")
        self.tokens = _tokens(source)
        self.position = 0
        self.depth = 0
        self.fields = {name.lower(): getter for name, getter in fields.items()}
        self.type_name = type_name
        self.ignore_case = ignore_case
        self.compared: set[tuple[str, str]] = set()

    def parse(self) -> Predicate:
        predicate = self._either()
        if self.position < len(self.tokens):
            raise QueryParse(f"Syntax error '{self.tokens[self.position].text}'")
        return predicate

    def _peek(self) -> _Token:
        return self.tokens[self.position] if self.position < len(self.tokens) else _Token("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        self.position += 1
        return token

    def _take(self, *texts: str) -> bool:
        if self._peek().kind in {"sign", "name"} and self._peek().text.upper() in texts:
            self.position += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise QueryParse(f"'{text}' expected")

    def _either(self) -> Predicate:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise QueryParse("The where clause is nested too deeply")
        parts = [self._both()]
        while self._take("OR", "||"):
            parts.append(self._both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._comparison()]
        while self._take("AND", "&&"):
            parts.append(self._comparison())
        # Like C#, the right side is not looked at when the left is false: that is what a null guard rests on.
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _comparison(self) -> Predicate:
        negations = 0
        while self._take("!", "NOT"):
            negations += 1
        inner = self._relation()
        return (lambda row: not inner(row)) if negations % 2 else inner

    def _relation(self) -> Predicate:
        start = self._peek()
        left = self._operand()
        sign = self._peek()
        if sign.kind == "sign" and sign.text in _SIGNS:
            self.position += 1
            right = self._operand()
            self.compared.add((start.text.lower(), "==" if sign.text == "=" else sign.text))
            return self._compare(sign.text, left, right)
        return left

    def _operand(self) -> Predicate:
        token = self._next()
        if token.kind == "text":
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return self._methods(lambda row: text)
        if token.kind == "number":
            number = Decimal(token.text)
            return lambda row: number
        if token.text == "(":
            inner = self._either()
            self._expect(")")
            return inner
        if token.kind == "name":
            return self._named(token)
        raise QueryParse("Expression expected")

    def _named(self, token: _Token) -> Predicate:
        word = token.text.lower()
        if word in {"true", "false"}:
            truth = word == "true"
            return lambda row: truth
        if word == "null":
            return lambda row: None
        if word == "guid":
            text = self._argument().lower()
            return lambda row: text
        if word == "datetime":
            instant = self._instant()
            return lambda row: instant
        getter = self.fields.get(word)
        if getter is None:
            raise QueryParse(f"No property or field '{token.text}' exists in type '{self.type_name}'")
        return self._methods(getter, token.text)

    def _argument(self) -> str:
        self._expect("(")
        token = self._next()
        if token.kind != "text":
            raise QueryParse("A string literal was expected")
        self._expect(")")
        return token.text[1:-1]

    def _instant(self) -> datetime:
        if self._take("."):
            self._expect("PARSE")
            day = read_day(self._argument())
            if day is None:
                raise QueryParse("String was not recognized as a valid DateTime.")
            return midnight(day)
        self._expect("(")
        numbers = [self._next().text]
        while self._take(","):
            numbers.append(self._next().text)
        self._expect(")")
        try:
            return datetime(*[int(number) for number in numbers], tzinfo=UTC)  # type: ignore[misc, arg-type]
        except (ValueError, TypeError, OverflowError):
            raise QueryParse("No applicable constructor exists in type 'DateTime'") from None

    def _methods(self, value: Predicate, field: str = "") -> Predicate:
        while self._take("."):
            name = self._next().text
            if name in {"Value", "HasValue"}:
                value = _has_value(value) if name == "HasValue" else value
            elif name in {"Contains", "StartsWith", "EndsWith"}:
                self.compared.add((field.lower(), name))
                value = self._text_method(value, name, self._argument(), field)
            elif name in {"ToLower", "ToUpper"}:
                self._expect("(")
                self._expect(")")
                value = _cased(value, name)
            else:
                raise QueryParse(f"No applicable method '{name}' exists in type 'String'")
        return value

    def _text_method(self, value: Predicate, name: str, wanted: str, field: str) -> Predicate:
        fold = str.lower if self.ignore_case else str
        wanted = fold(wanted)
        test: Callable[[str], bool] = {
            "Contains": lambda text: wanted in text,
            "StartsWith": lambda text: text.startswith(wanted),
            "EndsWith": lambda text: text.endswith(wanted),
        }[name]

        def check(row: Any) -> bool:
            text = value(row)
            if text is None:
                # Seen: a nullable field has to be guarded by a comparison with null.
                raise QueryParse(f"Object reference not set: '{field}' may be null")
            return test(fold(str(text)))

        return check

    def _compare(self, sign: str, left: Predicate, right: Predicate) -> Predicate:
        ignore_case = self.ignore_case

        def pair(row: Any) -> tuple[Any, Any]:
            one, two = left(row), right(row)
            if isinstance(one, str) and isinstance(two, str) and ignore_case:
                return one.strip().lower(), two.strip().lower()
            return _comparable(one), _comparable(two)

        if sign in {"==", "="}:
            return lambda row: _same(*pair(row))
        if sign == "!=":
            return lambda row: not _same(*pair(row))

        def ordered(row: Any) -> bool:
            one, two = pair(row)
            if one is None or two is None:
                return False
            if type(one) is not type(two):
                raise QueryParse(f"Operator '{sign}' incompatible with operand types")
            return bool({">": one > two, "<": one < two, ">=": one >= two, "<=": one <= two}[sign])

        return ordered


def _same(one: Any, two: Any) -> bool:
    if one is not None and two is not None and type(one) is not type(two):
        raise QueryParse("Operator '==' incompatible with operand types")
    return bool(one == two)


def _comparable(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return midnight(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _has_value(value: Predicate) -> Predicate:
    return lambda row: value(row) is not None


def _cased(value: Predicate, name: str) -> Predicate:
    def cased(row: Any) -> str:
        text = value(row)
        if not isinstance(text, str):
            raise QueryParse(f"No applicable method '{name}' exists")
        return text.lower() if name == "ToLower" else text.upper()

    return cased


@dataclass(frozen=True, slots=True)
class Filter:
    """A read `where`: the test, and which fields it compares how (lower-case names)."""

    accepts: Callable[[Any], bool]
    compared: frozenset[tuple[str, str]]


def read_where(source: str, fields: Mapping[str, Getter], type_name: str, *, ignore_case: bool) -> Filter:
    """Give the filter of a `where` parameter; raises QueryParse, also later when a row is tested."""
    parser = _Parser(source, fields, type_name, ignore_case=ignore_case)
    predicate = parser.parse()

    def accepts(row: Any) -> bool:
        truth = predicate(row)
        if not isinstance(truth, bool):
            raise QueryParse("Expression of type 'Boolean' expected")
        return truth

    return Filter(accepts, frozenset(parser.compared))


def sort_rows(rows: list[T], order: str, fields: Mapping[str, Getter], type_name: str) -> list[T]:
    """Sort by an `order` parameter such as `Date DESC, Narration`; raises QueryParse for what it doesn't know."""
    getters = {name.lower(): getter for name, getter in fields.items()}
    steps = []
    for part in order.split(","):
        words = part.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1].upper() not in {"ASC", "DESC"}):
            raise QueryParse(f"Syntax error in order '{order}'")
        getter = getters.get(words[0].lower())
        if getter is None:
            raise QueryParse(f"No property or field '{words[0]}' exists in type '{type_name}'")
        steps.append((getter, len(words) == 2 and words[1].upper() == "DESC"))
    for getter, descending in reversed(steps):
        rows = sorted(rows, key=lambda row: _sort_key(getter(row)), reverse=descending)
    return rows


def _sort_key(value: Any) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0
