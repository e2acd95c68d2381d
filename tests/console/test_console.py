"""The console's pages and buttons, as staff use them."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clubledger.changeover.fleet import clubs, health
from clubledger.changeover.models import State
from clubledger.changeover.move import steps
from clubledger.clubs import access, support
from clubledger.clubs.access import ClubNotFound, NotAllowed, Permission
from clubledger.clubs.models import AuditEvent, Club
from clubledger.console.words import FAULTS
from clubledger.ledger.models import Journal
from clubledger.xero.connection import registration
from clubledger.xero.models import XeroApp
from tests.changeover.conftest import Moving
from tests.fixtures_xero import TESS

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(moving: Moving) -> Client:
    client = Client()
    client.force_login(moving.staff)
    return client


def text_of(response) -> str:
    return b"".join(response).decode() if response.streaming else response.content.decode()


def test_a_wave_by_filter_is_shown_before_it_is_planned(moving: Moving, browser: Client):
    form = {"name": "First", "to_app": moving.new.pk, "whom": "filter", "announce": "on", "switch_on": "2026-12-01"}
    shown = browser.post("/console/changeovers/plan/", form)
    assert "1 club would be planned" in text_of(shown)
    assert steps.live_of(club=moving.club) is None
    done = browser.post("/console/changeovers/plan/", form | {"really": "1"})
    assert done.status_code == 302
    row = moving.now()
    assert (row.state, row.wave.name if row.wave else "") == (State.ANNOUNCED, "First")
    assert "First" in text_of(browser.get(done["Location"]))


def test_a_wave_by_file_tells_of_bad_lines(moving: Moving, browser: Client):
    file = SimpleUploadedFile("wave.csv", b"club\nbanksia-park\nnowhere\n")
    form = {"name": "File", "to_app": moving.new.pk, "whom": "file", "file": file}
    answer = browser.post("/console/changeovers/plan/", form, follow=True)
    assert "1 club is planned" in text_of(answer)
    assert "line 3: nowhere" in text_of(answer)


def test_staff_switch_remind_and_roll_back_by_buttons(moving: Moving, browser: Client):
    row = moving.plan()
    address = f"/console/changeovers/{row.pk}/"
    assert "Switch now" in text_of(browser.get(address))
    browser.post(f"{address}switch/")
    assert moving.now().state == State.SWITCHED
    page = text_of(browser.get(address))
    assert "Still to authorise" in page
    browser.post(f"{address}remind/")
    assert "is being reminded" in text_of(browser.get(address))
    browser.post(f"{address}roll_back/", {"reason": "Too early."})
    assert moving.now().state == State.ROLLED_BACK
    again = browser.post(f"{address}switch/", follow=True)
    assert "can&#x27;t be done now" in text_of(again)


def test_staff_disconnect_the_old_app_by_a_button(moving: Moving, browser: Client):
    row = moving.switch()
    answer = browser.post(f"/console/changeovers/{row.pk}/disconnect/", follow=True)
    assert "2 connections removed" in text_of(answer)
    assert moving.now().state == State.DISCONNECTED


def test_the_board_downloads_what_it_shows(moving: Moving, browser: Client):
    moving.switch()
    rows = list(csv.DictReader(io.StringIO(text_of(browser.get("/console/changeovers/?format=csv")).lstrip("\ufeff"))))
    assert [row["Club"] for row in rows] == ["banksia-park"]
    assert rows[0]["Still to authorise"] == "tess@banksiapark.example sam@banksiapark.example"
    assert browser.get("/console/changeovers/?format=xlsx").status_code == 200
    assert browser.get("/console/clubs/?format=csv").status_code == 200


def test_clubs_are_found_by_organisation_and_by_the_state_of_their_connection(moving: Moving, browser: Client):
    assert "Banksia Park Golf Club" in text_of(browser.get("/console/clubs/?text=banksia&show=live"))
    moving.switch()
    assert "Banksia Park Golf Club" in text_of(browser.get("/console/clubs/?show=moved"))
    assert "No club fits" in text_of(browser.get("/console/clubs/?show=live"))


def test_days_before_a_clubs_cut_over_are_not_told_as_unsent(moving: Moving, browser: Client):
    Journal.objects.of(moving.club).delete()
    for on in (date(2025, 6, 30), date(2026, 7, 2)):
        Journal.objects.of(moving.club).create(club=moving.club, accounting_date=on, debit_minor=100)
    assert clubs.describe([moving.club])[0].oldest_unsent_on == date(2025, 6, 30)
    Club.objects.filter(pk=moving.club.pk).update(post_from=date(2026, 7, 1))
    assert clubs.describe([moving.club])[0].oldest_unsent_on == date(2026, 7, 2)
    assert "2026-07-02" in text_of(browser.get("/console/clubs/?format=csv"))


def test_the_console_shows_no_transaction_and_no_amount_of_a_club(moving: Moving, browser: Client):
    first = moving.invoice(1, amount="987.65")
    moving.queue(first)
    moving.xero.simulator.fault("drop-after-commit", method="PUT", path="ManualJournals$")
    moving.serve()
    row = moving.switch()
    pages = ["clubs/", "clubs/banksia-park/", "changeovers/", f"changeovers/{row.pk}/", "fleet/", "apps/"]
    for page in pages:
        answer = text_of(browser.get(f"/console/{page}"))
        assert "987.65" not in answer
        assert "INV-1" not in answer
    words = "The total debits (1,234.50) must equal total credits (-10.00) on account '200 Sales'"
    assert not any(character.isdigit() for character in health.without_figures(words))


def test_an_app_is_registered_with_its_secret_encrypted_and_never_shown(moving: Moving, browser: Client):
    form = {"name": "Clubledger", "version": "V4", "client_id": "v4", "client_secret": "hush-hush", "tier": "plus"}
    answer = browser.post("/console/apps/new/", form, follow=True)
    app = XeroApp.objects.get(client_id="v4")
    assert app.client_secret == "hush-hush"
    assert app.redirect_uri == registration.redirect_address()
    assert "hush-hush" not in text_of(answer)
    assert browser.post("/console/apps/new/", form).status_code == 422
    event = AuditEvent.objects.across_clubs("the installation's own").get(action="xero_app.registered")
    assert "hush" not in f"{event.summary} {event.after}"


def test_a_secret_is_rotated_without_downtime(moving: Moving, browser: Client):
    address = f"/console/apps/{moving.old.pk}/secret/"
    browser.post(address, {"act": "begin", "next_secret": "new-secret"})
    # Xero still knows the old one only: both are tried, so that people go on.
    moving.xero.authorise(moving.club, moving.tess, login=TESS)
    moving.xero.kit("POST", "apps/clubledger-v2", {"client_secret": "new-secret"})
    moving.xero.authorise(moving.club, moving.tess, login=TESS)
    browser.post(address, {"act": "finish"})
    app = XeroApp.objects.get(pk=moving.old.pk)
    assert (app.client_secret, app.next_client_secret) == ("new-secret", "")
    moving.xero.authorise(moving.club, moving.tess, login=TESS)


def test_an_app_in_use_is_not_retired(moving: Moving, browser: Client):
    answer = browser.post(f"/console/apps/{moving.old.pk}/secret/", {"act": "retire"}, follow=True)
    assert "Clubs still use this app" in text_of(answer)
    browser.post(f"/console/apps/{moving.new.pk}/secret/", {"act": "retire"})
    assert XeroApp.objects.get(pk=moving.new.pk).status == "retired"


def test_apps_show_what_hangs_on_them(moving: Moving, browser: Client):
    old = next(one for one in health.apps(actor=moving.staff) if one.app == moving.old)
    assert (old.clubs, old.people, old.connections, old.most) == (1, 2, 2, 5)
    assert "2 / 5" in " ".join(text_of(browser.get("/console/apps/")).split())


def test_staff_look_inside_only_while_an_owner_lets_them_and_it_is_audited(moving: Moving, browser: Client):
    gl = "/c/banksia-park/gl/"
    assert browser.get(gl).status_code == 404
    with pytest.raises(NotAllowed):
        support.grant(club=moving.club, actor=moving.administrator, hours=2)
    support.grant(club=moving.club, actor=moving.owner, hours=2, reason="Please look at the mapping.")
    assert browser.get(gl).status_code == 200
    browser.get(gl)
    assert not access.open_club(moving.staff, "banksia-park").may(Permission.SEND)
    assert browser.post("/c/banksia-park/gl/send/").status_code == 403
    assert AuditEvent.objects.of(moving.club).filter(action="support.opened", user=moving.staff).count() == 1
    moving.xero.later(hours=3)
    assert browser.get(gl).status_code == 404
    support.grant(club=moving.club, actor=moving.owner, hours=2)
    support.end(club=moving.club, actor=moving.owner)
    with pytest.raises(ClubNotFound):
        access.open_club(moving.staff, "banksia-park")


def test_every_fault_of_validation_has_words_for_the_fleet():
    sources = [path.read_text(encoding="utf-8") for path in Path(settings.BASE_DIR, "clubledger").rglob("*.py")]
    codes = {code for source in sources for code in re.findall(r"Finding\(\s*code=\"([a-z_]+)\"", source)}
    assert {"item_unmapped", "locked"} <= codes
    warnings = {"tax_stated_unregistered", "dated_on_first_open_day"}
    assert codes - warnings <= set(FAULTS)


def test_the_fleet_says_causes_in_words_and_nothing_of_the_books(moving: Moving, browser: Client):
    journal = moving.invoice(1, amount="987.65")
    found = {"code": "item_unmapped", "message": "Charge LOCKER goes to no GL code.", "severity": "fault"}
    Journal.objects.of(moving.club).filter(pk=journal.pk).update(state="open", findings=[found])
    page = text_of(browser.get("/console/fleet/"))
    assert "goes to no GL code" in page
    assert "LOCKER" not in page
    assert "item_unmapped" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.DONE, "The club sends with Clubledger V3."),
        (State.ROLLED_BACK, "The club is back on Clubledger V2."),
        (State.CALLED_OFF, "The club stays on Clubledger V2."),
    ],
)
def test_a_changeover_that_is_over_says_with_which_app_the_club_sends(
    moving: Moving, browser: Client, state: State, words: str
):
    row = moving.plan()
    type(row).objects.of(moving.club).filter(pk=row.pk).update(state=state)
    assert words in text_of(browser.get(f"/console/changeovers/{row.pk}/"))


def test_the_time_that_was_entered_is_the_time_that_is_planned(moving: Moving, browser: Client):
    form = {
        "name": "First", "to_app": moving.new.pk, "whom": "filter", "switch_on": "2026-12-01", "switch_time": "14:30",
    }  # fmt: skip
    shown = text_of(browser.post("/console/changeovers/plan/", form))
    assert "Banksia Park" in shown
    # What the page's own form says next is what was entered.
    fields = dict(re.findall(r'name="(switch_\w+)"[^>]* value="([^"]*)"', shown))
    assert fields == {"switch_on": "2026-12-01", "switch_time": "14:30"}
    assert 'value="09:00"' in text_of(browser.get("/console/changeovers/plan/"))
