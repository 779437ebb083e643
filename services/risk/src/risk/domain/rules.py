"""The kinds of rule there are, and what each says about one order.

A rule answers with a reason, or None where it has nothing against the order. Where the order lacks
what a rule needs, the rule cannot tell, and an order nobody can clear is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from risk.domain.receiver import comparable, phone_fingerprint


class Outcome(StrEnum):
    """In the order of severity."""

    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reason:
    """Which rule speaks against an order, and by which of its clauses; no personal data."""

    rule: str
    code: str
    detail: str
    outcome: Outcome
    """What this reason alone would lead to."""

    @property
    def name(self) -> str:
        return f"{self.rule}:{self.code}"


@dataclass(frozen=True)
class Candidate:
    """What the rules look at in an order."""

    currency: str
    payable_minor: int
    quantities: tuple[int, ...]
    phone: str | None
    address: tuple[str, ...]

    @cached_property
    def phone_sha256(self) -> str | None:
        return phone_fingerprint(self.phone)

    @cached_property
    def address_text(self) -> str:
        return comparable("".join(self.address))


class Rule(Protocol):
    def judge(self, order: Candidate) -> Reason | None:
        """Say what is wrong with the order, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountLimit:
    id: str
    currency: str
    hold_above_minor: int
    reject_above_minor: int

    def judge(self, order: Candidate) -> Reason | None:
        if order.currency != self.currency or order.payable_minor <= self.hold_above_minor:
            return None
        if order.payable_minor > self.reject_above_minor:
            clause, limit = "reject_above_minor", self.reject_above_minor
            outcome = Outcome.REJECTED
        else:
            clause, limit = "hold_above_minor", self.hold_above_minor
            outcome = Outcome.HELD
        detail = f"{clause} {limit} {self.currency}: payable is {order.payable_minor}"
        return Reason(self.id, "amount_above_limit", detail, outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityLimit:
    id: str
    per_line_max: int
    per_order_max: int
    action: Outcome

    def judge(self, order: Candidate) -> Reason | None:
        largest, total = max(order.quantities, default=0), sum(order.quantities)
        if largest > self.per_line_max:
            detail = f"per_line_max {self.per_line_max}: one line has {largest}"
            return Reason(self.id, "line_quantity_above_limit", detail, self.action)
        if total > self.per_order_max:
            detail = f"per_order_max {self.per_order_max}: the order has {total}"
            return Reason(self.id, "order_quantity_above_limit", detail, self.action)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedPhone:
    id: str
    positions: Mapping[str, int]
    """Fingerprint of a phone -> its place in the rule's list, which is what a reason names."""
    action: Outcome

    def judge(self, order: Candidate) -> Reason | None:
        fingerprint = order.phone_sha256
        if fingerprint is None:
            return Reason(self.id, "phone_unknown", "no full phone to compare", Outcome.HELD)
        position = self.positions.get(fingerprint)
        if position is None:
            return None
        return Reason(self.id, "phone_blocked", f"phones_sha256.{position}", self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedAddress:
    id: str
    texts: tuple[str, ...]
    """In comparable form."""
    action: Outcome

    def judge(self, order: Candidate) -> Reason | None:
        address = order.address_text
        if not address:
            return Reason(self.id, "address_unknown", "no address to compare", Outcome.HELD)
        for position, text in enumerate(self.texts):
            if text in address:
                return Reason(self.id, "address_blocked", f"contains.{position}", self.action)
        return None
