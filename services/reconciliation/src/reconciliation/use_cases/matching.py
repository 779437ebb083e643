"""Money of statements finds its orders: when a statement comes, and when an order comes late.

Statement and order may be committed at the same moment, each unseen by the other. So a statement
matches while no event does, and events match while no statement does; whoever is second sees all.
"""

from collections.abc import Collection, Sequence

from common.database.work import Work
from reconciliation.domain.matching import decide
from reconciliation.store import matches, open_money


async def match_statement(work: Work, references: Collection[str], *, by: str) -> None:
    """Match what is open under these references, after every event in hand is committed."""
    await open_money.shut_out_events(work.connection)
    await _match(work, sorted(references), by)


async def match_late(work: Work, references: Collection[str], *, by: str) -> None:
    """Match what statements have left open under these references; mostly there is nothing."""
    if references:
        await open_money.shut_out_statements(work.connection)
        if await open_money.lock_lines(work.connection, sorted(references)):
            await _match(work, sorted(references), by)


async def _match(work: Work, references: Sequence[str], by: str) -> None:
    lines = await open_money.lines(work.connection, references)
    claims = await open_money.claims(work.connection, references)
    await matches.add(work.connection, decide(lines, claims), at=work.now, by=by)
