"""What the toy stores."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from common.database.schema import carried_tables

metadata = MetaData(schema="toy")
carried = carried_tables(metadata)

note = Table(
    "note",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("xid", BigInteger, server_default=text("txid_current()"), nullable=False),
)
"""The transaction that wrote a note is kept with it."""
