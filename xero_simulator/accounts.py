"""The Accounts and TaxRates endpoints."""

from __future__ import annotations

from decimal import Decimal

from xero_simulator.call import Call
from xero_simulator.charts import CLASS_OF_TYPE, LETTER_OF_CLASS
from xero_simulator.errors import NotFound, ValidationError
from xero_simulator.filters import Getter, read_where, sort_rows
from xero_simulator.model import Account, TaxComponent, TaxRate
from xero_simulator.submissions import Fields, read_elements
from xero_simulator.wire import ZERO_GUID, ms_instant, rate

# The payroll types belong to Xero itself and cannot be chosen for a new account.
API_TYPES = tuple(name for name in CLASS_OF_TYPE if not name.startswith(("WAGES", "SUPERANN", "PAYGLIAB")))
ACCOUNT_FIELDS: dict[str, Getter] = {
    "AccountID": lambda row: row.account_id,
    "Code": lambda row: row.code or None,
    "Name": lambda row: row.name,
    "Type": lambda row: row.type,
    "Class": lambda row: CLASS_OF_TYPE[row.type],
    "Status": lambda row: row.status,
    "TaxType": lambda row: row.tax_type,
    "SystemAccount": lambda row: row.system_account or None,
    "Description": lambda row: row.description or None,
    "EnablePaymentsToAccount": lambda row: row.enable_payments,
    "ShowInExpenseClaims": lambda row: row.show_in_expense_claims,
    "UpdatedDateUTC": lambda row: row.updated_at,
}


def _applies_to(letter: str) -> Getter:
    return lambda row: letter in row.classes


RATE_FIELDS: dict[str, Getter] = {
    "Name": lambda row: row.name,
    "TaxType": lambda row: row.tax_type,
    "Status": lambda row: row.status,
    "EffectiveRate": lambda row: row.percent,
    "DisplayTaxRate": lambda row: row.percent,
    **{
        f"CanApplyTo{name}": _applies_to(letter)
        for name, letter in (
            ("Assets", "A"),
            ("Equity", "Q"),
            ("Expenses", "E"),
            ("Liabilities", "L"),
            ("Revenue", "R"),
        )
    },
}


def account_row(call: Call, account: Account) -> dict[str, object]:
    """Return an account as the API shows it."""
    row: dict[str, object] = {"AccountID": account.account_id}
    if account.code:
        row["Code"] = account.code
    row |= {"Name": account.name, "Status": account.status, "Type": account.type, "TaxType": account.tax_type}
    if account.description:
        row["Description"] = account.description
    row |= {
        "Class": CLASS_OF_TYPE[account.type],
        "SystemAccount": account.system_account,
        "EnablePaymentsToAccount": account.enable_payments,
        "ShowInExpenseClaims": account.show_in_expense_claims,
    }
    if account.type == "BANK":
        row |= {
            "BankAccountType": "BANK",
            "BankAccountNumber": account.bank_account_number,
            "CurrencyCode": call.caller.organisation.base_currency,
        }
    updated = account.updated_at or call.caller.organisation.created_at or call.world.now()
    return row | {
        "ReportingCode": CLASS_OF_TYPE[account.type][:3],
        "ReportingCodeName": CLASS_OF_TYPE[account.type].capitalize(),
        "HasAttachments": False,
        "UpdatedDateUTC": ms_instant(updated),
        "AddToWatchlist": account.add_to_watchlist,
    }


def list_accounts(call: Call) -> dict[str, object]:
    """Answer `GET /Accounts`: all of them on one page, archived ones too, deleted ones not."""
    rows = [account for account in call.book.chart.accounts if account.status != "DELETED"]
    since = call.modified_since()
    if since is not None:
        created = call.caller.organisation.created_at
        rows = [row for row in rows if (changed := row.updated_at or created) and changed > since]
    where = call.request.params.get("where")
    if where:
        accepts = read_where(
            where, ACCOUNT_FIELDS, "Account", ignore_case=call.world.settings.where_ignores_case
        ).accepts
        rows = [row for row in rows if accepts(row)]
    order = call.request.params.get("order")
    if order:
        rows = sort_rows(rows, order, ACCOUNT_FIELDS, "Account")
    return {"Accounts": [account_row(call, row) for row in rows]}


def _find(call: Call) -> Account:
    account = call.book.by_id.get(call.parts["id"].lower())
    if account is None or account.status == "DELETED":
        raise NotFound
    return account


def read_account(call: Call) -> dict[str, object]:
    """Answer `GET /Accounts/{id}`."""
    return {"Accounts": [account_row(call, _find(call))]}


def _one(call: Call, name: str, kind: str) -> Fields:
    elements = read_elements(call.request.body, name, kind)
    if len(elements) > 1:
        raise ValidationError([{"ValidationErrors": [{"Message": f"Only one {kind} can be saved per request."}]}])
    return Fields(elements[0], f"{name}[0]")


def _check_account(call: Call, given: Fields, current: Account | None) -> list[str]:
    code, name = given.text("Code"), given.text("Name")
    others = [item for item in call.book.chart.accounts if item is not current and item.status != "DELETED"]
    messages = []
    if current is None and not (name or "").strip():
        messages.append("Name is required.")
    if name and len(name) > 150:
        messages.append("Name cannot be more than 150 characters.")
    if name and any(item.name.lower() == name.lower() for item in others):
        messages.append("Please enter a unique Name.")
    if current is None and not (code or "").strip() and (given.text("Type") or "").upper() != "BANK":
        messages.append("Code is required.")
    if code and len(code) > 10:
        messages.append("Code cannot be more than 10 characters.")
    if code and any(item.code.upper() == code.upper() for item in others):
        messages.append("Please enter a unique Code.")
    kind = given.choice("Type", API_TYPES, "Xero.API.Library..AccountType") or (current.type if current else None)
    tax_type = given.text("TaxType") or ""
    tax_rate = call.book.rates.get(tax_type.upper())
    if tax_type and (tax_rate is None or tax_rate.status != "ACTIVE"):
        messages.append(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    elif tax_rate is not None and kind is not None and LETTER_OF_CLASS[CLASS_OF_TYPE[kind]] not in tax_rate.classes:
        shown = code or (current.code if current else "")
        messages.append(f"The TaxType code '{tax_type}' cannot be used with account code '{shown}'.")
    if current is None and given.text("Type") is None:
        messages.append("Type is required.")
    return messages


def _refuse_account(given: Fields, messages: list[str], account_id: str) -> None:
    echo: dict[str, object] = {"AccountID": account_id}
    echo |= {name: text for name in ("Code", "Name", "Type") if (text := given.text(name)) is not None}
    raise ValidationError([echo | {"ValidationErrors": [{"Message": text} for text in messages]}])


def _apply(account: Account, given: Fields) -> None:
    account.code = given.text("Code") or account.code
    account.name = given.text("Name") or account.name
    account.tax_type = (given.text("TaxType") or account.tax_type).upper()
    description = given.text("Description")
    account.description = account.description if description is None else description[:4000]
    account.bank_account_number = given.text("BankAccountNumber") or account.bank_account_number
    for field, name in (
        ("enable_payments", "EnablePaymentsToAccount"),
        ("show_in_expense_claims", "ShowInExpenseClaims"),
        ("add_to_watchlist", "AddToWatchlist"),
    ):
        flag = given.flag(name)
        if flag is not None:
            setattr(account, field, flag)


def create_account(call: Call) -> dict[str, object]:
    """Answer `PUT /Accounts`: one account per request."""
    given = _one(call, "Accounts", "Account")
    messages = _check_account(call, given, None)
    if messages:
        _refuse_account(given, messages, ZERO_GUID)
    kind = given.choice("Type", API_TYPES, "Xero.API.Library..AccountType") or "EXPENSE"
    default_tax = "BASEXCLUDED" if "BASEXCLUDED" in call.book.rates else "NONE"
    account = Account(call.world.guid(), given.text("Code") or "", given.text("Name") or "", kind, default_tax)
    _apply(account, given)
    account.updated_at = call.world.now()
    call.book.chart.accounts.append(account)
    call.world.charts.changed(call.tenant_id)
    return {"Accounts": [account_row(call, account)]}


def update_account(call: Call) -> dict[str, object]:
    """Answer `POST /Accounts/{id}`: change it, or archive it by its status alone."""
    account, given = _find(call), _one(call, "Accounts", "Account")
    messages = _check_account(call, given, account)
    status = given.choice("Status", ("ACTIVE", "ARCHIVED", "DELETED"), "Xero.API.Library..AccountStatus")
    if status == "ARCHIVED" and account.system_account:
        messages.append("System accounts cannot be archived.")
    if status == "DELETED":
        messages.append("Accounts are deleted with the DELETE method.")
    if messages:
        _refuse_account(given, messages, account.account_id)
    _apply(account, given)
    account.status = status or account.status
    account.updated_at = call.world.now()
    call.world.charts.changed(call.tenant_id)
    return {"Accounts": [account_row(call, account)]}


def delete_account(call: Call) -> dict[str, object]:
    """Answer `DELETE /Accounts/{id}`: only for accounts that no journal uses."""
    account = _find(call)
    used = any(
        line.account_id == account.account_id
        for journal in call.world.store.journals.of(call.tenant_id).values()
        for line in journal.lines
    )
    if used or account.system_account:
        text = "This account cannot be deleted because it is a system account or has transactions."
        raise ValidationError([{"AccountID": account.account_id, "ValidationErrors": [{"Message": text}]}])
    account.status = "DELETED"
    account.updated_at = call.world.now()
    call.world.charts.changed(call.tenant_id)
    return {"Accounts": [account_row(call, account)]}


def rate_row(item: TaxRate) -> dict[str, object]:
    """Return a tax rate as the API shows it."""
    return {
        "Name": item.name,
        "TaxType": item.tax_type,
        "ReportTaxType": item.report_tax_type,
        "CanApplyToAssets": "A" in item.classes,
        "CanApplyToEquity": "Q" in item.classes,
        "CanApplyToExpenses": "E" in item.classes,
        "CanApplyToLiabilities": "L" in item.classes,
        "CanApplyToRevenue": "R" in item.classes,
        "DisplayTaxRate": rate(item.percent),
        "EffectiveRate": rate(item.percent),
        "Status": item.status,
        "TaxComponents": [
            {
                "Name": part.name,
                "Rate": rate(part.rate),
                "IsCompound": part.is_compound,
                "IsNonRecoverable": part.is_non_recoverable,
            }
            for part in item.components
        ],
    }


def list_rates(call: Call) -> dict[str, object]:
    """Answer `GET /TaxRates` and `GET /TaxRates/{TaxType}`."""
    rows = list(call.book.chart.tax_rates)
    wanted = call.parts.get("id")
    if wanted is not None:
        rows = [row for row in rows if row.tax_type.upper() == wanted.upper()]
        if not rows:
            raise NotFound
    where = call.request.params.get("where")
    if where:
        accepts = read_where(where, RATE_FIELDS, "TaxRate", ignore_case=call.world.settings.where_ignores_case).accepts
        rows = [row for row in rows if accepts(row)]
    return {
        "TaxRates": [
            rate_row(row) for row in sort_rows(rows, call.request.params.get("order") or "Name", RATE_FIELDS, "TaxRate")
        ]
    }


def save_rate(call: Call) -> dict[str, object]:
    """Answer `PUT` and `POST /TaxRates`: new rates are called TAX001, TAX002, …; with POST an existing one changes."""
    given = _one(call, "TaxRates", "TaxRate")
    chart = call.book.chart
    tax_type, name = (given.text("TaxType") or "").upper(), (given.text("Name") or "").strip()
    current = None
    if call.request.method == "POST":
        by_name = (item for item in chart.tax_rates if item.name.lower() == name.lower())
        current = call.book.rates.get(tax_type) if tax_type else next(by_name, None)
    components = [
        TaxComponent(
            part.text("Name") or "Tax",
            part.decimal("Rate") or Decimal(0),
            part.flag("IsCompound") or False,
            part.flag("IsNonRecoverable") or False,
        )
        for part in given.members("TaxComponents", "TaxComponent") or []
    ]
    messages = []
    if current is None and not name:
        messages.append("Name is required.")
    if any(item.name.lower() == name.lower() for item in chart.tax_rates if item is not current):
        messages.append("A tax rate with this name exists already.")
    if current is None and not components:
        messages.append("At least one tax component is required.")
    if any(not 0 <= part.rate <= 100 for part in components):
        messages.append("A tax component's rate must lie between 0 and 100.")
    if messages:
        raise ValidationError([{"Name": name, "ValidationErrors": [{"Message": text} for text in messages]}])
    if current is None:
        custom = sum(1 for item in chart.tax_rates if item.tax_type.startswith("TAX0")) + 1
        kind = (given.text("ReportTaxType") or "OUTPUT").upper()
        current = TaxRate(f"TAX{custom:03d}", name, "AQEL" if kind == "INPUT" else "AQLR", components, kind)
        if kind not in {"INPUT", "OUTPUT"}:
            current.report_tax_type = "NONE"
        chart.tax_rates.append(current)
    else:
        current.name = name or current.name
        current.components = components or current.components
        status = given.choice("Status", ("ACTIVE", "DELETED", "ARCHIVED", "PENDING"), "Xero.API.Library..TaxRateStatus")
        current.status = status or current.status
    call.world.charts.changed(call.tenant_id)
    return {"TaxRates": [rate_row(current)]}
