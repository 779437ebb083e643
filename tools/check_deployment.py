"""Check the deployment files against the code, and against their schemas where at hand."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.resources import files as resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import alert_files
import yaml
from jsonschema.validators import validator_for
from rendering.services import NAMES
from rendering.settings import variables_of

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
ROLES = ("prepare", "api", "worker")
PORT = 8000
# What the image's own start commands read, beside the settings of the services.
IMAGE_VARIABLES = {"SLUICE_API_KEY", "SEED_DEMO", "HAS_DEMO_DATA"}

Compose = Mapping[str, Any]


def schema_faults(compose: Compose) -> Iterator[str]:
    """Check against the specification's own schema, which check-jsonschema carries."""
    if find_spec("check_jsonschema") is None:
        return
    vendored = resources("check_jsonschema.builtin_schemas") / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text("utf-8"))
    for error in validator_for(schema)(schema).iter_errors(compose):
        yield f"docker-compose.yml: {error.json_path}: {error.message[:200]}"


def compose_faults(compose: Compose) -> Iterator[str]:
    services: Mapping[str, Compose] = compose["services"]
    for name, service in services.items():
        yield from _common_faults(name, service, services)
        yield from _port_faults(name, service)
    for name in NAMES:
        for role in ROLES:
            if f"{name}-{role}" in services:
                yield from _role_faults(name, role, services[f"{name}-{role}"])
            else:
                yield f"docker-compose.yml: there is no {name}-{role}"


def _common_faults(name: str, service: Compose, services: Compose) -> Iterator[str]:
    for part in ("command", "healthcheck", "mem_limit", "networks", "restart"):
        if part not in service:
            yield f"docker-compose.yml: {name} has no {part}"
    for target in service.get("depends_on", {}):
        if target not in services:
            yield f"docker-compose.yml: {name} depends on {target}, which is not there"


def _port_faults(name: str, service: Compose) -> Iterator[str]:
    for published in service.get("ports", ()):
        if not str(published).startswith("127.0.0.1:"):
            yield f"docker-compose.yml: {name} is published beyond this machine"
        if name.endswith("-api") and not str(published).endswith(f":{PORT}"):
            yield f"docker-compose.yml: {name} publishes another port than it listens on"


def _role_faults(name: str, role: str, service: Compose) -> Iterator[str]:
    place = f"docker-compose.yml: {name}-{role}"
    if service["build"]["args"] != {"SERVICE": name}:
        yield f"{place} is built as another service"
    if not (ROOT / service["build"]["dockerfile"]).is_file():
        yield f"{place} is built by a recipe that is not there"
    wanted = [] if role == "prepare" else [role]
    if service["command"] != wanted:
        yield f"{place} runs {service['command']}"
    environment: Mapping[str, str | None] = service["environment"]
    if environment.get("PORT") != str(PORT):
        yield f"{place} listens on another port than {PORT}"
    known = variables_of(name)
    for variable in environment:
        if not any(v.fits(variable) for v in known) and variable not in IMAGE_VARIABLES:
            yield f"{place} sets {variable}, which {name} does not read"
    if ("HAS_DEMO_DATA" in environment) != (role == "prepare" and _has_demo_data(name)):
        yield f"{place} is wrong about demo data"


def _has_demo_data(name: str) -> bool:
    return "seed-demo" in import_module(f"{name}.wiring").service().commands


PASSED_ON = {"CHANNELS", "CHANNEL_APIS", "REMINDERS", "CHECK_ENDPOINTS", "WEBHOOK_SECRETS"}
"""Variables without a value in the compose file: they are passed on as they are."""


def example_faults() -> Iterator[str]:
    """Every variable the compose file reads must be explained in .env.example, and no other."""
    read = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text("utf-8"))) | PASSED_ON
    text = (ROOT / ".env.example").read_text("utf-8")
    explained = set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE))
    for variable in sorted(read ^ explained):
        yield f".env.example and docker-compose.yml disagree on {variable}"


def recipe_faults() -> Iterator[str]:
    ignored = (ROOT / ".dockerignore").read_text("utf-8")
    for line in DOCKERFILE.read_text("utf-8").splitlines():
        words = [word for word in line.split() if not word.startswith("--")]
        if not words or words[0] != "COPY" or "--from" in line:
            continue
        for source in words[1:-1]:
            for name in NAMES:
                if not (ROOT / source.replace("${SERVICE}", name)).exists():
                    yield f"Dockerfile copies {source}, which {name} has not"
            if f"!{source.replace('${SERVICE}', '*').rstrip('/')}" not in ignored:
                yield f"Dockerfile copies {source}, which .dockerignore leaves out"


def prometheus_faults(compose: Compose) -> Iterator[str]:
    config = yaml.safe_load(PROMETHEUS.read_text("utf-8"))
    scraped: set[str] = set()
    for job in config["scrape_configs"]:
        for found in job.get("dns_sd_configs", ()):
            scraped |= set(found["names"])
            if found["port"] != PORT:
                yield f"prometheus.yml: {job['job_name']} asks port {found['port']}"
        for group in job.get("static_configs", ()):
            scraped |= {target.partition(":")[0] for target in group["targets"]}
    for name in sorted(scraped - compose["services"].keys() - {"localhost"}):
        yield f"prometheus.yml: {name} is no service of docker-compose.yml"
    for name in NAMES:
        for missing in sorted({f"{name}-api", f"{name}-worker"} - scraped):
            yield f"prometheus.yml: {missing} is not scraped"


def main() -> int:
    compose: Compose = yaml.safe_load(COMPOSE.read_text("utf-8"))
    checks: list[Callable[[], Iterator[str]]] = [
        lambda: schema_faults(compose),
        lambda: compose_faults(compose),
        example_faults,
        recipe_faults,
        lambda: prometheus_faults(compose),
        alert_files.faults,
    ]
    found = [fault for check in checks for fault in check()]
    if found:
        print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
