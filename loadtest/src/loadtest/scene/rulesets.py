"""Rule sets that scenarios publish: what every shop asks of an order, and a score from outside."""

from typing import Any

LOW_SCORE = 20
"""Of 1,000: so few orders in a thousand have a score that is held against them."""

_HASTE = (
    "has(customer.is_new) && customer.is_new"
    " && has(phone.orders_1h) && phone.orders_1h >= limits.hasty"
)


def everyday(name: str, *, budget_ms: int) -> dict[str, Any]:
    """Return rules on amount, quantity, receiver and haste; they ask nobody."""
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
        _expression("haste", ("many_orders_by_new_customer", "hold", _HASTE)),
    ]
    return {
        "format": 2,
        "name": name,
        "budget_ms": budget_ms,
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


def score(check: str, endpoint: str, *, budget_ms: int, **more: object) -> dict[str, Any]:
    """Return a check that asks the endpoint for a score and holds orders of a low one."""
    rule = {"code": "low_score", "outcome": "hold", "when": f"result.score < {LOW_SCORE}"}
    return {
        "id": check,
        "kind": "http",
        "endpoint": endpoint,
        "sends": ["order.payable_minor", "order.channel", "phone.sha256"],
        "returns": {"score": "int"},
        "budget_ms": budget_ms,
        "rules": [rule],
        **more,
    }


def with_check(document: dict[str, Any], check: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the same rule set with one check more."""
    return {**document, "name": name, "checks": [*document["checks"], check]}


def _expression(check: str, *rules: tuple[str, str, str]) -> dict[str, Any]:
    written = [{"code": code, "outcome": outcome, "when": when} for code, outcome, when in rules]
    return {"id": check, "kind": "expression", "core": True, "rules": written}
