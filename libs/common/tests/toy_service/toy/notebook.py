"""The toy's only handler; a test teaches it what trouble a text makes."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from common.contracts.event import Message
from common.database.rows import insert_rows
from common.database.work import Work
from toy.events import Echoed, Noted
from toy.tables import note

Trouble = Callable[[Message[Noted], Work], Awaitable[None]]


@dataclass(frozen=True)
class Notebook:
    """Writes each note down and echoes it, after the trouble its text stands for."""

    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    """The texts of every call, for tests that ask what was handled together."""

    async def __call__(self, messages: Sequence[Message[Noted]], work: Work) -> None:
        self.batches.append([message.data.text for message in messages])
        for message in messages:
            if message.data.text in self.troubles:
                await self.troubles[message.data.text](message, work)
        kept = [message for message in messages if message.event_id not in work.postponed]
        await insert_rows(
            work.connection,
            note,
            {
                "event_id": [message.event_id for message in kept],
                "text": [message.data.text for message in kept],
                "detail": [json.dumps({"text": message.data.text}) for message in kept],
            },
        )
        for message in kept:
            echo = Echoed(order_id=message.data.order_id, text=message.data.text)
            work.publish(echo, because=message)
