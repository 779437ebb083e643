"""How many workers the database has connections for."""

from contextlib import suppress

import asyncpg

from stack.plan import Plan
from stack.services import Service

WORKER_CONNECTIONS = 7
"""What a worker may keep: its pool, and one for probes."""
API_CONNECTIONS = 21
RESERVED = 10
"""For the server's own, for people and for programs that come and go."""
CONNECTIONS_UNKNOWN = 100
"""PostgreSQL's own default, for a server that does not tell."""


async def connections_of(database_url: str) -> int:
    """Ask the server how many connections it allows."""
    with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection = await asyncpg.connect(database_url, timeout=5)
        try:
            return int(await connection.fetchval("show max_connections"))
        finally:
            await connection.close()
    return CONNECTIONS_UNKNOWN


def workers_allowed(plan: Plan, service: Service, connections: int) -> int:
    """Return for how many workers of the service there is room beside all others."""
    others = sum(plan.workers_of(other) for other in plan.services if other.name != service.name)
    taken = RESERVED + API_CONNECTIONS * len(plan.services) + WORKER_CONNECTIONS * others
    return max(0, (connections - taken) // WORKER_CONNECTIONS)
