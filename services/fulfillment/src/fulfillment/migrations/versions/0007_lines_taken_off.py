"""The channel may take lines off an order after it was let in."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """alter table fulfillment.orders
        add lines_no integer not null default 0, add edited json"""
    )
