"""An import undone on its page: what it takes back is shown first, and why it can't be."""

from pathlib import Path

import pytest
from django.test import Client

from clubledger.clubs.models import Role
from clubledger.ledger.models import Import, Journal, SourceTransaction
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import Books

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(tmp_path: Path, settings) -> Books:
    club = make_club()
    settings.MEDIA_ROOT = tmp_path / "media"
    return Books(club, add_member(club, Role.OWNER), tmp_path)


@pytest.fixture
def client(books):
    signed_in = Client()
    signed_in.force_login(books.owner)
    return signed_in


@pytest.fixture
def brought(books):
    return books.bring(
        "I-1,invoice,2026-07-01,SUBS,FULL7,1100.00,100.00", "P-1,payment,2026-07-02,SUBS,CARD,1100.00"
    )  # fmt: skip


def test_it_shows_what_it_takes_back_and_wants_a_reason(client, books, brought):
    assert "Undo the import" in client.get(f"/c/banksia-park/import/{brought.pk}/").content.decode()
    address = f"/c/banksia-park/import/{brought.pk}/undo/"
    said = client.get(address).content.decode()
    assert "Take back 2 transactions" in said
    assert "<dd>2,200.00</dd>" in said
    assert "Say why" in client.post(address, {"reason": " "}).content.decode()
    assert SourceTransaction.objects.of(books.club).count() == 2
    answer = client.post(address, {"reason": "The wrong file."}, follow=True).content.decode()
    assert "The import was undone. 2 transactions are gone." in answer
    assert "This import was undone on" in answer
    assert f"/import/{brought.pk}/undo/" not in answer
    assert not SourceTransaction.objects.of(books.club).exists()


def test_once_something_of_it_was_sent_it_says_so_and_offers_no_button(client, books, brought):
    Journal.objects.of(books.club).filter(accounting_date="2026-07-01").update(state="sent", number="J-000001")
    address = f"/c/banksia-park/import/{brought.pk}/undo/"
    said = client.get(address).content.decode()
    assert "Something of it stands in the journal of 01/07/2026, which is in Xero." in said
    assert "Take back" not in said
    client.post(address, {"reason": "The wrong file."})
    assert Import.objects.of(books.club).get(pk=brought.pk).state == "done"


def test_a_viewer_is_offered_nothing(books, brought):
    viewer = Client()
    viewer.force_login(add_member(books.club, Role.VIEWER))
    assert "/undo/" not in viewer.get(f"/c/banksia-park/import/{brought.pk}/").content.decode()
