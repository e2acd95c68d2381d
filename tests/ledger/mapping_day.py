"""The worked day of the accounting notes, with its chart entered by hand and mapped."""

from clubledger.clubs.models import Club, User
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, TaxCode
from tests.ledger.oracle import Books

WORKED_DAY = [
    "INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00,,1042,Full 7-day membership",
    "INV-2,invoice,2026-07-01,SUBS,SURCH,11.00,1.00,,1042,Card surcharge",
    "PAY-1,payment,2026-07-01,SUBS,CARD,1111.00,,,1042,Online card payment",
    "PRZ-1,prize,2026-07-01,PRIZE,PRIZES,50.00,,,1042,Saturday Stableford",
    "POS-1,pos_sale,2026-07-01,HOUSE,POSCLR,22.00,,,1042,Bar",
]

GL = {
    ("account_type", "SUBS"): "611",
    ("account_type", "PRIZE"): "812",
    ("account_type", "HOUSE"): "811",
    ("charge", "FULL7"): "200",
    ("charge", "SURCH"): "260",
    ("charge", "PRIZES"): "450",
    ("charge", "POSCLR"): "616",
    ("payment_method", "CARD"): "615",
}
TAX = {"FULL7": ("OUTPUT", "EXEMPTOUTPUT"), "SURCH": ("OUTPUT", "EXEMPTOUTPUT")}


def add_chart(club: Club, owner: User) -> None:
    """Enter the GL codes of the worked day and the tax rates they use."""
    for code in sorted(set(GL.values())):
        items.add_gl_code(club=club, actor=owner, code=code, name=f"Account {code}")
    for tax_type, rate in (("OUTPUT", 10), ("EXEMPTOUTPUT", 0), ("BASEXCLUDED", 0)):
        TaxCode.objects.of(club).create(club=club, tax_type=tax_type, name=tax_type, rate=rate, status="ACTIVE")


def map_all(books: Books, **other: str) -> None:
    """Map every item there is; `other` gives GL codes by item code where they are not the usual ones."""
    codes = dict(GLCode.objects.of(books.club).values_list("code", "pk"))
    for item in FinancialItem.objects.of(books.club):
        code = other.get(item.code) or GL.get((item.kind, item.code), "616")
        taxed, untaxed = TAX.get(item.code, ("BASEXCLUDED", "")) if item.kind == "charge" else ("", "")
        items.map_item(
            club=books.club, actor=books.owner, item_id=item.pk, gl_code_id=codes[code], tax_type=taxed,
            untaxed_tax_type=untaxed,
        )  # fmt: skip


def link_jobs(books: Books) -> None:
    """Link every job code to a tracking option."""
    for job in JobCode.objects.of(books.club):
        job.category_id, job.option_id, job.option_name = "category", f"option-{job.code}", job.code
        job.save()
