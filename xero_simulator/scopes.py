"""Which scopes exist, which an app may ask for, and what each lets a caller do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from xero_simulator.model import BROAD_SCOPES_END, GRANULAR_SINCE, App, Settings

IDENTITY = {"openid", "profile", "email", "offline_access"}
BROAD = {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"}
REPORTS = {
    "aged",
    "balancesheet",
    "banksummary",
    "budgetsummary",
    "executivesummary",
    "profitandloss",
    "taxreports",
    "trialbalance",
}
GRANULAR = {
    f"accounting.{name}{suffix}"
    for name in ("manualjournals", "invoices", "payments", "banktransactions")
    for suffix in ("", ".read")
} | {f"accounting.reports.{name}.read" for name in REPORTS}
UNCHANGED = {
    f"accounting.{name}{suffix}" for name in ("settings", "attachments", "contacts") for suffix in ("", ".read")
} | {"accounting.budgets.read", "accounting.journals.read"}
WITHOUT_TENANT = {"app.connections", "marketplace.billing"}
KNOWN = IDENTITY | BROAD | GRANULAR | UNCHANGED | WITHOUT_TENANT
JOURNALS_LOST_ON = date(2026, 4, 29)
"""Custom connections made since then cannot ask for the general ledger."""


def allows(granted: Iterable[str], area: str, *, write: bool) -> bool:
    """Whether scopes open an area (`manualjournals`, `reports.trialbalance`, …) for reading or writing."""
    names = {f"accounting.{area}"} if not area.startswith("reports.") and area != "journals" else set()
    if not write:
        names.add(f"accounting.{area}.read")
    if area in {"manualjournals", "invoices", "payments", "banktransactions"}:
        names.add("accounting.transactions")
        if not write:
            names.add("accounting.transactions.read")
    if area.startswith("reports."):
        names.add("accounting.reports.read")
    return not names.isdisjoint(granted)


def refusal(app: App, asked: list[str], today: date, settings: Settings) -> str | None:
    """Return the error text of an authorise request whose scopes this app may not ask for, or None."""
    if not asked or not KNOWN.issuperset(asked):
        return "invalid_scope"
    if not WITHOUT_TENANT.isdisjoint(asked):
        return "unauthorized_client : Invalid scope for client"
    if app.scopes and not set(app.scopes).issuperset(asked):
        return "unauthorized_client : Invalid scope for client"
    if not BROAD.isdisjoint(asked) and not broad_allowed(app, today, settings):
        return "unauthorized_client : Invalid scope for client"
    return None


def broad_allowed(app: App, today: date, settings: Settings) -> bool:
    """Whether an app may still use the old broad scopes on a day."""
    return settings.broad_scopes and app.created_on < GRANULAR_SINCE and today < BROAD_SCOPES_END


def usable(granted: Iterable[str], today: date, settings: Settings) -> set[str]:
    """Return the scopes of a token that still work today: broad ones end on 13 September 2027."""
    kept = set(granted)
    return kept if settings.broad_scopes and today < BROAD_SCOPES_END else kept - BROAD


def needs_organisation(asked: Iterable[str]) -> bool:
    """Whether a consent with these scopes connects an organisation, or is a sign-in only."""
    return any(scope.startswith("accounting.") for scope in asked)
