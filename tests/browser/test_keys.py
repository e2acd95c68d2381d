"""What goes through a page by Tab sees what it is there to see."""

import pytest
from playwright.sync_api import Browser

from tests.browser import keys

pytestmark = [pytest.mark.browser]

PAGE = """<!doctype html><style>
a:focus-visible, button:focus-visible {{ outline: 3px solid green; outline-offset: 2px }}
.skip {{ position: absolute; top: -60px }} .skip:focus {{ top: 0 }}</style>
<a class="skip" href="#content">Skip</a><main id="content" tabindex="-1"><p><button>First</button></p>{}
<p><a href="/last">Last</a></p></main><footer><button>Below</button></footer>"""
FAULTS = {
    "has a place of its own in the order": '<button tabindex="3">Pushy</button>',
    "no Tab reaches": '<a href="/x" tabindex="-1">Shy</a>',
    "has no ring": '<button style="outline: none">Plain</button>',
    "has a ring that is cut off": '<p style="overflow: hidden; width: 40px"><button style="width: 40px">C</button></p>',
    "is covered, or out of the window": '<button style="position: absolute; left: -400px">Away</button>',
    "was never reached": """<button id="trap">Trap</button><button>Beyond</button><script>
      document.getElementById("trap").addEventListener("keydown", (event) => event.preventDefault());</script>""",
    "comes out of turn": """<button id="jump">Jump</button><button>Beyond</button><script>let is_first = true;
      document.getElementById("jump").addEventListener("keydown", (event) => { if (is_first) { is_first = false;
      event.preventDefault(); document.querySelector("button").focus(); } });</script>""",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_with_a_fault_is_found_out(browser: Browser, fault: str) -> None:
    with browser.new_context() as context:
        tab = context.new_page()
        tab.set_content(PAGE.format(FAULTS[fault]))
        assert fault in " ".join(keys.sweep(tab, is_whole=True))


def test_a_page_without_fault_is_let_through(browser: Browser) -> None:
    with browser.new_context() as context:
        tab = context.new_page()
        tab.set_content(PAGE.format("<input type=date style='outline: 2px solid'>"))
        assert keys.sweep(tab, is_whole=True) == []


def test_a_link_to_the_content_that_is_missing_is_noticed(browser: Browser) -> None:
    with browser.new_context() as context:
        tab = context.new_page()
        tab.set_content(PAGE.replace('class="skip"', "").format(""))
        assert "the first Tab does not show the link that skips to the content" in keys.sweep(tab, is_whole=True)
