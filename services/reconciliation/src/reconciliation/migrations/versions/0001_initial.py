"""Facts of orders, payments, fulfilment and statements; what follows from them as views."""

from alembic import op

from common.database.carried import create_v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ORDERS = """
create table reconciliation.order_account (
    order_id uuid not null primary key,
    channel text not null, shop text not null, channel_order_no text not null,
    currency text not null,
    goods_minor bigint not null, freight_minor bigint not null, discount_minor bigint not null,
    tax_minor bigint not null, payable_minor bigint not null,
    placed_at timestamptz not null, received_at timestamptz not null
);
create index ix_order_account_channel_order_no
    on reconciliation.order_account (channel_order_no);
create table reconciliation.transaction (
    order_id uuid not null, reference text not null,
    method text not null, currency text not null, amount_minor bigint not null,
    paid_at timestamptz not null, source_event uuid not null,
    primary key (order_id, reference)
);
create index ix_transaction_reference on reconciliation.transaction (reference);
create table reconciliation.fulfilment (
    order_id uuid not null primary key,
    version integer not null, state text not null, warehouse text, at timestamptz not null
) with (fillfactor = 80);
"""

_STATEMENTS = """
create table reconciliation.statement (
    statement_id uuid not null primary key,
    source text not null, name text not null, sha256 bytea not null,
    imported_at timestamptz not null, imported_by text not null,
    lines integer not null, first_at timestamptz, last_at timestamptz
);
create unique index ix_statement_source_sha256 on reconciliation.statement (source, sha256);
create table reconciliation.statement_total (
    statement_id uuid not null references reconciliation.statement,
    currency text not null, in_minor bigint not null, out_minor bigint not null,
    primary key (statement_id, currency)
);
create table reconciliation.statement_line (
    line_id uuid not null primary key,
    statement_id uuid not null,
    line_no integer not null, source text not null, transaction_id text not null,
    occurred_at timestamptz not null, amount_minor bigint not null, currency text not null,
    reference text, payer_masked text, repeated boolean not null
);
create unique index ix_statement_line_place
    on reconciliation.statement_line (statement_id, line_no);
create unique index ix_statement_line_told_once
    on reconciliation.statement_line (source, transaction_id) where not repeated;
create index ix_statement_line_reference on reconciliation.statement_line (reference);
create table reconciliation.match (
    match_id uuid not null primary key,
    line_id uuid not null,
    order_id uuid not null, reference text,
    currency text not null, amount_minor bigint not null, rule text not null,
    matched_at timestamptz not null, matched_by text not null
);
create unique index ix_match_line_order on reconciliation.match (line_id, order_id);
create index ix_match_order_id on reconciliation.match (order_id);
"""

# Money that was written down stays as it was: what is wrong is corrected by another row.
_REFUSE_CHANGE = """
create function reconciliation.refuse_change() returns trigger language plpgsql as
    'begin raise exception ''% is append-only'', tg_table_name; end'
"""
_APPEND_ONLY = """
create trigger append_only before update or delete on reconciliation.{table}
    for each statement execute function reconciliation.refuse_change()
"""

# In place of a foreign key, whose check row by row doubles the time of an import. It says more than
# one, too: no line is ever used for more than its amount.
_CHECK_LINKS = """
create function reconciliation.check_links() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct line_id from added) as touched
        left join reconciliation.statement_line as line using (line_id)
        cross join lateral (
            select sum(amount_minor) as minor from reconciliation.match
            where match.line_id = touched.line_id
        ) as linked
        where line.line_id is null or line.repeated
           or linked.minor > greatest(line.amount_minor, 0)
           or linked.minor < least(line.amount_minor, 0)
    ) then
        raise exception 'a line is unknown, does not count, or is used up'
            using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
_LINKS_CHECKED = """
create trigger links_checked after insert on reconciliation.match
    referencing new table as added
    for each statement execute function reconciliation.check_links()
"""

_OPEN_LINE = """
create view reconciliation.open_line as
select line_id, statement_id, line_no, transaction_id, occurred_at, amount_minor, currency,
       reference
from reconciliation.statement_line as line
where not repeated
  and not exists (select from reconciliation.match where match.line_id = line.line_id)
"""

# Claims and receipts are added up side by side rather than joined: every sum is taken once, and a
# condition on the order reaches the indexes of both.
_ACCOUNT_LINE = """
create view reconciliation.account_line as
select order_id, currency, reference,
       sum(claimed_minor)::bigint as claimed_minor, sum(received_minor)::bigint as received_minor,
       bool_or(linked_at is null) as claimed, max(linked_at) as linked_at
from (
    select order_id, currency, reference, amount_minor as claimed_minor,
           0::bigint as received_minor, null::timestamptz as linked_at
    from reconciliation.transaction
    union all
    select order_id, currency, reference, 0, amount_minor, matched_at
    from reconciliation.match
) as entry
group by order_id, currency, reference
"""

# Money under the order's own number counts for any payment of the order; money under a payment's
# reference only for that payment, and payments no statement shows yet are not expected here.
_BALANCE = """
create view reconciliation.balance as
select seen.order_id, seen.currency, seen.reference, seen.received_minor, seen.linked_at,
       coalesce(state = 'cancelled', false) as cancelled, owed.payable_minor,
       case when state = 'cancelled' then 0
            else coalesce(least(case when claimed then seen_minor end, owed.payable_minor), 0)
       end as expected_minor
from (
    select order_id, currency, case when count(*) = 1 then min(reference) end as reference,
           sum(received_minor)::bigint as received_minor, bool_or(claimed) as claimed,
           case when bool_or(reference is null) then sum(claimed_minor)
                else coalesce(sum(claimed_minor) filter (where linked_at is not null), 0)
           end::bigint as seen_minor,
           max(linked_at) as linked_at
    from reconciliation.account_line
    group by order_id, currency
    having max(linked_at) is not null
) as seen
left join reconciliation.order_account as owed
       on owed.order_id = seen.order_id and owed.currency = seen.currency
left join reconciliation.fulfilment on fulfilment.order_id = seen.order_id
"""

# Statements reach up to a payment where the newest line of the source named like its method does;
# without such a source, where the newest line of any does.
_UNSEEN = """
create view reconciliation.unseen as
select claim.*, coalesce(paid_at <= coalesce(own.last_at, whole.last_at), false) as due
from reconciliation.transaction as claim
left join (select source, max(last_at) as last_at from reconciliation.statement group by source)
       as own on own.source = claim.method
cross join (select max(last_at) as last_at from reconciliation.statement) as whole
where amount_minor > 0
  and not exists (
      select from reconciliation.match
      where match.order_id = claim.order_id and match.reference = claim.reference
        and match.currency = claim.currency)
  and not exists (
      select from reconciliation.match
      where match.order_id = claim.order_id and match.reference is null
        and match.currency = claim.currency)
  and not exists (
      select from reconciliation.fulfilment
      where fulfilment.order_id = claim.order_id and state = 'cancelled')
"""

_DIFFERENCE = """
create view reconciliation.difference as
select 'order' as family, order_id as subject_id,
       case when received_minor < expected_minor then 'short' else 'over' end as kind,
       currency as detail,
       order_id, currency, reference, expected_minor, received_minor,
       received_minor - expected_minor as difference_minor, linked_at as since,
       cancelled, payable_minor, null::uuid as statement_id, null::integer as line_no
from reconciliation.balance
where received_minor <> expected_minor
union all
select 'payment', order_id, case when due then 'missing' else 'pending' end, reference,
       order_id, currency, reference, amount_minor, 0, -amount_minor, paid_at,
       false, null, null, null
from reconciliation.unseen
union all
select 'line', line_id, 'unknown', '',
       null, currency, reference, 0, amount_minor, amount_minor, occurred_at,
       false, null, statement_id, line_no
from reconciliation.open_line
where amount_minor <> 0
"""


def upgrade() -> None:
    create_v1("reconciliation")
    for tables in (_ORDERS, _STATEMENTS):
        for statement in filter(str.strip, tables.split(";")):
            op.execute(statement)
    op.execute(_CHECK_LINKS)
    op.execute(_LINKS_CHECKED)
    op.execute(_REFUSE_CHANGE)
    for table in ("statement", "statement_total", "statement_line", "match"):
        op.execute(_APPEND_ONLY.format(table=table))
    for view in (_OPEN_LINE, _ACCOUNT_LINE, _BALANCE, _UNSEEN, _DIFFERENCE):
        op.execute(view)
