"""The club's work by keyboard alone, wide and narrow: Tab, Shift+Tab, Enter, Space, arrows and typed text; no click.

The one exception is the window in which the browser lets choose a file: it is the system's, not ours.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import TREASURER, Installation
from tests.browser.fingers import Fingers, fingers

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount
INV-{0},invoice,2026-07-01,SUBS,FULL7,1100.00,100.00
INV-{0}B,invoice,2026-07-02,SUBS,FULL7,550.00,50.00
PAY-{0},payment,2026-07-03,SUBS,CARD,1650.00,
"""
CODES = {"Account Types": {"SUBS": "611"}, "Payment Methods": {"CARD": "615"}, "Charges": {"FULL7": "210"}}
ORGANISATION = {1280: "Banksia Park Golf Club Inc", 375: "Wattle Creek Bowling Club Ltd"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("width", [1280, 375])
def test_the_club_is_kept_by_keyboard_alone(browser: Browser, installation: Installation, width: int) -> None:
    club = f"keys-{width}"
    installation.run("create-club", club, "--name", f"Club of {width}", "--owner", TREASURER)
    hands = fingers(browser, installation.web, width)
    hands.sign_in()
    hands.follow(f"Club of {width}", exact=False)
    hands.says("Four steps to books that agree")
    import_a_file(hands, installation.folder, width)
    authorise_xero(hands, ORGANISATION[width])
    retrieve_codes(hands)
    map_in_the_grid(hands)
    validate_and_send(hands)
    read_and_print_a_journal(hands)
    record_and_undo(hands)
    look_at_the_gst(hands)
    invite_somebody(hands, width)
    filter_the_audit_trail(hands)
    assert hands.faults == []
    assert hands.complaints == []
    hands.page.context.close()


def import_a_file(hands: Fingers, folder: Path, width: int) -> None:
    file = folder / f"keys-{width}.csv"
    file.write_text(FILE.format(width), encoding="utf-8")
    hands.menu("Import")
    chooser = hands.page.get_by_label("Transactions file")
    hands.to(chooser)
    chooser.set_input_files(file)
    hands.press("Look at it first")
    hands.says("The file reads well")
    hands.skip()
    hands.press("Import this file")
    hands.says("3 new transactions came in.")


def authorise_xero(hands: Fingers, organisation: str) -> None:
    hands.menu("Integration Settings")
    hands.skip()
    hands.follow("General Ledger")
    hands.says("You have not authorised Xero for this club")
    hands.skip()
    hands.press("Authorize Xero")
    # Xero's own pages: only what is on them is theirs.
    expect(hands.page).not_to_have_url(re.compile(re.escape(hands.web)))
    if hands.page.get_by_label("Email address").count():
        hands.to(hands.page.get_by_label("Email address"))
        hands.type("tess@banksiapark.example")
        hands.to(hands.page.get_by_label("Password"))
        hands.type("tess")
        hands.enter()
    wanted = hands.page.get_by_role("radio", name=organisation)
    hands.to(hands.page.get_by_role("radio").first)
    hands.space()
    while not wanted.is_checked():
        hands.page.keyboard.press("ArrowDown")
    hands.press("Allow access")
    hands.says(f"Are the club's books in {organisation}?")
    hands.skip()
    hands.press("Yes, connect it")
    hands.says(f"You can send journals to {organisation} in Xero.")


def retrieve_codes(hands: Fingers) -> None:
    hands.skip()
    hands.press("Get GL Codes")
    hands.says("Xero answered.")


def map_in_the_grid(hands: Fingers) -> None:
    for title, codes in CODES.items():
        hands.menu(title)
        # The slash goes to the search from anywhere.
        hands.type("/")
        expect(hands.page.get_by_role("searchbox")).to_be_focused()
        hands.type(next(iter(codes))[:3])
        hands.enter()
        expect(hands.page).to_have_url(re.compile("q="))
        hands.skip()
        for item, code in codes.items():
            hands.to(hands.page.get_by_label(f"GL code of {item}"))
            hands.type(code)
            hands.tab()
            hands.says("1 row changed")
            hands.tab(back=True)
        hands.enter()
        hands.says("1 item saved.")
    set_in_bulk(hands)


def set_in_bulk(hands: Fingers) -> None:
    hands.skip()
    hands.to(hands.page.get_by_label("Tick all rows shown"))
    hands.space()
    expect(hands.page.locator("input[name=ticked]:checked")).to_have_count(1)
    bulk = hands.page.locator(".bar summary")
    hands.to(bulk)
    hands.enter()
    code = hands.page.locator("input[name=all-gl]")
    hands.to(code)
    hands.type("220")
    hands.press("Set the ticked rows")
    hands.says("moves")
    hands.skip()
    hands.press("Save")
    hands.says("1 item saved.")


def validate_and_send(hands: Fingers) -> None:
    hands.menu("GL Integration")
    hands.skip()
    hands.type_day(hands.page.get_by_label("From"), "2026-07-01")
    hands.type_day(hands.page.get_by_label("Up To"), "2026-07-03")
    hands.press("Refresh")
    expect(hands.page).to_have_url(re.compile("from=2026-07-01&up_to=2026-07-03"))
    hands.skip()
    hands.to(hands.page.locator("#select-all"))
    hands.space()
    hands.says("3 journals selected, 3,300.00")
    hands.press("Validate Journals with GL")
    hands.says("3 journals checked against Xero's chart of accounts: all valid.")
    # The last is to be recorded by hand; what was validated is still ticked.
    hands.skip()
    hands.to(hands.page.get_by_role("checkbox", name=re.compile("3 Jul 2026")))
    hands.space()
    hands.says("2 journals selected, 1,650.00")
    hands.press("Send to GL")
    hands.says(re.compile("Sending to GL: "))
    hands.says("Sending to GL: 2 of 2 done", timeout=90_000)


def read_and_print_a_journal(hands: Fingers) -> None:
    hands.page.reload()
    hands.skip()
    hands.follow(re.compile("^All "), exact=False)
    expect(hands.page).to_have_url(re.compile("show=all"))
    hands.skip()
    hands.follow("J-000001")
    hands.says("balanced")
    hands.page.evaluate("window.print = () => { document.title = 'printed' }")
    hands.skip()
    hands.press("Print")
    expect(hands.page).to_have_title("printed")
    hands.follow("220", exact=False)
    hands.says("Transactions behind 220")


def record_and_undo(hands: Fingers) -> None:
    hands.menu("GL Integration")
    hands.skip()
    hands.to(hands.page.get_by_role("checkbox", name=re.compile("3 Jul 2026")))
    hands.space()
    hands.press("Record as manually added to GL")
    # A press without a reason says so, with the focus in the field.
    reason = hands.page.get_by_label("Reason")
    expect(reason).to_be_focused()
    hands.type("Entered by hand")
    hands.press("Record 1 journal")
    hands.says("1 journal recorded as manually added.")
    hands.skip()
    hands.follow(re.compile("^Recorded"), exact=False)
    expect(hands.page).to_have_url(re.compile("show=recorded"))
    hands.skip()
    hands.to(hands.page.get_by_role("checkbox", name=re.compile("3 Jul 2026")))
    hands.space()
    hands.press("Undo the recording")
    expect(reason).to_be_focused()
    hands.type("It was not")
    hands.press("Open 1 journal again")
    hands.says("1 journal stand")


def look_at_the_gst(hands: Fingers) -> None:
    hands.menu("GST check")
    hands.skip()
    lengths = hands.page.get_by_label("Tax periods")
    hands.to(lengths)
    hands.type("m")
    hands.type_day(hands.page.get_by_label("Holding the day"), "2026-07-15")
    hands.press("Refresh")
    expect(hands.page).to_have_url(re.compile("period=2026-07-15"))
    hands.says("150.00")


def invite_somebody(hands: Fingers, width: int) -> None:
    hands.menu("Users")
    hands.skip()
    hands.to(hands.page.get_by_label("E-mail address"))
    hands.type(f"aaron-{width}@banksiapark.example")
    role = hands.page.locator("#id_role")
    hands.to(role)
    hands.page.keyboard.press("ArrowDown")
    hands.press("Invite")
    hands.says(f"aaron-{width}@banksiapark.example")


def filter_the_audit_trail(hands: Fingers) -> None:
    hands.menu("Audit Trail")
    hands.type("/")
    hands.type("recorded")
    hands.enter()
    expect(hands.page).to_have_url(re.compile("q=recorded"))
    hands.says("Entered by hand")
    hands.skip()
    with hands.page.expect_download() as downloading:
        hands.follow("CSV")
    assert "Entered by hand" in downloading.value.path().read_text(encoding="utf-8-sig")


@pytest.fixture
def phone(browser: Browser, installation: Installation) -> Iterator[Fingers]:
    hands = fingers(browser, installation.web, 375)
    hands.sign_in()
    yield hands
    hands.page.context.close()


def test_the_menu_opens_and_closes_by_key_and_gives_the_focus_back(phone: Fingers) -> None:
    phone.page.goto(f"{phone.web}/c/banksia-park/transactions/")
    phone.to(phone.button("Menu"))
    phone.enter()
    links = phone.page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(links.first).to_be_visible()
    phone.tab()
    expect(links.first).to_be_focused()
    phone.tab()
    phone.escape()
    expect(links.first).to_be_hidden()
    expect(phone.button("Menu")).to_be_focused()
