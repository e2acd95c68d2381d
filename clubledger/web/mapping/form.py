"""What was typed into a mapping grid: read, held against the club's codes, and saved item by item or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from clubledger.clubs.access import ClubAccess
from clubledger.clubs.models import Club
from clubledger.foundation.phrasebook import in_readers_words
from clubledger.frame import query
from clubledger.ledger.errors import MappingError
from clubledger.ledger.mapping import codes, items
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode
from clubledger.web.mapping.suggestions import Candidate, suggest, untaxed_partner
from clubledger.xero.connection import standing


@dataclass(frozen=True, slots=True)
class Change:
    """Where an item is to go, as typed; `error` says why it can't."""

    item: FinancialItem
    gl_code: str
    tax_type: str = ""
    untaxed_tax_type: str = ""
    job: str = ""
    error: str = ""

    def hidden(self) -> list[tuple[str, str]]:
        """Return the row's fields as hidden ones; `was` is left out, so that it counts as changed."""
        pk = self.item.pk
        return [
            ("item", str(pk)),
            (f"gl-{pk}", self.gl_code),
            (f"tax-{pk}", self.tax_type),
            (f"untaxed-{pk}", self.untaxed_tax_type),
            (f"job-{pk}", self.job),
        ]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a grid offers: GL codes that journals can use, tax types in use, job codes.

    A club whose organisation is not registered for tax is offered no tax type: its journals go without.
    """

    gl_codes: dict[str, GLCode]
    unusable: dict[str, str]
    tax_codes: dict[str, TaxCode]
    jobs: dict[str, JobCode]
    candidates: list[Candidate]
    is_registered: bool = True

    @classmethod
    def of(cls, club: Club) -> "Choices":
        """Read them; accounts that journals can't use are kept apart with the reason."""
        usable, unusable = {}, {}
        for code in codes.gl_codes(club=club):
            if code.unusable_because:
                unusable[code.code] = code.unusable_because
            else:
                usable[code.code] = code
        connection = standing.current(club=club, with_app=False)
        is_registered = connection is None or connection.organisation.is_registered_for_tax
        taxes = codes.tax_codes_in_use(club=club) if is_registered else ()
        return cls(
            usable,
            unusable,
            {tax.tax_type: tax for tax in taxes},
            {job.code: job for job in codes.job_codes_in_use(club=club)},
            [Candidate(code.pk, code.code, code.name, code.account_class) for code in usable.values()],
            is_registered,
        )

    def name_of(self, code: str) -> str:
        """Return the name of a GL code; empty if it is not one that journals can use."""
        return self.gl_codes[code].name if code in self.gl_codes else ""

    def tax_name(self, tax_type: str) -> str:
        """Return what Xero's screens call a tax type."""
        return self.tax_codes[tax_type].name if tax_type in self.tax_codes else tax_type

    def code_in(self, typed: str) -> str:
        """Return the code of what was typed: lists offer it with its name behind it, and a code may have blanks."""
        words = typed.strip().split(" ")
        known = self.gl_codes.keys() | self.unusable.keys()
        beginnings = (" ".join(words[:end]) for end in range(len(words), 0, -1))
        return next((code for code in beginnings if code in known), words[0])

    def wanted(self, change: Change) -> items.Wanted:
        """Return a change without error as the mapping that it asks for."""
        job = self.jobs.get(change.job)
        kept = change.item.default_job_id if job is None and change.job else None
        return items.Wanted(
            change.item.pk,
            self.gl_codes[change.gl_code].pk,
            change.tax_type,
            change.untaxed_tax_type,
            job.pk if job else kept,
        )

    def guess(self, item: FinancialItem) -> Candidate | None:
        """Return the likeliest GL code of an item."""
        return suggest(kind=item.kind, code=item.code, name=item.name, candidates=self.candidates)

    def taxes_for(self, gl_code: str, *chosen: str) -> list[TaxCode]:
        """Return the tax types that Xero allows on this account's class, and those already chosen, in use or not.

        A row that is not touched has to come back from the page as it was.
        """
        code = self.gl_codes.get(gl_code)
        fits = self.taxes()
        if code is not None and code.account_class:
            fits = [tax for tax in self.tax_codes.values() if is_allowed(tax, code)]
        known = {tax.tax_type for tax in fits}
        missing = [name for name in dict.fromkeys(chosen) if name and name not in known]
        return [*fits, *(self.tax_codes.get(name) or TaxCode(tax_type=name, name=name) for name in missing)]

    def untaxed_for(self, code: GLCode, tax_type: str) -> str:
        """Return the tax type for rows without tax: the usual partner, or the only untaxed one the account may bear."""
        tax = self.tax_codes.get(tax_type)
        if tax is None or not tax.rate:
            return ""
        partner = untaxed_partner(tax_type, list(self.tax_codes))
        if partner and is_allowed(self.tax_codes[partner], code):
            return partner
        left = [
            one.tax_type
            for one in self.tax_codes.values()
            if not one.rate and one.tax_type not in OUT_OF_THE_RETURN and is_allowed(one, code)
        ]
        return left[0] if len(left) == 1 else ""

    def taxes(self) -> list[TaxCode]:
        """Return the tax types that items can bear: those for income or expenses."""
        fits = {"REVENUE", "EXPENSE"}
        return [tax for tax in self.tax_codes.values() if not tax.applies_to or fits & set(tax.applies_to)]


OUT_OF_THE_RETURN = ("BASEXCLUDED", "NONE")
"""Tax types that keep a line out of the tax return: never a guess for what was sold without tax."""


def is_allowed(tax: TaxCode, code: GLCode) -> bool:
    """Whether Xero allows the tax type on the account's class, as far as either is known."""
    return not tax.applies_to or not code.account_class or code.account_class in tax.applies_to


def changes_in(form: QueryDict, club: Club, kind: str, choices: Choices) -> list[Change]:
    """Return the rows that differ from what they were, a pressed guess, or what is to be set for all ticked rows."""
    shown = items.items_by_id(club=club, kind=kind, ids=query.keys(form.getlist("item")))
    # A guess that is taken saves what was typed elsewhere too: the page comes back anew, and would have lost it.
    accepted, _colon, guessed = form.get("accept", "").partition(":")
    ticked = set(form.getlist("ticked")) if form.get("set") == "ticked" else set()
    changes = []
    for pk, item in shown.items():
        change = _typed(form, item, guessed if str(pk) == accepted else "", choices)
        if str(pk) in ticked:
            change = replace(
                change,
                gl_code=choices.code_in(form.get("all-gl", "")) or change.gl_code,
                tax_type=form.get("all-tax", "") or change.tax_type,
                untaxed_tax_type=form.get("all-untaxed", "") or change.untaxed_tax_type,
                job=form.get("all-job", "").strip() or change.job,
            )
        now = "|".join((change.gl_code, change.tax_type, change.untaxed_tax_type, change.job))
        if now != form.get(f"was-{pk}"):
            changes.append(checked(change, choices))
    return changes


def _typed(form: QueryDict, item: FinancialItem, guessed: str, choices: Choices) -> Change:
    pk = item.pk

    def field(name: str, before: str) -> str:
        # Columns that the grid does not show leave what was there.
        return form.get(f"{name}-{pk}", before).strip()

    return Change(
        item,
        choices.code_in(guessed or form.get(f"gl-{pk}", "")),
        field("tax", item.tax_type),
        field("untaxed", item.untaxed_tax_type),
        field("job", item.default_job.code if item.default_job else ""),
    )


def checked(change: Change, choices: Choices) -> Change:
    """Fill in what follows from the account, and say what can't be."""
    code = choices.gl_codes.get(change.gl_code)
    if change.gl_code in choices.unusable:
        return replace(change, error=_("%(code)s can't be used: %(why)s.") % {
            "code": change.gl_code, "why": in_readers_words(choices.unusable[change.gl_code]),
        })  # fmt: skip
    if code is None and change.gl_code:
        return replace(change, error=_("There is no GL code %(code)s.") % {"code": change.gl_code})
    if code is None:
        return replace(change, error=_("Give a GL code.")) if change.item.gl_code is None else replace(
            change, error=_("An item that has been mapped keeps a GL code. Choose another.")
        )  # fmt: skip
    kept = change.item.default_job.code if change.item.default_job else ""
    if change.job and change.job not in choices.jobs and change.job != kept:
        return replace(change, error=_("There is no job code %(code)s.") % {"code": change.job})
    if change.item.kind != "charge" or not choices.tax_codes:
        item = change.item
        if not choices.is_registered and (change.tax_type, change.untaxed_tax_type) != (
            item.tax_type, item.untaxed_tax_type,
        ):  # fmt: skip
            return replace(change, error=_("The club is not registered for tax in Xero: its charges get no tax type."))
        return change
    return _with_tax(change, code, choices)


def _with_tax(change: Change, code: GLCode, choices: Choices) -> Change:
    change = _left_behind(change, code, choices)
    tax_type = change.tax_type or (code.default_tax_type if code.default_tax_type in choices.tax_codes else "")
    untaxed = change.untaxed_tax_type or choices.untaxed_for(code, tax_type)
    change = replace(change, tax_type=tax_type, untaxed_tax_type=untaxed)
    for name in (tax_type, untaxed):
        tax = choices.tax_codes.get(name)
        if name and tax is None:
            return replace(change, error=_("Tax type %(name)s is not in use in Xero.") % {"name": name})
        if tax is not None and not is_allowed(tax, code):
            words = _("Xero does not allow %(tax)s on %(code)s %(name)s, an account of the class %(class)s.")
            values = {"tax": tax.name, "code": code.code, "name": code.name, "class": code.account_class.lower()}
            return replace(change, error=words % values)
    return change


def _left_behind(change: Change, code: GLCode, choices: Choices) -> Change:
    """Drop tax types that nobody touched while the item went to an account which may not bear them."""
    item = change.item
    if item.gl_code is None or item.gl_code.code == change.gl_code:
        return change

    def kept(typed: str, before: str) -> str:
        tax = choices.tax_codes.get(typed)
        return typed if typed != before or (tax is not None and is_allowed(tax, code)) else ""

    return replace(
        change,
        tax_type=kept(change.tax_type, item.tax_type),
        untaxed_tax_type=kept(change.untaxed_tax_type, item.untaxed_tax_type),
    )


def save(access: ClubAccess, changes: Sequence[Change], choices: Choices) -> list[Change]:
    """Save all of them or none; gives them back with the error where one was refused."""
    try:
        items.map_items(club=access.club, actor=access.user, wanted=[choices.wanted(change) for change in changes])
    except MappingError as error:
        return [replace(change, error=str(error)) if change.item.pk == error.item_id else change for change in changes]
    return []
