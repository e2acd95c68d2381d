"""What the simulator remembers: people, organisations, apps, consents, tokens, charts and journals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Role = Literal["ADVISER", "STANDARD", "READONLY", "INVOICEONLY"]
ROLES: tuple[Role, ...] = ("ADVISER", "STANDARD", "READONLY", "INVOICEONLY")
TIERS = ("STARTER", "CORE", "PLUS", "ADVANCED", "ENTERPRISE")
GRANULAR_SINCE = date(2026, 3, 2)
BROAD_SCOPES_END = date(2027, 9, 13)


@dataclass(slots=True)
class XeroUser:
    """A person who can sign in."""

    user_id: str
    email: str
    password: str
    given_name: str
    family_name: str
    subject: str


@dataclass(slots=True)
class Member:
    """A user's place in an organisation. `reports` is the permission that reports and manual journals need."""

    role: Role
    reports: bool = True
    is_subscriber: bool = False


@dataclass(slots=True)
class Organisation:
    """An organisation; its tenant id is also its OrganisationID."""

    tenant_id: str
    name: str
    country: str = "AU"
    version: str = "AU"
    base_currency: str = "AUD"
    timezone: str = "AUSEASTERNSTANDARDTIME"
    pays_tax: bool = True
    sales_tax_basis: str = "ACCRUALS"
    sales_tax_period: str = "QUARTERLY1"
    organisation_class: str = "GROW"
    entity_type: str = "CLUB_OR_SOCIETY"
    is_demo: bool = False
    is_open: bool = True
    short_code: str = ""
    financial_year_end_day: int = 30
    financial_year_end_month: int = 6
    period_lock_on: date | None = None
    year_end_lock_on: date | None = None
    created_at: datetime | None = None
    seed: str = "au_club"
    minute_limit: int | None = 60
    day_limit: int | None = None
    members: dict[str, Member] = field(default_factory=dict)


@dataclass(slots=True)
class App:
    """A registered app. `kind` is `web`, `pkce` (no secret) or `custom` (client credentials for one organisation)."""

    client_id: str
    name: str
    client_secret: str | None = None
    kind: Literal["web", "pkce", "custom"] = "web"
    redirect_uris: list[str] = field(default_factory=list)
    is_certified: bool = False
    is_exempt: bool = False
    created_on: date = GRANULAR_SINCE
    tier: str = "STARTER"
    scopes: list[str] = field(default_factory=list)
    tenant_id: str | None = None
    tenant_owner: str | None = None
    is_enabled: bool = True
    connection_limit: int | None = None
    minute_limit: int = 60
    day_limit: int | None = None
    app_minute_limit: int = 10_000
    concurrent_limit: int = 5


@dataclass(slots=True)
class Connection:
    """One user's connection of one app to one organisation."""

    connection_id: str
    user_id: str
    client_id: str
    tenant_id: str
    auth_event_id: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class Grant:
    """The scopes a user has given an app so far; they only add up."""

    user_id: str
    client_id: str
    scopes: list[str]


@dataclass(slots=True)
class AuthorisationCode:
    """What a code stands for until it is exchanged."""

    code: str
    client_id: str
    user_id: str
    redirect_uri: str
    scopes: list[str]
    auth_event_id: str
    session_id: str
    nonce: str | None
    challenge: str | None
    issued_at: datetime
    signed_in_at: datetime
    is_used: bool = False


@dataclass(slots=True)
class RefreshToken:
    """A refresh token. `replaced_at` is when a newer one of the same chain was handed out."""

    token: str
    chain_id: str
    client_id: str
    user_id: str
    scopes: list[str]
    auth_event_id: str
    session_id: str
    issued_at: datetime
    signed_in_at: datetime
    expires_at: datetime
    replaced_at: datetime | None = None


@dataclass(slots=True)
class AccessToken:
    """An access token that was handed out. `user_id` is empty for client credentials."""

    token: str
    client_id: str
    user_id: str
    scopes: list[str]
    auth_event_id: str
    expires_at: datetime
    is_revoked: bool = False


@dataclass(slots=True)
class Session:
    """A browser that is signed in."""

    session_id: str
    user_id: str
    signed_in_at: datetime


@dataclass(slots=True)
class Account:
    """A ledger account."""

    account_id: str
    code: str
    name: str
    type: str
    tax_type: str
    status: str = "ACTIVE"
    system_account: str = ""
    description: str = ""
    bank_account_number: str = ""
    enable_payments: bool = False
    show_in_expense_claims: bool = False
    add_to_watchlist: bool = False
    updated_at: datetime | None = None


@dataclass(slots=True)
class TaxComponent:
    """One part of a tax rate, in percent."""

    name: str
    rate: Decimal
    is_compound: bool = False
    is_non_recoverable: bool = False


@dataclass(slots=True)
class TaxRate:
    """A tax rate and the account classes it can be used with (letters of A, Q, E, L, R)."""

    tax_type: str
    name: str
    classes: str
    components: list[TaxComponent] = field(default_factory=list)
    report_tax_type: str = "NONE"
    status: str = "ACTIVE"

    @property
    def percent(self) -> Decimal:
        """The whole rate, in percent."""
        return sum((part.rate for part in self.components), Decimal(0))


@dataclass(slots=True)
class TrackingOption:
    """One option of a tracking category."""

    option_id: str
    name: str
    status: str = "ACTIVE"


@dataclass(slots=True)
class TrackingCategory:
    """A tracking category with its options."""

    category_id: str
    name: str
    status: str = "ACTIVE"
    options: list[TrackingOption] = field(default_factory=list)


@dataclass(slots=True)
class TrackingRef:
    """The option chosen on a line."""

    category_id: str
    option_id: str


@dataclass(slots=True)
class JournalLine:
    """A line; amounts in cents, debit positive. An account that was stripped leaves `account_id` empty."""

    amount_cents: int
    account_id: str = ""
    description: str | None = None
    tax_type: str = "NONE"
    tax_cents: int = 0
    tracking: list[TrackingRef] = field(default_factory=list)


@dataclass(slots=True)
class ManualJournal:
    """A manual journal as it stands."""

    journal_id: str
    tenant_id: str
    narration: str
    dated_on: date
    status: str
    line_amount_types: str
    show_on_cash_basis: bool
    url: str | None
    lines: list[JournalLine]
    updated_at: datetime
    number: int = 0
    attachment_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class HistoryRecord:
    """One entry of a journal's history."""

    changes: str
    details: str
    user: str
    at: datetime


@dataclass(slots=True)
class Attachment:
    """A file on a journal."""

    attachment_id: str
    journal_id: str
    file_name: str
    mime_type: str
    content: bytes


@dataclass(slots=True)
class HistoryOf:
    """A journal's history, oldest first."""

    records: list[HistoryRecord]


@dataclass(slots=True)
class Chart:
    """An organisation's accounts, tax rates and tracking. `version` grows with each change."""

    accounts: list[Account]
    tax_rates: list[TaxRate]
    categories: list[TrackingCategory]
    version: int = 1


@dataclass(slots=True)
class SigningKey:
    """A private signing key as PEM. Only the newest signs; older ones are still published."""

    kid: str
    pem: str


@dataclass(slots=True)
class StoredAnswer:
    """The answer kept for an idempotency key, and the fingerprint of the request that it belongs to."""

    fingerprint: str
    at: datetime
    status: int
    headers: list[list[str]]
    body: bytes


@dataclass(slots=True)
class LateCommit:
    """A request that will be carried out later, after its caller was already told otherwise."""

    due_at: datetime
    client_id: str
    access_token: str
    tenant_id: str
    method: str
    path: str
    query: str
    body: bytes
    content_type: str
    idempotency_key: str | None = None


@dataclass(slots=True)
class Settings:
    """Switches for behaviour that Xero's documents leave open or describe in two ways."""

    broad_scopes: bool = True
    idempotency_seconds: int = 360
    idempotency_conflict_status: int = 409
    summarize_errors_default: bool = True
    reconsent_keeps_auth_event: bool = False
    lower_case_problems: bool = False
    not_found_as_json: bool = False
    invalid_client_status: int = 400
    scope_error_status: int = 401
    where_ignores_case: bool = True
    refuse_zero_lines: bool = False
    pagination_without_page: bool = False
    high_volume_records: int = 100_000
    rapid_sync: bool = True
    limits: bool = True
    latency_seconds: float = 0.0
    log_entries: int = 5_000
