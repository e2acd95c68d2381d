"""A passkey, end to end, in a real browser with a virtual authenticator, under the pages' own content policy."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page

from clubledger.clubs.models import AuditEvent, Role
from tests.fixtures_clubs import add_member, make_club
from tools.pictures.browser import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a device that has a passkey reader; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    device = context.new_cdp_session(opened)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield opened
    context.close()
    # Under Playwright's loop the test had a connection of its own.
    connections.close_all()
    assert complaints == []


def test_a_passkey_is_added_signs_in_alone_and_as_second_step(live_server, settings, page: Page, screenshots: Path):  # type: ignore[no-untyped-def]
    settings.REQUIRE_MFA = True
    base = live_server.url
    club = make_club()
    tess = add_member(club, Role.ACCOUNTS, "tess@banksiapark.example")

    def sign_in() -> None:
        page.goto(f"{base}/sign-in/")
        page.get_by_label("E-mail address").fill(tess.email)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()

    sign_in()
    page.wait_for_url("**/security/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("What you call it").fill("My laptop")
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/recovery-codes/")
    page.get_by_role("link", name="I have kept them").click()
    assert page.get_by_text("My laptop").count()
    picture(page, screenshots / "security-passkey.png")

    page.get_by_role("button", name="Sign out everywhere", exact=True).click()
    page.wait_for_url("**/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(re.compile(r"/c/banksia-park/"))

    page.get_by_role("button", name="Sign out").click()
    sign_in()
    page.wait_for_url("**/sign-in/second-step/")
    page.get_by_role("button", name="Use a passkey instead").click()
    page.wait_for_url(re.compile(r"/c/banksia-park/"))

    told = AuditEvent.objects.of(club).filter(action="sign_in.done").order_by("position")
    assert [re.sub(r".*\((.*)\).*", r"\1", event.summary) for event in told] == [
        "password",
        "passkey",
        "password, passkey",
    ]
