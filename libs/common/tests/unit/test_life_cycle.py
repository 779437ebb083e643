"""The life cycle of an order as a graph: no dead ends, no ambiguity, no way back from the end."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from common.life_cycle import FINAL, TRANSITIONS, State, Trigger, step


def reachable() -> set[State]:
    found: set[State] = set()
    frontier: set[State | None] = {None}
    while frontier:
        targets = {t.target for t in TRANSITIONS if t.source in frontier}
        frontier = set(targets - found)
        found |= targets
    return found


def test_every_state_can_be_reached_from_the_beginning() -> None:
    assert reachable() == set(State)


def test_every_trigger_is_used() -> None:
    assert {t.trigger for t in TRANSITIONS} == set(Trigger)


def test_a_trigger_leads_from_a_state_to_one_state_only() -> None:
    counted = Counter((t.source, t.trigger) for t in TRANSITIONS)
    assert [key for key, count in counted.items() if count > 1] == []


def test_final_states_have_no_way_out() -> None:
    assert {State.DISCARDED, State.CANCELLED, State.RETURNED} == FINAL
    assert all(step(state, trigger) is None for state in FINAL for trigger in Trigger)


def test_no_step_stays_where_it_is() -> None:
    assert all(t.source != t.target for t in TRANSITIONS)


def test_nothing_is_cancelled_once_the_courier_has_it() -> None:
    late = (State.HANDED_OVER, State.IN_TRANSIT, State.DELIVERED, State.RETURNED)
    assert all(step(state, Trigger.CANCEL) is None for state in late)


def test_what_risk_flags_is_held_exactly_where_it_may_still_be_cancelled() -> None:
    flagged = {t.source for t in TRANSITIONS if t.trigger is Trigger.FLAG}
    cancellable = {t.source for t in TRANSITIONS if t.trigger is Trigger.CANCEL}
    assert flagged == cancellable - {State.HELD}
    assert all(step(source, Trigger.FLAG) is State.HELD for source in flagged)


def test_what_the_channel_keeps_back_is_held_wherever_risk_may_flag_it() -> None:
    kept = {t.source for t in TRANSITIONS if t.trigger is Trigger.KEEP_BACK}
    assert kept == {t.source for t in TRANSITIONS if t.trigger is Trigger.FLAG}
    assert all(step(source, Trigger.KEEP_BACK) is State.HELD for source in kept)


@given(st.lists(st.sampled_from(Trigger), max_size=60))
def test_any_sequence_of_triggers_keeps_to_the_table(triggers: list[Trigger]) -> None:
    state: State | None = None
    allowed = {(t.source, t.trigger): t.target for t in TRANSITIONS}
    for trigger in triggers:
        target = step(state, trigger)
        assert target == allowed.get((state, trigger))
        was_final = state in FINAL
        state = target or state
        assert not (was_final and target)
