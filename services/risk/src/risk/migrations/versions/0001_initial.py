"""What risk owns, and the rule set a fresh system begins with."""

import hashlib

import sqlalchemy as sa
from alembic import op

from common.database.carried import create_v1
from common.ids import new_id

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table risk.assessment (
    order_id uuid not null, decision_no integer not null, outcome text not null,
    reasons json not null, ruleset text not null, decided_at timestamptz not null,
    decided_by text not null, primary key (order_id, decision_no)
);
create table risk.held_order (
    order_id uuid not null primary key, decision_no integer not null,
    correlation_id uuid not null, "order" json not null
);
create table risk.ruleset (
    id text not null primary key, document jsonb not null, author text not null,
    reason text not null, created_at timestamptz not null
);
create table risk.ruleset_change (
    id uuid not null primary key, kind text not null,
    ruleset text not null references risk.ruleset (id),
    before uuid references risk.ruleset_change (id),
    changed_at timestamptz not null, changed_by text not null, reason text not null
);
create table risk.active_ruleset (
    single boolean not null default true primary key check (single),
    change uuid not null references risk.ruleset_change (id),
    id text not null references risk.ruleset (id),
    changed_at timestamptz not null, changed_by text not null, reason text not null
);
"""

_REFUSAL = """
create function risk.refuse_change() returns trigger language plpgsql as
$$ begin
    raise exception 'risk.% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$
"""
_APPEND_ONLY = ("assessment", "ruleset", "ruleset_change")

# In canonical form: the id is the hash of this text.
_INITIAL = (
    '{"name":"initial","rules":['
    '{"currency":"CNY","hold_above_minor":500000,"id":"order-amount-cny","kind":"amount_limit",'
    '"reject_above_minor":5000000},'
    '{"currency":"USD","hold_above_minor":100000,"id":"order-amount-usd","kind":"amount_limit",'
    '"reject_above_minor":1000000},'
    '{"currency":"EUR","hold_above_minor":100000,"id":"order-amount-eur","kind":"amount_limit",'
    '"reject_above_minor":1000000},'
    '{"action":"hold","id":"quantity","kind":"quantity_limit","per_line_max":100,'
    '"per_order_max":300}]}'
)

_BOOTSTRAP = """
with record as (
    insert into risk.ruleset (id, document, author, reason, created_at)
    values (:id, cast(:document as jsonb), 'sluice', 'initial', now()) returning id
), change as (
    insert into risk.ruleset_change (id, kind, ruleset, before, changed_at, changed_by, reason)
    select :change, 'activation', id, null, now(), 'sluice', 'initial' from record
    returning id, ruleset, changed_at, changed_by, reason
)
insert into risk.active_ruleset (change, id, changed_at, changed_by, reason)
select id, ruleset, changed_at, changed_by, reason from change
"""


def upgrade() -> None:
    create_v1("risk")
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    op.execute(_REFUSAL)
    for table in _APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on risk.{table}"
            " for each statement execute function risk.refuse_change()"
        )
    op.get_bind().execute(
        sa.text(_BOOTSTRAP).bindparams(sa.bindparam("change", type_=sa.Uuid)),
        {
            "id": hashlib.sha256(_INITIAL.encode()).hexdigest(),
            "document": _INITIAL,
            "change": new_id(),
        },
    )
