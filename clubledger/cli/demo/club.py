"""What the made-up club is: its members, its prices and where its items belong in the general ledger."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

NAME = "Banksia Park Golf Club"
SLUG = "banksia-park"
TIME_ZONE = "Australia/Sydney"
MEMBERS = 1_000
FIRST_MEMBER = 1001
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Person:
    """Somebody who signs in to the demo."""

    email: str
    name: str
    role: str
    words: str


PEOPLE = (
    Person("tess@banksiapark.example", "Tess Okafor", "accounts", "treasurer (Accounts)"),
    Person("sam@banksiapark.example", "Sam Lindqvist", "owner", "Owner"),
    Person("nora@banksiapark.example", "Nora Petrov", "administrator", "Administrator"),
    Person("rita@banksiapark.example", "Rita Mendes", "viewer", "Viewer"),
    Person("staff@clubledger.example", "Stan Staff", "", "the vendor's staff"),
)
"""Their addresses are those of their Xero logins at the simulator; the one without a role is the vendor's."""


@dataclass(frozen=True)
class Mapped:
    """Where an item goes. `taxed` and `untaxed` are tax types of Xero, for charges only."""

    kind: str
    code: str
    gl_code: str
    taxed: str = ""
    untaxed: str = ""
    job: str = ""


MAPPING = (
    Mapped("account_type", "SUBS", "611"),
    Mapped("account_type", "HOUSE", "811"),
    Mapped("account_type", "PRIZE", "812"),
    Mapped("account_type", "FNB", "813"),
    Mapped("payment_method", "CASH", "612"),
    Mapped("payment_method", "EFTPOS", "613"),
    Mapped("payment_method", "DIRECT", "614"),
    Mapped("payment_method", "CARD", "615"),
    Mapped("payment_method", "GATEWAY", "617"),
    Mapped("charge", "POSCLR", "616", "BASEXCLUDED", "BASEXCLUDED"),
    Mapped("charge", "FULL7", "210", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "FULL5", "211", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "JUNIOR", "212", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "SOCIAL", "213", "OUTPUT", "EXEMPTOUTPUT", "Bar"),
    Mapped("charge", "JOIN", "214", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "AFFIL", "215", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "LOCKER", "220", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "CARTST", "221", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "CARTHIRE", "222", "OUTPUT", "EXEMPTOUTPUT", "Course"),
    Mapped("charge", "GREENFEE", "225", "OUTPUT", "EXEMPTOUTPUT", "Course"),
    Mapped("charge", "COMPFEE", "230", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "RANGE", "235", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "LESSON", "236", "OUTPUT", "EXEMPTOUTPUT", "Pro shop"),
    Mapped("charge", "PROSHOP", "245", "OUTPUT", "EXEMPTOUTPUT", "Pro shop"),
    Mapped("charge", "INSUR", "260", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "NEWSLTR", "260", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "BARCARD", "240", "OUTPUT", "EXEMPTOUTPUT", "Bar"),
    Mapped("charge", "FUNCTION", "250", "OUTPUT", "EXEMPTOUTPUT", "Kitchen"),
    Mapped("charge", "RAFFLE", "255", "EXEMPTOUTPUT", "EXEMPTOUTPUT", "Bar"),
    Mapped("charge", "CAPWKS", "258", "OUTPUT", "EXEMPTOUTPUT", "Course"),
    Mapped("charge", "BREAKAGE", "259", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "LATEFEE", "260", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "SURCH", "265", "OUTPUT", "EXEMPTOUTPUT"),
    Mapped("charge", "LOYAL", "205", "OUTPUT", "EXEMPTOUTPUT", "Golf"),
    Mapped("charge", "PRIZES", "450", "BASEXCLUDED", "BASEXCLUDED", "Golf"),
    Mapped("charge", "BADDEBT", "451", "INPUT", "EXEMPTEXPENSES"),
)

JOBS = ("Golf", "Bar", "Kitchen", "Pro shop", "Course")
GL_NAMES = {
    "205": "Discounts Allowed",
    "210": "Full Memberships",
    "211": "Five Day Memberships",
    "212": "Junior Memberships",
    "213": "Social Memberships",
    "214": "Joining Fees",
    "215": "Affiliation Fees",
    "220": "Locker Hire",
    "221": "Cart Storage",
    "222": "Cart Hire",
    "225": "Green Fees",
    "230": "Competition Fees",
    "235": "Driving Range",
    "236": "Golf Lessons",
    "240": "Bar Sales",
    "245": "Pro Shop Sales",
    "250": "Function Income",
    "255": "Raffles and Fundraising",
    "258": "Capital Works Levy Income",
    "259": "Expired Credits",
    "260": "Other Revenue",
    "265": "Card Surcharges",
    "450": "Competition Prizes",
    "451": "Bad Debts",
    "611": "Member Subscriptions Control",
    "612": "Cash Clearing",
    "613": "EFTPOS Clearing",
    "614": "Direct Deposit Clearing",
    "615": "Card Clearing",
    "616": "POS Clearing",
    "617": "Payment Gateway Clearing",
    "811": "House Accounts",
    "812": "Prize Accounts",
    "813": "Food and Beverage Accounts",
}

LEFT_TO_MAP = frozenset({"LOCKER", "FUNCTION", "RAFFLE", "BADDEBT"})
"""Charges that the demo leaves unmapped, so that validating has something to show and a person something to do."""

PRICES = {
    "FULL7": Decimal("2450.00"),
    "FULL5": Decimal("1685.00"),
    "JUNIOR": Decimal("395.00"),
    "SOCIAL": Decimal("125.00"),
    "JOIN": Decimal("550.00"),
    "AFFIL": Decimal("78.50"),
    "LOCKER": Decimal("66.00"),
    "CARTST": Decimal("187.50"),
    "CAPWKS": Decimal("165.00"),
    "FNBLEVY": Decimal("25.00"),
    "INSUR": Decimal("18.50"),
    "NEWSLTR": Decimal("22.00"),
    "BARCARD": Decimal("10.00"),
    "CARTHIRE": Decimal("24.00"),
    "GREENFEE": Decimal("45.00"),
    "COMPFEE": Decimal("12.50"),
    "RANGE": Decimal("9.80"),
    "LESSON": Decimal("85.00"),
    "LATEFEE": Decimal("25.00"),
    "RAFFLE": Decimal("5.00"),
}


@dataclass(frozen=True)
class Member:
    """A member: number, kind of membership, and how the subscription is paid (`once` or by `instalments`)."""

    number: int
    membership: str
    pays: str
    has_locker: bool
    has_cart: bool
    is_loyal: bool


@lru_cache(maxsize=1)
def members() -> tuple[Member, ...]:
    """Return all members, always the same."""
    made = []
    for place in range(MEMBERS):
        kind = ("FULL7", "FULL7", "SOCIAL", "FULL5", "FULL7", "SOCIAL", "FULL5", "FULL7", "JUNIOR", "SOCIAL")[
            place % 10
        ]
        golfer = kind in {"FULL7", "FULL5"}
        made.append(
            Member(
                number=FIRST_MEMBER + place,
                membership=kind,
                pays="instalments" if golfer and place % 3 else "once",
                has_locker=golfer and place % 4 == 1,
                has_cart=golfer and place % 7 == 3,
                is_loyal=golfer and place % 9 == 4,
            )
        )
    return tuple(made)


def tax_in(gross: Decimal) -> Decimal:
    """Return the tenth of GST contained in a gross amount, to the cent."""
    return (gross / 11).quantize(CENT, rounding=ROUND_HALF_UP)
