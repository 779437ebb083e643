"""Refunds that were asked for while their order was in quarantine."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """create table ingest.kept_refund (
            order_id uuid not null, reference text not null, currency text not null,
            amount_minor bigint not null, reason text, requested_at timestamptz,
            primary key (order_id, reference)
        )"""
    )
