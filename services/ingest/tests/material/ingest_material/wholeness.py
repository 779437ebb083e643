"""Whether what intake stored hangs together: nothing half written, nothing without its receipt.

Reads the messages as they were kept, by means of its own, and compares them with what was made of
them: numbers of orders character by character, amounts digit by digit.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Decimal, InvalidOperation, localcontext
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from common.money import MINOR_MAX, exponent
from ingest.store import tables
from ingest_material.world import World

_AT: Mapping[str, Sequence[str]] = {
    "taobao": ("trade_fullinfo_get_response.trade", "trade_get_response.trade", "trade", ""),
    "jd": (
        "jingdong_pop_order_search_responce.searchorderinfo_result.orderInfoList",
        "jingdong_pop_order_get_responce.orderDetailInfo.orderInfo",
        "orderDetailInfo.orderInfo",
        "orderInfo",
        "",
    ),
    "pdd": (
        "order_info_get_response.order_info",
        "order_list_get_response.order_list",
        "order_sn_increment_get_response.order_sn_list",
        "order_info",
        "",
    ),
    "douyin": (
        *("data.shop_order_detail", "data.shop_order_list", "shop_order_detail"),
        *("shop_order_list", ""),
    ),
    "wechat_shop": ("order", ""),
    "wechat_miniprogram": ("trade", ""),
    "shopify": ("order", ""),
    "woocommerce": ("",),
    "square": ("order", "data.object.order", ""),
    "zettle": ("payload", ""),
}
_NUMBER: Mapping[str, Sequence[str]] = {
    "taobao": ("tid_str", "tid", "Tid"),
    "jd": ("orderId",),
    "pdd": ("order_sn",),
    "douyin": ("order_id",),
    "wechat_shop": ("order_id",),
    "wechat_miniprogram": ("trade_id",),
    "shopify": ("id",),
    "woocommerce": ("number", "id"),
    "square": ("id",),
    "zettle": ("purchaseUUID1", "purchaseUuid", "purchaseUUID"),
}
_MAJOR: Mapping[str, Sequence[str]] = {
    "taobao": ("payment", "Payment"),
    "pdd": ("pay_amount",),
    "shopify": ("total_price",),
    "woocommerce": ("total",),
}
_MINOR: Mapping[str, Sequence[str]] = {
    "douyin": ("pay_amount",),
    "wechat_shop": ("order_detail.price_info.order_price",),
    "wechat_miniprogram": ("price_info.trade_price",),
    "square": ("total_money.amount",),
    "zettle": ("amount",),
}


async def faults_of(world: World) -> list[str]:
    """Return all that does not hang together."""
    receipts = {row.receipt_id: row for row in await world.receipts()}
    orders = {row.order_id: row for row in await world.orders()}
    quarantined = {row.order_id: row for row in await world.rows(select(tables.quarantine))}
    events = await world.events()
    return [
        *_of_orders(orders, receipts, quarantined, events),
        *_of_receipts(receipts, orders, quarantined, events),
        *_strays(orders, quarantined, events),
        *await _of_outbox(world),
    ]


def _received(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        event["data"]["order_id"]: event["data"]["order"]
        for event in events
        if event["type"].startswith("order.received")
    }


def _of_orders(
    orders: Mapping[Any, Any],
    receipts: Mapping[Any, Any],
    quarantined: Mapping[Any, Any],
    events: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Each order has its receipt, and is either announced once and whole, or in quarantine."""
    announced = Counter(
        event["data"]["order_id"] for event in events if event["type"].startswith("order.received")
    )
    whole = _received(events)
    for order_id, order in orders.items():
        name = f"order {order_id} ({order.channel} {order.channel_order_no})"
        if order.receipt_id not in receipts:
            yield f"{name}: no receipt"
        open_ = order_id in quarantined and quarantined[order_id].resolved_at is None
        if order.state not in {"received", "quarantined"} or open_ != (order.state != "received"):
            yield f"{name}: {order.state}, but in quarantine: {open_}"
        if announced[str(order_id)] != (order.state == "received"):
            yield f"{name}: {order.state}, but announced {announced[str(order_id)]} times"
        if open_ and not quarantined[order_id].reasons:
            yield f"{name}: in quarantine for no reason"
        if str(order_id) in whole:
            yield from (f"{name}: {fault}" for fault in _incomplete(whole[str(order_id)]))


def _incomplete(order: Mapping[str, Any]) -> Iterator[str]:
    amounts = order["amounts"]
    lines, payments = order["lines"], order["payments"]
    if not lines or not order["channel_order_no"] or len(order["currency"]) != 3:
        yield "has no lines, number or currency"
    numbers = [
        *amounts.values(),
        *(
            row[name]
            for row in lines
            for name in ("quantity", "unit_price_minor", "discount_minor")
        ),
        *(row["amount_minor"] for row in payments),
    ]
    odd = [n for n in numbers if type(n) is not int or not 0 <= n < MINOR_MAX]
    if odd:
        yield f"has numbers that are none or out of range: {odd}"
    goods = sum(row["quantity"] * row["unit_price_minor"] - row["discount_minor"] for row in lines)
    payable = (
        amounts["goods_minor"]
        - amounts["discount_minor"]
        + amounts["freight_minor"]
        + amounts["tax_minor"]
    )
    if goods != amounts["goods_minor"] or payable != amounts["payable_minor"]:
        yield f"does not add up: {goods}, {payable}, {amounts}"
    if len({row["reference"] for row in payments}) < len(payments):
        yield "has a payment twice"


def _of_receipts(
    receipts: Mapping[Any, Any],
    orders: Mapping[Any, Any],
    quarantined: Mapping[Any, Any],
    events: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Each receipt tells what became of its orders, and they became what their message says."""
    whole = _received(events)
    for receipt_id, receipt in receipts.items():
        name = f"receipt {receipt_id} ({receipt.channel}, {len(receipt.body)} bytes)"
        for told in receipt.orders:
            order_id, status = told["order_id"], told["status"]
            order = orders.get(UUID(order_id))
            if order is None:
                yield f"{name}: its order {order_id} is not there"
            elif status == "accepted" and order_id not in whole:
                yield f"{name}: accepted, but not announced"
            elif status == "quarantined" and order.order_id not in quarantined:
                yield f"{name}: not in quarantine"
            elif status in {"accepted", "quarantined"} and order.receipt_id != receipt_id:
                yield f"{name}: its order is another receipt's"
        if [told["status"] for told in receipt.orders] == ["accepted"]:
            order = whole.get(receipt.orders[0]["order_id"])
            yield from (f"{name}: {fault}" for fault in _inexact(receipt, order or {}))


def _inexact(receipt: Any, order: Mapping[str, Any]) -> Iterator[str]:
    payload = json.loads(receipt.body, parse_int=Decimal, parse_float=Decimal)
    node = _node(payload, _AT[receipt.channel])
    number = _written(_first(node, _NUMBER[receipt.channel]))
    if number != order.get("channel_order_no"):
        yield f"its number is {number}, and not {order.get('channel_order_no')}"
    major, minor = _MAJOR.get(receipt.channel), _MINOR.get(receipt.channel)
    if not (major or minor):
        return
    with localcontext(prec=20_000, Emax=MAX_EMAX, Emin=MIN_EMIN):
        try:
            paid = Decimal(_first(node, major or minor or ()))
        except (InvalidOperation, TypeError, ValueError):
            yield "was let in, and its amount is no number"
            return
        places = exponent(order["currency"]) if major else 0
        if paid * 10**places != order["amounts"]["payable_minor"]:
            yield f"its amount {paid} became {order['amounts']['payable_minor']}"


def _node(payload: Any, paths: Sequence[str]) -> Any:
    node = next(found for path in paths if (found := _at(payload, path)) is not None)
    return node[0] if isinstance(node, list) else node


def _at(node: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _first(node: Any, paths: Sequence[str]) -> Any:
    found = (_at(node, path) for path in paths)
    return next((one for one in found if one is not None and str(one).strip()), None)


def _written(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None if value is None else str(value)


def _strays(
    orders: Mapping[Any, Any],
    quarantined: Mapping[Any, Any],
    events: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Nothing speaks of an order that is not there."""
    known = {str(order_id) for order_id in orders}
    for order_id in quarantined.keys() - orders.keys():
        yield f"quarantine of {order_id}, which is not there"
    for event in events:
        if event["data"]["order_id"] not in known:
            yield f"{event['type']} of an order that is not there"


async def _of_outbox(world: World) -> Iterator[str]:
    log, outbox = tables.carried.event_log, tables.carried.outbox
    (logged,) = await world.rows(select(func.count().label("n")).select_from(log))
    (waiting,) = await world.rows(select(func.count().label("n")).select_from(outbox))
    return iter([] if logged.n == waiting.n else [f"{logged.n} events, {waiting.n} in the outbox"])
