"""The report of a replay that was made up: its figures, its judgement and how it is drawn."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from loadtest.incident.chart import Chart, Curve
from loadtest.incident.conservation import Findings
from loadtest.incident.drain import Drain
from loadtest.incident.figures import figures, missed
from loadtest.incident.guarded import Guarded
from loadtest.incident.material import material
from loadtest.incident.page import page
from loadtest.incident.poster import poster
from loadtest.incident.prometheus import Fired
from loadtest.incident.scales import FULL, SHORT
from loadtest.incident.series import crossing, quantiles, waiting
from loadtest.incident.story import Story
from loadtest.incident.unguarded import LITERAL, Unguarded
from loadtest.scene.account import Decision, Fate
from loadtest.scene.risk_api import Gate
from loadtest.scene.stream import Journal

MACHINE = {"cores": 2, "architecture": "x86_64", "memory_gib": 24, "python": "3.11"}
KEYS = {
    "lost",
    "repeated",
    "submissions_accepted_ratio",
    "alert_fired_after_seconds",
    "breaker_open_seconds",
    "abort_seconds",
    "drain_seconds",
    "new_orders_p95_seconds_during_drain",
}
RELEASED, ENDED = 1_000.0, 1_360.0
STEP = 60
"""One order stands for so many: the pictures are the same, and the test is quick."""
CLEAN = Findings(0, {"orders with two tasks": 0})


def journal(name: str, since: float, until: float, rate: float) -> Journal:
    count = int((until - since) * rate)
    due = {f"{name}-{n}": since + n / rate for n in range(count)}
    return Journal(due, {order: at + 0.01 for order, at in due.items()})


def decided(order: str, at: float, took: float = 0.0001, unanswered: int = 0) -> Decision:
    return Decision(order, "stable", "approved", round(took * 1e6), unanswered, at)


def first_act() -> Unguarded:
    usual = journal("usual", RELEASED - 60, RELEASED, 2)
    orders = journal("order", RELEASED, ENDED, 360 / STEP)
    decisions = [decided(order, at + 0.1) for order, at in usual.due.items()]
    some = list(orders.due)[:10]
    decisions += [decided(order, RELEASED + 6 + n * 1.2, 1.2) for n, order in enumerate(some)]
    depth = [(RELEASED + t, 360.0 * t) for t in range(0, 360, 5)]
    return Unguarded(
        gate=Gate(refused=True, culprit="new-score", told="new-score takes 1,249 ms"),
        usual=usual,
        usual_until=RELEASED,
        journal=orders,
        released_at=RELEASED,
        ended_at=ENDED,
        depth=depth,
        messages=[(at, depth / 3) for at, depth in depth],
        oldest=[(at, at - RELEASED) for at, _ in depth],
        fired=[
            Fired("EventsSlow", "risk", "page", RELEASED + 40),
            Fired(LITERAL, "risk", "page", RELEASED + 30 + 305),
        ],
        decisions=decisions,
    )


def drained(first: Unguarded, workers: int, rate: float) -> Drain:
    began = 2_000.0
    newest_first = list(reversed(first.waiting))
    decisions = [decided(order, began + 2 + n / rate) for n, order in enumerate(newest_first)]
    fresh = journal(f"new-{workers}", began, decisions[-1].visible_at + 5, 5)
    decisions += [decided(order, at + 0.2) for order, at in fresh.due.items()]
    ended = began + 2 + len(newest_first) / rate
    return Drain(
        workers=workers,
        rolled_back_at=began - 1,
        began_at=began,
        consuming_at=began + 1,
        workers_ready_at=began + 2,
        ended_at=ended + 4,
        through_at=ended + 10,
        fresh=fresh,
        decisions=decisions,
        findings=CLEAN,
    )


def last_act() -> Guarded:
    orders = journal("again", 2_990.0, 3_030.0, 50)
    skipped = [order for order, at in orders.due.items() if 3_000 <= at < 3_002]
    return Guarded(
        began_at=2_990.0,
        released_at=3_000.0,
        opened_at=3_000.9,
        opened_because="slow calls took 23% of the last 2 s",
        aborted_at=3_002.0,
        aborted_because="the breaker of new-score opened",
        made_up_at=3_020.0,
        ended_at=3_030.0,
        journal=orders,
        decisions=[
            decided(order, at + 0.1, unanswered=int(order in skipped))
            for order, at in orders.due.items()
        ],
        fate=Fate(
            decided=100,
            approved_first=100,
            held_first=0,
            skipped=100,
            reverified=100,
            waiting=0,
            against=0,
            released=100,
            stopped=0,
            longest_seconds=9.0,
        ),
        findings=CLEAN,
    )


@pytest.fixture(scope="module")
def story() -> Story:
    first = first_act()
    return Story(
        scale=replace(FULL, queued=len(first.waiting)),
        began_at=0.0,
        ended_at=900.0,
        unguarded=first,
        drains=(drained(first, 2, 15), drained(first, 8, 25)),
        guarded=last_act(),
        copied_bytes=10,
    )


def test_a_good_replay_has_every_figure_and_misses_nothing(story: Story) -> None:
    found = figures(story)
    assert found.keys() >= KEYS
    assert missed(found) == []
    assert found["alert_fired_after_seconds"] == 305
    assert (found["breaker_open_seconds"], found["abort_seconds"]) == (0.9, 2.0)
    assert found["drain_seconds"]["2"] > found["drain_seconds"]["8"] > 0
    assert found["new_orders_p95_seconds_during_drain"] == pytest.approx(0.2)
    assert found["submissions_accepted_ratio"] == 1.0
    assert found["event_seconds"] == {"before": 0.0001, "after": 1.2}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lost": 3}, "3 accepted orders were lost."),
        ({"repeated": 1}, "1 effects happened twice."),
        ({"submissions_accepted_ratio": 0.41}, "Only 41.00% of the submissions were accepted."),
        ({"alert_fired_after_seconds": None}, "The alert fired None s after the crossing"),
        ({"alert_fired_after_seconds": 280}, "The alert fired 280 s after the crossing"),
        ({"alert_fired_after_seconds": 331}, "The alert fired 331 s after the crossing"),
        ({"breaker_open_seconds": None}, "A breaker opened after None s"),
        ({"abort_seconds": 12.0}, "The release was taken back after 12.0 s."),
        ({"reverified": 99}, "Of 100 skipped checks 99 were made up for."),
        ({"new_orders_p95_seconds_during_drain": 61.0}, "New orders waited 61.0 s"),
        ({"queued": 5}, "Only 5 events waited"),
    ],
)
def test_each_missed_target_is_a_sentence(story: Story, change: dict[str, Any], told: str) -> None:
    (sentence,) = missed(figures(story) | change)
    assert told in sentence


def test_what_is_drawn_survives_being_kept_as_json(story: Story) -> None:
    seen = material(story)
    again = json.loads(json.dumps(seen))
    assert page(again, MACHINE, "abc") == page(seen, MACHINE, "abc")
    assert poster(again) == poster(seen)


class _Tags(HTMLParser):
    """Opens and closes tags, as a browser that forgives nothing would."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "path", "circle"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_itself_without_anything_else(story: Story) -> None:
    text = page(material(story), MACHINE, "abc")
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    loads = [value for _, given in tags.seen for name, value in given.items() if name == "src"]
    links = [tag for tag, _ in tags.seen if tag in {"link", "img", "iframe"}]
    assert (loads, links) == ([], [])
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert len(text) < 1_000_000


def test_everything_is_said_in_both_languages(story: Story) -> None:
    text = page(material(story), MACHINE, "abc")
    pairs = re.findall(
        r'class="zh" lang="zh">([^<]*)</span><span class="en" lang="en">([^<]*)<', text
    )
    assert len(pairs) == text.count('class="zh"') == text.count('class="en"')
    for chinese, english in pairs:
        assert bool(chinese.strip()) == bool(english.strip())
        assert not re.search(r"[一-鿿]", english) or english == "中文"


def test_no_alert_and_no_breaker_is_drawn_as_well(story: Story) -> None:
    silent = replace(story.unguarded, fired=[], depth=[], messages=[])
    last = replace(story.guarded, opened_at=None, aborted_at=None, made_up_at=None)
    seen = material(replace(story, unguarded=silent, guarded=last, scale=SHORT))
    assert "Targets missed" in page(seen, MACHINE, "abc")
    assert poster(seen).startswith("<svg")


def test_waiting_is_what_came_and_did_not_go() -> None:
    assert waiting([0, 1, 2], [2.5], (0, 4)) == [(0, 1), (1, 2), (2, 3), (3, 2), (4, 2)]


def test_a_crossing_counts_from_where_it_stays_above() -> None:
    assert crossing([(0, 5), (1, 11), (2, 9), (3, 12), (4, 13)], 10) == 3
    assert crossing([(0, 11), (1, 9)], 10) is None
    assert crossing([], 10) is None


def test_quantiles_of_little_are_what_there_is() -> None:
    assert quantiles([]) == (0.0, 0.0)
    assert quantiles([2.0]) == (2.0, 2.0)


@pytest.mark.parametrize("points", [[], [(0.0, 0.0)], [(0.0, 0.0), (0.0, 5.0)], [(3.0, 1e6)]])
def test_a_chart_of_almost_nothing_is_a_chart(points: list[tuple[float, float]]) -> None:
    drawn = Chart([Curve(points, "c1", "area"), Curve(points, "c2", "dots")]).svg(400, 270)
    assert "nan" not in drawn
    assert drawn.startswith("<svg")
