"""The database and the broker: the stack's own, or servers that the caller brought."""

from collections.abc import Callable

from stack.child import Child
from stack.credentials import Credentials
from stack.environment import Connections
from stack.home import Home
from stack.plan import Plan
from stack.ports import Ports
from stack.postgres import Postgres
from stack.program import Program
from stack.rabbitmq import RabbitMQ


class Infrastructure:
    def __init__(
        self,
        home: Home,
        ports: Ports,
        credentials: Credentials,
        keep: Callable[[Program], Child],
    ) -> None:
        self._home = home
        self._ports = ports
        self._credentials = credentials
        self._keep = keep
        self._postgres: Postgres | None = None
        self._rabbitmq: RabbitMQ | None = None
        self._database: Child | None = None
        self._names: Child | None = None
        self._broker: Child | None = None

    @property
    def children(self) -> list[Child]:
        return [c for c in (self._database, self._names, self._broker) if c is not None]

    @property
    def postgres_directory(self) -> str:
        return str(self._postgres.data) if self._postgres else ""

    def connections(self, plan: Plan) -> Connections:
        return Connections(
            database_url=self._postgres.url if self._postgres else plan.database_url,
            amqp_url=self._rabbitmq.url if self._rabbitmq else plan.amqp_url,
            metrics_url=self._rabbitmq.metrics_url if self._rabbitmq else "",
        )

    def start(self, plan: Plan) -> None:
        """Start what the plan wants and does not run yet."""
        if not plan.database_url and self._postgres is None:
            port = self._ports.claim("postgres")
            self._postgres = Postgres(self._home, port, self._credentials.database_password)
            self._database = self._keep(self._postgres)
        if not plan.amqp_url and self._rabbitmq is None:
            self._rabbitmq = RabbitMQ(
                self._home,
                self._ports,
                password=self._credentials.broker_password,
                cookie=self._credentials.broker_cookie,
            )
            self._names = self._keep(self._rabbitmq.epmd)
            self._broker = self._keep(self._rabbitmq)

    async def database_ready(self) -> None:
        if self._database:
            await self._database.became_ready.wait()

    async def broker_ready(self) -> None:
        if self._broker:
            await self._broker.became_ready.wait()

    async def stop(self) -> None:
        """The broker first: what it still delivers may need nobody's answer."""
        for child in (self._broker, self._names, self._database):
            if child:
                await child.stop()
