"""A club that is locked keeps others from changing it, not from writing down what only refers to it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from clubledger.clubs import access, audit
from clubledger.clubs.models import AuditChain, AuditEvent
from tests.fixtures_clubs import make_club

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def elsewhere(act):
    """Do it on a connection of its own."""
    try:
        with transaction.atomic():
            act()
    finally:
        connections.close_all()


@pytest.mark.parametrize("lock", [access.lock_club, access.locked_club])
def test_a_note_about_a_locked_club_is_committed_without_waiting(lock):
    club = make_club()
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        lock(club)
        noted = other.submit(elsewhere, lambda: audit.note(club=club, actor=None, action="x", subject="x", summary="x"))
        noted.result(timeout=10)
        # The lock is still held, and the note stands for all to see.
        assert [event.action for event in AuditEvent.objects.of(club)] == ["x"]


@pytest.mark.parametrize("lock", [access.lock_club, access.locked_club])
def test_of_two_who_lock_a_club_one_waits(lock):
    club = make_club()
    order = []

    def second():
        lock(club)
        order.append("second")

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            lock(club)
            waiting = other.submit(elsewhere, second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            order.append("first")
        waiting.result(timeout=10)
    assert order == ["first", "second"]


def test_of_two_who_note_the_installations_first_event_one_waits():
    """No club stands for the installation, so that its chain is the one row which no constraint keeps single."""
    first, second = (
        {"club": None, "actor": None, "action": "x", "subject": name, "summary": "x"} for name in ("1", "2")
    )
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            audit.note(**first)
            noted = other.submit(elsewhere, lambda: audit.note(**second))
            with pytest.raises(TimeoutError):
                noted.result(timeout=0.5)
        noted.result(timeout=10)
    assert AuditChain.objects.filter(club=None).count() == 1
    assert list(audit.broken_links(None)) == []
    assert audit.verify(None).length == 2
