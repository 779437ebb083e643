"""A stretch of orders by their ids, which begin with the time they were made: how audits read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

from common.ids import first_id_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is None limits nothing; of what is given, all must hold."""

    after: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: Sequence[UUID] | None = None
    limit: int

    def holds(self, order_id: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Return what a row must fulfil to be within; each can be answered from an index."""
        conditions = []
        if self.after is not None:
            conditions.append(order_id > self.after)
        if self.since is not None:
            conditions.append(order_id >= first_id_at(self.since))
        if self.until is not None:
            conditions.append(order_id < first_id_at(self.until))
        if self.ids is not None:
            conditions.append(order_id.in_(self.ids))
        return conditions
