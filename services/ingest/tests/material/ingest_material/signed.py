"""Calls as platforms make them, signed by their documents and not by the code that checks them."""

import hashlib
import hmac
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ingest.channels.channel import Call

NOW = 1_763_776_800.0
"""2025-11-22 10:00:00 in Beijing."""
NOW_IN_BEIJING = "2025-11-22 10:00:00"
URL = "https://orders.example.com/v1/webhooks"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signed:
    """One HTTP request, as any client can send it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = URL

    def call(self, now: float = NOW) -> Call:
        return Call(headers=self.headers, query=self.query, body=self.body, url=self.url, now=now)

    def without(self, name: str) -> "Signed":
        """Leave out a header or a parameter."""
        headers = {key: value for key, value in self.headers.items() if key != name}
        query = {key: value for key, value in self.query.items() if key != name}
        return replace(self, headers=headers, query=query)

    def changed(self, **changes: Any) -> "Signed":
        return replace(self, **changes)


def json_body(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def hmac_base64(message: bytes, secret: str) -> str:
    return b64encode(hmac.digest(secret.encode(), message, "sha256")).decode()


def md5(message: bytes) -> str:
    return hashlib.md5(message, usedforsecurity=False).hexdigest()


# --- shops abroad -----------------------------------------------------------------------------


def shopify(body: bytes, secret: str, topic: str = "orders/create", **headers: str) -> Signed:
    signature = hmac_base64(body, secret)
    told = {"x-shopify-hmac-sha256": signature, "x-shopify-topic": topic}
    return Signed(body, told | headers)


def woocommerce(body: bytes, secret: str, topic: str = "order.created", **headers: str) -> Signed:
    signature = hmac_base64(body, secret)
    told = {"x-wc-webhook-signature": signature, "x-wc-webhook-topic": topic}
    return Signed(body, told | headers)


def square(body: bytes, secret: str, url: str = URL) -> Signed:
    signature = hmac_base64(url.encode() + body, secret)
    return Signed(body, {"x-square-hmacsha256-signature": signature}, url=url)


def zettle(payload: str, secret: str, event: str = "PurchaseCreated", **more: str) -> Signed:
    """Wrap a payload in an event; both are texts of JSON."""
    time = "2025-11-22T02:00:00.000Z"
    message = f"{time}.{payload}".encode()
    envelope = {"eventName": event, "timestamp": time, "payload": payload, **more}
    signature = hmac.digest(secret.encode(), message, "sha256").hex()
    return Signed(json_body(envelope), {"x-izettle-signature": signature})


# --- Taobao, JD, Pinduoduo --------------------------------------------------------------------


def routed(body: bytes, secret: str, **query: str) -> Signed:
    """Sign a JSON body as Qimen does: the parameters, then the body, then the secret again."""
    query = {"timestamp": NOW_IN_BEIJING, "app_key": "1234", "sign_method": "md5", **query}
    text = "".join(name + query[name] for name in sorted(query) if query[name]).encode() + body
    key = secret.encode()
    made = {
        "md5": lambda: md5(key + text + key),
        "hmac": lambda: hmac.digest(key, text, "md5").hex(),
        "hmac-sha256": lambda: hmac.digest(key, text, "sha256").hex(),
    }[query["sign_method"]]()
    return Signed(body, {"content-type": "application/json"}, {**query, "sign": made.upper()})


def pushed(text: str, secret: str, aopic: str = "2", timestamp: str = str(int(NOW))) -> Signed:
    """Put a JSON text into the form of a push gateway."""
    signature = md5(f"{secret}json{text}timestamp{timestamp}{secret}".encode())
    query = {"timestamp": timestamp, "aopic": aopic, "sign": signature}
    return Signed(urlencode({"json": text}).encode(), {"content-type": FORM}, query)


# --- Douyin, WeChat ---------------------------------------------------------------------------


def douyin(body: bytes, secret: str, app_key: str = "app") -> Signed:
    signature = md5(app_key.encode() + body + secret.encode())
    return Signed(body, {"event-sign": signature, "app-id": app_key})


def wechat_plain(
    body: bytes, token: str, timestamp: str = str(int(NOW)), nonce: str = "n", **query: str
) -> Signed:
    query |= {"timestamp": timestamp, "nonce": nonce, "signature": _sha1(token, timestamp, nonce)}
    return Signed(body, query=query)


def wechat_sealed(
    message: bytes, secret: str, *, xml: bool = False, timestamp: str = str(int(NOW))
) -> Signed:
    """Encrypt and sign; the secret is `token:EncodingAESKey:appid`."""
    token, key, app_id = secret.split(":")
    sealed = seal(message, key, app_id)
    signature = _sha1(token, timestamp, "n", sealed)
    body = json_body({"ToUserName": "gh_1", "Encrypt": sealed})
    if xml:
        body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    return Signed(
        body,
        query={
            "timestamp": timestamp,
            "nonce": "n",
            "encrypt_type": "aes",
            "msg_signature": signature,
        },
    )


def seal(message: bytes, key: str, app_id: str) -> str:
    raw = b64decode(f"{key}=")
    plain = b"0123456789abcdef" + struct.pack(">I", len(message)) + message + app_id.encode()
    missing = 32 - len(plain) % 32
    writer = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return b64encode(writer.update(plain + bytes([missing]) * missing) + writer.finalize()).decode()


def wechat_miniprogram(body: bytes, token: str) -> Signed:
    return Signed(body, {"authorization": f"Bearer {token}"})


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
