"""What waits can be worked off in another order: the backlog and the state of a recovery."""

from common.database.carried import create_recovery

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_recovery("ingest")
