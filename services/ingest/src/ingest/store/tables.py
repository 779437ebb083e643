"""Tables ingest owns."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from common.database.schema import carried_tables

metadata = MetaData(schema="ingest")
carried = carried_tables(metadata)

receipt = Table(
    "receipt",
    metadata,
    Column("receipt_id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("delivery_id", Text),
    Column("body", LargeBinary, nullable=False),
    Column("orders", JSON, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("channel", "shop", "delivery_id"),
)

sales_order = Table(
    "sales_order",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("channel_order_no", Text),
    Column("state", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Column("receipt_id", Uuid, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("channel", "shop", "channel_order_no"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reasons", JSON, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("resolution", Text),
    Column("resolved_by", Text),
    Column("resolution_reason", Text),
    Index("ix_ingest_quarantine_open", "order_id", postgresql_where="resolved_at is null"),
)

correction = Table(
    "correction",
    metadata,
    Column("correction_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False, index=True),
    Column("corrected_by", Text, nullable=False),
    Column("corrected_at", DateTime(timezone=True), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)

later_payment = Table(
    "later_payment",
    metadata,
    Column("payment_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("reference", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("paid_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("order_id", "reference"),
)

cancellation = Table(
    "cancellation",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
)
