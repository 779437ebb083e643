"""Migrations of the tables every service carries; a service's own migrations call them.

Each function is frozen once released: a later change of database/schema.py is a new function here,
called by a new migration in every service.
"""

from alembic import op

_V1 = """
create table {schema}.event_log (
    event_id uuid not null primary key, type text not null, order_id uuid not null,
    body json not null
) partition by range (event_id);
create index ix_{schema}_event_log_order_id on {schema}.event_log (order_id);
create table {schema}.outbox (
    event_id uuid not null primary key, created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index ix_{schema}_outbox_created_at on {schema}.outbox (created_at);
create table {schema}.inbox (event_id uuid not null primary key) partition by range (event_id);
create table {schema}.suspect (
    event_id uuid not null primary key, tries integer not null,
    tried_at timestamptz not null default now()
);
create table {schema}.idempotency (
    principal text not null, key text not null, request_hash bytea not null,
    status integer, response bytea, created_at timestamptz not null default now(),
    primary key (principal, key)
);
create index ix_{schema}_idempotency_created_at on {schema}.idempotency (created_at);
create table {schema}.api_key (
    name text not null primary key, sha256 bytea not null unique, scopes text[] not null,
    revoked boolean not null default false, created_at timestamptz not null default now()
);
"""


def create_v1(schema: str) -> None:
    for statement in _V1.format(schema=schema).split(";"):
        if statement.strip():
            op.execute(statement)
