"""This machine's Chromium: where it is, and a picture of a page in spite of its moods."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Error, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Under load Chromium now and then refuses one capture and takes the very same picture a moment later.
REFUSED = "Unable to capture screenshot"
CAPTURES = 5


def chromium() -> str | None:
    """Return the path of this machine's Chromium, if there is one. CHROMIUM names another."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def picture(page: Page, path: Path) -> None:
    """Save what the page shows as a PNG at `path`. What Chromium refuses is asked again, `CAPTURES` times in all."""
    for capture in range(1, CAPTURES + 1):
        try:
            page.screenshot(path=path)
        except Error as error:
            if REFUSED not in str(error) or capture == CAPTURES:
                raise
            page.wait_for_timeout(250 * capture)
        else:
            return
