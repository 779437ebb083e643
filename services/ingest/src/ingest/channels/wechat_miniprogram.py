"""A WeChat mini-program's own system: whole trades, with the access token we gave it."""

import hmac
from collections.abc import Sequence

from ingest.channels.channel import Call, Message, Unauthentic


class WechatMiniprogram:
    name = "wechat_miniprogram"
    taken = None

    def echo(self, call: Call, secrets: Sequence[str]) -> None:
        del call, secrets

    def open(self, call: Call, secrets: Sequence[str]) -> Sequence[Message]:
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        given = (call.query.get("access_token") or bearer).encode(errors="replace")
        matches = [hmac.compare_digest(secret.encode(), given) for secret in secrets]
        if not any(matches):
            raise Unauthentic("The access token is not the shop's.")
        return [Message("trade", call.body)]
