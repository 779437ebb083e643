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


_RECOVERY = """
create table {schema}.backlog (
    event_id uuid not null primary key, order_id uuid not null, type text not null,
    body bytea not null, attempt integer not null, tries integer not null default 0,
    claimed_until timestamptz not null default '-infinity'
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index ix_{schema}_backlog_order_id on {schema}.backlog (order_id, event_id);
create table {schema}.recovery (
    one boolean not null primary key default true check (one),
    state text not null default 'off', newest_first boolean not null default true,
    today_first boolean not null default true, started_by text not null default '',
    reason text not null default '', started_at timestamptz, ended_at timestamptz,
    moved bigint not null default 0, settled bigint not null default 0
);
"""

_LEDGER = """
create table {schema}.ledger_reader (
    reader text not null primary key, asked_to uuid not null,
    asked_at timestamptz not null default 'epoch',
    lost_at timestamptz not null default 'epoch',
    holder text not null default '', held_until timestamptz not null default 'epoch'
) with (fillfactor = 50);
create table {schema}.ledger_inquiry (
    inquiry_id uuid not null primary key, reader text not null, after uuid, upto uuid,
    sent_at timestamptz not null, due_at timestamptz not null default 'infinity'
) with (autovacuum_vacuum_scale_factor = 0.02);
create table {schema}.ledger_open (
    reader text not null, event_id uuid not null, misses integer not null default 0,
    inquiry_id uuid, next_at timestamptz not null default now() + interval '5 seconds',
    primary key (reader, event_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index ix_{schema}_ledger_open_inquiry_id on {schema}.ledger_open (inquiry_id);
create index ix_{schema}_ledger_open_next_at on {schema}.ledger_open (next_at);
create table {schema}.aside (
    event_id uuid not null primary key, queue text not null, until timestamptz
);
"""

_OPERATIONS = """
create table {schema}.operation (
    operation_id uuid not null primary key, number bigint not null, at timestamptz not null,
    actor text not null, action text not null, subject_kind text not null,
    subject_id text not null, order_id uuid, before json, after json, reason text not null,
    previous_hash bytea not null, hash bytea not null
) partition by range (operation_id);
create index ix_{schema}_operation_number on {schema}.operation (number);
create index ix_{schema}_operation_subject_id on {schema}.operation (subject_id);
create index ix_{schema}_operation_order_id on {schema}.operation (order_id);
create table {schema}.operation_head (
    one boolean not null primary key default true check (one),
    number bigint not null, hash bytea not null, last_id uuid not null,
    dropped bigint not null default 0,
    dropped_hash bytea not null default decode(repeat('00', 32), 'hex')
);
create table {schema}.leftover (
    event_id uuid not null primary key, seen_at timestamptz not null default now()
);
"""


def create_v1(schema: str) -> None:
    _execute(_V1, schema)


def create_recovery(schema: str) -> None:
    _execute(_RECOVERY, schema)


def create_ledger(schema: str) -> None:
    _execute(_LEDGER, schema)


def create_operations(schema: str) -> None:
    _execute(_OPERATIONS, schema)


def _execute(script: str, schema: str) -> None:
    for statement in script.format(schema=schema).split(";"):
        if statement.strip():
            op.execute(statement)
