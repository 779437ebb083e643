"""Which warehouse supplies an order."""

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.allocation import Request, Shelf, allocate_in_turn, nearest_first
from fulfillment.domain.distance import Point, kilometres
from fulfillment.domain.regions import centre

HANGZHOU, GUANGZHOU = Point(30.274, 120.155), Point(23.129, 113.264)


def shelf(code: str, place: Point, *, priority: int = 1, **available: int) -> Shelf:
    return Shelf(warehouse=code, name=code, place=place, priority=priority, available=available)


def request(number: int, region: str = "浙江省", **wanted: int) -> Request:
    return Request(order_id=UUID(int=number), country="CN", region=region, wanted=wanted)


def test_hangzhou_and_guangzhou_are_about_a_thousand_kilometres_apart() -> None:
    assert kilometres(HANGZHOU, GUANGZHOU) == pytest.approx(1046, abs=10)


@given(*[st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))] * 2)
def test_distance_is_symmetric_and_never_more_than_half_way_round(a: Point, b: Point) -> None:
    assert kilometres(a, b) == pytest.approx(kilometres(b, a), abs=1e-6)
    assert 0 <= kilometres(a, b) <= 20_016


@pytest.mark.parametrize(
    ("country", "region", "same_as"),
    [
        ("CN", "浙江", "浙江省"),
        ("CN", "zhejiang", "浙江省"),
        ("CN", "Zhejiang Province", "浙江省"),
        ("中国", " 浙江省 ", "浙江省"),
        ("cn", "北京", "北京市"),
        ("CN", "广西", "广西壮族自治区"),
        ("CN", "Xinjiang Uygur Autonomous Region", "新疆维吾尔自治区"),
        ("CN", "Hong Kong SAR", "香港特别行政区"),
        ("HK", "Kowloon", "香港"),
        ("CN", "Inner Mongolia", "内蒙古自治区"),
    ],
)
def test_a_province_is_known_by_many_names(country: str, region: str, same_as: str) -> None:
    assert centre(country, region) == centre("CN", same_as) is not None


def test_other_countries_have_one_centre_and_unknown_places_none() -> None:
    assert centre("DE", "Bayern") == centre("de", "Berlin") is not None
    assert centre("CN", "Atlantis") is None
    assert centre("XX", "") is None


def test_the_nearest_warehouse_that_has_all_lines_is_chosen() -> None:
    shelves = [shelf("GZ", GUANGZHOU, A=5, B=5), shelf("HZ", HANGZHOU, A=5, B=0)]
    chosen, taken = allocate_in_turn([request(1, A=1), request(2, A=1, B=1)], shelves)
    assert chosen == {UUID(int=1): "HZ", UUID(int=2): "GZ"}
    assert taken == {("HZ", "A"): 1, ("GZ", "A"): 1, ("GZ", "B"): 1}


def test_an_order_is_never_split_over_warehouses() -> None:
    shelves = [shelf("GZ", GUANGZHOU, B=5), shelf("HZ", HANGZHOU, A=5)]
    assert allocate_in_turn([request(1, A=1, B=1)], shelves) == ({UUID(int=1): None}, {})


def test_from_an_unknown_region_priority_then_name_decide() -> None:
    shelves = [
        shelf("C", HANGZHOU, priority=2),
        shelf("B", GUANGZHOU, priority=1),
        shelf("A", HANGZHOU, priority=2),
    ]
    assert nearest_first(shelves, "CN", "nowhere") == ("B", "A", "C")
    assert nearest_first(shelves, "CN", "广东省") == ("B", "A", "C")
    assert nearest_first(shelves, "CN", "浙江省") == ("A", "C", "B")


skus = st.sampled_from("ABC")
amounts = st.dictionaries(skus, st.integers(1, 4), min_size=1)


@given(
    st.lists(amounts, max_size=12),
    st.dictionaries(st.sampled_from(["HZ", "GZ"]), st.dictionaries(skus, st.integers(0, 6))),
)
def test_nothing_is_ever_promised_twice(
    wanted: list[dict[str, int]], kept: dict[str, dict[str, int]]
) -> None:
    places = {"HZ": HANGZHOU, "GZ": GUANGZHOU}
    shelves = [shelf(code, places[code], **on_shelf) for code, on_shelf in kept.items()]
    requests = [request(number, **some) for number, some in enumerate(wanted)]
    chosen, taken = allocate_in_turn(requests, shelves)

    promised: Counter[tuple[str, str]] = Counter()
    for one in requests:
        if warehouse := chosen[one.order_id]:
            promised.update({(warehouse, sku): n for sku, n in one.wanted.items()})
    assert promised == taken
    assert all(n <= kept[warehouse].get(sku, 0) for (warehouse, sku), n in taken.items())
    for one in requests:  # nobody is left out whom what is left could still serve
        left = {
            code: {sku: n - promised[code, sku] for sku, n in kept[code].items()} for code in kept
        }
        if chosen[one.order_id] is None:
            assert not any(
                all(on_shelf.get(sku, 0) >= n for sku, n in one.wanted.items())
                for on_shelf in left.values()
            )
