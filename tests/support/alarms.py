"""Alerts told to the test itself, and sooner than in earnest; afterwards all is as it was."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from stack import Stack
from stack.alertmanager import filled_in
from stack.prometheus import shortened
from support.waiting import until

# Long enough to be pending first, as in earnest.
FOR_MAX = "5s"
EVALUATED_EVERY = "2s"
GROUPED_FOR = "1s"
RELOADED = "prometheus_config_last_reload_success_timestamp_seconds"


@asynccontextmanager
async def alarms_told_to(url: str, system: Stack) -> AsyncGenerator[None]:
    """Have Prometheus and Alertmanager watch, whoever started them, and tell this address."""
    await asyncio.to_thread(system.up, extras=("prometheus", "alertmanager"))
    hasty = await asyncio.to_thread(_hasty, system, url)
    before = await asyncio.to_thread(_exchange, hasty)
    try:
        await _reload(system)
        yield
    finally:
        await asyncio.to_thread(_exchange, before)
        await _reload(system)


def _hasty(system: Stack, url: str) -> dict[Path, str]:
    """The same rules and routes as in earnest; only times and addresses differ."""
    home = system.home
    texts = {
        path: shortened(path.read_text(), FOR_MAX)
        for path in (home.prometheus / "rules").glob("*.yml")
    }
    settings = home.prometheus / "prometheus.json"
    configuration = json.loads(settings.read_text())
    configuration["global"]["evaluation_interval"] = EVALUATED_EVERY
    texts[settings] = json.dumps(configuration, indent=1)
    texts[home.alertmanager / "alertmanager.yml"] = filled_in(
        {
            "ALERT_WEBHOOK_URL": url,
            "ALERT_GROUP_WAIT": GROUPED_FOR,
            "ALERT_GROUP_INTERVAL": GROUPED_FOR,
        }
    )
    return texts


def _exchange(texts: Mapping[Path, str]) -> dict[Path, str]:
    """Write these; return what was there."""
    before = {path: path.read_text() for path in texts}
    for path, text in texts.items():
        path.write_text(text)
    return before


async def _reload(system: Stack) -> None:
    """Have both read their files again, and wait until they have."""
    env = system.env()
    async with httpx.AsyncClient(timeout=10) as client:

        async def loaded_at() -> float:
            shown = (await client.get(f"{env['PROMETHEUS_URL']}/metrics")).text
            found = re.search(rf"^{RELOADED} (\S+)$", shown, re.MULTILINE)
            assert found, "Prometheus does not say when it read its files"
            return float(found[1])

        earlier = await loaded_at()

        async def loaded() -> bool:
            return await loaded_at() > earlier

        await asyncio.to_thread(system.signal, "prometheus", signal.SIGHUP)
        await until(loaded)
        answer = await client.post(f"{env['ALERTMANAGER_URL']}/-/reload")
        assert answer.is_success, answer.text
