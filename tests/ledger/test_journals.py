"""Journals as people see them: overview, days, selections, recording by hand; and who wins when two move one."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clubledger.clubs.access import NotAllowed
from clubledger.clubs.models import AuditEvent, Role
from clubledger.foundation import clock
from clubledger.ledger.errors import NotRecordable, NotRecorded
from clubledger.ledger.journals import drill_down, lines, overview, recording, states
from clubledger.ledger.models import Journal, JournalState
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import Books
from tests.ledger.test_corrections import send


def days_of(books: Books, first: str, last: str) -> list[tuple[str, str, int]]:
    found = overview.days(club=books.club, from_on=date.fromisoformat(first), up_to_on=date.fromisoformat(last))
    return [(str(day.on), day.status, day.journals) for day in found]


@pytest.fixture
def week(books: Books) -> Books:
    books.bring(*[f"P-{day},payment,2026-07-0{day},SUBS,CARD,{day}.00" for day in range(1, 8)])
    return books


def test_an_overview_counts_what_is_not_sent(week: Books) -> None:
    send(week, week.journals()[0])
    states.move(
        club=week.club,
        journal_ids=[week.journals()[3].pk],
        from_states=["open"],
        to_state="open",
        findings=[{"code": "item_unmapped", "severity": "fault"}],
    )
    seen = overview.overview(club=week.club)
    assert seen == overview.Overview(
        date(2026, 7, 2), date(2026, 7, 7), 6, Decimal("27.00"), 6, 1, date(2026, 7, 1), date(2026, 7, 7)
    )


def test_an_overview_of_nothing(books: Books) -> None:
    assert overview.overview(club=books.club) == overview.Overview(None, None, 0, Decimal("0.00"), 0, 0, None, None)


def test_another_clubs_journals_are_not_seen(week: Books) -> None:
    other = make_club("other", "Other")
    assert overview.overview(club=other).journals_unsent == 0
    assert not overview.select(club=other, from_on=date(2026, 1, 1), up_to_on=date(2027, 1, 1))
    first = week.journals()[0]
    assert drill_down.lines_of(club=other, journal=first) == []
    assert lines.resolve(club=other, journals=[first]) == {}
    for key in ("x", None):
        assert drill_down.transactions_of(club=other, journal=first, line_key=key).total == 0


def test_days_before_post_from_are_never_unsent(week: Books) -> None:
    week.club.post_from = date(2026, 7, 3)
    week.club.save()
    seen = overview.overview(club=week.club)
    assert (seen.oldest_unsent_on, seen.journals_unsent, seen.first_on) == (date(2026, 7, 3), 5, date(2026, 7, 1))
    assert days_of(week, "2026-07-01", "2026-07-03") == [
        ("2026-07-01", "before_cutover", 1),
        ("2026-07-02", "before_cutover", 1),
        ("2026-07-03", "unsent", 1),
    ]


def test_a_day_shows_what_most_wants_to_be_seen(week: Books) -> None:
    rows = week.journals()
    send(week, rows[0])
    week.bring("L-1,payment,2026-07-01,SUBS,CARD,1.00", "P-2,payment,2026-07-08,SUBS,CARD,2.00")
    recording.record_manually(club=week.club, actor=week.owner, journal_ids=[rows[2].pk], reason="By hand.")
    locked = [{"code": "locked", "severity": "fault"}]
    for row, findings in ((rows[3], locked), (rows[4], [*locked, {"code": "x", "severity": "fault"}])):
        states.move(club=week.club, journal_ids=[row.pk], from_states=["open"], to_state="open", findings=findings)
    send(week, rows[5])
    assert days_of(week, "2026-07-01", "2026-07-31") == [
        ("2026-07-01", "unsent", 2),
        ("2026-07-02", "empty", 1),
        ("2026-07-03", "recorded", 1),
        ("2026-07-04", "locked", 1),
        ("2026-07-05", "help", 1),
        ("2026-07-06", "sent", 1),
        ("2026-07-07", "unsent", 1),
        ("2026-07-08", "unsent", 1),
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-07-07T03:00", ("2026-07-01", "2026-07-07")),
        ("2026-07-09T03:00", ("2026-07-03", "2026-07-09")),
        ("2026-07-30T03:00", ("2026-07-01", "2026-07-07")),
        ("2026-07-02T20:00", ("2026-07-01", "2026-07-03")),
        ("2026-06-01T03:00", ("2026-05-26", "2026-06-01")),
    ],
)
def test_the_preset_is_at_most_the_last_week(week: Books, now: str, expected: tuple[str, str]) -> None:
    with clock.use(clock.SettableClock(datetime.fromisoformat(now).replace(tzinfo=UTC))):
        found = overview.default_range(club=week.club)
    assert tuple(str(on) for on in found) == expected


def test_recording_keeps_who_when_and_why_and_gives_no_number(week: Books) -> None:
    ids = [journal.pk for journal in week.journals()[:2]]
    assert recording.record_manually(club=week.club, actor=week.owner, journal_ids=ids, reason=" Was in MYOB. ") == 2
    found = week.journals()[0]
    assert (found.state, found.recorded_by, found.recorded_reason, found.number) == (
        "recorded",
        week.owner,
        "Was in MYOB.",
        "",
    )
    assert found.recorded_at is not None
    event = AuditEvent.objects.of(week.club).get(action="journals.recorded")
    assert (event.subject, event.summary) == ("2 journals", "Recorded as manually added to GL: Was in MYOB.")
    assert recording.undo_recording(club=week.club, actor=week.owner, journal_ids=ids, reason="It was not.") == 2
    assert {journal.state for journal in week.journals()} == {"open"}


@pytest.mark.parametrize("state", ["queued", "sending", "uncertain", "sent", "differs", "recorded", "voided"])
def test_it_is_never_recorded_from_another_state_and_all_or_none(week: Books, state: str) -> None:
    first, second, *_ = week.journals()
    Journal.objects.of(week.club).filter(pk=first.pk).update(state=state)
    with pytest.raises(NotRecordable, match=r"The journal of 01/07/2026, .*, can't be recorded as manually added\."):
        recording.record_manually(
            club=week.club, actor=week.owner, journal_ids=[first.pk, second.pk], reason="By hand."
        )
    assert [journal.state for journal in week.journals()][:2] == [state, "open"]


def test_recording_needs_a_reason_and_the_right(week: Books) -> None:
    ids = [week.journals()[0].pk]
    with pytest.raises(NotRecordable, match="Give the reason"):
        recording.record_manually(club=week.club, actor=week.owner, journal_ids=ids, reason="  ")
    for role in (Role.ADMINISTRATOR, Role.VIEWER):
        with pytest.raises(NotAllowed):
            recording.record_manually(
                club=week.club, actor=add_member(week.club, role), journal_ids=ids, reason="By hand."
            )
    accounts = add_member(week.club, Role.ACCOUNTS)
    assert recording.record_manually(club=week.club, actor=accounts, journal_ids=ids, reason="By hand.") == 1
    with pytest.raises(NotAllowed):
        recording.undo_recording(club=week.club, actor=accounts, journal_ids=ids, reason="Oh.")


def test_only_what_is_recorded_can_be_undone(week: Books) -> None:
    with pytest.raises(NotRecorded):
        recording.undo_recording(club=week.club, actor=week.owner, journal_ids=[week.journals()[0].pk], reason="Oh.")


def test_another_clubs_journal_can_not_be_recorded(week: Books) -> None:
    other = make_club("other", "Other")
    owner = add_member(other, Role.OWNER)
    with pytest.raises(NotRecordable, match=r"There is no such journal\."):
        recording.record_manually(club=other, actor=owner, journal_ids=[week.journals()[0].pk], reason="By hand.")


def test_an_undone_recording_stands_beside_a_further_journal_of_its_date(week: Books) -> None:
    first = week.journals()[0]
    recording.record_manually(club=week.club, actor=week.owner, journal_ids=[first.pk], reason="By hand.")
    week.bring("L-1,payment,2026-07-01,SUBS,CARD,1.00")
    recording.undo_recording(club=week.club, actor=week.owner, journal_ids=[first.pk], reason="Oh.")
    assert [(journal.sequence, journal.state) for journal in week.journals()[:2]] == [(1, "open"), (2, "open")]
    week.bring("L-2,payment,2026-07-01,SUBS,CARD,1.00")
    assert [journal.transaction_count for journal in week.journals()[:2]] == [1, 2]


def test_a_move_is_won_once(week: Books) -> None:
    ids = [journal.pk for journal in week.journals()]
    won = states.move(club=week.club, journal_ids=ids, from_states=["open"], to_state="valid")
    again = states.move(club=week.club, journal_ids=ids, from_states=["open"], to_state="valid")
    assert (sorted(won), again) == (sorted(ids), [])


def test_a_move_at_a_revision_that_has_passed_moves_nothing(week: Books) -> None:
    first, second, *_ = week.journals()
    week.bring("L-1,payment,2026-07-01,SUBS,CARD,1.00")
    moved = states.move(
        club=week.club,
        journal_ids=[first.pk, second.pk],
        from_states=["open"],
        to_state="valid",
        at_revisions={first.pk: first.revision, second.pk: second.revision},
    )
    assert moved == [second.pk]


def test_a_move_of_another_club_moves_nothing(week: Books) -> None:
    ids = [week.journals()[0].pk]
    assert states.move(club=make_club("o", "O"), journal_ids=ids, from_states=["open"], to_state="valid") == []


@pytest.mark.parametrize("state_from", list(JournalState))
@pytest.mark.parametrize("state_to", list(JournalState))
def test_only_the_moves_of_the_table_are_possible(week: Books, state_from: str, state_to: str) -> None:
    if state_to in states.MAY_GO[state_from] or state_to == state_from:
        states.move(club=week.club, journal_ids=[], from_states=[state_from], to_state=state_to)
        assert state_from != "voided" or state_to == "voided"
    else:
        with pytest.raises(states.ImpossibleMove):
            states.move(club=week.club, journal_ids=[], from_states=[state_from], to_state=state_to)


def test_the_main_page_needs_few_queries(week: Books) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        overview.overview(club=week.club)
        overview.default_range(club=week.club)
        days_of(week, "2026-07-01", "2026-07-31")
    assert len(queries) <= 6
