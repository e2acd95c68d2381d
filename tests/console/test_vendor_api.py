"""The vendor's API and commands: plan, list, switch, roll back, status."""

import json
import re

import pytest
from django.test import Client

from clubledger.changeover import staff
from clubledger.changeover.errors import NotStaff
from clubledger.changeover.models import StaffKey
from clubledger.cli import main
from clubledger.clubs.models import AuditEvent
from tests.changeover.conftest import Moving

pytestmark = pytest.mark.django_db


class Desk:
    """A support desk's script with its key."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"authorization": f"Bearer {secret}"})

    def get(self, path: str) -> tuple[int, dict]:
        answer = self.client.get(f"/api/vendor/v1/{path}")
        return answer.status_code, answer.json()

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        answer = self.client.post(f"/api/vendor/v1/{path}", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()


def test_a_support_desk_plans_switches_and_rolls_back(moving: Moving):
    _key, secret = staff.create_key(actor=moving.staff, name="Support desk")
    desk = Desk(secret)
    wish = {"club": "banksia-park", "switch_on": "2026-12-01", "switch_time": "14:00"}
    status, body = desk.post(
        "changeovers", {"wave": "Scripted", "to_app": "clubledger-v3", "clubs": [wish, {"club": "nowhere"}]}
    )
    assert (status, body["planned"], body["refused"][0]["club"]) == (200, 1, "nowhere")
    assert desk.get("status?wave=Scripted")[1]["by_state"] == {"announced": 1}
    status, body = desk.post("clubs/banksia-park/switch", {})
    assert (status, body["state"], len(body["still_to_authorise"])) == (200, "switched", 2)
    assert desk.post("clubs/banksia-park/switch", {})[0] == 409
    assert desk.post("clubs/banksia-park/fly", {})[0] == 404
    assert desk.get("clubs/banksia-park")[1]["waits_for"] == "The old app is still connected in Xero."
    status, body = desk.post("clubs/banksia-park/roll_back", {"reason": "Not today."})
    assert (status, body["state"]) == (200, "rolled_back")
    assert desk.get("changeovers?live=true")[1]["total"] == 0
    assert desk.get("changeovers?state=rolled_back")[1]["total"] == 1


def test_a_key_dies_with_its_persons_place_or_when_it_is_revoked(moving: Moving):
    key, secret = staff.create_key(actor=moving.staff, name="Desk")
    assert Desk(secret).get("status")[0] == 200
    assert Desk(f"{secret}x").get("status")[0] == 401
    moving.staff.is_staff = False
    moving.staff.save()
    assert Desk(secret).get("status")[0] == 401
    moving.staff.is_staff = True
    moving.staff.save()
    staff.revoke_key(actor=moving.staff, prefix=key.prefix)
    assert Desk(secret).get("status")[0] == 401
    with pytest.raises(NotStaff):
        staff.create_key(actor=moving.owner, name="No")


def test_staff_make_a_key_see_it_once_and_revoke_it_on_the_page(moving: Moving):
    browser = Client()
    browser.force_login(moving.staff)
    shown = browser.post("/console/keys/", {"name": "Support desk"}).content.decode()
    secret = re.search(r'value="(clv_[^"]+)"', shown)
    assert secret is not None
    assert Desk(secret[1]).get("status")[0] == 200
    again = browser.get("/console/keys/").content.decode()
    prefix = "_".join(secret[1].split("_")[:2])
    assert prefix in again
    assert secret[1] not in again
    assert "1 key opens" in again
    answer = browser.post(f"/console/keys/{prefix}/revoke/", follow=True).content.decode()
    assert "The key Support desk opens nothing any more." in answer
    assert Desk(secret[1]).get("status")[0] == 401
    assert browser.post(f"/console/keys/{prefix}/revoke/").status_code == 404
    assert browser.post("/console/keys/", {"name": ""}).status_code == 422
    noted = AuditEvent.objects.across_clubs("the installation's own").filter(subject=prefix).order_by("position")
    assert [(one.action, one.user) for one in noted] == [
        ("staff_key.created", moving.staff),
        ("staff_key.revoked", moving.staff),
    ]
    assert secret[1].removeprefix(prefix) not in "".join(f"{one.summary}{one.before}{one.after}" for one in noted)


def test_there_is_an_end_to_live_keys(moving: Moving, monkeypatch):
    monkeypatch.setattr(staff, "MOST_LIVE_KEYS", 1)
    staff.create_key(actor=moving.staff, name="First")
    browser = Client()
    browser.force_login(moving.staff)
    answer = browser.post("/console/keys/", {"name": "Second"})
    assert (answer.status_code, StaffKey.objects.count()) == (422, 1)
    assert "There are 1 live keys" in answer.content.decode()


def command(*arguments: str) -> int:
    return main.run([*arguments, "--as", "stan@vendor.example", "--json"])


def test_the_same_by_command(moving: Moving, tmp_path, capsys):
    file = tmp_path / "wave.csv"
    file.write_text("club,date,time\nbanksia-park,2026-12-01,14:00\n")
    assert command("plan-changeovers", "--wave", "CLI", "--to", "clubledger-v3", "--file", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["planned"] == 1
    assert command("changeovers", "--status") == 0
    assert json.loads(capsys.readouterr().out)["by_state"] == {"announced": 1}
    assert command("changeover", "banksia-park", "switch") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "switched"
    assert command("changeover", "banksia-park", "roll_back", "--reason", "No.") == 0
    assert command("changeovers") == 0
    assert command("changeover", "banksia-park", "switch") == 1
    assert main.run(["changeovers", "--as", "owner@banksia-park.example"]) == 1
