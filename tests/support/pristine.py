"""A database made as it was: its rows are put back, which is faster than a new database."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_REMEMBER = """
do $$ declare place record; begin
    create schema pristine;
    for place in
        select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pristine')
    loop
        execute format('create table pristine.%I as table %I.%I',
                       place.nspname || '.' || place.relname, place.nspname, place.relname);
    end loop;
end $$
"""

# Triggers and foreign keys do not count here: that tables are append-only is what tests test.
_RESTORE = """
do $$ declare place record; begin
    set local session_replication_role = replica;
    for place in
        select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pristine')
    loop
        execute format('delete from %I.%I', place.nspname, place.relname);
        execute format('insert into %I.%I select * from pristine.%I', place.nspname, place.relname,
                       place.nspname || '.' || place.relname);
    end loop;
end $$
"""


async def remember(connection: AsyncConnection) -> None:
    """Keep a copy of every row."""
    await connection.execute(text(_REMEMBER))


async def restore(connection: AsyncConnection) -> None:
    """Bring every table back to what was remembered; a table made since is an error."""
    await connection.execute(text(_RESTORE))
