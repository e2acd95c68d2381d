"""Reading an organisation's chart: accounts, tax rates, tracking, lock dates, as `bookkeeping.chart` values.

Keeps nothing but the organisation's own facts on the club's connection; the mapping room keeps the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import structlog
from babel.core import get_global

from clubledger.bookkeeping.chart import Account, Chart, Organisation, TaxRate, TrackingOption
from clubledger.foundation import clock
from clubledger.xero.access import XeroAccess
from clubledger.xero.errors import AnswerUnreadable
from clubledger.xero.http.wire import Unreadable, amount, elements, field, read_date, text
from clubledger.xero.models import Connection

log = structlog.get_logger("clubledger.xero")

AUTOMATIC = frozenset({"AVALARA", "USSALESTAX"})
_APPLIES = {
    "CanApplyToAssets": "ASSET",
    "CanApplyToEquity": "EQUITY",
    "CanApplyToExpenses": "EXPENSE",
    "CanApplyToLiabilities": "LIABILITY",
    "CanApplyToRevenue": "REVENUE",
}


def fetch_chart(*, access: XeroAccess, with_tracking: bool = True) -> Chart:
    """Return the organisation's chart as it is now (3 calls, 4 with tracking), and bring the connection up to date.

    Raises what `XeroAccess.get` raises.
    """
    return Chart(
        organisation=fetch_organisation(access=access),
        accounts=fetch_accounts(access=access),
        tax_rates=fetch_tax_rates(access=access),
        tracking=fetch_tracking(access=access) if with_tracking else (),
    )


def fetch_accounts(*, access: XeroAccess) -> tuple[Account, ...]:
    """Return all accounts, archived ones too, by code (xero-facts 5.1). Those without an id are left out."""
    found = _list(access, "/Accounts", "Accounts")
    accounts = [
        Account(
            account_id=text(entry, "AccountID").lower(),
            code=text(entry, "Code"),
            name=text(entry, "Name"),
            account_type=text(entry, "Type").upper(),
            account_class=text(entry, "Class").upper(),
            status=text(entry, "Status").upper() or "ACTIVE",
            default_tax_type=text(entry, "TaxType"),
            system_account=text(entry, "SystemAccount").upper(),
        )
        for entry in found
        if text(entry, "AccountID")
    ]
    return tuple(sorted(accounts, key=lambda one: (one.code == "", one.code, one.name)))


def fetch_tax_rates(*, access: XeroAccess) -> tuple[TaxRate, ...]:
    """Return all tax rates in per cent, with the account classes that each may be used with (xero-facts 5.2).

    Automatic sales tax is left out: it can't be used through the API (xero-facts 4.4).
    """
    return tuple(
        TaxRate(
            tax_type=text(entry, "TaxType"),
            name=text(entry, "Name"),
            rate=_rate(entry),
            status=text(entry, "Status").upper() or "ACTIVE",
            applies_to=frozenset(kind for name, kind in _APPLIES.items() if field(entry, name) is True),
        )
        for entry in _list(access, "/TaxRates", "TaxRates")
        if text(entry, "TaxType") and text(entry, "TaxType") not in AUTOMATIC
    )


def _rate(entry: Any) -> Decimal:
    name = "EffectiveRate" if field(entry, "EffectiveRate") is not None else "DisplayTaxRate"
    try:
        return amount(entry, name)
    except Unreadable:
        return Decimal(0)


def fetch_tracking(*, access: XeroAccess) -> tuple[TrackingOption, ...]:
    """Return the options of all tracking categories, archived ones too (xero-facts 5.3).

    An option of an archived category is archived, whatever it says of itself.
    """
    found = _list(access, "/TrackingCategories", "TrackingCategories", {"includeArchived": "true"})
    options = []
    for category in found:
        category_status = text(category, "Status").upper() or "ACTIVE"
        for option in elements(category, "Options"):
            own_status = text(option, "Status").upper() or "ACTIVE"
            options.append(
                TrackingOption(
                    category_id=text(category, "TrackingCategoryID").lower(),
                    category_name=text(category, "Name"),
                    option_id=text(option, "TrackingOptionID").lower(),
                    name=text(option, "Name"),
                    status=own_status if category_status == "ACTIVE" else category_status,
                )
            )
    return tuple(options)


def fetch_organisation(*, access: XeroAccess) -> Organisation:
    """Return the organisation's facts and keep them on the club's connection (xero-facts 5.4)."""
    found = _list(access, "/Organisation", "Organisations")
    if not found:
        raise AnswerUnreadable("Xero's answer holds no organisation")
    organisation = read_organisation(found[0])
    Connection.objects.of(access.club).filter(tenant_id=access.tenant_id).update(
        organisation_name=organisation.name[:200],
        legal_name=organisation.legal_name[:200],
        short_code=organisation.short_code[:10],
        base_currency=organisation.base_currency[:3],
        country_code=organisation.country_code[:2],
        time_zone=organisation.time_zone,
        sales_tax_basis=organisation.sales_tax_basis[:20],
        sales_tax_period=organisation.sales_tax_period[:20],
        year_end_month=organisation.year_end_month,
        pays_tax=organisation.pays_tax,
        period_lock_date=organisation.period_lock_date,
        end_of_year_lock_date=organisation.end_of_year_lock_date,
        organisation_read_at=clock.now(),
    )
    return organisation


def read_organisation(entry: Any) -> Organisation:
    """Read one element of `Organisations`."""
    pays_tax = field(entry, "PaysTax")
    year_end = field(entry, "FinancialYearEndMonth")
    return Organisation(
        organisation_id=text(entry, "OrganisationID"),
        name=text(entry, "Name"),
        legal_name=text(entry, "LegalName"),
        short_code=text(entry, "ShortCode"),
        base_currency=text(entry, "BaseCurrency").upper(),
        country_code=text(entry, "CountryCode").upper(),
        time_zone=iana_zone(text(entry, "Timezone")),
        sales_tax_basis=text(entry, "SalesTaxBasis").upper(),
        sales_tax_period=text(entry, "SalesTaxPeriod").upper(),
        year_end_month=year_end if isinstance(year_end, int) and 1 <= year_end <= 12 else 6,
        pays_tax=pays_tax if isinstance(pays_tax, bool) else True,
        period_lock_date=read_date(field(entry, "PeriodLockDate")),
        end_of_year_lock_date=read_date(field(entry, "EndOfYearLockDate")),
        is_demo=field(entry, "IsDemoCompany") is True,
    )


def iana_zone(name: str) -> str:
    """Return the IANA zone for Xero's Windows zone name (capitals, no blanks or dots); empty if CLDR knows none.

    Source: CLDR windowsZones, territory 001, as Babel carries it.
    """
    return _zones().get(_squeezed(name), "")


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    return {_squeezed(windows): iana for windows, iana in get_global("windows_zone_mapping").items()}


def _squeezed(name: str) -> str:
    return re.sub(r"[^A-Z0-9+-]", "", name.upper())


def _list(access: XeroAccess, path: str, name: str, params: Mapping[str, str] | None = None) -> list[Any]:
    found = access.get(path, params)
    if field(found, name) is None:
        raise AnswerUnreadable(f"Xero's answer holds no {name}")
    return elements(found, name)
