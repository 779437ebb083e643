"""The rule sets of the scenario: what is stable, and the same with one check too many."""

from typing import Any

STABLE_SCORE = "score"
NEW_SCORE = "new-score"
LOW_SCORE = 20
"""Of 1,000: so few orders in a thousand have a score the new check holds against them."""
STABLE_BUDGET_MS, NEW_BUDGET_MS = 200, 50
"""The fast score has time enough to be answered on a busy machine, too."""
DEADLINE_SECONDS = 120

_HASTE = (
    "has(customer.is_new) && customer.is_new"
    " && has(phone.orders_1h) && phone.orders_1h >= limits.hasty"
)


def stable(name: str = "stable") -> dict[str, Any]:
    """Return rules on amount, quantity, receiver and haste, and a score that comes fast."""
    checks = [
        _expression(
            "order-amount",
            ("amount_above_limit", "reject", "order.payable_minor > limits.reject[order.currency]"),
            ("amount_above_limit", "hold", "order.payable_minor > limits.hold[order.currency]"),
        ),
        _expression(
            "quantity",
            ("line_quantity_above_limit", "hold", "order.largest_line > limits.line"),
            ("order_quantity_above_limit", "hold", "order.pieces > limits.pieces"),
        ),
        _expression("address", ("address_unusable", "hold", "address.quality < limits.quality")),
        _expression(
            "haste",
            (
                "many_orders_by_new_customer",
                "hold",
                _HASTE,
            ),
        ),
        score(STABLE_SCORE, "score", core=False, budget_ms=STABLE_BUDGET_MS),
    ]
    return {
        "format": 2,
        "name": f"slow-rule, {name}",
        "budget_ms": STABLE_BUDGET_MS,
        "limits": {
            "hold": {"CNY": 500_000},
            "reject": {"CNY": 5_000_000},
            "line": 100,
            "pieces": 300,
            "quality": 10,
            "hasty": 20,
        },
        "checks": checks,
    }


def with_new_score(*, core: bool) -> dict[str, Any]:
    """Return the stable rule set with the check that asks the slow endpoint."""
    before = stable()
    name = f"slow-rule, with {NEW_SCORE}{' as a core check' if core else ''}"
    new = score(NEW_SCORE, "slow-score", core=core, budget_ms=NEW_BUDGET_MS)
    return {**before, "name": name, "checks": [*before["checks"], new]}


def score(check: str, endpoint: str, *, core: bool, budget_ms: int) -> dict[str, Any]:
    """Return a check that holds orders of a low score."""
    rule = {"code": "low_score", "outcome": "hold", "when": f"result.score < {LOW_SCORE}"}
    return {
        "id": check,
        "kind": "http",
        "endpoint": endpoint,
        "core": core,
        "sends": ["order.payable_minor", "order.channel", "phone.sha256"],
        "returns": {"score": "int"},
        "budget_ms": budget_ms,
        "deadline_seconds": DEADLINE_SECONDS,
        "rules": [rule],
    }


def _expression(check: str, *rules: tuple[str, str, str]) -> dict[str, Any]:
    written = [{"code": code, "outcome": outcome, "when": when} for code, outcome, when in rules]
    return {"id": check, "kind": "expression", "core": True, "rules": written}
