"""Takes a picture of every page, wide, middling, narrow and dark, full, empty and faulty, into var/screenshots/pages.

It makes clubs of its own in a folder that is thrown away, serves them, and visits every page with this machine's
Chromium; `picture_pages.py` says which. It ends with an error where a page is not what was asked for, runs over the
window's edge, breaks the content policy, or gives axe something to say. The README's picture comes of the same run.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, sync_playwright
from playwright.sync_api import Page as Tab

from tools.pictures import pages as picture_pages
from tools.pictures import xero as picture_xero
from tools.pictures.browser import chromium, picture
from tools.pictures.pages import NOBODY, SECOND, STAFF, TREASURER, VIEWER, Page

ROOT = Path(__file__).resolve().parent.parent
INTO = ROOT / "var" / "screenshots" / "pages"
README_PICTURE = ROOT / "docs" / "images" / "gl-integration.png"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
LOOKS = {"wide": (1280, "light"), "middle": (1000, "light"), "narrow": (375, "light"), "dark": (1280, "dark")}
PAPER = 703  # A4 less its margins, in the pixels of a style sheet
PORT = int(os.environ.get("SCREENSHOTS_PORT", "8765"))
TESS, CORA, SAM = "tess@banksiapark.example", "cora@banksiapark.example", "sam@vendor.example"
RITA = "viewer@banksiapark.example"
PASSWORD = secrets.token_urlsafe(12)
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


@dataclass
class Camera:
    """Visits pages in one look, as one person, and keeps what was wrong with them."""

    browser: Browser
    base: str
    look: str
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
        """Give a window of somebody's, signed in unless nobody is named."""
        width, scheme = LOOKS[self.look]
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light",
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
            self.complaints.append(f"{tab.url} ({self.look}): {text}")

    def _look_at(self, url: str, status: int) -> None:
        if status >= 500:
            self.complaints.append(f"{url} ({self.look}) answered {status}")

    def take_all(self, tab: Tab, pages: dict[str, Page]) -> None:
        """Visit and take each page; a page that can't be reached is a complaint, and the others are taken."""
        for name, page in pages.items():
            if not name.startswith(self.only) or (self.names and name not in self.names):
                continue
            try:
                self._visit(tab, page)
                self.take(tab, name)
            except Error as error:
                self.complaints.append(f"{name} ({self.look}): {str(error).splitlines()[0]}")

    def _visit(self, tab: Tab, page: Page) -> None:
        tab.set_viewport_size({"width": LOOKS[self.look][0], "height": 900})
        self.on_paper = page.on_paper
        tab.emulate_media(media="print" if page.on_paper else "screen")
        address = page.address(self.ids | {"look": self.look})
        answer = tab.goto(f"{self.base}{address}")
        status = answer.status if answer else 0
        if status != page.status or ("/sign-in/" in tab.url) != ("/sign-in/" in address):
            self.complaints.append(f"{address} ({self.look}) answered {status} at {tab.url}")
        if page.act:
            page.act(tab)
            tab.wait_for_load_state("load")

    def take(self, tab: Tab, name: str, into: Path | None = None) -> None:
        """Take the page as it stands, and look whether it spills over and what axe says."""
        width = PAPER if self.on_paper else LOOKS[self.look][0]
        tab.set_viewport_size({"width": width, "height": 900})
        # As tall as the page, so that what sticks to the window's edge stands at the page's.
        height = tab.evaluate("document.documentElement.scrollHeight")
        tab.set_viewport_size({"width": width, "height": max(900, min(height, TALLEST))})
        if self.keeps:
            picture(tab, into or INTO / f"{name}-{self.look}.png")
        self.taken += 1
        spills = tab.evaluate(SPILLS)
        if spills > 0:
            self.complaints.append(f"{name} ({self.look}) is {spills} pixels wider than the window")
        if tab.evaluate(CUT_OFF):
            self.complaints.append(f"{name} ({self.look}) has a table of which the edge is cut off")
        if self.on_paper and tab.evaluate(NOT_FOR_PAPER):
            self.complaints.append(f"{name} ({self.look}) has a table that is none on paper, or totals on every sheet")
        if tab.evaluate(SQUEEZED):
            self.complaints.append(f"{name} ({self.look}) has a cell that is squeezed to a word a line")
        if not (self.is_quick or self.on_paper) and "text/html" in tab.evaluate("document.contentType"):
            found = Axe().run(tab, options=RULES)
            self.complaints += [
                f"{name} ({self.look}): {one['id']}: {one['nodes'][0]['html'][:160]}"
                for one in found.response["violations"]
            ]


def main(arguments: list[str] | None = None) -> int:
    """Take them all; 1 if there is no browser, the pages do not answer, or something is wrong with one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="PREFIX", help="pages whose name begins so")
    parser.add_argument("--look", choices=LOOKS, action="append", help="one look of them; may be given again")
    parser.add_argument("--quick", action="store_true", help="leave out axe")
    asked = parser.parse_args(arguments)
    browser_path = chromium()
    if browser_path is None:
        print("Chromium is not installed: install the package chromium, or set CHROMIUM to its path.", file=sys.stderr)
        return 1
    if not asked.only and not asked.look:
        shutil.rmtree(INTO, ignore_errors=True)
    INTO.mkdir(parents=True, exist_ok=True)
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    taken, complaints = 0, []
    with _served() as (base, ids), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        for look in asked.look or LOOKS:
            camera = Camera(browser, base, look, _of_look(ids, look), asked.quick, asked.only)
            _take_look(camera)
            taken += camera.taken
            complaints += camera.complaints
        browser.close()
    print(f"{taken} pictures in {INTO.relative_to(ROOT)}, and {README_PICTURE.relative_to(ROOT)}")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def _of_look(ids: dict[str, Any], look: str) -> dict[str, Any]:
    """Give the ids with those that only this look may use under their plain names."""
    return ids | {name.removesuffix(f"-{look}"): value for name, value in ids.items()}


def _take_look(camera: Camera) -> None:
    with camera.person() as tab:
        camera.take_all(tab, NOBODY)
    with camera.person(CORA) as tab:
        camera.take(tab, "second-step")
        tab.locator("input[name=code]").first.fill(camera.ids["code"])
        tab.locator("form:has(input[name=code]) button").first.click()
        camera.take_all(tab, SECOND)
    with camera.person(TESS) as tab:
        camera.take_all(tab, TREASURER)
        if camera.look == "wide" and camera.keeps and not camera.only:
            tab.set_viewport_size({"width": 1280, "height": 900})
            tab.goto(f"{camera.base}{picture_pages.FULL}/gl/?ticked=valid")
            camera.take(tab, "readme", README_PICTURE)
    with camera.person(RITA) as tab:
        camera.take_all(tab, VIEWER)
    with camera.person(SAM) as tab:
        camera.take_all(tab, STAFF)


@contextmanager
def _served() -> Iterator[tuple[str, dict[str, Any]]]:
    """Furnish a database and serve it; gives the address of the pages, and the ids of what was furnished."""
    with tempfile.TemporaryDirectory(prefix="clubledger-pictures-") as folder, picture_xero.answering() as xero:
        environment = _environment(Path(folder)) | {"CLUBLEDGER_XERO_API_URL": xero}
        code = (
            "import django, json; django.setup(); from tools import picture_club, picture_more;"
            f" tess = picture_club.furnish(email={TESS!r}, password={PASSWORD!r});"
            f" print(json.dumps(picture_more.furnish(tess=tess, password={PASSWORD!r}, looks={list(LOOKS)!r})))"
        )
        _run(environment, "-m", "clubledger", "migrate")
        ids = json.loads(_run(environment, "-c", code).splitlines()[-1])
        server = subprocess.Popen(
            [sys.executable, "-m", "clubledger", "web"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(f"{environment['CLUBLEDGER_BASE_URL']}/healthz")
            yield environment["CLUBLEDGER_BASE_URL"], ids
        finally:
            server.terminate()
            server.wait(30)


def _environment(folder: Path) -> dict[str, str]:
    from clubledger.foundation import crypto

    # Nothing listens there: a page that asks Xero is told so at once. What is retrieved, `picture_xero` answers.
    nowhere = {f"CLUBLEDGER_XERO_{name}_URL": "http://localhost:9" for name in ("LOGIN", "IDENTITY", "GO")}
    return os.environ | nowhere | {
        "DJANGO_SETTINGS_MODULE": "clubledger.settings",
        "CLUBLEDGER_SECRET_KEY": secrets.token_urlsafe(50),
        "CLUBLEDGER_ENCRYPTION_KEYS": crypto.new_key(),
        "CLUBLEDGER_VAR": str(folder),
        "CLUBLEDGER_PORT": str(PORT),
        "CLUBLEDGER_BASE_URL": f"http://localhost:{PORT}",
        "CLUBLEDGER_REQUIRE_MFA": "0",
        "CLUBLEDGER_WEB_WORKERS": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'pictures.db'}",
    }  # fmt: skip


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


if __name__ == "__main__":
    sys.exit(main())
