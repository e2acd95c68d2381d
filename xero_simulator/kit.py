"""The fault kit under `/_sim/`: look at the world, change it, break it. JSON in and out, no authentication."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import orjson

from xero_simulator import codec, scenario, tokens
from xero_simulator.exchange import Answer, Request, json_answer
from xero_simulator.faults import PRESETS
from xero_simulator.identity import withdraw_consent
from xero_simulator.log import LogEntry
from xero_simulator.model import Member, Organisation
from xero_simulator.money import text_of
from xero_simulator.parts import Running

Handler = Callable[[Running, dict[str, Any], dict[str, str]], object]
_HIDDEN = {"authorization", "cookie", "set-cookie"}


def answer(simulator: Running, request: Request) -> Answer:
    """Answer a request to the kit; 400 says what is wrong with it, 404 lists what there is."""
    path = request.path.removeprefix("/_sim").strip("/")
    for method, pattern, handler in ROUTES:
        match = re.fullmatch(pattern, path)
        if match and method == request.method:
            try:
                body = orjson.loads(request.body) if request.body.strip() else {}
                if not isinstance(body, dict):
                    return json_answer(400, {"error": "the body must be a JSON object"})
                parts = match.groupdict() | {f"query_{key}": value for key, value in request.params.items()}
                return json_answer(200, handler(simulator, body, parts))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                return json_answer(400, {"error": f"{type(error).__name__}: {error}"})
    listing = [f"{method} /_sim/{pattern}" for method, pattern, _ in ROUTES]
    return json_answer(200 if not path else 404, {"endpoints": listing, "faults": list(PRESETS)})


def _organisation(simulator: Running, name: str) -> Organisation:
    found = simulator.world.find_organisation(name)
    if found is None:
        raise ValueError(f"there is no organisation {name}")
    return found


def _plain(row: Any) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(codec.dump(row))
    return plain


def _state(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    world, store = simulator.world, simulator.world.store
    return {
        "now": world.now().isoformat(),
        "is_frozen": world.clock.is_frozen,
        "origin": world.origin,
        "settings": asdict(world.settings),
        "users": [{key: value for key, value in _plain(row).items() if key != "password"} for row in store.users],
        "organisations": [_plain(row) for row in store.organisations],
        "apps": [{key: value for key, value in _plain(row).items() if key != "client_secret"} for row in store.apps],
        "connections": [_plain(row) for row in store.connections],
        "rules": [rule.shown() for rule in simulator.rules.rules],
        "counts": {kind: len(table) for kind, table in store.tables.items()},
        "late_commits": [row.due_at.isoformat() for row in store.late_commits],
    }


def _health(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return {"status": "ok", "now": simulator.world.now().isoformat()}


def _reset(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    simulator.reset()
    return {"status": "ok"}


def _scenario(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Replace the world by a scenario, or with `?add=true` add to it."""
    if parts.get("query_add") == "true":
        scenario.load(simulator.world, body, simulator.rules)
    else:
        scenario.read(body)
        simulator.world.store.clear()
        simulator.world.charts.clear()
        simulator.rules.rules.clear()
        scenario.load(simulator.world, body, simulator.rules)
    return {"organisations": len(simulator.world.store.organisations)}


def _clock(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """`{"set": instant}`, `{"advance_seconds": n}`, `{"freeze": true}` or `{"run": true}`."""
    clock = simulator.clock
    unknown = set(body) - {"set", "advance_seconds", "freeze", "run"}
    if unknown:
        raise ValueError(f"the clock knows set, advance_seconds, freeze and run, not {', '.join(sorted(unknown))}")
    if "set" in body:
        clock.set(datetime.fromisoformat(body["set"]))
    if "advance_seconds" in body:
        clock.advance(float(body["advance_seconds"]))
    if body.get("freeze"):
        clock.freeze()
    if body.get("run"):
        clock.run()
    simulator.carry_out_late()
    return {"now": clock.now().isoformat(), "is_frozen": clock.is_frozen}


def _settings(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return asdict(scenario.change_settings(simulator.world, body))


def _add_users(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return {"user_id": simulator.world.add_user(**body).user_id}


def _add_organisations(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    made = scenario.add_organisations(simulator.world, body)
    return {"organisations": [{"tenant_id": row.tenant_id, "name": row.name} for row in made]}


def _change_organisation(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Change fields of an organisation: name, lock dates, limits, tax basis, `is_open`."""
    found = _organisation(simulator, parts["name"])
    if {"tenant_id", "members", "seed"} & set(body):
        raise ValueError("tenant_id, members and seed cannot be changed here")
    changed = codec.build(Organisation, _plain(found) | body)
    return _plain(simulator.world.store.organisations.put(found.tenant_id, changed))


def _lock_dates(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """`{"period": "2026-06-30" or null, "year_end": …}`; what isn't given stays."""
    found = _organisation(simulator, parts["name"])
    unknown = set(body) - {"period", "year_end"}
    if unknown:
        raise ValueError("lock dates are period and year_end")
    if "period" in body:
        found.period_lock_on = date.fromisoformat(body["period"]) if body["period"] else None
    if "year_end" in body:
        found.year_end_lock_on = date.fromisoformat(body["year_end"]) if body["year_end"] else None
    return _plain(simulator.world.store.organisations.put(found.tenant_id, found))


def _change_account(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Rename, recode or archive an account, as a person would in Xero: `{"code", "name", "status", "tax_type"}`."""
    world = simulator.world
    found = _organisation(simulator, parts["name"])
    account = world.charts.book(found.tenant_id).by_code.get(parts["code"].upper())
    if account is None:
        raise ValueError(f"{found.name} has no account {parts['code']}")
    for field, value in body.items():
        if field not in {"code", "name", "status", "tax_type"} or not isinstance(value, str):
            raise ValueError("an account's code, name, status and tax_type can be changed, to texts")
        setattr(account, field, value)
    account.updated_at = world.now()
    world.charts.changed(found.tenant_id)
    return _plain(account)


def _change_option(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Rename or archive a tracking option: `{"category", "option", "name", "status"}`."""
    found = _organisation(simulator, parts["name"])
    category = simulator.world.charts.book(found.tenant_id).category_by_name(body["category"])
    options = category.options if category else []
    option = next((item for item in options if item.name == body["option"]), None)
    if option is None:
        raise ValueError("there is no such option")
    option.name = body.get("name", option.name)
    option.status = body.get("status", option.status)
    simulator.world.charts.changed(found.tenant_id)
    return _plain(option)


def _set_member(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Return a user a role or permission, or with `"role": null` take it away."""
    world = simulator.world
    found = _organisation(simulator, parts["name"])
    user = world.user_by_email(parts["user"])
    if user is None:
        raise ValueError(f"there is no user {parts['user']}")
    current = found.members.get(user.user_id)
    values = (_plain(current) if current else {}) | body
    member = codec.build(Member, values) if values.get("role") else None
    world.set_member(found.tenant_id, user.user_id, member)
    return _plain(world.store.organisations[found.tenant_id])["members"]


def _reset_demo(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    found = _organisation(simulator, parts["name"])
    return {"tenant_id": simulator.world.reset_demo(found.tenant_id).tenant_id}


def _journals(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    found = _organisation(simulator, parts["name"])
    rows = []
    for journal in simulator.journals(found.tenant_id, live_only=False):
        row = _plain(journal)
        for line in row["lines"]:
            line["amount"] = text_of(line["amount_cents"])
        rows.append(row)
    return {"journals": rows}


def _entries(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    found = _organisation(simulator, parts["name"])
    names = ("journal_id", "date", "account", "cents")
    return {"entries": [dict(zip(names, row, strict=True)) for row in simulator.journal_entries(found.tenant_id)]}


def _add_app(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return {"client_id": scenario.add_app(simulator.world, body).client_id}


def _change_app(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    found = simulator.world.store.apps.get(parts["app"])
    if found is None:
        raise ValueError(f"there is no app {parts['app']}")
    changed = codec.build(type(found), _plain(found) | body)
    return {"client_id": simulator.world.add_app(changed).client_id}


def _connect(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Connect organisations and give a token set, without pages: `{"user", "app", "organisations", "scopes"}`."""
    return scenario.connect(simulator.world, body["user"], body["app"], body["organisations"], body.get("scopes"))


def _authorise(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Do the browser's part for an authorise address: `{"address", "user", "organisations", "cancel"}`."""
    location = simulator.authorise(
        body["address"], body["user"], body.get("organisations", ()), cancel=bool(body.get("cancel"))
    )
    return {"location": location}


def _disconnect(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Disconnect as on the Connected apps page: every connection that fits `user`, `app` and `organisation`."""
    world = simulator.world
    user = world.user_by_email(body["user"]) if "user" in body else None
    if "user" in body and user is None:
        raise ValueError(f"there is no user {body['user']}")
    tenant_id = _organisation(simulator, body["organisation"]).tenant_id if "organisation" in body else None
    found = world.connections(user_id=user.user_id if user else None, client_id=body.get("app"), tenant_id=tenant_id)
    for connection in found:
        world.store.connections.delete(connection.connection_id)
    return {"disconnected": len(found)}


def _tokens(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Expire or revoke: `{"kind": "access" | "refresh", "user", "app"}`; revoking ends connections too."""
    world = simulator.world
    store = world.store
    user = world.user_by_email(body["user"]) if "user" in body else None
    marks = (user.user_id if user else None, body.get("app"))
    touched = 0
    if parts["what"] == "revoke":
        for grant in store.grants:
            if marks[0] in (None, grant.user_id) and marks[1] in (None, grant.client_id):
                withdraw_consent(world, grant.user_id, grant.client_id)
                touched += 1
        return {"touched": touched}
    kind = body.get("kind", "access")
    if kind not in {"access", "refresh"}:
        raise ValueError("kind is access or refresh")
    table: Any = store.access_tokens if kind == "access" else store.refresh_tokens
    for row in table:
        if marks[0] in (None, row.user_id) and marks[1] in (None, row.client_id):
            row.expires_at = min(row.expires_at, world.now())
            table.put(row.token, row)
            touched += 1
    return {"touched": touched}


def _rotate(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return {"kid": tokens.rotate_key(simulator.world)}


def _rules(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return {"rules": [rule.shown() for rule in simulator.rules.rules]}


def _add_rule(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    return scenario.add_rule(simulator.world, simulator.rules, body).shown()


def _remove_rules(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    before = len(simulator.rules.rules)
    if "rule" in parts:
        simulator.rules.remove(parts["rule"])
    else:
        simulator.rules.rules.clear()
    return {"removed": before - len(simulator.rules.rules)}


def _shown(entry: LogEntry) -> dict[str, object]:
    request, given = entry.request, entry.answer
    return {
        "at": entry.at.isoformat(),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": {key: "…" if key in _HIDDEN else value for key, value in request.headers.items()},
        "body": request.body.decode("utf-8", "replace"),
        "client_id": entry.client_id,
        "tenant_id": entry.tenant_id,
        "rule_id": entry.rule_id,
        "status": given.status,
        "answer_headers": {key: "…" if key.lower() in _HIDDEN else value for key, value in given.headers},
        "answer_body": given.body.decode("utf-8", "replace"),
        "drop": given.drop,
        "delay_seconds": given.delay_seconds,
    }


def _log(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    """Return the journal of requests and answers; `?method=`, `?path=` and `?last=` narrow it."""
    found = simulator.requests(parts.get("query_method"), parts.get("query_path", ""))
    last = int(parts.get("query_last", len(found) or 1))
    return {"requests": [_shown(entry) for entry in found[-last:]]}


def _clear_log(simulator: Running, body: dict[str, Any], parts: dict[str, str]) -> object:
    simulator.log.clear()
    return {"status": "ok"}


_ORGANISATION = r"organisations/(?P<name>[^/]+)"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "health", _health),
    ("GET", "state", _state),
    ("POST", "reset", _reset),
    ("POST", "scenario", _scenario),
    ("POST", "clock", _clock),
    ("GET", "clock", _clock),
    ("POST", "settings", _settings),
    ("POST", "users", _add_users),
    ("POST", "organisations", _add_organisations),
    ("POST", _ORGANISATION, _change_organisation),
    ("POST", f"{_ORGANISATION}/lock-dates", _lock_dates),
    ("POST", rf"{_ORGANISATION}/accounts/(?P<code>[^/]+)", _change_account),
    ("POST", f"{_ORGANISATION}/tracking-options", _change_option),
    ("POST", rf"{_ORGANISATION}/members/(?P<user>[^/]+)", _set_member),
    ("POST", f"{_ORGANISATION}/reset-demo", _reset_demo),
    ("GET", f"{_ORGANISATION}/journals", _journals),
    ("GET", f"{_ORGANISATION}/entries", _entries),
    ("POST", "apps", _add_app),
    ("POST", r"apps/(?P<app>[^/]+)", _change_app),
    ("POST", "connect", _connect),
    ("POST", "authorise", _authorise),
    ("POST", "disconnect", _disconnect),
    ("POST", r"tokens/(?P<what>expire|revoke)", _tokens),
    ("POST", "keys/rotate", _rotate),
    ("GET", "rules", _rules),
    ("POST", "rules", _add_rule),
    ("DELETE", "rules", _remove_rules),
    ("DELETE", r"rules/(?P<rule>[^/]+)", _remove_rules),
    ("GET", "log", _log),
    ("DELETE", "log", _clear_log),
)
