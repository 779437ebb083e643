"""The bank's statement of the demo's payments, and the figures it must lead to."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.account import Sum
from demo.facts import Facts
from demo.sale import Sale, decimal
from demo.scenario import Planned
from demo.story import Ending, Money

HEADER = ("transaction_id", "occurred_at", "amount", "currency", "reference", "payer")
_MATCHED = frozenset(Money) - {Money.NOTHING, Money.MISSING, Money.STRANGE}

Totals = dict[tuple[str, str], int]
"""(Currency, figure) -> minor units, or orders."""


@dataclass(frozen=True, slots=True)
class Line:
    transaction_id: str
    occurred_at: datetime
    amount_minor: int
    sale: Sale


def statement(planned: Iterable[Planned], now: datetime) -> list[Line]:
    """Return what the bank saw: mostly what the channels claimed."""
    return [
        Line(f"{one.sale.number}-{number}", one.sale.paid_at or now, amount_minor, one.sale)
        for one in planned
        for number, amount_minor in enumerate(_amounts(one), 1)
    ]


def _amounts(one: Planned) -> Sequence[int]:
    payable = one.sale.stated_minor
    amounts = {
        Money.NOTHING: (),
        Money.MISSING: (),
        Money.REFUNDED: (payable, -payable),
        Money.TWICE: (payable, payable),
        Money.SHORT: (payable - payable // 4,),
    }
    return amounts.get(one.story.money, (payable,))


def as_csv(lines: Iterable[Line]) -> bytes:
    """Write the statement; its last line is of now, so that it covers all payments."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for line in lines:
        amount = decimal(line.amount_minor)
        moment = line.occurred_at.isoformat(timespec="seconds")
        sale = line.sale
        payer = sale.receiver.name
        row = (line.transaction_id, moment, amount, sale.currency, sale.reference, payer)
        writer.writerow(row)
    return text.getvalue().encode()


def totals_of(answer: dict[str, Any]) -> Totals:
    """Read the answer of /v1/totals."""
    return {
        (row["currency"], name): value
        for row in answer["currencies"]
        for name, value in row.items()
        if name != "currency"
    }


def expected_totals(planned: Iterable[Planned], lines: Iterable[Line]) -> Counter[tuple[str, str]]:
    """Return what one run adds to the totals."""
    totals: Counter[tuple[str, str]] = Counter()
    matched = {one.sale.number for one in planned if one.story.money in _MATCHED}
    for one in planned:
        totals.update(dict(_of_order(one)))
    for line in lines:
        place = "received_minor" if line.sale.number in matched else "unmatched_minor"
        currency = line.sale.currency
        totals[currency, place] += line.amount_minor
        totals[currency, "statement_minor"] += line.amount_minor
    return totals


def _of_order(one: Planned) -> Iterator[tuple[tuple[str, str], int]]:
    if not one.story.is_let_in:
        return
    currency, payable = one.sale.currency, one.sale.payable_minor
    yield (currency, "orders"), 1
    yield (currency, "payable_minor"), payable
    if one.story.ending in (Ending.CANCELLED, Ending.REJECTED):
        yield (currency, "cancelled_payable_minor"), payable
    if one.story.ending is not Ending.UNPAID:
        yield (currency, "claimed_minor"), payable


def money_sums(before: Totals, after: Totals, expected: Counter[tuple[str, str]]) -> list[Sum]:
    """Compare what was added to every figure with what had to be."""
    keys = sorted(before.keys() | after.keys() | expected.keys())
    return [
        Sum(f"{currency} {name}", after.get(key, 0) - before.get(key, 0), expected[key])
        for key in keys
        for currency, name in [key]
    ]


def note_differences(
    facts: Facts, statement_id: str, rows: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put differences to the orders they are of; return those that belong to this run."""
    strange = {
        track.planned.sale.reference: track
        for track in facts.tracks
        if track.planned.story.money is Money.STRANGE
    }
    own = []
    for row in rows:
        track = facts.of_order(row["order_id"])
        if row["statement_id"] == statement_id:
            track = strange.get(row["reference"])
        if track is None and row["statement_id"] != statement_id:
            continue
        own.append(row)
        if track is None:
            facts.problems.append(f"The statement's line {row['line_no']} belongs to no order.")
        else:
            track.differences.add(row["kind"])
    return own


def told(sums: Iterable[Sum]) -> str:
    """Tell of the money in one line."""
    ordered = [one for one in sums if one.what.split()[1:] == ["payable_minor"]]
    amounts = " and ".join(
        f"{one.found / 100:,.2f} {one.what.partition(' ')[0]}" for one in ordered if one.found
    )
    return f"money: {amounts} ordered; claimed, received and open add up"
