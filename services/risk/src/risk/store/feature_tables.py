"""Tables of what features are made from, and of the features that decisions were made on."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from risk.store.schema import metadata

# Orders by minute, or by hour once that is over. A key is a hash of a person, a place or a shop.
# Each process adds to rows of its own slot, so that none waits for another at a shop all orders
# are of; slot 0 is an hour's.
velocity = Table(
    "velocity",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("minute", Integer, primary_key=True, autoincrement=False),
    Column("currency", Text, primary_key=True),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("orders", Integer, nullable=False),
    Column("sum_minor", BigInteger, nullable=False),
    Index(None, "minute"),
)

# Customers and phones for as long as there have been orders of them, by the same keys.
receiver_history = Table(
    "receiver_history",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("first_minute", Integer, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
)

# One row per decision; gone with the event log. Personal data: the address and the phone's hash.
feature_snapshot = Table(
    "feature_snapshot",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("decision_no", Integer, primary_key=True, autoincrement=False),
    Column("version", SmallInteger, nullable=False),
    Column("values", JSON, nullable=False),
    Column("results", JSON, nullable=False),
    postgresql_partition_by="RANGE (order_id)",
)
