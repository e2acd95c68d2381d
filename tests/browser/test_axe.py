"""The pages of the picture list before axe (console, troubles, changeovers, bad returns) and, all of them, by Tab.

A club's plain pages are looked at in `test_pages.py`, in each look. `make screenshots` looks at all pages in all looks
and takes minutes; here a few stand for the middling, the narrow and the dark.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.browser import keys
from tests.cli.programs import free_port
from tools.pictures.camera import LOOKS, Camera, Look, take_look
from tools.pictures.pages import ALL, OF_ANY_CLUB
from tools.pictures.server import of_look, served

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FEW = {
    "full-gl", "full-journal-all-lines", "full-charges", "full-users", "full-import-preview", "full-gst-check",
    "full-balances", "troubled-balances", "troubled-gl",
    "troubled-waiting-for-xero", "moving-switched-checklist", "console-fleet", "console-clubs", "sign-in",
}  # fmt: skip
"""Pages that between them hold every component."""
BARRED = {"full-gl-ticked", "full-payment-methods", "full-charges-mending", "full-gl-recorded"}
"""Pages with a bar at the window's foot, under which nothing may hide."""
KEYBOARDS = {"keys": Look("keys", 1280), "keys-narrow": Look("keys-narrow", 375)}
"""Looks of those who come without a mouse."""
EVERYTHING = set(ALL)
ON_PAPER = {name for name, page in ALL.items() if page.on_paper}
PLAIN = {f"{which}-{name}" for which in ("full", "empty") for name in OF_ANY_CLUB}
OTHERS = EVERYTHING - PLAIN | {"empty-gl", "empty-transactions", "empty-imports"}


@pytest.fixture(scope="module")
def pictured() -> Iterator[tuple[str, dict[str, Any]]]:
    """The clubs that are pictured, on a server of their own."""
    # What is used up by being visited (a code, a return from Xero) is there once more for the keyboard.
    with served(free_port(), [*LOOKS, *KEYBOARDS]) as found:
        yield found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("look", ["wide", "middle", "narrow", "dark"])
def test_axe_has_nothing_to_say_and_nothing_overflows(browser: Browser, pictured: Any, look: str) -> None:
    base, ids = pictured
    names = frozenset(OTHERS if look == "wide" else FEW)
    camera = Camera(browser, base, LOOKS[look], of_look(ids, look), names=names, keeps=False)
    take_look(camera)
    assert camera.complaints == []
    # One more: the second step, on the way in.
    assert camera.taken == len(names) + 1


class Keyboard(Camera):
    """Visits pages as a camera does, and goes through each by Tab."""

    def take(self, tab: Tab, name: str, into: Path | None = None) -> None:
        self.taken += 1
        if "text/html" in tab.evaluate("document.contentType"):
            found = keys.sweep(tab, is_whole=name in FEW)
            self.complaints += [f"{name} ({self.look.name}): {words}" for words in found]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("look", list(KEYBOARDS))
def test_tab_reaches_everything_in_its_turn_and_it_is_seen_where_it_is(
    browser: Browser, pictured: Any, look: str
) -> None:
    base, ids = pictured
    names = frozenset(EVERYTHING - ON_PAPER if look == "keys" else FEW | BARRED)
    visitor = Keyboard(browser, base, KEYBOARDS[look], of_look(ids, look), names=names)
    take_look(visitor)
    assert visitor.complaints == []
    assert visitor.taken == len(names) + 1


def test_the_few_are_pages_of_the_list() -> None:
    assert EVERYTHING >= FEW | OTHERS | BARRED
