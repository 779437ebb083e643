"""Where the programs of PostgreSQL and RabbitMQ are on this machine."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.failure import StackError

POSTGRES_MAJOR_MIN = 15
BREW = ("/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    directory: Path
    major: int


@dataclass(frozen=True, slots=True)
class BrokerPrograms:
    server: Path
    epmd: Path


def postgres(major: int | None = None) -> PostgresPrograms:
    """The newest PostgreSQL, or the one of the major version that a cluster was made with."""
    found = sorted(set(_postgres_versions()), reverse=True)
    for version, directory in found:
        if version == major or (major is None and version >= POSTGRES_MAJOR_MIN):
            return PostgresPrograms(directory, version)
    if major is not None:
        raise StackError(
            f"The data was made by PostgreSQL {major}, which is not installed. "
            "Install it, or delete the data with: python -m stack down --wipe"
        )
    raise StackError(f"PostgreSQL {POSTGRES_MAJOR_MIN} or newer is not installed.")


def broker() -> BrokerPrograms:
    # The server's script in Debian's /usr/sbin changes the user; the one it wraps does not.
    server = _first(
        "/usr/lib/rabbitmq/bin/rabbitmq-server",
        "/usr/lib/rabbitmq/lib/*/sbin/rabbitmq-server",
        *(f"{brew}/rabbitmq/sbin/rabbitmq-server" for brew in BREW),
    ) or _in_path("rabbitmq-server")
    epmd = _in_path("epmd") or _first(
        "/usr/lib/erlang/erts-*/bin/epmd",
        "/usr/lib64/erlang/erts-*/bin/epmd",
        *(f"{brew}/erlang/lib/erlang/erts-*/bin/epmd" for brew in BREW),
    )
    if server is None or epmd is None:
        raise StackError("RabbitMQ is not installed.")
    return BrokerPrograms(server, epmd)


def prometheus() -> Path:
    found = _first(*(f"{brew}/prometheus/bin/prometheus" for brew in BREW))
    return _required("Prometheus", _in_path("prometheus") or found)


def alertmanager() -> Path:
    # Debian gives it a longer name.
    found = _first(*(f"{brew}/alertmanager/bin/alertmanager" for brew in BREW))
    debian = _in_path("prometheus-alertmanager")
    return _required("Alertmanager", debian or _in_path("alertmanager") or found)


def is_present(find: Callable[[], object]) -> bool:
    try:
        find()
    except StackError:
        return False
    return True


def is_present_postgres() -> bool:
    return any(major >= POSTGRES_MAJOR_MIN for major, _ in _postgres_versions())


def is_present_broker() -> bool:
    return is_present(broker)


def _postgres_versions() -> Iterator[tuple[int, Path]]:
    for directory in _postgres_directories():
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            answer = subprocess.run(
                [directory / "postgres", "--version"], capture_output=True, text=True, check=False
            )
            if match := re.search(r"(\d+)(\.|devel|beta|rc)", answer.stdout):
                yield int(match[1]), directory.resolve()


def _postgres_directories() -> Iterator[Path]:
    yield from (Path(entry) for entry in os.get_exec_path() if entry)
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    yield from Path("/usr").glob("pgsql-*/bin")
    for brew in BREW:
        yield from Path(brew).glob("postgresql*/bin")
        yield from Path(brew).glob("libpq/bin")


def _first(*patterns: str) -> Path | None:
    for pattern in patterns:
        for path in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if os.access(path, os.X_OK):
                return path
    return None


def _required(title: str, program: Path | None) -> Path:
    if program is None:
        raise StackError(f"{title} is not installed.")
    return program


def _in_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None
