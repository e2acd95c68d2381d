"""A thousand generated requests: no unplanned failure, books that balance, unique ids, no half of a journal."""

import warnings

import pytest

from xero_simulator.exchange import Answer

from . import contract

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tools import fuzz

pytestmark = [pytest.mark.contract, pytest.mark.filterwarnings("ignore")]
CASES = 1_000


def departures(operation_id: str, answer: Answer) -> list[str]:
    """Hold an answer against the contract, where the contract knows its status."""
    if answer.status not in {200, 400}:
        return []
    known = contract.operations(contract.NAMES[0])[operation_id][2]["responses"]
    if str(answer.status) not in known:
        return []
    kind = answer.header("Content-Type") or ""
    body = answer.json() if "json" in kind else answer.body
    return contract.departures(contract.NAMES[0], operation_id, answer.status, kind, body)


def test_generated_requests_break_nothing() -> None:
    directory = contract.directory()
    under_fire = fuzz.Fuzz(check=departures)
    fuzz.run(under_fire, CASES, 20_261_122, directory)
    assert under_fire.cases >= CASES
    assert {200, 400, 404} <= set(under_fire.statuses)


def test_near_valid_journals_break_nothing() -> None:
    under_fire = fuzz.Fuzz()
    fuzz.run_near_valid(under_fire, 300, 20_261_122)
    assert under_fire.statuses.get(200, 0) > 30
    assert under_fire.statuses.get(400, 0) > 30
