"""Tables every service carries in its own schema, beside those it owns.

event_log and inbox are partitioned by day. Their key is a UUIDv7, which begins with the time it was
made, so the key itself is the partition key and stays unique across partitions. A service may have
more such tables: any on the same metadata that is declared as partitioned by its first key column.
"""

from dataclasses import dataclass

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY


@dataclass(frozen=True, slots=True)
class Carried:
    """The tables that make delivery reliable and calls repeatable."""

    event_log: Table
    outbox: Table
    inbox: Table
    suspect: Table
    idempotency: Table
    api_key: Table

    @property
    def schema(self) -> str:
        return str(self.inbox.schema)

    @property
    def partitioned(self) -> tuple[Table, ...]:
        """The service's tables whose partitions are made and dropped, day by day."""
        tables = self.inbox.metadata.sorted_tables
        return tuple(t for t in tables if t.dialect_options["postgresql"]["partition_by"])


def carried_tables(metadata: MetaData) -> Carried:
    return Carried(
        event_log=_event_log(metadata),
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        suspect=_suspect(metadata),
        idempotency=_idempotency(metadata),
        api_key=_api_key(metadata),
    )


def _event_log(metadata: MetaData) -> Table:
    """Every event the service announced, append-only: its operation log, ready to re-emit."""
    return Table(
        "event_log",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("order_id", Uuid, nullable=False),
        Column("body", JSON, nullable=False),
        Index(None, "order_id"),
        postgresql_partition_by="RANGE (event_id)",
    )


def _outbox(metadata: MetaData) -> Table:
    """The events whose publication is not confirmed yet; short, since a confirm deletes."""
    return Table(
        "outbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
        Index(None, "created_at"),
    )


def _inbox(metadata: MetaData) -> Table:
    """Events already handled; the primary key is what makes handling idempotent."""
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        postgresql_partition_by="RANGE (event_id)",
    )


def _suspect(metadata: MetaData) -> Table:
    """Redelivered events, counted before each try: one that kills its process is found out here."""
    return Table(
        "suspect",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("tries", Integer, nullable=False),
        Column("tried_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    )


def _idempotency(metadata: MetaData) -> Table:
    """What was answered under an Idempotency-Key, and to which request (a hash of it)."""
    return Table(
        "idempotency",
        metadata,
        Column("principal", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("response", LargeBinary),
        Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
        Index(None, "created_at"),
    )


def _api_key(metadata: MetaData) -> Table:
    """Who may call; only a hash of each key is kept."""
    return Table(
        "api_key",
        metadata,
        Column("name", Text, primary_key=True),
        Column("sha256", LargeBinary, nullable=False, unique=True),
        Column("scopes", ARRAY(Text), nullable=False),
        Column("revoked", Boolean, nullable=False, server_default="false"),
        Column("created_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
    )
