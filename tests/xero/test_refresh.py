"""Refreshing under a lease: lost answers, second looks, dead tokens, and who wins a race on real databases."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from clubledger.clubs.models import AuditEvent
from clubledger.foundation import clock
from clubledger.xero import tasks
from clubledger.xero.connection import revocation, standing
from clubledger.xero.errors import AppMisconfigured, AuthorisationLost, NeverSent, XeroUnavailable
from clubledger.xero.models import TokenSet, XeroApp
from clubledger.xero.oauth import refresh
from tests.fixtures_xero import BOWLS, ConnectedClub, XeroWorld, connect_club

TOKEN = "/connect/token"


def stored() -> TokenSet:
    return TokenSet.objects.get()


def asked(xero: XeroWorld) -> int:
    return len(xero.simulator.requests("POST", TOKEN))


@pytest.mark.django_db
class TestRefresh:
    def test_a_good_access_token_is_not_refreshed(self, connected: ConnectedClub):
        before = asked(connected.xero)
        refresh.fresh(stored().pk)
        assert asked(connected.xero) == before

    def test_one_that_ends_soon_is_refreshed_and_the_old_refresh_token_kept(self, connected: ConnectedClub):
        before = stored()
        connected.xero.later(minutes=29)
        after = refresh.fresh(before.pk)
        assert after.generation == before.generation + 1
        assert after.access_token != before.access_token
        assert after.previous_refresh_token == before.refresh_token
        assert (after.lease_holder, after.lease_until) == ("", None)
        assert after.access_expires_at == clock.now() + timedelta(minutes=30)

    def test_a_refused_generation_is_refreshed_once_for_all_who_saw_it_refused(self, connected: ConnectedClub):
        first = stored()
        refresh.fresh(first.pk, refused_generation=first.generation)
        count = asked(connected.xero)
        refresh.fresh(first.pk, refused_generation=first.generation)
        assert asked(connected.xero) == count

    @pytest.mark.parametrize(
        "fault", ["drop-after-commit", "timeout-after-commit", "500-after-commit", "drop-mid-body", "truncated-json"]
    )
    def test_a_lost_answer_is_asked_for_again_with_the_old_token(self, connected: ConnectedClub, fault: str):
        connected.xero.later(minutes=31)
        connected.xero.simulator.fault(fault, method="POST", path=TOKEN)
        after = refresh.fresh(stored().pk)
        assert after.generation == 2
        assert after.died_at is None
        assert refresh.fresh(after.pk, refused_generation=2).generation == 3

    def test_answers_lost_again_and_again_leave_the_old_token_for_later(self, connected: ConnectedClub):
        xero, before = connected.xero, stored()
        xero.later(minutes=31)
        rule = xero.simulator.fault("drop-after-commit", method="POST", path=TOKEN, times=0)
        with pytest.raises(XeroUnavailable):
            refresh.fresh(before.pk)
        unfinished = stored()
        assert unfinished.refresh_token == before.refresh_token
        assert unfinished.lease_holder != ""
        xero.simulator.rules.remove(rule.rule_id)
        xero.later(minutes=10)
        # The sweep asks again while Xero still takes the old one, though nobody needs the token now.
        assert tasks.keep_alive() == 1
        assert (stored().generation, stored().lease_holder) == (2, "")

    def test_a_refusal_is_believed_only_after_a_second_look_at_what_is_stored(self, connected: ConnectedClub):
        xero, stale = connected.xero, stored()
        xero.later(minutes=31)
        mine = refresh.fresh(stale.pk)
        xero.later(minutes=31)
        # What this process read long ago is refused by now, but another one has stored newer tokens meanwhile.
        assert refresh._take_lease(stale, "late") is False
        newer = refresh._refresh(stale, "late")
        assert newer.refresh_token == mine.refresh_token
        assert stored().died_at is None

    def test_a_stale_writer_stored_and_the_one_before_still_works_within_its_grace(self, connected: ConnectedClub):
        xero, first = connected.xero, stored()
        xero.later(minutes=31)
        after = refresh.fresh(first.pk)
        # As if a slower writer had put a token there that Xero does not know.
        TokenSet.objects.filter(pk=after.pk).update(
            refresh_token="0" * 64, previous_refresh_token=after.refresh_token, previous_replaced_at=clock.now()
        )
        mended = refresh.fresh(first.pk, refused_generation=after.generation)
        assert mended.died_at is None
        assert mended.generation == after.generation + 1

    def test_a_dead_refresh_token_ends_the_authorisations_that_rest_on_it(self, connected: ConnectedClub):
        bowls = connect_club(connected.xero, slug="wattle-creek", organisation=BOWLS)
        connected.xero.later(days=61)
        with pytest.raises(AuthorisationLost) as lost:
            refresh.fresh(stored().pk)
        assert lost.value.because == "expired"
        assert stored().died_at == clock.now()
        for club, user in ((connected.club, connected.treasurer), (bowls.club, bowls.treasurer)):
            stands = standing.standing_of(club=club, user=user)
            assert (stands.kind, stands.lost_because) == ("not_authorised", "expired")
            assert AuditEvent.objects.of(club).filter(action="xero.expired", user=None).count() == 1
        count = asked(connected.xero)
        with pytest.raises(AuthorisationLost):
            refresh.fresh(stored().pk)
        assert asked(connected.xero) == count

    def test_a_new_consent_brings_a_dead_token_set_back_to_life(self, connected: ConnectedClub):
        connected.xero.later(days=61)
        with pytest.raises(AuthorisationLost):
            refresh.fresh(stored().pk)
        connected.xero.authorise(connected.club, connected.treasurer)
        assert stored().died_at is None
        assert standing.standing_of(club=connected.club, user=connected.treasurer).is_live

    def test_a_wrong_app_secret_deletes_no_token(self, connected: ConnectedClub):
        before = stored()
        XeroApp.objects.update(client_secret="changed-at-xero")
        connected.xero.later(minutes=31)
        with pytest.raises(AppMisconfigured):
            refresh.fresh(before.pk)
        after = stored()
        assert after.refresh_token == before.refresh_token
        assert (after.died_at, after.lease_holder) == (None, "")
        XeroApp.objects.update(client_secret="clubledger-v3-secret")
        assert refresh.fresh(before.pk).generation == 2

    def test_xero_being_out_of_reach_leaves_everything_as_it_was(self, connected: ConnectedClub):
        connected.xero.later(minutes=31)
        connected.xero.transport.is_unreachable = True
        with pytest.raises(XeroUnavailable):
            refresh.fresh(stored().pk)
        assert (stored().lease_holder, stored().lease_until) == ("", None)

    def test_another_ones_lease_is_waited_for_and_a_lapsed_one_taken_over(
        self, connected: ConnectedClub, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(refresh, "LOSER_WAIT_SECONDS", 0.1)
        connected.xero.later(minutes=31)
        TokenSet.objects.update(lease_holder="a crashed worker", lease_until=clock.now() + timedelta(seconds=60))
        with pytest.raises(XeroUnavailable) as busy:
            refresh.fresh(stored().pk)
        assert busy.value.retry_after_seconds == 5
        connected.xero.later(seconds=60)
        assert refresh.fresh(stored().pk).generation == 2

    def test_a_token_that_can_not_be_had_means_that_the_call_was_never_sent(self, connected: ConnectedClub):
        connected.xero.later(minutes=31)
        connected.xero.simulator.fault("drop-before-commit", method="POST", path=TOKEN, times=0)
        with pytest.raises(NeverSent) as never:
            refresh.call_with_token(stored().pk, lambda token: pytest.fail("must not be called"))
        assert never.value.retry_after_seconds


@pytest.mark.django_db
class TestKeepAlive:
    def test_tokens_idle_for_three_weeks_are_renewed_so_that_none_dies_of_sixty_days(self, connected: ConnectedClub):
        for _week in range(20):
            connected.xero.later(days=7)
            tasks.sweep()
        assert stored().died_at is None
        assert refresh.fresh(stored().pk).generation > 5

    def test_tokens_in_use_and_tokens_of_nobody_are_left_alone(self, connected: ConnectedClub):
        connected.xero.later(days=20)
        assert tasks.keep_alive() == 0
        connected.xero.later(days=2)
        revocation.revoke(club=connected.club, actor=connected.treasurer)
        assert tasks.keep_alive() == 0

    def test_one_that_fails_does_not_keep_the_others_from_it(self, connected: ConnectedClub):
        connected.xero.later(days=22)
        connected.xero.transport.is_unreachable = True
        assert tasks.keep_alive() == 0
        connected.xero.transport.is_unreachable = False
        assert tasks.keep_alive() == 1


# --- The race ---------------------------------------------------------------------------------------------------------


@contextmanager
def _database_in_a_file(folder: Path) -> Iterator[None]:
    """Put SQLite's test database into a file: threads of one process then meet as processes would.

    PostgreSQL's is real already.
    """
    if connection.vendor != "sqlite":
        yield
        return
    file, alias = folder / "race.db", "default"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    in_memory = connections[alias]
    name = connections.settings[alias]["NAME"]
    connections.settings[alias]["NAME"] = str(file)
    connections[alias] = connections.create_connection(alias)
    try:
        connections[alias].ensure_connection()
        yield
    finally:
        connections[alias].close()
        connections[alias] = in_memory
        connections.settings[alias]["NAME"] = name


def _in_threads(count: int, act: Any) -> list[Any]:
    gate, found = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_many_at_once_refresh_once_and_all_get_the_new_token(self, xero: XeroWorld, tmp_path: Path):
        with _database_in_a_file(tmp_path):
            connect_club(xero)
            xero.later(minutes=31)
            pk, before = stored().pk, asked(xero)
            found = _in_threads(8, lambda: refresh.fresh(pk))
            assert [type(one) for one in found] == [TokenSet] * 8, found
            assert {one.generation for one in found} == {2}
            assert len({one.access_token for one in found}) == 1
            assert asked(xero) - before == 1

    def test_a_race_with_slow_and_lost_answers_never_stores_an_older_token(self, xero: XeroWorld, tmp_path: Path):
        with _database_in_a_file(tmp_path):
            connected = connect_club(xero)
            pk = stored().pk
            for _round in range(3):
                xero.later(minutes=31)
                xero.simulator.fault("drop-after-commit", method="POST", path=TOKEN)
                found = _in_threads(4, lambda: refresh.fresh(pk).access_token)
                assert len(set(found)) == 1, found
            xero.later(minutes=31)
            assert refresh.fresh(pk).died_at is None
            assert standing.standing_of(club=connected.club, user=connected.treasurer).is_live

    def test_a_refresh_overtaken_by_a_new_consent_does_not_overwrite_it(self, xero: XeroWorld, tmp_path: Path):
        with _database_in_a_file(tmp_path):
            connected = connect_club(xero)
            xero.later(minutes=31)
            old = stored()
            assert refresh._take_lease(old, "slow")
            xero.authorise(connected.club, connected.treasurer)
            consented = stored()
            after = refresh._refresh(old, "slow")
            assert after.refresh_token == consented.refresh_token == stored().refresh_token

    def test_it_refuses_to_take_a_lease_that_would_not_be_committed(self, xero: XeroWorld, tmp_path: Path):
        with _database_in_a_file(tmp_path):
            connect_club(xero)
            xero.later(minutes=31)
            before = asked(xero)
            with pytest.raises(RuntimeError), transaction.atomic():
                refresh.fresh(stored().pk)
            assert asked(xero) == before
