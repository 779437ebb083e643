"""How a rule set gets from published to deciding every order: one step at a time, on few first.

Shadow decides nothing and is only compared; canary decides a share of the orders; stable decides
the rest. Which arm an order takes follows from its id, so that a redelivery takes the same.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from risk.domain.assessment import Arm

_BUCKETS = 10_000
_PERCENT = _BUCKETS // 100


class Stage(StrEnum):
    SHADOW = "shadow"
    CANARY = "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Which rule set is in force, and which is on its way there."""

    stable: str
    candidate: str | None = None
    stage: Stage | None = None
    percent: int = 0
    """Share of the orders that the candidate decides."""

    def steady(self) -> "Release":
        """Return the release with nothing on its way."""
        return Release(stable=self.stable)


@dataclass(frozen=True, slots=True)
class Step:
    """One station on the way; orders_min must have been decided there before the next."""

    stage: Stage
    percent: int
    orders_min: int

    @property
    def name(self) -> str:
        return f"{self.stage} {self.percent} %" if self.percent else str(self.stage)


STEPS = (
    Step(Stage.SHADOW, 0, 1_000),
    Step(Stage.CANARY, 1, 100),
    Step(Stage.CANARY, 10, 500),
    Step(Stage.CANARY, 50, 1_000),
)


def begin(release: Release, candidate: str, step: Step = STEPS[0]) -> Release:
    return Release(
        stable=release.stable, candidate=candidate, stage=step.stage, percent=step.percent
    )


def current_step(release: Release) -> Step | None:
    """Return the station the candidate is at; None where there is no candidate."""
    for step in STEPS:
        if (step.stage, step.percent) == (release.stage, release.percent):
            return step
    return None


def advance(release: Release) -> Release:
    """Take the candidate one station on; after the last it is stable."""
    at = current_step(release)
    if at is None or release.candidate is None:
        return release
    following = STEPS.index(at) + 1
    if following == len(STEPS):
        return Release(stable=release.candidate)
    step = STEPS[following]
    return replace(release, stage=step.stage, percent=step.percent)


def arm_of(order_id: UUID, release: Release) -> Arm:
    """Say by which rule set an order is decided.

    Salted with the candidate's id: another candidate tries itself on other orders.
    """
    if release.stage is not Stage.CANARY or release.candidate is None:
        return Arm.STABLE
    salt = release.candidate[:16].encode()
    digest = hashlib.blake2b(order_id.bytes, digest_size=8, key=salt).digest()
    bucket = int.from_bytes(digest) % _BUCKETS
    return Arm.CANARY if bucket < release.percent * _PERCENT else Arm.STABLE
