"""Which quarantined orders people were reminded of, and by which way."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """create table ingest.reminder (
            order_id uuid not null, way text not null, sent_at timestamptz not null,
            primary key (order_id, way)
        )"""
    )
    op.execute(
        """create index ix_ingest_quarantine_overdue on ingest.quarantine (overdue_at)
            where resolved_at is null and overdue_at is not null"""
    )
