"""An order's events, in whatever sequence they come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from common.life_cycle import State, Trigger, step
from fulfillment.domain.channel_wishes import keep_back, let_go, readdress
from fulfillment.domain.order import (
    LEFT,
    RESERVING,
    Because,
    Holder,
    Order,
    Outcome,
    approve,
    flag,
    frees_stock,
    hold,
    holders,
    is_blocked,
    pay,
    reject,
    request_cancellation,
    serve,
    take,
)
from fulfillment.domain.scanning import TRIGGERS, Next, ScanStep, meaning
from fulfillment.domain.terms import Place, Receipt, Terms

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BECAUSE = Because("test", NOW)
TERMS = Terms(
    currency="CNY",
    payable_minor=100,
    placed_at=NOW,
    payments={"own": 40},
    wanted={"A": 1},
    country="CN",
    region="浙江",
)
ORDER = Order(order_id=UUID(int=1))


@dataclass
class Case:
    """One order and the payments reported for it, as handlers would keep them."""

    order: Order = ORDER
    terms: Terms = TERMS
    receipts: dict[str, Receipt] = field(default_factory=dict)

    def approved(self, no: int, *, await_recheck: bool = False) -> None:
        known = replace(self.order, terms=self.terms)
        after = approve(known, no, self.receipts, BECAUSE, await_recheck=await_recheck)
        self._set(after)

    def flagged(self, no: int) -> None:
        self._set(flag(self.order, no, BECAUSE, reasons=("credit",)))

    def held(self, no: int) -> None:
        self._set(hold(self.order, no, BECAUSE, reason=None))

    def rejected(self, no: int) -> None:
        self._set(reject(self.order, no, BECAUSE))

    def paid(self, reference: str, minor: int, currency: str = "CNY") -> None:
        self.receipts.setdefault(reference, Receipt(reference, currency, minor))
        self._set(pay(self.order, self.receipts, BECAUSE))

    def cancel(self) -> None:
        self._set(request_cancellation(self.order, "why not", BECAUSE))

    def kept_back(self, no: int) -> None:
        self._set(keep_back(self.order, no, BECAUSE, reason="locked"))

    def let_go(self, no: int) -> None:
        self._set(let_go(self.order, no, BECAUSE))

    def sent_to(self, no: int) -> None:
        self._set(readdress(self.order, no, Place("CN", f"province {no}")))

    def scan(self, scanned: ScanStep) -> None:
        ended = self.order.state not in RESERVING | LEFT
        found = meaning(self.order.state, scanned, ended=ended, blocked=self.blocked)
        if isinstance(found, Next):
            after = take(self.order, TRIGGERS[scanned], BECAUSE)
            assert after is not None
            self._set(after)

    def _set(self, order: Order) -> None:
        self.order = order
        if order.state is State.AWAITING_ALLOCATION:
            self.order = serve(order, "HZ", BECAUSE)

    @property
    def blocked(self) -> bool:
        return is_blocked(self.order.state, awaiting_recheck=self.order.awaiting_recheck)

    def facts(self) -> tuple[object, ...]:
        cancellation = self.order.cancellation
        return (
            self.order.state,
            self.order.decision_no,
            self.order.awaiting_recheck,
            self.order.awaiting_channel,
            self.order.kept_back,
            self.order.destination,
            self.order.paid_minor,
            cancellation and cancellation.outcome,
        )


Event = Callable[[Case], None]


def approved(no: int) -> Event:
    return lambda case: case.approved(no)


def reserved_only(no: int) -> Event:
    return lambda case: case.approved(no, await_recheck=True)


def flagged(no: int) -> Event:
    return lambda case: case.flagged(no)


def held(no: int) -> Event:
    return lambda case: case.held(no)


def rejected(no: int) -> Event:
    return lambda case: case.rejected(no)


def paid(reference: str, minor: int, currency: str = "CNY") -> Event:
    return lambda case: case.paid(reference, minor, currency)


def cancel(case: Case) -> None:
    case.cancel()


def kept_back(no: int) -> Event:
    return lambda case: case.kept_back(no)


def let_go_by(no: int) -> Event:
    return lambda case: case.let_go(no)


def sent_to(no: int) -> Event:
    return lambda case: case.sent_to(no)


def scan(scanned: ScanStep) -> Event:
    return lambda case: case.scan(scanned)


def play(events: Sequence[Event], terms: Terms = TERMS) -> Case:
    case = Case(terms=terms)
    for event in events:
        event(case)
    return case


DECISIONS: list[list[Event]] = [  # what risk may say about one order, in its sequence
    [approved(1)],
    [rejected(1)],
    [held(1), approved(2)],
    [held(1), held(2), rejected(3)],
    [approved(1), rejected(2)],
    [held(1)],
    [approved(1), flagged(2)],
    [approved(1), flagged(2), approved(3)],
    [approved(1), flagged(2), rejected(3)],
    [approved(1), flagged(2), reserved_only(3), flagged(4), approved(5)],
    [reserved_only(1)],
    [reserved_only(1), approved(2)],
    [reserved_only(1), flagged(2), approved(3)],
    [reserved_only(1), rejected(2)],
    [approved(1), reserved_only(2)],
    [held(1), reserved_only(2), flagged(3), rejected(4)],
]
WISHES: list[list[Event]] = [  # what the channel may say about one order, in its sequence
    [],
    [kept_back(1)],
    [kept_back(1), let_go_by(2)],
    [kept_back(1), let_go_by(2), kept_back(3)],
    [let_go_by(1)],
    [sent_to(1), kept_back(1), sent_to(2), let_go_by(2), sent_to(3)],
]
PAYMENTS: list[Event] = [paid("x", 30), paid("y", 30), paid("z", 100, "USD"), paid("own", 40)]
SCANS: list[Event] = [scan(s) for s in ScanStep]


@given(
    st.sampled_from(DECISIONS),
    st.lists(st.sampled_from(PAYMENTS)),
    st.lists(st.just(cancel), max_size=1),
    st.sampled_from(WISHES),
    st.data(),
)
def test_no_sequence_or_repetition_of_events_changes_where_an_order_ends(
    decisions: list[Event],
    payments: list[Event],
    cancellations: list[Event],
    wishes: list[Event],
    data: st.DataObject,
) -> None:
    events = [*decisions, *payments, *cancellations, *wishes]
    repeated = data.draw(st.lists(st.sampled_from(events)))
    shuffled = data.draw(st.permutations([*events, *repeated]))
    assert play(shuffled).facts() == play(events).facts()


@given(
    st.sampled_from(DECISIONS),
    st.lists(st.sampled_from(PAYMENTS)),
    st.lists(st.just(cancel), max_size=1),
    st.sampled_from(WISHES),
    st.data(),
)
def test_scans_between_events_change_no_end_but_that_what_left_meanwhile_has_left(
    decisions: list[Event],
    payments: list[Event],
    cancellations: list[Event],
    wishes: list[Event],
    data: st.DataObject,
) -> None:
    events = [*decisions, *payments, *cancellations, *wishes]
    repeated = data.draw(st.lists(st.sampled_from([*events, *SCANS])))
    shuffled = data.draw(st.permutations([*events, *repeated, *SCANS]))
    plain, mixed = play([*events, *SCANS]), play([*shuffled, *SCANS])
    left = mixed.order.state is State.HANDED_OVER
    both_blocked = plain.blocked and mixed.blocked
    assert left or both_blocked or mixed.facts() == plain.facts()


ANY = [event for told in DECISIONS + WISHES for event in told] + PAYMENTS + SCANS + [cancel]


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_a_history_is_legal_and_gapless_whatever_happens(events: list[Event]) -> None:
    order = play(events).order
    assert [s.version for s in order.steps] == list(range(1, order.version + 1))
    state = State.RECEIVED
    for taken in order.steps:
        assert taken.source is state
        assert step(state, taken.trigger) is taken.target
        state = taken.target
    assert state is order.state


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_stock_is_reserved_exactly_while_the_order_is_allocated_picked_or_packed(
    events: list[Event],
) -> None:
    order = play(events).order
    reserved = 0
    for taken in order.steps:
        reserved += taken.trigger is Trigger.RESERVE_STOCK
        reserved -= frees_stock(taken) or taken.trigger is Trigger.SCAN_HANDED_OVER
        assert reserved == (taken.target in RESERVING)


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_nothing_leaves_while_it_awaits_a_recheck(events: list[Event]) -> None:
    before = play([*events, reserved_only(9)])
    after = play([*events, reserved_only(9), *SCANS])
    assert after.order == before.order


@given(st.lists(st.sampled_from(ANY), max_size=40), st.sampled_from(ANY))
def test_an_event_that_comes_again_at_once_changes_nothing(
    events: list[Event], last: Event
) -> None:
    once, twice = play([*events, last]), play([*events, last, last])
    assert once.order == twice.order


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_what_has_left_is_never_cancelled(events: list[Event]) -> None:
    done = play([approved(1), *PAYMENTS, *SCANS, *events, cancel])
    assert done.order.state is State.HANDED_OVER
    assert done.order.cancellation is not None
    assert done.order.cancellation.outcome is Outcome.REFUSED


def test_an_unpaid_order_waits_until_distinct_payments_reach_what_is_payable() -> None:
    case = play([approved(1), paid("x", 30), paid("x", 30)])
    assert (case.order.state, case.order.paid_minor) == (State.AWAITING_PAYMENT, 70)
    case.paid("y", 30)
    assert (case.order.state, case.order.paid_minor) == (State.ALLOCATED, 100)


def test_a_payment_in_another_currency_does_not_count() -> None:
    assert play([approved(1), paid("x", 60, "USD")]).order.paid_minor == 40


def test_a_rejection_after_approval_says_why_the_order_was_cancelled() -> None:
    order = play([approved(1), paid("x", 60), rejected(2)]).order
    assert order.state is State.CANCELLED
    assert order.steps[-1].reason == "rejected by risk"


def test_a_hold_older_than_the_approval_is_ignored() -> None:
    assert play([approved(2), held(1)]).order.state is State.AWAITING_PAYMENT


def test_a_flagged_order_starts_anew_when_it_is_approved_after_all() -> None:
    case = play([approved(1), paid("x", 60), flagged(2)])
    assert (case.order.state, case.order.warehouse) == (State.HELD, "HZ")
    assert case.order.steps[-1].trigger is Trigger.FLAG
    assert case.order.steps[-1].reason == "flagged by risk: credit"
    case.approved(3)
    assert case.order.state is State.ALLOCATED


def test_a_flag_older_than_the_approval_is_ignored() -> None:
    assert play([approved(3), flagged(2), approved(1)]).order.state is State.AWAITING_PAYMENT


def test_a_hold_older_than_the_recheck_does_not_unblock() -> None:
    case = play([reserved_only(2), paid("x", 60), held(1), approved(1)])
    assert case.blocked
    case.approved(3)
    assert not case.blocked


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_nothing_leaves_while_the_channel_keeps_it_back(events: list[Event]) -> None:
    before = play([*events, kept_back(9)])
    after = play([*events, kept_back(9), *SCANS, approved(9), *SCANS])
    assert before.order.state not in RESERVING
    assert after.order.state is before.order.state or after.order.state is State.HELD
    if before.order.state not in LEFT:
        assert after.order.kept_back == "locked"


def test_what_is_kept_back_before_the_approval_is_held_instead_of_approved() -> None:
    case = play([kept_back(1)])
    assert (case.order.state, case.order.version) == (State.RECEIVED, 0)
    case.approved(1)
    assert (case.order.state, case.order.awaiting_channel) == (State.HELD, True)
    assert case.order.steps[-1].trigger is Trigger.KEEP_BACK
    assert case.order.steps[-1].reason == "the channel keeps it back: locked"


def test_what_the_channel_lets_go_starts_anew_where_risk_lets_it() -> None:
    case = play([approved(1), paid("x", 60), kept_back(1)])
    assert (case.order.state, case.order.warehouse) == (State.HELD, "HZ")
    case.let_go(2)
    assert case.order.state is State.ALLOCATED
    assert case.order.steps[-2].trigger is Trigger.APPROVE_PAID
    assert case.order.steps[-2].reason == "the channel keeps it back no longer"


def test_what_is_paid_while_it_is_kept_back_counts() -> None:
    case = play([approved(1), kept_back(1), paid("x", 60), let_go_by(2)])
    assert case.order.state is State.ALLOCATED


def test_what_risk_holds_stays_held_when_the_channel_lets_it_go() -> None:
    case = play([approved(1), paid("x", 60), kept_back(1), flagged(2), let_go_by(2)])
    assert (case.order.state, case.order.awaiting_channel) == (State.HELD, False)
    case.approved(3)
    assert case.order.state is State.ALLOCATED


def test_what_the_channel_holds_stays_held_when_risk_approves_it() -> None:
    case = play([held(1), kept_back(1), approved(2), paid("x", 60)])
    assert (case.order.state, case.order.awaiting_channel) == (State.HELD, True)
    case.let_go(2)
    assert case.order.state is State.ALLOCATED


RISKS = [(held(1), -1), (approved(2), 2), (flagged(3), -3), (approved(4), 4)]
"""Events with the number of what they say; negative where it is a hold."""
CHANNELS = [(kept_back(1), -1), (let_go_by(2), 2), (kept_back(3), -3), (let_go_by(4), 4)]


def last_word(said: Sequence[int]) -> int:
    """Return what was said last, whatever came last."""
    return max(said, key=abs, default=0)


@given(st.lists(st.sampled_from(RISKS)), st.lists(st.sampled_from(CHANNELS)), st.data())
def test_each_hold_ends_by_its_own_cause_alone(
    risks: list[tuple[Event, int]], channels: list[tuple[Event, int]], data: st.DataObject
) -> None:
    case = play([paid("x", 60)])
    told: dict[bool, list[int]] = {True: [], False: []}
    by_risk = [(True, *one) for one in risks]
    by_channel = [(False, *one) for one in channels]
    for of_risk, event, said in data.draw(st.permutations([*by_risk, *by_channel])):
        event(case)
        told[of_risk].append(said)
        risk, channel = last_word(told[True]), last_word(told[False])
        order = case.order
        assert (order.state is State.ALLOCATED) == (risk > 0 and channel >= 0)
        found = holders(order.state, order.kept_back, awaiting_channel=order.awaiting_channel)
        if order.state is State.HELD:
            assert (Holder.RISK in found, Holder.CHANNEL in found) == (risk < 0, channel < 0)
        else:
            assert found == ()


def test_what_has_left_keeps_the_address_it_was_sent_to() -> None:
    case = play([approved(1), paid("x", 60), sent_to(1), *SCANS, sent_to(2)])
    assert case.order.state is State.HANDED_OVER
    assert (case.order.address_no, case.order.destination) == (2, Place("CN", "province 1"))


# -- sold over the counter

IN_STORE = replace(TERMS, in_store=True)


@given(
    st.sampled_from(DECISIONS),
    st.lists(st.sampled_from(PAYMENTS)),
    st.sampled_from(WISHES),
    st.data(),
)
def test_what_was_sold_over_the_counter_never_has_to_do_with_a_warehouse(
    decisions: list[Event], payments: list[Event], wishes: list[Event], data: st.DataObject
) -> None:
    events = data.draw(st.permutations([*decisions, *payments, *wishes, *SCANS]))
    order = play(events, IN_STORE).order
    states = {State.RECEIVED, State.HELD, State.AWAITING_PAYMENT, State.DELIVERED, State.CANCELLED}
    assert {taken.target for taken in order.steps} <= states
    assert order.warehouse is None
    if order.state is State.DELIVERED:
        assert order.paid_minor >= IN_STORE.payable_minor


def test_what_was_sold_over_the_counter_is_delivered_once_it_is_approved_and_paid() -> None:
    assert play([approved(1)], IN_STORE).order.state is State.AWAITING_PAYMENT
    order = play([approved(1), paid("x", 60)], IN_STORE).order
    assert (order.state, order.steps[-1].trigger) == (State.DELIVERED, Trigger.TAKE_AWAY)
    assert play([paid("x", 60), approved(1)], IN_STORE).order.state is State.DELIVERED
    assert play([held(1), paid("x", 60), approved(2)], IN_STORE).order.state is State.DELIVERED


def test_what_was_sold_over_the_counter_and_is_kept_back_is_delivered_when_let_go() -> None:
    events = [kept_back(1), approved(1), paid("x", 60)]
    assert play(events, IN_STORE).order.state is State.HELD
    assert play([*events, let_go_by(2)], IN_STORE).order.state is State.DELIVERED


@given(st.lists(st.sampled_from(ANY), max_size=40))
def test_what_was_sold_over_the_counter_and_is_held_by_risk_is_not_delivered_by_a_payment(
    events: list[Event],
) -> None:
    case = play([*events, flagged(9)], IN_STORE)
    state = case.order.state
    for event in (*PAYMENTS, let_go_by(9), paid("all", 100)):
        event(case)
    assert case.order.state is state
