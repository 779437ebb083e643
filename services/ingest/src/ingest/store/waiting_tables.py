"""Tables of what waits on quarantined orders: reminders, and refunds to tell of later."""

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, Uuid

from ingest.store.tables import metadata

reminder = Table(
    "reminder",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("sent_at", DateTime(timezone=True), nullable=False),
)

kept_refund = Table(
    "kept_refund",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("reason", Text),
    Column("requested_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
)
