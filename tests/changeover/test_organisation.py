"""Changing the club's organisation in Xero: whose act it is, when it is refused, what it ends and asks for again."""

import pytest
from django.test import Client

from clubledger.changeover import organisation
from clubledger.changeover.organisation import OrganisationStays
from clubledger.clubs import access
from clubledger.clubs.models import AuditEvent
from clubledger.delivery import preflight
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem, GLCode, JobCode, Journal, TaxCode
from clubledger.xero.connection import standing
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_delivery import ready as ready
from tests.fixtures_xero import BOWLS, GOLF, SAM
from tests.fixtures_xero import connected as connected

pytestmark = pytest.mark.django_db
PAGE = "/configuration/integration/general-ledger/organisation/"


def connections_in_xero(ready: ReadyClub) -> int:
    return len(ready.xero.simulator.world.store.connections)


def test_it_is_the_owners_act_and_wants_a_reason(ready: ReadyClub):
    with pytest.raises(access.NotAllowed):
        organisation.change_organisation(club=ready.club, actor=ready.treasurer, reason="x")
    with pytest.raises(OrganisationStays, match="Give the reason"):
        organisation.change_organisation(club=ready.club, actor=ready.owner, reason=" ")
    assert standing.current(club=ready.club).organisation_name == GOLF


def test_nothing_may_be_in_flight(ready: ReadyClub):
    ready.press_send()
    assert organisation.foresee(club=ready.club).held == ready.journals()
    with pytest.raises(OrganisationStays, match="Withdraw or settle them first"):
        organisation.change_organisation(club=ready.club, actor=ready.owner, reason="New entity")
    assert standing.standing_of(club=ready.club, user=ready.treasurer).is_live


def test_everybody_is_disconnected_in_xero_too_and_the_mapping_is_asked_for_again(ready: ReadyClub):
    ready.validate()
    assert ready.journal().state == "valid"
    seen = organisation.foresee(club=ready.club)
    mapped = FinancialItem.objects.of(ready.club).exclude(gl_code=None).count()
    assert (seen.name, seen.unsent, seen.sent, seen.mapped) == (GOLF, 1, 0, mapped)
    assert organisation.change_organisation(club=ready.club, actor=ready.owner, reason="New entity") == mapped
    assert connections_in_xero(ready) == 0
    assert organisation.foresee(club=ready.club) is None
    assert not FinancialItem.objects.of(ready.club).exclude(gl_code=None).exists()
    assert ready.journal().state == "open"
    actions = list(AuditEvent.objects.of(ready.club).values_list("action", flat=True))
    assert actions.count("mapping.changed") >= mapped
    assert {"xero.organisation_released", "mapping.forgotten", "xero.revoked"} <= set(actions)
    assert "New entity" in AuditEvent.objects.of(ready.club).get(action="xero.organisation_released").summary


def test_the_next_organisation_brings_a_chart_of_its_own(ready: ReadyClub):
    JobCode.objects.of(ready.club).create(club=ready.club, code="Bar", option_id="o", option_name="Bar", status="GONE")
    before = GLCode.objects.of(ready.club).get(code="611")
    organisation.change_organisation(club=ready.club, actor=ready.owner, reason="New entity")
    assert not GLCode.objects.of(ready.club).exclude(status="GONE").exists()
    assert not TaxCode.objects.of(ready.club).exclude(status="GONE").exists()
    assert JobCode.objects.of(ready.club).get().option_id == ""
    ready.xero.authorise(ready.club, ready.owner, login=SAM, organisation=BOWLS)
    preflight.get_gl_codes(club=ready.club, actor=ready.owner)
    # A code that both charts have is the same row again, and none was renamed out of the way.
    again = GLCode.objects.of(ready.club).get(code="611")
    assert (again.pk, again.status) == (before.pk, "ACTIVE")
    assert again.account_id not in {"", before.account_id}
    assert not [code for code in GLCode.objects.of(ready.club).values_list("code", flat=True) if "-" in code]
    assert items.unmapped(club=ready.club)
    assert {finding.code for _id, finding in ready.validate(ready.owner).findings} == {"item_unmapped"}


def test_the_page_shows_what_it_does_and_does_it(ready: ReadyClub):
    client = Client()
    client.force_login(ready.owner)
    address = f"/c/{ready.club.slug}{PAGE}"
    said = client.get(address).content.decode()
    assert f"Let go of {GOLF}" in said
    assert "These people are disconnected, in Xero and here" in said
    assert client.post(address, {"reason": " "}).status_code == 422
    told = client.post(address, {"reason": "New entity"}, follow=True).content.decode()
    assert "The organisation was let go." in told
    assert "No organisation is connected: authorise Xero" in client.get(address).content.decode()


def test_the_page_leads_to_what_has_to_be_settled_first(ready: ReadyClub):
    Journal.objects.of(ready.club).update(state="uncertain")
    client = Client()
    client.force_login(ready.owner)
    said = client.get(f"/c/{ready.club.slug}{PAGE}").content.decode()
    assert "Settle these first" in said
    assert f"/gl/journals/{ready.journal().pk}/" in said
    assert "Let go of" not in said
