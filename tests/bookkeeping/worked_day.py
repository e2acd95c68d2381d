"""The worked day of the accounting notes: facts, mapping and chart that every build must bring to the same journal."""

from datetime import date
from decimal import Decimal

from clubledger.bookkeeping.chart import Account, Chart, Organisation, TaxRate
from clubledger.bookkeeping.facts import ItemKind, Kind
from clubledger.bookkeeping.rules import AccountMapping, AccountRef, ItemMapping
from tests.bookkeeping.oracle import Fact, Row

DAY = date(2026, 7, 1)


def money(text: str) -> Decimal:
    return Decimal(text)


def fact(source_id: str, kind: Kind, *rows: Row, on: date = DAY, mirrored: bool = False) -> Fact:
    return Fact(source_id, kind, on, rows, mirrored)


FACTS = (
    fact("INV-1", Kind.INVOICE, Row("SUBS", "FULL7", money("1100.00"), money("100.00"))),
    fact("INV-2", Kind.INVOICE, Row("SUBS", "SURCH", money("11.00"), money("1.00"))),
    fact("PAY-1", Kind.PAYMENT, Row("SUBS", "CARD", money("1111.00"))),
    fact("PRZ-1", Kind.PRIZE, Row("PRIZE", "PRIZES", money("50.00"))),
    fact("POS-1", Kind.POS_SALE, Row("HOUSE", "POSCLR", money("22.00"))),
)

_ACCOUNTS = {
    "200": ("Memberships", "REVENUE", "REVENUE"),
    "260": ("Other Revenue", "REVENUE", "REVENUE"),
    "450": ("Prizes", "EXPENSE", "EXPENSE"),
    "611": ("Subscriptions control", "CURRENT", "ASSET"),
    "615": ("Card clearing", "CURRENT", "ASSET"),
    "616": ("POS clearing", "CURRENT", "ASSET"),
    "811": ("House accounts", "CURRLIAB", "LIABILITY"),
    "812": ("Prize accounts", "CURRLIAB", "LIABILITY"),
    "090": ("Business Bank Account", "BANK", "ASSET"),
}


def ref(code: str) -> AccountRef:
    return AccountRef(int(code), code, _ACCOUNTS[code][0], f"id-{code}")


MAPPING = AccountMapping(
    items={
        (ItemKind.ACCOUNT_TYPE, "SUBS"): ItemMapping(ref("611")),
        (ItemKind.ACCOUNT_TYPE, "HOUSE"): ItemMapping(ref("811")),
        (ItemKind.ACCOUNT_TYPE, "PRIZE"): ItemMapping(ref("812")),
        (ItemKind.CHARGE, "FULL7"): ItemMapping(ref("200"), "OUTPUT", "EXEMPTOUTPUT"),
        (ItemKind.CHARGE, "SURCH"): ItemMapping(ref("260"), "OUTPUT", "EXEMPTOUTPUT"),
        (ItemKind.CHARGE, "PRIZES"): ItemMapping(ref("450"), "BASEXCLUDED", is_taxed=False),
        (ItemKind.CHARGE, "POSCLR"): ItemMapping(ref("616"), "BASEXCLUDED", is_taxed=False),
        (ItemKind.PAYMENT_METHOD, "CARD"): ItemMapping(ref("615")),
    },
    jobs={},
)

ALL_CLASSES = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})
CHART = Chart(
    organisation=Organisation("org-1", "Banksia Park Golf Club Inc", sales_tax_basis="ACCRUALS"),
    accounts=tuple(
        Account(f"id-{code}", code, name, account_type, account_class)
        for code, (name, account_type, account_class) in _ACCOUNTS.items()
    ),
    tax_rates=(
        TaxRate("OUTPUT", "GST on Income", Decimal("10"), applies_to=ALL_CLASSES - {"EXPENSE"}),
        TaxRate("INPUT", "GST on Expenses", Decimal("10"), applies_to=ALL_CLASSES - {"REVENUE"}),
        TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal("0"), applies_to=ALL_CLASSES - {"EXPENSE"}),
        TaxRate("BASEXCLUDED", "BAS Excluded", Decimal("0"), applies_to=ALL_CLASSES),
    ),
)
