"""Approved orders may have to await a re-check, or be held after all and get a new task."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHANGES = """
alter table fulfillment.orders add awaiting_recheck boolean not null default false;
alter table fulfillment.task drop constraint task_pkey, add primary key (order_id, task_id);
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";"):
        if statement.strip():
            op.execute(statement)
