"""Tables every service carries in its own schema, beside those it owns.

event_log and inbox are partitioned by day. Their key is a UUIDv7, which begins with the time it was
made, so the key itself is the partition key and stays unique across partitions. A service may have
more such tables: any on the same metadata that is declared as partitioned by its first key column.
"""

from dataclasses import dataclass

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from common.database.ledger_tables import LedgerTables, ledger_tables

_NEVER = text("'-infinity'")
_ZEROS = text("decode(repeat('00', 32), 'hex')")


@dataclass(frozen=True, slots=True)
class Carried:
    """The tables that make delivery reliable and calls repeatable."""

    event_log: Table
    outbox: Table
    inbox: Table
    suspect: Table
    backlog: Table
    recovery: Table
    ledger: LedgerTables
    operation: Table
    operation_head: Table
    leftover: Table
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
        backlog=_backlog(metadata),
        recovery=_recovery(metadata),
        ledger=ledger_tables(metadata),
        operation=_operation(metadata),
        operation_head=_operation_head(metadata),
        leftover=_leftover(metadata),
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


def _backlog(metadata: MetaData) -> Table:
    """What was moved out of the queue during a recovery, until it is settled.

    A claim is a lease, as a delivery is: it ends with the claimer, and the inbox knows repeats.
    """
    return Table(
        "backlog",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("order_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("tries", Integer, nullable=False, server_default="0"),
        Column("claimed_until", DateTime(timezone=True), nullable=False, server_default=_NEVER),
        Index(None, "order_id", "event_id"),
    )


def _recovery(metadata: MetaData) -> Table:
    """Whether a recovery is on, in which order, and who began it: one row."""
    return Table(
        "recovery",
        metadata,
        Column("one", Boolean, CheckConstraint("one"), primary_key=True, server_default="true"),
        Column("state", Text, nullable=False, server_default="off"),
        Column("newest_first", Boolean, nullable=False, server_default="true"),
        Column("today_first", Boolean, nullable=False, server_default="true"),
        Column("started_by", Text, nullable=False, server_default=""),
        Column("reason", Text, nullable=False, server_default=""),
        Column("started_at", DateTime(timezone=True)),
        Column("ended_at", DateTime(timezone=True)),
        Column("moved", BigInteger, nullable=False, server_default="0"),
        Column("settled", BigInteger, nullable=False, server_default="0"),
    )


def _operation(metadata: MetaData) -> Table:
    """Who did what to which thing: append-only, each entry chained to the one before it."""
    return Table(
        "operation",
        metadata,
        Column("operation_id", Uuid, primary_key=True),
        Column("number", BigInteger, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("subject_kind", Text, nullable=False),
        Column("subject_id", Text, nullable=False),
        Column("order_id", Uuid),
        Column("before", JSON(none_as_null=True)),
        Column("after", JSON(none_as_null=True)),
        Column("reason", Text, nullable=False),
        Column("previous_hash", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Index(None, "number"),
        Index(None, "subject_id"),
        Index(None, "order_id"),
        postgresql_partition_by="RANGE (operation_id)",
    )


def _operation_head(metadata: MetaData) -> Table:
    """Where the operation log ends, and what retention took of its beginning: one row."""
    return Table(
        "operation_head",
        metadata,
        Column("one", Boolean, CheckConstraint("one"), primary_key=True, server_default="true"),
        Column("number", BigInteger, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Column("last_id", Uuid, nullable=False),
        Column("dropped", BigInteger, nullable=False, server_default="0"),
        Column("dropped_hash", LargeBinary, nullable=False, server_default=_ZEROS),
    )


def _leftover(metadata: MetaData) -> Table:
    """Inbox rows that no day's partition takes along when it goes, with when they were seen."""
    return Table(
        "leftover",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("seen_at", DateTime(timezone=True), server_default=func.now(), nullable=False),
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
