"""A short run of chaos with every test run; `make chaos` is the long one."""

from collections.abc import Iterable

import pytest
from django.db import DatabaseError

from tests.chaos import coverage, events, mutations, processes
from tests.chaos.run import run
from tools import chaos

pytestmark = pytest.mark.django_db(transaction=True)

SEEDS = range(1, 7)

CAUGHT_BY = {
    "no-look-up": range(1000, 1040),
    "key-changed-on-retry": range(1020, 1060),
    "claim-not-guarded": range(3000, 3040),
}
"""Where each deliberate bug is looked for: ranges in which an early run catches it, so that the test is quick."""


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_holds_whatever_happens(seed: int) -> None:
    hits = run(seed)
    assert hits["state:sent"] + hits["state:recorded"] > 0


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_it_holds_with_real_processes_that_are_killed() -> None:
    hits = processes.run(9)
    assert hits["kill -9"] > 0


@pytest.mark.parametrize("mutation", sorted(mutations.MUTATIONS))
@pytest.mark.timeout(600)
def test_a_deliberate_bug_is_caught(mutation: str) -> None:
    with mutations.applied(mutation), pytest.raises((AssertionError, RuntimeError, ValueError, DatabaseError)):
        run_all(CAUGHT_BY[mutation])


def run_all(seeds: Iterable[int]) -> None:
    for seed in seeds:
        run(seed)


def test_what_must_be_hit_is_read_from_the_source() -> None:
    assert "delivery.after_claim" in coverage.crash_points()
    assert len(coverage.crash_points()) >= 8
    assert "kill -9" in coverage.everything(with_processes=True)


def test_every_leaning_names_what_happens() -> None:
    happening = {event for event, _ in events.EVENTS}
    assert all(set(leaning) <= happening for leaning in events.LEANINGS.values())


@pytest.mark.parametrize(("runs", "jobs"), [(1000, 2), (7, 3), (1, 2), (10, 1)])
def test_jobs_share_every_seed_out_once(runs: int, jobs: int) -> None:
    seeds = range(40, 40 + runs)
    parts = chaos.shares(seeds, jobs)
    assert [seed for part in parts for seed in part] == list(seeds)
    assert max(len(part) for part in parts) - min(len(part) for part in parts) <= 1
