"""Xero's own buttons, which only an operator may have, stand where our plain ones are once their folder is named."""

from pathlib import Path

import pytest
from django.test import Client

from clubledger.clubs.models import Role
from clubledger.foundation import checks
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db
GENERAL_LEDGER = "/c/banksia-park/configuration/integration/general-ledger/"
PICTURE = '<img src="/static/xero/connect.svg" alt="Connect to Xero: Authorize Xero">'


@pytest.fixture
def browser() -> Client:
    made = Client()
    made.force_login(add_member(make_club(), Role.OWNER))
    return made


def test_without_them_the_button_is_plain_and_says_what_it_does(browser: Client) -> None:
    page = browser.get(GENERAL_LEDGER).content.decode()
    assert '<button class="btn xero">Authorize Xero</button>' in page
    assert "<img" not in page


def test_with_them_the_picture_stands_unaltered_in_its_place(browser: Client, settings, tmp_path: Path) -> None:
    (tmp_path / "connect.svg").write_text("<svg/>", encoding="utf-8")
    settings.XERO_BUTTONS = str(tmp_path)
    assert checks.faults() == []
    page = browser.get(GENERAL_LEDGER).content.decode()
    assert PICTURE in page
    assert '<button class="btn xero">Authorize Xero</button>' not in page


def test_a_folder_without_them_is_refused_at_the_start(settings, tmp_path: Path) -> None:
    settings.XERO_BUTTONS = str(tmp_path)
    (words,) = checks.faults()
    assert "connect.svg or connect.png" in words
