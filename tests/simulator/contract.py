"""Xero's published contract as a judge: finds an operation's schema and says where an answer departs from it."""

import os
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

NAMES = ("xero_accounting.yaml", "xero-identity.yaml")
_BASE = "urn:contract"
ENVELOPE = {"Id", "Status", "ProviderName", "DateTimeUTC"}
# What Xero itself sends although its contract doesn't list it, with the section of the facts it rests on.
UNLISTED = {
    ("*", "Id"): "3.2 the envelope",
    ("*", "Status"): "3.2 the envelope",
    ("*", "ProviderName"): "3.2 the envelope",
    ("*", "DateTimeUTC"): "3.2 the envelope",
    ("HistoryRecord", "DateUTCString"): "4.7 the example of the contract shows it",
    ("HistoryRecord", "ValidationErrors"): "4.7 the example of the contract shows it",
    ("TrackingOption", "HasValidationErrors"): "5.3 extra flags",
    ("TrackingOption", "IsDeleted"): "5.3 extra flags",
    ("TrackingOption", "IsArchived"): "5.3 extra flags",
    ("TrackingOption", "IsActive"): "5.3 extra flags",
}
# Elements of a 400 echo whatever was submitted (3.5), so only their ValidationErrors are held to the contract.
ECHO = "Element"
# createdDateUtc and updatedDateUtc come without the zone that a date-time must have (2.1).
ZONELESS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$")


def directory() -> Path:
    """Where the contract lies; skips without it, fails in CI."""
    given = os.environ.get("XERO_OPENAPI_DIR")
    place = Path(given) if given else Path(__file__).resolve().parents[2].parent / "shared" / "xero-openapi"
    if not all((place / name).exists() for name in NAMES):
        message = "Xero's published contract is not here: set XERO_OPENAPI_DIR to a copy of XeroAPI/Xero-OpenAPI"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return place


@cache
def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((directory() / name).read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


_formats = FormatChecker(())


@_formats.checks("uuid", ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


@_formats.checks("date-time", ValueError)
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str) or ZONELESS.match(value):
        return True
    return datetime.fromisoformat(value).tzinfo is not None


@cache
def _registry(name: str) -> Registry[Any]:
    return Registry().with_resource(_BASE, Resource(contents=document(name), specification=DRAFT4))


@cache
def operations(name: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Every operation by its id: (method, path, operation)."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document(name)["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "put", "post", "delete"}
    }


def _resolved(name: str, value: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Follow a reference; returns the object and the last name on the way."""
    last = ""
    while "$ref" in value:
        last = value["$ref"].rpartition("/")[2]
        target: Any = document(name)
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value, last


def _unlisted(name: str, schema: dict[str, Any], value: Any, place: str) -> list[str]:
    schema, title = _resolved(name, schema)
    if isinstance(value, list):
        return [text for item in value for text in _unlisted(name, schema.get("items", {}), item, f"{place}[]")]
    if not isinstance(value, dict) or title == ECHO:
        return []
    known, found = schema.get("properties", {}), []
    for key, item in value.items():
        if key in known:
            found += _unlisted(name, known[key], item, f"{place}.{key}")
        elif (title, key) not in UNLISTED and not (place == "$" and ("*", key) in UNLISTED):
            found.append(f"{place}.{key} is not in the contract ({title})")
    return found


def departures(name: str, operation_id: str, status: int, content_type: str, body: Any) -> list[str]:
    """Return where an answer departs from the contract: status, type, values, unlisted fields. Empty if nowhere."""
    _, _, operation = operations(name)[operation_id]
    if str(status) not in operation["responses"]:
        return [f"{operation_id} has no {status} answer"]
    response, _ = _resolved(name, operation["responses"][str(status)])
    content = response.get("content", {})
    kind = content_type.partition(";")[0]
    if not content:
        return [] if not body else [f"{operation_id} {status} has no body"]
    if "application/json" not in content:
        return []
    if kind != "application/json":
        return [f"{operation_id} answered {kind}"]
    schema = content["application/json"]["schema"]
    pointers = schema if "$ref" not in schema else {"$ref": f"{_BASE}{schema['$ref']}"}
    if "items" in schema and "$ref" in schema["items"]:
        pointers = {"type": "array", "items": {"$ref": f"{_BASE}{schema['items']['$ref']}"}}
    validator = OAS30Validator(pointers, registry=_registry(name), format_checker=_formats)
    problems = [
        f"{operation_id} {'.'.join(str(part) for part in error.absolute_path)}: {error.message[:200]}"
        for error in validator.iter_errors(body)
    ]
    return problems + _unlisted(name, schema, body, "$")
