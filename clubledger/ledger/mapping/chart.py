"""The club's lists of GL codes, tax rates and job codes against Xero's: what is new, renamed, archived or gone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from django.db import transaction

from clubledger.bookkeeping.chart import Account, TaxRate, TrackingOption
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User
from clubledger.foundation import clock
from clubledger.ledger.models import GLCode, JobCode, TaxCode

GONE = "GONE"
LONGEST_CODE, LONGEST_JOB = 10, 100
"""How many characters the codes of accounts and of jobs have at most."""


@dataclass(slots=True)
class Changes:
    """What a retrieval changes: codes with their names.

    `renamed` tells the name (or code) before and after; `confirmed` are codes entered by hand or seen in an import
    that Xero knows now; `restored` those in use there again; `changed` tells of what kind an account was and is;
    `taxes` what a tax rate was and is, empty where it is new or gone. One code may stand in several of them.
    `tax_names` are what tax types are called in Xero now, or were when they were last there.
    """

    new: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    taxes: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0
    tax_names: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many things are different."""
        return sum(len(getattr(self, part)) for part in PARTS)


PARTS = ("new", "confirmed", "renamed", "changed", "archived", "restored", "gone", "taxes")


def compare_accounts(*, club: Club, accounts: Sequence[Account], tax_rates: Sequence[TaxRate]) -> Changes:
    """Return what applying these accounts would change, and change nothing."""
    changes = _merge_accounts(club, accounts)[0]
    changes.taxes += _tax_changes(club, tax_rates)
    changes.tax_names = dict(TaxCode.objects.of(club).values_list("tax_type", "name"))
    changes.tax_names |= {rate.tax_type: rate.name for rate in tax_rates}
    return changes


@transaction.atomic
def apply_accounts(*, club: Club, actor: User, accounts: Sequence[Account], tax_rates: Sequence[TaxRate]) -> Changes:
    """Make the club's GL codes and tax codes those of Xero. Nothing is deleted: what is missing is marked as gone.

    An account is known by Xero's id, so a renamed code stays mapped; one entered by hand, by its code.
    """
    access.require(club=club, actor=actor, permission=Permission.GET_GL_CODES)
    access.lock_club(club)
    changes, rows = _merge_accounts(club, accounts)
    changes.taxes += _tax_changes(club, tax_rates)
    at = clock.now()
    for row in rows:
        row.retrieved_at = at
    # Codes may have been swapped in Xero: out of each other's way first.
    for row in rows:
        if row.pk:
            GLCode.objects.of(club).filter(pk=row.pk).update(code=f"~{row.pk}"[:10])
    for row in rows:
        row.save()
    _replace_tax_codes(club, tax_rates)
    _note(club, actor, "gl_codes.retrieved", changes)
    return changes


def _merge_accounts(club: Club, accounts: Sequence[Account]) -> tuple[Changes, list[GLCode]]:
    known = list(GLCode.objects.of(club))
    by_id = {row.account_id: row for row in known if row.account_id}
    by_code = {row.code: row for row in known if not row.account_id}
    taken: set[str] = set()
    changes, rows = Changes(), []
    for account in _in_use_first(accounts):
        row = by_id.pop(account.account_id, None) or by_code.pop(account.code, None)
        code = _free(account.code, taken, longest=LONGEST_CODE, own=row.code if row else "")
        taken.add(code)
        shown = f"{code} {account.name}"
        if row is None:
            row = GLCode(club=club)
            changes.new.append(shown)
        else:
            _tell_account(changes, row, account, code, shown)
        row.code, row.name, row.account_id = code, account.name, account.account_id
        row.account_type, row.account_class = account.account_type, account.account_class
        row.system_account, row.default_tax_type = account.system_account, account.default_tax_type
        row.status = account.status
        rows.append(row)
    # A code entered by hand that is now the code of an account known here by another code means nothing any more.
    for row in [*by_id.values(), *(row for row in by_code.values() if row.code in taken)]:
        if row.status != GONE:
            changes.gone.append(str(row))
            row.status = GONE
        row.code = _free(row.code, taken, longest=LONGEST_CODE)
        taken.add(row.code)
        rows.append(row)
    return changes, rows


def _in_use_first(accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts that have a code, those in use first: an archived one may bear the code of one in use.

    One without code can't be mapped to, and journals can't use it. A deleted one is as good as gone.
    """
    return sorted(
        (one for one in accounts if one.code and one.status != "DELETED"), key=lambda one: one.status != "ACTIVE"
    )


def _free(wanted: str, taken: Collection[str], *, longest: int, own: str = "") -> str:
    """Return the code wanted if nothing has it, else its own of before, else the first free one that begins like it."""
    if wanted not in taken:
        return wanted
    if own and own not in taken:
        return own
    endings = (f"-{number}" for number in count(2))
    return next(code for end in endings if (code := wanted[: longest - len(end)] + end) not in taken)


def _tell_account(changes: Changes, row: GLCode, account: Account, code: str, shown: str) -> None:
    if not row.account_id:
        changes.confirmed.append(shown)
        return
    before = changes.count
    if (row.code, row.name) != (code, account.name):
        changes.renamed.append((str(row), shown))
    kind_before, kind = (row.account_type, row.default_tax_type), (account.account_type, account.default_tax_type)
    if kind_before != kind:
        changes.changed.append((shown, ", ".join(filter(None, kind_before)), ", ".join(filter(None, kind))))
    _tell_status(changes, row.status, account.status, shown)
    changes.unchanged += changes.count == before


def _tell_status(changes: Changes, before: str, after: str, shown: str) -> None:
    if after != before:
        (changes.restored if after == "ACTIVE" else changes.archived).append(shown)


def _tax_changes(club: Club, tax_rates: Iterable[TaxRate]) -> list[tuple[str, str]]:
    """Return what each tax rate was and is, where that differs; none for a club that has not retrieved any before."""
    known = {row.tax_type: _tax_shown(row.name, row.rate, row.status) for row in TaxCode.objects.of(club)}
    if not known:
        return []
    now = {rate.tax_type: _tax_shown(rate.name, rate.rate, rate.status) for rate in tax_rates}
    both = [(known.get(tax_type, ""), now.get(tax_type, "")) for tax_type in sorted(known | now)]
    return [(before, after) for before, after in both if before != after]


def _tax_shown(name: str, rate: Decimal, status: str) -> str:
    """Return what a tax rate is; nothing for one that is out of use."""
    return f"{name} {rate.normalize():f}%" if status == "ACTIVE" else ""


def _replace_tax_codes(club: Club, tax_rates: Iterable[TaxRate]) -> None:
    at = clock.now()
    kept = []
    for rate in tax_rates:
        kept.append(rate.tax_type)
        TaxCode.objects.of(club).update_or_create(
            club=club,
            tax_type=rate.tax_type,
            defaults={
                "name": rate.name,
                "rate": rate.rate,
                "status": rate.status,
                "applies_to": sorted(rate.applies_to),
                "retrieved_at": at,
            },
        )
    TaxCode.objects.of(club).exclude(tax_type__in=kept).update(status=GONE)


def compare_tracking(*, club: Club, options: Sequence[TrackingOption]) -> Changes:
    """Return what applying these tracking options would change, and change nothing."""
    return _merge_tracking(club, options)[0]


@transaction.atomic
def apply_tracking(*, club: Club, actor: User, options: Sequence[TrackingOption]) -> Changes:
    """Link the club's job codes to Xero's tracking options, by id and else by name; new options become job codes.

    The code that the source system uses stays as it is when the option is renamed in Xero.
    """
    access.require(club=club, actor=actor, permission=Permission.GET_GL_CODES)
    access.lock_club(club)
    changes, rows = _merge_tracking(club, options)
    at = clock.now()
    for row in rows:
        row.retrieved_at = at
        row.save()
    _note(club, actor, "job_codes.retrieved", changes)
    return changes


def _merge_tracking(club: Club, options: Sequence[TrackingOption]) -> tuple[Changes, list[JobCode]]:
    present = {one.option_id: one for one in options if one.option_id and one.status != "DELETED"}
    known = list(JobCode.objects.of(club))
    by_code = {row.code.casefold(): [row] for row in known if not row.option_id}
    # Several codes may stand for one option: those that a person linked to it.
    by_id: dict[str, list[JobCode]] = {}
    # An option that was deleted and made anew in Xero has another id: its job codes go on under the same name.
    left: dict[str, list[JobCode]] = {}
    for row in known:
        if row.option_id in present:
            by_id.setdefault(row.option_id, []).append(row)
        elif row.option_id:
            left.setdefault(row.option_name.casefold(), []).append(row)
    taken = {row.code for row in known}
    changes = Changes()
    rows: list[JobCode] = []
    for option in present.values():
        name = option.name.casefold()
        found = by_id.get(option.option_id) or by_code.pop(name, []) or left.pop(name, [])
        if found:
            _tell_option(changes, found[0], option)
        else:
            apart = f"{option.name} ({option.category_name})"[:LONGEST_JOB]
            code = option.name if option.name not in taken else _free(apart, taken, longest=LONGEST_JOB)
            found = [JobCode(club=club, code=code, name=option.name)]
            taken.add(code)
            changes.new.append(code)
        for row in found:
            row.category_id, row.category_name = option.category_id, option.category_name
            row.option_id, row.option_name, row.status = option.option_id, option.name, option.status
        rows += found
    for row in (row for of_name in left.values() for row in of_name):
        if row.status != GONE:
            changes.gone.append(row.code)
            row.status = GONE
        rows.append(row)
    return changes, rows


def _tell_option(changes: Changes, row: JobCode, option: TrackingOption) -> None:
    if not row.option_id:
        changes.confirmed.append(row.code)
        return
    before = changes.count
    if row.option_id != option.option_id and option.status == "ACTIVE":
        changes.restored.append(row.code)
        return
    if row.option_name != option.name:
        changes.renamed.append((row.option_name, option.name))
    if row.category_name != option.category_name:
        changes.changed.append((row.code, row.category_name, option.category_name))
    _tell_status(changes, row.status, option.status, option.name)
    changes.unchanged += changes.count == before


def _note(club: Club, actor: User, action: str, changes: Changes) -> None:
    found = {part: getattr(changes, part) for part in PARTS}
    names = {part: part for part in PARTS} | {"taxes": "tax rate" if len(changes.taxes) == 1 else "tax rates"}
    told = ", ".join(f"{len(found[part])} {names[part]}" for part in PARTS if found[part])
    audit.note(
        club=club,
        actor=actor,
        action=action,
        subject=f"{len(changes.new)} new",
        summary=f"Retrieved from Xero: {told or 'nothing is different'}.",
        after={part: [list(one) if isinstance(one, tuple) else one for one in found[part]] for part in PARTS},
    )
