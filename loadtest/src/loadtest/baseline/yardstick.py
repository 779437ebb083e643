"""The yardstick: what an order costs in the bare pipeline, before and after what is measured."""

import resource
from dataclasses import dataclass
from statistics import mean

from loadtest import bare
from loadtest.cpu_time import measured
from stack import Stack

ORDERS = 2_400


@dataclass(frozen=True, slots=True)
class Yardstick:
    orders_per_second: float
    cpu_seconds: float
    """Processor time for an order, that of database and broker included."""

    @property
    def seconds(self) -> float:
        """What the others' times are told in: how long the bare pipeline takes for an order."""
        return 1 / self.orders_per_second


def read(stack: Stack) -> Yardstick:
    """Run the bare pipeline once."""
    env = stack.env()
    before = _children_seconds()
    with measured(stack) as usage:
        rate = bare.orders_per_second(env["DATABASE_URL"], env["AMQP_URL"], orders=ORDERS, pack=1)
    servers = sum(usage.by_process.get(name, 0.0) for name in ("postgres", "rabbitmq"))
    return Yardstick(rate, (servers + _children_seconds() - before) / ORDERS)


def between(before: Yardstick, after: Yardstick) -> Yardstick:
    """Return the yardstick for what was measured between two readings."""
    return Yardstick(
        mean((before.orders_per_second, after.orders_per_second)),
        mean((before.cpu_seconds, after.cpu_seconds)),
    )


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
