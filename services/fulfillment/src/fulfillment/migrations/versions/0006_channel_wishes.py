"""The channel may keep an order back, or change its address, after it was let in."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """alter table fulfillment.orders
        add awaiting_channel boolean not null default false,
        add hold_no integer not null default 0, add kept_back text,
        add address_no integer not null default 0, add destination json"""
    )
