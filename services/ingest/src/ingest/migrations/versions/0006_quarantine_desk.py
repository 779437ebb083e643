"""Who looks after a quarantined order, when its deadline was announced, what it merged into."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """alter table ingest.quarantine
        add column owner text, add column overdue_at timestamptz, add column merged_into uuid""",
    """create index ix_ingest_quarantine_due on ingest.quarantine (opened_at)
        where resolved_at is null and overdue_at is null""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
