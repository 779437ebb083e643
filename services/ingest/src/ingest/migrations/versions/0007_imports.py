"""Files of orders: the file, its rows while they are taken in, and what is wrong with them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """create table ingest.file_import (
        import_id uuid primary key, format text not null, channel text not null,
        shop text not null, names json not null, looks json not null, bytes bigint not null,
        imported_by text not null, submitted_at timestamptz not null, state text not null,
        part integer not null default 0, row_no integer not null default 0,
        rows_read integer not null default 0, orders_found integer,
        order_row integer not null default 0, accepted integer not null default 0,
        duplicate integer not null default 0, updated integer not null default 0,
        quarantined integer not null default 0, refused integer not null default 0,
        row_errors integer not null default 0, claimed_by uuid,
        claimed_until timestamptz not null default '-infinity', ended_at timestamptz,
        failure text
    )""",
    """create index ix_ingest_file_import_waiting on ingest.file_import (import_id)
        where ended_at is null""",
    """create table ingest.import_chunk (
        import_id uuid not null, part integer not null, number integer not null,
        content bytea not null, primary key (import_id, part, number)
    )""",
    "alter table ingest.import_chunk alter column content set storage external",
    """create table ingest.import_row (
        import_id uuid not null, part integer not null, row_no integer not null,
        order_no text not null, cells json not null, wrong boolean not null,
        primary key (import_id, part, row_no)
    )""",
    "create index ix_ingest_import_row_order on ingest.import_row (import_id, order_no)",
    """create table ingest.import_order (
        import_id uuid not null, first_row integer not null, order_no text not null,
        rows integer not null, primary key (import_id, first_row)
    )""",
    """create table ingest.import_error (
        import_id uuid not null, part integer not null, row_no integer not null,
        "column" text not null, code text not null,
        primary key (import_id, part, row_no, "column", code)
    )""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
