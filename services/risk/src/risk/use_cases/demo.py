"""A rule set to show the product with; it never overrides what a person set."""

import hashlib
from typing import Any

from common.database.work import Work
from risk.store.documents import RuleSetDocument
from risk.use_cases import releasing
from risk.use_cases.releasing import By

AUTHOR = "seed-demo"
_REASON = "demonstration"
_BLOCKED_PHONE = "+8613900000000"
_LIMITS = {
    "hold": {"CNY": 500_000, "USD": 100_000, "EUR": 100_000},
    "reject": {"CNY": 5_000_000, "USD": 1_000_000, "EUR": 1_000_000},
    "line": 100,
    "pieces": 300,
    "hasty": 20,
}
_LISTS = {
    "phones": {
        "kind": "phones_sha256",
        "values": [hashlib.sha256(_BLOCKED_PHONE.encode()).hexdigest()],
    },
    "addresses": {"kind": "texts", "values": ["黑名单路"]},
}


def _of_receiver(feature: str, rule: str) -> str:
    """Say no of a sale in the shop and of a sealed receiver, where there is nothing to look up."""
    return f"(order.in_store || order.is_sealed) && !has({feature}) ? false : {rule}"


_HASTY = (
    "has(customer.is_new) && customer.is_new"
    " && has(phone.orders_1h) && phone.orders_1h >= limits.hasty"
)


def document() -> RuleSetDocument:
    """Return rules on amount, quantity, receiver, address and haste."""
    amount = "order.payable_minor"
    content: dict[str, Any] = {
        "format": 2,
        "name": "demo",
        "limits": _LIMITS,
        "lists": _LISTS,
        "checks": [
            _check(
                "order-amount",
                ("amount_above_limit", "reject", f"{amount} > limits.reject[order.currency]"),
                ("amount_above_limit", "hold", f"{amount} > limits.hold[order.currency]"),
            ),
            _check(
                "quantity",
                ("line_quantity_above_limit", "hold", "order.largest_line > limits.line"),
                ("order_quantity_above_limit", "hold", "order.pieces > limits.pieces"),
            ),
            _check(
                "blocked-phones",
                (
                    "phone_blocked",
                    "reject",
                    _of_receiver("phone.sha256", "phone.sha256 in lists.phones"),
                ),
            ),
            _check(
                "blocked-addresses",
                (
                    "address_blocked",
                    "hold",
                    _of_receiver("address.text", "address.text.containsAny(lists.addresses)"),
                ),
            ),
            _check("haste", ("many_orders_by_new_customer", "hold", _HASTY), core=False),
        ],
    }
    return RuleSetDocument.model_validate(content)


def _check(check_id: str, *rules: tuple[str, str, str], core: bool = True) -> dict[str, Any]:
    written = [{"code": code, "outcome": outcome, "when": when} for code, outcome, when in rules]
    return {"id": check_id, "kind": "expression", "core": core, "rules": written}


async def seed(work: Work) -> None:
    """Publish the demo rule set and put it in force, where nobody has chosen one yet."""
    if await releasing.nobody_chose(work):
        wanted = await releasing.publish(work, document(), author=AUTHOR, reason=_REASON)
        await releasing.activate(work, wanted, By(AUTHOR, _REASON))
