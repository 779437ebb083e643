"""Tables of asking channels, beside `tables`: how far each was read, and what each hour lacks."""

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid

from ingest.store.tables import metadata

pull = Table(
    "pull",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("shop", Text, primary_key=True),
    Column("task", Text, primary_key=True),
    Column("position", DateTime(timezone=True)),
    Column("until", DateTime(timezone=True)),
    Column("page", Text),
    Column("lease", Uuid),
    Column("leased_until", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
)

completeness = Table(
    "completeness",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("shop", Text, primary_key=True),
    Column("begins_at", DateTime(timezone=True), primary_key=True),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("sold", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("late", Integer, nullable=False, server_default="0"),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    Index("ix_ingest_completeness_begins", "begins_at"),
)
