"""Scheduled sending: when it is due, that it runs once, what it sends, what it leaves, and whom it tells."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from clubledger.clubs import people
from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Membership, Role
from clubledger.delivery.models import NightlySending
from clubledger.delivery.nightly import night, schedule
from clubledger.foundation import clock, wake
from clubledger.foundation.clock import SettableClock
from clubledger.ledger.mapping import items
from clubledger.ledger.models import FinancialItem, JournalState
from clubledger.xero.connection import revocation, standing
from clubledger.xero.errors import NotAuthorised
from tests.fixtures_clubs import add_member, make_user
from tests.fixtures_delivery import ReadyClub

pytestmark = pytest.mark.django_db(transaction=True)

TWO = time(2, 0)
UNMAPPED = ["INV-7", "invoice", "2026-11-17", "SUBS", "LOCKER", "55.00", "5.00"]


@pytest.fixture
def woken() -> list[tuple[str, dict]]:
    """Which tasks were woken, instead of running them."""
    names: list[tuple[str, dict]] = []
    wake.use_engine(lambda name, arguments, _delay: names.append((name, arguments)))
    yield names
    wake.use_engine(None)


def night_falls(ready: ReadyClub) -> None:
    """Move from noon to just after two at night in Sydney."""
    ready.xero.later(hours=14, minutes=1)


def switch_on(ready: ReadyClub) -> None:
    schedule.switch_on(club=ready.club, actor=ready.treasurer, at=TWO)


# --- When -------------------------------------------------------------------------------------------------------------


def test_it_is_off_by_default(ready: ReadyClub) -> None:
    night_falls(ready)
    assert schedule.sweep() == 0
    assert schedule.run(ready.club.pk) is None
    assert schedule.current(club=ready.club) is None


def test_it_begins_with_the_next_time_and_not_with_the_one_that_has_passed(ready: ReadyClub, woken: list) -> None:
    switch_on(ready)
    assert schedule.sweep() == 0
    night_falls(ready)
    assert schedule.sweep() == 1
    assert woken[-1] == ("delivery.nightly.run", {"club_id": ready.club.pk})
    assert schedule.run(ready.club.pk) is not None
    assert schedule.sweep() == 0
    ready.xero.later(hours=23, minutes=50)
    assert schedule.sweep() == 0
    ready.xero.later(minutes=10)
    assert schedule.sweep() == 1


def test_a_night_that_nobody_could_run_is_caught_up_in_the_morning(ready: ReadyClub) -> None:
    switch_on(ready)
    ready.xero.later(hours=21)
    night = schedule.run(ready.club.pk)
    assert night is not None
    assert night.on == "2026-11-23"


SYDNEY, HALF_PAST = "Australia/Sydney", time(2, 30)
NIGHTS = [
    # Sydney leaves 02:00-03:00 out on 4 October 2026: the night comes with the first minute after the gap.
    (SYDNEY, HALF_PAST, ["2026-10-03T15:59", "2026-10-03T16:00"], ["2026-10-03", "2026-10-04"]),
    # And has 02:00-03:00 twice on 5 April 2026: the second time is still the same night.
    (SYDNEY, HALF_PAST, ["2026-04-04T15:30", "2026-04-04T16:30"], ["2026-04-05", "2026-04-05"]),
    ("Pacific/Kiritimati", time(0, 5), ["2026-11-22T10:04", "2026-11-22T10:05"], ["2026-11-22", "2026-11-23"]),
    ("America/Los_Angeles", time(23, 59), ["2026-11-22T07:58", "2026-11-22T08:30"], ["2026-11-20", "2026-11-21"]),
]


@pytest.mark.parametrize(("zone", "at", "instants", "expected"), NIGHTS)
def test_it_goes_by_the_wall_clock_of_the_club(
    ready: ReadyClub, zone: str, at: time, instants: list[str], expected: list[str]
) -> None:
    ready.club.time_zone = zone
    found = []
    for instant in instants:
        with clock.use(SettableClock(datetime.fromisoformat(instant).replace(tzinfo=UTC))):
            found.append(schedule.due_on(ready.club, at).isoformat())
            assert schedule.next_run_at(ready.club, at) > clock.now()
    assert found == expected


# --- Once -------------------------------------------------------------------------------------------------------------


def test_two_wake_ups_and_two_workers_run_it_once(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    row = NightlySending.objects.of(ready.club).select_related("club").get()
    on = schedule.due_on(ready.club, TWO)
    assert schedule._claim(row, on, "one")
    assert not schedule._claim(row, on, "two")
    assert schedule.run(ready.club.pk) is None
    # The first died: after its claim went stale another does the night, and the first no longer counts.
    ready.xero.later(minutes=16)
    assert schedule.run(ready.club.pk) is not None
    assert not schedule._finish(row, on, "one", night.Night(on.isoformat()))
    assert schedule.run(ready.club.pk) is None
    assert len(ready.in_xero()) == 1


# --- What -------------------------------------------------------------------------------------------------------------


def test_it_sends_what_is_dated_before_today_as_who_switched_it_on(ready: ReadyClub) -> None:
    ready.bring_in([["PAY-9", "payment", "2026-11-23", "SUBS", "CARD", "5.00", ""]])
    switch_on(ready)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.waiting, night.left, night.trouble) == (1, 0, (), "")
    first, today = ready.journals()
    assert (first.state, first.sent_by) == (JournalState.SENT, ready.treasurer)
    assert today.state == JournalState.OPEN
    assert mail.outbox == []
    assert schedule.last_night(schedule.current(club=ready.club)) == night
    event = AuditEvent.objects.of(ready.club).get(action="nightly.ran")
    assert event.user == ready.treasurer


def test_it_asks_xero_fewer_than_eight_times(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    before = len(ready.xero.simulator.requests())
    schedule.run(ready.club.pk)
    asked = [one.request.path for one in ready.xero.simulator.requests()[before:]]
    assert len([path for path in asked if path.startswith("/api.xro")]) < 8, asked


def test_days_before_the_cut_over_and_empty_journals_are_left_in_peace(ready: ReadyClub) -> None:
    ready.bring_in([["TR-1", "payment", "2026-11-01", "SUBS", "CARD", "5.00", ""]])
    ready.club.post_from = date(2026, 11, 10)
    ready.club.save()
    switch_on(ready)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.left) == (1, ())
    assert mail.outbox == []


def test_a_locked_day_waits_or_goes_on_the_first_open_day_as_the_club_chose(ready: ReadyClub) -> None:
    ready.xero.kit("POST", f"organisations/{ready.xero.tenant_id()}/lock-dates", {"period": "2026-11-17"})
    switch_on(ready)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert night.sent == 0
    assert "locked" in night.left[0].message
    assert "locked" in mail.outbox[0].body
    ready.club.locked_day_choice = "first_open"
    ready.club.save()
    ready.xero.later(days=1)
    assert schedule.run(ready.club.pk).sent == 1
    assert ready.journal().sent_on == date(2026, 11, 18)


# --- Telling ----------------------------------------------------------------------------------------------------------


def test_what_fails_is_left_and_told_once_with_one_link_and_no_secret(ready: ReadyClub) -> None:
    ready.bring_in([UNMAPPED])
    second = add_member(ready.club, Role.ACCOUNTS, "second@banksiapark.example")
    switch_on(ready)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert (night.sent, night.left_count) == (1, 1)
    schedule.run(ready.club.pk)
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        [ready.owner.email, ready.treasurer.email, second.email]
    )
    letter = mail.outbox[0]
    assert "1 journal was left last night" in letter.subject
    assert "Charge LOCKER has no GL code." in letter.body
    assert "1 journal was sent to Xero last night." in letter.body
    assert "17/11/2026" in letter.body
    assert letter.body.count("http") == 1
    assert "/c/banksia-park/gl/" in letter.body
    token = standing.authorisations(club=ready.club)[0].token_set.access_token
    assert token not in letter.body
    # The next night it is still there, and told of again; once it is mended, nobody is written to.
    ready.xero.later(days=1)
    schedule.run(ready.club.pk)
    assert len(mail.outbox) == 6
    item = FinancialItem.objects.of(ready.club).get(code="LOCKER")
    code = FinancialItem.objects.of(ready.club).get(code="FULL7").gl_code_id
    items.map_item(club=ready.club, actor=ready.owner, item_id=item.pk, gl_code_id=code, tax_type="OUTPUT")
    ready.xero.later(days=1)
    assert schedule.run(ready.club.pk).sent == 1
    assert len(mail.outbox) == 6


def test_while_it_is_unclear_what_became_of_a_journal_nobody_is_written_to(ready: ReadyClub) -> None:
    switch_on(ready)
    night_falls(ready)
    ready.xero.simulator.fault("500-before-commit", method="PUT", path="ManualJournals")
    assert schedule.run(ready.club.pk) is None
    assert ready.journal().state == JournalState.UNCERTAIN
    assert mail.outbox == []


def test_who_lost_the_right_sends_nothing_and_the_others_are_told(ready: ReadyClub) -> None:
    switch_on(ready)
    people.set_role(club=ready.club, actor=ready.owner, user=ready.treasurer, role=Role.VIEWER)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert night.sent == 0
    assert "role" in night.trouble
    assert ready.in_xero() == []
    assert {letter.to[0] for letter in mail.outbox} == {ready.owner.email, ready.treasurer.email}
    assert "nothing could be sent" in mail.outbox[0].subject


def test_who_left_the_club_is_not_told_of_its_affairs(ready: ReadyClub) -> None:
    switch_on(ready)
    people.remove(club=ready.club, actor=ready.owner, user=ready.treasurer)
    night_falls(ready)
    schedule.run(ready.club.pk)
    assert {letter.to[0] for letter in mail.outbox} == {ready.owner.email}


def test_a_lost_authorisation_is_told(ready: ReadyClub) -> None:
    switch_on(ready)
    revocation.revoke(club=ready.club, actor=ready.treasurer)
    night_falls(ready)
    night = schedule.run(ready.club.pk)
    assert "not authorised" in night.trouble
    assert night.trouble in mail.outbox[0].body


def test_where_xero_does_not_answer_it_is_tried_again_until_the_morning(ready: ReadyClub, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    switch_on(ready)
    night_falls(ready)
    ready.xero.transport.is_unreachable = True
    assert schedule.run(ready.club.pk) is None
    assert schedule.sweep() == 0
    ready.xero.later(minutes=11)
    assert schedule.sweep() == 1
    ready.xero.transport.is_unreachable = False
    assert schedule.run(ready.club.pk).sent == 1
    ready.xero.later(days=1)
    ready.bring_in([["PAY-3", "payment", "2026-11-20", "SUBS", "CARD", "5.00", ""]])
    ready.xero.transport.is_unreachable = True
    for _ in range(30):
        night = schedule.run(ready.club.pk)
        if night is not None:
            break
        ready.xero.later(minutes=11)
    assert "did not answer" in night.trouble
    assert len(mail.outbox) == 2


# --- Who --------------------------------------------------------------------------------------------------------------


def test_only_who_may_send_and_is_authorised_can_switch_it_on(ready: ReadyClub) -> None:
    viewer = add_member(ready.club, Role.VIEWER, "viewer@banksiapark.example")
    outsider = make_user("outsider@elsewhere.example", "Outsider")
    for person in (viewer, outsider):
        with pytest.raises(NotAllowed):
            schedule.switch_on(club=ready.club, actor=person, at=TWO)
        with pytest.raises(NotAllowed):
            schedule.switch_off(club=ready.club, actor=person)
    with pytest.raises(NotAuthorised):
        schedule.switch_on(club=ready.club, actor=ready.owner, at=TWO)
    assert not NightlySending.objects.of(ready.club).exists()


def test_switching_it_on_and_off_is_on_record(ready: ReadyClub) -> None:
    switch_on(ready)
    schedule.switch_off(club=ready.club, actor=ready.owner)
    night_falls(ready)
    assert schedule.run(ready.club.pk) is None
    events = AuditEvent.objects.of(ready.club).filter(action__startswith="nightly.").order_by("position")
    assert [(event.action, event.user) for event in events] == [
        ("nightly.switched_on", ready.treasurer),
        ("nightly.switched_off", ready.owner),
    ]
    assert Membership.objects.filter(club=ready.club).count() == 2


def test_a_closed_club_has_no_nights(ready: ReadyClub) -> None:
    switch_on(ready)
    ready.club.is_active = False
    ready.club.save()
    night_falls(ready)
    assert schedule.sweep() == 0
    assert schedule.run(ready.club.pk) is None
    assert timedelta(seconds=schedule.CLAIM_SECONDS) < schedule.GIVES_UP_AFTER
