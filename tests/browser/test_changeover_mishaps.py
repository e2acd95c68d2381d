"""What goes wrong in a changeover, as people see it in a browser; each time the waiting journal reaches Xero once.

One installation serves all: each test has a club of its own, made by moved_clubs.py, with a journal in the queue.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser import moved_clubs
from tests.browser.conftest import PASSWORD, install, serving, simulating, walk_in
from tests.cli.programs import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(300)]

ORGANISATIONS = {plan.slug: plan.organisation for plan in moved_clubs.PLANS}
MOVED = "The Xero connection for this club has been updated. Authorize Xero again to send journals."
NOTHING = "Nothing was connected."


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """The installation with its clubs, simulator, web and worker running."""
    made = install(tmp_path_factory.mktemp("mishaps"))
    with simulating(made):
        done = subprocess.run(
            [sys.executable, "-m", "tests.browser.moved_clubs"],
            env=made.environment | {"DJANGO_SETTINGS_MODULE": "clubledger.settings", "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        with serving(made):
            yield made


def somebody(browser, moved, screenshots, email):
    walk = walk_in(browser, moved.web, screenshots, f"mishaps-{email.partition('@')[0]}")
    walk.sign_in(email, PASSWORD)
    expect(walk.page.get_by_role("button", name="Sign out")).to_be_visible()
    return walk


@pytest.fixture(scope="module")
def tess(browser, moved, screenshots):
    yield (walk := somebody(browser, moved, screenshots, moved_clubs.TESS))
    walk.page.context.close()
    assert walk.complaints == []


@pytest.fixture(scope="module")
def sam(browser, moved, screenshots):
    yield (walk := somebody(browser, moved, screenshots, moved_clubs.SAM))
    walk.page.context.close()


@pytest.fixture(scope="module")
def stan(browser, moved, screenshots):
    yield (walk := somebody(browser, moved, screenshots, moved_clubs.STAFF))
    walk.page.context.close()


def general_ledger(slug):
    return f"/c/{slug}/configuration/integration/general-ledger/"


def checklist(slug):
    return f"/c/{slug}/configuration/integration/changeover/"


def ask_kit(moved, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"{moved.simulator}/_sim/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.loads(answer.read())


def in_xero(moved, slug):
    return ask_kit(moved, moved_clubs.path_of(ORGANISATIONS[slug]))["journals"]


def connected_apps(moved, slug):
    state = ask_kit(moved, "state")
    [tenant] = [one["tenant_id"] for one in state["organisations"] if one["name"] == ORGANISATIONS[slug]]
    return sorted(one["client_id"] for one in state["connections"] if one["tenant_id"] == tenant)


def comes_to_say(walk, path, words):
    """Open a page again and again until it says the words: what they tell of happens in the background."""

    def says():
        walk.go(path)
        return walk.page.get_by_text(words).count() > 0

    wait_for(says, f"{words!r} on {path}")


def leave_for_xero(walk, slug):
    """Press Authorize Xero on the General Ledger page and sign in to Xero where it asks."""
    walk.go(general_ledger(slug))
    walk.press("Authorize Xero")
    page: Page = walk.page
    page.wait_for_url(re.compile(r"/(login|identity)"))
    if page.get_by_label("Email address").count():
        email = walk.name.rpartition("-")[2] + "@banksiapark.example"
        page.get_by_label("Email address").fill(email)
        page.get_by_label("Password").fill(email.partition("@")[0])
        walk.press("Log in")


def allow(walk, organisation):
    walk.page.get_by_text(organisation).first.click()
    walk.press("Allow access")


def authorise(walk, slug):
    leave_for_xero(walk, slug)
    allow(walk, ORGANISATIONS[slug])
    expect(walk.page.get_by_text(f"You can send journals to {ORGANISATIONS[slug]} in Xero.")).to_be_visible()


def what_waited_is_sent_once(moved, walk, slug):
    comes_to_say(walk, f"/c/{slug}/gl/?from=2026-07-01&up_to=2026-07-31&show=all", "Open in Xero")
    expect(walk.page.get_by_role("link", name="Open in Xero")).to_have_count(1)
    assert len(in_xero(moved, slug)) == 1


def test_a_second_user_authorises_for_themself(moved, tess, sam):
    sam.go(general_ledger("two-senders"))
    expect(sam.page.get_by_text(MOVED)).to_be_visible()
    authorise(tess, "two-senders")
    sam.go(general_ledger("two-senders"))
    expect(sam.page.get_by_text(MOVED)).to_be_visible()
    comes_to_say(tess, checklist("two-senders"), "1 of 2 people have authorised.")
    expect(tess.page.get_by_role("row", name="Sam Lindqvist")).to_contain_text("Still to authorise")
    tess.snap("second-user")
    authorise(sam, "two-senders")
    comes_to_say(tess, checklist("two-senders"), "2 of 2 people have authorised.")
    tess.press("Get GL Codes")
    expect(tess.page.get_by_text("It works: the GL codes were retrieved with the new app.")).to_be_visible()
    tess.press("Disconnect 2 connections")
    expect(tess.page.get_by_text("2 connections of the old app were removed in Xero.")).to_be_visible()
    comes_to_say(tess, checklist("two-senders"), "The move to Clubledger V3 is done.")
    assert connected_apps(moved, "two-senders") == ["clubledger-v3"] * 2
    what_waited_is_sent_once(moved, tess, "two-senders")


def test_a_wrong_organisation_is_refused_with_both_names(moved, tess):
    leave_for_xero(tess, "wrong-door")
    allow(tess, "Wattle Creek Bowling Club Ltd")
    said = tess.page.locator("main")
    expect(said).to_contain_text(f"keeps its books in {ORGANISATIONS['wrong-door']}")
    expect(said).to_contain_text(f"At Xero you chose Wattle Creek Bowling Club Ltd. {NOTHING}")
    tess.snap("wrong-organisation")
    assert connected_apps(moved, "wrong-door") == ["clubledger-v2"]
    assert in_xero(moved, "wrong-door") == []
    authorise(tess, "wrong-door")
    what_waited_is_sent_once(moved, tess, "wrong-door")


def test_cancel_at_xero_changes_nothing(moved, tess):
    leave_for_xero(tess, "second-thoughts")
    tess.press("Cancel")
    expect(tess.page.get_by_role("heading", name="You cancelled at Xero")).to_be_visible()
    expect(tess.page.get_by_text("Nothing was changed. Authorise whenever you are ready.")).to_be_visible()
    tess.snap("cancelled")
    tess.go(general_ledger("second-thoughts"))
    expect(tess.page.get_by_text(MOVED)).to_be_visible()
    assert connected_apps(moved, "second-thoughts") == ["clubledger-v2"]
    assert in_xero(moved, "second-thoughts") == []
    authorise(tess, "second-thoughts")
    what_waited_is_sent_once(moved, tess, "second-thoughts")


def test_xeros_error_page_brings_nobody_back(moved, tess):
    leave_for_xero(tess, "error-page")
    expect(tess.page.get_by_role("heading", name="Sorry, something went wrong")).to_be_visible()
    # The browser notes the status of Xero's page.
    assert len(tess.complaints) == 1
    tess.complaints.clear()
    tess.snap("xeros-error-page")
    tess.go(general_ledger("error-page"))
    expect(tess.page.get_by_text(re.compile(r"Waiting for Xero since \d{1,2}:\d\d"))).to_be_visible()
    expect(tess.page.get_by_text("Did Xero show an error?")).to_be_visible()
    expect(tess.page.get_by_text("Sorry, something went wrong")).to_be_visible()
    expect(tess.page.get_by_text("are not as registered at Xero")).to_be_visible()
    tess.snap("waiting-for-xero")
    assert in_xero(moved, "error-page") == []
    # The vendor mends the registration at Xero; the same button works.
    fields = {"client_secret": "clubledger-v4-secret", "name": "Clubledger V4", "created_on": "2026-05-04"}
    fields |= {"redirect_uris": [f"{moved.web}/xero/callback"], "tier": "PLUS", "is_certified": True}
    ask_kit(moved, "apps", {"client_id": "clubledger-v4", **fields})
    authorise(tess, "error-page")
    what_waited_is_sent_once(moved, tess, "error-page")


def test_a_third_uncertified_app_is_refused_and_the_page_says_what_to_do(moved, tess):
    tess.go(checklist("third-app"))
    expect(tess.page.get_by_text("Disconnect Clubledger V2 first")).to_be_visible()
    expect(tess.page.get_by_text("An organisation can connect only two uncertified apps, and")).to_be_visible()
    tess.snap("third-app")
    leave_for_xero(tess, "third-app")
    allow(tess, ORGANISATIONS["third-app"])
    expect(tess.page.get_by_role("alert")).to_contain_text("already has two uncertified apps connected")
    tess.snap("third-app-refused")
    tess.go(general_ledger("third-app"))
    expect(tess.page.get_by_text("The organisation has two uncertified apps already.")).to_be_visible()
    assert in_xero(moved, "third-app") == []
    tess.go(checklist("third-app"))
    tess.press("Disconnect 1 connection")
    expect(tess.page.get_by_text("1 connection of the old app was removed in Xero.")).to_be_visible()
    expect(tess.page.get_by_text("Disconnect Clubledger V2 first")).to_be_hidden()
    authorise(tess, "third-app")
    assert connected_apps(moved, "third-app") == ["bar-till", "clubledger-starter"]
    what_waited_is_sent_once(moved, tess, "third-app")


def test_the_old_app_disconnected_too_early(moved, tess, stan):
    tess.go(general_ledger("early-bird"))
    expect(tess.page.get_by_text("You have not authorised Xero for this club", exact=True)).to_be_visible()
    expect(tess.page.get_by_text("Your last authorisation was disconnected in Xero")).to_be_visible()
    tess.snap("too-early")
    stan.go("/console/clubs/early-bird/")
    stan.page.get_by_role("link", name=re.compile("Planned|Announced|Open the changeover|Clubledger V3")).first.click()
    stan.page.locator("summary", has_text="Switch now").click()
    stan.page.get_by_role("button", name="Switch now").click()
    expect(stan.page.get_by_role("heading", name="Early Bird Golf Club")).to_be_visible()
    comes_to_say(tess, checklist("early-bird"), "is no longer connected, seen on")
    authorise(tess, "early-bird")
    what_waited_is_sent_once(moved, tess, "early-bird")


def test_the_old_app_never_disconnected_keeps_nobody_from_sending(moved, tess, stan):
    authorise(tess, "never-left")
    what_waited_is_sent_once(moved, tess, "never-left")
    tess.go(checklist("never-left"))
    tess.press("Get GL Codes")
    expect(tess.page.get_by_text("It works: the GL codes were retrieved with the new app.")).to_be_visible()
    expect(tess.page.get_by_text("Clubledger V2 is still connected in Xero, by one person's login.")).to_be_visible()
    tess.snap("never-disconnected")
    stan.go("/console/changeovers/")
    row = stan.page.get_by_role("row", name="Never Left Croquet Club")
    expect(row).to_contain_text("Verified")
    expect(row).to_contain_text("The old app is still connected in Xero.")
    stan.snap("never-disconnected")
    assert connected_apps(moved, "never-left") == ["clubledger-v2", "clubledger-v3"]


def test_a_roll_back_in_the_middle(moved, tess, sam, stan):
    authorise(sam, "there-and-back")
    assert in_xero(moved, "there-and-back") == []
    stan.go("/console/changeovers/")
    stan.page.get_by_role("row", name="There and Back Club").get_by_role("link").first.click()
    stan.page.locator("summary", has_text="Roll back").click()
    stan.page.get_by_label("Reason").last.fill("The app lacks a scope.")
    stan.page.get_by_role("button", name="Roll back").click()
    expect(stan.page.get_by_text("Rolled back", exact=True).first).to_be_visible()
    stan.snap("rolled-back")
    tess.go(general_ledger("there-and-back"))
    expect(tess.page.get_by_text(f"You can send journals to {ORGANISATIONS['there-and-back']}")).to_be_visible()
    tess.go(checklist("there-and-back"))
    expect(tess.page.get_by_text("The club is back on Clubledger V2; nothing has to be done.")).to_be_visible()
    tess.snap("rolled-back")
    what_waited_is_sent_once(moved, tess, "there-and-back")
    log = ask_kit(moved, "log?method=PUT&path=ManualJournals")["requests"]
    [tenant] = {one["tenant_id"] for one in in_xero(moved, "there-and-back")}
    assert [one["client_id"] for one in log if one["tenant_id"] == tenant] == ["clubledger-v2"]


def test_at_the_end_nothing_is_doubled_anywhere(moved):
    narrations = [one["narration"] for slug in ORGANISATIONS for one in in_xero(moved, slug)]
    assert len(set(narrations)) == len(narrations)


LOOKS = {"wide": (1280, 900, "light"), "narrow": (375, 800, "dark")}
CONSOLE = [
    "changeovers/", "changeovers/?state=verified", "changeovers/1/", "changeovers/7/", "changeovers/8/",
    "changeovers/plan/", "clubs/", "clubs/?text=nobody", "clubs/two-senders/",
    "apps/", "apps/1/", "apps/new/", "fleet/", "keys/",
]  # fmt: skip


@pytest.mark.parametrize("look", list(LOOKS))
def test_the_console_and_the_checklists_have_nothing_for_axe_to_say(moved, tess, stan, look):
    width, height, scheme = LOOKS[look]
    checklists = [checklist(slug) for slug in ("two-senders", "never-left", "there-and-back")]
    for walk, addresses in ((stan, [f"/console/{name}" for name in CONSOLE]), (tess, checklists)):
        walk.page.set_viewport_size({"width": width, "height": height})
        walk.page.emulate_media(color_scheme=scheme)
        for address in addresses:
            assert walk.go(address).status == 200, address
            found = Axe().run(walk.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, f"{address} {look}\n{found.generate_report()}"
            over = walk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over == 0, f"{address} {look}"
