"""Pictures are evidence beside a test: a capture that the browser refuses once must not fail what it shows."""

from pathlib import Path

import pytest
from playwright.sync_api import Error

from tools.pictures.browser import CAPTURES, picture


class Moody:
    """A page whose browser refuses its first captures."""

    def __init__(self, *errors: str) -> None:
        self.errors, self.taken, self.waits = list(errors), [], 0

    def screenshot(self, path: Path) -> None:
        if self.errors:
            raise Error(self.errors.pop(0))
        self.taken.append(path)

    def wait_for_timeout(self, milliseconds: float) -> None:
        self.waits += 1


REFUSAL = "Page.screenshot: Protocol error (Page.captureScreenshot): Unable to capture screenshot"


def test_a_refused_capture_is_asked_again():
    page = Moody(REFUSAL, REFUSAL)
    picture(page, Path("there.png"))
    assert page.taken == [Path("there.png")]
    assert page.waits == 2


@pytest.mark.parametrize("errors", [[REFUSAL] * CAPTURES, ["Target page has been closed"]])
def test_what_stays_refused_or_is_another_error_is_told(errors):
    page = Moody(*errors)
    with pytest.raises(Error, match=errors[0].split(":")[0]):
        picture(page, Path("there.png"))
    assert page.taken == []
