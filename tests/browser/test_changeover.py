"""The changeover as three people live it: the vendor's staff, the club's Xero administrator and its treasurer.

Real programs, the simulator's own pages, an old and a new app. The pictures are those of docs/changeover.md.
"""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, walk_in
from tests.cli.programs import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.processes]

STAFF, XERO_ADMINISTRATOR = "stan@vendor.example", "admin@ledgerpartners.example"
GOLF = "Banksia Park Golf Club Inc"
CHANGEOVER = "/c/banksia-park/configuration/integration/changeover/"
GENERAL_LEDGER = "/c/banksia-park/configuration/integration/general-ledger/"
FILE = """source_id,kind,accounting_date,account_type,item,amount
INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00
INV-2,invoice,2026-07-02,SUBS,FULL7,550.00
INV-3,invoice,2026-06-20,SUBS,FULL7,220.00
"""
# The third is moved to another day: what it leaves behind is an older, empty journal.
MOVED = """source_id,kind,accounting_date,account_type,item,amount
INV-3,invoice,2026-07-02,SUBS,FULL7,220.00
"""


@pytest.mark.timeout(400)
def test_a_club_moves_to_the_new_app(browser, installation, screenshots):
    tess = walk_in(browser, installation.web, screenshots, "changeover-treasurer")
    stan = walk_in(browser, installation.web, screenshots, "changeover-staff")
    admin = walk_in(browser, installation.simulator, screenshots, "changeover-xero")
    furnish(installation, tess)
    register_and_plan(stan)
    the_club_is_told(tess)
    queue_a_journal_that_waits(installation, tess)
    switch(stan)
    sending_says_unauthorized(tess)
    the_administrator_disconnects(admin)
    the_page_says_not_authorised(tess)
    wrong_organisation_and_cancel(tess)
    authorise_again(tess)
    get_gl_codes_is_the_test(tess)
    what_waited_was_sent_once(installation, tess)
    empty_journals_are_recorded(installation, tess)
    everything_is_done(stan, tess)
    assert tess.complaints + stan.complaints == []


def ask_kit(installation, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{installation.simulator}/_sim/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.loads(answer.read())


def furnish(installation, tess):
    for client_id in ("clubledger-v2", "clubledger-v3"):
        ask_kit(installation, f"apps/{client_id}", {"redirect_uris": [f"{installation.web}/xero/callback"]})
    installation.run("create-user", STAFF, "--name", "Stan Staff", "--staff", "--password-stdin", given=f"{PASSWORD}\n")
    tess.sign_in()
    authorise(tess, first_time=True)
    installation.run("get-gl-codes")
    file = installation.folder / "june.csv"
    for content in (FILE, MOVED):
        file.write_text(content, encoding="utf-8")
        installation.run("import", str(file))
    installation.run("map", "--item", "account_type:SUBS", "--gl-code", "611")
    taxes = ["--tax-type", "OUTPUT", "--untaxed-tax-type", "EXEMPTOUTPUT"]
    installation.run("map", "--item", "charge:FULL7", "--gl-code", "210", *taxes)


def authorise(walk, organisation=GOLF, *, first_time=False, cancel=False):
    walk.go(GENERAL_LEDGER)
    walk.press("Authorize Xero")
    # On the way lies a page of our own that goes on by itself.
    walk.page.wait_for_url(re.compile(r"/(login|identity|consent)"))
    if walk.page.get_by_label("Email address").count():
        walk.page.get_by_label("Email address").fill("tess@banksiapark.example")
        walk.page.get_by_label("Password").fill("tess")
        walk.press("Log in")
    walk.page.get_by_text(organisation, exact=False).first.click()
    if not first_time:
        walk.snap("xero-consent")
    walk.press("Cancel" if cancel else "Allow access")
    if first_time:
        walk.press("Yes, connect it")
        expect(walk.page.get_by_role("button", name="Revoke Connection")).to_be_visible()


def register_and_plan(stan):
    stan.sign_in(STAFF)
    expect(stan.page.get_by_role("heading", name="Changeovers")).to_be_visible()
    stan.follow("Xero Apps")
    stan.follow("Register an app")
    stan.page.get_by_label("Name").fill("Clubledger")
    stan.page.get_by_label("Version").fill("V3")
    stan.page.get_by_label("Client id").fill("clubledger-v3")
    stan.page.get_by_label("Client secret").fill("clubledger-v3-secret")
    stan.page.get_by_label("Certified by Xero").check()
    stan.snap("register-app")
    stan.press("Register")
    expect(stan.page.get_by_text("Clubledger V3 is registered.")).to_be_visible()
    stan.follow("Clubs")
    stan.follow("Banksia Park Golf Club")
    stan.page.get_by_text("Plan a changeover").click()
    stan.page.get_by_label(re.compile("^New app")).select_option(label="Clubledger V3")
    stan.page.get_by_label("Contact for questions").fill("help@vendor.example")
    stan.snap("plan")
    stan.press("Plan")
    expect(stan.page.get_by_text("Waits for somebody to press Switch now.")).to_be_visible()
    stan.snap("planned")


def the_club_is_told(tess):
    tess.go("/c/banksia-park/gl/")
    expect(tess.page.get_by_text("Xero must be authorised again soon")).to_be_visible()
    tess.snap("notice-before")
    tess.follow("What to do, step by step")
    expect(tess.page.get_by_role("heading", name="Changeover")).to_be_visible()
    tess.snap("checklist-before")


def queue_a_journal_that_waits(installation, tess):
    """Press Send while Xero's day limit is used up: the journal waits in the queue when the switch comes."""
    ask_kit(installation, "rules", {"fault": "429-day", "method": "PUT", "path": "ManualJournals$"})
    tess.go("/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-01")
    tess.page.get_by_role("checkbox", name=re.compile("1 Jul 2026")).check()
    tess.press("Validate Journals with GL")
    expect(tess.page.get_by_text("1 journal checked against")).to_be_visible()
    tess.press("Send to GL")
    wait_for(
        lambda: "limit" in installation.run("journals", "--unsent", "--json"),
        "the journal to wait",
        installation.folder,
    )


def switch(stan):
    stan.page.reload()
    stan.page.locator("summary", has_text="Switch now").click()
    stan.snap("switch")
    stan.page.get_by_role("button", name="Switch now").click()
    expect(stan.page.get_by_text("The old app is still connected in Xero.")).to_be_visible()
    stan.snap("switched")


def sending_says_unauthorized(tess):
    tess.go("/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-02&show=all")
    expect(tess.page.get_by_text("Connection moved", exact=True)).to_be_visible()
    message = "The Xero connection for this club has been updated. Authorize Xero again to send journals."
    expect(tess.page.get_by_text(message).first).to_be_visible()
    tess.snap("unauthorized")
    tess.page.get_by_role("checkbox", name=re.compile("2 Jul 2026")).check()
    tess.press("Validate Journals with GL")
    expect(tess.page.get_by_text(message).first).to_be_visible()
    tess.snap("unauthorized-send")


def the_administrator_disconnects(admin):
    admin.go("/connected-apps")
    if admin.page.get_by_label("Email address").count():
        admin.page.get_by_label("Email address").fill(XERO_ADMINISTRATOR)
        admin.page.get_by_label("Password").fill("admin")
        admin.press("Log in")
        admin.go("/connected-apps")
    row = admin.page.get_by_role("row", name=re.compile(f"{GOLF}|V2"))
    expect(row.first).to_be_visible()
    admin.snap("connected-apps")
    row.get_by_role("button", name="Disconnect").first.click()
    admin.snap("disconnected")


def the_page_says_not_authorised(tess):
    tess.go(CHANGEOVER)
    tess.snap("checklist-after")
    if tess.page.get_by_role("button", name="Look again").count():
        tess.press("Look again")
    expect(tess.page.get_by_text("is no longer connected, seen on")).to_be_visible()
    tess.go(GENERAL_LEDGER)
    expect(tess.page.get_by_text("Not connected").first).to_be_visible()
    expect(tess.page.get_by_text("You have not authorised Xero for this club", exact=True)).to_be_visible()
    tess.snap("not-authorised")


def wrong_organisation_and_cancel(tess):
    authorise(tess, "Wattle Creek Bowling Club Ltd")
    expect(tess.page.get_by_text("keeps its books in Banksia Park Golf Club Inc")).to_be_visible()
    expect(tess.page.get_by_text("Wattle Creek Bowling Club Ltd")).to_be_visible()
    tess.snap("wrong-organisation")
    authorise(tess, cancel=True)
    expect(tess.page.get_by_text("You cancelled at Xero")).to_be_visible()
    tess.snap("cancelled")


def authorise_again(tess):
    authorise(tess)
    expect(tess.page.get_by_text("You can send journals to Banksia Park Golf Club Inc in Xero.")).to_be_visible()
    expect(tess.page.get_by_role("button", name="Revoke Connection")).to_be_visible()
    tess.snap("authorised-again")


def get_gl_codes_is_the_test(tess):
    tess.go(CHANGEOVER)
    tess.press("Get GL Codes")
    expect(tess.page.get_by_text("It works: the GL codes were retrieved with the new app.")).to_be_visible()
    tess.snap("get-gl-codes")


def what_waited_was_sent_once(installation, tess):
    def is_sent():
        found = json.loads(installation.run("journals", "--from", "2026-07-01", "--up-to", "2026-07-01", "--json"))
        return found[0]["state"] == "sent"

    wait_for(is_sent, "the journal that waited", installation.folder)
    found = ask_kit(installation, f"organisations/{urllib.request.quote(GOLF)}/journals")
    journals = found["journals"] if isinstance(found, dict) else found
    assert len(journals) == 1
    tess.go("/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-01&show=all")
    expect(tess.page.get_by_role("link", name="Open in Xero")).to_have_count(1)
    tess.snap("sent-once")


def empty_journals_are_recorded(installation, tess):
    tess.go(CHANGEOVER)
    expect(tess.page.get_by_role("heading", name="Older empty journals")).to_be_visible()
    tess.snap("empty-journals")
    tess.press("Record 1 empty journal as manually added")
    expect(tess.page.get_by_text("1 empty journal is recorded. Xero was not touched.")).to_be_visible()
    found = ask_kit(installation, f"organisations/{urllib.request.quote(GOLF)}/journals")
    assert len(found["journals"] if isinstance(found, dict) else found) == 1


def everything_is_done(stan, tess):
    tess.go(CHANGEOVER)
    expect(tess.page.get_by_text("The move to Clubledger V3 is done.")).to_be_visible()
    tess.snap("done")
    stan.page.reload()
    expect(stan.page.get_by_text("Done", exact=True).first).to_be_visible()
    stan.snap("done")
    stan.follow("Changeovers")
    expect(stan.page.get_by_text("1 of 1 clubs are done.")).to_be_visible()
    stan.snap("board")
