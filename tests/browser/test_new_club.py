"""A new club in a real browser, wide and narrow, with scripts and without: sample data, a wrong file, the cut-over."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import TREASURER, Installation, walk_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FILE = """source_id,kind,accounting_date,account_type,item,amount,tax_amount
INV-1,invoice,2026-06-29,SUBS,FULL7,1100.00,100.00
INV-2,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00
"""


def said(walk, words: str) -> None:
    expect(walk.page.get_by_text(words).first).to_be_visible()


@pytest.mark.parametrize(
    ("width", "has_script"), [(1280, True), (375, False)], ids=["wide-with-script", "narrow-without"]
)
def test_a_new_club_finds_its_way(
    browser: Browser, installation: Installation, screenshots, width: int, has_script: bool
) -> None:
    walk = walk_in(
        browser, installation.web, screenshots, f"new-club-{width}", viewport={"width": width, "height": 900},
        java_script_enabled=has_script,
    )  # fmt: skip
    slug = f"new-club-{width}"
    club = f"/c/{slug}"
    installation.run("create-club", slug, "--name", f"New Club {width}", "--owner", TREASURER)
    walk.sign_in()
    walk.go(f"{club}/gl/")
    walk.press("Try sample data")
    said(walk, "Look around: nothing of it can be sent.")
    walk.snap("sample")
    walk.press("Take the sample data away")
    said(walk, "The sample data is gone")
    said(walk, "Four steps to books that agree")

    file = installation.folder / f"wrong-{width}.csv"
    file.write_text(FILE.replace("INV", f"INV-{width}"), encoding="utf-8")
    installation.run("import", str(file), "--json", "--club", slug)
    walk.go(f"{club}/import/")
    walk.page.locator("tbody a").first.click()
    walk.follow("Undo the import")
    walk.snap("undo")
    walk.page.get_by_label("Reason").fill("The wrong file.")
    walk.press("Take back 2 transactions")
    said(walk, "The import was undone. 2 transactions are gone.")

    file.write_text(FILE.replace("INV", f"AGAIN-{width}"), encoding="utf-8")
    installation.run("import", str(file), "--json", "--club", slug)
    walk.go(f"{club}/configuration/integration/general-ledger/")
    walk.follow("Set a day")
    walk.page.get_by_label("Post from").fill("2026-07-01")
    walk.press("See what it does")
    said(walk, "1 unsent journal, of 29 Jun 2026, with total debits of 1,100.00")
    walk.snap("post-from")
    walk.page.get_by_label("Reason").fill("We moved on 1 July.")
    walk.press("Post from 1 Jul 2026")
    said(walk, "The club posts from 1 Jul 2026.")

    walk.go(f"{club}/gl/")
    walk.follow("Record everything up to a day")
    walk.page.get_by_label("Up To").fill("2026-07-31")
    walk.press("See what that records")
    walk.page.get_by_label("Reason").fill("Entered by hand.")
    walk.snap("record")
    walk.press("Record 1 journal")
    said(walk, "1 journal up to 31 Jul 2026 recorded as manually added.")
    assert walk.complaints == []
    walk.page.context.close()
