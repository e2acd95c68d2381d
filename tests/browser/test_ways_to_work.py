"""The same work in other ways: a mapping from a file and by keyboard, a day sent from a phone and without a script."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import walk_in
from tests.browser.test_main_job import authorise_xero, revoke

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PHONE = {"width": 375, "height": 800}
FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount
INV-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00
INV-2,invoice,2026-07-02,SUBS,FULL7,550.00,50.00
PAY-1,payment,2026-07-03,SUBS,CARD,1650.00,
"""
MAPPING = """kind,code,gl_code
account_type,SUBS,611
charge,FULL7,210
"""
DAYS = "/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-03&show=all"


@pytest.mark.timeout(300)
def test_phone_keyboard_and_no_script_do_the_job(browser, installation, screenshots):
    file = installation.folder / "days.csv"
    file.write_text(FILE, encoding="utf-8")
    installation.run("import", str(file), "--json")
    phone = walk_in(browser, installation.web, screenshots, "phone", viewport=PHONE)
    phone.sign_in()
    connect(phone)
    bring_the_mapping_in(phone)
    desk = walk_in(browser, installation.web, screenshots, "keyboard-grid")
    desk.sign_in()
    map_by_keyboard(desk)
    plain = walk_in(browser, installation.web, screenshots, "no-script-send", java_script_enabled=False)
    plain.sign_in()
    send_without_a_script(plain)
    send_from_the_phone(phone, desk)
    phone.go("/c/banksia-park/configuration/integration/")
    press_menu_and_revoke(phone)
    assert phone.complaints + desk.complaints + plain.complaints == []
    for walk in (phone, desk, plain):
        walk.page.context.close()


def fits(walk):
    spills = walk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert spills == 0, f"{walk.page.url} is {spills} pixels wider than the window"


def connect(walk):
    walk.press("Menu")
    authorise_xero(walk)
    fits(walk)
    walk.go("/c/banksia-park/configuration/chart-of-accounts/gl-codes/")
    walk.press("Get GL Codes")
    expect(walk.page.get_by_text("Xero answered.")).to_be_visible()
    walk.snap("gl-codes")


def bring_the_mapping_in(walk):
    walk.go("/c/banksia-park/configuration/charges/")
    walk.page.get_by_text("Bring the mapping in as a file").click()
    given = {"name": "mapping.csv", "mimeType": "text/csv", "buffer": MAPPING.encode()}
    walk.page.get_by_label("Mapping file (CSV, UTF-8)").set_input_files(given)
    walk.press("Look at it first")
    expect(walk.page.get_by_text("2 items would change.")).to_be_visible()
    fits(walk)
    walk.snap("mapping-file")
    walk.press("Save 2 items")
    expect(walk.page.get_by_text("2 items saved.")).to_be_visible()
    expect(walk.page.get_by_label("GL code of FULL7")).to_have_value("210")


def map_by_keyboard(walk):
    walk.go("/c/banksia-park/configuration/payment-methods/")
    field = walk.page.get_by_label("GL code of CARD")
    for _ in range(60):
        walk.page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    expect(field).to_be_focused()
    walk.page.keyboard.type("615")
    walk.page.keyboard.press("Tab")
    expect(walk.page.get_by_text("1 row changed")).to_be_visible()
    walk.snap("typed")
    walk.page.keyboard.press("Shift+Tab")
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_text("1 item saved.")).to_be_visible()
    expect(field).to_have_value("615")


def send_without_a_script(walk):
    walk.go(DAYS)
    walk.page.get_by_role("checkbox", name=re.compile("1 Jul 2026")).check()
    walk.press("Validate Journals with GL")
    expect(walk.page.get_by_text("1 journal checked against Xero's chart of accounts: all valid.")).to_be_visible()
    walk.press("Send to GL")
    # No script said what was ticked, so the page says it and asks.
    expect(walk.page.get_by_text("This posts the journal")).to_be_visible()
    walk.snap("asked")
    walk.press("Send to GL")
    expect(walk.page.get_by_text(re.compile("Sending to GL: "))).to_be_visible()
    # It reloads by itself until all is done.
    expect(walk.page.get_by_text("Sending to GL: 1 of 1 done")).to_be_visible(timeout=60_000)
    walk.page.reload()
    expect(walk.page.get_by_role("link", name="Open in Xero")).to_have_count(1)
    walk.snap("sent")


def send_from_the_phone(walk, desk):
    walk.go("/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-03")
    walk.page.get_by_role("checkbox", name=re.compile("Select All")).check()
    expect(walk.page.get_by_text("2 journals selected, 2,200.00")).to_be_visible()
    walk.page.get_by_role("checkbox", name=re.compile("Select All")).uncheck()
    expect(walk.page.locator("input[name=journal]:checked")).to_have_count(0)
    expect(walk.page.get_by_text("Tick the journals, or Select All at the head of the table")).to_be_visible()
    walk.page.get_by_role("checkbox", name=re.compile("Select All")).check()
    fits(walk)
    walk.press("Validate Journals with GL")
    expect(walk.page.get_by_text("2 journals checked against Xero's chart of accounts: all valid.")).to_be_visible()
    walk.snap("valid")
    desk.go("/c/banksia-park/gl/?from=2026-07-01&up_to=2026-07-03&ticked=valid")
    expect(desk.page.get_by_text("2 journals selected, 2,200.00")).to_be_visible()
    walk.press("Send to GL")
    expect(walk.page.get_by_text(re.compile("Sending to GL: "))).to_be_visible()
    # Whoever presses it too is told so, and still after the page has begun again because all is done.
    desk.press("Send to GL")
    told = desk.page.get_by_text("they were sent before. Nothing goes twice.")
    expect(told).to_be_visible()
    expect(desk.page.locator("[data-follow]")).to_have_count(0, timeout=60_000)
    expect(told).to_be_visible()
    expect(walk.page.get_by_text("Sending to GL: 2 of 2 done")).to_be_visible(timeout=60_000)
    fits(walk)
    walk.go(DAYS)
    expect(walk.page.get_by_role("link", name="Open in Xero")).to_have_count(3)
    fits(walk)
    walk.snap("sent")


def press_menu_and_revoke(walk):
    walk.press("Menu")
    revoke(walk)
    fits(walk)
