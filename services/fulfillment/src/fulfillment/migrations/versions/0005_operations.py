"""Who did what to which thing, why, and what it was before: a chained log."""

from common.database.carried import create_operations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_operations("fulfillment")
