"""The stack's own Prometheus: it scrapes every process and judges by the rules in `deploy`."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from stack import programs
from stack.failure import StackError
from stack.files import write_atomically
from stack.home import CHECKOUT, Home
from stack.ports import Ports
from stack.program import Launch, dying_with_supervisor, says_ok
from stack.state import Process

RULES = CHECKOUT / "deploy" / "prometheus"
PORT = 9090
SETTINGS = (
    "PROMETHEUS_PORT",
    "PROMETHEUS_SCRAPE_SECONDS",
    "PROMETHEUS_EVALUATION_SECONDS",
    # Alerts that wait longer wait this long instead, such as 5s: for trying them out.
    "ALERT_FOR_MAX",
)
TARGETS = ("api", "worker", "rabbitmq", "alertmanager")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Prometheus:
    name = "prometheus"
    stop_signal = signal.SIGTERM
    stop_seconds = 20.0
    ready_once = True

    def __init__(
        self, home: Home, ports: Ports, http: httpx.AsyncClient, settings: Mapping[str, str]
    ) -> None:
        self._directory = home.prometheus
        self._ports = ports
        self._http = http
        self._settings = settings
        self._port = 0

    async def launch(self) -> Launch:
        program = programs.prometheus()
        demanded = int(self._settings.get("PROMETHEUS_PORT") or 0)
        self._port = self._ports.claim(self.name, demanded=demanded, default=PORT)
        self._directory.mkdir(mode=0o700, exist_ok=True)
        _copy_rules(self._directory / "rules", self._settings.get("ALERT_FOR_MAX", ""))
        configuration = self._directory / "prometheus.json"
        configuration.write_text(json.dumps(self._configuration(), indent=1))
        command = (
            str(program),
            # What is JSON is YAML.
            f"--config.file={configuration}",
            f"--storage.tsdb.path={self._directory / 'store'}",
            "--storage.tsdb.retention.time=2d",
            f"--web.listen-address=127.0.0.1:{self._port}",
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

    def _configuration(self) -> dict[str, object]:
        families = {"family": ["queue_coarse_metrics", "queue_consumer_count"]}
        jobs: tuple[dict[str, object], ...] = (
            {"job_name": "api", **_found("api")},
            {"job_name": "worker", **_found("worker")},
            {
                "job_name": "rabbitmq",
                "metrics_path": "/metrics/detailed",
                "params": families,
                **_found("rabbitmq"),
            },
            {"job_name": "rabbitmq-node", **_found("rabbitmq")},
            {"job_name": "alertmanager", **_found("alertmanager")},
        )
        return {
            "global": {
                "scrape_interval": self._seconds("PROMETHEUS_SCRAPE_SECONDS", 5),
                "scrape_timeout": self._seconds("PROMETHEUS_SCRAPE_SECONDS", 5),
                "evaluation_interval": self._seconds("PROMETHEUS_EVALUATION_SECONDS", 15),
            },
            "rule_files": ["rules/*.yml"],
            "alerting": {"alertmanagers": [_found("alertmanager")]},
            "scrape_configs": jobs,
        }

    def _seconds(self, name: str, default: int) -> str:
        return f"{int(self._settings.get(name) or default)}s"


def write_targets(home: Home, processes: Iterable[Process], broker_metrics_url: str) -> None:
    """Tell Prometheus what runs; it reads the files again when they change."""
    found: dict[str, list[tuple[str, int]]] = {kind: [] for kind in TARGETS}
    for process in processes:
        kind = next((k for k in TARGETS if k in process.name.split("-") and process.port), None)
        # The broker's own port is not the one that shows its metrics.
        if kind and kind != "rabbitmq":
            found[kind].append((process.name, process.port or 0))
    if port := urlsplit(broker_metrics_url).port:
        found["rabbitmq"] = [("rabbitmq", port)]
    home.prometheus.mkdir(mode=0o700, exist_ok=True)
    for kind, targets in found.items():
        # Named as the stack names them, not by a port that says nothing.
        groups = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"instance": name}}
            for name, port in targets
        ]
        path, text = home.prometheus / f"{kind}.json", json.dumps(groups, indent=1)
        if not path.exists() or path.read_text() != text:
            write_atomically(path, text)


def _found(kind: str) -> dict[str, object]:
    return {"file_sd_configs": [{"files": [f"{kind}.json"]}]}


def _copy_rules(directory: Path, for_max: str) -> None:
    sources = [path for path in sorted(RULES.glob("*.yml")) if path.name != "prometheus.yml"]
    if not sources:
        raise StackError(f"There are no rules for Prometheus in {RULES}.")
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir()
    for source in sources:
        text = source.read_text()
        if for_max:
            text = shortened(text, for_max)
        (directory / source.name).write_text(text)


def shortened(rules: str, for_max: str) -> str:
    """The same rules, but none waits longer than this before it fires or before it resolves."""

    def shorter(line: re.Match[str]) -> str:
        return line[1] + min(line[2], for_max, key=_in_seconds)

    return re.sub(r"^(\s*(?:for|keep_firing_for): )(\w+)$", shorter, rules, flags=re.MULTILINE)


def _in_seconds(duration: str) -> int:
    match = re.fullmatch(r"(\d+)([smhd])", duration)
    if match is None:
        raise StackError(f"{duration!r} is not a duration like 5s or 2m.")
    return int(match[1]) * UNITS[match[2]]
