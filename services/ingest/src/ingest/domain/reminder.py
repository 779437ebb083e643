"""What people are told about orders that have waited in quarantine beyond their deadline.

Nothing of a customer is in it: it leaves by e-mail and to a chat.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """One order that waits beyond its deadline."""

    order_id: UUID
    channel: str
    shop: str
    owner: str | None
    opened_at: datetime
    reasons: tuple[str, ...]
    """Codes."""


@dataclass(frozen=True, slots=True)
class Reminder:
    waiting: Sequence[Waiting]
    desk: str | None
    """Where people see to them; None where nobody told our address."""

    def document(self) -> bytes:
        """Return it for a program: `{"type", "desk", "orders": [{"order_id", …}]}`."""
        orders = [
            {
                "order_id": str(one.order_id),
                "channel": one.channel,
                "shop": one.shop,
                "owner": one.owner,
                "opened_at": one.opened_at.isoformat(),
                "reasons": one.reasons,
            }
            for one in self.waiting
        ]
        content = {"type": "quarantine.overdue", "desk": self.desk, "orders": orders}
        return json.dumps(content, ensure_ascii=False).encode()

    @property
    def subject(self) -> str:
        number = len(self.waiting)
        return f"Sluice: {number} orders are overdue in quarantine / {number} 个订单在隔离区超期"

    def text(self) -> str:
        """Return it for people, in both languages."""
        rows = [
            f"{one.order_id}  {one.channel}/{one.shop}  {one.opened_at:%Y-%m-%d %H:%M} UTC"
            f"  {one.owner or '-'}  {', '.join(one.reasons)}"
            for one in self.waiting
        ]
        where = [self.desk] if self.desk else []
        return "\n".join(
            (
                "These orders are overdue: order, shop, since when, who looks after it, reasons.",
                "以下订单超过期限仍未处理:订单、店铺、起始时间、负责人、原因。",
                "",
                *rows,
                "",
                *where,
                "",
            )
        )
