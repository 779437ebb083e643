"""When a person closed a refund that nobody could be told of."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table ingest.kept_refund add closed_at timestamptz")
