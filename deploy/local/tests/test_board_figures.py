"""What the board reads, and what follows from it: pure, without a stack."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from stack.board.attention import notices
from stack.board.exposition import Sample, read
from stack.board.first_look import first_look
from stack.board.process_figures import WANTED, History, Scrape, scrape_of
from stack.board.seen import Broker, Seen, SeenProcess, broker_of
from stack.board.series import KEPT_SECONDS, Series
from stack.board.service_look import Depths, drain, look_at
from stack.state import Condition, Process

NOW = 1_800_000_000.0
BACKLOG = "sluice_backlog_events"


# -- reading


@given(
    st.dictionaries(st.text(max_size=20), st.floats(allow_nan=False), min_size=1, max_size=5),
)
def test_it_reads_what_the_reference_parser_reads(values: Mapping[str, float]) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("sluice_orders", "Orders\nunder way.", ["state"], registry=registry)
    Counter("sluice_other", "Not asked for.", ["state"], registry=registry).labels("x").inc()
    for state, value in values.items():
        gauge.labels(state).set(value)
    text = generate_latest(registry).decode()
    expected = [
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "sluice_orders"
    ]
    assert list(read(text, {"sluice_orders"})) == expected


@given(st.text(max_size=200))
def test_no_text_stops_it(text: str) -> None:
    scrape_of(NOW, read(text, WANTED))
    assert list(read(f"{text}\nsluice_consuming 1", {"sluice_consuming"}))[-1].value == 1


# -- a process


def history(
    *settled: float, gauges: Mapping[str, float] | None = None, pause: float = 2.0
) -> History:
    """A process that was asked every two seconds, the last time now."""
    made = History()
    for place, value in enumerate(settled or (0.0,)):
        at = NOW - pause * (len(settled or (0.0,)) - 1 - place)
        made.note(Scrape(at, dict(gauges or {}), {"settled": value}))
    return made


def test_a_rate_is_what_was_counted_over_the_time_it_took() -> None:
    assert history(0, 20, 40).rate("settled") == 10
    assert history(7).rate("settled") == 0
    assert history(0, 20).rate("never heard of") == 0


def test_a_counter_that_falls_has_begun_again() -> None:
    assert history(100, 110, 4, 8).rate("settled") == pytest.approx((10 + 4 + 4) / 6)


def test_only_the_last_seconds_count() -> None:
    assert history(*([0] + [1_000] * 10)).rate("settled") == 0


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=30))
def test_no_rate_is_negative(values: list[float]) -> None:
    assert history(*values).rate("settled") >= 0


def test_probes_are_no_requests_and_failures_are_counted_apart() -> None:
    def sample(route: str, status: str, value: float) -> Sample:
        labels = {"route": route, "status": status}
        return Sample("sluice_http_seconds_count", labels, value)

    scrape = scrape_of(
        NOW, [sample("/readyz", "200", 9), sample("/v1/a", "200", 3), sample("/v1/a", "503", 2)]
    )
    assert scrape.counters == {"requests": 5, "failed": 2}


# -- a service


def process(name: str, history: History, state: Condition = Condition.READY) -> SeenProcess:
    return SeenProcess(Process(name=name, pid=1, port=2, state=state), history)


def seen(*processes: SeenProcess, broker: Broker | None = None) -> Seen:
    return Seen(NOW, processes, broker, None)


def worker(number: int, *settled: float, **gauges: float) -> SeenProcess:
    named = {name.replace("__", "."): value for name, value in gauges.items()}
    named.setdefault("sluice_consuming", 1.0)
    return process(f"risk-worker-{number}", history(*settled, gauges=named))


def waiting(events: float) -> dict[str, float]:
    return {f"{BACKLOG}__main": events}


def test_all_workers_measure_one_queue_and_add_up_their_rates() -> None:
    both = seen(worker(1, 0, 20, **waiting(500)), worker(2, 0, 60, **waiting(520)))
    look = look_at("risk", both, Depths())
    assert (look.waiting, look.out_rate, look.workers, look.consuming) == (520, 40, 2, 2)
    assert look.drain_seconds == 13


def test_what_comes_in_is_what_goes_out_and_what_waits_more_than_before() -> None:
    depths = Depths()
    first = replace(seen(worker(1, 0, 20, **waiting(100))), at=NOW - 5)
    look_at("risk", first, depths)
    look = look_at("risk", seen(worker(1, 0, 20, **waiting(200))), depths)
    assert look.in_rate == 10 + 20
    falling = look_at("risk", replace(seen(worker(1, 0, 0, **waiting(0))), at=NOW + 5), depths)
    assert falling.in_rate == 0


def test_without_a_worker_the_broker_tells_what_waits() -> None:
    gone = process("risk-worker-1", History(), Condition.RESTARTING)
    broker = Broker({"risk.events": {"messages": 70, "consumers": 0}})
    look = look_at("risk", seen(gone, broker=broker), Depths())
    assert (look.waiting, look.workers, look.workers_planned) == (70, 0, 1)
    assert look.drain_seconds is None
    assert look_at("risk", seen(gone), Depths()).waiting is None


def test_what_recovery_set_aside_waits_as_well() -> None:
    gauges = {f"{BACKLOG}__main": 5.0, f"{BACKLOG}__backlog": 90.0, f"{BACKLOG}__parked": 3.0}
    assert look_at("risk", seen(worker(1, 0, 2, **gauges)), Depths()).waiting == 95


def test_nothing_that_waits_is_drained_and_what_does_not_move_never_is() -> None:
    assert drain(0, 0) == 0
    assert drain(10, 5) == 2
    assert drain(10, 0) is None


# -- what needs a look


def codes(look: Seen) -> list[tuple[str, str]]:
    document, _ = first_look(look, Depths())
    return [(notice["code"], notice["subject"]) for notice in document["attention"]]


def test_a_system_that_is_well_needs_no_look() -> None:
    assert codes(seen(worker(1, 0, 50, **waiting(20)), process("risk-api", history()))) == []


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (seen(worker(1, 0, 50_000, **waiting(10_001))), [("backlog", "risk")]),
        (seen(worker(1, 0, 50_000, **waiting(10_000))), []),
        (seen(worker(1, 5, 5, **waiting(101))), [("no_progress", "risk")]),
        (seen(worker(1, 0, 2, **waiting(400))), [("drain_long", "risk")]),
        (seen(worker(1, sluice_consuming=0.0)), [("no_consumer", "risk")]),
        (seen(worker(1, sluice_oldest_age_seconds=121.0)), [("oldest", "risk")]),
        (seen(worker(1, sluice_outbox_lag_seconds=31.0)), [("outbox", "risk")]),
        (seen(worker(1, sluice_recovery_state=1.0)), [("recovery", "risk")]),
        (seen(worker(1, sluice_backlog_events__parked=1.0)), [("parked", "risk")]),
        (seen(worker(1, sluice_breaker_state__score=1.0)), [("breaker_open", "score")]),
        (seen(worker(1, sluice_breaker_state__score=0.5)), []),
        (seen(worker(1, sluice_ledger_lost_events__risk=1.0)), [("ledger_lost", "risk")]),
        (
            seen(worker(1), process("postgres", History(), Condition.RESTARTING)),
            [("process_away", "postgres")],
        ),
        (
            seen(worker(1), broker=Broker({"sluice.unrouted": {"messages": 1}}, ("disk",))),
            [("broker_alarm", "disk"), ("unrouted", "")],
        ),
    ],
)
def test_what_is_wrong_is_named(look: Seen, expected: list[tuple[str, str]]) -> None:
    assert codes(look) == expected


def busy(seconds: float, events: float) -> SeenProcess:
    """A worker that in two seconds was at it for so long, and settled so many."""
    made = History()
    gauges = {"sluice_consuming": 1.0, "sluice_baseline_event_seconds": 0.002}
    made.note(Scrape(NOW - 2, gauges, {"settled": 0, "sluice_busy_seconds_total": 0}))
    made.note(Scrape(NOW, gauges, {"settled": events, "sluice_busy_seconds_total": seconds}))
    return process("risk-worker-1", made)


def test_only_who_is_busy_is_called_slow() -> None:
    assert codes(seen(busy(1.8, 10))) == [("slow", "risk")]
    assert codes(seen(busy(1.8, 1_000))) == []
    assert codes(seen(busy(0.2, 2))) == [], "small batches cost more for each event"


def test_the_worst_comes_first() -> None:
    gauges = {**waiting(20_000), "sluice_recovery_state": 1.0, "sluice_oldest_age_seconds": 500.0}
    levels = [n.level for n in _notices(seen(worker(1, 0, 1, **gauges)))]
    assert levels == sorted(levels, key=["bad", "warn", "note"].index)
    assert set(levels) == {"bad", "warn", "note"}


def _notices(look: Seen) -> Iterable[object]:
    quiet = {"breakers": {}, "trouble": False, "deferred": {}}
    return notices(look, [look_at("risk", look, Depths())], quiet)


def test_the_brokers_queues_and_alarms_are_read() -> None:
    samples = [
        Sample("rabbitmq_detailed_queue_messages", {"queue": "risk.events"}, 4),
        Sample("rabbitmq_detailed_queue_consumers", {"queue": "risk.events"}, 2),
        Sample("rabbitmq_alarms_memory_used_watermark", {}, 1),
        Sample("rabbitmq_alarms_free_disk_space_watermark", {}, 0),
    ]
    found = broker_of(samples)
    assert found == Broker({"risk.events": {"messages": 4, "consumers": 2}}, ("memory",))


# -- the charts


def test_a_chart_is_given_only_what_is_new() -> None:
    series = Series()
    for second in range(5):
        series.note(NOW + second, {"risk.waiting": second})
    whole = series.since(0)
    assert (whole["number"], len(whole["times"])) == (5, 5)
    news = series.since(3)
    assert news["values"] == {"risk.waiting": [3, 4]}
    assert series.since(5)["times"] == []


def test_a_page_of_a_board_that_began_again_gets_everything() -> None:
    series = Series()
    series.note(NOW, {"risk.waiting": 1})
    assert series.since(4_000)["values"] == {"risk.waiting": [1]}


def test_a_line_that_is_new_or_gone_has_holes_and_no_wrong_place() -> None:
    series = Series()
    series.note(NOW, {"a": 1})
    series.note(NOW + 2, {"b": 2})
    assert series.since(0)["values"] == {"a": [1, None], "b": [None, 2]}


def test_no_more_than_a_quarter_of_an_hour_is_kept() -> None:
    series = Series()
    for second in range(0, 4_000, 2):
        series.note(NOW + second, {"a": second})
    times = series.since(0)["times"]
    assert times[-1] - times[0] == KEPT_SECONDS
