"""The Organisation, Actions and Users endpoints."""

from __future__ import annotations

from xero_simulator.call import Call
from xero_simulator.errors import NotFound
from xero_simulator.filters import Getter, read_where, sort_rows
from xero_simulator.model import Member, Organisation, XeroUser
from xero_simulator.wire import MsDate, ms_day, ms_instant, ms_of

ROLE_NAMES = {
    "ADVISER": "FINANCIALADVISER",
    "STANDARD": "STANDARD",
    "READONLY": "READONLY",
    "INVOICEONLY": "INVOICEONLY",
}
ACTIONS = (
    "CreateApprovedBill",
    "CreateApprovedInvoice",
    "CreateDraftBill",
    "CreateDraftInvoice",
    "CreateInvoicePayment",
    "AttachFilesIntoInvoice",
    "CreateSentQuote",
    "CreateDraftQuote",
)
USER_FIELDS: dict[str, Getter] = {
    "UserID": lambda row: row[0].user_id,
    "EmailAddress": lambda row: row[0].email,
    "FirstName": lambda row: row[0].given_name,
    "LastName": lambda row: row[0].family_name,
    "IsSubscriber": lambda row: row[1].is_subscriber,
    "OrganisationRole": lambda row: ROLE_NAMES[row[1].role],
}


def organisation_row(call: Call, organisation: Organisation) -> dict[str, object]:
    """Return the organisation as the API shows it; lock dates only when they are set."""
    tax_style = "Tax Inclusive" if organisation.pays_tax else "No Tax"
    row: dict[str, object] = {
        "Name": organisation.name,
        "LegalName": organisation.name,
        "PaysTax": organisation.pays_tax,
        "Version": organisation.version,
        "OrganisationType": organisation.entity_type,
        "BaseCurrency": organisation.base_currency,
        "CountryCode": organisation.country,
        "IsDemoCompany": organisation.is_demo,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": organisation.financial_year_end_day,
        "FinancialYearEndMonth": organisation.financial_year_end_month,
        "SalesTaxBasis": organisation.sales_tax_basis,
        "SalesTaxPeriod": organisation.sales_tax_period,
        "DefaultSalesTax": tax_style,
        "DefaultPurchasesTax": tax_style,
    }
    if organisation.period_lock_on is not None:
        row["PeriodLockDate"] = ms_day(organisation.period_lock_on)
    if organisation.year_end_lock_on is not None:
        row["EndOfYearLockDate"] = ms_day(organisation.year_end_lock_on)
    created = organisation.created_at or call.world.now()
    return row | {
        "CreatedDateUTC": MsDate(f"/Date({ms_of(created)})/"),
        "OrganisationEntityType": organisation.entity_type,
        "Timezone": organisation.timezone,
        "ShortCode": organisation.short_code,
        "OrganisationID": organisation.tenant_id,
        "Edition": "BUSINESS",
        "Class": organisation.organisation_class,
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }


def read_organisation(call: Call) -> dict[str, object]:
    """Answer `GET /Organisation`."""
    return {"Organisations": [organisation_row(call, call.caller.organisation)]}


def read_actions(call: Call) -> dict[str, object]:
    """Answer `GET /Organisation/Actions`: what the connected user may do."""
    member = call.caller.member
    is_adviser = member is None or member.role == "ADVISER"
    may_report = is_adviser or (member is not None and member.reports)
    rows = [{"Name": name, "Status": "ALLOWED"} for name in ACTIONS]
    for name, allowed in (
        ("CreateManualJournal", may_report),
        ("ApproveTransactionsBeforePeriodLockDate", is_adviser),
        ("UseMulticurrency", False),
    ):
        rows.append({"Name": name, "Status": "ALLOWED" if allowed else "NOT-ALLOWED"})
    return {"Actions": rows}


def _user_row(call: Call, user: XeroUser, member: Member) -> dict[str, object]:
    return {
        "UserID": user.user_id,
        "EmailAddress": user.email,
        "FirstName": user.given_name,
        "LastName": user.family_name,
        "UpdatedDateUTC": ms_instant(call.caller.organisation.created_at or call.world.now()),
        "IsSubscriber": member.is_subscriber,
        "OrganisationRole": ROLE_NAMES[member.role],
    }


def read_users(call: Call) -> dict[str, object]:
    """Answer `GET /Users` and `GET /Users/{id}`."""
    members = call.caller.organisation.members
    rows = [(call.world.store.users[key], member) for key, member in members.items()]
    wanted = call.parts.get("id")
    if wanted is not None:
        rows = [row for row in rows if row[0].user_id == wanted.lower()]
        if not rows:
            raise NotFound
    where = call.request.params.get("where")
    if where:
        accepts = read_where(where, USER_FIELDS, "User", ignore_case=call.world.settings.where_ignores_case).accepts
        rows = [row for row in rows if accepts(row)]
    rows = sort_rows(rows, call.request.params.get("order") or "LastName", USER_FIELDS, "User")
    return {"Users": [_user_row(call, user, member) for user, member in rows]}
