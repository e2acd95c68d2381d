"""Sample data on the pages: offered to a new club, marked while it stands, gone with one press."""

import pytest
from django.test import Client

from clubledger.clubs.models import Role
from clubledger.ledger.models import Journal
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


def test_it_is_tried_with_one_press_and_taken_away_with_another():
    club = make_club()
    client = Client()
    client.force_login(add_member(club, Role.ACCOUNTS))
    assert "Try sample data" in client.get("/c/banksia-park/gl/").content.decode()
    said = client.post("/c/banksia-park/sample/try/", follow=True).content.decode()
    assert "Look around: nothing of it can be sent." in said
    assert "This is sample data." in said
    journal = Journal.objects.of(club).first()
    assert journal is not None
    for page in ("transactions/", f"gl/journals/{journal.pk}/", "gst-check/"):
        assert "This is sample data." in client.get(f"/c/banksia-park/{page}").content.decode()
    assert "This is sample data." not in client.get("/c/banksia-park/configuration/users/").content.decode()
    said = client.post("/c/banksia-park/sample/remove/", follow=True).content.decode()
    assert "The sample data is gone" in said
    assert "Four steps to books that agree" in said
    assert "This is sample data." not in said


def test_who_may_not_import_is_offered_nothing():
    club = make_club()
    client = Client()
    client.force_login(add_member(club, Role.ADMINISTRATOR))
    assert "Try sample data" not in client.get("/c/banksia-park/gl/").content.decode()
