"""What the toy owns."""

from alembic import op

from common.database.carried import create_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_v1("toy")
    op.execute(
        "create table toy.note (event_id uuid not null primary key, text text not null,"
        " detail jsonb not null, xid bigint not null default txid_current())"
    )
