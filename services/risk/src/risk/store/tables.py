"""Tables risk owns."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from common.database.schema import carried_tables
from risk.store import feature_tables, hold_tables  # noqa: F401 - on the same metadata
from risk.store.schema import metadata as metadata  # noqa: PLC0414 - others take it from here

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
    Column("arm", Text, nullable=False, server_default="stable"),
    Column("took_micros", Integer, nullable=False, server_default="0"),
    Column("unanswered", SmallInteger, nullable=False, server_default="0"),
    Column("degraded", JSON, nullable=False, server_default="[]"),
    Column("await_recheck", Boolean, nullable=False, server_default="false"),
    Index(None, "decided_at", postgresql_using="brin"),
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
    Column("candidate", Text, ForeignKey(ruleset.c.id)),
    Column("stage", Text),
    Column("percent", SmallInteger, nullable=False, server_default="0"),
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
    Column("candidate", Text, ForeignKey(ruleset.c.id)),
    Column("stage", Text),
    Column("percent", SmallInteger, nullable=False, server_default="0"),
)

# A check that an order was decided without; gone once it was made up for.
deferred_check = Table(
    "deferred_check",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("check", Text, primary_key=True),
    Column("decision_no", Integer, nullable=False),
    Column("ruleset", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("exposed_minor", BigInteger, nullable=False),
    Column("deferred_at", DateTime(timezone=True), nullable=False),
    Column("deadline", DateTime(timezone=True), nullable=False),
    Column("next_try_at", DateTime(timezone=True), nullable=False, index=True),
    Column("tries", Integer, nullable=False, server_default="0"),
)

# The order of deferred checks, whole, since it goes on with the decision. Personal data: gone with
# the last of them.
deferred_order = Table(
    "deferred_order",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("correlation_id", Uuid, nullable=False),
    Column("order", JSON, nullable=False),
)

# Append-only: how each deferred check ended.
recheck = Table(
    "recheck",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("check", Text, primary_key=True),
    Column("decision_no", Integer, primary_key=True),
    Column("ruleset", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("deferred_at", DateTime(timezone=True), nullable=False),
    Column("deadline", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("rechecked_at", DateTime(timezone=True), nullable=False),
    Index(None, "rechecked_at", postgresql_using="brin"),
)

# Append-only: flags that came after the order had left.
missed_hold = Table(
    "missed_hold",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("decision_no", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("missed_at", DateTime(timezone=True), nullable=False),
)

# What is approved and not yet verified, per check: the sum of deferred_check.exposed_minor.
exposure = Table(
    "exposure",
    metadata,
    Column("check", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("exposed_minor", BigInteger, nullable=False),
)

# What a person set a check's breaker to; no row: it decides by itself.
breaker_override = Table(
    "breaker_override",
    metadata,
    Column("check", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("set_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# Append-only: every change of a breaker, by itself or by a person.
breaker_change = Table(
    "breaker_change",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("check", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
)

# What each worker process says of itself, every second; old rows are of processes that ended.
worker_report = Table(
    "worker_report",
    metadata,
    Column("instance", Text, primary_key=True),
    Column("stable", Text, nullable=False),
    Column("candidate", Text),
    Column("trouble", Text),
    Column("breakers", JSON, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False),
)

# Append-only: what the gate measured of a rule set, beside the one that was stable.
measurement = Table(
    "measurement",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("ruleset", Text, ForeignKey(ruleset.c.id), nullable=False, index=True),
    Column("against", Text, ForeignKey(ruleset.c.id), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("report", JSON, nullable=False),
    Column("measured_at", DateTime(timezone=True), nullable=False),
    Column("measured_by", Text, nullable=False),
)

# How long a check takes when it is well, by its fingerprint: what "slow" is compared with.
baseline = Table(
    "baseline",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("check", Text, nullable=False),
    Column("p95_micros", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("measured_at", DateTime(timezone=True), nullable=False),
)

# What a candidate in shadow would have decided.
shadow_decision = Table(
    "shadow_decision",
    metadata,
    Column("ruleset", Text, primary_key=True),
    Column("order_id", Uuid, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("unanswered", SmallInteger, nullable=False),
    Column("took_micros", Integer, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)

# Results of slow checks for as long as they hold, by what was asked.
looked_up = Table(
    "looked_up",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("question", LargeBinary, primary_key=True),
    Column("result", JSON, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
