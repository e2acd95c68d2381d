"""Pages of one changeover, of waves and of apps: who tried what, a wave taken back, what an app must ask for."""

import pytest
from django.test import Client

from clubledger.changeover.models import Changeover, State, Wave
from clubledger.changeover.move import steps, switch
from clubledger.changeover.waves import plan
from clubledger.foundation import clock
from tests.changeover.conftest import Moving
from tests.console.test_console import browser, text_of
from tests.fixtures_xero import BOWLS, SAM, TESS

__all__ = ["browser"]

pytestmark = pytest.mark.django_db


def test_the_page_says_what_became_of_each_persons_last_try(moving: Moving, browser: Client):
    row = moving.switch()
    moving.xero.consent(moving.club, moving.tess, login=TESS, cancel=True)
    moving.xero.consent(moving.club, moving.sam, login=SAM, organisations=BOWLS)
    page = text_of(browser.get(f"/console/changeovers/{row.pk}/"))
    assert "cancelled at Xero" in page
    assert "chose another organisation" in page
    moving.xero.return_from_xero(moving.club, moving.tess, login=TESS)
    page = text_of(browser.get(f"/console/changeovers/{row.pk}/"))
    assert "left for Xero and has not come back" in page
    assert "cancelled at Xero" not in page


def test_a_wave_is_taken_back_by_its_buttons(moving: Moving, browser: Client):
    wishes = [plan.Wish("banksia-park")]
    made = plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes)
    assert made.wave is not None
    switch.switch(club=moving.club, actor=moving.staff, changeover_id=moving.now().pk)
    board = text_of(browser.get("/console/changeovers/"))
    assert "0 of 1 clubs are done." in board
    assert "1 has switched and is not done." in board
    form = {"wave": made.wave.pk, "step": "roll_back", "reason": "V3 is broken."}
    answer = browser.post("/console/changeovers/all/", form, follow=True)
    assert "Done for 1 club." in text_of(answer)
    assert moving.now().state == State.ROLLED_BACK


@pytest.mark.parametrize("wave", ["", "x", "0"])
def test_a_step_without_a_wave_is_taken_for_none(moving: Moving, browser: Client, wave: str):
    first = Wave.objects.create(pk=1, name="First", to_app=moving.new, planned_by=moving.staff, planned_at=clock.now())
    moving.plan()
    Changeover.objects.of(moving.club).update(wave=first)
    answer = browser.post("/console/changeovers/all/", {"wave": wave, "step": "call_off"}, follow=True)
    assert "There is no such wave or step." in text_of(answer)
    assert moving.now().state == State.ANNOUNCED


def test_an_old_app_that_is_gone_in_xero_is_noted_by_a_button(moving: Moving, browser: Client):
    row = moving.switch()
    page = text_of(browser.get(f"/console/changeovers/{row.pk}/"))
    assert "It is gone" in page
    assert "Roll back" in page
    browser.post(f"/console/changeovers/{row.pk}/note_gone/", {"reason": "Deleted."})
    assert moving.now().state == State.DISCONNECTED
    page = text_of(browser.get(f"/console/changeovers/{row.pk}/"))
    assert "It is gone" not in page
    assert "Roll back" not in page


@pytest.mark.parametrize("scopes", ["foo", "openid offline_access accounting.manualjournals"])
def test_scopes_without_which_nothing_can_be_sent_are_refused(moving: Moving, browser: Client, scopes: str):
    form = {"name": "Clubledger", "version": "V3", "scopes": scopes, "tier": "plus"}
    answer = browser.post(f"/console/apps/{moving.new.pk}/", form)
    assert answer.status_code == 422
    assert "The scopes lack" in text_of(answer)
    broad = "openid offline_access accounting.transactions accounting.settings"
    assert browser.post(f"/console/apps/{moving.new.pk}/", form | {"scopes": broad}).status_code == 302


def test_a_certified_app_of_a_low_tier_is_said_to_count_as_uncertified(moving: Moving, browser: Client):
    assert "counts as uncertified" not in text_of(browser.get("/console/apps/"))
    moving.new.tier = "core"
    moving.new.save()
    assert "counts as uncertified on this tier" in text_of(browser.get("/console/apps/"))
    assert "The tier allows 50." in text_of(browser.get(f"/console/apps/{moving.new.pk}/"))


def test_the_club_does_not_see_what_is_not_announced_and_is_told_of_a_pause(moving: Moving):
    owner = Client()
    owner.force_login(moving.owner)
    row = moving.plan(announce=False)
    checklist = "/c/banksia-park/configuration/integration/changeover/"
    general_ledger = "/c/banksia-park/configuration/integration/general-ledger/"
    assert "No move to another Xero app is planned" in text_of(owner.get(checklist))
    assert "must be authorised again soon" not in text_of(owner.get(general_ledger))
    steps.announce(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert "must be authorised again soon" in text_of(owner.get(general_ledger))
    steps.pause(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert "The move to a new Xero app is paused" in text_of(owner.get(general_ledger))
    assert "is paused. You will be told when it goes on." in text_of(owner.get(checklist))
    page = text_of(owner.get(general_ledger))
    assert "must be authorised again soon" not in page


def test_the_fleet_shows_the_connections_that_each_app_uses(moving: Moving, browser: Client):
    page = text_of(browser.get("/console/fleet/"))
    assert "2 of 5" in page
    assert f"/console/apps/{moving.old.pk}/" in page
