"""The club's GL codes, job codes and tax codes as they are read: found, counted, with what uses them. Changes none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Max, Q, QuerySet, When

from clubledger.bookkeeping.chart import UNUSABLE_SYSTEM_ACCOUNTS, UNUSABLE_TYPES
from clubledger.bookkeeping.facts import ItemKind
from clubledger.clubs.models import Club
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode

UNUSABLE = (
    ~Q(status="ACTIVE")
    | Q(account_type__in=list(UNUSABLE_TYPES))
    | Q(system_account__in=list(UNUSABLE_SYSTEM_ACCOUNTS))
)
"""The accounts that journals can't use: the same rule as `GLCode.unusable_because`, for the database."""
OF_OTHERS = ~Q(status="ACTIVE")
"""The job codes whose tracking option is archived or gone."""
USES = {f"{kind.value}s": Count("items", filter=Q(items__kind=kind)) for kind in ItemKind}
"""How many items of each kind go to an account: `charges`, `account_types`, `payment_methods` of each row."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many codes a list has, how many of them can't be used, and how many Xero knows."""

    all: int
    unusable: int
    of_xero: int
    amiss: int
    """Not known in Xero, or not in use there."""
    read_at: datetime | None

    @property
    def usable(self) -> int:
        """How many can be used."""
        return self.all - self.unusable


def gl_code_counts(*, club: Club) -> Counts:
    """Return how many GL codes the club has."""
    return _counts(GLCode.objects.of(club), UNUSABLE, Q(account_id=""))


def job_code_counts(*, club: Club) -> Counts:
    """Return how many job codes the club has."""
    return _counts(JobCode.objects.of(club), OF_OTHERS, Q(option_id=""))


def _counts(rows: QuerySet[Any], unusable: Q, by_hand: Q) -> Counts:
    found = rows.aggregate(
        all=Count("pk"),
        unusable=Count("pk", filter=unusable),
        of_xero=Count("pk", filter=~by_hand),
        amiss=Count("pk", filter=by_hand | ~Q(status="ACTIVE")),
        read_at=Max("retrieved_at"),
    )
    return Counts(**found)


def find_gl_codes(*, club: Club, text: str = "", usable: bool | None = None) -> QuerySet[GLCode]:
    """Return the GL codes that begin with the text or hold it in their name, usable ones or the others where asked.

    Each has the counts of USES, `used` by how many items in all, and `is_unusable` as 1 or 0.
    """
    rows: QuerySet[GLCode] = _holding(GLCode.objects.of(club), text, "name")
    if usable is not None:
        rows = rows.exclude(UNUSABLE) if usable else rows.filter(UNUSABLE)
    return rows.annotate(**USES, used=Count("items"), is_unusable=Case(When(UNUSABLE, then=1), default=0))


def find_job_codes(*, club: Club, text: str = "") -> QuerySet[JobCode]:
    """Return the job codes that begin with the text or hold it in their name or option, with their `charges`."""
    rows: QuerySet[JobCode] = _holding(JobCode.objects.of(club), text, "name", "option_name")
    return rows.annotate(charges=Count("items"))


def _holding(rows: QuerySet[Any], text: str, *fields: str) -> QuerySet[Any]:
    if not text:
        return rows
    found = Q(code__istartswith=text)
    for field in fields:
        found |= Q(**{f"{field}__icontains": text})
    return rows.filter(found)


def used_gl_codes(*, club: Club) -> QuerySet[GLCode]:
    """Return the GL codes that items go to, each with the counts of USES."""
    rows: QuerySet[GLCode] = GLCode.objects.of(club).filter(items__isnull=False)
    return rows.annotate(**USES)


def used_job_codes(*, club: Club) -> list[tuple[JobCode, int]]:
    """Return the job codes that are the default of charges, each with of how many."""
    rows = JobCode.objects.of(club).annotate(charges=Count("items")).filter(charges__gt=0)
    return [(row, row.charges) for row in rows]


def gl_code(*, club: Club, code_id: int) -> GLCode | None:
    """Return one GL code of the club."""
    found: GLCode | None = GLCode.objects.of(club).filter(pk=code_id).first()
    return found


def has_job_code(*, club: Club, job_id: int) -> bool:
    """Whether this is a job code of the club."""
    return JobCode.objects.of(club).filter(pk=job_id).exists()


def items_of(code: GLCode) -> QuerySet[FinancialItem]:
    """Return the items that go to a GL code, by kind and code."""
    rows: QuerySet[FinancialItem] = FinancialItem.objects.of(code.club_id)
    return rows.filter(gl_code=code).order_by("kind", "code")


def has_gl_codes_of_xero(*, club: Club) -> bool:
    """Whether GL codes were ever retrieved."""
    return GLCode.objects.of(club).exclude(account_id="").exists()


def has_job_codes_of_xero(*, club: Club) -> bool:
    """Whether categories were ever retrieved."""
    return JobCode.objects.of(club).exclude(option_id="").exists()


def gl_codes(*, club: Club) -> Iterable[GLCode]:
    """Return all GL codes of the club, by code."""
    return GLCode.objects.of(club).order_by("code")


def tax_codes_in_use(*, club: Club) -> Iterable[TaxCode]:
    """Return the tax codes in use in Xero, by name."""
    return TaxCode.objects.of(club).filter(status="ACTIVE").order_by("name")


def job_codes_in_use(*, club: Club) -> Iterable[JobCode]:
    """Return the job codes whose tracking option is in use, and those entered by hand, by code."""
    return JobCode.objects.of(club).filter(status="ACTIVE").order_by("code")


def tax_names(*, club: Club) -> dict[str, str]:
    """Return what Xero calls the club's tax types."""
    return dict(TaxCode.objects.of(club).values_list("tax_type", "name"))
