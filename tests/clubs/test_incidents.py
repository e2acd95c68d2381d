"""Whom an incident concerns: found in the trails of all clubs, with the Owners to tell."""

import json
from datetime import timedelta

import pytest

from clubledger.cli import main
from clubledger.clubs import audit, incidents
from clubledger.clubs.models import Club, Role, User
from clubledger.foundation import clock
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clubs() -> list[Club]:
    made = [make_club("banksia-park", "Banksia Park"), make_club("wattle-creek", "Wattle Creek")]
    for club in made:
        add_member(club, Role.OWNER)
    thief = make_user("lost@vendor.example")
    for club, action, ip in ((made[0], "sign_in.done", "203.0.113.9"), (made[1], "sign_in.done", "198.51.100.1")):
        audit.note(club=club, actor=thief, action=action, subject=thief.email, summary="Signed in.", after={"ip": ip})
    with audit.through("the key POS (clk_12345678)"):
        audit.note(club=made[1], actor=thief, action="import.done", subject="file", summary="Imported.")
    audit.note(club=None, actor=None, action="sign_in.refused", subject="nobody", summary="Refused.")
    return made


def test_by_person_address_key_action_and_time(clubs: list[Club]) -> None:
    assert len(incidents.find(email="LOST@vendor.example")) == 3
    assert [event.club for event in incidents.find(address="203.0.113.9")] == [clubs[0]]
    assert [event.action for event in incidents.find(through="clk_12345678")] == ["import.done"]
    assert {event.action for event in incidents.find(action="sign_in.")} == {"sign_in.done", "sign_in.refused"}
    assert incidents.find(from_at=clock.now() + timedelta(seconds=1)) == []
    assert incidents.find(up_to=clock.now() - timedelta(days=1)) == []


def test_the_command_lists_the_clubs_and_whom_to_tell(clubs: list[Club], capsys) -> None:
    assert main.run(["audit", "find", "--person", "lost@vendor.example", "--clubs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["club"], row["events"], row["owners"]) for row in rows] == [
        ("banksia-park", 1, ["owner@banksia-park.example"]),
        ("wattle-creek", 2, ["owner@wattle-creek.example"]),
    ]
    assert main.run(["audit", "find", "--action", "sign_in.refused"]) == 0
    assert "(installation)" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main.run(["audit", "find", "--from", "yesterday"])


def test_a_person_is_switched_off_at_every_club_by_staff_alone(clubs: list[Club], capsys) -> None:
    stan = make_user("stan@vendor.example", is_staff=True)
    assert main.run(["switch-person", "lost@vendor.example", "off", "--as", "owner@banksia-park.example"]) == 1
    assert main.run(["switch-person", "lost@vendor.example", "off", "--as", stan.email, "--json"]) == 0
    assert User.objects.get(email="lost@vendor.example").is_active is False
    assert main.run(["switch-person", "lost@vendor.example", "on", "--as", stan.email]) == 0
    assert User.objects.get(email="lost@vendor.example").is_active is True
