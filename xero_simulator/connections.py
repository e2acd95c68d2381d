"""The connections endpoint, and the check that every API call passes: token, scope, organisation, role."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from xero_simulator import scopes
from xero_simulator.exchange import Answer, Request, json_answer, text_answer
from xero_simulator.model import AccessToken, App, Connection, Member, Organisation
from xero_simulator.world import CONNECTING_ROLES, World

REPORTING_TEXT = "You are not permitted to access this resource without the reporting role or higher privileges."


class Refused(Exception):
    """A call that is turned away before any endpoint sees it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the app, the organisation, and the user with their place in it (none for a custom connection)."""

    app: App
    organisation: Organisation
    token: AccessToken
    member: Member | None
    connection: Connection | None
    user_id: str


def problem(world: World, status: int, title: str, detail: str) -> Answer:
    """Return an authentication error in the problem shape, its keys capitalised or not as the settings say."""
    body: dict[str, object] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": world.guid(),
        "Extensions": {},
    }
    if world.settings.lower_case_problems:
        body = {key.lower(): value for key, value in body.items()}
    return json_answer(status, body)


def bearer(world: World, request: Request) -> AccessToken:
    """Return the access token of a call; raises Refused with 401 when it is unknown, revoked or expired."""
    kind, _, given = (request.header("authorization") or "").partition(" ")
    row = world.store.access_tokens.get(given.strip()) if kind.lower() == "bearer" else None
    if row is None or row.is_revoked:
        raise Refused(problem(world, 401, "Unauthorized", "AuthenticationUnsuccessful"))
    if world.now() >= row.expires_at:
        text = f"TokenExpired: token expired at {row.expires_at:%d/%m/%Y %H:%M:%S}"
        raise Refused(problem(world, 401, "Unauthorized", text))
    return row


def caller_of(world: World, request: Request) -> Caller:
    """Return the caller of an accounting endpoint; raises Refused with 401 or 403."""
    token = bearer(world, request)
    app = world.store.apps.get(token.client_id)
    forbidden = Refused(problem(world, 403, "Forbidden", "AuthenticationUnsuccessful"))
    if app is None:
        raise forbidden
    if app.kind == "custom":
        organisation = world.store.organisations.get(app.tenant_id or "")
        asked = request.header("xero-tenant-id")
        if organisation is None or not organisation.is_open or asked not in (None, "", organisation.tenant_id):
            raise forbidden
        return Caller(app, organisation, token, None, None, app.tenant_owner or "")
    tenant_id = (request.header("xero-tenant-id") or "").strip().lower()
    organisation = world.store.organisations.get(tenant_id)
    connection = world.store.connections.between(token.user_id, token.client_id, tenant_id)
    if organisation is None or connection is None or not organisation.is_open:
        raise forbidden
    member = organisation.members.get(token.user_id)
    if member is None or member.role not in CONNECTING_ROLES:
        raise forbidden
    return Caller(app, organisation, token, member, connection, token.user_id)


def require_scope(world: World, caller: Caller, area: str, *, write: bool) -> None:
    """Raise Refused when the token's scopes don't open an area."""
    granted = scopes.usable(caller.token.scopes, world.now().date(), world.settings)
    if scopes.allows(granted, area, write=write):
        return
    answer = problem(world, world.settings.scope_error_status, "Unauthorized", "AuthorizationUnsuccessful")
    answer.headers.append(("WWW-Authenticate", "insufficient_scope"))
    raise Refused(answer)


def require_reporting(world: World, caller: Caller) -> None:
    """Raise Refused with 403 when the user is a standard one without the reporting permission."""
    member = caller.member
    if member is not None and member.role != "ADVISER" and not member.reports:
        raise Refused(problem(world, 403, "Forbidden", REPORTING_TEXT))


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond:06d}0"


def connection_row(world: World, connection: Connection) -> dict[str, object]:
    """Return a connection as the endpoint shows it: UTC times with seven digits of fraction and no zone."""
    return {
        "id": connection.connection_id,
        "authEventId": connection.auth_event_id,
        "tenantId": connection.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": world.store.organisations[connection.tenant_id].name,
        "createdDateUtc": _time(connection.created_at),
        "updatedDateUtc": _time(connection.updated_at),
    }


def connections(world: World, request: Request, connection_id: str | None) -> Answer:
    """Answer `GET /connections` and `DELETE /connections/{id}`."""
    token = bearer(world, request)
    if connection_id is None and request.method == "GET":
        return _list(world, request, token)
    if connection_id is not None and request.method == "DELETE":
        return _delete(world, token, connection_id)
    return text_answer(405, "")


def _list(world: World, request: Request, token: AccessToken) -> Answer:
    wanted = request.params.get("authEventId")
    if wanted is not None:
        try:
            wanted = str(uuid.UUID(wanted))
        except ValueError:
            return problem(world, 400, "Bad Request", "authEventId is not a GUID")
    app = world.store.apps.get(token.client_id)
    if app is not None and app.kind == "custom":
        return json_answer(200, [_custom_row(world, app)] if (app.tenant_id or "") in world.store.organisations else [])
    mine = world.connections(user_id=token.user_id, client_id=token.client_id)
    opened = [item for item in mine if world.store.organisations[item.tenant_id].is_open]
    rows = [connection_row(world, item) for item in opened if wanted in (None, item.auth_event_id)]
    return json_answer(200, rows)


def _custom_row(world: World, app: App) -> dict[str, object]:
    organisation = world.store.organisations[app.tenant_id or ""]
    created = organisation.created_at or world.now()
    row = Connection(
        organisation.tenant_id, "", app.client_id, organisation.tenant_id, organisation.tenant_id, created, created
    )
    return connection_row(world, row)


def _delete(world: World, token: AccessToken, connection_id: str) -> Answer:
    wanted = connection_id.lower()
    row = world.store.connections.get(wanted)
    if row is not None and (row.user_id, row.client_id) == (token.user_id, token.client_id):
        world.store.connections.delete(row.connection_id)
        return Answer(204)
    if wanted in world.store.organisations:
        # Seen when the tenant id was passed instead of the connection id.
        return problem(world, 403, "Forbidden", "AuthenticationUnsuccessful")
    return problem(world, 404, "NotFound", "The resource you're looking for cannot be found")
