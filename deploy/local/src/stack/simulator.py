"""The channel simulator as a program that is kept running, and what intake is told of it."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import httpx

from stack import credentials
from stack.credentials import WECHAT_APP_ID, Credentials
from stack.home import Home
from stack.ports import Ports
from stack.program import Launch, dying_with_supervisor, says_ok

PORT = 8190
SETTINGS = ("SIMULATOR_PORT", "SIMULATOR_SEED")
CALLS_PER_SECOND = 100


class Simulator:
    name = "simulator"
    stop_signal = signal.SIGTERM
    stop_seconds = 5.0
    ready_once = False

    def __init__(
        self, home: Home, ports: Ports, http: httpx.AsyncClient, settings: Mapping[str, str]
    ) -> None:
        self._home = home
        self._ports = ports
        self._http = http
        self._settings = settings
        # Claimed now: intake, which starts later, is told where the channels' APIs will be.
        self._port = self._claim()

    def _claim(self) -> int:
        demanded = int(self._settings.get("SIMULATOR_PORT") or 0)
        return self._ports.claim(self.name, demanded=demanded, default=PORT)

    async def launch(self) -> Launch:
        self._port = self._claim()
        known = credentials.obtain(self._home)
        own = {
            **known.webhook_variables(),
            "SIMULATOR_SECRET": known.simulator_secret,
            "SIMULATOR_SEED": self._settings.get("SIMULATOR_SEED", ""),
            "STACK_ENV_FILE": str(self._home.env),
            "INGEST_URL": "",
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            "PYTHONUNBUFFERED": "1",
        }
        return Launch(
            command=dying_with_supervisor((sys.executable, "-m", "simulator")),
            environment={**os.environ, **own},
            directory=self._home.path,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        return await says_ok(self._http, f"http://127.0.0.1:{self._port}/readyz")


def channel_apis(port: int, known: Credentials) -> str:
    """Return CHANNEL_APIS for a stack whose channels are simulated on this port."""
    url, secret = f"http://127.0.0.1:{port}", known.simulator_secret
    router = {"app_key": "simulated", "secret": secret}
    shops: dict[str, dict[str, Any]] = {
        "taobao": router | {"url": f"{url}/taobao/router/rest", "session": "simulated"},
        "jd": router | {"url": f"{url}/jd/routerjson", "access_token": "simulated"},
        "pdd": router | {"url": f"{url}/pdd/api/router", "access_token": "simulated"},
        "douyin": router | {"url": f"{url}/douyin", "shop_id": "1"},
        "wechat_shop": {"url": f"{url}/wechat_shop", "app_id": WECHAT_APP_ID, "secret": secret},
        "shopify": {"url": f"{url}/shopify", "access_token": secret},
        "woocommerce": {
            "url": f"{url}/woocommerce",
            "consumer_key": "simulated",
            "consumer_secret": secret,
        },
        "square": {"url": f"{url}/square", "access_token": secret, "location_ids": ["L1"]},
    }
    limit = {"calls_per_second": CALLS_PER_SECOND}
    return json.dumps({f"{channel}/demo": one | limit for channel, one in shops.items()})
