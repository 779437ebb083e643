"""What all orders add up to at each stage, and whether the stages add up to what was accepted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sluice.domain.accounts import RECEIVED, Booked, Case, Decided, Intake, Shipped
from sluice.domain.rules import Judgement

IN_PROGRESS, STUCK = "in progress", "stuck"
INTAKE, RISK, FULFILLMENT, BOOKS, PAYMENTS = (
    "intake",
    "risk",
    "fulfillment",
    "reconciliation",
    "payments",
)
ACCEPTED, UNKNOWN = "accepted", "unknown here, known elsewhere"
CLAIMED, IN_THE_BOOKS = "claimed by channels", "in the books"
STAGES: Mapping[str, tuple[str, ...]] = {
    INTAKE: (ACCEPTED, "quarantined", "discarded", UNKNOWN),
    RISK: ("approved", "held", "rejected", IN_PROGRESS, STUCK),
    FULFILLMENT: (
        "held",
        "awaiting_payment",
        "awaiting_allocation",
        "backordered",
        "allocated",
        "picking",
        "packed",
        "handed_over",
        "in_transit",
        "delivered",
        "returned",
        "cancelled",
        IN_PROGRESS,
        STUCK,
    ),
    BOOKS: (IN_THE_BOOKS, IN_PROGRESS, STUCK),
    PAYMENTS: (CLAIMED, IN_THE_BOOKS, IN_PROGRESS, STUCK),
}


@dataclass
class Sums:
    orders: int = 0
    money: Counter[str] = field(default_factory=Counter)
    """Minor units by currency."""

    def add(self, currency: str | None, minor: int | None) -> None:
        self.orders += 1
        if currency is not None and minor is not None:
            self.money[currency] += minor

    def plus(self, other: "Sums") -> "Sums":
        return Sums(self.orders + other.orders, self.money + other.money)

    def same_as(self, other: "Sums") -> bool:
        return self.orders == other.orders and +self.money == +other.money


@dataclass(frozen=True, slots=True)
class Balance:
    """Two sides that must be the same."""

    what: str
    left: Sums
    right: Sums

    @property
    def holds(self) -> bool:
        return self.left.same_as(self.right)


@dataclass
class Totals:
    rows: dict[tuple[str, str], Sums] = field(default_factory=dict)
    """By section and stage."""

    def row(self, section: str, stage: str) -> Sums:
        return self.rows.setdefault((section, stage), Sums())

    def add(self, case: Case, judgement: Judgement) -> None:
        """Count one order once in every section."""
        intake = case.intake
        if intake is None:
            self.row(INTAKE, UNKNOWN).add(*_claimed_elsewhere(case))
            return
        if intake.state != RECEIVED:
            self.row(INTAKE, intake.state).add(None, None)
            return
        self.row(INTAKE, ACCEPTED).add(intake.currency, intake.amount_minor)
        late = judgement.stuck
        decided, shipped, booked = case.decided, case.shipped, case.booked
        stage = decided.state if decided else _waiting(late, RISK)
        self.row(RISK, stage).add(*_figures(decided, intake))
        stage = shipped.state if shipped else _waiting(late, RISK, FULFILLMENT)
        self.row(FULFILLMENT, stage).add(*_figures(shipped, intake))
        in_books = booked is not None and booked.amount_minor is not None
        stage = IN_THE_BOOKS if in_books else _waiting(late, BOOKS)
        self.row(BOOKS, stage).add(*_figures(booked, intake))
        self._add_payments(intake, booked, late)

    def _add_payments(self, intake: Intake, booked: Booked | None, late: frozenset[str]) -> None:
        claimed, known = intake.paid_minor or 0, booked.paid_minor if booked else 0
        self.row(PAYMENTS, CLAIMED).add(intake.currency, claimed)
        self.row(PAYMENTS, IN_THE_BOOKS).add(intake.currency, known)
        if known < claimed:
            stage = _waiting(late, BOOKS)
            self.row(PAYMENTS, stage).add(intake.currency, claimed - known)

    def balances(self) -> Iterator[Balance]:
        accepted = self.row(INTAKE, ACCEPTED)
        for section in (RISK, FULFILLMENT, BOOKS):
            yield Balance(f"accepted = {section}", accepted, self._sum(section))
        claimed = self.row(PAYMENTS, CLAIMED)
        known = self._sum(PAYMENTS, without=CLAIMED)
        known.orders = claimed.orders  # it is money that adds up here
        yield Balance("claimed by channels = payments in the books", claimed, known)

    def _sum(self, section: str, without: str | None = None) -> Sums:
        total = Sums()
        for (of, stage), sums in self.rows.items():
            if of == section and stage != without:
                total = total.plus(sums)
        return total

    def listed(self) -> Iterator[tuple[str, str, Sums]]:
        """Yield what there is, in the order of an order's life; what is new to us comes last."""
        for section, stages in STAGES.items():
            here = [stage for of, stage in self.rows if of == section]
            for stage in (*stages, *sorted(set(here) - set(stages))):
                sums = self.rows.get((section, stage))
                if sums is not None and sums.orders:
                    yield section, stage, sums

    def currencies(self) -> list[str]:
        return sorted({currency for sums in self.rows.values() for currency in sums.money})


def _waiting(late: frozenset[str], *stages: str) -> str:
    return STUCK if late.intersection(stages) else IN_PROGRESS


def _figures(
    own: Decided | Shipped | Booked | None, intake: Intake
) -> tuple[str | None, int | None]:
    """Return what a service says; where it says nothing, what it will once it knows the order."""
    if own is None or own.amount_minor is None:
        return intake.currency, intake.amount_minor
    return own.currency, own.amount_minor


def _claimed_elsewhere(case: Case) -> tuple[str | None, int | None]:
    for own in (case.booked, case.shipped, case.decided):
        if own is not None and own.amount_minor is not None:
            return own.currency, own.amount_minor
    return None, None
