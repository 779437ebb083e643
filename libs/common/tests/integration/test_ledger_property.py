"""Whatever is lost, repeated or overtaken on the way: every event is taken up in the end."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from toy.tables import carried, metadata

from common.database.ledger_answers import Answer
from support.ledger import READER, Account, id_made

ROUNDS_MAX = 40

ACTIONS = (
    "announce",  # commit events, and publish them
    "announce late",  # the same, of events whose ids are old by now
    "announce only",  # commit events; the outbox keeps them for now
    "publish",
    "deliver",  # half of what is on its way
    "lose",  # all of what is on its way: events, inquiries and answers
    "say so",  # the reader notices, and tells
    "ask",
    "answer",  # the oldest inquiry that is on its way
    "answer the last first",
    "repeat",  # an answer comes once more, late
    "wait",
    "wait long",
)


class World:
    """What is on its way between the two, and what was announced ever."""

    def __init__(self, account: Account, now: datetime) -> None:
        self.account = account
        self.now = now
        self.announced: set[UUID] = set()
        self.events: list[UUID] = []
        self.inquiries: list[tuple[UUID, datetime, list[UUID]]] = []
        self.answered: list[Answer] = []

    async def do(self, action: str) -> None:
        does: dict[str, Callable[[], Awaitable[None]]] = {
            "announce": lambda: self.announce(12, published=True),
            "announce late": lambda: self.announce(60, published=True),
            "announce only": lambda: self.announce(12, published=False),
            "publish": self.publish,
            "deliver": self.deliver,
            "lose": self.lose,
            "say so": self.account.hear_of_loss,
            "ask": self.ask,
            "answer": lambda: self.answer(0),
            "answer the last first": lambda: self.answer(-1),
            "repeat": self.repeat,
            "wait": lambda: self.account.pass_time(timedelta(seconds=4)),
            "wait long": lambda: self.account.pass_time(timedelta(seconds=40)),
        }
        await does[action]()

    async def announce(self, ago: float, *, published: bool) -> None:
        made = [id_made(timedelta(seconds=ago), self.now) for _ in range(3)]
        self.announced.update(made)
        await self.account.announce(made, published=False)
        if published:
            await self.publish()

    async def publish(self) -> None:
        self.events += await self.account.publish()

    async def deliver(self) -> None:
        half = (len(self.events) + 1) // 2
        await self.account.take_up(self.events[:half])
        del self.events[:half]

    async def lose(self) -> None:
        self.events.clear()
        self.inquiries.clear()

    async def ask(self) -> None:
        self.inquiries += await self.account.ask()

    async def answer(self, place: int) -> None:
        if self.inquiries:
            self.answered.append(await self.account.answer(self.inquiries.pop(place)))
            await self.account.settle(self.answered[-1])

    async def repeat(self) -> None:
        if self.answered:
            await self.account.settle(self.answered[0])

    async def heal(self) -> None:
        """Let everything go well until nothing is open."""
        for _ in range(ROUNDS_MAX):
            await self.publish()
            await self.account.take_up(self.events)
            self.events.clear()
            await self.ask()
            while self.inquiries:
                await self.answer(0)
            mark = Answer(READER, await self.account.now())
            await self.account.settle(mark)
            await self.account.pass_time(timedelta(minutes=10))
            asked_to_the_end = not await self.account.unanswered()
            if asked_to_the_end and not await self.account.open() and not await self.ask_more():
                return

    async def ask_more(self) -> bool:
        await self.ask()
        return bool(self.inquiries)

    async def taken_up(self) -> set[UUID]:
        async with self.account.engine.connect() as connection:
            return set(await connection.scalars(select(carried.inbox.c.event_id)))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions=st.lists(st.sampled_from(ACTIONS), min_size=3, max_size=25))
async def test_every_event_is_taken_up_in_the_end(engine: AsyncEngine, actions: list[str]) -> None:
    async with engine.begin() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(table.delete())
    account = Account(engine, carried)
    await account.enter()
    world = World(account, await account.now())
    for action in actions:
        await world.do(action)
    await world.heal()
    assert world.announced <= await world.taken_up()
    assert await account.open() == {}
