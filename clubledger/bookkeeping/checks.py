"""What may not be sent: small pure functions from (entry, chart) to findings. All run, so all faults show at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from clubledger.bookkeeping.chart import CLASSES, Chart
from clubledger.bookkeeping.entry import Entry, Line
from clubledger.bookkeeping.findings import Finding, Severity
from clubledger.bookkeeping.money import tax_within
from clubledger.bookkeeping.phrases import Amount, Day, phrase

Check = Callable[[Entry, Chart], Iterator[Finding]]

LARGEST_AMOUNT = Decimal("9999999999.99")
"""Xero's limit for an amount on a document (developer documentation, invoices)."""


def check_accounts(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """Each account is in the chart, active, and one that a manual journal may use."""
    for line in entry.lines:
        account = chart.account_by_id.get(line.account_id) or chart.account_by_code.get(line.account_code)
        if account is None:
            yield Finding(
                code="account_unknown",
                message=phrase(
                    "GL code %(account_code)s is not in Xero's chart of accounts.", account_code=line.account_code
                ),
                remedy=phrase("Get GL Codes, then map the items that use it to another code."),
                mends=f"account:{line.account_code}",
            )
        elif account.unusable_because:
            yield Finding(
                code="account_unusable",
                message=phrase(
                    "GL code %(account_code)s %(name)s can't be used: %(unusable_because)s.",
                    account_code=line.account_code,
                    name=account.name,
                    unusable_because=account.unusable_because,
                ),
                remedy=phrase("Map the items that use it to another code."),
                mends=f"account:{line.account_code}",
            )


def check_tax_types(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """Each tax type is active and may stand on an account of that class."""
    if entry.line_amount_types == "NoTax":
        return
    for line in entry.lines:
        rate = chart.rate_by_tax_type.get(line.tax_type)
        if rate is None or rate.status != "ACTIVE":
            yield Finding(
                code="tax_type_unknown",
                message=phrase(
                    "Tax type %(tax_type)s on GL code %(account_code)s is not in use in Xero.",
                    tax_type=line.tax_type or phrase("(none)"),
                    account_code=line.account_code,
                ),
                remedy=phrase("Choose another tax type for the charges that use it."),
                mends=f"tax_type:{line.tax_type}",
            )
            continue
        account = chart.account_by_id.get(line.account_id) or chart.account_by_code.get(line.account_code)
        if account is not None and rate.applies_to and account.account_class not in rate.applies_to:
            yield Finding(
                code="tax_type_not_for_class",
                message=(
                    phrase(
                        "Tax type %(name)s (%(tax_type)s) can't be used with GL code %(code)s %(account)s: it is "
                        "not for %(accounts)s.",
                        name=rate.name,
                        tax_type=rate.tax_type,
                        code=account.code,
                        account=account.name,
                        accounts=CLASSES.get(account.account_class, account.account_class),
                    )
                ),
                remedy=phrase("Choose another tax type, or another GL code."),
                mends=f"gl_code:{account.code}",
            )


def check_tracking(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """Each job code's tracking option is active."""
    for line in entry.lines:
        if not line.option_id:
            continue
        option = chart.option_by_id.get(line.option_id)
        if option is None or option.status != "ACTIVE":
            name = option.name if option else line.option_id
            yield Finding(
                code="job_unusable",
                message=phrase("Job code %(name)s is archived in Xero.", name=name)
                if option
                else phrase("Job code %(name)s is no longer in Xero.", name=name),
                remedy=phrase("Restore it in Xero, or choose another option for this job code."),
                mends=f"job:{name}",
            )


def check_lock_dates(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """The date is after both lock dates."""
    locked_until = chart.organisation.locked_until
    if locked_until is not None and entry.dated_on <= locked_until:
        yield Finding(
            code="locked",
            message=phrase("Xero is locked up to %(locked_until)s.", locked_until=Day(locked_until)),
            remedy=phrase("Move the lock date in Xero, or send the journal dated on the first open day."),
            mends="journal",
        )


def check_amounts(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """No amount is beyond what Xero takes."""
    del chart
    for line in entry.lines:
        if abs(line.amount) > LARGEST_AMOUNT:
            yield Finding(
                code="amount_too_large",
                message=phrase(
                    "The amount %(amount)s on GL code %(account_code)s is larger than Xero takes.",
                    amount=Amount(line.amount),
                    account_code=line.account_code,
                ),
                mends="journal",
            )


def check_cash_basis(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """A club that reports tax when paid has no taxed journals: Clubledger has no allocations to tell what was paid."""
    if not chart.organisation.is_on_cash_basis:
        return
    taxed = [line for line in entry.lines if _rate(line, chart)]
    if taxed:
        yield Finding(
            code="cash_basis",
            message=(
                phrase(
                    "%(name)s reports tax on a cash basis (%(sales_tax_basis)s). Clubledger can't send "
                    "journals with tax to it.",
                    name=chart.organisation.name,
                    sales_tax_basis=chart.organisation.sales_tax_basis,
                )
            ),
            remedy=phrase("Ask your accountant whether the organisation can report on an accrual basis."),
            mends="organisation",
            count=len(taxed),
        )


def check_unregistered(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """Tax stated by the source of a club that is not registered is worth knowing of."""
    if chart.organisation.is_registered_for_tax:
        return
    stated = sum((line.stated_tax for line in entry.lines), Decimal("0.00"))
    if any(line.stated_tax for line in entry.lines):
        yield Finding(
            code="tax_stated_unregistered",
            message=(
                phrase(
                    "The source states tax, but %(name)s is not registered for it in Xero. The journal goes "
                    "without tax.",
                    name=chart.organisation.name,
                )
            ),
            remedy=phrase("Correct the source system's tax settings, or the organisation's in Xero."),
            mends="organisation",
            severity=Severity.WARNING,
            amount=abs(stated),
        )


def check_stated_tax(entry: Entry, chart: Chart) -> Iterator[Finding]:
    """Tax stated by the source and tax that Xero will work out differ by no more than rounding explains.

    Xero rounds per line, the source per document: up to half a cent for each row and one half more is rounding.
    """
    if entry.line_amount_types == "NoTax":
        return
    for line in entry.lines:
        if not line.stated_gross:
            continue
        expected = tax_within(line.stated_gross, _rate(line, chart))
        difference = abs(expected - line.stated_tax)
        if difference > Decimal("0.005") * (line.row_count + 1):
            yield Finding(
                code="tax_differs",
                message=(
                    phrase(
                        "On GL code %(account_code)s the source states tax of %(stated_tax)s; tax type "
                        "%(tax_type)s gives %(expected)s.",
                        account_code=line.account_code,
                        stated_tax=Amount(abs(line.stated_tax)),
                        tax_type=line.tax_type,
                        expected=Amount(abs(expected)),
                    )
                ),
                remedy=phrase("Check the tax type of the charges on this line, or correct the transactions."),
                mends=f"gl_code:{line.account_code}",
                amount=difference,
                count=line.row_count,
            )


def _rate(line: Line, chart: Chart) -> Decimal:
    rate = chart.rate_by_tax_type.get(line.tax_type)
    return rate.rate if rate else Decimal(0)


CHECKS: tuple[Check, ...] = (
    check_accounts,
    check_tax_types,
    check_tracking,
    check_lock_dates,
    check_amounts,
    check_cash_basis,
    check_unregistered,
    check_stated_tax,
)


def check(entry: Entry, chart: Chart) -> list[Finding]:
    """Run every check and give all findings, each cause once."""
    findings: dict[tuple[str, str, str], Finding] = {}
    for run in CHECKS:
        for finding in run(entry, chart):
            findings.setdefault((finding.code, finding.mends, finding.message), finding)
    return list(findings.values())
