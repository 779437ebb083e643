"""What the services and the person's programs are told: addresses, passwords and keys."""

import os
from dataclasses import dataclass

from stack.credentials import Credentials
from stack.files import write_atomically
from stack.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Where the infrastructure is."""

    database_url: str
    amqp_url: str
    # Unknown for a broker that the caller brought.
    metrics_url: str = ""


def of_service(
    home: Home,
    connections: Connections,
    credentials: Credentials,
    *,
    instance: str,
    port: int | None,
) -> dict[str, str]:
    own = {
        "DATABASE_URL": connections.database_url,
        "AMQP_URL": connections.amqp_url,
        **credentials.webhook_variables(),
        "INSTANCE": instance,
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
        # A log that is followed must not lag behind.
        "PYTHONUNBUFFERED": "1",
    }
    inherited = dict(os.environ)
    if inherited.pop("PYTHONDONTWRITEBYTECODE", ""):
        # The sources stay as clean as the caller wants, and a start takes half as long.
        own["PYTHONPYCACHEPREFIX"] = str(home.bytecode)
    return {**inherited, **own, **({"PORT": str(port)} if port else {})}


def write_env(
    home: Home, connections: Connections, credentials: Credentials, api_ports: dict[str, int]
) -> None:
    """The file with which programs find the running stack."""
    values = {
        **{f"{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in api_ports.items()},
        "DATABASE_URL": connections.database_url,
        "AMQP_URL": connections.amqp_url,
        "RABBITMQ_METRICS_URL": connections.metrics_url,
        "SLUICE_API_KEY": credentials.api_key,
        **credentials.webhook_variables(),
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items() if value)
    if not home.env.exists() or home.env.read_text() != text:
        write_atomically(home.env, text, mode=0o600)


def read_env(home: Home) -> dict[str, str]:
    if not home.env.exists():
        return {}
    lines = home.env.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)
