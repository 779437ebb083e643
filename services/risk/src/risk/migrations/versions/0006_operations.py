"""Who did what to which thing, why, and what it was before: a chained log."""

from common.database.carried import create_operations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_operations("risk")
