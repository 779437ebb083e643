"""The table of what channels keep back."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from risk.store.schema import metadata

# The channel's last word on keeping an order back; no reason: it does not.
channel_hold = Table(
    "channel_hold",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("hold_no", Integer, nullable=False),
    Column("reason", Text),
)
