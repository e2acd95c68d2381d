"""Audit events can be added and read, and nothing else; a change behind our back is found."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from clubledger.clubs import access, audit, support
from clubledger.clubs.models import AuditChain, AuditEvent, Membership, Role
from clubledger.foundation import clock, wake
from tests.fixtures_clubs import add_member, make_club, make_user

pytestmark = pytest.mark.django_db


def events(count: int = 3):  # type: ignore[no-untyped-def]
    club = make_club()
    owner = add_member(club, Role.OWNER)
    for number in range(count):
        audit.note(
            club=club, actor=owner, action="test.done", subject=str(number), summary="Did it.", after={"n": number}
        )
    return club


def test_it_chains_the_events_of_each_club_apart() -> None:
    club = events()
    audit.note(club=None, actor=None, action="test.done", subject="x", summary="The installation did it.")
    assert list(audit.broken_links(club)) == list(audit.broken_links(None)) == []
    assert [event.position for event in AuditEvent.objects.of(club).order_by("position")] == [1, 2, 3]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_or_remove_an_event(verb: str) -> None:
    club = events()
    rows = AuditEvent.objects.of(club)
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():
        rows.update(summary="Did not.") if verb == "update" else rows.delete()


def test_a_change_behind_our_back_is_found() -> None:
    club = events()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER audit_event_no_update")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE clubs_auditevent DISABLE TRIGGER audit_event_no_change")
        cursor.execute("UPDATE clubs_auditevent SET summary = 'Did not.' WHERE position = 2")
    assert list(audit.broken_links(club)) == ["event 2 was changed"]


def test_an_event_taken_off_the_end_is_found() -> None:
    club = events()
    AuditChain.objects.filter(club=club).update(length=4)
    assert list(audit.broken_links(club)) == ["the chain should end with event 4"]


@pytest.mark.django_db(transaction=True)
def test_a_note_that_dies_half_way_leaves_the_chain_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Staff who look at a club are noted by a page that changes nothing else, and so opens no transaction itself."""
    club = make_club()
    support.grant(club=club, actor=add_member(club, Role.OWNER), hours=1)
    staff = make_user("sam@vendor.example", is_staff=True)
    with monkeypatch.context() as patched:
        patched.setattr(AuditEvent, "save", _dying_after(AuditEvent.save))
        with pytest.raises(KeyboardInterrupt):
            access.open_club(staff, club.slug)
    assert list(audit.broken_links(club)) == []
    access.open_club(staff, club.slug)
    assert AuditEvent.objects.of(club).latest("position").action == "support.opened"


def _dying_after(save):  # type: ignore[no-untyped-def]
    def saved(event: AuditEvent, **options: bool) -> None:
        save(event, **options)
        raise KeyboardInterrupt

    return saved


def test_a_verification_keeps_what_it_found_and_up_to_where() -> None:
    club = events(3)
    chain = audit.verify(club)
    assert (chain.verified_length, chain.verified_faults) == (3, [])
    assert chain.verified_at is not None
    AuditChain.objects.filter(club=club).update(length=4)
    assert audit.verify(club).verified_faults == ["the chain should end with event 4"]


def tampered(statement: str) -> None:
    """Run a statement as somebody would who has the database in their hands."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_no_update")
            cursor.execute("DROP TRIGGER IF EXISTS audit_event_no_delete")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE clubs_auditevent DISABLE TRIGGER audit_event_no_change")
        cursor.execute(statement)


SWAPPED = "UPDATE clubs_auditevent SET position = CASE position WHEN 1 THEN 1002 ELSE 1001 END WHERE position IN (1, 2)"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE clubs_auditevent SET actor_name = 'Somebody else' WHERE position = 2"], "event 2 was changed"),
        (["UPDATE clubs_auditevent SET after = '{}' WHERE position = 3"], "event 3 was changed"),
        (["DELETE FROM clubs_auditevent WHERE position = 1"], "event 1 is missing"),
        (["DELETE FROM clubs_auditevent WHERE position = 2"], "event 2 is missing"),
        (["DELETE FROM clubs_auditevent WHERE position = 3"], "the chain should end with event 3"),
        (
            [SWAPPED, "UPDATE clubs_auditevent SET position = position - 1000 WHERE position > 1000"],
            "event 1 was changed",
        ),
        # The end is set back too, to hide what comes after it, or what was cut off.
        (["UPDATE clubs_auditchain SET length = 0, head = ''"], "the chain was set back to event 0"),
        (["DELETE FROM clubs_auditchain"], "the chain was set back to event 0"),
        (
            [
                "DELETE FROM clubs_auditevent WHERE position = 3",
                "UPDATE clubs_auditchain SET length = 2, head = (SELECT hash FROM clubs_auditevent WHERE position = 2)",
            ],
            "the chain had 3 events when it was verified before",
        ),
    ],
)
def test_what_is_done_to_the_trail_by_sql_is_found_each_time(statements: list[str], found: str) -> None:
    club = events()
    assert audit.verify(club).verified_faults == []
    for statement in statements:
        tampered(statement)
    for _ in range(2):
        assert any(found in fault for fault in audit.verify(club).verified_faults)


def test_it_says_by_what_somebody_acted() -> None:
    club = events(0)
    owner = add_member(club, Role.OWNER, "o@club.example")
    with audit.through("API key POS (clk_1…)"):
        event = audit.note(club=club, actor=owner, action="test.done", subject="x", summary="Did it.")
    assert (event.user, event.actor_name) == (owner, f"{owner} by API key POS (clk_1…)")
    assert audit.note(club=club, actor=owner, action="test.done", subject="x", summary="Again.").actor_name == str(
        owner
    )
    assert list(audit.broken_links(club)) == []


def test_what_a_person_does_for_themself_stands_at_each_of_their_clubs() -> None:
    club, other = make_club(), make_club("other", "Other Club")
    tess = add_member(club, Role.ACCOUNTS)
    Membership.objects.create(club=other, user=tess, role=Role.VIEWER)
    audit.note_at_clubs_of(tess, actor=tess, action="sign_in.done", subject=tess.email, summary="Signed in.")
    assert [AuditEvent.objects.of(place).count() for place in (club, other)] == [1, 1]
    loner = make_user("loner@elsewhere.example")
    audit.note_at_clubs_of(loner, actor=loner, action="sign_in.done", subject=loner.email, summary="Signed in.")
    installation = AuditEvent.objects.across_clubs("the installation's own").filter(club=None)
    assert installation.get().user == loner


def test_every_chain_is_verified_once_a_day() -> None:
    club = events(2)
    time = clock.SettableClock(datetime(2026, 11, 2, tzinfo=UTC))
    with clock.use(time):
        assert wake.run("clubs.audit.sweep") == 1
        assert wake.run("clubs.audit.sweep") == 0
        time.advance(86_401)
        assert wake.run("clubs.audit.sweep") == 1
    chain = AuditChain.objects.get(club=club)
    assert (chain.verified_at, chain.verified_length, chain.verified_faults) == (time.now(), 2, [])
