"""Set-based statements: one round trip for a whole batch, whatever its size.

A column is one array parameter, so the statement's text does not change with the number of rows
and both SQLAlchemy and PostgreSQL keep it prepared.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import TableValuedAlias

Columns = Mapping[str, Sequence[Any]]
"""Column name -> one value per row. Values of JSON columns are JSON text, already serialised."""


async def insert_rows(connection: AsyncConnection, table: Table, columns: Columns) -> None:
    """Insert the rows; a row that is there already is an error."""
    if any(columns.values()):
        await connection.execute(insert_statement(table, tuple(columns)), dict(columns))


async def insert_new_rows(
    connection: AsyncConnection, table: Table, columns: Columns, returning: str
) -> list[Any]:
    """Insert those rows that conflict with none; return this column of what was inserted."""
    if not any(columns.values()):
        return []
    statement = insert_new_statement(table, tuple(columns), returning)
    return list((await connection.execute(statement, dict(columns))).scalars())


@lru_cache(maxsize=256)
def insert_statement(table: Table, names: tuple[str, ...]) -> Insert:
    new = unnested(table, names)
    values = [
        cast(new.c[name], table.c[name].type) if _is_json(table, name) else new.c[name]
        for name in names
    ]
    return insert(table).from_select(list(names), select(*values))


@lru_cache(maxsize=256)
def insert_new_statement(table: Table, names: tuple[str, ...], returning: str) -> Any:
    statement = insert_statement(table, names)
    return statement.on_conflict_do_nothing().returning(table.c[returning])


async def insert_into_both(
    connection: AsyncConnection, first: Table, columns: Columns, second: Table, shared: str
) -> None:
    """Insert rows into one table, and this one column of them into another: one round trip."""
    if any(columns.values()):
        statement = _insert_into_both(first, tuple(columns), second, shared)
        await connection.execute(statement, dict(columns))


@lru_cache(maxsize=16)
def _insert_into_both(first: Table, names: tuple[str, ...], second: Table, shared: str) -> Insert:
    new = unnested(second, (shared,))
    into_second = insert(second).from_select([shared], select(new.c[shared]))
    return into_second.add_cte(insert_statement(first, names).cte("into_first"))


def unnested(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Return the rows given as one array parameter per column, as a table named new."""
    parameters = (
        bindparam(
            name, type_=ARRAY(Text() if _is_json(table, name) else table.c[name].type, dimensions=1)
        )
        for name in names
    )
    return func.unnest(*parameters).table_valued(*names).render_derived(name="new")


def _is_json(table: Table, name: str) -> bool:
    return isinstance(table.c[name].type, JSON)
