"""Which events each reader has taken up, and which have to be asked about."""

from common.database.carried import create_ledger

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_ledger("toy")
