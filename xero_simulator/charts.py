"""An organisation's chart of accounts, tax rates and tracking: built from a seed on first use, then looked up."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from xero_simulator.model import Account, Chart, TaxComponent, TaxRate, TrackingCategory, TrackingOption
from xero_simulator.store import Store

SEED_DIRECTORY = Path(__file__).parent / "seed"
CLASS_OF_TYPE = {
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET",
    "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE",
    "EXPENSE": "EXPENSE",
    "OVERHEADS": "EXPENSE",
    "WAGESEXPENSE": "EXPENSE",
    "SUPERANNUATIONEXPENSE": "EXPENSE",
    "CURRLIAB": "LIABILITY",
    "LIABILITY": "LIABILITY",
    "PAYG": "LIABILITY",
    "SUPERANNUATIONLIABILITY": "LIABILITY",
    "TERMLIAB": "LIABILITY",
    "PAYGLIABILITY": "LIABILITY",
    "WAGESPAYABLELIABILITY": "LIABILITY",
    "OTHERINCOME": "REVENUE",
    "REVENUE": "REVENUE",
    "SALES": "REVENUE",
}
LETTER_OF_CLASS = {"ASSET": "A", "EQUITY": "Q", "EXPENSE": "E", "LIABILITY": "L", "REVENUE": "R"}
_NAMESPACE = uuid.UUID("6f7d1a52-0f0c-4f6e-9d5e-3f4f1c3a7b11")


@cache
def read_seed(name: str) -> dict[str, Any]:
    """Return a seed file's content by its name without `.json`; raises FileNotFoundError for an unknown one."""
    seed: dict[str, Any] = json.loads((SEED_DIRECTORY / f"chart_{name}.json").read_text("utf-8"), parse_float=Decimal)
    return seed


def stable_id(*parts: str) -> str:
    """Return a GUID that is the same for the same parts in every run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def chart_from_seed(tenant_id: str, seed_name: str) -> Chart:
    """Return a new organisation's chart; ids depend only on the tenant id and the codes."""
    seed = read_seed(seed_name)
    accounts = [
        Account(stable_id(tenant_id, "account", row[0]), row[0], row[1], row[2], row[3], system_account=row[4])
        for row in seed["accounts"]
    ]
    for account in accounts:
        if account.type == "BANK":
            account.bank_account_number = f"0624000{account.code}1234"
        account.enable_payments = account.code in {"880", "881", "970"}
    rates = [
        TaxRate(row[0], row[1], row[3], [TaxComponent(seed["tax_name"], Decimal(str(row[2])))], row[4])
        for row in seed["tax_rates"]
    ]
    categories = [
        TrackingCategory(
            stable_id(tenant_id, "category", name),
            name,
            options=[TrackingOption(stable_id(tenant_id, "option", name, option), option) for option in options],
        )
        for name, options in seed["tracking"].items()
    ]
    return Chart(accounts, rates, categories)


class ChartBook:
    """A chart with its look-ups. Made anew whenever the chart's version has grown."""

    def __init__(self, tenant_id: str, chart: Chart) -> None:
        self.tenant_id = tenant_id
        self.chart = chart
        self.version = chart.version
        self.by_id = {account.account_id: account for account in chart.accounts}
        self.by_code = {
            account.code.upper(): account for account in chart.accounts if account.code and account.status != "DELETED"
        }
        self.rates = {rate.tax_type.upper(): rate for rate in chart.tax_rates}
        self.percents = {key: rate.percent for key, rate in self.rates.items()}
        self.categories = {category.category_id: category for category in chart.categories}
        self.options = {
            option.option_id: (category, option) for category in chart.categories for option in category.options
        }

    def account_of_system(self, system_account: str) -> Account | None:
        """Return the account with a role such as GST or RETAINEDEARNINGS, or None."""
        return next((account for account in self.chart.accounts if account.system_account == system_account), None)

    def category_by_name(self, name: str) -> TrackingCategory | None:
        """Return a tracking category by its name, whatever the case."""
        wanted = name.strip().lower()
        return next((item for item in self.chart.categories if item.name.lower() == wanted), None)


class ChartShelf:
    """The chart books of all organisations, built when first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._books: dict[str, ChartBook] = {}

    def book(self, tenant_id: str) -> ChartBook:
        """Return an organisation's chart as it stands now."""
        book = self._books.get(tenant_id)
        if book is not None and book.version == book.chart.version:
            return book
        chart = self._store.charts.get(tenant_id)
        if chart is None:
            # Not stored while untouched: the seed gives the same ids again.
            chart = (
                chart_from_seed(tenant_id, self._store.organisations[tenant_id].seed) if book is None else book.chart
            )
        book = ChartBook(tenant_id, chart)
        self._books[tenant_id] = book
        return book

    def changed(self, tenant_id: str) -> ChartBook:
        """Keep a chart that was changed in place, and give it with fresh look-ups."""
        chart = self.book(tenant_id).chart
        chart.version += 1
        self._store.charts.put(tenant_id, chart)
        return self.book(tenant_id)

    def forget(self, tenant_id: str) -> None:
        """Forget one organisation's book."""
        self._books.pop(tenant_id, None)

    def clear(self) -> None:
        """Forget all books."""
        self._books.clear()
