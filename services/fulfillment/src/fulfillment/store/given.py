"""Rows given to an update as one array parameter per column.

Parameters named after columns, as inserts have them, would be taken for the update's own values.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import TableValuedAlias

_PREFIX = "new_"


def given_rows(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Return the rows as a table named new."""
    parameters = (
        bindparam(_PREFIX + name, type_=ARRAY(table.c[name].type, dimensions=1)) for name in names
    )
    return func.unnest(*parameters).table_valued(*names).render_derived(name="new")


def as_given(columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Name the parameters as `given_rows` does."""
    return {_PREFIX + name: values for name, values in columns.items()}
