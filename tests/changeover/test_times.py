"""The time of a switch: the club's clock and its jumps, mistyped years, files of spreadsheets; another time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from clubledger.changeover import notices, times
from clubledger.changeover.errors import NotPlannable
from clubledger.changeover.fleet import board
from clubledger.changeover.models import Cause, Notice, State
from clubledger.changeover.move import rounds, steps, switch
from clubledger.changeover.waves import capacity, files, plan
from clubledger.changeover.waves.steps import roll_back, take_step
from clubledger.xero.connection import registration
from clubledger.xero.models import XeroApp
from tests.changeover.conftest import Moving

pytestmark = pytest.mark.django_db

SYDNEY = "Australia/Sydney"


@pytest.mark.parametrize(
    ("on", "at", "reason"),
    [
        (date(2027, 10, 3), time(2, 30), "put forward"),
        (date(2206, 12, 1), None, "two years"),
        (date(9999, 12, 31), time(23, 59), "two years"),
        (date(1, 1, 1), time(0, 0), "in the past"),
        (date(2026, 12, 1), time(14, 0, tzinfo=UTC), "without a zone"),
    ],
)
def test_a_time_that_can_not_be_is_refused_with_the_reason(moving: Moving, on: date, at: time | None, reason: str):
    wishes = [plan.Wish("banksia-park", on, at)]
    with pytest.raises(NotPlannable, match=reason):
        plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes)


def test_of_an_hour_that_comes_twice_the_first_is_meant(moving: Moving):
    assert times.instant_of(date(2027, 4, 4), time(2, 30), SYDNEY) == datetime(2027, 4, 3, 15, 30, tzinfo=UTC)
    assert times.instant_of(date(2027, 4, 4), None, SYDNEY) == datetime(2027, 4, 3, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2027-10-03T02:30", "2026-12-01T14:00+00:00", "0001-01-01T00:00", "soon"])
def test_a_form_can_not_give_such_a_time_either(moving: Moving, text: str):
    with pytest.raises(NotPlannable):
        times.read_local(text, SYDNEY)
    assert times.read_local(" ", SYDNEY) is None
    assert times.read_local("2026-12-01T14:00", SYDNEY) == datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def test_a_wave_by_filter_does_not_run_out_of_the_calendar(moving: Moving):
    with pytest.raises(NotPlannable, match="two years"):
        list(plan.wishes_for([moving.club] * 3, switch_on=date(9999, 12, 31), per_hour=1))


def test_a_file_as_spreadsheets_write_it(moving: Moving):
    content = 'club\tdate\ttime\tnotes\t\t\r\nBanksia-Park\t2026-12-01\t9:05\t"two\r\nlines"\t\t\r\n\t\t\t\t\t\r\n'
    wishes, refusals = files.read_csv(content.encode("utf-8-sig"))
    assert refusals == []
    assert [(one.slug, one.switch_time, one.notes) for one in wishes] == [("banksia-park", time(9, 5), "two\r\nlines")]


def test_bad_rows_are_named_by_the_line_they_begin_on(moving: Moving):
    content = 'club,notes\nbanksia-park,"a\nb"\nbanksia-park,\nx,\x00\ny,1,2\n'
    wishes, refusals = files.read_csv(content.encode())
    assert [(one.label, one.reason) for one in refusals] == [
        ("line 5", "It holds a character that is no text."),
        ("line 6", "It has 3 fields."),
    ]
    made = plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes, refused=refusals)
    assert [one.label for one in made.refusals] == ["line 5", "line 6", "line 4: banksia-park"]
    assert "named twice" in made.refusals[2].reason


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_in_another_encoding_says_what_to_do(moving: Moving, encoding: str):
    with pytest.raises(NotPlannable, match="CSV UTF-8"):
        files.read_csv("club,notes\nbanksia-park,Café\n".encode(encoding))


def test_when_nothing_can_be_planned_the_bad_lines_are_said(moving: Moving):
    wishes, refusals = files.read_csv(b"club,date\nbanksia-park,1/12/2026\n")
    with pytest.raises(NotPlannable, match=r"line 2: date and time must be like"):
        plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes, refused=refusals)


def test_one_that_missed_its_time_while_it_rested_waits_for_the_button(moving: Moving):
    soon = moving.xero.simulator.clock.now() + timedelta(hours=1)
    row = moving.plan(switch_at=soon)
    steps.pause(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    moving.xero.later(hours=2)
    assert "passed" in board.as_value(moving.now())["waits_for"]
    steps.resume(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert rounds.switch_due() == 0
    assert (moving.now().state, moving.now().switch_at) == (State.ANNOUNCED, None)
    assert moving.now().steps.get(name="resumed").words.startswith("Resumed. Its time had passed")


def test_a_wave_that_missed_its_time_waits_as_well_and_is_called_off_with_a_letter(moving: Moving):
    soon = moving.xero.simulator.clock.now() + timedelta(hours=1)
    local = soon.astimezone(ZoneInfo(moving.club.time_zone))
    wishes = [plan.Wish("banksia-park", local.date(), local.time())]
    made = plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes)
    assert made.wave is not None
    take_step(actor=moving.staff, wave_id=made.wave.pk, step="pause")
    moving.xero.later(hours=2)
    take_step(actor=moving.staff, wave_id=made.wave.pk, step="resume")
    assert rounds.switch_due() == 0
    assert moving.now().switch_at is None
    assert take_step(actor=moving.staff, wave_id=made.wave.pk, step="call_off", reason="Not yet certified.") == 1
    assert moving.now().state == State.CALLED_OFF
    assert Notice.objects.of(moving.club).filter(cause=Cause.CALLED_OFF).count() == 4


def test_a_wave_is_rolled_back_where_it_can_be(moving: Moving):
    made = plan.plan_wave(
        actor=moving.staff, to_app=moving.new, name="Wave", wishes=[plan.Wish("banksia-park", contact="Ann")]
    )
    assert made.wave is not None
    first = moving.invoice(1)
    moving.queue(first)
    switch.switch(club=moving.club, actor=moving.staff, changeover_id=moving.now().pk)
    moving.old.status = "retired"
    moving.old.save()
    refused = roll_back(actor=moving.staff, wave_id=made.wave.pk)
    assert (refused.clubs, [name for name, _reason in refused.refused]) == (0, [moving.club.name])
    moving.old.status = "active"
    moving.old.save()
    assert roll_back(actor=moving.staff, wave_id=made.wave.pk, reason="V3 is broken.").clubs == 1
    moving.serve()
    assert (moving.now().state, moving.state(first)) == (State.ROLLED_BACK, "sent")


def test_another_time_is_told_the_same_day_and_once_more_the_next(moving: Moving):
    row = moving.plan(switch_at=datetime(2026, 11, 30, 3, 0, tzinfo=UTC))
    notices.send_waiting()

    def give(day: int) -> list[str]:
        mail.outbox.clear()
        at = datetime(2026, 12, day, 3, 0, tzinfo=UTC)
        steps.reschedule(club=moving.club, actor=moving.staff, changeover_id=row.pk, switch_at=at)
        notices.send_waiting()
        return [one.body for one in mail.outbox if one.to == ["tess@banksiapark.example"]]

    told = give(2)
    assert len(told) == 1
    assert "Wednesday 2 December 2026, 14:00" in told[0]
    assert give(3) == give(4) == []
    moving.xero.later(hours=24)
    assert notices.send_waiting() == 4
    assert "Friday 4 December 2026, 14:00" in mail.outbox[0].body
    assert notices.send_waiting() == 0


def test_a_club_that_was_told_is_told_when_it_is_called_off(moving: Moving):
    row = moving.plan()
    steps.call_off(club=moving.club, actor=moving.staff, changeover_id=row.pk, reason="Later.")
    notices.send_waiting()
    assert {one.subject for one in mail.outbox} == {
        "Banksia Park Golf Club: the move to the new Xero app is called off"
    }
    mail.outbox.clear()
    row = moving.plan(announce=False)
    steps.call_off(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    notices.send_waiting()
    assert mail.outbox == []


def test_a_tier_that_will_not_hold_everybody_is_told_before(moving: Moving):
    XeroApp.objects.filter(pk=moving.new.pk).update(tier="starter")
    moving.new.refresh_from_db()
    assert capacity.warning(to_app=moving.new, slugs=["banksia-park"]) == ""
    original = registration.MOST_CONNECTIONS["starter"]
    registration.MOST_CONNECTIONS["starter"] = 1
    try:
        assert "0 connections and 2 are to come, but its tier allows 1" in capacity.warning(
            to_app=moving.new, slugs=["banksia-park"]
        )
        moving.plan()
        assert "2 are to come" in capacity.warning(to_app=moving.new)
    finally:
        registration.MOST_CONNECTIONS["starter"] = original
    assert moving.new.takes_a_place
