"""Tables fulfillment owns, beside those every service carries."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)

from common.database.schema import carried_tables

metadata = MetaData(schema="fulfillment")

# Terms are null while only a hold, a rejection or a cancellation has come; the approval has them.
# `particulars` is what the label and the picker need, and what the order was paid with;
# `destination` the receiver and address that count instead, since the channel changed them;
# `edited` the lines that the channel left, as they also are in `particulars`, once that is here.
orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("decision_no", Integer),
    Column("awaiting_recheck", Boolean, nullable=False, server_default=false()),
    Column("awaiting_channel", Boolean, nullable=False, server_default=false()),
    Column("hold_no", Integer, nullable=False, server_default=text("0")),
    Column("kept_back", Text),
    Column("address_no", Integer, nullable=False, server_default=text("0")),
    Column("destination", JSON),
    Column("lines_no", Integer, nullable=False, server_default=text("0")),
    Column("edited", JSON),
    Column("currency", Text),
    Column("payable_minor", BigInteger),
    Column("paid_minor", BigInteger, nullable=False),
    Column("placed_at", DateTime(timezone=True)),
    Column("particulars", JSON),
    Column("warehouse", Text),
    Column("cancellation", Text),
    Column("cancellation_at", DateTime(timezone=True)),
    Column("cancellation_reason", Text),
    Index("ix_orders_state", "state", "order_id"),
)

order_step = Table(
    "order_step",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text),
)

payment = Table(
    "payment",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("paid_at", DateTime(timezone=True), nullable=False),
)

warehouse = Table(
    "warehouse",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
)

stock = Table(
    "stock",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("warehouse", Text, ForeignKey(warehouse.c.code), primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    CheckConstraint("reserved between 0 and on_hand", name="stock_never_oversold"),
)

# Why stock on hand changed otherwise than by a parcel leaving; append-only.
stock_entry = Table(
    "stock_entry",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("warehouse", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# What backordered orders wait for; rows live only as long as the wait.
backorder_line = Table(
    "backorder_line",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Index("ix_backorder_line_sku", "sku", "placed_at"),
)

# SKUs of which there is more than when the orders waiting for them were last looked at.
restocked = Table("restocked", metadata, Column("sku", Text, primary_key=True))

# One for each time an order was allocated; all but the last were ended and are `cancelled`.
task = Table(
    "task",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("task_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("code", name="uq_task_code"),
    Index("ix_task_open", "warehouse", "state", "order_id"),
)

shipment = Table(
    "shipment",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("courier", Text, nullable=False),
    Column("tracking_no", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'handed_over'")),
    Column("handed_over_at", DateTime(timezone=True), nullable=False),
    Column("status_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("tracking_no", "courier", name="uq_shipment_tracking_no"),
)

carried = carried_tables(metadata)
