"""What totals become under a mapping: the lines of a journal, and every finding about the mapping itself.

Sign: debit positive, credit negative, as in Xero's LineAmount. Debits and credits of one account are never netted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from clubledger.bookkeeping.facts import ItemKind, TaxKind
from clubledger.bookkeeping.findings import Finding
from clubledger.bookkeeping.phrases import phrase

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class TotalKey:
    """What totals are kept by: financial item, job as the source gave it, side, and what was said of tax."""

    item_kind: ItemKind
    code: str
    job: str
    is_debit: bool
    tax_kind: TaxKind


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of legs. `amount` and `tax` are not negative: the key's side says which way they go."""

    amount: Decimal = ZERO
    tax: Decimal = ZERO
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class AccountRef:
    """The ledger account that an item is mapped to. `gl_code_id` is the ledger's own key for it."""

    gl_code_id: int
    code: str
    name: str
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class JobRef:
    """The tracking option that a job code stands for. Ids are blank while it is not mapped."""

    job_code_id: int
    code: str
    category_id: str = ""
    option_id: str = ""


@dataclass(frozen=True, slots=True)
class ItemMapping:
    """Where a financial item goes. `account` is None while it is not mapped; tax types belong to charges only.

    `is_taxed` tells whether `tax_type` has a rate above nil: only then do rows stated without tax need a type of their
    own (`untaxed_tax_type`).
    """

    account: AccountRef | None
    tax_type: str = ""
    untaxed_tax_type: str = ""
    is_taxed: bool = True
    default_job: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AccountMapping:
    """A club's whole mapping: items by (kind, code), and jobs by code."""

    items: Mapping[tuple[ItemKind, str], ItemMapping]
    jobs: Mapping[str, JobRef]


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """A line of a journal to be: `account` is None where an item has no GL code yet. Amounts are debit positive.

    `stated_gross` and `stated_tax` are those of the rows that state a tax; `keys` are the totals it is made of.
    """

    account: AccountRef | None
    job: JobRef | None
    tax_type: str
    amount: Decimal
    stated_gross: Decimal
    stated_tax: Decimal
    row_count: int
    description: str
    keys: tuple[TotalKey, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The lines that totals become under a mapping, and every finding about the mapping itself."""

    lines: tuple[ResolvedLine, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Pile:
    account: AccountRef | None
    job: JobRef | None
    tax_type: str
    is_debit: bool
    amount: Decimal = ZERO
    stated_gross: Decimal = ZERO
    stated_tax: Decimal = ZERO
    row_count: int = 0
    names: dict[str, None] = field(default_factory=dict)
    keys: list[TotalKey] = field(default_factory=list)

    def add(self, key: TotalKey, total: Total, name: str) -> None:
        sign = 1 if self.is_debit else -1
        self.amount += sign * total.amount
        self.row_count += total.row_count
        if key.tax_kind is TaxKind.STATED:
            self.stated_gross += sign * total.amount
            self.stated_tax += sign * total.tax
        self.names[name] = None
        self.keys.append(key)

    def line(self) -> ResolvedLine:
        return ResolvedLine(
            self.account,
            self.job,
            self.tax_type,
            self.amount,
            self.stated_gross,
            self.stated_tax,
            self.row_count,
            ", ".join(self.names)[:400],
            tuple(self.keys),
        )


def resolve(
    totals: Mapping[TotalKey, Total],
    mapping: AccountMapping,
    *,
    no_tax_type: str = "BASEXCLUDED",
    with_tax: bool = True,
) -> Resolution:
    """Turn totals into lines: one per GL code, job, tax type and side, in order of code.

    `no_tax_type` goes on control and clearing lines, and on every line where `with_tax` is false (a club that is not
    registered). An item without mapping gives a line without account, and a finding that says what is missing.
    """
    piles: dict[tuple[str, str, str, bool], _Pile] = {}
    findings: dict[tuple[str, str], Finding] = {}
    for key, total in sorted(totals.items(), key=_order):
        if not total.amount:
            continue
        item = mapping.items.get((key.item_kind, key.code)) or ItemMapping(None)
        job, job_findings = _job_of(key, item, mapping)
        tax_type, tax_findings = _tax_type_of(key, item, no_tax_type if with_tax else "", no_tax_type)
        found = [*job_findings, *tax_findings]
        if item.account is None:
            found.append(_no_gl_code(key, total))
        for finding in found:
            cause = (finding.code, finding.mends)
            before = findings.get(cause)
            findings[cause] = finding if before is None else _with_more(before, finding)
        code = item.account.code if item.account else f"~{key.item_kind}:{key.code}"
        where = (code, job.code if job else "", tax_type, key.is_debit)
        pile = piles.setdefault(where, _Pile(item.account, job, tax_type, key.is_debit))
        pile.add(key, total, item.name or key.code)
    ordered = sorted(piles.items(), key=lambda pair: (pair[0][0], not pair[0][3], pair[0][1], pair[0][2]))
    return Resolution(tuple(pile.line() for _, pile in ordered), tuple(findings.values()))


def _order(pair: tuple[TotalKey, Total]) -> tuple[str, str, str, bool, str]:
    key = pair[0]
    return (key.item_kind, key.code, key.job, key.is_debit, key.tax_kind)


def _job_of(key: TotalKey, item: ItemMapping, mapping: AccountMapping) -> tuple[JobRef | None, list[Finding]]:
    # The charge's default stands in only on item legs of charges; a control leg never carries a job.
    code = key.job or (item.default_job if key.item_kind is ItemKind.CHARGE else "")
    if not code:
        return None, []
    job = mapping.jobs.get(code)
    if job is None or not job.option_id:
        finding = Finding(
            code="job_unmapped",
            message=phrase("Job code %(code)s is not linked to a tracking option of Xero.", code=code),
            remedy=phrase("Get Categories, or choose the option for this job code."),
            mends=f"job:{code}",
        )
        return job or JobRef(0, code), [finding]
    return job, []


def _tax_type_of(
    key: TotalKey, item: ItemMapping, no_tax_type: str, unregistered_type: str
) -> tuple[str, list[Finding]]:
    if not no_tax_type:
        return unregistered_type, []
    if key.item_kind is not ItemKind.CHARGE:
        return no_tax_type, []
    if key.tax_kind is not TaxKind.NIL or (item.tax_type and not item.is_taxed):
        missing = "tax_type_missing", phrase("Charge %(code)s has no tax type.", code=key.code)
        chosen = item.tax_type
    else:
        missing = (
            "untaxed_tax_type_missing",
            phrase("Charge %(code)s has rows without tax and no tax type for them.", code=key.code),
        )
        chosen = item.untaxed_tax_type
    if chosen or item.account is None:
        return chosen, []
    return "", [
        Finding(code=missing[0], message=missing[1], remedy=phrase("Choose its tax type."), mends=f"charge:{key.code}")
    ]


def _with_more(finding: Finding, more: Finding) -> Finding:
    """Return a finding that counts another total of the same cause: one item may have several, by side, job and tax."""
    amount = None if finding.amount is None else finding.amount + (more.amount or ZERO)
    return replace(finding, amount=amount, count=finding.count + more.count)


def _no_gl_code(key: TotalKey, total: Total) -> Finding:
    words = {
        "charge": phrase("Charge %(code)s has no GL code.", code=key.code),
        "account_type": phrase("Account type %(code)s has no GL code.", code=key.code),
        "payment_method": phrase("Payment method %(code)s has no GL code.", code=key.code),
    }
    return Finding(
        code="item_unmapped",
        message=words[key.item_kind],
        remedy=phrase("Choose its GL code."),
        mends=f"{key.item_kind}:{key.code}",
        amount=total.amount,
        count=total.row_count,
    )
