"""Where everything of one stack is kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CHECKOUT = Path(__file__).resolve().parents[4]


def default_home() -> Path:
    root = CHECKOUT if (CHECKOUT / "deploy" / "local").is_dir() else Path.cwd()
    return root / ".local"


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(path.expanduser().resolve())

    @property
    def identifier(self) -> str:
        """A short name that no other home on this machine has."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:10]

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.json"

    @property
    def ports(self) -> Path:
        return self.path / "ports.json"

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def plan_lock(self) -> Path:
        return self.path / "plan.lock"

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    @property
    def env(self) -> Path:
        return self.path / "env"

    @property
    def supervisor(self) -> Path:
        """Locked by the running supervisor; holds its pid."""
        return self.path / "supervisor.pid"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def bytecode(self) -> Path:
        return self.path / "bytecode"

    @property
    def rabbitmq(self) -> Path:
        return self.path / "rabbitmq"

    @property
    def prometheus(self) -> Path:
        return self.path / "prometheus"

    @property
    def alertmanager(self) -> Path:
        return self.path / "alertmanager"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def postgres_elsewhere(self) -> Path:
        """For the cluster when its user cannot reach the home."""
        return Path("/var/lib/sluice") / self.identifier

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        if not self.path.exists():
            self.path.mkdir(parents=True)
            # The database's user passes through, but does not look around.
            self.path.chmod(0o711)
        self.logs.mkdir(mode=0o700, exist_ok=True)
