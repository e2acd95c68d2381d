"""Every form of every page, in a browser without scripts: its button is pressed, and the page says what came of it.

What needs Xero's own answers (sending, voiding, revoking) gets here as far as to the page that tells of them; the whole
job without scripts is in `test_ways_to_work.py`. A form that is new on a page needs a row here.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.forms import Press, Presser
from tests.cli.programs import free_port
from tools.pictures.camera import Look, take_look
from tools.pictures.pages import MAPPING_FINE, NOBODY, SECOND, STAFF, TRANSACTIONS, TREASURER
from tools.pictures.server import PASSWORD, TESS, of_look, served

pytestmark = [pytest.mark.browser, pytest.mark.processes]

WHY = {"reason": "It was so."}
ALL = {"all": "1"}
PHRASE = "a long pass phrase of 7"
FOUR = "Xero answered: 4 things are different there"
SIGNING_IN = {
    "post sign-in": Press("do not match", {"login": TESS, "password": "wrong"}),
    "post account_reset_password": Press("Check your e-mail", {"email": "nobody@elsewhere.example"}),
    "post accept-invitation": Press("Banksia Park Golf Club", {"name": "New", "password": PHRASE}, order=9),
    "post choose-language language=de": Press("Anmelden", order=5),
    "post account_reauthenticate": Press("Your clubs", {"password": "{password}"}),
    "post mfa_reauthenticate": Press("not right|Incorrect", {"code": "00000000"}),
    "post account_change_password": Press(
        "type your current password", {"oldpassword": "wrong", "password1": PHRASE, "password2": PHRASE}
    ),
    "post mfa_activate_totp": Press("This code is not right", {"code": "000000"}),
    "post mfa_generate_recovery_codes": Press("They are shown only now", order=3),
    "post mfa_deactivate_totp": Press("Your security", order=4),
    "post security-end-sessions here=1": Press("Signed out in", order=9, page="security"),
}
JOURNALS = {
    "get gl": Press("10 journals", {"from": "2020-01-01", "up_to": "2030-01-01"}),
    "post validate": Press("journals? checked", ALL, order=4),
    "post withdraw": Press("withdrawn|open again", {"journal": "6"}, order=1),
    "post undo-import": Press("being undone|undone", WHY, order=1),
    "post send": Press("Sending to GL: 0 of 1 done", page="full-confirm-send"),
    "post record": Press("1 journal recorded", WHY, order=3, ticks={"journal": "3"}),
    "post undo-recording": Press("journals? stands? open again", WHY, order=4, page="full-undo-recording"),
    "get record-up-to": Press("Record [0-9]+ journals", {"up_to": "{today}"}),
    "post record-up-to": Press("recorded as manually added", WHY, order=5),
    "post set-nightly answer=on": Press("Switched on, under your name", {"at": "03:15"}),
    "post take-over": Press("journal.* now|taken over|took over|authoris", {"journal": "{journal_queued}"}, order=3),
    "post confirm-restore": Press("Confirmed. Journals go out again", {"seen": "1"} | WHY, order=2),
    "post settle-sighting": Press("Settled; the reason is on record", WHY, order=6),
    "post void-sighted": Press("You have not authorised Xero", WHY, order=5),
    "post void": Press("You have not authorised Xero", WHY, order=5),
    "post keep-with-difference": Press("You have not authorised Xero", WHY, order=4),
    "post accept-difference": Press("The journal counts as sent", WHY, order=5),
    "post first-open-day": Press("Chosen. Validate the journal again", WHY, order=5),
}
TRANSACTIONS_AND_TAX = {
    "get transactions": Press("1 transaction matches", {"q": "INV-7781"}),
    "post preview-import": Press("1 fault stands in the first rows", file=("november.csv", TRANSACTIONS)),
    "post start-import": Press("The file is being read"),
    "get gst-check": Press("1–31 October 2026", {"length": "month", "period": "2026-10-10"}),
    "get balances": Press("Nothing was proved yet", {"at": "2026-06-30"}),
    "post prove-balances": Press("The balances are being proved", order=8),
    "post try-sample": Press("120 made-up transactions came in", order=3),
    "post remove-sample": Press("The sample data is gone", order=3),
}
CODES = {
    "post get-gl-codes": Press(FOUR),
    "post get-categories": Press(FOUR),
    "get gl-codes": Press("Full Memberships", {"q": "210"}),
    "post gl-codes": Press("GL code 777 was added", {"code": "777", "name": "Sundries"}),
    "get job-codes": Press("Golf", {"q": "Golf"}),
    "post job-codes": Press("Job code Pool was added", {"code": "Pool", "name": "Pool"}),
    "post link-job-code": Press("Job#"),
    "get charges": Press("1 of 5 has no GL code yet", {"q": "LOCKER"}),
    "post charges set=typed": Press("Nothing was changed"),
    "post charges set=ticked": Press("What this moves|saved|Tick"),
    "post charges": Press("1 item saved", order=1),
    "post charges accept": Press("1 item saved", order=2),
    "post mapping-file": Press("2 items would change", file=("mapping.csv", MAPPING_FINE)),
    "get account-types": Press("All 2 account types", {"q": "SUBS"}),
    "post account-types set=typed": Press("Nothing was changed"),
    "post account-types set=ticked": Press("saved|Tick"),
    "get payment-methods": Press("1 of 1 has a GL code", {"q": "CARD"}),
    "post payment-methods set=typed": Press("Nothing was changed"),
    "post payment-methods set=ticked": Press("saved|Tick"),
}
INTEGRATION = {
    "post set-currency": Press("The club's books are in NZD", {"currency": "NZD"}, order=6),
    "get post-from": Press("unsent journal", {"post_from": "2030-01-01"}),
    "post revoke": Press("Xero refused", order=8, page="full-revoke"),
    "post change-organisation": Press("The organisation was let go", WHY, order=7),
    "post bind-organisation answer=no": Press("Nothing was connected", order=2),
    "post bind-organisation answer=yes": Press(
        "serves another club here already", {"tenant_id": "picture"}, page="choose-organisation"
    ),
    "post authorize": Press("the login of Xero", order=7, page="wrong-organisation"),
    "post changeover-look": Press("Xero refused"),
    "post changeover-test": Press("It works: the GL codes were retrieved"),
    "post changeover-disconnect": Press("1 connection of the old app still stands", order=2),
}
PEOPLE = {
    "post invite": Press("on its way to eve@", {"email": "eve@elsewhere.example", "role": "viewer"}),
    "post send-invitation-again": Press("An invitation is on its way"),
    "post withdraw-invitation": Press("was withdrawn", order=2),
    "post set-club-language": Press("E-mails of the club are in Deutsch", {"language": "de"}),
    "post set-role": Press("Aaron Blake is now Viewer", {"role": "viewer"}),
    "post remove-user": Press("Aaron Blake no longer has access", order=3),
    "post api-keys": Press("keys open this club", {"name": "Till"}),
    "post revoke-api-key": Press("opens nothing any more", order=3),
    "post grant-support": Press("The vendor's staff may look at the club until", {"reason": "Help us."}),
    "get audit-trail": Press("november", {"q": "november"}),
}
CONSOLE = {
    "get console-clubs": Press("1 club fits", {"text": "Pelican"}),
    "get console-changeovers": Press("Pelican", {"text": "Pelican"}),
    "post console-plan-club": Press("Waits for somebody to press Switch now"),
    "post console-app": Press("The scopes lack"),
    "post console-new-app": Press("Register an app"),
    "post console-rotate act=begin": Press("Both secrets are tried now", {"next_secret": "another"}, order=3),
    "post console-rotate act=retire": Press("Clubs still use this app", order=5),
    "post console-plan": Press("would be planned", page="console-plan-shown"),
    "post console-plan really=1": Press("[0-9]+ clubs? (is|are) planned", order=3),
    "post console-keys": Press("keys open the vendor's API", {"name": "Desk"}),
    "post console-revoke-key": Press("opens nothing any more", order=2),
    "post console-step remind": Press("is being reminded"),
    "post console-step resume": Press("Resumed"),
    "post console-step reschedule": Press("Waits for somebody|Switches by itself"),
    "post console-step switch": Press("Switched. From now on", order=2),
    "post console-step disconnect": Press("1 connection of the old app still stands"),
    "post console-step note_gone": Press("gone|reason", order=2, page="console-changeover-switched"),
    "post console-step pause": Press("Paused", order=1),
    "post console-step call_off": Press("Called off", order=4, page="console-changeover-paused"),
    "post console-step roll_back": Press("Rolled back", order=3, page="console-changeover-announced"),
} | {
    f"post console-step-for-all step={step}": Press("Done for [0-9]+ clubs?", typed, order=6 + place)
    for place, (step, typed) in enumerate(
        {"remind": {}, "pause": {}, "switch": {}, "roll_back": WHY, "call_off": WHY}.items()
    )
}
ROWS = SIGNING_IN | JOURNALS | TRANSACTIONS_AND_TAX | CODES | INTEGRATION | PEOPLE | CONSOLE
ON_THE_WAY = {
    "post post-from": "pressed in test_new_club.py, without scripts too",
    "post mfa_authenticate": "pressed on the way in",
    "post sign-out": "ends the session of whoever presses it; pressed on its own below",
    "post get-gl-codes format=csv": "gives a file", "post get-gl-codes format=xlsx": "gives a file",
    "post get-categories format=csv": "gives a file", "post get-categories format=xlsx": "gives a file",
    "post security-end-session": "there where somebody is signed in twice", "post security-end-sessions": "the same",
}  # fmt: skip
LOOK = Look("plain", 1280)


@pytest.fixture(scope="module")
def pictured() -> Iterator[tuple[str, dict[str, Any]]]:
    """The clubs that are pictured, on a server of their own."""
    with served(free_port(), [LOOK.name]) as found:
        yield found


class WithoutScripts:
    """A browser of which no window runs a script."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def new_context(self, **asked: Any) -> Any:
        context = self.browser.new_context(java_script_enabled=False, **asked)
        context.set_default_timeout(10_000)
        context.route("http://localhost:9/**", lambda route: route.fulfill(body="the login of Xero"))
        return context


@pytest.mark.timeout(600)
def test_every_form_does_its_thing_without_scripts(browser: Browser, pictured: Any) -> None:
    base, ids = pictured
    known = of_look(ids, LOOK.name) | {"password": PASSWORD}
    presser = Presser(WithoutScripts(browser), base, LOOK, known, rows=ROWS)  # type: ignore[arg-type]
    take_look(presser)
    assert presser.complaints == []
    assert presser.pressed == set(ROWS), "no page has such a form any more"
    assert set(presser.found) <= set(ROWS) | set(ON_THE_WAY), "a form is new: give it a row"
    assert presser.taken > len(NOBODY | SECOND | TREASURER | STAFF)
