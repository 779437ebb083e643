"""A rule set to show the product with; it never overrides what a person set."""

import hashlib

from common.database.work import Work
from risk.store.documents import (
    AmountLimitDocument,
    BlockedAddressDocument,
    BlockedPhoneDocument,
    QuantityLimitDocument,
    RuleSetDocument,
)
from risk.use_cases import releasing

AUTHOR = "seed-demo"
_REASON = "demonstration"
_BLOCKED_PHONE = "+8613900000000"
_LIMITS_MINOR = {
    "CNY": (500_000, 5_000_000),
    "USD": (100_000, 1_000_000),
    "EUR": (100_000, 1_000_000),
}


def document() -> RuleSetDocument:
    limits = [
        AmountLimitDocument(
            id=f"order-amount-{currency.lower()}",
            kind="amount_limit",
            currency=currency,
            hold_above_minor=hold,
            reject_above_minor=reject,
        )
        for currency, (hold, reject) in _LIMITS_MINOR.items()
    ]
    quantity = QuantityLimitDocument(
        id="quantity", kind="quantity_limit", per_line_max=100, per_order_max=300, action="hold"
    )
    phones = BlockedPhoneDocument(
        id="blocked-phones",
        kind="blocked_phone",
        phones_sha256=[hashlib.sha256(_BLOCKED_PHONE.encode()).hexdigest()],
        action="reject",
    )
    addresses = BlockedAddressDocument(
        id="blocked-addresses", kind="blocked_address", contains=["黑名单路"], action="hold"
    )
    return RuleSetDocument(name="demo", rules=[*limits, quantity, phones, addresses])


async def seed(work: Work) -> None:
    """Publish the demo rule set and put it in force, where nobody has chosen one yet."""
    if await releasing.nobody_chose(work):
        wanted = await releasing.publish(work, document(), author=AUTHOR, reason=_REASON)
        await releasing.activate(work, wanted, by=AUTHOR, reason=_REASON)
