"""What features are made from: orders by minute, the past of a receiver, and snapshots."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Counters are changed in place: room in each page keeps a change from touching the indexes.
_TABLES = """
create table risk.velocity (
    key bigint not null, minute integer not null, currency text not null, slot smallint not null,
    orders integer not null, sum_minor bigint not null,
    primary key (key, minute, currency, slot)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
create index ix_risk_velocity_minute on risk.velocity (minute);
create table risk.receiver_history (
    key bigint not null primary key, first_minute integer not null, orders integer not null,
    refusals integer not null
) with (fillfactor = 80);
create table risk.feature_snapshot (
    order_id uuid not null, decision_no integer not null, version smallint not null,
    "values" json not null, results json not null, primary key (order_id, decision_no)
) partition by range (order_id);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
