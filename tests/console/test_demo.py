"""The made-up vendor stands as its pages say, also after Clubledger has looked at everything itself."""

import time

import pytest

from clubledger.changeover.fleet import board
from clubledger.changeover.models import Changeover
from clubledger.changeover.move import rounds
from clubledger.cli.demo import vendor
from tests.fixtures_clubs import make_user
from tests.fixtures_xero import CALLBACK, SCOPES, XeroWorld, xero

__all__ = ["xero"]

pytestmark = pytest.mark.django_db


def make(world: XeroWorld):
    staff = make_user("stan@vendor.example", "Stan Staff", is_staff=True)

    def kit(path: str, body: dict):
        return world.kit("POST", path, body)

    made = vendor.make_vendor(staff=staff, kit=kit, redirect_uri=CALLBACK, scopes=SCOPES)
    return staff, made, kit


def test_forty_clubs_stand_in_every_state_and_stay_there(xero: XeroWorld):
    began = time.monotonic()
    staff, made, kit = make(xero)
    assert made == 40
    assert time.monotonic() - began < 10
    before = dict(Changeover.objects.across_clubs("all").values_list("pk", "state"))
    assert len(set(before.values())) == 9
    xero.later(hours=3)
    rounds.go()
    after = dict(Changeover.objects.across_clubs("all").values_list("pk", "state"))
    assert after == before
    assert board.tally(actor=staff).stuck == 3
    assert vendor.make_vendor(staff=staff, kit=kit, redirect_uri=CALLBACK, scopes=SCOPES) == 0
