"""The stack's own PostgreSQL cluster."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import asyncpg

from stack import leftovers, programs
from stack.failure import StackError
from stack.home import Home
from stack.program import Launch, run_as

DATABASE = "sluice"
ROLE = "sluice"

CONFIGURATION = """\
# Written by the stack at every start.
listen_addresses = '127.0.0.1'
port = {port}
# A socket's path would be too long in a deep home, and nobody needs one.
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
# Says when a row became visible to others: how latency is measured without guessing.
track_commit_timestamp = on
synchronous_commit = on
fsync = on
wal_compression = on
max_wal_size = 2GB
checkpoint_completion_target = 0.9
idle_in_transaction_session_timeout = 30s
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %a '
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
"""


class Postgres:
    name = "postgres"
    # "Fast": open transactions are rolled back, clients are disconnected.
    stop_signal = signal.SIGINT
    stop_seconds = 30.0
    ready_once = True

    def __init__(self, home: Home, port: int, password: str) -> None:
        self._port = port
        self._password = password
        self._user = choose_user(home)
        self.data = choose_directory(home, self._user)

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{self._password}@127.0.0.1:{self._port}/{DATABASE}"

    async def launch(self) -> Launch:
        version = self.data / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        binaries = programs.postgres(major).directory
        if major is None:
            await self._create_cluster(binaries)
        # Backends outlive a killed postmaster for a moment and would stop the next one from
        # starting; so would its pid file, if the pid has been given to another process.
        await asyncio.to_thread(leftovers.end_postgres, self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        configuration = self.data / "postgresql.conf"
        configuration.write_text(CONFIGURATION.format(port=self._port))
        return Launch(
            command=(str(binaries / "postgres"), "-D", str(self.data)),
            environment=_environment(),
            directory=self.data,
            port=self._port,
            user=self._user,
        )

    async def is_ready(self) -> bool:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection = await asyncpg.connect(self.url, timeout=2, ssl=False)
            await connection.close()
            return True
        return False

    async def _create_cluster(self, binaries: Path) -> None:
        """All or nothing: the cluster is made beside its place and moved there when complete."""
        unfinished = self.data.with_name(self.data.name + ".new")
        for directory in (unfinished, self.data):
            if directory.exists():
                shutil.rmtree(directory)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir(mode=0o700)
        if self._user:
            shutil.chown(unfinished, self._user)
        try:
            await self._initdb(binaries, unfinished, "C.UTF-8")
        except StackError:
            # macOS and some small systems know no such locale.
            await self._initdb(binaries, unfinished, "C")
        await self._run(
            (str(binaries / "postgres"), "--single", "-D", str(unfinished), "postgres"),
            f"CREATE DATABASE {DATABASE}\n",
        )
        unfinished.rename(self.data)

    async def _initdb(self, binaries: Path, directory: Path, locale: str) -> None:
        with tempfile.NamedTemporaryFile("w", prefix="sluice-") as password:
            password.write(self._password)
            password.flush()
            if self._user:
                shutil.chown(password.name, self._user)
            command = (
                *(str(binaries / "initdb"), "-D", str(directory), "--username", ROLE),
                *("--auth=scram-sha-256", f"--pwfile={password.name}", "--data-checksums"),
                *("--encoding=UTF8", f"--locale={locale}"),
            )
            await self._run(command, "")

    async def _run(self, command: tuple[str, ...], text: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            **run_as(self._user),
        )
        output, _ = await process.communicate(text.encode())
        if process.returncode != 0:
            raise StackError(f"{Path(command[0]).name} failed: {output.decode().strip()[-500:]}")


def choose_user(home: Home) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as another user."""
    if os.geteuid() != 0:
        return None
    for directory in (home.postgres, home.postgres_elsewhere):
        if directory.exists() and (owner := directory.stat().st_uid) != 0:
            return pwd.getpwuid(owner).pw_name
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise StackError("PostgreSQL cannot run as root, and there is no user postgres or nobody.")


def choose_directory(home: Home, user: str | None) -> Path:
    """In the home, unless the database's user cannot get there."""
    if home.postgres_elsewhere.exists():
        return home.postgres_elsewhere
    if user is None or _can_enter(home.path, user):
        return home.postgres
    return home.postgres_elsewhere


def _can_enter(directory: Path, user: str) -> bool:
    probe = subprocess.run(
        ["test", "-x", directory], check=False, cwd="/", env=_environment(), **run_as(user)
    )
    return probe.returncode == 0


def _environment() -> dict[str, str]:
    """Without the caller's PG… variables, which would lead the programs elsewhere."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
