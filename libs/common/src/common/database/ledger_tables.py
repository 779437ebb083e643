"""The tables of the ledger: what each reader is known to have taken up, and what is asked about."""

from dataclasses import dataclass

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text

_LONG_AGO = text("'epoch'")
_ON_DEMAND = text("'infinity'")


@dataclass(frozen=True, slots=True)
class LedgerTables:
    reader: Table
    inquiry: Table
    open: Table
    aside: Table


def ledger_tables(metadata: MetaData) -> LedgerTables:
    return LedgerTables(
        reader=_reader(metadata),
        inquiry=_inquiry(metadata),
        open=_open(metadata),
        aside=_aside(metadata),
    )


def _reader(metadata: MetaData) -> Table:
    """How far each reader was asked, and which worker's turn it is to ask."""
    return Table(
        "ledger_reader",
        metadata,
        Column("reader", Text, primary_key=True),
        Column("asked_to", Uuid, nullable=False),
        Column("asked_at", DateTime(timezone=True), nullable=False, server_default=_LONG_AGO),
        Column("lost_at", DateTime(timezone=True), nullable=False, server_default=_LONG_AGO),
        Column("holder", Text, nullable=False, server_default=""),
        Column("held_until", DateTime(timezone=True), nullable=False, server_default=_LONG_AGO),
    )


def _inquiry(metadata: MetaData) -> Table:
    """Questions without an answer; about a range of the log, or about rows of ledger_open."""
    return Table(
        "ledger_inquiry",
        metadata,
        Column("inquiry_id", Uuid, primary_key=True),
        Column("reader", Text, nullable=False),
        Column("after", Uuid),
        Column("upto", Uuid),
        Column("sent_at", DateTime(timezone=True), nullable=False),
        Column("due_at", DateTime(timezone=True), nullable=False, server_default=_ON_DEMAND),
    )


def _open(metadata: MetaData) -> Table:
    """Events behind the cursor that are not known to be taken up: missing, aside, or late."""
    return Table(
        "ledger_open",
        metadata,
        Column("reader", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("misses", Integer, nullable=False, server_default="0"),
        Column("inquiry_id", Uuid),
        Column(
            "next_at",
            DateTime(timezone=True),
            nullable=False,
            server_default=text("now() + interval '5 seconds'"),
        ),
        Index(None, "inquiry_id"),
        Index(None, "next_at"),
    )


def _aside(metadata: MetaData) -> Table:
    """Events this service sent to its ladder, and until when they may be there, or parked."""
    return Table(
        "aside",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("queue", Text, nullable=False),
        Column("until", DateTime(timezone=True)),
    )
