"""Which money is for which order, without a database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reconciliation.domain.matching import Claim, Line, Link, Rule, decide

DAY = datetime(2026, 11, 22, tzinfo=UTC)


def a_line(number: int, amount_minor: int, reference: str = "R", currency: str = "CNY") -> Line:
    at = DAY + timedelta(seconds=number % 3)
    return Line(UUID(int=number), f"T{number}", at, reference, currency, amount_minor)


def a_claim(number: int, expected_minor: int, reference: str | None = "R", **more: int) -> Claim:
    received = more.get("received_minor", 0)
    return Claim("R", UUID(int=number), reference, "CNY", expected_minor, received)


def rules(links: list[Link]) -> list[tuple[Rule, int]]:
    return [(link.rule, link.amount_minor) for link in links]


def test_the_amount_expected_is_exact() -> None:
    assert rules(decide([a_line(1, 100)], [a_claim(1, 100)])) == [(Rule.EXACT, 100)]


def test_instalments_add_up_with_what_came_before() -> None:
    lines = [a_line(1, 40), a_line(2, 60), a_line(3, -30)]
    links = decide(lines, [a_claim(1, 100, received_minor=30)])
    assert rules(links) == [(Rule.EXACT, 40), (Rule.EXACT, 60), (Rule.EXACT, -30)]


def test_another_amount_is_matched_by_its_reference() -> None:
    assert rules(decide([a_line(1, 99)], [a_claim(1, 100)])) == [(Rule.REFERENCE, 99)]


def test_a_payment_goes_before_the_number_of_an_order() -> None:
    by_number = a_claim(2, 100, None)
    (link,) = decide([a_line(1, 100)], [by_number, a_claim(1, 100)])
    assert link.order_id == UUID(int=1)
    (link,) = decide([a_line(1, 100)], [by_number])
    assert (link.order_id, link.reference, link.rule) == (UUID(int=2), None, Rule.ORDER_NO)


def test_the_number_of_two_orders_decides_nothing() -> None:
    assert decide([a_line(1, 100)], [a_claim(1, 100, None), a_claim(2, 100, None)]) == []


def test_another_currency_is_another_reference() -> None:
    assert decide([a_line(1, 100, currency="USD")], [a_claim(1, 100)]) == []


def test_a_merged_payment_is_split_where_it_pays_all() -> None:
    claims = [a_claim(1, 100), a_claim(2, 250, received_minor=50)]
    links = decide([a_line(1, 120), a_line(2, 180)], claims)
    paid = Counter[UUID]()
    for link in links:
        paid[link.order_id] += link.amount_minor
    assert paid == {UUID(int=1): 100, UUID(int=2): 200}
    assert {link.rule for link in links} == {Rule.MERGED}


def test_a_merged_payment_that_does_not_pay_all_stays_open() -> None:
    claims = [a_claim(1, 100), a_claim(2, 250)]
    assert decide([a_line(1, 349)], claims) == []
    assert decide([a_line(1, 400), a_line(2, -50)], claims) == []


texts = st.sampled_from(["R", "S", "M-1"])
currencies = st.sampled_from(["CNY", "USD"])
amounts = st.integers(-300, 300)
line_lists = st.lists(st.tuples(texts, currencies, amounts), max_size=12).map(
    lambda rows: [a_line(n, amount, text, ccy) for n, (text, ccy, amount) in enumerate(rows)]
)
claim_rows = st.tuples(texts, currencies, st.integers(0, 4), st.booleans(), st.integers(0, 400))
claim_lists = st.lists(claim_rows, max_size=8, unique_by=lambda row: row[:4]).map(
    lambda rows: [
        Claim(text, UUID(int=order), text if paid else None, ccy, amount, 0)
        for text, ccy, order, paid, amount in rows
    ]
)


@given(line_lists, claim_lists)
def test_money_is_neither_made_nor_lost(lines: list[Line], claims: list[Claim]) -> None:
    used = Counter[UUID]()
    linked = set()
    for link in decide(lines, claims):
        used[link.line_id] += link.amount_minor
        linked.add(link.line_id)
    for line in lines:
        assert line.line_id not in linked or used[line.line_id] == line.amount_minor


@given(line_lists, claim_lists)
def test_a_link_joins_only_what_carries_one_text_and_currency(
    lines: list[Line], claims: list[Claim]
) -> None:
    by_id = {line.line_id: line for line in lines}
    known = {(c.text, c.currency, c.order_id, c.reference) for c in claims}
    links = decide(lines, claims)
    for link in links:
        line = by_id[link.line_id]
        assert (line.reference, line.currency, link.order_id, link.reference) in known
    assert len({(link.line_id, link.order_id) for link in links}) == len(links)


@given(line_lists, claim_lists, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_claims_does_not_matter(
    lines: list[Line], claims: list[Claim], random: Random
) -> None:
    expected = set(decide(lines, claims))
    random.shuffle(lines)
    random.shuffle(claims)
    assert set(decide(lines, claims)) == expected
