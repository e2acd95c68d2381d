"""Planning: one, by filter, by file; what does not fit is refused with its reason and the rest kept."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clubledger.changeover.errors import NotPlannable, NotStaff, WrongStep
from clubledger.changeover.fleet import board
from clubledger.changeover.models import Changeover, Notice, State, Step
from clubledger.changeover.move import rounds, steps
from clubledger.changeover.waves import files, plan
from clubledger.changeover.waves.steps import take_step
from clubledger.clubs import audit
from clubledger.clubs.models import AuditEvent, Club, Role
from clubledger.xero.models import Connection
from tests.changeover.conftest import Moving
from tests.fixtures_clubs import add_member, make_club

pytestmark = pytest.mark.django_db


def more_clubs(moving: Moving, count: int) -> list[Club]:
    clubs = [make_club(f"club-{n}", f"Club {n}", time_zone="Australia/Perth") for n in range(count)]
    for club in clubs:
        add_member(club, Role.OWNER)
        Connection.objects.of(club).create(club=club, app=moving.old)
    return clubs


def test_it_switches_by_itself_at_its_time_on_the_clubs_own_clock(moving: Moving):
    at = datetime(2026, 11, 23, 14, 0, tzinfo=ZoneInfo("Australia/Sydney"))
    row = moving.plan(switch_at=at)
    assert row.switch_at == at.astimezone(UTC)
    rounds.switch_due()
    assert moving.now().state == State.ANNOUNCED
    moving.xero.simulator.later(seconds=(at - moving.xero.simulator.clock.now()).total_seconds() + 1)
    assert rounds.switch_due() == 1
    assert rounds.switch_due() == 0
    assert moving.now().state == State.SWITCHED
    assert Step.objects.of(moving.club).get(name="switched").actor is None


def test_a_paused_one_does_not_switch_and_a_rescheduled_one_switches_later(moving: Moving):
    soon = moving.xero.simulator.clock.now() + timedelta(hours=1)
    row = moving.plan(switch_at=soon)
    steps.pause(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    moving.xero.later(hours=2)
    assert rounds.switch_due() == 0
    steps.reschedule(club=moving.club, actor=moving.staff, changeover_id=row.pk, switch_at=soon + timedelta(hours=5))
    steps.resume(club=moving.club, actor=moving.staff, changeover_id=row.pk)
    assert rounds.switch_due() == 0
    moving.xero.later(hours=5)
    assert rounds.switch_due() == 1


def test_a_retired_app_is_not_switched_to_and_the_trouble_is_told(moving: Moving):
    moving.plan(switch_at=moving.xero.simulator.clock.now() + timedelta(minutes=1))
    moving.new.status = "retired"
    moving.new.save()
    moving.xero.later(minutes=2)
    assert rounds.switch_due() == 0
    now = moving.now()
    assert "retired" in now.trouble
    assert [row.pk for row in board.find(actor=moving.staff, stuck=True)] == [now.pk]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"slug": "no-such-club"}, "There is no club"),
        ({"switch_on": date(2020, 1, 1)}, "in the past"),
    ],
)
def test_what_can_not_be_planned_is_refused_with_the_reason(moving: Moving, change: dict, reason: str):
    wish = plan.Wish(**({"slug": moving.club.slug} | change))
    with pytest.raises(NotPlannable, match=reason):
        plan.plan_wave(actor=moving.staff, to_app=moving.new, name="One", wishes=[wish])
    assert not Changeover.objects.of(moving.club).exists()


def test_a_club_has_one_changeover_at_a_time_and_none_to_the_app_it_uses(moving: Moving):
    with pytest.raises(NotPlannable, match="uses Clubledger V2 already"):
        plan.plan(club=moving.club, actor=moving.staff, to_app=moving.old)
    moving.plan()
    with pytest.raises(NotPlannable, match="has a changeover already"):
        moving.plan()
    steps.call_off(club=moving.club, actor=moving.staff, changeover_id=moving.now().pk)
    moving.plan()


def test_a_wave_from_a_file_keeps_the_good_rows_and_names_the_bad_lines(moving: Moving):
    more_clubs(moving, 2)
    content = (
        "club;date;time;contact;disconnect\n"
        "club-0;2026-11-30;14:30;Ann;yes\n"
        "nowhere;2026-11-30;14:30;;\n"
        "club-1;30/11/2026;14:30;;\n"
        "club-1;2026-12-01\n"
        "club-1;;;;maybe\n"
        "banksia-park;;;;no\n"
    )
    wishes, refusals = files.read_csv(content.encode())
    assert [one.label for one in refusals] == ["line 4", "line 5", "line 6"]
    made = plan.plan_wave(actor=moving.staff, to_app=moving.new, name="From a file", wishes=wishes)
    assert [one.label for one in made.refusals] == ["line 3: nowhere"]
    by_slug = {one.club.slug: one for one in made.changeovers}
    assert set(by_slug) == {"club-0", "banksia-park"}
    perth = ZoneInfo("Australia/Perth")
    assert by_slug["club-0"].switch_at == datetime(2026, 11, 30, 14, 30, tzinfo=perth)
    assert by_slug["club-0"].disconnects_itself
    assert by_slug["banksia-park"].switch_at is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"slug,date\n", b"club,club\n", b'club\n"x\n'])
def test_a_file_that_is_none_is_refused_as_a_whole(content: bytes):
    with pytest.raises(NotPlannable):
        files.read_csv(content)


def test_a_wave_by_filter_is_spread_over_the_hours(moving: Moving):
    more_clubs(moving, 5)
    clubs = plan.clubs_to_move(actor=moving.staff, to_app=moving.new, from_app=moving.old)
    assert len(clubs) == 6
    wishes = plan.wishes_for(clubs, switch_on=date(2026, 12, 1), switch_time=time(22, 0), per_hour=2)
    times = [(wish.switch_on, wish.switch_time) for wish in wishes]
    assert times[0] == times[1] == (date(2026, 12, 1), time(22, 0))
    assert times[5] == (date(2026, 12, 2), time(0, 0))


def test_the_audit_chains_of_a_wave_hold(moving: Moving):
    clubs = more_clubs(moving, 3)
    wishes = [plan.Wish(club.slug) for club in [*clubs, moving.club]]
    plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes)
    for club in [*clubs, moving.club]:
        assert list(audit.broken_links(club)) == []
        assert AuditEvent.objects.of(club).filter(action="changeover.planned").count() == 1


def test_a_step_for_a_wave_is_taken_where_it_follows_and_nowhere_else(moving: Moving):
    clubs = more_clubs(moving, 3)
    wishes = [plan.Wish(club.slug) for club in clubs]
    made = plan.plan_wave(actor=moving.staff, to_app=moving.new, name="Wave", wishes=wishes, announce=False)
    assert made.wave is not None
    wave_id = made.wave.pk
    steps.call_off(club=clubs[0], actor=moving.staff, changeover_id=made.changeovers[0].pk)
    assert take_step(actor=moving.staff, wave_id=wave_id, step="announce") == 2
    assert Notice.objects.across_clubs("test").filter(cause="planned").count() == 2
    assert take_step(actor=moving.staff, wave_id=wave_id, step="pause") == 2
    assert take_step(actor=moving.staff, wave_id=wave_id, step="resume") == 2
    assert take_step(actor=moving.staff, wave_id=wave_id, step="switch") == 2
    assert rounds.switch_due() == 2
    states = sorted(Changeover.objects.across_clubs("test").values_list("state", flat=True))
    assert states == ["called_off", "switched", "switched"]
    with pytest.raises(NotStaff):
        take_step(actor=moving.owner, wave_id=wave_id, step="pause")


def test_what_has_switched_is_not_called_off_but_rolled_back(moving: Moving):
    row = moving.switch()
    with pytest.raises(WrongStep):
        steps.call_off(club=moving.club, actor=moving.staff, changeover_id=row.pk)
