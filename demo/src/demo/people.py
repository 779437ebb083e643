"""Those who act on single orders: a clerk, a reviewer, a customer who pays, two who cancel."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from demo.client import Sluice
from demo.facts import Facts, Track
from demo.follow import Follower
from demo.payloads import Message, Writer, shopify, woocommerce
from demo.sale import SHOPIFY, Sale
from demo.screen import Screen
from demo.shelves import shelves_of
from demo.story import Change
from demo.warehouse import Warehouse

VALID_PHONE = "138 0013 8000"


@dataclass(frozen=True, slots=True)
class People:
    sluice: Sluice
    facts: Facts
    follower: Follower
    screen: Screen
    writer: Writer
    warehouse: Warehouse

    async def act(self, track: Track) -> None:
        """Do what the order's story says about it."""
        match track.planned.story.change:
            case Change.CORRECTED:
                await self._correct(track)
            case Change.REVIEWED:
                await self._review(track)
            case Change.PAID:
                await self._pay(track)
            case Change.CANCELLED:
                await self._cancel(track)
            case None:
                pass

    async def _correct(self, track: Track) -> None:
        what = f"{track.number} is in quarantine"
        await self.follower.until(what, lambda: track.answers["quarantined"])
        order_id = str(track.order_id)
        reasons = ", ".join(track.reasons)
        self.screen.note("clerk", f"finds {track.number} in quarantine: {reasons}")
        patched = await self.sluice.correct(order_id, {"customer": {"phone": VALID_PHONE}})
        if patched["reasons"]:
            self.facts.problems.append(f"{track.number} is corrected and still wrong.")
        await self.sluice.release(order_id, "The customer gave the right number.")
        track.is_released = True
        self.screen.note("clerk", f"corrects the phone of {track.number} and releases it")

    async def _review(self, track: Track) -> None:
        await self.follower.until(f"{track.number} is held", lambda: track.verdicts)
        await self.sluice.approve(str(track.order_id), "Known customer, verified by phone.")
        amount = f"{track.planned.sale.payable_minor / 100:,.2f} {track.planned.sale.currency}"
        told = f"approves {track.number}, held by risk for its amount of {amount}"
        self.screen.note("reviewer", told)

    async def _pay(self, track: Track) -> None:
        what = f"{track.number} waits for its payment"
        await self.follower.until(what, lambda: track.state == "awaiting_payment")
        sale = replace(track.planned.sale, paid_at=datetime.now(UTC))
        message = self.writer.shopify(shopify(sale), "orders/paid", f"{sale.number}-paid")
        await self._update(track, message)
        self.screen.note("customer", f"pays {track.number}: Shopify sends orders/paid, it goes on")

    async def _cancel(self, track: Track) -> None:
        number, sale = track.number, track.planned.sale
        ((sku, pieces),) = sale.pieces().items()
        await self.follower.until(
            f"{number} has a warehouse", lambda: track.state == "allocated" and track.task_code
        )
        before = await self._reserved(track, sku)
        await self._update(track, self._cancellation(sale))
        await self.follower.until(f"{number} is cancelled", lambda: track.state == "cancelled")
        after = await self._reserved(track, sku)
        if before - after != pieces:
            self.facts.problems.append(f"{number} is cancelled, its stock is not released.")
        told = f"cancels {number}: {pieces} × {sku} in {track.warehouse} are free again"
        self.screen.note("customer", f"{told} (reserved {before} → {after})")
        await self.warehouse.scan_cancelled(track)

    async def _reserved(self, track: Track, sku: str) -> int:
        shelves = shelves_of(await self.sluice.stock(sku))
        return shelves[str(track.warehouse), sku].reserved

    def _cancellation(self, sale: Sale) -> Message:
        delivery_id = f"{sale.number}-cancelled"
        if sale.channel == SHOPIFY:
            document = shopify(sale, cancelled_at=datetime.now(UTC))
            return self.writer.shopify(document, "orders/cancelled", delivery_id)
        document = woocommerce(sale, cancelled=True)
        return self.writer.woocommerce(document, "order.updated", delivery_id)

    async def _update(self, track: Track, message: Message) -> None:
        answer = await self.sluice.deliver(message)
        self.facts.updates[answer.status] += 1
        if answer.status != "updated":
            told = f"{track.number}: an update was answered {answer.status} {answer.detail}"
            self.facts.problems.append(told)
