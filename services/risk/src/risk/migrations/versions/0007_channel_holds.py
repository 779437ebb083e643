"""What channels said last of keeping an order back, for reviewers to see."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """create table risk.channel_hold (
            order_id uuid primary key, hold_no integer not null, reason text
        )"""
    )
