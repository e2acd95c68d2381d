"""What an Owner sees who keeps Xero's journal and sends the difference; the rest is in test_difference.py."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from clubledger.clubs.models import User
from clubledger.frame import formats
from clubledger.ledger.models import Journal, JournalState
from tests.delivery.restore import backup as backup
from tests.delivery.test_difference import differing
from tests.fixtures_delivery import ReadyClub
from tests.fixtures_xero import GOLF

pytestmark = pytest.mark.django_db(transaction=True)

BUTTON = "Keep it, and send the difference"


@pytest.fixture
def journal(ready: ReadyClub, backup: Path) -> Journal:
    found = differing(ready, backup)
    ready.xero.authorise(ready.club, ready.owner, login="sam@banksiapark.example", organisation=GOLF)
    return found


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(ready: ReadyClub, journal: Journal, more: str = "") -> str:
    return f"/c/{ready.club.slug}/gl/journals/{journal.pk}/{more}"


def test_an_owner_keeps_theirs_and_each_line_of_the_difference_opens_to_ours(
    ready: ReadyClub, journal: Journal
) -> None:
    owner = as_(ready.owner)
    asked = page_of(ready, journal, "difference/")
    assert f'<a class="btn slim" href="{asked}">{BUTTON}</a>' in owner.get(page_of(ready, journal)).content.decode()
    assert owner.post(asked, {"reason": " "}).status_code == 422
    assert len(ready.journals()) == 2
    answer = owner.post(asked, {"reason": "The books are closed on it."}, follow=True)
    assert "The difference is queued as journal 2 of" in answer.content.decode()
    further = ready.journals()[2]
    assert further.state == JournalState.QUEUED
    said = owner.get(page_of(ready, further)).content.decode()
    assert "What it carries, and why" in said
    assert said.count('data-label="In Xero">0.00') == 2
    less = formats.money(Decimal("-11.00"))
    assert f'data-label="Ours">{less}' in said
    assert f'data-label="Difference">{less}' in said
    (line,) = [part.split('"')[0] for part in said.split('href="') if ">260 " in part[:120] and "line=line-" in part]
    assert "INV-6" in owner.get(line).content.decode()
    again = owner.post(asked, {"reason": "Twice."}, follow=True)
    assert "Its difference is on its way already." in again.content.decode()
    assert len(ready.journals()) == 3


def test_nobody_but_an_owner_is_offered_it(ready: ReadyClub, journal: Journal) -> None:
    tess = as_(ready.treasurer)
    assert BUTTON not in tess.get(page_of(ready, journal)).content.decode()
    assert tess.post(page_of(ready, journal, "difference/"), {"reason": "Me."}).status_code == 403
    assert len(ready.journals()) == 2


def test_other_journals_carry_no_difference(ready: ReadyClub, journal: Journal) -> None:
    assert "What it carries" not in as_(ready.owner).get(page_of(ready, journal)).content.decode()


def test_without_an_authorisation_of_ones_own_nothing_is_done_and_the_page_says_what_to_do(
    ready: ReadyClub, backup: Path
) -> None:
    journal = differing(ready, backup)
    answer = as_(ready.owner).post(page_of(ready, journal, "difference/"), {"reason": "Closed."}, follow=True)
    assert "You have not authorised Xero for this club" in answer.content.decode()
    assert len(ready.journals()) == 2
