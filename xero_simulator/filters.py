"""The `where` and `order` parameters: a small C#-like language, read into predicates over named fields."""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from xero_simulator.errors import QueryParse
from xero_simulator.wire import midnight

T = TypeVar("T")
Getter = Callable[[Any], Any]
Predicate = Callable[[Any], Any]
Kind = Literal["String", "Decimal", "Boolean", "DateTime", "Guid", "null"]
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)'
    r"|(?P<sign>==|!=|>=|<=|&&|\|\||=|>|<|!|\(|\)|,|\.))"
)
_SIGNS = {"==", "!=", ">", "<", ">=", "<=", "="}
_BOOLEANS = re.compile(r"(Is|Has|Show|Enable|CanApply)[A-Z]")
MAXIMUM_LENGTH = 4_000
MAXIMUM_DEPTH = 40


def kind_of(field: str) -> Kind:
    """Return the type of a field by its name: the API names its fields so."""
    if field.endswith("ID"):
        return "Guid"
    if field.endswith(("Date", "DateUTC")):
        return "DateTime"
    if field.endswith("Rate"):
        return "Decimal"
    return "Boolean" if _BOOLEANS.match(field) else "String"


@dataclass(frozen=True, slots=True)
class _Operand:
    """A value of a row, and its type, which is checked before any row is looked at."""

    of: Predicate
    kind: Kind


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
        self.fields = {name.lower(): (name, getter) for name, getter in fields.items()}
        self.type_name = type_name
        self.ignore_case = ignore_case
        self.compared: set[tuple[str, str]] = set()

    def parse(self) -> Predicate:
        predicate = self._truth(self._either())
        if self.position < len(self.tokens):
            raise QueryParse(f"Syntax error '{self.tokens[self.position].text}'")
        return predicate

    @staticmethod
    def _truth(operand: _Operand) -> Predicate:
        if operand.kind != "Boolean":
            raise QueryParse("Expression of type 'Boolean' expected")
        return operand.of

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

    def _either(self) -> _Operand:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise QueryParse("The where clause is nested too deeply")
        parts = [self._both()]
        while self._take("OR", "||"):
            parts.append(self._both())
        self.depth -= 1
        if len(parts) == 1:
            return parts[0]
        truths = [self._truth(part) for part in parts]
        return _Operand(lambda row: any(truth(row) for truth in truths), "Boolean")

    def _both(self) -> _Operand:
        parts = [self._comparison()]
        while self._take("AND", "&&"):
            parts.append(self._comparison())
        if len(parts) == 1:
            return parts[0]
        truths = [self._truth(part) for part in parts]
        # Like C#, the right side is not looked at when the left is false: that is what a null guard rests on.
        return _Operand(lambda row: all(truth(row) for truth in truths), "Boolean")

    def _comparison(self) -> _Operand:
        negations = 0
        while self._take("!", "NOT"):
            negations += 1
        inner = self._relation()
        if not negations:
            return inner
        truth, is_odd = self._truth(inner), bool(negations % 2)
        return _Operand(lambda row: truth(row) is not is_odd, "Boolean")

    def _relation(self) -> _Operand:
        start = self._peek()
        left = self._operand()
        sign = self._peek()
        if sign.kind == "sign" and sign.text in _SIGNS:
            self.position += 1
            right = self._operand()
            self.compared.add((start.text.lower(), "==" if sign.text == "=" else sign.text))
            return _Operand(self._compare(sign.text, left, right), "Boolean")
        return left

    def _operand(self) -> _Operand:
        token = self._next()
        if token.kind == "text":
            text = _unescaped(token)
            return self._methods(_Operand(lambda row: text, "String"))
        if token.kind == "number":
            number = Decimal(token.text)
            return _Operand(lambda row: number, "Decimal")
        if token.text == "(":
            inner = self._either()
            self._expect(")")
            return inner
        if token.kind == "name":
            return self._named(token)
        raise QueryParse("Expression expected")

    def _named(self, token: _Token) -> _Operand:
        word = token.text.lower()
        if word in {"true", "false"}:
            truth = word == "true"
            return _Operand(lambda row: truth, "Boolean")
        if word == "null":
            return _Operand(lambda row: None, "null")
        if word == "guid":
            guid = _guid(self._argument())
            return _Operand(lambda row: guid, "Guid")
        if word == "datetime":
            instant = self._instant()
            return _Operand(lambda row: instant, "DateTime")
        found = self.fields.get(word)
        if found is None:
            raise QueryParse(f"No property or field '{token.text}' exists in type '{self.type_name}'")
        name, getter = found
        return self._methods(_Operand(getter, kind_of(name)), token.text)

    def _argument(self) -> str:
        self._expect("(")
        token = self._next()
        if token.kind != "text":
            raise QueryParse("A string literal was expected")
        self._expect(")")
        return _unescaped(token)

    def _instant(self) -> datetime:
        if self._take("."):
            self._expect("PARSE")
            try:
                instant = datetime.fromisoformat(self._argument())
                return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
            except (ValueError, OverflowError):
                raise QueryParse("String was not recognized as a valid DateTime.") from None
        self._expect("(")
        numbers = [self._next().text]
        while self._take(","):
            numbers.append(self._next().text)
        self._expect(")")
        try:
            return datetime(*[int(number) for number in numbers], tzinfo=UTC)  # type: ignore[misc, arg-type]
        except (ValueError, TypeError, OverflowError):
            raise QueryParse("No applicable constructor exists in type 'DateTime'") from None

    def _methods(self, value: _Operand, field: str = "") -> _Operand:
        while self._take("."):
            name = self._next().text
            if name in {"Value", "HasValue"}:
                value = _Operand(_has_value(value.of), "Boolean") if name == "HasValue" else value
            elif name in {"Contains", "StartsWith", "EndsWith"} and value.kind == "String":
                self.compared.add((field.lower(), name))
                value = _Operand(self._text_method(value.of, name, self._argument(), field), "Boolean")
            elif name in {"ToLower", "ToUpper"} and value.kind == "String":
                self._expect("(")
                self._expect(")")
                value = _Operand(_cased(value.of, name), "String")
            else:
                raise QueryParse(f"No applicable method '{name}' exists in type '{value.kind}'")
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

    def _compare(self, sign: str, left: _Operand, right: _Operand) -> Predicate:
        ignore_case = self.ignore_case
        if left.kind != right.kind and "null" not in {left.kind, right.kind}:
            raise QueryParse(f"Operator '{sign}' incompatible with operand types '{left.kind}' and '{right.kind}'")

        def pair(row: Any) -> tuple[Any, Any]:
            one, two = left.of(row), right.of(row)
            if isinstance(one, str) and isinstance(two, str) and ignore_case:
                return one.strip().lower(), two.strip().lower()
            return _comparable(one), _comparable(two)

        if sign in {"==", "="}:
            return lambda row: operator.eq(*pair(row))
        if sign == "!=":
            return lambda row: operator.ne(*pair(row))

        def ordered(row: Any) -> bool:
            one, two = pair(row)
            if one is None or two is None:
                return False
            return bool({">": one > two, "<": one < two, ">=": one >= two, "<=": one <= two}[sign])

        return ordered


def _unescaped(token: _Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def _guid(text: str) -> str:
    if not re.fullmatch(r"\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?", text.strip()):
        raise QueryParse("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
    return str(uuid.UUID(text.strip()))


def _comparable(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return midnight(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _has_value(value: Predicate) -> Predicate:
    return lambda row: value(row) is not None


def _cased(value: Predicate, name: str) -> Predicate:
    def cased(row: Any) -> str | None:
        text = value(row)
        if text is None:
            raise QueryParse(f"Object reference not set: '{name}' of a null")
        return str(text).lower() if name == "ToLower" else str(text).upper()

    return cased


@dataclass(frozen=True, slots=True)
class Filter:
    """A read `where`: the test, and which fields it compares how (lower-case names)."""

    accepts: Callable[[Any], bool]
    compared: frozenset[tuple[str, str]]


def read_where(source: str, fields: Mapping[str, Getter], type_name: str, *, ignore_case: bool) -> Filter:
    """Return the filter of a `where` parameter; raises QueryParse, also later when a row is tested."""
    parser = _Parser(source, fields, type_name, ignore_case=ignore_case)
    return Filter(parser.parse(), frozenset(parser.compared))


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
