"""The made-up club's transactions, in the format of transactions files. The same day always brings the same ones."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from clubledger.cli.demo.club import CENT, PRICES, Member, members, tax_in

HEADER = (
    "source_id", "kind", "accounting_date", "account_type", "item", "amount", "tax_amount", "job", "member",
    "description", "document_date", "reverses",
)  # fmt: skip
DAYS = 365
INSTALMENT_DAY = 15
DISHONOUR_DAY = 19
COMPETITION_DAYS = {2, 5, 6}
BUSY = {0: 0.75, 1: 0.8, 2: 1.1, 3: 0.85, 4: 1.1, 5: 1.5, 6: 1.3}
METHODS = ("EFTPOS", "EFTPOS", "CARD", "CASH", "DIRECT")
DRINKS = ("Bar", "Bar, schooners", "Bar, house wine", "Coffee")
MEALS = ("Kitchen, lunch", "Kitchen, parmigiana", "Kitchen, bistro", "Réception dînatoire")
Rows = list[tuple[str, ...]]


def first_day(last_on: date) -> date:
    """Return the first day of the year that ends with `last_on`."""
    return last_on - timedelta(days=DAYS - 1)


def year(last_on: date) -> Iterator[tuple[str, ...]]:
    """Return the rows of the year that ends with `last_on`, in the order in which they were entered."""
    start_on = first_day(last_on)
    for offset in range(DAYS):
        yield from Day(start_on + timedelta(days=offset), start_on).rows()


def corrections(last_on: date) -> Iterator[tuple[str, ...]]:
    """Return a later file: some sales of the year again, under their own ids, with the amounts mended."""
    start_on = first_day(last_on)
    for offset in range(20, DAYS, 30):
        wanted = f"POS-{start_on + timedelta(days=offset):%Y%m%d}-0002"
        for row in Day(start_on + timedelta(days=offset), start_on).rows():
            if row[0] == wanted:
                yield (*row[:5], f"{Decimal(row[5]) + 1:.2f}", *row[6:9], f"{row[9]}, corrected", *row[10:])


def write(path: Path, rows: Iterator[tuple[str, ...]]) -> Path:
    """Write rows as a transactions file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


class Day:
    """One day at the club."""

    def __init__(self, on: date, start_on: date) -> None:
        self.on = on
        self.start_on = start_on
        self.stamp = f"{on:%Y%m%d}"
        self.iso = on.isoformat()
        self.chance = random.Random(f"banksia park {self.iso}")  # noqa: S311 - the same day, the same sales
        self.share = BUSY[on.weekday()]
        self.made: Rows = []

    def rows(self) -> Rows:
        """Return the day's rows; those of one transaction stand together."""
        self.sales()
        self.competition()
        self.green_fees()
        self.house_payments()
        self.subscriptions()
        self.instalments()
        self.levies()
        self.newcomers()
        self.odds_and_ends()
        return self.made

    def member(self) -> Member:
        """Return a member by chance; a third of them come in most often."""
        everyone = members()
        return everyone[int(len(everyone) * self.chance.random() ** 1.6)]

    def many(self, about: float) -> range:
        """Return a count near `about`, more at weekends."""
        return range(max(3, round(about * self.share * self.chance.uniform(0.85, 1.15))))

    def add(  # noqa: PLR0917 - the columns of the file, in its order
        self, source_id: str, kind: str, account_type: str, item: str, amount: Decimal | None, tax: Decimal | str = "",
        job: str = "", member: int | str = "", description: str = "", on: date | None = None, reverses: str = "",
    ) -> None:  # fmt: skip
        """Add a row. A tax of "" is not stated; `on` is the accounting date where it is not the day itself."""
        gross = "" if amount is None else f"{amount:.2f}"
        stated = tax if isinstance(tax, str) else f"{tax:.2f}"
        dated = (on or self.on).isoformat()
        document = dated if on else ""
        self.made.append(
            (
                source_id,
                kind,
                dated,
                account_type,
                item,
                gross,
                stated,
                job,
                str(member),
                description,
                document,
                reverses,
            )
        )

    def cents(self, low: float, high: float) -> Decimal:
        """Return a price by chance, in steps of ten cents."""
        return Decimal(round(self.chance.uniform(low, high) * 10)) / 10

    def sales(self) -> None:
        """Bar and kitchen on the house account: the point of sale posts its own takings, the pro shop does not."""
        for number in self.many(138):
            source_id, member = f"POS-{self.stamp}-{number:04d}", self.member().number
            if number % 12 == 11:
                gross = self.cents(8, 140)
                self.add(
                    source_id, "pos_sale", "HOUSE", "PROSHOP", gross, tax_in(gross), "Pro shop", member, "Pro shop"
                )
                if number % 24 == 11:
                    self.add(source_id, "pos_sale", "HOUSE", "RAFFLE", PRICES["RAFFLE"], "0.00", "", member, "Raffle")
                continue
            account = "FNB" if number % 9 == 4 else "HOUSE"
            words = self.chance.choice(DRINKS)
            self.add(source_id, "pos_sale", account, "POSCLR", self.cents(5, 45), "", "Bar", member, words)
            for course in range(self.chance.choice((1, 2, 2, 3, 3, 4))):
                words, job = self.chance.choice(MEALS), "Kitchen" if course < 3 else "Course"
                self.add(source_id, "pos_sale", account, "POSCLR", self.cents(9, 60), "", job, member, words)

    def competition(self) -> None:
        """Fees to the house account, prizes to the prize account, and prize money moved over to be spent."""
        if self.on.weekday() not in COMPETITION_DAYS:
            return
        entrants = 85 if self.on.weekday() == 5 else 60
        for number in self.many(entrants):
            source_id, member = f"CMP-{self.stamp}-{number:04d}", self.member().number
            fee = PRICES["COMPFEE"]
            self.add(source_id, "pos_sale", "HOUSE", "COMPFEE", fee, tax_in(fee), "Golf", member, "Stableford")
            if number % 3 == 0:
                hire = PRICES["CARTHIRE"]
                self.add(source_id, "pos_sale", "HOUSE", "CARTHIRE", hire, tax_in(hire), "", member, "Cart hire")
            if number % 4 == 1:
                balls = PRICES["RANGE"]
                self.add(source_id, "pos_sale", "HOUSE", "RANGE", balls, tax_in(balls), "", member, "Range balls")
        for place in range(14):
            member, prize = self.member().number, Decimal(60 - place * 4)
            self.add(f"PRZ-{self.stamp}-{place:02d}", "prize", "PRIZE", "PRIZES", prize, "", "", member, "O'Brien Cup")
            if place % 3 == 0:
                source_id, half = f"TRF-{self.stamp}-{place:02d}", prize / 2
                self.add(source_id, "transfer", "PRIZE", "HOUSE", half, "", "", member, "Prize to House")

    def green_fees(self) -> None:
        """Visitors' rounds, invoiced to the member who brought them; those of reciprocal clubs carry no tax."""
        for number in self.many(11):
            source_id, member, fee = f"GRN-{self.stamp}-{number:03d}", self.member().number, PRICES["GREENFEE"]
            for guest in range(self.chance.choice((1, 1, 2, 3))):
                tax: Decimal | str = "0.00" if (number + guest) % 17 == 0 else tax_in(fee)
                self.add(source_id, "invoice", "HOUSE", "GREENFEE", fee, tax, "Course", member, "Guest, 18 holes")
            if number % 4 == 2:
                hire = PRICES["CARTHIRE"]
                self.add(source_id, "invoice", "HOUSE", "CARTHIRE", hire, tax_in(hire), "Course", member, "Cart hire")

    def house_payments(self) -> None:
        """Top-ups of the house account; a few come to light days later and are dated back."""
        for number in self.many(42):
            member = self.member().number
            back = self.chance.randint(1, 9) if number % 14 == 5 else 0
            on = max(self.on - timedelta(days=back), self.start_on) if back else None
            method, gross = self.chance.choice(METHODS), self.cents(20, 300)
            words = "Top-up" if not back else "Top-up, found on the bank statement"
            self.add(f"PAY-{self.stamp}-{number:04d}", "payment", "HOUSE", method, gross, "", "", member, words, on)

    def subscriptions(self) -> None:
        """The renewal run of 1 July, and payments in full in the weeks after it, some by card with a surcharge."""
        if (self.on.month, self.on.day) == (7, 1):
            for member in members():
                self.renewal(member)
        days_after = (self.on - date(self.on.year, 7, 1)).days
        if not 1 <= days_after <= 60:
            return
        for member in members():
            if member.pays == "once" and member.number % 60 + 1 == days_after:
                self.pay_in_full(member)

    def pay_in_full(self, member: Member) -> None:
        """Pay one member's renewal; by card with a surcharge, which is an invoice of its own and paid with it."""
        number, gross = member.number, renewal_total(member)
        mark = f"{self.on.year}-{number}"
        by_card = number % 2 == 0
        self.add(f"SUB-{mark}", "payment", "SUBS", "CARD" if by_card else "DIRECT", gross, "", "", number, "Renewal")
        if by_card:
            extra = (gross * Decimal("0.015")).quantize(CENT)
            self.add(f"SUR-{mark}", "invoice", "SUBS", "SURCH", extra, tax_in(extra), "", number, "Card surcharge")
            self.add(f"SUP-{mark}", "payment", "SUBS", "CARD", extra, "", "", number, "Card surcharge")

    def renewal(self, member: Member) -> None:
        """Invoice one member's subscription for the year."""
        source_id = f"REN-{self.on.year}-{member.number}"
        for item, gross, words in renewal_lines(member):
            tax: Decimal | str = tax_in(gross)
            self.add(source_id, "invoice", "SUBS", item, gross, tax, "", member.number, words)

    def instalments(self) -> None:
        """A twelfth of the subscription on the 15th through the gateway; some are dishonoured on the 19th."""
        asked_on = self.on.replace(day=INSTALMENT_DAY)
        for member in members() if self.on.day in {INSTALMENT_DAY, DISHONOUR_DAY} else ():
            if member.pays != "instalments":
                continue
            number, part = member.number, (renewal_total(member) / 12).quantize(CENT)
            paid = f"INS-{asked_on:%Y%m%d}-{number}"
            if self.on == asked_on:
                self.add(paid, "payment", "SUBS", "GATEWAY", part, "", "", number, "Instalment")
            elif asked_on >= self.start_on and (number + self.on.month * 7) % 53 == 0:
                mark, late = f"{self.stamp}-{number}", PRICES["LATEFEE"]
                words = "Instalment dishonoured"
                self.add(f"DIS-{mark}", "dishonour", "SUBS", "GATEWAY", part, "", "", number, words, reverses=paid)
                self.add(f"LAT-{mark}", "invoice", "SUBS", "LATEFEE", late, "", "", number, "Late fee")

    def levies(self) -> None:
        """The food and beverage levy on the first of each quarter, moved to the F&B account at once."""
        if self.on.day != 1 or self.on.month % 3 != 1:
            return
        for member in members():
            if member.membership in {"FULL7", "FULL5"}:
                levy = PRICES["FNBLEVY"]
                source_id = f"FNB-{self.stamp}-{member.number}"
                self.add(source_id, "transfer", "SUBS", "FNB", levy, "", "", member.number, "F&B levy")

    def newcomers(self) -> None:
        """People who join, who take up a locker or a lesson: small invoices on the subscription and house accounts."""
        for number in self.many(3):
            member, source_id = self.member(), f"NEW-{self.stamp}-{number}"
            words = "Joining, pro rata"
            fee = (PRICES[member.membership] / (2 + number % 5)).quantize(CENT)
            self.add(
                source_id, "invoice", "SUBS", "JOIN", PRICES["JOIN"], tax_in(PRICES["JOIN"]), "", member.number, words
            )
            self.add(source_id, "invoice", "SUBS", member.membership, fee, tax_in(fee), "", member.number, words)
            self.add(source_id, "invoice", "SUBS", "INSUR", PRICES["INSUR"], "", "", member.number, words)
            self.add(
                f"JOP-{self.stamp}-{number}", "payment", "SUBS", METHODS[number % 5], fee, "", "", member.number, words
            )
        for number in self.many(4):
            member_number, lesson = self.member().number, PRICES["LESSON"]
            source_id = f"LES-{self.stamp}-{number}"
            self.add(
                source_id, "invoice", "HOUSE", "LESSON", lesson, tax_in(lesson), "Pro shop", member_number, "Lesson"
            )
            self.add(
                source_id,
                "invoice",
                "HOUSE",
                "RANGE",
                PRICES["RANGE"],
                tax_in(PRICES["RANGE"]),
                "Pro shop",
                member_number,
            )
        top_up = self.cents(30, 120)
        self.add(f"FBP-{self.stamp}", "payment", "FNB", "EFTPOS", top_up, "", "", self.member().number, "F&B top-up")

    def odds_and_ends(self) -> None:
        """Functions, credit notes, refunds, write-offs, expired credits, and a reversal of an earlier sale."""
        member, cart = self.member().number, PRICES["CARTST"]
        if self.on.day in {6, 20}:
            gross, words = self.cents(400, 2600), 'Function, "Members\' dinner"'
            self.add(
                f"FUN-{self.stamp}", "invoice", "HOUSE", "FUNCTION", gross, tax_in(gross), "Kitchen", member, words
            )
        if self.on.day in {9, 23}:
            words = "Cart storage given up"
            self.add(f"CRN-{self.stamp}", "credit_note", "SUBS", "CARTST", cart, tax_in(cart), "", member, words)
            self.add(f"REF-{self.stamp}", "refund", "SUBS", "DIRECT", cart, "", "", member, words)
        if self.on.day == 28:
            gross = Decimal("110.00")
            self.add(
                f"BAD-{self.stamp}", "credit_note", "SUBS", "BADDEBT", gross, tax_in(gross), "", member, "Written off"
            )
            gross, words = self.cents(5, 40), "Expired prize credit"
            self.add(f"EXP-{self.stamp}", "invoice", "PRIZE", "BREAKAGE", gross, tax_in(gross), "", member, words)
        sold_on = self.on - timedelta(days=3)
        if sold_on >= self.start_on and self.on.weekday() == 4:
            sold = f"POS-{sold_on:%Y%m%d}-0001"
            self.add(f"REV-{self.stamp}", "reversal", "", "", None, "", "", member, "Rung up twice", reverses=sold)


def renewal_lines(member: Member) -> list[tuple[str, Decimal, str]]:
    """Return the rows of a member's renewal: what for, how much with tax, and the words."""
    names = {"FULL7": "Full 7-day, 2026/27", "FULL5": "Full 5-day", "JUNIOR": "Junior", "SOCIAL": "Social"}
    lines = [(member.membership, PRICES[member.membership], names[member.membership])]
    lines += [("INSUR", PRICES["INSUR"], "Insurance"), ("NEWSLTR", PRICES["NEWSLTR"], "The Banksia, by post")]
    if member.membership == "SOCIAL":
        lines.append(("BARCARD", PRICES["BARCARD"], "Bar card"))
    else:
        lines += [
            ("AFFIL", PRICES["AFFIL"], "Golf Australia affiliation"),
            ("CAPWKS", PRICES["CAPWKS"], "Capital works"),
        ]
    if member.has_locker:
        lines.append(("LOCKER", PRICES["LOCKER"], f'Locker "A" {member.number}'))
    if member.has_cart:
        lines.append(("CARTST", PRICES["CARTST"], "Cart storage"))
    if member.is_loyal:
        lines.append(("LOYAL", Decimal("-55.00"), "Loyalty, ten years"))
    return lines


def renewal_total(member: Member) -> Decimal:
    """Return what a member's renewal comes to."""
    return sum((gross for _item, gross, _words in renewal_lines(member)), Decimal(0))
