"""Tables reconciliation owns: facts as they were told, each written by one kind of source.

What follows from them (received, difference, matched or not) is derived by views and never stored.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    column,
    table,
    text,
)

from common.database.schema import carried_tables

SCHEMA = "reconciliation"
metadata = MetaData(schema=SCHEMA)
carried = carried_tables(metadata)

order_account = Table(
    "order_account",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("shop", Text, nullable=False),
    Column("channel_order_no", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("goods_minor", BigInteger, nullable=False),
    Column("freight_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("payable_minor", BigInteger, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("ix_order_account_channel_order_no", "channel_order_no"),
)

transaction = Table(
    "transaction",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("paid_at", DateTime(timezone=True), nullable=False),
    Column("source_event", Uuid, nullable=False),
    Index("ix_transaction_reference", "reference"),
)

fulfilment = Table(
    "fulfilment",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("warehouse", Text),
    Column("at", DateTime(timezone=True), nullable=False),
)

statement = Table(
    "statement",
    metadata,
    Column("statement_id", Uuid, primary_key=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("first_at", DateTime(timezone=True)),
    Column("last_at", DateTime(timezone=True)),
    Index("ix_statement_source_sha256", "source", "sha256", unique=True),
)

statement_total = Table(
    "statement_total",
    metadata,
    Column("statement_id", Uuid, ForeignKey(f"{SCHEMA}.statement.statement_id"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("in_minor", BigInteger, nullable=False),
    Column("out_minor", BigInteger, nullable=False),
)

statement_line = Table(
    "statement_line",
    metadata,
    Column("line_id", Uuid, primary_key=True),
    Column("statement_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reference", Text),
    Column("payer_masked", Text),
    Column("repeated", Boolean, nullable=False),
    Index("ix_statement_line_place", "statement_id", "line_no", unique=True),
    Index(
        "ix_statement_line_told_once",
        "source",
        "transaction_id",
        unique=True,
        postgresql_where=text("not repeated"),
    ),
    Index("ix_statement_line_reference", "reference"),
)

match = Table(
    "match",
    metadata,
    Column("match_id", Uuid, primary_key=True),
    Column("line_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("reference", Text),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("matched_at", DateTime(timezone=True), nullable=False),
    Column("matched_by", Text, nullable=False),
    Index("ix_match_line_order", "line_id", "order_id", unique=True),
    Index("ix_match_order_id", "order_id"),
)

open_line = table(
    "open_line",
    column("line_id", Uuid),
    column("statement_id", Uuid),
    column("line_no", Integer),
    column("transaction_id", Text),
    column("occurred_at", DateTime(timezone=True)),
    column("amount_minor", BigInteger),
    column("currency", Text),
    column("reference", Text),
    schema=SCHEMA,
)
"""View: lines that count and are linked to nothing."""

difference = table(
    "difference",
    column("family", Text),
    column("subject_id", Uuid),
    column("kind", Text),
    column("detail", Text),
    column("order_id", Uuid),
    column("currency", Text),
    column("reference", Text),
    column("expected_minor", BigInteger),
    column("received_minor", BigInteger),
    column("difference_minor", BigInteger),
    column("since", DateTime(timezone=True)),
    column("cancelled", Boolean),
    column("payable_minor", BigInteger),
    column("statement_id", Uuid),
    column("line_no", Integer),
    schema=SCHEMA,
)
"""View: everything that does not agree, one row for each finding."""
