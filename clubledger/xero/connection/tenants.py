"""What Xero's own list of connections says (`/connections`), and removing one. Binds nothing to any club."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from clubledger.xero.errors import AnswerUnreadable
from clubledger.xero.http import client
from clubledger.xero.http.answers import raise_for
from clubledger.xero.http.network import Deadline
from clubledger.xero.http.wire import Unreadable, elements, read_instant, read_json, text
from clubledger.xero.oauth import refresh

CALL_SECONDS = 15.0
ACCOUNTING_PATH = "/api.xro/2.0"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One connection of a Xero user and app. `tenant_type` is ORGANISATION for what we can use."""

    connection_id: str
    auth_event_id: str
    tenant_id: str
    tenant_type: str
    name: str
    created_at: datetime | None
    updated_at: datetime | None


def list_tenants(token_set_id: int) -> list[Tenant]:
    """Return every organisation that this Xero user ever connected to the app and has not disconnected.

    An empty list means that the token lives and nothing is connected. Raises as `refresh.fresh`, and XeroError.
    """
    reply = refresh.call_with_token(token_set_id, lambda token: _call("GET", "/connections", token))
    raise_for(reply)
    try:
        found = read_json(reply.body)
    except Unreadable:
        found = None
    if not isinstance(found, list):
        raise AnswerUnreadable(
            "Xero's list of connections can't be read", http_status=reply.status, correlation_id=reply.correlation_id
        )
    tenants = [
        Tenant(
            connection_id=text(entry, "id"),
            auth_event_id=text(entry, "authEventId"),
            tenant_id=text(entry, "tenantId"),
            tenant_type=text(entry, "tenantType"),
            name=text(entry, "tenantName"),
            created_at=read_instant(text(entry, "createdDateUtc")),
            updated_at=read_instant(text(entry, "updatedDateUtc")),
        )
        for entry in found
    ]
    return [one for one in tenants if one.tenant_type.upper() == "ORGANISATION" and one.tenant_id]


def of_consent(tenants: list[Tenant], *, auth_event_id: str, begun_at: datetime, ended_at: datetime) -> list[Tenant]:
    """Return the organisations that a consent was for; all of them where it can't be told (xero-facts 2.1).

    By the consent's event id; else by the time of change within the consent; else a person must choose.
    """
    by_event = [one for one in tenants if auth_event_id and one.auth_event_id == auth_event_id]
    if by_event:
        return by_event
    # Xero's clock and ours need not agree to the second.
    earliest, latest = begun_at - timedelta(seconds=30), ended_at + timedelta(seconds=30)
    by_time = [one for one in tenants if one.updated_at is not None and earliest <= one.updated_at <= latest]
    return by_time or tenants


def base_currency(token_set_id: int, tenant_id: str) -> str:
    """Return the base currency of an organisation that is not bound yet, in capitals. Raises XeroError."""
    reply = refresh.call_with_token(
        token_set_id, lambda token: _call("GET", f"{ACCOUNTING_PATH}/Organisation", token, tenant_id=tenant_id)
    )
    raise_for(reply)
    try:
        found = elements(read_json(reply.body), "Organisations")
    except Unreadable:
        found = []
    if not found:
        raise AnswerUnreadable(
            "Xero's answer holds no organisation", http_status=reply.status, correlation_id=reply.correlation_id
        )
    return text(found[0], "BaseCurrency").upper()


def disconnect(token_set_id: int, connection_id: str) -> bool:
    """Remove one connection (`DELETE /connections/{id}`). False if Xero no longer knows it. Raises XeroError."""
    reply = refresh.call_with_token(token_set_id, lambda token: _call("DELETE", f"/connections/{connection_id}", token))
    if reply.status == 404:
        return False
    raise_for(reply)
    return True


def _call(method: str, path: str, token: str, *, tenant_id: str = "") -> client.Reply:
    tenant = {"Xero-Tenant-Id": tenant_id} if tenant_id else {}
    return client.exchange(
        method,
        f"{settings.XERO_API_URL}{path}",
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json", **tenant},
        deadline=Deadline.after(CALL_SECONDS),
    )
