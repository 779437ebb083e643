"""`python -m toy.restarting`: a worker that is started again as often as it dies, as by a cluster.

Forks instead of executing anew, so that a life begins in milliseconds. Prints a line per death.
"""

import asyncio
import os
import signal
import sys
from functools import partial

from common.database.engine import open_engine
from common.database.work import WorkFactory
from common.messaging.batch import BatchHandler
from common.messaging.consumer import Consumer
from common.messaging.relay import Relay
from common.telemetry.metrics import Metrics
from toy.wiring import service

LIVES_MAX = 40


async def _live() -> None:
    toy = service()
    engine = open_engine(toy.settings.database_url, application="toy", connections_max=4)
    works = WorkFactory(engine, toy.tables)
    metrics = Metrics(toy.name)
    relay = Relay(engine, toy.tables, toy.settings.amqp_url, metrics, sweeps=False)
    handler = BatchHandler({s.event.routing_key(): s for s in toy.subscriptions}, works)
    await Consumer(toy.queues(), handler, relay, toy.settings.amqp_url, metrics).run()


def main() -> None:
    for _ in range(LIVES_MAX):
        child = os.fork()
        if not child:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            asyncio.run(_live())
            os._exit(0)
        signal.signal(signal.SIGTERM, partial(_end, child))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _end(child: int, _: int, __: object) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os._exit(0)


if __name__ == "__main__":
    main()
