"""The whole job as the treasurer does it, in a real browser against real programs and the simulator's own pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import walk_in

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.smoke]

FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount,job,member,description
INV-1,invoice,2026-06-15,SUBS,FULL7,1100.00,100.00,Golf,1042,"Full 7-day, 2026/27"
INV-2,invoice,2026-06-15,SUBS,SURCH,11.00,1.00,,1042,Card surcharge
PAY-1,payment,2026-06-15,SUBS,CARD,1111.00,,,1042,Online card payment
PRZ-1,prize,2026-06-15,PRIZE,PRIZES,50.00,,,1042,Saturday Stableford
POS-1,pos_sale,2026-06-15,HOUSE,POSCLR,22.00,,,1042,Bar
INV-3,invoice,2026-07-02,HOUSE,LOCKER,66.00,6.00,,1042,Locker 12
PAY-2,payment,2026-07-03,HOUSE,CARD,44.00,,,1042,Top-up
BAD-1,invoice,2026-07-02,SUBS,FULL7,10.005,,,1042,Three decimals
"""
ACCOUNT_TYPES = {"SUBS": "611", "PRIZE": "812", "HOUSE": "811"}
CHARGES = {"FULL7": "210", "SURCH": "265", "PRIZES": "450", "POSCLR": "616"}
WORKED_DAY = {"611", "210", "265", "615", "450", "812", "811", "616"}


@pytest.mark.timeout(300)
def test_the_treasurer_brings_a_month_into_xero(browser, installation, screenshots):
    walk = walk_in(browser, installation.web, screenshots, "main-job")
    sign_in_to_an_empty_club(walk)
    import_a_file(walk, installation)
    authorise_xero(walk)
    get_gl_codes_and_categories(walk)
    validate_and_see_the_faults(walk)
    mend_them(walk)
    validate_and_send(walk)
    find_the_same_lines_in_xero(walk, installation)
    record_one_as_added_by_hand(walk)
    revoke(walk)
    assert walk.complaints == []


def sign_in_to_an_empty_club(walk):
    walk.go("/")
    expect(walk.page).to_have_url(re.compile("/sign-in/"))
    walk.snap("sign-in")
    walk.sign_in()
    expect(walk.page.get_by_role("heading", name="GL Integration")).to_be_visible()
    expect(walk.page.get_by_text("Four steps to books that agree")).to_be_visible()
    walk.snap("empty-club")


def import_a_file(walk, installation):
    file = installation.folder / "july.csv"
    file.write_text(FILE, encoding="utf-8")
    walk.page.get_by_role("navigation", name="Main").get_by_role("link", name="Import").click()
    walk.page.get_by_label("Transactions file").set_input_files(file)
    walk.snap("import-chosen")
    walk.press("Look at it first")
    expect(walk.page.get_by_role("cell", name="Saturday Stableford")).to_be_visible()
    walk.snap("import-preview")
    walk.press("Import this file")
    expect(walk.page.get_by_text("7 new transactions came in.")).to_be_visible(timeout=30_000)
    expect(walk.page.get_by_text("1 was refused.")).to_be_visible()
    walk.snap("import-result")
    with walk.page.expect_download() as downloading:
        walk.follow("Download them to mend")
    refused = downloading.value.path().read_text(encoding="utf-8-sig")
    assert "10.005" in refused
    assert refused.splitlines()[0].endswith("reason")


def authorise_xero(walk):
    walk.follow("Integration Settings")
    walk.follow("General Ledger")
    expect(walk.page.get_by_text("You have not authorised Xero for this club", exact=True)).to_be_visible()
    walk.snap("not-authorised")
    walk.press("Authorize Xero")
    walk.page.get_by_label("Email address").fill("tess@banksiapark.example")
    walk.page.get_by_label("Password").fill("tess")
    walk.snap("xero-log-in")
    walk.press("Log in")
    walk.page.get_by_text("Banksia Park Golf Club Inc").click()
    walk.snap("xero-consent")
    walk.press("Allow access")
    expect(walk.page.get_by_role("heading", name="Are the club's books in Banksia Park Golf Club Inc?")).to_be_visible()
    walk.snap("confirm-organisation")
    walk.press("Yes, connect it")
    expect(walk.page.get_by_text("You can send journals to Banksia Park Golf Club Inc in Xero.")).to_be_visible()
    expect(walk.page.get_by_role("button", name="Revoke Connection")).to_be_visible()
    walk.snap("authorised")


def get_gl_codes_and_categories(walk):
    walk.follow("Chart of Accounts")
    walk.follow("GL Code")
    walk.press("Get GL Codes")
    expect(walk.page.get_by_text("Xero answered.")).to_be_visible()
    expect(walk.page.get_by_role("cell", name="210", exact=True)).to_be_visible()
    walk.snap("gl-codes")
    walk.follow("Chart of Accounts")
    walk.follow("Job#")
    walk.press("Get Categories")
    expect(walk.page.get_by_text("Xero answered.")).to_be_visible()
    walk.snap("job-codes")
    map_by_grid(walk, "Account Types", ACCOUNT_TYPES)
    map_by_grid(walk, "Payment Methods", {"CARD": "615"})
    map_by_grid(walk, "Charges", CHARGES)


def map_by_grid(walk, page, codes):
    walk.follow(page)
    for item, code in codes.items():
        walk.page.get_by_label(f"GL code of {item}").fill(code)
    walk.snap(f"mapping-{page.lower().replace(' ', '-')}")
    walk.press("Save")
    expect(walk.page.get_by_text(re.compile(r"\d+ items? saved\."))).to_be_visible()


def validate_and_see_the_faults(walk):
    walk.follow("GL Integration")
    walk.follow("Start at the oldest unsent")
    expect(walk.page.get_by_label("From")).to_have_value("2026-06-15")
    walk.page.get_by_role("checkbox", name=re.compile("Select All")).check()
    expect(walk.page.get_by_text("3 journals selected, 2,404.00")).to_be_visible()
    walk.snap("selected")
    walk.press("Validate Journals with GL")
    expect(walk.page.get_by_text("3 journals checked: 2 valid, 1 to mend.")).to_be_visible()
    expect(walk.page.get_by_role("heading", name="1 thing to mend before these can go")).to_be_visible()
    expect(walk.page.get_by_text("Needs your help").first).to_be_visible()
    walk.snap("faults")


def mend_them(walk):
    walk.follow("Map LOCKER")
    field = walk.page.get_by_label("GL code of LOCKER")
    expect(field).to_be_focused()
    walk.snap("mending")
    field.fill("220")
    field.press("Enter")
    expect(walk.page.get_by_text("1 item saved.")).to_be_visible()


def validate_and_send(walk):
    walk.follow("GL Integration")
    walk.follow("Start at the oldest unsent")
    walk.page.get_by_role("checkbox", name=re.compile("Select All")).check()
    expect(walk.page.get_by_role("button", name="Send to GL")).to_be_hidden()
    walk.press("Validate Journals with GL")
    expect(walk.page.get_by_text("3 journals checked against Xero's chart of accounts: all valid.")).to_be_visible()
    # The last is to be recorded by hand.
    walk.page.get_by_role("checkbox", name=re.compile("3 Jul 2026")).uncheck()
    expect(walk.page.get_by_text("2 journals selected, 2,360.00")).to_be_visible()
    walk.snap("valid")
    walk.press("Send to GL")
    expect(walk.page.get_by_text(re.compile("Sending to GL: "))).to_be_visible()
    walk.snap("sending")
    expect(walk.page.get_by_text("Sending to GL: 2 of 2 done")).to_be_visible(timeout=60_000)
    walk.page.get_by_role("link", name=re.compile("^All ")).click()
    expect(walk.page.get_by_role("link", name="Open in Xero")).to_have_count(2)
    walk.snap("sent")


def find_the_same_lines_in_xero(walk, installation):
    walk.follow("J-000001")
    expect(walk.page.get_by_text("balanced")).to_be_visible()
    rows = walk.page.get_by_role("region", name="Lines").get_by_role("row").all()[1:-1]
    here = {row.get_by_role("cell").first.inner_text().split()[0] for row in rows}
    assert here == WORKED_DAY
    walk.snap("journal")
    walk.page.get_by_role("region", name="Lines").get_by_role("link", name="210").first.click()
    expect(walk.page.get_by_role("link", name="INV-1")).to_be_visible()
    walk.snap("journal-line-opened")
    walk.follow("Open in Xero")
    expect(walk.page).to_have_url(re.compile(re.escape(installation.simulator)))
    there = walk.page.locator("tbody").first.inner_text()
    assert all(f"{code} ·" in there for code in WORKED_DAY)
    expect(walk.page.get_by_text("Posted", exact=True)).to_be_visible()
    walk.snap("in-xero")


def record_one_as_added_by_hand(walk):
    walk.go("/c/banksia-park/gl/?from=2026-06-15&up_to=2026-07-31")
    walk.page.get_by_role("checkbox", name=re.compile("3 Jul 2026")).check()
    walk.press("Record as manually added to GL")
    expect(walk.page.get_by_text("Clubledger does not check Xero.")).to_be_visible()
    walk.page.get_by_label("Reason").fill("Entered by hand during the move")
    walk.snap("record")
    walk.press("Record 1 journal")
    expect(walk.page.get_by_text("1 journal recorded as manually added.")).to_be_visible()
    expect(walk.page.get_by_text("is in Xero.")).to_be_visible()
    walk.snap("all-done")


def revoke(walk):
    walk.follow("Integration Settings")
    walk.follow("General Ledger")
    walk.press("Revoke Connection")
    expect(walk.page.get_by_text("This removes your own connection")).to_be_visible()
    walk.snap("revoke")
    walk.press("Revoke Connection")
    expect(walk.page.get_by_text("You have not authorised Xero for this club", exact=True)).to_be_visible()
    walk.snap("revoked")
