"""A process that dies in the middle of a changeover leaves it where it was, and nothing lost or doubled."""

import pytest

from clubledger.changeover.models import State
from clubledger.changeover.move import steps, switch
from clubledger.delivery.models import Delivery
from clubledger.ledger.models import JournalState
from clubledger.xero.connection import standing
from tests.changeover.conftest import Moving, authorise, dying_at
from tests.fixtures_xero import TESS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("point", ["changeover.in_switch"])
def test_a_kill_in_the_switch_leaves_all_as_it_was(moving: Moving, point: str):
    first = moving.invoice(1)
    moving.queue(first)
    row = moving.plan()
    with dying_at(point):
        switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert moving.now().state == State.ANNOUNCED
    connection = standing.current(club=moving.club)
    assert connection is not None
    assert connection.app_id == moving.old.pk
    moving.serve()
    assert moving.state(first) == JournalState.SENT


def test_a_kill_in_the_roll_back_leaves_it_switched(moving: Moving):
    row = moving.switch()
    with dying_at("changeover.in_roll_back"):
        steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert moving.now().state == State.SWITCHED
    steps.roll_back(club=moving.club, actor=moving.staff, changeover_id=row.pk)


@pytest.mark.parametrize(
    "point",
    [
        "delivery.after_turn",
        "delivery.after_list",
        "delivery.after_claim",
        "delivery.after_answer",
        "delivery.after_record",
    ],
)
@pytest.mark.parametrize("switch_first", [False, True])
def test_a_kill_at_every_point_of_delivery_around_a_switch_sends_once(moving: Moving, point: str, switch_first: bool):
    first = moving.invoice(1)
    moving.queue(first)
    row = moving.plan()
    if switch_first:
        switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
        authorise(moving, moving.tess, TESS)
    with dying_at(point):
        moving.serve()
    if not switch_first:
        switch.switch(club=moving.club, actor=moving.staff, changeover_id=row.pk)
        authorise(moving, moving.tess, TESS)
    for _turn in range(14):
        moving.xero.later(minutes=4)
        moving.serve()
    assert moving.state(first) == JournalState.SENT
    assert len(moving.in_xero()) == 1
    assert not Delivery.objects.of(moving.club).filter(closed_at=None).exists()
