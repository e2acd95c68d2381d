"""Two at once on PostgreSQL: whoever queues a journal and whoever brings transactions in for it never mix."""

import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from clubledger.clubs.models import Role
from clubledger.ledger.journals import states
from clubledger.ledger.models import Import
from tests.fixtures_clubs import add_member, make_club
from tests.ledger.oracle import HEADER, Books

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_once(tmp_path: Path, settings: object) -> Books:
    club = make_club()
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]
    return Books(club, add_member(club, Role.OWNER), tmp_path)


def test_what_comes_while_a_journal_is_being_queued_goes_to_the_next(at_once: Books) -> None:
    at_once.bring("P-1,payment,2026-07-01,SUBS,CARD,5.00")
    [journal] = at_once.journals()
    states.move(club=at_once.club, journal_ids=[journal.pk], from_states=["open"], to_state="valid")
    done: list[Import] = []

    def bring() -> None:
        done.append(at_once.bring("P-2,payment,2026-07-01,SUBS,CARD,7.00"))
        connection.close()

    other = threading.Thread(target=bring)
    with transaction.atomic():
        states.move(club=at_once.club, journal_ids=[journal.pk], from_states=["valid"], to_state="queued")
        other.start()
        time.sleep(0.5)
        assert not done, "it waits for the journal"
    other.join(30)
    assert [(row.sequence, row.state, row.debit_minor) for row in at_once.journals()] == [
        (1, "queued", 500),
        (2, "open", 700),
    ]
    at_once.is_sound()


def test_two_imports_of_one_club_come_one_after_the_other(at_once: Books) -> None:
    def text(source: int) -> str:
        rows = [f"S{source}-{row},payment,2026-07-0{row % 9 + 1},SUBS,CARD,1.00,,,,,," for row in range(2000)]
        return "\n".join([HEADER, *rows]) + "\n"

    done: list[Import] = []

    def bring(number: int) -> None:
        path = at_once.folder / f"{number}.csv"
        path.write_text(text(number), encoding="utf-8")
        done.append(at_once.bring_file(path))
        connection.close()

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [one.transactions_new for one in done] == [2000] * 4
    assert [row.sequence for row in at_once.journals()] == [1] * 9
    assert sum(row.debit_minor for row in at_once.journals()) == 800_000
    at_once.is_sound()
