"""Somebody who has a keyboard and no mouse: walks the focus to a thing, looks whether it is seen, and presses."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PASSWORD, TREASURER

MOST = 160
WHERE = """() => {
  const el = document.activeElement, style = getComputedStyle(el), box = el.getBoundingClientRect();
  const at = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 30));
  return {
    tag: el.tagName, html: el.outerHTML.replace(/\\s+/g, " ").slice(0, 120),
    isOurs: !!document.querySelector("a.skip"),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    isSeen: !!at && (el.contains(at) || at.contains(el)),
  };
}"""
IS_BEFORE = "(one, other) => !!(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING)"


@dataclass
class Fingers:
    """Ten fingers at a page. `stops` counts the Tabs, `faults` what could not be seen on the way."""

    page: Page
    web: str
    is_narrow: bool
    faults: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, email: str = TREASURER, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.web}/sign-in/")
        expect(self.page.get_by_label("E-mail address").first).to_be_focused()
        self.type(email)
        self.tab()
        self.type(password)
        self.enter()
        expect(self.page).not_to_have_url(re.compile("/sign-in/"))

    def tab(self, *, back: bool = False) -> None:
        """Press Tab once, and look where the focus is: it has to be seen there, with its ring."""
        self.page.keyboard.press("Shift+Tab" if back else "Tab")
        found = self.page.evaluate(WHERE)
        if found["tag"] == "BODY" or not found["isOurs"]:
            return
        if found["tag"] != "MAIN" and found["ring"] < 2:
            self.faults.append(f"no ring at {self.page.url}: {found['html']}")
        if found["tag"] != "MAIN" and not found["isSeen"]:
            self.faults.append(f"hidden at {self.page.url}: {found['html']}")

    def to(self, wanted: Locator, *, back: bool = False) -> None:
        """Press Tab until the focus is at what is wanted."""
        expect(wanted).to_be_attached()
        for _ in range(MOST):
            if wanted.evaluate("el => el === document.activeElement"):
                return
            self.tab(back=back)
        raise AssertionError(f"{wanted} was not reached by {MOST} Tabs at {self.page.url}")

    def skip(self) -> None:
        """Go to the content by the link that is first on every page; a form sent from there comes back there."""
        expect(self.page.locator("a.skip")).to_be_attached()
        if self.page.url.endswith("#content"):
            return
        self.page.keyboard.press("Tab")
        expect(self.page.locator("a.skip")).to_be_focused()
        self.enter()
        expect(self.page.locator("main")).to_be_focused()

    def button(self, name: str | re.Pattern[str], **more: Any) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True, **more).first

    def link(self, name: str | re.Pattern[str], *, exact: bool = True) -> Locator:
        return self.page.get_by_role("link", name=name, exact=exact).first

    def press(self, name: str, *, back: bool = False) -> None:
        self.to(self.button(name), back=back)
        self.enter()

    def follow(self, name: str | re.Pattern[str], *, exact: bool = True) -> None:
        self.to(self.link(name, exact=exact))
        self.enter()

    def menu(self, name: str) -> None:
        """Choose a page from the menu; on a phone it has to be opened first, and takes the focus."""
        if self.is_narrow:
            self.press("Menu")
        link = self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True)
        self.to(link)
        address = str(link.get_attribute("href"))
        self.enter()
        expect(self.page).to_have_url(re.compile(f"{re.escape(address)}$"))

    def enter(self) -> None:
        self.page.keyboard.press("Enter")

    def space(self) -> None:
        self.page.keyboard.press("Space")

    def escape(self) -> None:
        self.page.keyboard.press("Escape")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def retype(self, text: str) -> None:
        self.page.keyboard.press("Control+A")
        self.type(text)

    def type_day(self, wanted: Locator, day: str) -> None:
        """Type a date, in the order of day and month in which this machine's browser shows it."""
        self.to(wanted)
        year, month, date = day.split("-")
        for first, second in ((date, month), (month, date)):
            self.type(first + second + year)
            if wanted.input_value() == day:
                return
            while wanted.evaluate("el => el === document.activeElement"):
                self.tab(back=True)
            self.tab()
        raise AssertionError(f"{day} could not be typed: {wanted.input_value()} stands there")

    def says(self, words: str | re.Pattern[str], **more: Any) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(**more)


def fingers(browser: Browser, web: str, width: int) -> Fingers:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-AU", accept_downloads=True)
    made = Fingers(context.new_page(), web, width < 900)
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    return made
