"""Sells orders and tells intake of them, with whatever is to go wrong on the way."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import aiohttp

from simulator.channels.channel import Channel, Push, now
from simulator.faults import Faults, Luck
from simulator.sale import Inventing, Sale
from simulator.shop import Shop
from simulator.target import Target
from simulator.tasks import Tasks

TOGETHER = 16
TRIES = 5
PAUSE_SECONDS = 1.0
HELD_BACK = 8
"""So many later pushes go before one that is held back."""
PAID_LATER = 0.3
"""The share of orders that are told of before they are paid, and once more after."""
PAID_AFTER_SECONDS = 2.0
_OK = 300


@dataclass(frozen=True, slots=True)
class Selling:
    orders: int
    channels: Sequence[str]
    per_second: float


@dataclass
class Pusher:
    channels: Mapping[str, Channel]
    shop: Shop
    target: Target
    http: aiohttp.ClientSession
    tasks: Tasks
    seed: int
    faults: Faults = field(default_factory=Faults)
    counts: "Counter[str]" = field(default_factory=Counter)
    selling: bool = False
    _pushes: int = 0
    _held: "list[tuple[int, str, Push]]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self._inventing = Inventing(self.seed)
        self._luck = Luck(Random(self.seed + 1))
        self._gate = asyncio.Semaphore(TOGETHER)

    @property
    def is_idle(self) -> bool:
        """Whether everything that is to be sent was sent."""
        return not (self.selling or self.tasks.count or self._held)

    async def sell(self, wanted: Selling) -> None:
        """Sell so many orders, the channels in turn."""
        self.selling = True
        try:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for count in range(wanted.orders):
                due = began + count / wanted.per_second
                await asyncio.sleep(max(0.0, due - loop.time()))
                channel = wanted.channels[count % len(wanted.channels)]
                self._sell_one(self._inventing.sale(channel, now()))
        finally:
            self.selling = False
            # Those that are told of twice end before what is held back is let go.
            self.tasks.start(self._let_go_in_the_end())

    def _sell_one(self, sale: Sale) -> None:
        self.shop.add(sale)
        self.counts["sold"] += 1
        if self._luck.hits(PAID_LATER):
            self._tell(sale)
            self.tasks.start(self._pay_later(sale))
        else:
            sale.pay(sale.sold_at)
            self._tell(sale)

    async def _pay_later(self, sale: Sale) -> None:
        await asyncio.sleep(PAID_AFTER_SECONDS)
        sale.pay(now().replace(microsecond=0))
        self._tell(sale)

    def _tell(self, sale: Sale) -> None:
        """Make the push of what the order is now, and see what becomes of it."""
        self._pushes += 1
        channel = self.channels[sale.channel]
        push = channel.push(sale, self._pushes, self.target.url(sale.channel))
        faults, luck = self.faults, self._luck
        if luck.hits(faults.dropped):
            self.counts["dropped"] += 1
        elif luck.hits(faults.reordered):
            self.counts["reordered"] += 1
            self._held.append((self._pushes + HELD_BACK, sale.channel, push))
        else:
            delay = faults.delay_seconds if luck.hits(faults.delayed) else 0.0
            self.counts["delayed"] += delay > 0
            self._send(sale.channel, push, delay)
        self._let_go(self._pushes)

    def _let_go(self, pushes: int) -> None:
        due = [one for one in self._held if one[0] <= pushes]
        self._held = [one for one in self._held if one[0] > pushes]
        for _, channel, push in due:
            self._send(channel, push, 0.0)

    async def _let_go_in_the_end(self) -> None:
        await asyncio.sleep(PAID_AFTER_SECONDS + PAUSE_SECONDS)
        self._let_go(self._pushes + HELD_BACK)

    def _send(self, channel: str, push: Push, delay: float) -> None:
        self.tasks.start(self._deliver(channel, push, delay))
        if self._luck.hits(self.faults.repeated):
            self.counts["repeated"] += 1
            self.tasks.start(self._deliver(channel, push, delay))

    async def _deliver(self, channel: str, push: Push, delay: float) -> None:
        """Send a push as platforms do: again when it is not taken, and then no more."""
        await asyncio.sleep(delay)
        for tried in range(TRIES):
            async with self._gate:
                if await self._is_taken(channel, push):
                    self.counts["taken"] += 1
                    return
            await asyncio.sleep(PAUSE_SECONDS * 2**tried)
        self.counts["given_up"] += 1

    async def _is_taken(self, channel: str, push: Push) -> bool:
        self.counts["sent"] += 1
        try:
            async with self.http.post(
                self.target.url(channel), params=push.query, headers=push.headers, data=push.body
            ) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return False
        if response.status >= _OK:
            self.counts[f"answered_{response.status}"] += 1
        return response.status < _OK
