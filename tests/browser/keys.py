"""The keyboard's part of a page: what Tab reaches, in which order, and whether it is seen where it is."""

from pathlib import Path

from playwright.sync_api import Page

# Rows beyond these of a table are as those before them; Tab would go through hundreds.
ROWS = 8
WATCH = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def sweep(tab: Page, *, is_whole: bool) -> list[str]:
    """Go through the page that stands there by Tab alone, from its content on; returns what was wrong, as sentences.

    Whole: once round, with what stands around the content, which is the same on many pages.
    """
    tab.evaluate(WATCH, ROWS)
    press, complaints = tab.keyboard.press, []
    if not tab.evaluate("document.activeElement === document.body"):
        is_whole = True
    else:
        press("Tab")
        if not tab.evaluate("window.keys.isAtSkip()"):
            complaints.append("the first Tab does not show the link that skips to the content")
        press("Enter")
        if not tab.evaluate("document.activeElement.matches('main')"):
            complaints.append("the link that skips to the content does not bring the focus there")
    tab.evaluate("window.keys.begin()")
    # A date has a stop for its day, its month, its year and its calendar.
    for pressed in range(6 * tab.evaluate("window.keys.count") + 20):
        press("Tab")
        if pressed % 6 == 5 and tab.evaluate("whole => window.keys.isRound(whole)", is_whole):
            break
    return complaints + tab.evaluate("whole => window.keys.said(whole)", is_whole)
