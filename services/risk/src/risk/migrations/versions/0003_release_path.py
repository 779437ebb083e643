"""Arms, breakers, re-checks, and what the release path remembers."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHANGES = """
alter table risk.assessment
    add arm text not null default 'stable', add took_micros integer not null default 0,
    add unanswered smallint not null default 0, add degraded json not null default '[]',
    add await_recheck boolean not null default false;
create index ix_risk_assessment_decided_at on risk.assessment using brin (decided_at);
alter table risk.ruleset_change
    add candidate text references risk.ruleset (id), add stage text,
    add percent smallint not null default 0;
alter table risk.active_ruleset
    add candidate text references risk.ruleset (id), add stage text,
    add percent smallint not null default 0;
create table risk.deferred_check (
    order_id uuid not null, "check" text not null, decision_no integer not null,
    ruleset text not null, cause text not null, currency text not null,
    exposed_minor bigint not null, deferred_at timestamptz not null,
    deadline timestamptz not null, next_try_at timestamptz not null,
    tries integer not null default 0, primary key (order_id, "check")
);
create index ix_risk_deferred_check_next_try_at on risk.deferred_check (next_try_at);
create table risk.deferred_order (
    order_id uuid not null primary key, correlation_id uuid not null, "order" json not null
);
create table risk.recheck (
    order_id uuid not null, "check" text not null, decision_no integer not null,
    ruleset text not null, cause text not null, deferred_at timestamptz not null,
    deadline timestamptz not null, tries integer not null, result text not null,
    rechecked_at timestamptz not null, primary key (order_id, "check", decision_no)
);
create index ix_risk_recheck_rechecked_at on risk.recheck using brin (rechecked_at);
create table risk.missed_hold (
    order_id uuid not null, decision_no integer not null, state text not null,
    missed_at timestamptz not null, primary key (order_id, decision_no)
);
create table risk.exposure (
    "check" text not null, currency text not null, exposed_minor bigint not null,
    primary key ("check", currency)
);
create table risk.breaker_override (
    "check" text not null primary key, state text not null, set_at timestamptz not null,
    set_by text not null, reason text not null
);
create table risk.breaker_change (
    id uuid not null primary key, "check" text not null, instance text not null,
    before text not null, after text not null, cause text not null,
    changed_at timestamptz not null, changed_by text not null
);
create table risk.worker_report (
    instance text not null primary key, stable text not null, candidate text, trouble text,
    breakers json not null, reported_at timestamptz not null
);
create table risk.measurement (
    id uuid not null primary key, ruleset text not null references risk.ruleset (id),
    against text not null references risk.ruleset (id), passed boolean not null,
    report json not null, measured_at timestamptz not null, measured_by text not null
);
create index ix_risk_measurement_ruleset on risk.measurement (ruleset);
create table risk.baseline (
    fingerprint text not null primary key, "check" text not null, p95_micros integer not null,
    calls integer not null, measured_at timestamptz not null
);
create table risk.shadow_decision (
    ruleset text not null, order_id uuid not null, outcome text not null, reasons json not null,
    unanswered smallint not null, took_micros integer not null, decided_at timestamptz not null,
    primary key (ruleset, order_id)
);
create table risk.looked_up (
    fingerprint text not null, question bytea not null, result json not null,
    expires_at timestamptz not null, primary key (fingerprint, question)
);
create index ix_risk_looked_up_expires_at on risk.looked_up (expires_at);
"""
_APPEND_ONLY = ("recheck", "missed_hold", "breaker_change", "measurement")


def upgrade() -> None:
    for statement in _CHANGES.split(";"):
        if statement.strip():
            op.execute(statement)
    for table in _APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on risk.{table}"
            " for each statement execute function risk.refuse_change()"
        )
