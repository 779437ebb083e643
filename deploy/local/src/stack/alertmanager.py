"""The stack's own Alertmanager: it groups alerts and tells them to a webhook or by e-mail."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping

import httpx

from stack import programs
from stack.failure import StackError
from stack.files import write_atomically
from stack.home import CHECKOUT, Home
from stack.ports import Ports
from stack.program import Launch, dying_with_supervisor, says_ok

SOURCE = CHECKOUT / "deploy" / "alertmanager"
PORT = 9093
# What the configuration is filled in with; who sets none of these is told nothing.
VARIABLES = (
    "ALERT_WEBHOOK_URL",
    "ALERT_HEARTBEAT_URL",
    "ALERT_EMAIL_TO",
    "ALERT_EMAIL_FROM",
    "SMTP_SMARTHOST",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "SMTP_REQUIRE_TLS",
    "ALERT_GROUP_WAIT",
    "ALERT_GROUP_INTERVAL",
)
SETTINGS = ("ALERTMANAGER_PORT", *VARIABLES)


class Alertmanager:
    name = "alertmanager"
    stop_signal = signal.SIGTERM
    stop_seconds = 10.0
    ready_once = True

    def __init__(
        self, home: Home, ports: Ports, http: httpx.AsyncClient, settings: Mapping[str, str]
    ) -> None:
        self._directory = home.alertmanager
        self._ports = ports
        self._http = http
        self._settings = settings
        self._port = 0

    async def launch(self) -> Launch:
        program = programs.alertmanager()
        demanded = int(self._settings.get("ALERTMANAGER_PORT") or 0)
        self._port = self._ports.claim(self.name, demanded=demanded, default=PORT)
        self._directory.mkdir(mode=0o700, exist_ok=True)
        text = await asyncio.to_thread(filled_in, self._settings)
        configuration = self._directory / "alertmanager.yml"
        write_atomically(configuration, text, mode=0o600)
        command = (
            str(program),
            f"--config.file={configuration}",
            f"--storage.path={self._directory / 'store'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            # Alone: it looks for no others.
            "--cluster.listen-address=",
            "--log.level=warn",
        )
        return Launch(
            command=dying_with_supervisor(command),
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            directory=self._directory,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        return await says_ok(self._http, f"http://127.0.0.1:{self._port}/-/ready")


def filled_in(settings: Mapping[str, str]) -> str:
    """The configuration with the caller's addresses, by the same means as in a container."""
    values = {name: settings.get(name, "") for name in VARIABLES}
    outcome = subprocess.run(
        ["awk", "-f", str(SOURCE / "fill.awk"), str(SOURCE / "alertmanager.yml")],
        env={"PATH": os.environ.get("PATH", os.defpath), **values, "TEMPLATES": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise StackError(f"The configuration of Alertmanager is faulty: {outcome.stderr.strip()}")
    return outcome.stdout
