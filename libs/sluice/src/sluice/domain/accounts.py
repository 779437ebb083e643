"""One order as each of the four services tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What ingest says."""

    state: str
    currency: str | None
    amount_minor: int | None
    paid_minor: int | None
    pieces: int | None
    cancellation_wished: bool
    accepted_at: datetime | None
    changed_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            state=told["state"],
            currency=told["currency"],
            amount_minor=told["amount_minor"],
            paid_minor=told["paid_minor"],
            pieces=told["pieces"],
            cancellation_wished=told["cancellation_wished"],
            accepted_at=_moment(told["accepted_at"]),
            changed_at=datetime.fromisoformat(told["changed_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What risk says."""

    state: str
    decision_no: int
    decisions: int
    currency: str | None
    """None when it is kept no more, as the amount."""
    amount_minor: int | None
    changed_at: datetime

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            state=told["state"],
            decision_no=told["decision_no"],
            decisions=told["decisions"],
            currency=told["currency"],
            amount_minor=told["amount_minor"],
            changed_at=datetime.fromisoformat(told["changed_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What fulfillment says."""

    state: str
    version: int
    steps: int
    decision_no: int | None
    awaiting_channel: bool
    """It is approved, and held until the channel lets it go."""
    in_store: bool
    """It was sold over the counter."""
    currency: str | None
    """None until the terms are there, as the amount."""
    amount_minor: int | None
    paid_minor: int
    cancellation: str | None
    reserved: int
    tasks: int
    announced_version: int | None
    announced_state: str | None
    changed_at: datetime | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            state=told["state"],
            version=told["version"],
            steps=told["steps"],
            decision_no=told["decision_no"],
            awaiting_channel=told["awaiting_channel"],
            in_store=told["in_store"],
            currency=told["currency"],
            amount_minor=told["amount_minor"],
            paid_minor=told["paid_minor"],
            cancellation=told["cancellation"],
            reserved=told["reserved"],
            tasks=told["tasks"],
            announced_version=told["announced_version"],
            announced_state=told["announced_state"],
            changed_at=_moment(told["changed_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What reconciliation says."""

    state: str | None
    version: int | None
    currency: str | None
    """None until the order is received there, as the amount."""
    amount_minor: int | None
    paid_minor: int

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            state=told["state"],
            version=told["version"],
            currency=told["currency"],
            amount_minor=told["amount_minor"],
            paid_minor=told["paid_minor"],
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One order; None for a service that does not know it."""

    order_id: str
    intake: Intake | None
    decided: Decided | None
    shipped: Shipped | None
    booked: Booked | None


def case_of(order_id: str, told: Mapping[str, Mapping[str, Any]]) -> Case:
    """Put together what the services, by name, told of one order."""
    intake, decided = told.get("ingest"), told.get("risk")
    shipped, booked = told.get("fulfillment"), told.get("reconciliation")
    return Case(
        order_id,
        Intake.read(intake) if intake else None,
        Decided.read(decided) if decided else None,
        Shipped.read(shipped) if shipped else None,
        Booked.read(booked) if booked else None,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
