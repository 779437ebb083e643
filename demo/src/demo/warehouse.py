"""The people in the warehouses: they scan what the tasks say, and sometimes wrongly."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demo.client import CONFLICT, Refused, Sluice
from demo.facts import Facts, Track
from demo.follow import Follower
from demo.screen import Screen
from demo.story import SCANS, Change, Ending

COURIERS = ("SF Express", "YTO Express", "JD Logistics")
_STEP_SECONDS = 0.25
_DEVICES = 12


@dataclass(frozen=True, slots=True)
class Warehouse:
    sluice: Sluice
    facts: Facts
    follower: Follower
    screen: Screen

    async def work(self) -> None:
        """Scan every order that has to be, as its task appears."""
        waiting = [track for track in self.facts.tracks if track.ending in SCANS]
        devices = asyncio.Semaphore(_DEVICES)
        is_first = True
        async with asyncio.TaskGroup() as group:
            while waiting:
                await self.follower.until(
                    f"a warehouse task for {len(waiting)} more orders",
                    lambda: any(track.task_code for track in waiting),
                )
                for track in [track for track in waiting if track.task_code]:
                    waiting.remove(track)
                    group.create_task(self._take_through(track, devices, is_odd=is_first))
                    is_first = False

    async def _take_through(
        self, track: Track, devices: asyncio.Semaphore, *, is_odd: bool
    ) -> None:
        async with devices:
            try:
                if is_odd:
                    await self._scan_out_of_order(track)
                for step in SCANS[track.ending]:
                    await self._scan(track, step)
                    await asyncio.sleep(_STEP_SECONDS)
                if is_odd:
                    await self._scan_again(track)
            except Refused as refused:
                told = f"A scan of {track.channel} {track.number} was answered: {refused}"
                self.facts.problems.append(told)

    async def _scan_out_of_order(self, track: Track) -> None:
        if detail := await self._conflict(track, "packed"):
            self.screen.note("warehouse", f"scans packed before picking: 409 {detail}")

    async def _scan_again(self, track: Track) -> None:
        """Scan the first step once more, as another call: no key tells that it is the same."""
        step = SCANS[track.ending][0]
        answer = await self._scan(track, step, key=f"{track.task_code}-{step}-again")
        if not answer["repeated"] or answer["state"] != step:
            self.facts.problems.append(f"A scan sent again was not answered as before: {answer}")
            return
        told = f"scans {step} twice: the same answer, version {answer['version']}, done once"
        self.screen.note("warehouse", told)

    async def scan_cancelled(self, track: Track) -> None:
        if detail := await self._conflict(track, "picking"):
            self.screen.note("warehouse", f"scans the cancelled task: 409 {detail}")

    async def _conflict(self, track: Track, step: str) -> str | None:
        """Scan what must be refused; return how it was."""
        try:
            await self._scan(track, step, key=f"{track.task_code}-{step}-wrong")
        except Refused as refused:
            if refused.status == CONFLICT:
                return refused.detail
            raise
        self.facts.problems.append(f"The scan {step} of {track.number} should have been refused.")
        return None

    async def _scan(self, track: Track, step: str, key: str | None = None) -> dict[str, Any]:
        scan = {
            "code": track.task_code,
            "step": step,
            "scanned_at": datetime.now(UTC).isoformat(),
            "device_id": f"scanner-{track.warehouse}",
        }
        if step == "handed_over":
            courier = COURIERS[int(track.number[-4:]) % len(COURIERS)]
            scan |= {"courier": courier, "tracking_no": f"SL{track.number.replace('-', '')}"}
        return await self.sluice.scan(scan, key or f"{track.task_code}-{step}")


def cancelled(tracks: Iterable[Track]) -> list[Track]:
    """Return the orders whose customers cancel before the warehouse has begun."""
    return [
        track
        for track in tracks
        if track.planned.story.change is Change.CANCELLED and track.ending is Ending.CANCELLED
    ]
