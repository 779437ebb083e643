"""The whole of it: deliver, follow, act, reconcile, account."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.markup import escape

from demo import finance
from demo.account import Sum, message_sums, wrongs
from demo.client import Refused, Sluice, connect
from demo.facts import Facts, Track
from demo.finance import Totals
from demo.follow import Follower, Late, settled
from demo.payloads import Writer
from demo.people import People
from demo.report import show_differences, show_endings, show_messages, show_orders, show_sums
from demo.sale import SHOPIFY, WOOCOMMERCE
from demo.scenario import build
from demo.screen import Screen
from demo.sending import send_all
from demo.shelves import Shelves, shelves_of, stock_sums, told
from demo.stages import in_place, times
from demo.warehouse import Warehouse

_NEW, _KNOWN = 201, 200


@dataclass(frozen=True, slots=True)
class Shown:
    """How it ended."""

    is_right: bool
    order_id: str
    """Of an order that is worth a look."""


async def show(env: Mapping[str, str], orders: int, screen: Screen) -> Shown:
    """Run the scenario on a running stack."""
    now = datetime.now(UTC)
    run = f"{int(now.timestamp()) % 10**8:08d}"
    facts = Facts.of(build(orders, run, now))
    secrets = {
        SHOPIFY: env["WEBHOOK_SECRET_SHOPIFY"],
        WOOCOMMERCE: env["WEBHOOK_SECRET_WOOCOMMERCE"],
    }
    async with connect(env) as sluice:
        showing = _Showing(sluice, facts, screen, Writer(secrets))
        try:
            return await showing.run(now)
        except (Late, Refused) as failure:
            screen.say(f"[red]✗[/] {escape(str(failure))}")
            return Shown(is_right=False, order_id="")


@dataclass(slots=True)
class _Showing:
    sluice: Sluice
    facts: Facts
    screen: Screen
    writer: Writer
    sums: list[tuple[str, Sequence[Sum]]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, now: datetime) -> Shown:
        totals, shelves = await settled(self._figures)
        since = now - timedelta(seconds=1)
        follower = Follower(self.sluice, self.facts, since, lambda: self.screen.show(self.facts))
        with self.screen.following(self.facts):
            async with follower.following():
                await self._flow(follower)
            await self._reconcile(totals)
            await follower.look()
        await self._count(shelves)
        return self._account()

    async def _figures(self) -> tuple[Totals, Shelves]:
        return finance.totals_of(await self.sluice.totals()), shelves_of(await self.sluice.stock())

    async def _flow(self, follower: Follower) -> None:
        """Let everybody do what they do at the same time, until every order is in its place."""
        warehouse = Warehouse(self.sluice, self.facts, follower, self.screen)
        people = People(self.sluice, self.facts, follower, self.screen, self.writer, warehouse)
        sending = self._tried(send_all(self.sluice, self.facts, self.writer))
        acting = [self._tried(people.act(track)) for track in self.facts.tracks]
        await asyncio.gather(sending, self._tried(warehouse.work()), *acting)
        every = len(self.facts.tracks)
        await self._tried(
            follower.until(
                "all orders are where they must end", lambda: in_place(self.facts) == every
            )
        )

    async def _tried(self, doing: Coroutine[Any, Any, object]) -> None:
        """Whatever fails is a problem of the account, and no reason to stop the rest."""
        try:
            await doing
        except* (Late, Refused) as failures:
            self.facts.problems.extend(map(str, failures.exceptions))

    async def _reconcile(self, before: Totals) -> None:
        planned = [track.planned for track in self.facts.tracks]
        lines = finance.statement(planned, datetime.now(UTC))
        try:
            await self._import(finance.as_csv(lines))
            after = finance.totals_of(await self.sluice.totals())
        except Refused as refused:
            self.facts.problems.append(f"The statement could not be reconciled: {refused}")
            return
        sums = finance.money_sums(before, after, finance.expected_totals(planned, lines))
        self.sums.append((finance.told(sums), sums))

    async def _import(self, content: bytes) -> None:
        name = f"bank, {len(content.splitlines()) - 1} lines"
        status, view = await self.sluice.send_statement(content, name)
        statement_id = view["statement_id"]
        matches = await self.sluice.matches(statement_id)
        for match in matches:
            if track := self.facts.of_order(match["order_id"]):
                track.is_matched = True
        rows = await self.sluice.differences()
        self.differences = finance.note_differences(self.facts, statement_id, rows)
        told = f"imports the bank's statement: {view['lines']} lines, {view['matched']} matched"
        self.screen.note("finance", f"{told}, {len(self.differences)} differences")
        again, same = await self.sluice.send_statement(content, name)
        if (status, again, same["statement_id"]) != (_NEW, _KNOWN, statement_id):
            self.facts.problems.append(f"The statement was answered {status}, again {again}.")
        if await self.sluice.matches(statement_id) != matches:
            self.facts.problems.append("The statement sent again has changed what is matched.")
        self.screen.note("finance", "imports it again: it is known, nothing new")

    async def _count(self, before: Shelves) -> None:
        planned = [track.planned for track in self.facts.tracks]
        try:
            after = shelves_of(await self.sluice.stock())
        except Refused as refused:
            self.facts.problems.append(f"The stock could not be counted: {refused}")
            return
        sums = stock_sums(before, after, planned)
        self.sums.append((told(sums), sums))

    def _account(self) -> Shown:
        """Tell how it ended."""
        facts, screen = self.facts, self.screen
        found = wrongs(facts)
        self.sums.insert(0, ("messages: each was answered, once", message_sums(facts)))
        screen.say()
        show_differences(screen, self.differences)
        screen.say()
        show_endings(screen, facts)
        screen.say()
        show_messages(screen, facts)
        screen.say(times(facts))
        screen.say()
        for what, sums in self.sums:
            show_sums(screen, what, sums)
        show_orders(screen, facts, found)
        is_right = not (found or facts.problems) and all(
            one.is_right for _, sums in self.sums for one in sums
        )
        return Shown(is_right, next(filter(None, map(_worth_a_look, facts.tracks)), ""))


def _worth_a_look(track: Track) -> str | None:
    """Return the id of the order with the longest history: corrected, released and shipped."""
    return track.order_id if track.is_released else None
