"""The main job in other countries: each organisation's own rates, and their words for no tax."""

from pathlib import Path

import pytest

from clubledger.delivery import preflight
from clubledger.ledger.models import FinancialItem, GLCode, ItemKind, JournalLine
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import ADA, XeroWorld, connect_club

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
