"""The main job in other countries: each organisation's own rates, and their words for no tax."""

from decimal import Decimal
from pathlib import Path

import pytest

from clubledger.bookkeeping.facts import ItemKind
from clubledger.delivery import preflight
from clubledger.ledger.models import FinancialItem, GLCode, JournalLine, TaxCode
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import ADA, TESS, XeroWorld, connect_club
from xero_simulator.model import TaxComponent, TaxRate
from xero_simulator.scenario import add_organisations

pytestmark = pytest.mark.django_db
NEW_ZEALAND, UNITED_KINGDOM = "Kauri Point Golf Club", "Heatherfield Golf Club"


@pytest.mark.parametrize(
    ("organisation", "untaxed", "amounts"),
    [(NEW_ZEALAND, "ZERORATED", ("1150.00", "150.00")), (UNITED_KINGDOM, "EXEMPTOUTPUT", ("1200.00", "200.00"))],
    ids=["new-zealand", "united-kingdom"],
)
def test_a_day_is_sent_with_the_tax_of_the_country(
    xero: XeroWorld, tmp_path: Path, organisation: str, untaxed: str, amounts: tuple[str, str]
) -> None:
    gross, tax = amounts
    connected = connect_club(xero, login=ADA, organisation=organisation)
    club = ReadyClub(connected.club, connected.owner, connected.treasurer, xero, tmp_path)
    preflight.get_gl_codes(club=club.club, actor=club.owner)
    club.bring_in(
        [
            ["INV-1", "invoice", "2026-11-16", "SUBS", "FULL7", gross, tax],
            ["INV-2", "invoice", "2026-11-16", "SUBS", "FULL7", "50.00", "0.00"],
            ["PAY-1", "payment", "2026-11-16", "SUBS", "CARD", gross, ""],
        ]
    )
    for kind, code, gl_code, of_tax in (
        (ItemKind.ACCOUNT_TYPE, "SUBS", "611", ("", "")),
        (ItemKind.CHARGE, "FULL7", "210", ("OUTPUT2", untaxed)),
        (ItemKind.PAYMENT_METHOD, "CARD", "615", ("", "")),
    ):
        FinancialItem.objects.of(club.club).filter(kind=kind, code=code).update(
            gl_code=GLCode.objects.of(club.club).get(code=gl_code), tax_type=of_tax[0], untaxed_tax_type=of_tax[1]
        )
    assert club.validate().findings == []
    club.send()
    assert club.journal().state == "sent"
    lines = JournalLine.objects.filter(journal=club.journal())
    taxed = lines.get(tax_type="OUTPUT2")
    cents = -int(tax.replace(".", ""))
    assert (taxed.source_tax_minor, taxed.xero_tax_minor) == (cents, cents)
    assert lines.get(tax_type=untaxed).xero_tax_minor == 0
    assert set(lines.exclude(account_code="210").values_list("tax_type", flat=True)) == {"NONE"}


SALES_TAX = TaxComponent("State", Decimal("8.25"))


def test_a_day_is_sent_with_the_sales_tax_of_an_american_club(xero: XeroWorld, tmp_path: Path) -> None:
    name = "Cedar Hills Golf Club"
    place = {"country": "US", "version": "US", "base_currency": "USD", "seed": "us", "members": {ADA: "ADVISER"}}
    add_organisations(xero.simulator.world, {"name": name, "sales_tax_basis": "ACCRUALS", **place})
    charts = xero.simulator.world.charts
    rates = charts.book(xero.tenant_id(name)).chart.tax_rates
    next(rate for rate in rates if rate.tax_type == "OUTPUT").components = [SALES_TAX]
    rates.append(TaxRate("AVALARA", "Auto Look Up", "AQELR", [SALES_TAX]))
    charts.changed(xero.tenant_id(name))
    connected = connect_club(xero, login=ADA, organisation=name)
    club = ReadyClub(connected.club, connected.owner, connected.treasurer, xero, tmp_path)
    preflight.get_gl_codes(club=club.club, actor=club.owner)
    offered = set(TaxCode.objects.of(club.club).values_list("tax_type", flat=True))
    assert offered == {"OUTPUT", "INPUT", "NONE", "GSTONIMPORTS"}, "Xero keeps automatic sales tax for its own screens"
    club.bring_in(
        [
            ["INV-1", "invoice", "2026-11-16", "SUBS", "DUES", "1082.50", "82.50"],
            ["INV-2", "invoice", "2026-11-16", "SUBS", "DUES", "50.00", "0.00"],
        ]
    )
    for kind, code, gl_code, of_tax in (
        (ItemKind.ACCOUNT_TYPE, "SUBS", "620", ("", "")),
        (ItemKind.CHARGE, "DUES", "200", ("OUTPUT", "NONE")),
    ):
        FinancialItem.objects.of(club.club).filter(kind=kind, code=code).update(
            gl_code=GLCode.objects.of(club.club).get(code=gl_code), tax_type=of_tax[0], untaxed_tax_type=of_tax[1]
        )
    assert club.validate().findings == []
    club.send()
    assert club.journal().state == "sent"
    taxed = JournalLine.objects.get(journal=club.journal(), tax_type="OUTPUT")
    assert (taxed.source_tax_minor, taxed.xero_tax_minor) == (-8250, -8250)


def test_a_day_of_a_club_that_is_not_registered_is_sent_without_tax(xero: XeroWorld, tmp_path: Path) -> None:
    connected = connect_club(xero, login=TESS, organisation="Ironbark Social Club")
    club = ReadyClub(connected.club, connected.owner, connected.treasurer, xero, tmp_path)
    preflight.get_gl_codes(club=club.club, actor=club.owner)
    club.bring_in([["INV-1", "invoice", "2026-11-16", "SUBS", "DUES", "110.00", "10.00", "2026-03-01"]])
    for code, gl_code in (("SUBS", "611"), ("DUES", "200")):
        FinancialItem.objects.of(club.club).filter(code=code).update(
            gl_code=GLCode.objects.of(club.club).get(code=gl_code)
        )
    [(_, finding)] = club.validate().findings
    assert (finding.code, finding.is_fault) == ("tax_stated_unregistered", False)
    club.send()
    [there] = xero.simulator.journals(xero.tenant_id("Ironbark Social Club"))
    assert (there.status, there.line_amount_types) == ("POSTED", "NoTax")
    assert sum(abs(line.tax_cents) for line in there.lines) == 0
    assert sorted(line.amount_cents for line in there.lines) == [-11_000, 11_000]
