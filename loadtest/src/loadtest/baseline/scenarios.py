"""What is played: when each order is due, in days made shorter and smaller to a stated scale."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

DAY_HOURS = 24
HOUR_SECONDS = 1.0
"""How long an hour of the day takes here."""
ONE_IN = 32
"""Of so many orders one is sent."""
BY_HOUR = (8, 5, 3, 2, 2, 3, 8, 18, 34, 54, 64, 60, 52, 50, 54, 58, 56, 50, 52, 66, 84, 92, 78, 47)
"""A day of an online shop, in thousandths of its orders: two peaks, the higher in the evening."""

BASE_RATE = 10.0
FLASH = 50
FLASH_SECONDS = 8.0
CALM_SECONDS = 4.0
DRAIN_ORDERS = 4_000


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    """What it stands for, with its scale."""
    dues: tuple[float, ...]
    """Seconds from the beginning at which each order is due; all at once where they are 0."""
    held_back: bool = False
    """Whether risk begins to work only once all orders are in."""
    saturates: bool = False
    """Whether its throughput is what the system can do, and not what it is given."""

    @property
    def orders(self) -> int:
        return len(self.dues)


def scenarios() -> tuple[Scenario, ...]:
    scale = f"1 h = {HOUR_SECONDS:g} s, 1 order of {ONE_IN}"
    return (
        Scenario("steady", f"a day of 50,000 orders ({scale})", _day(50_000)),
        Scenario("peak", f"a day of 120,000 orders ({scale})", _day(120_000)),
        Scenario(
            "flash",
            f"{BASE_RATE:g} orders/s, and {FLASH} times as many for {FLASH_SECONDS:g} s",
            _flash(),
            saturates=True,
        ),
        Scenario(
            "drain",
            f"{DRAIN_ORDERS:,} orders taken in while risk does nothing, then worked off",
            (0.0,) * DRAIN_ORDERS,
            held_back=True,
            saturates=True,
        ),
    )


def _day(orders: int) -> tuple[float, ...]:
    """Spread the orders of a day by its curve: evenly within each hour."""
    ends = list(itertools.accumulate(BY_HOUR))
    count = orders // ONE_IN
    return tuple(_moment((number + 0.5) / count * ends[-1], ends) for number in range(count))


def _moment(share: float, ends: list[int]) -> float:
    hour = min(bisect.bisect_right(ends, share), DAY_HOURS - 1)
    within = (share - (ends[hour] - BY_HOUR[hour])) / BY_HOUR[hour]
    return (hour + within) * HOUR_SECONDS


def _flash() -> tuple[float, ...]:
    return tuple(
        itertools.chain(
            _steady(BASE_RATE, 0.0, CALM_SECONDS),
            _steady(BASE_RATE * FLASH, CALM_SECONDS, FLASH_SECONDS),
            _steady(BASE_RATE, CALM_SECONDS + FLASH_SECONDS, CALM_SECONDS),
        )
    )


def _steady(rate: float, begin: float, seconds: float) -> Iterator[float]:
    return (begin + number / rate for number in range(int(rate * seconds)))
