"""Scenarios: users, organisations, apps, connections, settings and rules as JSON, and the default one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from xero_simulator import codec, consent, tokens
from xero_simulator.charts import SEED_DIRECTORY, read_seed, stable_id
from xero_simulator.exchange import Answer, Request
from xero_simulator.faults import Rule, RuleBook
from xero_simulator.model import Account, App, Grant, Member, Organisation, Settings, TrackingCategory, TrackingOption
from xero_simulator.parts import Running
from xero_simulator.world import World

KEYS = {"clock", "settings", "users", "organisations", "apps", "connections", "rules"}


def default(product_origin: str | None = None) -> dict[str, Any]:
    """Return the default scenario. Redirect addresses go to the product's origin, by default http://localhost:8000."""
    origin = product_origin or f"http://localhost:{os.environ.get('CLUBLEDGER_PORT', '8000')}"
    text = (SEED_DIRECTORY / "default.json").read_text("utf-8").replace("{product}", origin.rstrip("/"))
    scenario: dict[str, Any] = json.loads(text)
    return scenario


def follow_product(world: World) -> None:
    """Let the default apps of a stored world also redirect to where the product is now; its port may have changed."""
    for values in default()["apps"]:
        app = world.store.apps.get(values["client_id"])
        missing = [uri for uri in values.get("redirect_uris", []) if app and uri not in app.redirect_uris]
        if app is not None and missing:
            app.redirect_uris = app.redirect_uris + missing
            world.store.apps.put(app.client_id, app)


def read(source: dict[str, Any] | str | Path) -> dict[str, Any]:
    """Return a scenario from a dict or a file; `"extends": "default"` puts it on top of the default one."""
    given: dict[str, Any] = source if isinstance(source, dict) else json.loads(Path(source).read_text("utf-8"))
    unknown = set(given) - KEYS - {"extends", "product_origin"}
    if unknown:
        raise ValueError(f"a scenario has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(KEYS))}")
    if given.get("extends") != "default":
        return given
    base = default(given.get("product_origin"))
    for key in ("users", "organisations", "apps"):
        base[key] = base[key] + given.get(key, [])
    return base | {key: given[key] for key in ("clock", "settings", "connections", "rules") if key in given}


def load(world: World, source: dict[str, Any] | str | Path, rules: RuleBook | None = None) -> None:
    """Add what a scenario says; raises ValueError for anything it cannot make sense of."""
    given = read(source)
    if "clock" in given:
        world.clock.set(datetime.fromisoformat(given["clock"]))
        world.clock.freeze()
    if "settings" in given:
        change_settings(world, given["settings"])
    for user in given.get("users", []):
        world.add_user(**user)
    for organisation in given.get("organisations", []):
        add_organisations(world, organisation)
    for app in given.get("apps", []):
        add_app(world, app)
    for connection in given.get("connections", []):
        connect(world, connection["user"], connection["app"], connection["organisations"], connection.get("scopes"))
    for rule in given.get("rules", []):
        if rules is not None:
            add_rule(world, rules, rule)


def change_settings(world: World, values: dict[str, Any]) -> Settings:
    """Change switches; raises ValueError for one that doesn't exist or has another type."""
    settings = world.settings
    known = {field.name for field in fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"there is no setting {name}; there are {', '.join(sorted(known))}")
        current = getattr(settings, name)
        kinds = (int, float) if isinstance(current, float) else (type(current),)
        if not isinstance(value, kinds) or (isinstance(value, bool) != isinstance(current, bool)):
            raise ValueError(f"the setting {name} takes a {type(current).__name__}")
        setattr(settings, name, value)
    return world.store.settings_rows.put("settings", settings)


def _user_id(world: World, email: str) -> str:
    user = world.user_by_email(email)
    if user is None:
        raise ValueError(f"there is no user {email}")
    return user.user_id


def _tenant_id(world: World, name: str) -> str:
    organisation = world.find_organisation(name)
    if organisation is None:
        raise ValueError(f"there is no organisation {name}")
    return organisation.tenant_id


def add_organisations(world: World, values: dict[str, Any]) -> list[Organisation]:
    """Add an organisation, or `count` of them whose name carries `{n}`; `accounts` and `tracking` add to the seed's."""
    values = dict(values)
    count = values.pop("count", None)
    if count is None:
        return [_add_organisation(world, values)]
    if "{n}" not in values["name"]:
        raise ValueError("with count, the name needs {n} in it")
    return [
        _add_organisation(world, values | {"name": values["name"].replace("{n}", str(number))})
        for number in range(1, count + 1)
    ]


def _add_organisation(world: World, values: dict[str, Any]) -> Organisation:
    values = dict(values)
    members = values.pop("members", {})
    accounts, tracking = values.pop("accounts", []), values.pop("tracking", {})
    values.setdefault("tenant_id", stable_id("organisation", values["name"]))
    organisation = codec.build(Organisation, values)
    try:
        read_seed(organisation.seed)
    except FileNotFoundError:
        raise ValueError(f"there is no chart {organisation.seed}") from None
    for email, member in members.items():
        place = {"role": member} if isinstance(member, str) else member
        organisation.members[_user_id(world, email)] = codec.build(Member, place)
    world.add_organisation(organisation)
    if accounts or tracking:
        chart = world.charts.book(organisation.tenant_id).chart
        for account in accounts:
            key = {"account_id": stable_id(organisation.tenant_id, "account", account["code"])}
            chart.accounts.append(codec.build(Account, key | account))
        for name, options in tracking.items():
            made = [
                TrackingOption(stable_id(organisation.tenant_id, "option", name, option), option) for option in options
            ]
            category_id = stable_id(organisation.tenant_id, "category", name)
            chart.categories = [item for item in chart.categories if item.name != name]
            chart.categories.append(TrackingCategory(category_id, name, options=made))
        world.charts.changed(organisation.tenant_id)
    return organisation


def add_app(world: World, values: dict[str, Any]) -> App:
    """Register an app; a custom connection names its organisation as `tenant`."""
    values = dict(values)
    tenant = values.pop("tenant", None)
    if tenant is not None:
        values["tenant_id"] = _tenant_id(world, tenant)
    return world.add_app(codec.build(App, values))


def add_rule(world: World, rules: RuleBook, values: dict[str, Any]) -> Rule:
    """Add a fault rule; `organisation` may name what `tenant_id` identifies."""
    values = dict(values)
    if "organisation" in values:
        values["tenant_id"] = _tenant_id(world, values.pop("organisation"))
    fault = values.pop("fault", None)
    if not isinstance(fault, str):
        raise ValueError("a rule needs the name of a fault")
    return rules.add(fault, **values)


DEFAULT_SCOPES = "openid profile email offline_access accounting.manualjournals accounting.settings.read"


def connect(
    world: World, user: str, client_id: str, organisations: str | Iterable[str], scopes: str | None = None
) -> dict[str, object]:
    """Connect organisations and give a token set at once, without pages: for tests that are about something else."""
    app = world.store.apps.get(client_id)
    if app is None:
        raise ValueError(f"there is no app {client_id}")
    person = world.store.users[_user_id(world, user)]
    names = [organisations] if isinstance(organisations, str) else list(organisations)
    auth_event_id = world.guid()
    for name in names:
        tenant_id = _tenant_id(world, name)
        refusal = world.connection_refusal(app, tenant_id)
        if refusal:
            raise ValueError(refusal)
        world.connect(person.user_id, client_id, tenant_id, auth_event_id)
    granted = (scopes or DEFAULT_SCOPES).split()
    world.store.grants.put(f"{person.user_id} {client_id}", Grant(person.user_id, client_id, granted))
    given = tokens.Consent(app, person, granted, auth_event_id, world.hex(32).lower(), world.now())
    return tokens.issue(world, given)


def authorise(simulator: Running, address: str, user: str, organisations: str | Iterable[str], *, cancel: bool) -> str:
    """Walk through sign-in and consent as a browser does, and give the callback address; see Simulator.authorise."""
    world = simulator.world
    person = world.store.users[_user_id(world, user)]
    cookie = consent.sign_in(world, person).partition(";")[0]
    parts = urlsplit(address)
    answer = simulator.respond(Request("GET", parts.path, parts.query, {"cookie": cookie}))
    if answer.status != 200:
        raise ValueError(_page_text(simulator, answer))
    names = [organisations] if isinstance(organisations, str) else list(organisations)
    form = [("request", parts.query), ("decision", "cancel" if cancel else "allow")]
    form += [("tenant_id", _tenant_id(world, name)) for name in names]
    headers = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded"}
    answer = simulator.respond(Request("POST", "/consent", "", headers, urlencode(form).encode()))
    location = answer.header("Location")
    if answer.status != 302 or location is None or not urlsplit(location).netloc:
        raise ValueError(_page_text(simulator, answer))
    return location


def _page_text(simulator: Running, answer: Answer) -> str:
    location = answer.header("Location")
    if location:
        parts = urlsplit(location)
        answer = simulator.respond(Request("GET", parts.path, parts.query))
    return answer.text
