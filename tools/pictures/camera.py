"""Visits pages in one look, as one person after another, and notices what is wrong with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error
from playwright.sync_api import Page as Tab

from tools.pictures.browser import picture
from tools.pictures.pages import NOBODY, SECOND, STAFF, TREASURER, VIEWER, Picture
from tools.pictures.server import CORA, PASSWORD, RITA, SAM, TESS

ROOT = Path(__file__).resolve().parents[2]
INTO = ROOT / "var" / "screenshots" / "pages"
README_PICTURE = ROOT / "docs" / "images" / "gl-integration.png"
PAPER = 703  # A4 less its margins, in the pixels of a style sheet
TALLEST = 6000
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
SPILLS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """[...document.querySelectorAll(".tablewrap")].filter(
    (one) => getComputedStyle(one).overflowX === "clip" && one.scrollWidth > one.clientWidth + 1).length"""

# On paper a table stays a table, and its totals stand once.
NOT_FOR_PAPER = """[...document.querySelectorAll("table, tfoot")].filter(
    (one) => !["table", "table-row-group"].includes(getComputedStyle(one).display)).length"""
SQUEEZED = """[...document.querySelectorAll("td")].filter(
    (one) => one.clientWidth > 0 && one.clientWidth < 40 && one.innerText.trim().length > 8).length"""


@dataclass(frozen=True)
class Look:
    """How wide the window is, and in which colours."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"


LOOKS = {
    look.name: look
    for look in (Look("wide", 1280), Look("middle", 1000), Look("narrow", 375), Look("dark", 1280, "dark"))
}


@dataclass
class Camera:
    """Visits pages in one look, as one person, and keeps what was wrong with them."""

    browser: Browser
    base: str
    look: Look
    ids: dict[str, Any]
    is_quick: bool = False
    only: str = ""
    names: frozenset[str] = frozenset()
    """Where it is not empty: these pages and no others."""
    keeps: bool = True
    """Whether the pictures are kept; without, the pages are only looked at."""
    on_paper: bool = False
    """Whether the page that stands is printed."""
    taken: int = 0
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def person(self, email: str = "") -> Iterator[Tab]:
        """Open a window of somebody's, signed in unless nobody is named."""
        context = self.browser.new_context(
            viewport={"width": self.look.width, "height": 900}, color_scheme=self.look.scheme,
            locale="en-AU", reduced_motion="reduce",
        )  # fmt: skip
        tab = context.new_page()
        tab.on("console", lambda said: self._hear(tab, said.type, said.text))
        tab.on("response", lambda answer: self._look_at(answer.url, answer.status))
        if email:
            tab.goto(f"{self.base}/sign-in/")
            tab.get_by_label("E-mail").first.fill(email)
            tab.get_by_label("Password").first.fill(PASSWORD)
            tab.get_by_role("button", name="Sign in", exact=True).first.click()
        yield tab
        context.close()

    def _hear(self, tab: Tab, kind: str, text: str) -> None:
        if kind == "error" and "the server responded with a status" not in text:
            self.complaints.append(f"{tab.url} ({self.look.name}): {text}")

    def _look_at(self, url: str, status: int) -> None:
        if status >= 500:
            self.complaints.append(f"{url} ({self.look.name}) answered {status}")

    def take_all(self, tab: Tab, pages: Mapping[str, Picture]) -> None:
        """Visit and take each page; a page that can't be reached is a complaint, and the others are taken."""
        for name, page in pages.items():
            if not name.startswith(self.only) or (self.names and name not in self.names):
                continue
            try:
                self._visit(tab, page)
                self.take(tab, name)
            except Error as error:
                self.complaints.append(f"{name} ({self.look.name}): {str(error).splitlines()[0]}")

    def _visit(self, tab: Tab, page: Picture) -> None:
        tab.set_viewport_size({"width": self.look.width, "height": 900})
        self.on_paper = page.on_paper
        tab.emulate_media(media="print" if page.on_paper else "screen")
        address = page.address(self.ids | {"look": self.look.name})
        answer = tab.goto(f"{self.base}{address}")
        status = answer.status if answer else 0
        if status != page.status or ("/sign-in/" in tab.url) != ("/sign-in/" in address):
            self.complaints.append(f"{address} ({self.look.name}) answered {status} at {tab.url}")
        if page.act:
            page.act(tab)
            tab.wait_for_load_state("load")

    def take(self, tab: Tab, name: str, into: Path | None = None) -> None:
        """Take the page as it stands, and look whether it spills over and what axe says."""
        width = PAPER if self.on_paper else self.look.width
        tab.set_viewport_size({"width": width, "height": 900})
        # As tall as the page, so that what sticks to the window's edge stands at the page's.
        height = tab.evaluate("document.documentElement.scrollHeight")
        tab.set_viewport_size({"width": width, "height": max(900, min(height, TALLEST))})
        if self.keeps:
            picture(tab, into or INTO / f"{name}-{self.look.name}.png")
        self.taken += 1
        spills = tab.evaluate(SPILLS)
        if spills > 0:
            self.complaints.append(f"{name} ({self.look.name}) is {spills} pixels wider than the window")
        if tab.evaluate(CUT_OFF):
            self.complaints.append(f"{name} ({self.look.name}) has a table of which the edge is cut off")
        if self.on_paper and tab.evaluate(NOT_FOR_PAPER):
            self.complaints.append(
                f"{name} ({self.look.name}) has a table that is none on paper, or totals on every sheet"
            )
        if tab.evaluate(SQUEEZED):
            self.complaints.append(f"{name} ({self.look.name}) has a cell that is squeezed to a word a line")
        if not (self.is_quick or self.on_paper) and "text/html" in tab.evaluate("document.contentType"):
            found = Axe().run(tab, options=RULES)
            self.complaints += [
                f"{name} ({self.look.name}): {one['id']}: {one['nodes'][0]['html'][:160]}"
                for one in found.response["violations"]
            ]


def take_look(camera: Camera) -> None:
    """Visit everybody's pages, each person's as that person."""
    with camera.person() as tab:
        camera.take_all(tab, NOBODY)
    with camera.person(CORA) as tab:
        camera.take(tab, "second-step")
        tab.locator("input[name=code]").first.fill(camera.ids["recovery"])
        tab.locator("form:has(input[name=code]) button").first.click()
        camera.take_all(tab, SECOND)
    with camera.person(TESS) as tab:
        camera.take_all(tab, TREASURER)
        if camera.look.name == "wide" and camera.keeps and not camera.only:
            tab.set_viewport_size({"width": 1280, "height": 900})
            tab.goto(f"{camera.base}{TREASURER['full-gl-ticked'].address(camera.ids)}")
            camera.take(tab, "readme", README_PICTURE)
    with camera.person(RITA) as tab:
        camera.take_all(tab, VIEWER)
    with camera.person(SAM) as tab:
        camera.take_all(tab, STAFF)
