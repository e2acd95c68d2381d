"""Takes a picture of every page, wide, middling, narrow and dark, full, empty and faulty, into var/screenshots/pages.

It makes clubs of its own in a folder that is thrown away, serves them, and visits every page with this machine's
Chromium; `pages.py` says which. It ends with an error where a page is not what was asked for, runs over the window's
edge, breaks the content policy, or gives axe something to say. The README's picture comes of the same run.
"""

import argparse
import os
import shutil
import sys

import django
from playwright.sync_api import sync_playwright

from tools.pictures.browser import chromium

# The register of pages stands in the product, which reads its settings as it is imported.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tools.pictures.camera import INTO, LOOKS, README_PICTURE, ROOT, Camera, take_look  # noqa: E402
from tools.pictures.server import of_look, served  # noqa: E402

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
PORT = int(os.environ.get("SCREENSHOTS_PORT", "8765"))


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
    with served(PORT, LOOKS) as (base, ids), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        for look in asked.look or LOOKS:
            camera = Camera(browser, base, LOOKS[look], of_look(ids, look), asked.quick, asked.only)
            take_look(camera)
            taken += camera.taken
            complaints += camera.complaints
        browser.close()
    print(f"{taken} pictures in {INTO.relative_to(ROOT)}, and {README_PICTURE.relative_to(ROOT)}")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
