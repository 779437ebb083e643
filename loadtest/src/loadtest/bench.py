"""`make bench`: orders a second through the four services, beside the bare pipeline, in one run.

The machine is shared and noisy, so only ratios of neighbours mean something: bare and product take
turns, and the median of the rounds' ratios is the figure. Leaves loadtest/results/bench.json.
"""

import argparse
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest import bare, report
from loadtest.cpu_time import Usage, measured
from loadtest.product import Flow, latencies, throughput
from stack import Stack

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".local" / "bench"
RESULT = ROOT / "loadtest" / "results" / "bench.json"
PACK = 20


@dataclass(frozen=True, slots=True)
class Round:
    bare: float
    packed: float
    product: Flow
    usage: Usage

    @property
    def ratio(self) -> float:
        return self.product.orders_per_second / self.bare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=12_000, help="orders in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency-seconds", type=float, default=20)
    arguments = parser.parse_args()
    stack = Stack(HOME, say=print)
    stack.up()
    try:
        rounds = [_round(stack, arguments.orders, n) for n in range(arguments.rounds)]
        rate = statistics.median(r.product.orders_per_second for r in rounds) / 2
        print(f"Half load: {rate:.0f} orders/s for {arguments.latency_seconds:.0f} s …")
        delays = latencies(stack.env(), rate=rate, seconds=arguments.latency_seconds)
    finally:
        stack.down(wipe=True)
    result = _result(rounds, rate, delays)
    report.write(RESULT, ROOT, result)
    report.show(result)


def _round(stack: Stack, orders: int, number: int) -> Round:
    """Take one turn each; what comes later meets the same machine as what came before."""
    env = stack.env()
    database, broker = env["DATABASE_URL"], env["AMQP_URL"]
    bare_rate = bare.orders_per_second(database, broker, orders=orders, pack=1)
    print(f"round {number + 1}: bare, one event a message {bare_rate:.0f} orders/s")
    with measured(stack) as usage:
        flow = throughput(env, orders=orders)
    print(f"round {number + 1}: product {flow.orders_per_second:.0f} orders/s")
    packed = bare.orders_per_second(database, broker, orders=2 * orders, pack=PACK)
    print(f"round {number + 1}: bare, packs of {PACK} {packed:.0f} orders/s")
    return Round(bare_rate, packed, flow, usage)


def _result(rounds: list[Round], rate: float, delays: dict[str, float]) -> dict[str, Any]:
    middle = sorted(rounds, key=lambda r: r.ratio)[len(rounds) // 2]
    orders = middle.product.orders
    return {
        "pipeline_orders_per_second": round(middle.product.orders_per_second, 1),
        "bare_orders_per_second": round(middle.bare, 1),
        "packed_orders_per_second": round(middle.packed, 1),
        "ratio": round(middle.ratio, 3),
        "ratios": [round(r.ratio, 3) for r in rounds],
        "http_orders_per_second": round(middle.product.http_orders_per_second, 1),
        "orders": orders,
        "half_load_orders_per_second": round(rate, 1),
        "webhook_to_task_ms": delays,
        "cpu_microseconds_per_order": {
            name: round(seconds / orders * 1e6) for name, seconds in middle.usage.by_process.items()
        },
        "cpus_busy": round(middle.usage.total / middle.usage.seconds, 2),
    }


if __name__ == "__main__":
    main()
