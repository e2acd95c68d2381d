"""The chart of an organisation as a value: all that checks need of Xero."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from clubledger.bookkeeping.phrases import phrase

UNUSABLE_TYPES: Mapping[str, str] = {
    "BANK": phrase("a bank account: Xero refuses it on a manual journal; use a clearing account"),
    "INVENTORY": phrase("a tracked inventory account: Xero refuses it on a manual journal"),
}
UNUSABLE_SYSTEM_ACCOUNTS: Mapping[str, str] = {
    "DEBTORS": phrase("Xero's accounts receivable: Xero refuses it on a manual journal"),
    "CREDITORS": phrase("Xero's accounts payable: Xero refuses it on a manual journal"),
    "RETAINEDEARNINGS": phrase("retained earnings: Xero refuses it on a manual journal"),
    "WAGEPAYABLES": phrase("payroll's wages payable: Xero refuses it on a manual journal"),
    "GST": phrase("Xero's own GST account: amounts posted straight to it do not reach the tax return; use a tax type"),
    "GSTONIMPORTS": phrase("Xero's own GST on imports account: use a tax type"),
    "HISTORICAL": phrase("a system account that Xero keeps for itself"),
    "BANKCURRENCYGAIN": phrase("a system account that Xero keeps for itself"),
    "REALISEDCURRENCYGAIN": phrase("a system account that Xero keeps for itself"),
    "UNREALISEDCURRENCYGAIN": phrase("a system account that Xero keeps for itself"),
    "TRACKINGTRANSFERS": phrase("a system account that Xero keeps for itself"),
    "UNPAIDEXPCLM": phrase("a system account that Xero keeps for itself"),
}

TAX_PERIOD_MONTHS: Mapping[str, int] = {
    "MONTHLY": 1, "ONEMONTHS": 1, "1MONTHLY": 1, "TWOMONTHS": 2, "2MONTHLY": 2, "SIXMONTHS": 6, "6MONTHLY": 6,
    "ANNUALLY": 12, "YEARLY": 12,
}  # fmt: skip
"""Xero's words for tax periods other than quarters."""

CLASSES: Mapping[str, str] = {
    "ASSET": phrase("asset accounts"),
    "EQUITY": phrase("equity accounts"),
    "EXPENSE": phrase("expense accounts"),
    "LIABILITY": phrase("liability accounts"),
    "REVENUE": phrase("revenue accounts"),
}


def unusable_because(*, account_type: str, system_account: str, status: str) -> str:
    """Return why a journal can't use an account with these properties; the empty string if it can."""
    if status != "ACTIVE":
        return phrase("archived in Xero") if status == "ARCHIVED" else phrase("no longer in Xero")
    return UNUSABLE_TYPES.get(account_type, "") or UNUSABLE_SYSTEM_ACCOUNTS.get(system_account, "")


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account in Xero's words; `account_class` is ASSET, EQUITY, EXPENSE, LIABILITY or REVENUE."""

    account_id: str
    code: str
    name: str
    account_type: str
    account_class: str
    status: str = "ACTIVE"
    default_tax_type: str = ""
    system_account: str = ""

    @property
    def unusable_because(self) -> str:
        """Why a journal can't use it; empty if it can."""
        return unusable_because(account_type=self.account_type, system_account=self.system_account, status=self.status)


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax rate. `rate` is in per cent (10 for Australian GST); `applies_to` holds account classes."""

    tax_type: str
    name: str
    rate: Decimal
    status: str = "ACTIVE"
    applies_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TrackingOption:
    """An option of a tracking category: what a job code means in Xero."""

    category_id: str
    category_name: str
    option_id: str
    name: str
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Organisation:
    """What journals need to know of an organisation. Dates are None where Xero has none set."""

    organisation_id: str
    name: str
    legal_name: str = ""
    short_code: str = ""
    base_currency: str = "AUD"
    country_code: str = "AU"
    time_zone: str = ""
    sales_tax_basis: str = ""
    sales_tax_period: str = ""
    year_end_month: int = 6
    pays_tax: bool = True
    period_lock_date: date | None = None
    end_of_year_lock_date: date | None = None
    is_demo: bool = False

    @property
    def locked_until(self) -> date | None:
        """The later of the two lock dates: nothing on or before it may be posted."""
        dates = [on for on in (self.period_lock_date, self.end_of_year_lock_date) if on is not None]
        return max(dates, default=None)

    @property
    def first_open_day(self) -> date | None:
        """The day after the lock; None where nothing is locked."""
        return self.locked_until + timedelta(days=1) if self.locked_until else None

    @property
    def is_registered_for_tax(self) -> bool:
        """Whether it charges GST or VAT. If not, journals are sent without tax."""
        return self.pays_tax and self.sales_tax_basis.upper() != "NONE"

    @property
    def tax_period_months(self) -> int:
        """How many months it reports tax for at once: 1, 2, 3, 6 or 12 (Xero: Organisation, SalesTaxPeriod).

        An unknown word counts as a quarter, the commonest period of Australian clubs.
        """
        return TAX_PERIOD_MONTHS.get(self.sales_tax_period.upper(), 3)

    @property
    def tax_year_end_month(self) -> int:
        """The month that its longer tax periods are counted back from: in Australia June, else its own year's end."""
        return 6 if self.country_code == "AU" else self.year_end_month

    @property
    def no_tax_type(self) -> str:
        """The tax type that says "no tax at all" on control and clearing lines: BASEXCLUDED in Australia, else NONE."""
        return "BASEXCLUDED" if self.country_code == "AU" else "NONE"

    @property
    def is_on_cash_basis(self) -> bool:
        """Whether it reports GST when paid; taxed journals are refused then."""
        return self.sales_tax_basis.upper() in {"CASH", "PAYMENTS", "FLATRATECASH"}


@dataclass(frozen=True)
class Chart:
    """An organisation's accounts, tax rates and tracking options as fetched at one moment."""

    organisation: Organisation
    accounts: tuple[Account, ...] = ()
    tax_rates: tuple[TaxRate, ...] = ()
    tracking: tuple[TrackingOption, ...] = ()

    @cached_property
    def account_by_id(self) -> Mapping[str, Account]:
        """Accounts by Xero's AccountID."""
        return {account.account_id: account for account in self.accounts}

    @cached_property
    def account_by_code(self) -> Mapping[str, Account]:
        """Accounts by code; those without code are left out, and where several bear one, the one in use has it."""
        in_use_last = sorted(self.accounts, key=lambda account: account.status == "ACTIVE")
        return {account.code: account for account in in_use_last if account.code}

    @cached_property
    def rate_by_tax_type(self) -> Mapping[str, TaxRate]:
        """Tax rates by tax type."""
        return {rate.tax_type: rate for rate in self.tax_rates}

    @cached_property
    def option_by_id(self) -> Mapping[str, TrackingOption]:
        """Tracking options by Xero's TrackingOptionID."""
        return {option.option_id: option for option in self.tracking}
