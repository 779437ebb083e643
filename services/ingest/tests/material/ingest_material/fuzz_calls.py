"""Calls of ten channels, damaged and then signed as their channel signs: by a seed, one by one."""

import gzip
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from ingest_material import signed
from ingest_material.mutating import TEXTS, changed, garbled, is_writable, likely_names
from ingest_material.orders import ORDERS, zettle_purchase
from ingest_material.shopify import shopify_order
from ingest_material.signed import Signed
from ingest_material.woocommerce import woocommerce_order

SHOP = "fuzz"
SEALED = f"sealed-token:{'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'}:wx1"
SECRETS = {
    f"{channel}/{SHOP}": [f"secret of {channel}"]
    for channel in (
        *("taobao", "jd", "pdd", "douyin", "wechat_shop", "wechat_miniprogram"),
        *("shopify", "woocommerce", "square", "zettle"),
    )
}
SECRETS[f"wechat_shop/{SHOP}"] = ["plain-token", SEALED]
CHANNELS = tuple(place.partition("/")[0] for place in SECRETS)
SAMPLES = Path(__file__).parents[6] / "shared" / "samples" / "payloads"
_CHANNEL_OF = {"wechatshop": "wechat_shop", "wechat": "wechat_miniprogram", "pos": "zettle"}
_TOPIC = {"shopify": "orders/create", "woocommerce": "order.created", "zettle": "PurchaseCreated"}
_NUMBERS: Mapping[str, Sequence[str]] = {
    "taobao": ("tid_str", "tid", "Tid"),
    "jd": ("orderId",),
    "pdd": ("order_sn",),
    "douyin": ("p_id", "order_id"),
    "wechat_shop": ("order_id",),
    "wechat_miniprogram": ("trade_id",),
    "shopify": ("id",),
    "woocommerce": ("number", "id"),
    "square": ("id",),
    "zettle": ("purchaseUUID1",),
}
TOPICS = {
    "shopify": ("orders/create", "orders/updated", "orders/paid", "orders/cancelled"),
    "woocommerce": ("order.created", "order.updated", "order.deleted"),
    "zettle": ("PurchaseCreated", "TestMessage", "InventoryTrackingStarted"),
}
WHOLE = 0.5
"""What share begins as an order that would be let in."""
REUSED = 30
"""So many orders of each kind are told of again and again; all others are new."""


@dataclass(frozen=True, slots=True)
class Base:
    """A message as it is when nothing is wrong with it."""

    channel: str
    topic: str
    body: bytes
    number: str
    """By which it knows its order; empty where that is not plain."""
    valid: bool = False
    """Whether its order is let in as it is."""

    def of(self, number: int) -> bytes:
        """Return it about another order."""
        old = self.number.encode()
        new = old[:-6] + b"%06d" % number if len(old) > len("1000000") else old + b"%06d" % number
        return self.body.replace(old, new) if old else self.body


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call, and what may be answered to it."""

    channel: str
    how: str
    signed: Signed
    forged: bool = False
    """Signed by somebody else: it must be refused, and leave no trace."""
    sound: bool = False
    """Nothing is wrong with it: its order must be let in."""
    refusable: bool = False
    """What was damaged is what the signature is about, or is needed to check it."""


# --- what is damaged --------------------------------------------------------------------------


@cache
def bases() -> tuple[Base, ...]:
    """Return our own orders and, where they are at hand, real ones."""
    own = [_base(channel, make(), valid=True) for channel, make in ORDERS.items()]
    refund = {"id": 77, "created_at": "2025-11-23T09:30:00Z", "transactions": [{"amount": "10.00"}]}
    refunded = shopify_order(id=6_312_345_678_901, refunds=[refund])
    own += [
        _base("shopify", shopify_order(), valid=True),
        replace(_base("shopify", refunded, valid=True), topic="orders/updated"),
        _base("woocommerce", woocommerce_order(), valid=True),
        _base("zettle", zettle_purchase()),
        Base("taobao", "trade.memo", b'{"Tid":110770592823138,"Oid":1}', "110770592823138"),
        Base("douyin", "event", _DOUYIN_EVENT, "4705288465508532862"),
        Base("wechat_shop", "event", _WECHAT_EVENT, "3705115058471208928"),
        Base("square", "event", _SQUARE_EVENT, "sq-order-77"),
        Base("pdd", "frame", _PDD_FRAME, "251122-310045678907777"),
    ]
    return (*own, *_samples())


_DOUYIN_EVENT = json.dumps(
    [
        {"tag": "101", "msg_id": "68", "data": '{"p_id":4705288465508532862,"shop_id":1}'},
        {"tag": "0", "msg_id": "0", "data": ""},
    ]
).encode()
_WECHAT_EVENT = (
    b'{"ToUserName":"gh_1","CreateTime":1662480000,"MsgType":"event",'
    b'"Event":"channels_ec_order_pay","order_info":{"order_id":3705115058471208928}}'
)
_SQUARE_EVENT = (
    b'{"type":"order.updated","event_id":"e-1","data":{"object":'
    b'{"order_updated":{"order_id":"sq-order-77"}}}}'
)
_PDD_FRAME = b'{"message":{"type":"x","content":"{\\"tid\\":\\"251122-310045678907777\\"}"}}'


def _samples() -> list[Base]:
    if not SAMPLES.is_dir():
        return []
    found = []
    for path in sorted(SAMPLES.glob("*.json")):
        first = path.name.partition("_")[0]
        channel = _CHANNEL_OF.get(first, first)
        if channel in CHANNELS:
            found.append(_base(channel, path.read_bytes()))
    return found


def _base(channel: str, payload: Any, *, valid: bool = False) -> Base:
    body = payload if isinstance(payload, bytes) else signed.json_body(payload)
    topic = _TOPIC.get(channel, "order")
    return Base(channel, topic, body, _number(channel, json.loads(body)), valid)


def _number(channel: str, payload: Any) -> str:
    """Return what a message knows its order by: the topmost of its names that has a value."""
    found = (_first(payload, name) for name in _NUMBERS[channel])
    return next((str(value) for value in found if value), "")


def _first(node: Any, name: str) -> Any:
    if isinstance(node, dict) and isinstance(node.get(name), str | int):
        return node[name]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((found for one in inner if (found := _first(one, name))), None)


@cache
def _names(channel: str) -> frozenset[str]:
    mapping = files("ingest.mappings") / f"{channel}.json"
    return likely_names(json.loads(mapping.read_text()))


# --- how it is damaged ------------------------------------------------------------------------


def attempt(seed: int, index: int, now: float) -> Attempt:
    """Make the call with this number: the same for the same seed but for the time it is signed."""
    random = Random(f"{seed}:{index}")
    channel = CHANNELS[index % len(CHANNELS)]
    mine = [base for base in bases() if base.channel == channel]
    whole = [base for base in mine if base.valid] or mine
    base = random.choice(whole if random.random() < WHOLE else mine)
    number = random.randrange(REUSED) if random.random() < 0.4 else REUSED + index
    how, body = _damaged(random, base, base.of(number), random.choice(bases()).body)
    signer = _Calm(0) if how == "sound" else random
    call = _SIGNED[channel](signer, base, body, now, SECRETS[f"{channel}/{SHOP}"])
    made = Attempt(channel, how, call.signed, refusable=call.refusable)
    if how == "sound":
        return replace(made, sound=base.valid and number >= REUSED)
    if random.random() < 0.06:
        return _forged(random, base, body, now)
    return _odd_call(random, made) if random.random() < 0.06 else made


class _Calm(Random):
    """Leaves out whatever happens with some probability only."""

    def random(self) -> float:
        return 1.0 - 2.0**-53

    def getrandbits(self, k: int, /) -> int:
        return super().getrandbits(k)  # so that choices are not made by `random`


def _damaged(random: Random, base: Base, body: bytes, other: bytes) -> tuple[str, bytes]:
    chance = random.random()
    if chance < 0.04:
        return "sound", body
    if chance < 0.78:
        return "structure", changed(random, body, _names(base.channel))
    if chance < 0.84:
        return "both", garbled(random, changed(random, body, _names(base.channel)), other)
    return "bytes", garbled(random, body, other)


def _forged(random: Random, base: Base, body: bytes, now: float) -> Attempt:
    strangers = ["somebody else's", f"stranger:{'B' * 43}:wx1"]
    call = _SIGNED[base.channel](random, base, body, now, strangers)
    return Attempt(base.channel, "forged", call.signed, forged=True)


def _odd_call(random: Random, made: Attempt) -> Attempt:
    """Damage what is around the body, after it was signed."""
    signed_ = made.signed
    match random.randrange(3):
        case 0:
            body = gzip.compress(signed_.body, mtime=0)
            how, new = (
                "gzip",
                signed_.changed(body=body, headers={**signed_.headers, "content-encoding": "gzip"}),
            )
        case 1:
            name = random.choice([*signed_.headers, *signed_.query])
            how, new = f"without {name}", signed_.without(name)
        case _:
            query = {
                **signed_.query,
                random.choice(("method", "echostr", "x")): random.choice(_WRITABLE[:40]),
            }
            how, new = "query", signed_.changed(query=query)
    return replace(made, how=how, signed=new, refusable=True)


# --- how it is signed -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ready:
    signed: Signed
    refusable: bool = False


Sign = Callable[[Random, Base, bytes, float, Sequence[str]], Ready]


def _topic(random: Random, base: Base, odder: Sequence[str] = ()) -> str:
    """Return its own topic mostly, else another, or what can be in a header and makes no sense."""
    if random.random() >= 0.2:
        return base.topic
    odd = ("", "x" * 5_000, "é" * 150, "orders/create ", "../x", "%00")
    return random.choice((*TOPICS.get(base.channel, ("order",)), *odd, *odder))


def _sign_shopify(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    delivery = {"x-shopify-webhook-id": f"{now}:{random.random()}"} if random.random() < 0.3 else {}
    return Ready(signed.shopify(body, secrets[0], _topic(random, base), **delivery))


def _sign_woocommerce(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    delivery = {"x-wc-webhook-delivery-id": f"{now}"} if random.random() < 0.3 else {}
    return Ready(signed.woocommerce(body, secrets[0], _topic(random, base), **delivery))


def _sign_square(_: Random, __: Base, body: bytes, ___: float, secrets: Sequence[str]) -> Ready:
    return Ready(signed.square(body, secrets[0], url=f"http://ingest/v1/webhooks/square/{SHOP}"))


def _sign_zettle(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    if random.random() < 0.7:
        event = signed.zettle(body.decode(errors="replace"), secrets[0])
        more = {"messageUuid": random.choice((f"{now}", *TEXTS))} if random.random() < 0.3 else {}
        envelope = (
            json.loads(event.body) | {"eventName": _topic(random, base, odder=TEXTS[:9])} | more
        )
        return Ready(event.changed(body=json.dumps(envelope).encode()))
    time = "2025-11-22T01:30:00.028+0000"  # the purchase's own, if it still has one
    signature = hmac.digest(secrets[0].encode(), time.encode() + b"." + body, "sha256").hex()
    headers = {"x-izettle-signature": signature, "x-izettle-timestamp": time}
    return Ready(Signed(body, headers), refusable=True)


_WRITABLE = tuple(text for text in TEXTS if is_writable(text) and len(text) < 5_000)


def _sign_routed(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    if base.channel == "taobao" and random.random() < 0.4:
        text, aopic = (
            body.decode(errors="replace"),
            random.choice(("1", "2", "256", "2048", "9", "x")),
        )
        aopic = "524288" if base.topic == "trade.memo" else aopic
        push = signed.pushed(text, secrets[0], aopic, str(int(now)))
        if random.random() < 0.1:
            return Ready(push.changed(body=garbled(random, push.body, body)), refusable=True)
        return Ready(push)
    time = datetime.fromtimestamp(now, UTC) + timedelta(hours=8)
    query = {"timestamp": f"{time:%Y-%m-%d %H:%M:%S}"}
    query["sign_method"] = random.choice(("md5", "hmac", "hmac-sha256"))
    for name in ("method", "message_id"):
        if random.random() < 0.1:
            query[name] = random.choice(_WRITABLE)
    return Ready(signed.routed(body, secrets[0], **query))


def _sign_douyin(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    if base.topic == "order" and random.random() < 0.4:  # a text of JSON, inside an event
        tag = random.choice(("101", 101, "110", "0", "x" * 300, *TEXTS[:9], None, [], {}))
        told = body.decode(errors="replace")
        event = {
            "tag": tag,
            "msg_id": f"{now}:{random.random()}",
            "data": random.choice((told, [told], {"a": told})),
        }
        body = json.dumps([event] * random.choice((1, 1, 2, 201))).encode()
    return Ready(signed.douyin(body, secrets[0]))


def _sign_wechat_shop(
    random: Random, base: Base, body: bytes, now: float, secrets: Sequence[str]
) -> Ready:
    plain, key = secrets
    time = str(int(now))
    chance = random.random()
    if base.topic == "event" and chance < 0.4:
        message = garbled(random, _xml(body), body) if random.random() < 0.5 else _xml(body)
        return Ready(signed.wechat_sealed(message, key, xml=random.random() < 0.5, timestamp=time))
    if chance < 0.7:
        return Ready(signed.wechat_plain(body, plain, timestamp=time))
    sealed = signed.wechat_sealed(body, key, timestamp=time, xml=random.random() < 0.3)
    if random.random() < 0.2:
        return Ready(sealed.changed(body=garbled(random, sealed.body, body)), refusable=True)
    return Ready(sealed)


def _xml(body: bytes) -> bytes:
    """Write what can be read of a message as WeChat writes XML."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = {"Event": "broken"}
    pairs = message.items() if isinstance(message, dict) else ()
    inner = "".join(f"<{name}>{_xml_value(value)}</{name}>" for name, value in pairs)
    return f"<xml>{inner}</xml>".encode(errors="replace")


def _xml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml_value(inner)}</{name}>" for name, inner in value.items())
    return escape(str(value))


def _sign_wechat_miniprogram(
    _: Random, __: Base, body: bytes, ___: float, secrets: Sequence[str]
) -> Ready:
    return Ready(signed.wechat_miniprogram(body, secrets[0]))


_SIGNED: Mapping[str, Sign] = {
    "taobao": _sign_routed,
    "jd": _sign_routed,
    "pdd": _sign_routed,
    "douyin": _sign_douyin,
    "wechat_shop": _sign_wechat_shop,
    "wechat_miniprogram": _sign_wechat_miniprogram,
    "shopify": _sign_shopify,
    "woocommerce": _sign_woocommerce,
    "square": _sign_square,
    "zettle": _sign_zettle,
}
