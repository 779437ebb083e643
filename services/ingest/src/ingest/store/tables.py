"""Tables ingest owns."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from common.database.schema import carried_tables

_NEVER = text("'-infinity'")

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
    Column("mapping_id", Uuid),
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
    Column("changed_at", DateTime(timezone=True)),
    Column("held", Text),
    Column("seen", Text),
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
    Column("owner", Text),
    Column("overdue_at", DateTime(timezone=True)),
    Column("merged_into", Uuid),
    Index("ix_ingest_quarantine_open", "order_id", postgresql_where="resolved_at is null"),
    Index(
        "ix_ingest_quarantine_due",
        "opened_at",
        postgresql_where="resolved_at is null and overdue_at is null",
    ),
    Index(
        "ix_ingest_quarantine_overdue",
        "overdue_at",
        postgresql_where="resolved_at is null and overdue_at is not null",
    ),
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

later_fact = Table(
    "later_fact",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("noted_at", DateTime(timezone=True), nullable=False),
)

cancellation = Table(
    "cancellation",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
)

mapping = Table(
    "mapping",
    metadata,
    Column("mapping_id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_ingest_mapping_place", "channel", "shop", "mapping_id"),
)

mapping_change = Table(
    "mapping_change",
    metadata,
    Column("change_id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("mapping_id", Uuid),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_ingest_mapping_change_place", "channel", "shop", "change_id"),
)

fetch = Table(
    "fetch",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("shop", Text, primary_key=True),
    Column("channel_order_no", Text, primary_key=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("last_error", Text),
    Column("missed_in", DateTime(timezone=True)),
    Index("ix_ingest_fetch_due", "due_at"),
)

file_import = Table(
    "file_import",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("format", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("names", JSON, nullable=False),
    Column("looks", JSON, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("part", Integer, nullable=False, server_default="0"),
    Column("row_no", Integer, nullable=False, server_default="0"),
    Column("rows_read", Integer, nullable=False, server_default="0"),
    Column("orders_found", Integer),
    Column("order_row", Integer, nullable=False, server_default="0"),
    Column("accepted", Integer, nullable=False, server_default="0"),
    Column("duplicate", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("row_errors", Integer, nullable=False, server_default="0"),
    Column("claimed_by", Uuid),
    Column("claimed_until", DateTime(timezone=True), nullable=False, server_default=_NEVER),
    Column("ended_at", DateTime(timezone=True)),
    Column("failure", Text),
    Index("ix_ingest_file_import_waiting", "import_id", postgresql_where="ended_at is null"),
)

import_chunk = Table(
    "import_chunk",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

import_row = Table(
    "import_row",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("row_no", Integer, primary_key=True),
    Column("order_no", Text, nullable=False),
    Column("cells", JSON, nullable=False),
    Column("wrong", Boolean, nullable=False),
    Index("ix_ingest_import_row_order", "import_id", "order_no"),
)

import_order = Table(
    "import_order",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("first_row", Integer, primary_key=True),
    Column("order_no", Text, nullable=False),
    Column("rows", Integer, nullable=False),
)

import_error = Table(
    "import_error",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("row_no", Integer, primary_key=True),
    Column("column", Text, primary_key=True),
    Column("code", Text, primary_key=True),
)
