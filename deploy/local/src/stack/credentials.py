"""The passwords and keys of one stack: generated once, readable by its owner only."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stack.files import locked, write_atomically
from stack.home import Home

WECHAT_APP_ID = "wxsluicelocal"
CHANNELS = (
    "taobao",
    "jd",
    "pdd",
    "douyin",
    "wechat_shop",
    "wechat_miniprogram",
    "shopify",
    "woocommerce",
    "square",
    "zettle",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    database_password: str
    broker_password: str
    broker_cookie: str
    api_key: str
    simulator_secret: str
    """What the simulated channels' APIs are called with."""
    webhook_secrets: Mapping[str, str] = field(repr=False)
    """By channel, of the shop "demo"."""

    def webhook_variables(self) -> dict[str, str]:
        return {f"WEBHOOK_SECRET_{name.upper()}": s for name, s in self.webhook_secrets.items()}


def obtain(home: Home) -> Credentials:
    with locked(home.plan_lock):
        kept = json.loads(home.secrets.read_text()) if home.secrets.exists() else {}
        # Hexadecimal needs no quoting in a URL, a configuration file or a shell.
        credentials = Credentials(
            database_password=kept.get("database_password") or secrets.token_hex(24),
            broker_password=kept.get("broker_password") or secrets.token_hex(24),
            broker_cookie=kept.get("broker_cookie") or secrets.token_hex(24),
            api_key=kept.get("api_key") or secrets.token_hex(32),
            simulator_secret=kept.get("simulator_secret") or secrets.token_hex(32),
            webhook_secrets={name: _webhook_secret(name, kept) for name in CHANNELS},
        )
        wanted = asdict(credentials)
        if kept != wanted:  # new, or of a version that knew fewer channels
            write_atomically(home.secrets, json.dumps(wanted, indent=1), mode=0o600)
        return credentials


def _webhook_secret(channel: str, kept: Mapping[str, Any]) -> str:
    # Versions before had two, each by a name of its own.
    known = kept.get("webhook_secrets", {}).get(channel) or kept.get(f"webhook_secret_{channel}")
    if known:
        return str(known)
    if channel == "wechat_shop":  # token, EncodingAESKey of 43 characters, app id
        return f"{secrets.token_hex(16)}:{secrets.token_hex(21)}A:{WECHAT_APP_ID}"
    return secrets.token_hex(32)
