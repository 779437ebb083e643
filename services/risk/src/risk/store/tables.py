"""Tables risk owns."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from common.database.schema import carried_tables

metadata = MetaData(schema="risk")
carried = carried_tables(metadata)

# Append-only. No foreign key to ruleset: its rows are never deleted, and a check per order costs.
assessment = Table(
    "assessment",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("decision_no", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("ruleset", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text, nullable=False),
)

# An order waiting for a person, whole, since it goes on with the approval. Personal data: gone
# once reviewed.
held_order = Table(
    "held_order",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("decision_no", Integer, nullable=False),
    Column("correlation_id", Uuid, nullable=False),
    Column("order", JSON, nullable=False),
)

# Append-only.
ruleset = Table(
    "ruleset",
    metadata,
    Column("id", Text, primary_key=True),
    Column("document", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# Append-only. `before` is the change to go back to on a rollback.
ruleset_change = Table(
    "ruleset_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("ruleset", Text, ForeignKey(ruleset.c.id), nullable=False),
    Column("before", Uuid, ForeignKey("risk.ruleset_change.id")),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# One row: which change is in force.
active_ruleset = Table(
    "active_ruleset",
    metadata,
    Column("single", Boolean, CheckConstraint("single"), primary_key=True, server_default="true"),
    Column("change", Uuid, ForeignKey(ruleset_change.c.id), nullable=False),
    Column("id", Text, ForeignKey(ruleset.c.id), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
