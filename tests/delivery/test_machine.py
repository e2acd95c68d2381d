"""The delivery machine against the simulator, driven by Hypothesis: any order of events, and no promise is broken."""

import os
from collections import Counter
from contextlib import suppress
from typing import ClassVar

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clubledger.delivery.models import Delivery
from clubledger.delivery.reference import reference_in
from clubledger.ledger.models import TAKES_IN, Journal, JournalLine, JournalState
from tests.chaos import events, invariants, run, state
from tests.chaos.world import World, make_clubs, make_simulator
from tests.fixtures_xero import talking_to

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "5"))

pytestmark = pytest.mark.django_db(transaction=True)


class DeliveryMachine(RuleBasedStateMachine):
    """People press, workers serve, Xero fails in every way of the kit, clocks move."""

    world: World
    ended: ClassVar[Counter[str]] = Counter()
    """In which states the journals of all examples ended."""

    @initialize(random=st.randoms(use_true_random=False), replay=st.sampled_from([0, 360]))
    def begin(self, random, replay: int) -> None:  # type: ignore[no-untyped-def]
        state.start_clean()
        simulator = make_simulator(random, 1)
        if simulator.world.settings.idempotency_seconds < replay:
            replay = 0
        self.inside = [talking_to(simulator), override_settings(XERO_REPLAY_SECONDS=replay)]
        xero = self.inside[0].__enter__()
        self.inside[1].__enter__()
        self.world = World(random, xero)
        make_clubs(self.world, 1)
        # Else most examples would be of a club at which nothing ever happened.
        events.happen(self.world)

    @rule(event=st.sampled_from([event for event, _ in events.EVENTS if event not in (events.restore, events.back_up)]))
    def something_happens(self, event) -> None:  # type: ignore[no-untyped-def]
        with suppress(*events.Refusals):
            event(self.world)

    @rule()
    def a_worker_serves(self) -> None:
        events.serve_due(self.world)

    @rule()
    def somebody_validates_and_sends(self) -> None:
        self.something_happens(events.validate_and_send)

    @invariant()
    @precondition(lambda self: hasattr(self, "world"))
    def no_reference_is_in_xero_twice(self) -> None:
        for at in self.world.clubs:
            references = [
                reference_in(found.narration, at.club.mark) for found in self.world.simulator.journals(at.tenant_id)
            ]
            assert len(references) == len(set(references))

    @invariant()
    @precondition(lambda self: hasattr(self, "world"))
    def what_is_frozen_has_lines_and_one_live_delivery(self) -> None:
        for at in self.world.clubs:
            going = [JournalState.QUEUED, JournalState.SENDING, JournalState.UNCERTAIN]
            for journal in Journal.objects.of(at.club).filter(state__in=going):
                assert Delivery.objects.of(at.club).filter(journal=journal, closed_at=None).count() == 1
                assert JournalLine.objects.filter(journal=journal).exists()
            open_ones = Journal.objects.of(at.club).filter(state__in=[JournalState.OPEN, JournalState.VALID])
            assert not Delivery.objects.of(at.club).filter(journal__in=open_ones, closed_at=None).exists()

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            run.mend(self.world)
            run.send_all(self.world)
            invariants.check(self.world)
            for at in self.world.clubs:
                self.ended.update(Journal.objects.of(at.club).values_list("state", flat=True))
        finally:
            for one in reversed(self.inside):
                one.__exit__(None, None, None)


def test_no_order_of_events_breaks_a_promise() -> None:
    DeliveryMachine.ended.clear()
    run_state_machine_as_test(
        DeliveryMachine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert DeliveryMachine.ended[JournalState.SENT] > 0
    at_rest = {JournalState.SENT, JournalState.RECORDED, JournalState.VOIDED, *TAKES_IN}
    assert set(DeliveryMachine.ended) <= at_rest
