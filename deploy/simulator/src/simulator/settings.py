"""Every environment variable the simulator reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

HOST, PORT = "127.0.0.1", 8190
CHANNELS = ("taobao", "jd", "pdd", "douyin", "wechat_shop", "shopify", "woocommerce", "square")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str = HOST
    port: int = PORT
    ingest_url: str = ""
    env_file: str = ""
    """Of a local stack: INGEST_URL is looked up there where it is not set."""
    api_secret: str = field(default="", repr=False)
    """What every channel's API is called with."""
    push_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    seed: int = 1

    @classmethod
    def read(cls) -> Self:
        """Read the environment.

        Raises:
            SystemExit: something that is needed is missing; the text names it.
        """
        names = {channel: f"WEBHOOK_SECRET_{channel.upper()}" for channel in CHANNELS}
        needed = [*names.values(), "SIMULATOR_SECRET"]
        missing = [name for name in needed if not os.environ.get(name)]
        if missing:
            raise SystemExit(f"Not set: {', '.join(missing)}.")
        return cls(
            host=os.environ.get("HOST", HOST),
            port=int(os.environ.get("PORT") or PORT),
            ingest_url=os.environ.get("INGEST_URL", ""),
            env_file=os.environ.get("STACK_ENV_FILE", ""),
            api_secret=os.environ["SIMULATOR_SECRET"],
            push_secrets={channel: os.environ[name] for channel, name in names.items()},
            seed=int(os.environ.get("SIMULATOR_SEED") or 1),
        )
