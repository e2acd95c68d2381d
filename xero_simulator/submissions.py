"""Reads submitted JSON as Xero's reader does: lenient about case and number texts, strict about types and enums."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from xero_simulator.errors import NoDataProcessed, PostDataInvalid
from xero_simulator.money import cents_of
from xero_simulator.wire import ZERO_GUID, read_day

LARGEST_BODY_BYTES = 10_000_000
LINE_AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
STATUSES = ("DRAFT", "POSTED", "DELETED", "VOIDED", "ARCHIVED")
_LARGEST_NUMBER = Decimal("1e15")


def _bad_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def read_elements(body: bytes, name: str, kind: str) -> list[dict[str, Any]]:
    """Return the submitted elements: from `{name: [...]}`, from a bare array, or a single object.

    Raises NoDataProcessed for nothing at all and PostDataInvalid for what cannot be read.
    """
    if not body.strip():
        raise NoDataProcessed(_no_data(kind))
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_bad_constant)
    except (ValueError, RecursionError) as error:
        raise PostDataInvalid(f"The request body cannot be read as JSON: {str(error)[:200]}", []) from None
    if isinstance(document, dict):
        folded = {key.lower(): value for key, value in document.items()}
        document = folded.get(name.lower(), [document] if document else None)
    if document is None or document == []:
        raise NoDataProcessed(_no_data(kind))
    if isinstance(document, dict):
        document = [document]
    if not isinstance(document, list):
        raise PostDataInvalid(f"Error converting value to a list of {kind}. Path '{name}'.", [])
    for index, element in enumerate(document):
        if not isinstance(element, dict):
            raise PostDataInvalid(
                f"Error converting value {_shown(element)} to type '{kind}'. Path '{name}[{index}]'.", []
            )
    return document


def _no_data(kind: str) -> str:
    return (
        "No data has been processed for this endpoint. "
        f"This endpoint is expecting {kind} data to be specifed in the request body."
    )


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 100 else text[:100] + "…"


class Fields:
    """The fields of one submitted object, by name in any case; every reader raises PostDataInvalid with the path."""

    __slots__ = ("path", "values")

    def __init__(self, element: dict[str, Any], path: str) -> None:
        self.values = {key.lower(): value for key, value in element.items()}
        self.path = path

    def fail(self, name: str, type_name: str) -> NoReturn:
        """Raise the error that Xero's reader gives for a value of the wrong type."""
        value = _shown(self.values.get(name.lower()))
        raise PostDataInvalid(f"Error converting value {value} to type '{type_name}'. Path '{self.path}.{name}'.", [])

    def text(self, name: str) -> str | None:
        """Return a text; numbers and booleans become texts."""
        value = self.values.get(name.lower())
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (int, Decimal)):
            return str(value)
        return self.fail(name, "System.String")

    def flag(self, name: str) -> bool | None:
        """Return a boolean; the texts `true` and `false` count."""
        value = self.values.get(name.lower())
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
            return value.strip().lower() == "true"
        return self.fail(name, "System.Boolean")

    def decimal(self, name: str) -> Decimal | None:
        """Return a number, also from a text."""
        value = self.values.get(name.lower())
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
            return self.fail(name, "System.Decimal")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            return self.fail(name, "System.Decimal")
        if not number.is_finite() or abs(number) > _LARGEST_NUMBER:
            return self.fail(name, "System.Decimal")
        return number

    def day(self, name: str) -> date | None:
        """Return a date from `YYYY-MM-DD` or `/Date(ms)/`."""
        value = self.values.get(name.lower())
        if value is None or value == "":
            return None
        day = read_day(value) if isinstance(value, str) else None
        return day if day is not None else self.fail(name, "System.DateTime")

    def guid(self, name: str) -> str | None:
        """Return a GUID in lower case; the zero GUID counts as none."""
        value = self.values.get(name.lower())
        if value is None or value == "":
            return None
        try:
            guid = str(uuid.UUID(value))
        except (ValueError, AttributeError, TypeError):
            return self.fail(name, "System.Guid")
        return None if guid == ZERO_GUID else guid

    def choice(self, name: str, choices: tuple[str, ...], type_name: str) -> str | None:
        """Return one of an enum's names, whatever the case it was written in."""
        value = self.values.get(name.lower())
        if value is None or value == "":
            return None
        found = next((item for item in choices if isinstance(value, str) and item.lower() == value.lower()), None)
        return found if found is not None else self.fail(name, type_name)

    def members(self, name: str, kind: str) -> list[Fields] | None:
        """Return the objects of a list."""
        value = self.values.get(name.lower())
        if value is None:
            return None
        if not isinstance(value, list):
            return self.fail(name, f"List<{kind}>")
        path = f"{self.path}.{name}"
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                raise PostDataInvalid(
                    f"Error converting value {_shown(item)} to type '{kind}'. Path '{path}[{index}]'.", []
                )
        return [Fields(item, f"{path}[{index}]") for index, item in enumerate(value)]


@dataclass(slots=True)
class SubmittedTracking:
    """A tracking entry, by names or by ids."""

    name: str | None
    option: str | None
    category_id: str | None
    option_id: str | None


@dataclass(slots=True)
class SubmittedLine:
    """A journal line as submitted; `amount_cents` is None when LineAmount is missing."""

    amount_cents: int | None
    account_code: str | None = None
    account_id: str | None = None
    description: str | None = None
    tax_type: str | None = None
    tracking: list[SubmittedTracking] = field(default_factory=list)


@dataclass(slots=True)
class SubmittedJournal:
    """A manual journal as submitted; None is what was not given."""

    journal_id: str | None
    narration: str | None
    dated_on: date | None
    status: str | None
    line_amount_types: str | None
    show_on_cash_basis: bool | None
    url: str | None
    lines: list[SubmittedLine] | None


def read_journal(element: dict[str, Any], path: str) -> SubmittedJournal:
    """Return a submitted journal; raises PostDataInvalid for a value of the wrong type."""
    given = Fields(element, path)
    lines = given.members("JournalLines", "ManualJournalLine")
    return SubmittedJournal(
        given.guid("ManualJournalID"),
        given.text("Narration"),
        given.day("Date"),
        given.choice("Status", STATUSES, "Xero.API.Library..ManualJournalStatus"),
        given.choice("LineAmountTypes", LINE_AMOUNT_TYPES, "Xero.API.Library..LineAmountType"),
        given.flag("ShowOnCashBasisReports"),
        given.text("Url"),
        # An empty list is what several client libraries send for "lines not given".
        [_read_line(line) for line in lines] if lines else None,
    )


def _read_line(given: Fields) -> SubmittedLine:
    number = given.decimal("LineAmount")
    return SubmittedLine(
        None if number is None else cents_of(number),
        given.text("AccountCode"),
        given.guid("AccountID"),
        given.text("Description"),
        given.text("TaxType"),
        [
            SubmittedTracking(
                item.text("Name"), item.text("Option"), item.guid("TrackingCategoryID"), item.guid("TrackingOptionID")
            )
            for item in given.members("Tracking", "TrackingCategory") or []
        ],
    )
