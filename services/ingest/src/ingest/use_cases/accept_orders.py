"""Messages in, receipts out: a whole group of requests in one transaction.

Loads what the decisions need for all, decides message by message, saves for all.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from common.contracts.ingest import CancellationRequested, OrderReceived
from common.contracts.order import Order
from common.database.work import Work
from common.http.problems import Conflict
from common.ids import new_id
from ingest.domain.identity import Identity
from ingest.domain.receipt import Receipt, Status
from ingest.store import answers, fetches, later, quarantine, receipts, sales_orders
from ingest.store.answers import Answer
from ingest.store.receipts import NewReceipt, receipt_json
from ingest.use_cases.refunds import announce_refunds, keep_refunds
from ingest.use_cases.submission import Entry, Reply, Submission, check
from ingest.use_cases.update_orders import Update, update_orders

ACCEPTED = 202


async def accept_orders(submissions: Sequence[Submission], work: Work) -> list[Reply | Exception]:
    """Answer each submission in its place; a refusal concerns only the one it answers."""
    replies = await _answered_before(submissions, work)
    first: dict[object, int] = {}
    fresh = [
        place
        for place, submission in enumerate(submissions)
        if place not in replies and first.setdefault(_sameness(submission, place), place) == place
    ]
    given = await _take_in({place: submissions[place] for place in fresh}, work)
    for place, submission in enumerate(submissions):
        if place in given:
            replies[place] = Reply(given[place])
        elif place not in replies:
            twin = first[_sameness(submission, place)]
            replies[place] = _repeat(submissions[twin], submission, given[twin])
    return [replies[place] for place in range(len(submissions))]


async def _answered_before(
    submissions: Sequence[Submission], work: Work
) -> dict[int, Reply | Exception]:
    """Return the replies that were given before, by the submission's place."""
    calls = await answers.known(work.connection, {s.call for s in submissions if s.call})
    taken = {s.delivery for s in submissions if s.delivery}
    deliveries = await receipts.answered(work.connection, taken)
    replies: dict[int, Reply | Exception] = {}
    for place, submission in enumerate(submissions):
        call, delivery = submission.call, submission.delivery
        if call and call in calls:
            replies[place] = _stored(submission, calls[call])
        elif delivery and delivery in deliveries:
            replies[place] = Reply(deliveries[delivery].repeated(), replayed=True)
    return replies


def _sameness(submission: Submission, place: int) -> object:
    """Return what two submissions share when one is the other sent again."""
    return submission.call or submission.delivery or place


def _stored(submission: Submission, answer: Answer) -> Reply | Exception:
    if answer.request_hash != submission.request_hash:
        return Conflict("This Idempotency-Key was used for another request.")
    return Reply(receipts.read_receipt(answer.response), replayed=True)


def _repeat(first: Submission, again: Submission, receipt: Receipt) -> Reply | Exception:
    if first.request_hash != again.request_hash:
        return Conflict("This Idempotency-Key was used for another request.")
    return Reply(receipt if again.call else receipt.repeated(), replayed=True)


async def _take_in(submissions: Mapping[int, Submission], work: Work) -> dict[int, Receipt]:
    """Store what is new, apply what is not, and keep every message with its answer."""
    ids = {place: new_id() for place in submissions}
    entries = {p: check(submission, ids[p], work.now) for p, submission in submissions.items()}
    outcomes = await _store([entry for some in entries.values() for entry in some], work)
    given = {
        place: Receipt(
            ids[place], tuple(e.outcome(*outcomes[e.row.order_id]) for e in entries[place])
        )
        for place in submissions
    }
    await _keep(submissions, given, work)
    return given


async def _store(entries: Sequence[Entry], work: Work) -> dict[UUID, tuple[Status, UUID]]:
    """Return for each entry, by the id it was to get, its status and the id its order has."""
    leading = list(_leading(entries))
    added = await sales_orders.add(work.connection, [e.row for e in leading], work.now)
    new = [entry for entry in leading if entry.row.order_id in added]
    await _admit(new, work)
    outcomes = {
        e.row.order_id: (Status.QUARANTINED if e.reasons else Status.ACCEPTED, e.row.order_id)
        for e in new
    }
    again = [entry for entry in entries if entry.row.order_id not in added]
    updates = [
        Update(e.row.order_id, e.identity, e.incoming, e.reasons, e.cause)
        for e in again
        if e.identity
    ]
    return outcomes | await update_orders(updates, work)


def _leading(entries: Sequence[Entry]) -> Iterable[Entry]:
    """Return the entries that may be new: of those that speak of one order only the first."""
    seen: set[Identity] = set()
    for entry in entries:
        if entry.identity is None or entry.identity not in seen:
            yield entry
        if entry.identity is not None:
            seen.add(entry.identity)


async def _admit(entries: Sequence[Entry], work: Work) -> None:
    """Announce what is valid, quarantine what is not."""
    bad = {entry.row.order_id: entry.reasons for entry in entries if entry.reasons}
    await quarantine.open_all(work.connection, bad, work.now)
    wishes = {e.row.order_id: e.incoming.cancelled for e in entries if e.incoming.cancelled}
    await later.add_cancellations(work.connection, wishes, work.now)
    for entry in entries:
        order_id, wish = entry.row.order_id, entry.incoming.cancelled
        if entry.reasons:
            await keep_refunds(order_id, entry.incoming, work)
            continue
        order = Order.model_validate_json(entry.row.document)
        work.publish(OrderReceived(order_id=order_id, order=order), because=entry.cause)
        if wish:
            requested = CancellationRequested(order_id=order_id, reason=wish)
            work.publish(requested, because=entry.cause)
        await announce_refunds(order_id, entry.incoming, entry.cause, work)


async def _keep(
    submissions: Mapping[int, Submission], given: Mapping[int, Receipt], work: Work
) -> None:
    kept = [
        NewReceipt(given[place], s.channel, s.shop, s.topic, s.delivery_id, s.body, s.mapping_id)
        for place, s in submissions.items()
    ]
    await receipts.add(work.connection, kept, work.now)
    named = [Identity(s.channel, s.shop, no) for s in submissions.values() for no in s.to_fetch]
    await fetches.ask(work.connection, named, work.now)
    calls = [
        (s.call, Answer(s.request_hash, receipt_json(given[place])))
        for place, s in submissions.items()
        if s.call
    ]
    await answers.add(work.connection, calls, ACCEPTED)
