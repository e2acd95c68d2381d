"""The pages of the picture list before axe: the console, the troubles, changeovers, pages after a press, bad returns.

A club's plain pages are looked at in `test_pages.py`, in each look. `make screenshots` looks at all pages in all looks
and takes minutes; here a few stand for the narrow and the dark.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.cli.programs import free_port
from tools import screenshots
from tools.picture_pages import NOBODY, OF_A_CLUB, SECOND, STAFF, TREASURER
from tools.screenshots import Camera

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FEW = {
    "full-gl", "full-journal", "full-charges", "full-users", "full-import-preview", "full-gst-check", "troubled-gl",
    "troubled-waiting-for-xero", "moving-switched-checklist", "console-fleet", "sign-in",
}  # fmt: skip
"""Pages that between them hold every component."""
EVERYTHING = set(TREASURER | STAFF | NOBODY | SECOND)
PLAIN = {f"{which}-{name}" for which in ("full", "empty") for name in OF_A_CLUB}
OTHERS = EVERYTHING - PLAIN | {"empty-gl", "empty-transactions", "empty-imports"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, dict[str, Any]]]:
    """The clubs that are pictured, on a server of their own."""
    before, screenshots.PORT = screenshots.PORT, free_port()
    with screenshots._served() as found:
        yield found
    screenshots.PORT = before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("look", ["wide", "narrow", "dark"])
def test_axe_has_nothing_to_say_and_nothing_overflows(browser: Browser, served: Any, look: str) -> None:
    base, ids = served
    names = frozenset(OTHERS if look == "wide" else FEW)
    camera = Camera(browser, base, look, screenshots._of_look(ids, look), names=names, keeps=False)
    screenshots._take_look(camera)
    assert camera.complaints == []
    # One more: the second step, on the way in.
    assert camera.taken == len(names) + 1


def test_the_few_are_pages_of_the_list() -> None:
    assert EVERYTHING >= FEW | OTHERS
