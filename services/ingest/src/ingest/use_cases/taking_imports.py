"""A batch of a file: rows read, or orders taken in; each is one transaction with the cursor in it.

A batch that was committed is never done again, one that was not leaves nothing behind: whoever
goes on after a crash begins exactly where the last commit ended.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.contracts.event import Cause
from common.database.work import Work
from common.ids import new_id
from ingest.domain.draft import ROWS_MAX
from ingest.domain.files.faults import Fault
from ingest.domain.files.format import FileFormat
from ingest.domain.files.grouping import Part, payload_of
from ingest.domain.files.progress import Progress, Stage
from ingest.domain.files.sheet import CheckedRow
from ingest.store import import_rows, imports
from ingest.store.import_rows import FoundOrder
from ingest.store.receipts import IMPORTED
from ingest.use_cases.accept_orders import accept_orders
from ingest.use_cases.reading import orders_of
from ingest.use_cases.submission import Reply, Submission

ROWS_AT_ONCE = 1_000
ORDERS_AT_ONCE = 100
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch did, by rows of the file."""

    rows: Mapping[str, int]
    orders: int


async def keep_rows(work: Work, progress: Progress, part: int, rows: Sequence[CheckedRow]) -> None:
    """Keep rows that were read, and report those that cannot be used."""
    import_id = progress.import_id
    await import_rows.add_rows(work.connection, import_id, part, rows)
    faults = [fault for row in rows for fault in row.faults]
    await import_rows.add_faults(work.connection, import_id, faults)
    await imports.move(
        work.connection,
        import_id,
        state=Stage.READING,
        part=part,
        row_no=rows[-1].number,
        rows_read=progress.rows_read + len(rows),
        row_errors=progress.row_errors + sum(bool(row.faults) for row in rows),
    )


async def find_orders(work: Work, progress: Progress) -> None:
    """All rows are read: note which orders there are."""
    import_id = progress.import_id
    wrong = await import_rows.refuse_large(work.connection, import_id, ROWS_MAX)
    wrong += await import_rows.report_strays(work.connection, import_id)
    await imports.move(
        work.connection,
        import_id,
        state=Stage.TAKING_IN,
        orders_found=await import_rows.find_orders(work.connection, import_id),
        row_errors=progress.row_errors + wrong,
    )


async def take_orders(work: Work, fmt: FileFormat, progress: Progress, limit: int) -> Done:
    """Take in the next orders, through the pipeline that webhooks go through."""
    connection, import_id = work.connection, progress.import_id
    waiting = await import_rows.next_orders(connection, import_id, progress.order_row, limit)
    orders = _few_rows(waiting)
    if not orders:
        await imports.end(connection, import_id, Stage.DONE)
        return Done({}, 0)
    rows = await import_rows.rows_of(connection, import_id, orders)
    made = {order.order_no: payload_of(fmt, rows[order.order_no]) for order in orders}
    faults = [fault for one in made.values() if isinstance(one, tuple) for fault in one]
    await import_rows.add_faults(connection, import_id, faults)
    payloads = {no: one for no, one in made.items() if isinstance(one, dict)}
    submissions = await asyncio.to_thread(_submissions, fmt, progress, list(payloads.values()))
    statuses = _statuses(await accept_orders(submissions, work))
    outcomes = dict(zip(payloads, statuses, strict=True))
    await _move_on(work, progress, orders, outcomes, faults)
    return _done(orders, rows, outcomes)


async def refuse_next(work: Work, progress: Progress) -> Done:
    """Report the next order as one that cannot be stored, and go on behind it."""
    connection, import_id = work.connection, progress.import_id
    orders = await import_rows.next_orders(connection, import_id, progress.order_row, 1)
    rows = await import_rows.rows_of(connection, import_id, orders)
    faults = [
        Fault(row.part, row.number, "", "not_storable")
        for some in rows.values()
        for row in some
        if not row.wrong
    ]
    await import_rows.add_faults(connection, import_id, faults)
    await _move_on(work, progress, orders, {}, faults)
    return _done(orders, rows, {})


def _few_rows(orders: Sequence[FoundOrder]) -> list[FoundOrder]:
    """Return the first orders: as many as have no more rows together than one may have."""
    total = 0
    few: list[FoundOrder] = []
    for order in orders:
        total += order.rows
        if few and total > ROWS_MAX:
            break
        few.append(order)
    return few


def _submissions(
    fmt: FileFormat, progress: Progress, payloads: Iterable[dict[str, Any]]
) -> list[Submission]:
    return [_submission(fmt, progress, payload) for payload in payloads]


def _submission(fmt: FileFormat, progress: Progress, payload: dict[str, Any]) -> Submission:
    body = json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
    topic = f"{IMPORTED}{fmt.name}"
    channel, shop = progress.channel, progress.shop
    read = orders_of(fmt.mapping, body, channel=channel, shop=shop, topic=topic)
    return Submission(
        channel=channel,
        shop=shop,
        topic=topic,
        body=body,
        incoming=read.incoming,
        unreadable=read.unreadable,
        cause=Cause(correlation_id=new_id(), traceparent=None),
        # The same rows again are the same message, whichever file they come in.
        delivery_id=f"{topic}:{hashlib.sha256(body).hexdigest()}",
        request_hash=hashlib.sha256(body).digest(),
    )


def _statuses(replies: Sequence[Reply | Exception]) -> list[str]:
    statuses = []
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
        statuses.append(next((str(o.status) for o in reply.receipt.orders), _REFUSED))
    return statuses


async def _move_on(
    work: Work,
    progress: Progress,
    orders: Sequence[FoundOrder],
    outcomes: Mapping[str, str],
    faults: Sequence[Fault],
) -> None:
    counted = Counter(outcomes.get(order.order_no, _REFUSED) for order in orders)
    names = ("accepted", "duplicate", "updated", "quarantined", _REFUSED)
    sums = {name: getattr(progress, name) + counted[name] for name in names}
    reported = len({(fault.part, fault.row) for fault in faults})
    await imports.move(
        work.connection,
        progress.import_id,
        order_row=orders[-1].first_row,
        row_errors=progress.row_errors + reported,
        **sums,
    )


def _done(
    orders: Sequence[FoundOrder], rows: Mapping[str, list[Part]], outcomes: Mapping[str, str]
) -> Done:
    counted: Counter[str] = Counter()
    for order in orders:
        good = sum(not row.wrong for row in rows[order.order_no])
        counted[outcomes.get(order.order_no, _REFUSED)] += good
    return Done(dict(counted), len(orders))
