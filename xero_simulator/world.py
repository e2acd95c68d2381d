"""The simulated world: its memory, clock, switches and charts, and what can happen to people and organisations."""

from __future__ import annotations

import random
import secrets
import uuid
from datetime import datetime
from urllib.parse import urlsplit

from xero_simulator.charts import ChartShelf, stable_id
from xero_simulator.clock import Clock
from xero_simulator.model import App, Connection, Member, Organisation, Settings, XeroUser
from xero_simulator.store import Store

CONNECTING_ROLES = {"ADVISER", "STANDARD"}
TIER_CONNECTIONS = {"STARTER": 5, "CORE": 50, "PLUS": 1_000, "ADVANCED": 10_000, "ENTERPRISE": 1_000_000}
BULK_TIERS = {"ADVANCED", "ENTERPRISE"}
UNCERTIFIED_PER_ORGANISATION = 2
REDIRECT_URIS_PER_APP = 50
CUSTOM_COUNTRIES = {"AU", "NZ", "GB", "US"}


class World:
    """What every part of the simulator works on. Not thread safe by itself: the caller holds the simulator's lock."""

    def __init__(self, store: Store, clock: Clock, origin: str, seed: int | None = None) -> None:
        self.store = store
        self.clock = clock
        self.origin = origin.rstrip("/")
        self.charts = ChartShelf(store)
        self._random: random.Random = random.Random(seed) if seed is not None else secrets.SystemRandom()  # noqa: S311
        self.pinned_now: datetime | None = None

    @property
    def settings(self) -> Settings:
        """The switches, as they stand."""
        return self.store.settings_rows.get("settings") or self.store.settings_rows.put("settings", Settings())

    def now(self) -> datetime:
        """Return the present instant; while a late request is carried out, the instant it was due."""
        return self.pinned_now or self.clock.now()

    def guid(self) -> str:
        """Return a new GUID; the same ones in the same order when the simulator was given a seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        """Return random hexadecimal digits in capitals."""
        return f"{self._random.getrandbits(length * 4):0{length}X}"

    # People and organisations

    def add_user(self, email: str, password: str, given_name: str, family_name: str) -> XeroUser:
        """Add a person who can sign in; raises ValueError when the e-mail is taken."""
        if self.user_by_email(email):
            raise ValueError(f"there is already a user {email}")
        user_id = stable_id("user", email.lower())
        subject = uuid.uuid5(uuid.UUID(user_id), "subject").hex
        return self.store.users.put(user_id, XeroUser(user_id, email, password, given_name, family_name, subject))

    def user_by_email(self, email: str) -> XeroUser | None:
        """Return a user by e-mail (any case) or id, or None."""
        wanted = email.strip().lower()
        user = self.store.users.get(wanted)
        return user or next((user for user in self.store.users if user.email.lower() == wanted), None)

    def add_organisation(self, organisation: Organisation) -> Organisation:
        """Add an organisation; raises ValueError when its tenant id is taken."""
        if organisation.tenant_id in self.store.organisations:
            raise ValueError(f"there is already an organisation {organisation.tenant_id}")
        organisation.created_at = organisation.created_at or self.now()
        organisation.short_code = organisation.short_code or "!" + organisation.tenant_id.replace("-", "")[:5]
        return self.store.organisations.put(organisation.tenant_id, organisation)

    def find_organisation(self, name_or_id: str) -> Organisation | None:
        """Return an organisation by tenant id, short code or exact name, or None."""
        found = self.store.organisations.get(name_or_id)
        return found or next(
            (item for item in self.store.organisations if name_or_id in {item.name, item.short_code}), None
        )

    def set_member(self, tenant_id: str, user_id: str, member: Member | None) -> None:
        """Return a user a role in an organisation, or take it away. A role too low to connect ends the connections."""
        organisation = self.store.organisations[tenant_id]
        if member is None:
            organisation.members.pop(user_id, None)
        else:
            organisation.members[user_id] = member
        self.store.organisations.put(tenant_id, organisation)
        if member is None or member.role not in CONNECTING_ROLES:
            for connection in self.connections(user_id=user_id, tenant_id=tenant_id):
                self.store.connections.delete(connection.connection_id)

    def reset_demo(self, tenant_id: str) -> Organisation:
        """Reset a demo company: it comes back with a new tenant id, empty books and no connections."""
        old = self.store.organisations[tenant_id]
        if not old.is_demo:
            raise ValueError(f"{old.name} is not a demo company")
        self.remove_organisation(tenant_id)
        old.tenant_id = self.guid()
        old.created_at = self.now()
        old.period_lock_on = old.year_end_lock_on = None
        return self.store.organisations.put(old.tenant_id, old)

    def remove_organisation(self, tenant_id: str) -> None:
        """Remove an organisation with its books and connections."""
        for connection in self.connections(tenant_id=tenant_id):
            self.store.connections.delete(connection.connection_id)
        for journal_id, journal in list(self.store.journals.of(tenant_id).items()):
            for attachment_id in journal.attachment_ids:
                self.store.attachments.delete(attachment_id)
            self.store.histories.delete(journal_id)
            self.store.journals.delete(journal_id)
        self.store.charts.delete(tenant_id)
        self.charts.forget(tenant_id)
        self.store.organisations.delete(tenant_id)

    # Apps and connections

    def add_app(self, app: App) -> App:
        """Register an app; raises ValueError for what the developer portal refuses."""
        if len(app.redirect_uris) > REDIRECT_URIS_PER_APP:
            raise ValueError(f"an app has at most {REDIRECT_URIS_PER_APP} redirect URIs")
        for uri in app.redirect_uris:
            parts = urlsplit(uri)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "localhost"):
                raise ValueError(f"{uri} is refused: https, or http://localhost")
            if "*" in uri:
                raise ValueError(f"{uri} is refused: no wildcards")
        organisation = self.store.organisations.get(app.tenant_id or "")
        if app.kind == "custom" and (organisation is None or organisation.country not in CUSTOM_COUNTRIES):
            raise ValueError("a custom connection needs an organisation in Australia, New Zealand, the UK or the US")
        return self.store.apps.put(app.client_id, app)

    def connections(
        self, *, user_id: str | None = None, client_id: str | None = None, tenant_id: str | None = None
    ) -> list[Connection]:
        """Return the connections that fit all the given marks, oldest first."""
        return [
            item
            for item in self.store.connections
            if user_id in (None, item.user_id)
            and client_id in (None, item.client_id)
            and tenant_id in (None, item.tenant_id)
        ]

    def may_connect(self, user_id: str, organisation: Organisation) -> bool:
        """Whether a user's role lets them connect an organisation."""
        member = organisation.members.get(user_id)
        return organisation.is_open and member is not None and member.role in CONNECTING_ROLES

    def connection_refusal(self, app: App, tenant_id: str) -> str | None:
        """Return the notice that stops a consent for a further organisation or app, or None."""
        tenants = {item.tenant_id for item in self.connections(client_id=app.client_id)}
        if tenant_id in tenants:
            return None
        if not app.is_certified and not app.is_exempt:
            others = {
                item.client_id
                for item in self.connections(tenant_id=tenant_id)
                if not self.store.apps[item.client_id].is_certified and not self.store.apps[item.client_id].is_exempt
            }
            if len(others) >= UNCERTIFIED_PER_ORGANISATION:
                return (
                    "This organisation already has two uncertified apps connected. Disconnect one of them, "
                    f"or ask the makers of {app.name} to have it certified."
                )
        limit = app.connection_limit if app.connection_limit is not None else TIER_CONNECTIONS[app.tier]
        if len(tenants) >= limit:
            return (
                f"{app.name} has reached the maximum of {limit} connections. "
                "The app must complete certification first before it can connect to more organisations."
            )
        return None

    def connect(self, user_id: str, client_id: str, tenant_id: str, auth_event_id: str) -> Connection:
        """Connect an organisation, or renew the connection that this user already has."""
        connection = self.store.connections.between(user_id, client_id, tenant_id)
        now = self.now()
        if connection is not None:
            connection.updated_at = now
            if not self.settings.reconsent_keeps_auth_event:
                connection.auth_event_id = auth_event_id
        else:
            connection = Connection(self.guid(), user_id, client_id, tenant_id, auth_event_id, now, now)
        return self.store.connections.put(connection.connection_id, connection)
