"""The mapping: which GL code, tax types and job a financial item goes to, and how changing it moves open journals."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext

from clubledger.bookkeeping.chart import CLASSES
from clubledger.bookkeeping.facts import ItemKind, item_title
from clubledger.bookkeeping.money import from_minor
from clubledger.clubs import access, audit
from clubledger.clubs.access import Permission
from clubledger.clubs.models import Club, User, one_line
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.ledger.errors import CodeTaken, MappingError, NotOfThisClub, UnusableAccount, WrongTaxType
from clubledger.ledger.journals.states import touch
from clubledger.ledger.models import TAKES_IN, FinancialItem, GLCode, JobCode, JournalTotal, TaxCode


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where an item is to go."""

    item_id: int
    gl_code_id: int | None
    tax_type: str = ""
    untaxed_tax_type: str = ""
    default_job_id: int | None = None


def map_item(
    *,
    club: Club,
    actor: User,
    item_id: int,
    gl_code_id: int | None,
    tax_type: str = "",
    untaxed_tax_type: str = "",
    default_job_id: int | None = None,
) -> FinancialItem:
    """Map one financial item. Raises what `map_items` raises."""
    wanted = Wanted(item_id, gl_code_id, tax_type, untaxed_tax_type, default_job_id)
    return map_items(club=club, actor=actor, wanted=[wanted])[0]


@transaction.atomic
def map_items(*, club: Club, actor: User, wanted: Iterable[Wanted]) -> list[FinancialItem]:
    """Map financial items, all or none; journals that hold them and take in transactions are open again.

    Queued and sent journals are frozen and stay as they are. Raises NotAllowed, NotOfThisClub, UnusableAccount,
    WrongTaxType; each but the first tells by its `item_id` which item it is about.
    """
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    access.lock_club(club)
    wanted = list(wanted)
    moving = _moving(club, wanted)
    mapped = []
    for one in wanted:
        try:
            mapped.append(_map_one(club, actor, one))
        except MappingError as error:
            error.item_id = one.item_id
            raise
    # What these items are in is no longer what was validated.
    touch(set(_held(club).filter(moving).values_list("journal_id", flat=True)))
    return mapped


def _map_one(club: Club, actor: User, wanted: Wanted) -> FinancialItem:
    item: FinancialItem | None = FinancialItem.objects.of(club).filter(pk=wanted.item_id).first()
    if item is None:
        raise NotOfThisClub(gettext("There is no such financial item."))
    gl_code = GLCode.objects.of(club).filter(pk=wanted.gl_code_id).first() if wanted.gl_code_id else None
    if wanted.gl_code_id and gl_code is None:
        raise NotOfThisClub(gettext("There is no such GL code."))
    job = JobCode.objects.of(club).filter(pk=wanted.default_job_id).first() if wanted.default_job_id else None
    if wanted.default_job_id and job is None:
        raise NotOfThisClub(gettext("There is no such job code."))
    if gl_code is not None:
        _check_account(gl_code)
        for tax_type in filter(None, (wanted.tax_type, wanted.untaxed_tax_type)):
            _check_tax_type(club, item, gl_code, tax_type)
    before = _plain(item)
    item.gl_code, item.default_job = gl_code, job
    item.tax_type, item.untaxed_tax_type = wanted.tax_type, wanted.untaxed_tax_type
    after = _plain(item)
    if before != after:
        item.save()
        audit.note(
            club=club,
            actor=actor,
            action="mapping.changed",
            subject=f"{item.kind}:{item.code}",
            summary=f"{item} now goes to {gl_code or 'no GL code'}.",
            before=before,
            after=after,
        )
    return item


def _check_account(gl_code: GLCode) -> None:
    if reason := gl_code.unusable_because:
        raise UnusableAccount(
            gettext("GL code %(gl_code)s can't be used: %(reason)s.")
            % {"gl_code": gl_code, "reason": in_readers_words(reason)}
        )


def _check_tax_type(club: Club, item: FinancialItem, gl_code: GLCode, tax_type: str) -> None:
    if item.kind != ItemKind.CHARGE:
        raise WrongTaxType(
            gettext("%(item)s takes no tax type: only charges do.")
            % {"item": in_readers_words(item_title(item.kind, item.code))}
        )
    rates = TaxCode.objects.of(club)
    rate = rates.filter(tax_type=tax_type, status="ACTIVE").first()
    if rate is None:
        # Before the first Get GL Codes nothing is known; validation will say.
        if rates.exists():
            raise WrongTaxType(gettext("Tax type %(tax_type)s is not in use in Xero.") % {"tax_type": tax_type})
        return
    if rate.applies_to and gl_code.account_class and gl_code.account_class not in rate.applies_to:
        raise WrongTaxType(
            gettext("%(rate)s is not for %(accounts)s such as %(gl_code)s.")
            % {
                "rate": rate,
                "accounts": in_readers_words(CLASSES.get(gl_code.account_class, gl_code.account_class)),
                "gl_code": gl_code,
            }
        )


def _plain(item: FinancialItem) -> dict[str, Any]:
    return {
        "gl_code": item.gl_code.code if item.gl_code else None,
        "tax_type": item.tax_type,
        "untaxed_tax_type": item.untaxed_tax_type,
        "default_job": item.default_job.code if item.default_job else None,
    }


def _held(club: Club) -> QuerySet[JournalTotal]:
    """Return the totals of journals not yet queued."""
    return JournalTotal.objects.filter(journal__club=club, journal__state__in=TAKES_IN)


def _moving(club: Club, wanted: Iterable[Wanted]) -> Q:
    """Return which totals these mappings move.

    All of an item that goes to another GL code, else those of its rows whose tax type or job changes.
    """
    wanted = list(wanted)
    items = FinancialItem.objects.of(club).in_bulk([one.item_id for one in wanted])
    untaxed = set(TaxCode.objects.of(club).filter(rate=0).values_list("tax_type", flat=True))
    by_parts: dict[tuple[bool, frozenset[str], bool], list[int]] = {}
    for one in wanted:
        if one.item_id in items:
            by_parts.setdefault(_parts(items[one.item_id], one, untaxed), []).append(one.item_id)
    moving = Q(pk__in=[])
    for (whole, tax_kinds, default_job), item_ids in by_parts.items():
        rows = Q(tax_kind__in=tax_kinds) | (Q(job="") if default_job else Q(pk__in=[]))
        moving |= Q(item__in=item_ids) & (Q() if whole else rows)
    return moving


def _parts(item: FinancialItem, wanted: Wanted, untaxed: Collection[str]) -> tuple[bool, frozenset[str], bool]:
    """Return what of an item's rows moves: all of them, those of which tax kinds, and whether those without own job."""
    tax_kinds: set[str] = set()
    if item.tax_type != wanted.tax_type:
        tax_kinds |= {"stated", "unstated"}
    if _nil_type(item, untaxed) != _nil_type(wanted, untaxed):
        tax_kinds.add("nil")
    return item.gl_code_id != wanted.gl_code_id, frozenset(tax_kinds), item.default_job_id != wanted.default_job_id


@transaction.atomic
def add_gl_code(*, club: Club, actor: User, code: str, name: str) -> GLCode:
    """Add a GL code by hand. Raises NotAllowed, CodeTaken, MappingError for an empty or too long code."""
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    code, name = one_line(code), one_line(name)
    if not code or len(code) > 10 or not name:
        raise MappingError(gettext("A GL code has 1 to 10 characters, and a name."))
    if GLCode.objects.of(club).filter(code=code).exists():
        raise CodeTaken(gettext("There is a GL code %(code)s already.") % {"code": code})
    added: GLCode = GLCode.objects.of(club).create(club=club, code=code, name=name[:150])
    _note_added(club, actor, "gl_code.added", added)
    return added


@transaction.atomic
def add_job_code(*, club: Club, actor: User, code: str, name: str) -> JobCode:
    """Add a job code by hand. Raises NotAllowed, CodeTaken, MappingError for an empty or too long code."""
    access.require(club=club, actor=actor, permission=Permission.CONFIGURE)
    code, name = one_line(code), one_line(name)
    if not code or len(code) > 100:
        raise MappingError(gettext("A job code has 1 to 100 characters."))
    if JobCode.objects.of(club).filter(code=code).exists():
        raise CodeTaken(gettext("There is a job code %(code)s already.") % {"code": code})
    added: JobCode = JobCode.objects.of(club).create(club=club, code=code, name=name[:100])
    _note_added(club, actor, "job_code.added", added)
    return added


def _note_added(club: Club, actor: User, action: str, added: GLCode | JobCode) -> None:
    audit.note(club=club, actor=actor, action=action, subject=added.code, summary=f"{added} was added by hand.")


def unmapped(*, club: Club) -> list[FinancialItem]:
    """Return the financial items without GL code, by kind and code."""
    return list(FinancialItem.objects.of(club).filter(gl_code=None).order_by("kind", "code"))


def find_items(
    *,
    club: Club,
    kind: str = "",
    text: str = "",
    code: str = "",
    gl_code: str = "",
    tax_type: str = "",
    unmapped: bool = False,
) -> QuerySet[FinancialItem]:
    """Return items of a kind, with the text in their code or name, by their code, GL code or tax type, or not mapped.

    Each with its GL code and job code, and `is_mapped`.
    """
    rows: QuerySet[FinancialItem] = FinancialItem.objects.of(club).select_related("gl_code", "default_job")
    rows = rows.annotate(is_mapped=Q(gl_code__isnull=False))
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(Q(code__icontains=text) | Q(name__icontains=text) | Q(gl_code__code=text))
    if code:
        rows = rows.filter(code=code)
    if gl_code:
        rows = rows.filter(gl_code__code=gl_code)
    if tax_type:
        rows = rows.filter(Q(tax_type=tax_type) | Q(untaxed_tax_type=tax_type))
    return rows.filter(gl_code=None) if unmapped else rows


def items_by_id(*, club: Club, kind: str, ids: Collection[int]) -> dict[int, FinancialItem]:
    """Return those of these items that are of the kind, by their ids."""
    return {item.pk: item for item in find_items(club=club, kind=kind).filter(pk__in=ids)}


def count_items(*, club: Club, kind: str) -> tuple[int, int]:
    """Return how many items of a kind there are, and how many of them are not mapped."""
    rows = FinancialItem.objects.of(club).filter(kind=kind)
    found = rows.aggregate(all=Count("pk"), unmapped=Count("pk", filter=Q(gl_code=None)))
    return found["all"], found["unmapped"]


def _nil_type(mapped: FinancialItem | Wanted, untaxed: Collection[str]) -> str:
    """Return the tax type of rows of nil tax: the item's own where that bears none."""
    own: str = mapped.tax_type
    return own if own in untaxed else mapped.untaxed_tax_type


def effects_of(*, club: Club, wanted: Iterable[Wanted]) -> dict[int, tuple[int, Decimal]]:
    """Return, by item, how many journals not yet queued these mappings would move, and by what amount.

    Items of which nothing moves are left out, and days before the cut-over, which are never sent. A fixed number of
    queries, however many items.
    """
    held = _held(club).filter(_moving(club, wanted))
    if club.post_from:
        held = held.filter(journal__accounting_date__gte=club.post_from)
    found = held.order_by().values_list("item_id").annotate(Count("journal_id", distinct=True), Sum("amount_minor"))
    return {item_id: (count, from_minor(amount)) for item_id, count, amount in found}
