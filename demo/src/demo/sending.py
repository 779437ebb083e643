"""The channels: deliver all planned orders at a steady pace, some of them more than once."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from demo.client import Answer, Sluice
from demo.facts import Facts, Track
from demo.payloads import Message, Writer, forged
from demo.scenario import Repeat
from demo.story import Ending

ORDERS_PER_SECOND_MIN = 25
SECONDS_MAX = 20
_SENDERS = 16
# How many messages later a repeat follows that does not come at once.
_LATER = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    track: Track
    message: Message


def deliveries(tracks: Sequence[Track], writer: Writer) -> list[Delivery]:
    """Return all messages in their order."""
    placed = [
        (place, Delivery(track, message))
        for number, track in enumerate(tracks)
        for place, message in _messages(track, number, writer)
    ]
    return [delivery for _, delivery in sorted(placed, key=lambda pair: pair[0])]


def _messages(track: Track, number: int, writer: Writer) -> Iterator[tuple[float, Message]]:
    sale, story = track.planned.sale, track.planned.story
    message = writer.order(sale, f"{sale.number}-1")
    if story.ending is Ending.REFUSED:
        message = forged(message)
    if story.reason == "unreadable_payload":
        message = writer.torn(message)
    yield number, message
    for repeat in track.planned.repeats:
        match repeat:
            case Repeat.AT_ONCE:
                yield number, message
            case Repeat.LATER:
                yield number + _LATER, message
            case Repeat.ANEW:
                yield number + _LATER, writer.order(sale, f"{sale.number}-2")


async def send_all(sluice: Sluice, facts: Facts, writer: Writer) -> None:
    """Send at least so many a second that the longest run does not get boring."""
    rest = iter(enumerate(deliveries(facts.tracks, writer)))
    pause = 1 / max(ORDERS_PER_SECOND_MIN, len(facts.tracks) / SECONDS_MAX)
    clock = asyncio.get_running_loop()
    began = clock.time()

    async def send() -> None:
        for number, delivery in rest:
            await asyncio.sleep(began + number * pause - clock.time())
            await _send(sluice, facts, delivery)

    await asyncio.gather(*(send() for _ in range(_SENDERS)))


async def _send(sluice: Sluice, facts: Facts, delivery: Delivery) -> None:
    track = delivery.track
    track.sent_at = track.sent_at or datetime.now(UTC)
    facts.sent_at = time.monotonic()
    answer = await sluice.deliver(delivery.message)
    track.answers[answer.status] += 1
    if answer.order_id and track.order_id is None:
        facts.identify(track, answer.order_id)
    if answer.status == "quarantined":
        track.reasons = answer.reasons
    note_unexpected(facts, track, answer)


def note_unexpected(facts: Facts, track: Track, answer: Answer) -> None:
    is_forged = track.ending is Ending.REFUSED
    if answer.status == "failed" or (answer.status == "refused" and not is_forged):
        facts.problems.append(f"{track.channel} {track.number} was answered {answer.detail}")
    if answer.order_id not in (None, track.order_id):
        facts.problems.append(f"{track.channel} {track.number} has two ids at ingest.")
