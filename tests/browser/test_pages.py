"""Every page of the club in a real browser, wide and narrow: axe has nothing to say, nothing overflows, keys do."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from clubledger.frame.pages import Audience
from tests.browser.conftest import Installation, Walk, walk_in
from tools import addresses
from tools.pictures.pages import AT, LEFT_OUT, WITH_SECOND_STEP

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount,job,member,description
INV-1,invoice,2026-11-09,SUBS,FULL7,1100.00,100.00,Golf,1042,Full 7-day
PAY-1,payment,2026-11-10,SUBS,CARD,1100.00,,,1042,Online card payment
POS-1,pos_sale,2026-11-11,HOUSE,LOCKER,22.00,2.00,,1042,Bar
BAD-1,invoice,2026-11-11,SUBS,FULL7,10.005,,,1042,Three decimals
"""
CLUB = "/c/banksia-park"
EXAMPLES = {"slug": "banksia-park", "journal": 1, "transaction": 1, "import": 1, "membership": 1}
NOVEMBER = "from=2026-11-01&up_to=2026-11-30"
ASKED = {
    "gl": NOVEMBER,
    "transactions": NOVEMBER,
    "journal": "line=all",
    "gst-check": "period=2026-11-01",
    "charges": "item=LOCKER",
    "post-from": "post_from=2026-11-11",
    "record-up-to": "up_to=2026-11-11",
    "xero-callback": "state=x&code=y",
}
"""What shows most of a page at the club of this test."""


def pages() -> dict[str, str]:
    """Every page of the register that this club has, by its name, and what else a person can run into."""
    found = {
        page.name: addresses.address_of(page, EXAMPLES, ASKED.get(page.name, ""))
        for page in addresses.PAGES.values()
        if page.audience in {Audience.CLUB, Audience.PERSON}
        and not {page.name} & (WITH_SECOND_STEP | set(LEFT_OUT) | set(AT))
        and set(addresses.examples_of(page).values()) <= set(EXAMPLES)
    }
    return found | {
        "gl-all": f"{found['gl']}&show=all&ticked=all",
        "api": "/api/v1/docs",
        "vendor-api": "/api/vendor/v1/docs",
        "not-found": "/c/nobody-knows/gl/",
    }


PAGES = pages()
SIZES = {"wide": (1280, 900), "narrow": (375, 800)}


@pytest.fixture(scope="module")
def furnished(installation: Installation) -> Installation:
    """A club with a few journals, a refused row, codes by hand and a charge without one."""
    file = installation.folder / "november.csv"
    file.write_text(FILE, encoding="utf-8")
    installation.run("import", str(file), "--json", status=1)
    return installation


@pytest.fixture(scope="module", params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def walk(request: pytest.FixtureRequest, browser: Browser, furnished: Installation, screenshots) -> Iterator[Walk]:
    size, scheme = request.param
    width, height = SIZES[size]
    walking = walk_in(
        browser, furnished.web, screenshots, f"pages-{size}-{scheme}",
        viewport={"width": width, "height": height}, color_scheme=scheme,
    )  # fmt: skip
    walking.sign_in()
    expect(walking.page.get_by_role("heading", name="GL Integration")).to_be_visible()
    yield walking
    walking.page.context.close()


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_has_nothing_for_axe_to_say_and_nothing_overflows(walk, name):
    walk.go(PAGES[name])
    walk.snap(name)
    found = Axe().run(walk.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    overflow = walk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
    assert walk.complaints == []


def test_a_form_that_lacks_something_says_so_at_the_field(walk):
    walk.go(PAGES["gl-codes"])
    walk.page.get_by_text("+GL Code").click()
    walk.page.get_by_label("Code", exact=True).fill("999")
    walk.page.get_by_label("Name", exact=True).fill("First")
    walk.press("Add")
    walk.go(PAGES["gl-codes"])
    walk.page.get_by_text("+GL Code").click()
    walk.page.get_by_label("Code", exact=True).fill("999")
    walk.page.get_by_label("Name", exact=True).fill("Again")
    walk.press("Add")
    expect(walk.page.locator(".field-error")).to_be_visible()
    assert Axe().run(walk.page).violations_count == 0
    walk.complaints.clear()


def test_nothing_is_asked_of_another_host(walk):
    asked: list[str] = []
    walk.page.on("request", lambda request: asked.append(request.url))
    for address in PAGES.values():
        walk.go(address)
    assert [url for url in asked if not url.startswith(walk.web)] == []


def test_gl_integration_works_by_keyboard_alone(browser, furnished, screenshots):
    walk = walk_in(browser, furnished.web, screenshots, "keyboard")
    walk.sign_in()
    walk.go(PAGES["gl"])
    walk.page.keyboard.press("Tab")
    expect(walk.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    walk.page.keyboard.press("Enter")
    reached = tab_to(walk, "input[data-select-all]")
    walk.page.keyboard.press("Space")
    expect(walk.page.get_by_text("3 journals selected, 2,222.00")).to_be_visible()
    reached += tab_to(walk, "button.validate")
    walk.snap("validate-reached")
    assert reached < 40
    walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_text("You have not authorised Xero for this club").first).to_be_visible()


def tab_to(walk: Walk, selector: str, most: int = 60) -> int:
    for steps in range(1, most):
        walk.page.keyboard.press("Tab")
        if walk.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return steps
    raise AssertionError(f"{selector} was not reached by {most} tabs")


def test_the_menu_opens_on_a_phone_and_closes_with_escape(browser, furnished, screenshots):
    walk = walk_in(browser, furnished.web, screenshots, "menu", viewport={"width": 375, "height": 800})
    walk.sign_in()
    link = walk.page.locator("nav.menu").get_by_text("Transactions", exact=True)
    expect(link).to_be_hidden()
    walk.press("Menu")
    expect(link).to_be_visible()
    walk.snap("open")
    walk.page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_the_main_job_goes_without_a_script(browser, furnished, screenshots):
    walk = walk_in(browser, furnished.web, screenshots, "no-script", java_script_enabled=False)
    walk.sign_in()
    walk.go(PAGES["gl"])
    walk.page.get_by_role("checkbox", name=re.compile("11 Nov 2026")).check()
    walk.press("Record as manually added to GL")
    expect(walk.page.get_by_role("heading", name="Record as manually added to GL")).to_be_visible()
    walk.page.get_by_label("Reason").fill("Entered by hand")
    walk.snap("record")
    walk.press("Record 1 journal")
    expect(walk.page.get_by_text("1 journal recorded as manually added.")).to_be_visible()
    walk.go(f"{CLUB}/gl/?from=2026-11-01&up_to=2026-11-30&show=recorded&ticked=all")
    walk.press("Undo the recording")
    walk.page.get_by_label("Reason").fill("It was not")
    walk.press("Open 1 journal again")
    expect(walk.page.get_by_text("1 journal stand")).to_be_visible()
    walk.snap("undone")
