"""The stack's own RabbitMQ node, and the name server (epmd) that its Erlang runtime needs."""

import asyncio
import os
import signal
from pathlib import Path

from stack import programs
from stack.failure import StackError
from stack.home import Home
from stack.ports import Ports
from stack.program import Launch, answers

USER = "sluice"
EPMD_SECONDS_MAX = 5.0

CONFIGURATION = """\
# Written by the stack at every start.
listeners.tcp.local = 127.0.0.1:{port}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics_port}
default_user = {user}
default_pass = {password}
default_vhost = /
default_user_tags.administrator = true
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
heartbeat = 15
consumer_timeout = 1800000
collect_statistics_interval = 10000
disk_free_limit.absolute = 1GB
vm_memory_high_watermark.absolute = 2GB
raft.wal_max_size_bytes = 64000000
log.file = false
log.console = true
log.console.level = info
"""

# Two schedulers that sleep instead of spinning: the machine is shared with everything else.
# Only file access spins, and briefly: loading the code is thousands of small reads, and putting
# a thread to sleep after each made a start take twice as long and cost more, not less.
RUNTIME_FLAGS = (
    "-noinput -start_epmd false -kernel inet_dist_use_interface {127,0,0,1} "
    "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio very_short"
)


class Epmd:
    """An own name server on an own port, so that it can be ended with the stack."""

    name = "epmd"
    stop_signal = signal.SIGTERM
    stop_seconds = 5.0
    ready_once = True

    def __init__(self, home: Home, port: int) -> None:
        self._home = home
        self.port = port

    async def launch(self) -> Launch:
        return Launch(
            command=(str(programs.broker().epmd), "-port", str(self.port), "-address", "127.0.0.1"),
            environment={"PATH": os.environ.get("PATH", os.defpath)},
            directory=self._home.path,
            port=self.port,
        )

    async def is_ready(self) -> bool:
        # It answers a request for the names it knows with its own port.
        return await answers(self.port, b"\x00\x01n", self.port.to_bytes(4, "big"))


class RabbitMQ:
    name = "rabbitmq"
    stop_signal = signal.SIGTERM
    stop_seconds = 30.0
    ready_once = True

    def __init__(self, home: Home, ports: Ports, *, password: str, cookie: str) -> None:
        self._home = home
        self._directory = home.rabbitmq
        self._password = password
        self._cookie = cookie
        self._port = ports.claim("rabbitmq")
        self._distribution_port = ports.claim("rabbitmq-distribution")
        self._metrics_port = ports.claim("rabbitmq-metrics")
        self.epmd = Epmd(home, ports.claim("epmd"))

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self._password}@127.0.0.1:{self._port}/"

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self._metrics_port}/metrics"

    async def launch(self) -> Launch:
        # Without it the node would start a name server of its own, which nobody ends.
        await self._await_epmd()
        self._write_configuration()
        return Launch(
            command=(str(programs.broker().server),),
            environment=self._environment(),
            directory=self._directory,
            port=self._port,
        )

    async def is_ready(self) -> bool:
        # The answer is a frame of type 1 (method) on channel 0: connection.start.
        return await answers(self._port, b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00")

    async def _await_epmd(self) -> None:
        try:
            async with asyncio.timeout(EPMD_SECONDS_MAX):
                while not await self.epmd.is_ready():  # noqa: ASYNC110 - not in this process
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise StackError("epmd does not answer.") from None

    def _write_configuration(self) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._write(
            "rabbitmq.conf",
            CONFIGURATION.format(
                port=self._port,
                metrics_port=self._metrics_port,
                user=USER,
                password=self._password,
            ),
        )
        self._write("advanced.config", "[].\n")
        self._write("enabled_plugins", "[rabbitmq_prometheus].\n")
        self._write("rabbitmq-env.conf", "")
        self._write(".erlang.cookie", self._cookie)

    def _write(self, name: str, text: str) -> Path:
        path = self._directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def _environment(self) -> dict[str, str]:
        directory = self._directory
        # The machine's own RabbitMQ settings and systemd's socket must not reach this node.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_")) and name != "NOTIFY_SOCKET"
        }
        return inherited | {
            "HOME": str(directory),
            "ERL_EPMD_PORT": str(self.epmd.port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_BYTES": "0",
            "RABBITMQ_NODENAME": f"sluice-{self._home.identifier}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(directory / "generated"),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_PID_FILE": str(directory / "node.pid"),
            "RABBITMQ_LOG_BASE": str(directory),
            "RABBITMQ_LOGS": "-",
            # The start script becomes the node instead of waiting for it, so that its pid is the
            # node's; -noinput makes up for what this setting means otherwise.
            "RABBITMQ_ALLOW_INPUT": "true",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": RUNTIME_FLAGS,
        }
